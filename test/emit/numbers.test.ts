import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { floatLiteral, hexWord, needsMathHeader, withCommas } from '../../src/emit/numbers.ts';

describe('floatLiteral', () => {
  test.each([
    [0, '0.0f'],
    [-0, '-0.0f'],
    [1, '1.0f'],
    [0.1, '0.1f'],
    [-2.5, '-2.5f'],
    [1e-7, '1e-7f'],
    [16777216, '16777216.0f'],
    [1e30, '1e+30f'],
    [3.4028234663852886e38, '3.4028235e+38f'],
    [2 ** -149, '1e-45f'],
    [2 ** -126, '1.1754944e-38f'],
    [Number.POSITIVE_INFINITY, 'INFINITY'],
    [Number.NEGATIVE_INFINITY, '-INFINITY'],
    [Number.NaN, 'NAN'],
  ])('%d is %s', (value, expected) => {
    expect(floatLiteral(value)).toBe(expected);
    expect(needsMathHeader(value)).toBe(!Number.isFinite(value));
  });

  test('reads back to the same bits, with a margin that rounding twice can not cross', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 0xffffffff }), (bits) => {
        const value = new Float32Array(new Uint32Array([bits]).buffer)[0] as number;
        if (!Number.isFinite(value)) return;
        const literal = floatLiteral(value);
        expect(literal).toMatch(/^-?\d[\d.]*(e[+-]\d+)?f$/);
        expect(literal).toMatch(/[.e]/);
        const read = Number(literal.slice(0, -1));
        expect(Object.is(Math.fround(read), value)).toBe(true);
        const neighbours = [1, -1].map(
          (step) => new Float32Array(new Uint32Array([bits + step]).buffer)[0] as number,
        );
        for (const neighbour of neighbours) {
          if (!Number.isFinite(neighbour)) continue;
          expect(Math.abs(read - value)).toBeLessThan(Math.abs(neighbour - read));
        }
      }),
      { seed: 1, numRuns: 5000 },
    );
  });
});

test('other numbers', () => {
  expect([0, 999, 1000, 1234567].map(withCommas)).toEqual(['0', '999', '1,000', '1,234,567']);
  expect(hexWord(-1)).toBe('0xffffffff');
  expect(hexWord(10)).toBe('0x0000000a');
});
