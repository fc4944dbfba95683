/** The zoo's MNIST network: its C answers as TensorFlow.js does, and its inner layers are binary. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import * as tf from '@tensorflow/tfjs';
import '@tensorflow/tfjs-backend-wasm';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startBackend } from '../../src/bnn/index.ts';
import { openModel } from '../../src/cli/model-file.ts';
import { compileGraph } from '../../src/compile.ts';
import { parseIdx } from '../../src/formats/idx.ts';
import { importModel } from '../../src/import/index.ts';
import type { Graph } from '../../src/ir/graph.ts';
import { targetNamed } from '../../src/plan/targets.ts';
import { loadKernelSources } from '../../src/toolchain/kernel-sources.ts';
import { runCompiled } from '../support/run-compiled.ts';
import { TEST_DATA, testWith } from '../support/tools.ts';

const ZOO = new URL('../../zoo/mnist/', import.meta.url);
const PIXELS = 28 * 28;

let graph: Graph;
let model: tf.LayersModel;

beforeAll(async () => {
  await startBackend('wasm');
  graph = await importModel(await openModel(fileURLToPath(new URL('model.json', ZOO))));
  const { modelTopology, weightsManifest } = JSON.parse(
    readFileSync(new URL('model.json', ZOO), 'utf8'),
  );
  const { buffer } = Uint8Array.from(readFileSync(new URL('weights.bin', ZOO)));
  const weightSpecs = weightsManifest[0].weights;
  model = await tf.loadLayersModel(
    tf.io.fromMemory({ modelTopology, weightSpecs, weightData: buffer }),
  );
});
afterAll(async () => {
  await tf.setBackend('cpu');
});

/** What TensorFlow.js answers. */
function expectedFor(images: readonly Uint8Array[]): number[] {
  const answers: number[] = [];
  for (let first = 0; first < images.length; first += 250) {
    const some = images.slice(first, first + 250);
    const pixels = Float32Array.from(some.flatMap((image) => [...image]));
    const found = tf.tidy(() => {
      const x = tf.tensor4d(pixels, [some.length, 28, 28, 1]);
      return tf.argMax(model.predict(x) as tf.Tensor, -1).dataSync();
    });
    answers.push(...found);
  }
  return answers;
}

async function foundFor(images: readonly Uint8Array[]): Promise<number[]> {
  const inputs = images.map((pixels) => [Float32Array.from(pixels)]);
  const results = await runCompiled(graph, { target: 'wasm' }, inputs);
  return results.map(([output]) => {
    const values = output as Float32Array;
    return values.indexOf(Math.max(...values));
  });
}

function mnist(name: string): Uint8Array {
  const { data } = parseIdx(gunzipSync(readFileSync(join(TEST_DATA, 'mnist', `${name}.gz`))));
  return Uint8Array.from(data);
}

testWith(['test data'], 'all 10,000 test images', async () => {
  const pixels = mnist('t10k-images-idx3-ubyte');
  const labels = mnist('t10k-labels-idx1-ubyte');
  const images = Array.from({ length: labels.length }, (_, i) =>
    pixels.subarray(i * PIXELS, (i + 1) * PIXELS),
  );
  const found = await foundFor(images);
  expect(found).toEqual(expectedFor(images));
  const last = readFileSync(new URL('log.csv', ZOO), 'utf8').trim().split('\n').at(-1) as string;
  const logged = Number(last.split(',')[2]);
  const right = found.filter((answer, i) => answer === labels[i]).length;
  expect(right / labels.length).toBe(logged);
  expect(logged).toBeGreaterThan(0.98);
});

test('drawn digits', async () => {
  const path = new URL('../../examples/mnist/draw-digits.js', import.meta.url).href;
  const { drawDigit } = (await import(path)) as {
    drawDigit: (digit: number, variant: number) => Uint8Array;
  };
  const images = Array.from({ length: 200 }, (_, i) => drawDigit(i % 10, Math.floor(i / 10)));
  const found = await foundFor(images);
  expect(found).toEqual(expectedFor(images));
  expect(found.filter((answer, i) => answer === i % 10).length).toBeGreaterThan(150);
});

test('every layer behind the first multiplies bits by bits', () => {
  const { program } = compileGraph(graph, {
    target: targetNamed('host'),
    kernels: loadKernelSources(),
  });
  const [first, ...rest] = program.calls.filter(({ macs }) => macs > 0).map(({ kernel }) => kernel);
  expect(first).toMatch(/^conv2d_f32_b1_/);
  expect(rest).toHaveLength(4);
  for (const kernel of rest) expect(kernel).toMatch(/^(conv2d|dense)_b1_b1_/);
});

test('the weights that are shipped are what compiling gives', () => {
  const { files } = compileGraph(graph, {
    target: targetNamed('portable'),
    kernels: loadKernelSources(),
    name: 'mnist',
    testProgram: false,
  });
  const compiled = files.find(({ path }) => path === 'mnist.weights')?.data as Uint8Array;
  const shipped = readFileSync(new URL('mnist.weights', ZOO));
  expect(Buffer.compare(compiled, shipped)).toBe(0);
});
