/**
 * Inputs and outputs of every type, and none at all: the compiled program takes and gives arrays of
 * those types and computes what the reference computes, here and in its own test program.
 */
import { describe, expect, test } from 'vitest';
import { type PortType, randomTensor } from '../../src/ir/elements.ts';
import { elementCount, type Graph, getValue, type TensorData } from '../../src/ir/graph.ts';
import { Interpreter } from '../../src/ir/reference/interpreter.ts';
import { verifyGraph } from '../../src/ir/verify.ts';
import { compileAndTest, filesOf } from '../support/compile-c.ts';
import { Random } from '../support/random.ts';
import { type Build, runCompiled, SANITIZED_GCC } from '../support/run-compiled.ts';
import { testWith } from '../support/tools.ts';
import { classifier, constants, copies, everyType } from '../support/typed-graphs.ts';

const GRAPHS = [classifier(), everyType(), copies(), constants()];

function samplesOf(graph: Graph): TensorData[][] {
  const random = new Random(3);
  return Array.from({ length: 3 }, () =>
    graph.inputs.map((id) => {
      const { dtype, shape } = getValue(graph, id).type;
      return randomTensor(dtype as PortType, elementCount(shape), () => random.unit());
    }),
  );
}

async function check(graph: Graph, build: Build): Promise<void> {
  const samples = samplesOf(graph);
  const interpreter = new Interpreter(graph);
  const found = await runCompiled(graph, build, samples);
  expect(found).toHaveLength(samples.length);
  for (const [i, sample] of samples.entries()) {
    for (const [j, expected] of interpreter.run(sample).entries()) {
      const actual = found[i]?.[j] as TensorData;
      expect(actual.constructor).toBe(expected.constructor);
      if (!(expected instanceof Float32Array)) expect(actual).toEqual(expected);
      else for (const [k, value] of expected.entries()) expect(actual[k]).toBeCloseTo(value, 5);
    }
  }
}

describe.each(GRAPHS.map((graph) => [graph.name, graph] as const))('%s', (_, graph) => {
  test('is legal', () => verifyGraph(graph, 'source'));
  testWith(['gcc'], 'compiled by gcc, sanitized', () => check(graph, SANITIZED_GCC));
  test('compiled to WebAssembly', () => check(graph, { target: 'wasm' }));

  for (const compiler of ['gcc', 'clang'] as const) {
    for (const weights of ['file', 'embed'] as const) {
      testWith(
        [compiler],
        `its test program passes with ${compiler}, weights as ${weights}`,
        () => {
          const { output } = compileAndTest(filesOf(graph, { weights }), compiler);
          expect(output).toMatch(/2 passed, 0 failed\n$/);
        },
      );
    }
  }
});

testWith(['gcc'], 'the test program notices one wrong integer', () => {
  const files = filesOf(everyType()).map(({ path, data }) => {
    if (path !== 'test_every.c') return { path, data };
    return {
      path,
      data: String(data).replace(/(expected_u8_out[^{]*\{\s*\{\s*)\d+/, '$1256 % 200'),
    };
  });
  expect(compileAndTest(files, 'gcc').output).toMatch(
    /1 wrong integers: FAILED(.|\n)*1 passed, 1 failed/,
  );
});
