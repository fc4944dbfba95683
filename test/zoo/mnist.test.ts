/** The zoo's MNIST network: its C answers as TensorFlow.js does, and its inner layers are binary. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import * as tf from '@tensorflow/tfjs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parseIdx } from '../../src/formats/idx.ts';
import { TEST_DATA, testWith } from '../support/tools.ts';
import { type ZooModel, zooModel } from '../support/zoo-model.ts';

const PIXELS = 28 * 28;

let zoo: ZooModel;

beforeAll(async () => {
  zoo = await zooModel('mnist', [28, 28, 1]);
});
afterAll(async () => {
  await tf.setBackend('cpu');
});

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
  const found = await zoo.compiled(images);
  expect(found).toEqual(zoo.reference(images));
  const right = found.filter((answer, i) => answer === labels[i]).length;
  expect(right / labels.length).toBe(zoo.logged());
  expect(zoo.logged()).toBeGreaterThan(0.98);
});

test('drawn digits', async () => {
  const path = new URL('../../examples/mnist/draw-digits.js', import.meta.url).href;
  const { drawDigit } = (await import(path)) as {
    drawDigit: (digit: number, variant: number) => Uint8Array;
  };
  const images = Array.from({ length: 200 }, (_, i) => drawDigit(i % 10, Math.floor(i / 10)));
  const found = await zoo.compiled(images);
  expect(found).toEqual(zoo.reference(images));
  expect(found.filter((answer, i) => answer === i % 10).length).toBeGreaterThan(150);
});

test('every layer behind the first multiplies bits by bits', () => {
  const [first, ...rest] = zoo.kernels();
  expect(first).toMatch(/^conv2d_f32_b1_/);
  expect(rest).toHaveLength(4);
  for (const kernel of rest) expect(kernel).toMatch(/^(conv2d|dense)_b1_b1_/);
});

test('the weights that are shipped are what compiling gives', () => {
  expect(Buffer.compare(zoo.weights(), zoo.file('mnist.weights'))).toBe(0);
});
