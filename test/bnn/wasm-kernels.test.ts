/** Kernels for the wasm back end, against those in plain JavaScript. */
import * as tf from '@tensorflow/tfjs';
import '@tensorflow/tfjs-backend-wasm';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { registerWasmKernels } from '../../src/bnn/index.ts';
import { Random } from '../support/random.ts';

type Sizes = [number, number, number, number];
type Results = readonly Float32Array[];

beforeAll(async () => {
  registerWasmKernels();
  registerWasmKernels();
  await tf.setBackend('wasm');
});
afterAll(async () => {
  await tf.setBackend('cpu');
});

async function on(backend: string, compute: () => tf.Tensor[]): Promise<Results> {
  await tf.setBackend(backend);
  return tf.tidy(() => compute().map((tensor) => tensor.dataSync() as Float32Array));
}

/** The largest difference of any number between the back ends. */
async function differenceOf(compute: () => tf.Tensor[]): Promise<number> {
  const expected = await on('cpu', compute);
  const found = await on('wasm', compute);
  expect(found.map(({ length }) => length)).toEqual(expected.map(({ length }) => length));
  const off = found.flatMap((numbers, i) => {
    const others = expected[i] as Float32Array;
    return Array.from(numbers, (value, j) => Math.abs(value - (others[j] as number)));
  });
  return off.reduce((most, each) => Math.max(most, each), 0);
}

function countOf(shape: readonly number[]): number {
  return shape.reduce((product, each) => product * each, 1);
}

/** A convolution, and the gradients of Σ conv(x, w)·dy. */
function randomConvolution(random: Random): () => tf.Tensor[] {
  const kernel = [random.integer(1, 4), random.integer(1, 4)] as const;
  const channels = random.integer(1, 9);
  const isDepthwise = random.integer(0, 3) === 1;
  const size = () => kernel[0] + kernel[1] + random.integer(0, 5);
  const image: Sizes = [random.integer(1, 3), size(), size(), channels];
  const filter: Sizes = [...kernel, channels, random.integer(1, isDepthwise ? 4 : 21)];
  // Depthwise convolutions have one stride in TensorFlow.js.
  const stride = random.integer(1, 3);
  const strides: [number, number] = [stride, isDepthwise ? stride : random.integer(1, 3)];
  const pad = random.pick(['same', 'valid'] as const);
  const convolve = isDepthwise ? tf.depthwiseConv2d : tf.conv2d;
  const [x, w, dy] = [
    random.floats(countOf(image)),
    random.floats(countOf(filter)),
    random.floats(countOf(image) * filter[3]),
  ];
  return () => {
    const inputs = [tf.tensor(x, image), tf.tensor(w, filter)] as [tf.Tensor4D, tf.Tensor4D];
    const y = convolve(...inputs, strides, pad);
    const toSum = tf.grads((from: tf.Tensor, by: tf.Tensor) => {
      const result = convolve(from as tf.Tensor4D, by as tf.Tensor4D, strides, pad);
      return tf.sum(tf.mul(result, tf.tensor(dy.slice(0, y.size), y.shape)));
    });
    return [y, ...toSum(inputs)];
  };
}

describe('convolutions and their gradients', () => {
  test.each(Array.from({ length: 80 }, (_, seed) => seed))('case %i', async (seed) => {
    expect(await differenceOf(randomConvolution(new Random(seed)))).toBeLessThan(1e-4);
  });

  test.each([1, 3])('with a dilation, of %i channels', async (channels) => {
    const random = new Random(7);
    const image = random.floats(2 * 9 * 8 * channels);
    const filter = random.floats(3 * 2 * channels * 6);
    const off = await differenceOf(() => {
      const x = tf.tensor4d(image, [2, 9, 8, channels]);
      const w = tf.tensor4d(filter, [3, 2, channels, 6]);
      return [tf.conv2d(x, w, 1, 'same', 'NHWC', 2)];
    });
    expect(off).toBeLessThan(1e-5);
  });
});

/** The gradient of max pooling, of small integers: many windows have several largest inputs. */
function poolGradient(random: Random): () => tf.Tensor[] {
  const shape: Sizes = [
    random.integer(1, 3),
    random.integer(4, 9),
    random.integer(4, 9),
    random.integer(1, 9),
  ];
  const filter: [number, number] = [random.integer(1, 4), random.integer(1, 4)];
  const strides: [number, number] = [random.integer(1, 3), random.integer(1, 3)];
  const pad = random.pick(['same', 'valid'] as const);
  const x = random.floats(countOf(shape), () => random.integer(-3, 3));
  const dy = random.floats(countOf(shape));
  return () => {
    const toSum = tf.grad((image: tf.Tensor) => {
      const y = tf.maxPool(image as tf.Tensor4D, filter, strides, pad);
      return tf.sum(tf.mul(y, tf.tensor(dy.slice(0, y.size), y.shape)));
    });
    return [toSum(tf.tensor(x, shape))];
  };
}

describe('max pooling', () => {
  test.each(
    Array.from({ length: 40 }, (_, seed) => seed),
  )('its gradient, case %i', async (seed) => {
    expect(await differenceOf(poolGradient(new Random(seed)))).toBeLessThan(1e-5);
  });

  test('the first of equal inputs has the gradient, row by row', async () => {
    await tf.setBackend('wasm');
    // Windows of 2×2, a pixel apart, over 3×3 pixels; the largest input is 2 in all of them.
    const x = tf.tensor4d([1, 2, 2, 2, 0, 0, 1, 2, 2], [1, 3, 3, 1]);
    const toSum = tf.grad((image: tf.Tensor) => tf.sum(tf.maxPool(image as tf.Tensor4D, 2, 1, 0)));
    expect([...toSum(x).dataSync()]).toEqual([0, 2, 0, 1, 0, 0, 0, 1, 0]);
  });
});

test('products of matrices and their gradients', async () => {
  const random = new Random(2);
  const [a, b] = [random.floats(2 * 3 * 4), random.floats(2 * 4 * 5)];
  const off = await differenceOf(() => {
    const toSum = tf.grads((x: tf.Tensor, y: tf.Tensor) => tf.sum(tf.square(tf.matMul(x, y))));
    const flat = tf.matMul(tf.tensor2d(a, [4, 6]), tf.tensor2d(b, [10, 4]), true, true);
    return [flat, ...toSum([tf.tensor3d(a, [2, 3, 4]), tf.tensor3d(b, [2, 4, 5])])];
  });
  expect(off).toBeLessThan(1e-5);
});

test('nothing is left in memory', async () => {
  const cases = [randomConvolution(new Random(1)), poolGradient(new Random(1))];
  for (const each of cases) await on('wasm', each);
  const before = tf.memory().numTensors;
  for (const each of cases) await on('wasm', each);
  expect(tf.memory().numTensors).toBe(before);
});
