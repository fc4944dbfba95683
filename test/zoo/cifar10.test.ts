/** The zoo's CIFAR-10 network: its C answers as TensorFlow.js does, and its inner layers are binary. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { cifarDataset } from '../../src/bnn/index.ts';
import { TEST_DATA, testWith } from '../support/tools.ts';
import { type ZooModel, zooModel } from '../support/zoo-model.ts';

const PIXELS = 32 * 32 * 3;

let zoo: ZooModel;

beforeAll(async () => {
  zoo = await zooModel('cifar10', [32, 32, 3]);
});
afterAll(async () => {
  await tf.setBackend('cpu');
});

testWith(['test data'], 'the 1,017 test images that are without loss', async () => {
  const { images, labels } = cifarDataset(
    readFileSync(join(TEST_DATA, 'cifar10/test_lossless_1017.bin')),
  );
  const pictures = Array.from({ length: labels.length }, (_, i) =>
    images.subarray(i * PIXELS, (i + 1) * PIXELS),
  );
  const found = await zoo.compiled(pictures);
  expect(found).toEqual(zoo.reference(pictures));
  const right = found.filter((answer, i) => answer === labels[i]).length;
  expect(right / labels.length).toBe(zoo.logged());
  expect(zoo.logged()).toBeGreaterThan(0.8);
});

test('every layer between the first and the last multiplies bits by bits', () => {
  const inner = zoo.kernels().slice(1, -1);
  expect(inner).toHaveLength(6);
  for (const kernel of inner) expect(kernel).toMatch(/^conv2d_add_b1_b1_/);
});

test('the weights that are shipped are what compiling gives', () => {
  expect(Buffer.compare(zoo.weights(), zoo.file('cifar10.weights'))).toBe(0);
});
