import { expect, test } from 'vitest';
import { argmax, DifferenceMeter } from '../../src/cli/compare.ts';

test('the error is relative to the largest reference output of all samples', () => {
  const meter = new DifferenceMeter('y', 'f32');
  meter.add([1, 2.5], [1, 2]);
  meter.add([-10, 0], [-10, 0]);
  expect(meter.result()).toEqual({
    name: 'y',
    dtype: 'f32',
    maxAbsError: 0.5,
    relativeError: 0.05,
    argmaxAgreement: 1,
    samples: 2,
  });
});

test('NaN and infinity are only equal to themselves', () => {
  const same = new DifferenceMeter('same', 'f32');
  same.add([NaN, Infinity, -0], [NaN, Infinity, 0]);
  expect(same.result().maxAbsError).toBe(0);
  for (const [actual, expected] of [
    [NaN, 1],
    [1, NaN],
    [Infinity, -Infinity],
    [1, Infinity],
  ] as const) {
    const meter = new DifferenceMeter('different', 'f32');
    meter.add([actual], [expected]);
    expect(meter.result().relativeError).toBe(Infinity);
  }
});

test('an error where the reference is 0 everywhere does not vanish', () => {
  const meter = new DifferenceMeter('zero', 'f32');
  meter.add([1e-9], [0]);
  expect(meter.result().relativeError).toBe(Infinity);
});

test('argmax takes the first of equals', () => {
  expect(argmax([1, 3, 3, 2])).toBe(1);
  expect(argmax([5])).toBe(0);
  const meter = new DifferenceMeter('y', 'f32');
  meter.add([0, 1], [1, 0]);
  meter.add([0, 1], [0, 1]);
  expect(meter.result().argmaxAgreement).toBe(0.5);
});
