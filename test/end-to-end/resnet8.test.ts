/** A float network that others trained: MLPerf Tiny's ResNet-8 gets 895 of 1,017 images right. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { openModel } from '../../src/cli/model-file.ts';
import { readNpy } from '../../src/formats/npy.ts';
import { importModel } from '../../src/import/index.ts';
import type { Graph } from '../../src/ir/graph.ts';
import { Interpreter } from '../../src/ir/reference/interpreter.ts';
import { type Build, runCompiled } from '../support/run-compiled.ts';
import { findTool, TEST_DATA, testWith } from '../support/tools.ts';

const PIXELS = 32 * 32 * 3;
const CORRECT = 895;

let graph: Graph;
let samples: Float32Array[][] = [];
let expected: Float32Array[] = [];
let labels: ArrayLike<number | bigint> = [];

beforeAll(async () => {
  if (!findTool('test data')) return;
  const file = (name: string): string => join(TEST_DATA, name);
  graph = await importModel(await openModel(file('mlperf-tiny/pretrainedResnet.h5')));
  const images = readNpy(readFileSync(file('cifar10/test_lossless_1017_images.npy'))).data;
  labels = readNpy(readFileSync(file('cifar10/test_lossless_1017_labels.npy'))).data;
  samples = Array.from({ length: labels.length }, (_, i) => [
    Float32Array.from(images.slice(PIXELS * i, PIXELS * (i + 1)), Number),
  ]);
  const interpreter = new Interpreter(graph);
  expected = samples.map((sample) => Float32Array.from(interpreter.run(sample)[0] ?? []));
});

function countCorrect(outputs: readonly Float32Array[]): number {
  return outputs.filter((output, i) => output.indexOf(Math.max(...output)) === Number(labels[i]))
    .length;
}

async function check(build: Build, count = samples.length): Promise<void> {
  const results = await runCompiled(graph, build, samples.slice(0, count));
  const outputs = results.map(([output]) => Float32Array.from(output ?? []));
  const errors = outputs.map((output, i) =>
    Math.max(...output.map((value, j) => Math.abs(value - (expected[i]?.[j] ?? Number.NaN)))),
  );
  expect(Math.max(...errors)).toBeLessThan(1e-4);
  if (count === samples.length) expect(countCorrect(outputs)).toBe(CORRECT);
}

testWith(['test data'], 'the reference gets 895 of 1,017', () => {
  expect(samples).toHaveLength(1017);
  expect(countCorrect(expected)).toBe(CORRECT);
});

testWith(['test data'], 'WebAssembly gets 895 of 1,017', () => check({ target: 'wasm' }));

testWith(['test data', 'gcc'], 'gcc gets 895 of 1,017', () =>
  check({ target: 'host', compiler: 'gcc' }),
);

testWith(['test data', 'clang'], 'clang gets 895 of 1,017', () =>
  check({ target: 'host', compiler: 'clang' }),
);

testWith(['test data', 'gcc'], '20 images under the sanitizers', () =>
  check({ target: 'host', compiler: 'gcc', sanitize: true }, 20),
);

test('there are images to test with, or the tests above are skipped', () => {
  expect(samples.length > 0).toBe(findTool('test data') !== undefined);
});
