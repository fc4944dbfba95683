/**
 * The passes keep every bit: on random graphs the lowered graph gives exactly the source's numbers,
 * not only in the outputs but in every value that both graphs have.
 */
import { describe, expect, test } from 'vitest';
import type { Graph, TensorData } from '../../src/ir/graph.ts';
import { getValue } from '../../src/ir/graph.ts';
import type { Node, ValueId } from '../../src/ir/ops.ts';
import { printGraph } from '../../src/ir/print.ts';
import { Interpreter } from '../../src/ir/reference/interpreter.ts';
import { verifyGraph } from '../../src/ir/verify.ts';
import { optimize } from '../../src/passes/index.ts';
import { randomGraph } from '../support/random-graph.ts';

const GRAPHS = 200;

describe('random graphs', () => {
  test.each(Array.from({ length: GRAPHS / 10 }, (_, i) => i))('group %i', (group) => {
    for (let seed = group * 10; seed < group * 10 + 10; seed++) checkSeed(seed);
  });

  test('cover what the passes do', () => {
    const found = new Map<string, number>();
    for (let seed = 0; seed < GRAPHS; seed++) {
      const lowered = optimize(randomGraph(seed).graph);
      for (const feature of new Set(lowered.nodes.flatMap((node) => featuresOf(lowered, node)))) {
        found.set(feature, (found.get(feature) ?? 0) + 1);
      }
    }
    for (const feature of FEATURES) {
      expect(found.get(feature) ?? 0, feature).toBeGreaterThanOrEqual(5);
    }
  });
});

function checkSeed(seed: number): void {
  const { graph, inputs } = randomGraph(seed);
  verifyGraph(graph, 'source');
  const lowered = optimize(graph);
  const expected = new Interpreter(graph);
  const actual = new Interpreter(lowered);
  const message = `seed ${seed}`;
  const outputs = actual.run(inputs);
  for (const [index, output] of expected.run(inputs).entries()) {
    const found = firstDifference(output, outputs[index] as Float32Array);
    if (found) expect.fail(`${message}: output ${index} ${found}\n${explain(graph, lowered)}`);
  }
  const left = expected.runAll(inputs);
  const right = actual.runAll(inputs);
  for (const { output } of graph.nodes) {
    if (!lowered.nodes.some((node) => node.output === output)) continue;
    const found = firstDifference(numbers(graph, left, output), numbers(lowered, right, output));
    if (found) expect.fail(`${message}: %${output} ${found}\n${explain(graph, lowered)}`);
  }
}

/** Bits as ±1. */
function numbers(graph: Graph, all: Map<ValueId, TensorData>, id: ValueId): TensorData {
  const data = all.get(id) as TensorData;
  const isBit = getValue(graph, id).type.dtype === 'bit';
  return isBit ? Float32Array.from(data, (bit) => 1 - 2 * bit) : data;
}

/** 0 and -0 are the same number. */
function firstDifference(a: TensorData, b: TensorData): string | undefined {
  if (a.length !== b.length) return `has ${b.length} elements, not ${a.length}`;
  for (let i = 0; i < a.length; i++) {
    if (a[i] !== b[i]) return `differs at ${i}: ${b[i]}, not ${a[i]}`;
  }
  return undefined;
}

function explain(source: Graph, lowered: Graph): string {
  return `${printGraph(source)}\n${printGraph(lowered)}`;
}

/** What the random graphs must bring about often enough to be a test of it. */
const FEATURES = [
  'conv2d bit bit sign',
  'conv2d bit bit norm',
  'conv2d bit bit add',
  'conv2d f32 bit norm',
  'conv2d f32 bit sign',
  'conv2d bit f32 linear',
  'conv2d f32 f32 sign',
  'conv2d f32 f32 linear',
  'depthwiseConv2d bit bit norm',
  'depthwiseConv2d bit bit sign',
  'dense bit bit norm',
  'dense bit bit sign',
  'pads with 1',
  'pads with -1',
  'pads with 0',
  'binarize',
  'unpack',
  'packed pool',
  'packed pool with OR',
  'constant threshold',
];

function featuresOf(graph: Graph, node: Node): string[] {
  const dtype = (index: number): string =>
    getValue(graph, node.inputs[index] as ValueId).type.dtype;
  switch (node.op) {
    case 'binarize':
    case 'unpack':
      return [node.op];
    case 'maxPool2d':
      if (dtype(0) !== 'bit') return [];
      return node.inputs.length > 1 ? ['packed pool with OR'] : ['packed pool'];
    case 'conv2d':
    case 'depthwiseConv2d':
    case 'dense': {
      const kind = `${node.op} ${dtype(0)} ${dtype(1)} ${node.attrs.epilogue.kind}`;
      const isPadded =
        node.op !== 'dense' && dtype(0) === 'bit' && node.attrs.pads.some((size) => size > 0);
      const pads = isPadded ? [`pads with ${node.attrs.padValue}`] : [];
      return [kind, ...pads, ...(hasConstantThreshold(graph, node) ? ['constant threshold'] : [])];
    }
    default:
      return [];
  }
}

function hasConstantThreshold(graph: Graph, node: Node): boolean {
  const { data, type } = getValue(graph, node.inputs[2] as ValueId);
  return type.dtype === 'i32' && Array.from(data ?? []).some((t) => Math.abs(t) === 2 ** 31 - 1);
}
