/** The gradient of filters as a convolution, which memory that can't be lent leaves to run. */
import * as tf from '@tensorflow/tfjs';
import { expect, test } from 'vitest';
import { filterGradient } from '../../src/bnn/wasm-gradients.ts';
import { Random } from '../support/random.ts';

test.each([
  { strides: [1, 1] as [number, number], pad: 'same' as const },
  { strides: [2, 1] as [number, number], pad: 'same' as const },
  { strides: [2, 3] as [number, number], pad: 'valid' as const },
])('strides $strides, padding $pad', async ({ strides, pad }) => {
  await tf.setBackend('cpu');
  const random = new Random(5);
  const x = tf.tensor4d(random.floats(2 * 8 * 9 * 3), [2, 8, 9, 3]);
  const w = tf.tensor4d(random.floats(3 * 2 * 3 * 4), [3, 2, 3, 4]);
  const y = tf.conv2d(x, w, strides, pad);
  const dy = tf.tensor4d(random.floats(y.size), y.shape);
  const toSum = tf.grad((filter: tf.Tensor) =>
    tf.sum(tf.mul(tf.conv2d(x, filter as tf.Tensor4D, strides, pad), dy)),
  );
  const info = tf.backend_util.computeConv2DInfo(x.shape, w.shape, strides, 1, pad);
  const off = tf.max(tf.abs(tf.sub(filterGradient(x, dy, info), toSum(w))));
  expect(off.dataSync()[0]).toBeLessThan(1e-4);
});
