/** Quantizers as activations, under each of the names that models have them by. */
import * as tf from '@tensorflow/tfjs';
import { beforeAll, expect, test } from 'vitest';
import '../../src/bnn/index.ts';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

type Activation = Parameters<typeof tf.layers.activation>[0]['activation'];

/** An activation layer as a model's JSON has it. */
function layerOf(activation: unknown): tf.layers.Layer {
  const layer = tf.layers.activation({ activation: activation as Activation });
  layer.apply(tf.input({ shape: [4] }));
  return layer;
}

test.each([
  ['ste_sign', [-1, 1, 1, 1]],
  ['steSign', [-1, 1, 1, 1]],
  [{ className: 'SteSign', config: { name: 'ste_sign_1', clipValue: 1 } }, [-1, 1, 1, 1]],
  ['approx_sign', [-1, 1, 1, 1]],
  ['ste_heaviside', [0, 0, 1, 1]],
])('%j', (activation, expected) => {
  const layer = layerOf(activation);
  const output = layer.apply(tf.tensor2d([[-0.5, 0, 0.5, 3]])) as tf.Tensor;
  expect([...output.dataSync()]).toEqual(expected);
  expect(layer.getConfig().activation).toMatch(/^[a-z]+_[a-z]+$/);
});

test('the gradient is the estimator', () => {
  const layer = layerOf('ste_sign');
  const gradient = tf.grad((x) => tf.sum(layer.apply(x) as tf.Tensor))(
    tf.tensor2d([[-2, -1, 0.5, 1.5]]),
  );
  expect([...gradient.dataSync()]).toEqual([0, 1, 1, 0]);
});

test('options that a model would lose when it is written', () => {
  expect(() => layerOf({ className: 'SteSign', config: { clipValue: 1.3 } })).toThrow(
    'The activation "ste_sign" has options of its own. Give them to the inputQuantizer of the next layer.',
  );
});
