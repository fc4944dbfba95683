import { describe, expect, test } from 'vitest';
import { floatThreshold, integerThreshold } from '../../src/passes/search.ts';

const LARGEST = 2 ** 31 - 1;

describe('integerThreshold', () => {
  test('is the least integer where the bit is not set', () => {
    for (let first = -9; first <= 10; first++) {
      const expected = first <= -9 ? -LARGEST : first >= 10 ? LARGEST : first;
      expect(integerThreshold((a) => a < first, 9)).toBe(expected);
    }
  });

  test('asks few questions', () => {
    let asked = 0;
    integerThreshold((a) => {
      asked++;
      return a < 1234;
    }, 2 ** 20);
    expect(asked).toBeLessThan(30);
  });
});

describe('floatThreshold', () => {
  test.each([
    0,
    1,
    -1,
    0.1,
    -123.456,
    1e-45,
    -1e-45,
    3e38,
    -3e38,
    2 ** 24,
    1e-30,
  ])('finds %f', (value) => {
    const exact = Math.fround(value);
    expect(floatThreshold((a) => a < exact)).toBe(exact);
    const next = floatThreshold((a) => a <= exact);
    expect(next).toBeGreaterThan(exact);
    expect(
      Math.fround((next + exact) / 2) === next || Math.fround((next + exact) / 2) === exact,
    ).toBe(true);
  });

  test('is infinite for a constant answer', () => {
    expect(floatThreshold(() => true)).toBe(Number.POSITIVE_INFINITY);
    expect(floatThreshold(() => false)).toBe(Number.NEGATIVE_INFINITY);
  });
});
