/** Losses and their gradients, against TensorFlow's; learning rates. */
import * as tf from '@tensorflow/tfjs';
import { describe, expect, test } from 'vitest';
import {
  cosineRate,
  distillation,
  exponentialRate,
  softmaxCrossEntropy,
  squaredHinge,
  steppedRate,
  warmUp,
} from '../../src/bnn/index.ts';
import { expectSame, RECORDED } from './recorded.ts';

type OfLogits = (labels: tf.Tensor, logits: tf.Tensor, teacher: tf.Tensor) => tf.Scalar;
const LOSSES: Readonly<Record<string, OfLogits>> = {
  squaredHinge,
  softmaxCrossEntropy,
  distillation: (labels, logits, teacher) =>
    distillation(labels, teacher, logits, { temperature: 3, alpha: 0.7 }),
};

describe('losses as in TensorFlow', () => {
  test.each(RECORDED.losses)('$name', ({ name, labels, logits, teacher, loss, gradient }) => {
    const [y, z, t] = [labels, logits, teacher].map((each) => tf.tensor(each as number[]));
    const ofLogits = (each: tf.Tensor) =>
      (LOSSES[name] as OfLogits)(y as tf.Tensor, each, t as tf.Tensor);
    expectSame(ofLogits(z as tf.Tensor), loss);
    expectSame(tf.grad(ofLogits)(z as tf.Tensor), gradient, 16);
  });
});

describe('learning rates', () => {
  test('fall by equal factors', () => {
    const rate = exponentialRate(0.1, 0.001, 3);
    expect([0, 1, 1.9, 2].map(rate).map((each) => each.toPrecision(6))).toEqual([
      '0.100000',
      '0.0100000',
      '0.0100000',
      '0.00100000',
    ]);
  });

  test('fall as a cosine', () => {
    expect([0, 5, 10, 20].map(cosineRate(0.2, 10)).map((each) => each.toFixed(6))).toEqual([
      '0.200000',
      '0.100000',
      '0.000000',
      '0.000000',
    ]);
  });

  test('fall in steps', () => {
    const rate = steppedRate([2, 4], [3, 2, 1]);
    expect([0, 1.99, 2, 3, 4, 9].map(rate)).toEqual([3, 3, 2, 2, 1, 1]);
    expect(() => steppedRate([2], [1])).toThrow('1 ends divide 2 rates, not 1.');
  });

  test('rise first', () => {
    expect([0, 1, 2, 3].map(warmUp(2, () => 8))).toEqual([0, 4, 8, 8]);
  });
});
