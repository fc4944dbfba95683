/**
 * Source graphs in few words, and what tests of passes ask: the graph that a pass leaves, as text,
 * and whether it computes the same.
 */
import { expect } from 'vitest';
import { GraphBuilder } from '../../src/ir/builder.ts';
import {
  elementCount,
  type Graph,
  getValue,
  type Shape,
  type TensorData,
} from '../../src/ir/graph.ts';
import {
  type BinaryFn,
  IDENTITY,
  LINEAR,
  type OpAttrs,
  type OpKind,
  type Pads,
  type Pair,
  type Unary,
  type ValueId,
} from '../../src/ir/ops.ts';
import { printGraph } from '../../src/ir/print.ts';
import { Interpreter } from '../../src/ir/reference/interpreter.ts';
import { verifyGraph } from '../../src/ir/verify.ts';
import { optimize, PASSES } from '../../src/passes/index.ts';
import { Random } from '../support/random.ts';

interface ConvOptions {
  readonly bias?: readonly number[];
  readonly strides?: Pair;
  readonly pads?: Pads;
  readonly groups?: number;
  readonly name?: string;
}

/** Grows a source graph. Constants are given as plain numbers, or are random. */
export class Source {
  readonly builder = new GraphBuilder();
  readonly random = new Random(1);

  input(...shape: number[]): ValueId {
    return this.builder.input('x', { dtype: 'f32', shape });
  }

  constant(shape: Shape, values: readonly number[]): ValueId {
    return this.builder.constant('c', shape, Float32Array.from(values));
  }

  /** ±s. */
  signs(shape: Shape, s = 1): Float32Array {
    return this.random.floats(elementCount(shape), () => (this.random.chance(0.5) ? -s : s));
  }

  /** Multiples of 1/4 from -1 to 1. */
  quarters(shape: Shape): Float32Array {
    return this.random.floats(elementCount(shape), () => this.random.integer(-4, 4) / 4);
  }

  add<K extends OpKind>(op: K, attrs: OpAttrs[K], inputs: readonly ValueId[], name: string = op) {
    return this.builder.add(op, attrs, inputs, { name, sourceOp: op });
  }

  /** Weights [kh, kw, in, out]. */
  conv(x: ValueId, shape: Shape, weights: ArrayLike<number>, options: ConvOptions = {}): ValueId {
    const { strides = [1, 1], pads = [0, 0, 0, 0], groups = 1, name = 'conv' } = options;
    const outputs = shape[3] as number;
    const window = { strides, pads, dilations: [1, 1], padValue: 0, epilogue: LINEAR } as const;
    const operands = [x, this.constant(shape, Array.from(weights)), this.bias(outputs, options)];
    return this.add('conv2d', { ...window, groups }, operands, name);
  }

  /** Weights [kh, kw, in, multiplier]. */
  depthwise(x: ValueId, shape: Shape, weights: ArrayLike<number>, options: ConvOptions = {}) {
    const { strides = [1, 1], pads = [0, 0, 0, 0], name = 'depthwise' } = options;
    const outputs = (shape[2] as number) * (shape[3] as number);
    const window = { strides, pads, dilations: [1, 1], padValue: 0, epilogue: LINEAR } as const;
    const operands = [x, this.constant(shape, Array.from(weights)), this.bias(outputs, options)];
    return this.add('depthwiseConv2d', window, operands, name);
  }

  dense(x: ValueId, shape: Shape, weights: ArrayLike<number>, options: ConvOptions = {}): ValueId {
    const w = this.constant(shape, Array.from(weights));
    const operands = [x, w, this.bias(shape[1] as number, options)];
    return this.add('dense', { epilogue: LINEAR }, operands, options.name ?? 'dense');
  }

  norm(
    x: ValueId,
    mean: readonly number[],
    scale: readonly number[],
    offset: readonly number[],
    name = 'norm',
  ): ValueId {
    const constants = [mean, scale, offset].map((part) => this.constant([part.length], part));
    return this.add('batchNorm', { activation: IDENTITY }, [x, ...constants], name);
  }

  unary(x: ValueId, unary: Unary | 'sign' | 'relu' | 'heaviside' | 'tanh'): ValueId {
    const full: Unary = typeof unary === 'string' ? { fn: unary } : unary;
    return this.add('unary', { unary: full }, [x], full.fn);
  }

  binary(fn: BinaryFn, a: ValueId, b: ValueId): ValueId {
    return this.add('binary', { fn, activation: IDENTITY }, [a, b], fn);
  }

  maxPool(x: ValueId, size = 2, strides = size, pads: Pads = [0, 0, 0, 0]): ValueId {
    const window = { size: [size, size], strides: [strides, strides], dilations: [1, 1] } as const;
    return this.add('maxPool2d', { ...window, pads }, [x], 'pool');
  }

  pad(x: ValueId, pads: Pads, value: number): ValueId {
    const [top, left, bottom, right] = pads;
    const [before, after] = [
      [0, top, left, 0],
      [0, bottom, right, 0],
    ];
    return this.add('pad', { before, after, value }, [x]);
  }

  reshape(x: ValueId, ...shape: number[]): ValueId {
    return this.add('reshape', { shape }, [x]);
  }

  transpose(x: ValueId, ...perm: number[]): ValueId {
    return this.add('transpose', { perm }, [x]);
  }

  finish(...outputs: ValueId[]): Graph {
    const graph = this.builder.finish('test', outputs);
    verifyGraph(graph, 'source');
    return graph;
  }

  private bias(channels: number, { bias }: ConvOptions): ValueId {
    return this.constant([channels], bias ?? new Array<number>(channels).fill(0));
  }
}

/** The graph after all passes up to the last one of that name. */
export function runUntil(name: string, source: Graph): Graph {
  let left = PASSES.findLastIndex((pass) => pass.name === name) + 1;
  if (left === 0) throw new Error(`there is no pass "${name}"`);
  let found = source;
  optimize(source, {
    onPass: (_, graph) => {
      if (left-- > 0) found = graph;
    },
  });
  return found;
}

/** A graph as text, ready for an inline snapshot. */
export function text(graph: Graph): string {
  return `\n${printGraph(graph)}`;
}

/** Equal numbers on random inputs: multiples of 1/8 between -2 and 2, many of them 0. */
export function expectSame(source: Graph, lowered: Graph, tolerance: 'exact' | number): void {
  const random = new Random(7);
  const [expected, actual] = [new Interpreter(source), new Interpreter(lowered)];
  for (let run = 0; run < 8; run++) {
    const inputs = source.inputs.map((id) => {
      const count = elementCount(getValue(source, id).type.shape);
      return random.floats(count, () => Math.max(-16, random.integer(-24, 16)) / 8);
    });
    const outputs = actual.run(inputs);
    for (const [index, output] of expected.run(inputs).entries()) {
      expectClose(output, outputs[index] as TensorData, tolerance);
    }
  }
}

function expectClose(a: TensorData, b: TensorData, tolerance: 'exact' | number): void {
  expect(b.length).toBe(a.length);
  // 0 and -0 are the same number.
  if (tolerance === 'exact') {
    expect(Array.from(b, (x) => x + 0)).toEqual(Array.from(a, (x) => x + 0));
    return;
  }
  for (const [i, value] of a.entries()) {
    const difference = Math.abs(value - (b[i] as number));
    expect(difference).toBeLessThanOrEqual(tolerance * Math.max(1, Math.abs(value)));
  }
}
