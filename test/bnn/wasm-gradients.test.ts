/** Gradients of convolutions on the wasm back end, against the one in plain JavaScript. */
import * as tf from '@tensorflow/tfjs';
import '@tensorflow/tfjs-backend-wasm';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { registerWasmGradients } from '../../src/bnn/index.ts';
import { Random } from '../support/random.ts';

type Sizes = [number, number, number, number];

beforeAll(async () => {
  registerWasmGradients();
  registerWasmGradients();
  await tf.setBackend('wasm');
});
afterAll(async () => {
  await tf.setBackend('cpu');
});

/** The gradients of Σ conv(x, w)·dy on a back end, as numbers. */
async function gradientsOn(
  backend: string,
  { isDepthwise, x, w, dy, strides, pad }: ReturnType<typeof randomCase>,
): Promise<Float32Array[]> {
  await tf.setBackend(backend);
  return tf.tidy(() => {
    const convolve = isDepthwise ? tf.depthwiseConv2d : tf.conv2d;
    const toSum = tf.grads((image: tf.Tensor, kernel: tf.Tensor) => {
      const y = convolve(image as tf.Tensor4D, kernel as tf.Tensor4D, strides, pad);
      const upstream = tf.tensor(dy.slice(0, y.size), y.shape);
      return tf.sum(tf.mul(y, upstream));
    });
    const [imageSizes, kernelSizes] = [x, w];
    const inputs = [imageSizes, kernelSizes].map(({ data, shape }) => tf.tensor(data, shape));
    return toSum(inputs).map((gradient) => gradient.dataSync() as Float32Array);
  });
}

function randomCase(random: Random) {
  const kernel = [random.integer(1, 4), random.integer(1, 4)] as const;
  const channels = random.integer(1, 5);
  const isDepthwise = random.integer(0, 1) === 1;
  const size = () => kernel[0] + kernel[1] + random.integer(0, 5);
  const image: Sizes = [random.integer(1, 3), size(), size(), channels];
  const filter: Sizes = [...kernel, channels, random.integer(1, 4)];
  const numbers = (count: number) =>
    Float32Array.from({ length: count }, () => random.unit() - 0.5);
  const count = (shape: Sizes) => shape.reduce((product, each) => product * each, 1);
  // Depthwise convolutions have one stride in TensorFlow.js.
  const stride = random.integer(1, 3);
  return {
    isDepthwise,
    strides: [stride, isDepthwise ? stride : random.integer(1, 3)] as [number, number],
    pad: random.pick(['same', 'valid'] as const),
    x: { shape: image, data: numbers(count(image)) },
    w: { shape: filter, data: numbers(count(filter)) },
    dy: numbers(count(image) * filter[3]),
  };
}

describe('as in plain JavaScript', () => {
  test.each(Array.from({ length: 60 }, (_, seed) => seed))('case %i', async (seed) => {
    const made = randomCase(new Random(seed));
    const expected = await gradientsOn('cpu', made);
    const found = await gradientsOn('wasm', made);
    expect(found.map(({ length }) => length)).toEqual(expected.map(({ length }) => length));
    const off = found.map((gradient, i) =>
      gradient.reduce((most, value, j) => {
        return Math.max(most, Math.abs(value - (expected[i]?.[j] as number)));
      }, 0),
    );
    expect(Math.max(...off)).toBeLessThan(1e-4);
  });
});

test('nothing is left in memory', async () => {
  const made = randomCase(new Random(1));
  await gradientsOn('wasm', made);
  const before = tf.memory().numTensors;
  await gradientsOn('wasm', made);
  expect(tf.memory().numTensors).toBe(before);
});
