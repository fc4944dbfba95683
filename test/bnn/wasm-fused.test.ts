/** Fused kernels of the wasm back end, against the many steps in plain JavaScript. */
import * as tf from '@tensorflow/tfjs';
import '@tensorflow/tfjs-backend-wasm';
import { afterAll, describe, expect, test } from 'vitest';
import { BatchNormalization, sign, startBackend, steSign } from '../../src/bnn/index.ts';
import { runFused } from '../../src/bnn/wasm-fused.ts';
import { Random } from '../support/random.ts';

afterAll(async () => {
  await tf.setBackend('cpu');
});

async function on(backend: string, compute: () => tf.Tensor[]): Promise<number[][]> {
  await startBackend(backend);
  return tf.tidy(() => compute().map((tensor) => [...tensor.dataSync()]));
}

test('they are the wasm back end’s alone', async () => {
  const x = () => runFused('BinarySign', { x: tf.tensor1d([1, -1]) });
  await startBackend('cpu');
  expect(x()).toBeUndefined();
  await startBackend('wasm');
  expect(x()).toHaveLength(1);
  expect(runFused('BinarySign', { x: tf.tensor1d([1, -1], 'int32') })).toBeUndefined();
});

describe.each([1, 2, 3, 4, 5, 8, 11])('of %i numbers', (count) => {
  const values = Float32Array.from([0, -0, 1, -1, -1e-40, Number.NaN, 1.5, -1.5, -0.5, 0.5, -9]);
  const x = () => tf.tensor1d(values.slice(0, count));

  test('signs', async () => {
    const signs = () => [sign(x())];
    expect(await on('wasm', signs)).toEqual(await on('cpu', signs));
  });

  test('their gradients', async () => {
    const up = tf.range(3, 3 + count);
    const gradients = () =>
      [1, 1.25].map((clip) =>
        tf.grad((given: tf.Tensor) => tf.sum(tf.mul(steSign(given, clip), up)))(x()),
      );
    expect(await on('wasm', gradients)).toEqual(await on('cpu', gradients));
  });
});

describe.each([
  { shape: [3, 5, 7, 8], scale: false },
  { shape: [3, 5, 7, 8], scale: true },
  { shape: [131, 4], scale: true },
  // Channels that are no multiple of 4 take the many steps.
  { shape: [9, 6], scale: true },
])('batch normalization of $shape, scale $scale', ({ shape, scale }) => {
  test('as in plain JavaScript', async () => {
    const random = new Random(4);
    const size = shape.reduce((product, each) => product * each, 1);
    const [pixels, up] = [random.floats(size, () => 50 + 9 * random.float()), random.floats(size)];
    const compute = () => {
      const layer = new BatchNormalization({ scale, momentum: 0.5 });
      const x = tf.tensor(pixels, shape);
      layer.apply(x);
      layer.setWeights(
        layer.weights.map(({ shape }, i) => tf.linspace(1 + i, 2, shape[0] as number)),
      );
      const run = (image: tf.Tensor) => layer.apply(image, { training: true }) as tf.Tensor;
      const variables = layer.trainableWeights.map((weight) => weight.read() as tf.Variable);
      const loss = (image: tf.Tensor) =>
        tf.sum(tf.mul(run(image), tf.tensor(up, shape))) as tf.Scalar;
      const { grads } = tf.variableGrads(() => loss(x), variables);
      const ofX = tf.grad(loss)(x);
      return [
        run(x),
        ofX,
        ...variables.map(({ name }) => grads[name] as tf.Tensor),
        ...layer.getWeights(),
      ];
    };
    const [expected, found] = [await on('cpu', compute), await on('wasm', compute)];
    expect(found.map(({ length }) => length)).toEqual(expected.map(({ length }) => length));
    found.flat().forEach((value, i) => {
      const wanted = expected.flat()[i] as number;
      expect(Math.abs(value - wanted)).toBeLessThan(2e-4 * (1 + Math.abs(wanted)));
    });
  });
});
