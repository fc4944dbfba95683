/** Quantizers and their gradients, against Larq's. */
import * as tf from '@tensorflow/tfjs';
import { describe, expect, test } from 'vitest';
import { getQuantizer, type QuantizerConfig } from '../../src/bnn/quantizers.ts';
import { expectSame, flat, RECORDED } from './recorded.ts';

describe('as in Larq', () => {
  test.each(RECORDED.quantizers)('$name', ({ config, x, y, dy, gradients }) => {
    const quantizer = getQuantizer(config) as NonNullable<ReturnType<typeof getQuantizer>>;
    const input = tf.tensor(x as number[]);
    const gradient = tf.grad((each: tf.Tensor) => quantizer(each));
    expectSame(quantizer(input), y, 1);
    expectSame(gradient(input, tf.tensor(dy as number[])), gradients[0] ?? []);
    expect(flat(y).length).toBeGreaterThan(40);
  });
});

describe('names', () => {
  const x = tf.tensor([-2, -0, 0, 0.5]);
  test.each<QuantizerConfig>([
    'ste_sign',
    { className: 'SteSign' },
    { className: 'Larq>SteSign' },
    { className: 'steSign' },
  ])('%j', (config) => {
    expect([...(getQuantizer(config)?.(x).dataSync() ?? [])]).toEqual([-1, 1, 1, 1]);
  });

  test('none', () => {
    expect(getQuantizer(null)).toBeUndefined();
  });

  test('of no quantizer', () => {
    expect(() => getQuantizer({ className: 'DoReFa' })).toThrow(
      'There is no quantizer "DoReFa". Use one of ste_sign, approx_sign, swish_sign, ' +
        'magnitude_aware_sign, ste_heaviside, no_op.',
    );
  });
});
