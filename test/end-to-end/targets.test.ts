/**
 * Every target, built with its own flags from its own kernels: a binary network gives the
 * reference's bits, a float network its numbers.
 */
import { describe, expect, test } from 'vitest';
import type { Graph } from '../../src/ir/graph.ts';
import { elementCount, getValue } from '../../src/ir/graph.ts';
import { Interpreter } from '../../src/ir/reference/interpreter.ts';
import { FOLDERS, RUN_TIME_CHOICE } from '../../src/plan/folders.ts';
import { TARGETS, type Target } from '../../src/plan/targets.ts';
import { runCompiled } from '../support/run-compiled.ts';
import { sixtyFourths, smallBinaryNet } from '../support/small-graphs.ts';
import { SmallNet } from '../support/small-net.ts';
import { testWith, toolsFor } from '../support/tools.ts';

const SAMPLES = 5;

function smallFloatNet(): Graph {
  const net = new SmallNet(5);
  const relu = { fn: 'relu' } as const;
  let x = net.conv(net.input([1, 9, 8, 3]), 11, { activation: relu });
  x = net.depthwise(x, { strides: [2, 2], activation: { fn: 'tanh' } });
  const flat = net.add('reshape', { shape: [1, 5 * 4 * 11] }, [x]);
  x = net.dense(flat, 7);
  return net.finish([net.add('softmax', { axis: 1, variant: 'logSoftmax' }, [x])], 'float');
}

function samplesOf(graph: Graph): Float32Array[][] {
  const random = sixtyFourths(9);
  return Array.from({ length: SAMPLES }, () =>
    graph.inputs.map((id) => {
      const length = elementCount(getValue(graph, id).type.shape);
      return Float32Array.from({ length }, random);
    }),
  );
}

/** What the target computes for a graph, and what the reference does, one row per sample. */
async function runBoth(graph: Graph, { name }: Target) {
  const samples = samplesOf(graph);
  const interpreter = new Interpreter(graph);
  const expected = samples.map((inputs) => interpreter.run(inputs)[0] as Float32Array);
  const found = await runCompiled(graph, { target: name }, samples);
  return { expected, found: found.map(([output]) => output as Float32Array) };
}

for (const target of TARGETS) {
  describe(`target ${target.name}`, () => {
    const tools = toolsFor(target);

    testWith(tools, 'gives the bits of a binary network', async () => {
      const { found, expected } = await runBoth(smallBinaryNet(), target);
      expect(found).toEqual(expected);
    });

    testWith(tools, 'gives the numbers of a float network', async () => {
      const { found, expected } = await runBoth(smallFloatNet(), target);
      expect(found).toHaveLength(SAMPLES);
      for (const [sample, values] of expected.entries()) {
        const bound = 1e-5 * Math.max(...values.map(Math.abs));
        const errors = values.map((value, i) => Math.abs(value - (found[sample]?.[i] as number)));
        expect(Math.max(...errors)).toBeLessThan(bound);
      }
    });

    test('names folders that are known, the best first and scalar last', () => {
      const known = [...FOLDERS.map(({ name }) => name), RUN_TIME_CHOICE.name, 'scalar'];
      expect(known.filter((folder) => target.kernels.includes(folder))).toEqual(target.kernels);
      expect(target.kernels.at(-1)).toBe('scalar');
    });
  });
}

test('targets have names of their own', () => {
  const names = TARGETS.map(({ name }) => name);
  expect([...new Set(names)]).toEqual(names);
});
