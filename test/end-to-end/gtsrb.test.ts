/**
 * A binary network that others trained: Larq's, exported by tf2onnx, for German traffic signs. It
 * gets 1,636 of 2,000 images right, and each layer's signs are found in plain ONNX operators.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect } from 'vitest';
import { openModel } from '../../src/cli/model-file.ts';
import { readNpy } from '../../src/formats/npy.ts';
import { importModel } from '../../src/import/index.ts';
import type { Graph } from '../../src/ir/graph.ts';
import { optimize } from '../../src/passes/index.ts';
import { planProgram } from '../../src/plan/plan.ts';
import { targetNamed } from '../../src/plan/targets.ts';
import { loadKernelSources } from '../../src/toolchain/kernel-sources.ts';
import { type Build, runCompiled } from '../support/run-compiled.ts';
import { findTool, TEST_DATA, testWith } from '../support/tools.ts';

const PIXELS = 30 * 30 * 3;
const CORRECT = 1636;

let graph: Graph;
let samples: Float32Array[][] = [];
let labels: number[] = [];
let referenceClasses: number[] = [];
let referenceLogits: Float32Array = new Float32Array(0);

beforeAll(async () => {
  if (!findTool('test data')) return;
  const array = (name: string) => readNpy(readFileSync(join(TEST_DATA, 'gtsrb', name))).data;
  graph = await importModel(await openModel(join(TEST_DATA, 'gtsrb', 'larq_bnn.onnx.gz')));
  const images = array('images.npy');
  labels = Array.from(array('labels.npy'), Number);
  referenceClasses = Array.from(array('reference_argmax.npy'), Number);
  referenceLogits = Float32Array.from(array('reference_logits_first100.npy'), Number);
  samples = labels.map((_, i) => [
    Float32Array.from(images.slice(PIXELS * i, PIXELS * (i + 1)), Number),
  ]);
});

/** The network up to what its last operator, a softmax, reads. */
function upToLogits(network: Graph): Graph {
  const softmax = network.nodes.at(-1);
  expect(softmax?.op).toBe('softmax');
  return { ...network, outputs: softmax?.inputs ?? [] };
}

async function classesOf(build: Build): Promise<number[]> {
  const results = await runCompiled(graph, build, samples);
  return results.map(([output]) => {
    const values = Float32Array.from(output ?? []);
    return values.indexOf(Math.max(...values));
  });
}

async function check(build: Build): Promise<void> {
  const classes = await classesOf(build);
  expect(classes).toEqual(referenceClasses);
  expect(classes.filter((label, i) => label === labels[i])).toHaveLength(CORRECT);
  const logits = await runCompiled(upToLogits(graph), build, samples.slice(0, 100));
  const values = logits.flatMap(([output]) => Array.from(output ?? []));
  expect(values).toHaveLength(referenceLogits.length);
  const errors = values.map((value, i) => Math.abs(value - (referenceLogits[i] as number)));
  expect(Math.max(...errors)).toBeLessThanOrEqual(1e-3);
}

testWith(['test data'], 'WebAssembly gets 1,636 of 2,000', () => check({ target: 'wasm' }));

testWith(['test data', 'gcc'], 'gcc gets 1,636 of 2,000', () =>
  check({ target: 'host', compiler: 'gcc' }),
);

testWith(['test data', 'clang'], 'clang with 32-bit words gets 1,636 of 2,000', () =>
  check({ target: 'portable', compiler: 'clang' }),
);

testWith(['test data'], 'every layer has binary weights, and bits where its inputs are', () => {
  const options = { name: 'net', kernels: loadKernelSources() };
  const program = planProgram(optimize(graph), targetNamed('portable'), options);
  expect(program.calls.map(({ kernel }) => kernel)).toEqual([
    'conv2d_f32_b1_b1__scalar',
    'conv2d_b1_b1_b1__scalar',
    'conv2d_b1_b1_f32__scalar',
    'softmax_f32_f32__scalar',
  ]);
  const floatBytes = 4 * (16 * 3 * 3 * 3 + 32 * 16 * 2 * 2 + 23328 * 43);
  expect(program.weightsBytes).toBeLessThan(floatBytes / 20);
});
