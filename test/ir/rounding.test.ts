/** Rounding to even and to the narrower floating-point formats, against their definitions. */
import { describe, expect, it } from 'vitest';
import { roundHalfToEven, toBfloat16, toHalf } from '../../src/ir/rounding.ts';

describe('roundHalfToEven', () => {
  it('takes halves to the even neighbour', () => {
    const halves = [-2.5, -1.5, -0.5, 0.5, 1.5, 2.5, 2 ** 51 + 0.5, 2 ** 51 + 1.5];
    const even = [-2, -2, 0, 0, 2, 2, 2 ** 51, 2 ** 51 + 2];
    expect(halves.map((x) => roundHalfToEven(x) + 0)).toEqual(even);
  });

  it('takes everything else to the nearest integer', () => {
    const values = [
      0.49999999999999994,
      -0.49999999999999994,
      1.4999999,
      1.5000001,
      -7.51,
      2 ** 53,
    ];
    expect(values.map((x) => roundHalfToEven(x) + 0)).toEqual([0, 0, 1, 2, -8, 2 ** 53]);
    expect(roundHalfToEven(-1e-20) + 0).toBe(0);
  });

  it('keeps what is no number', () => {
    const values = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    expect(values.map(roundHalfToEven)).toEqual(values);
  });
});

/** The number that the bits of a format mean: sign, exponent, fraction. */
function decode(bits: number, exponentBits: number, fractionBits: number): number {
  const fraction = bits & (2 ** fractionBits - 1);
  const exponent = (bits >> fractionBits) & (2 ** exponentBits - 1);
  const sign = bits >> (exponentBits + fractionBits) === 0 ? 1 : -1;
  const bias = 2 ** (exponentBits - 1) - 1;
  if (exponent === 2 ** exponentBits - 1) return fraction ? Number.NaN : sign * Infinity;
  if (exponent === 0) return sign * fraction * 2 ** (1 - bias - fractionBits);
  return sign * (1 + fraction * 2 ** -fractionBits) * 2 ** (exponent - bias);
}

const FORMATS = [
  ['half', toHalf, 5, 10],
  ['bfloat16', toBfloat16, 8, 7],
] as const;

describe.each(FORMATS)('%s', (_name, round, exponentBits, fractionBits) => {
  const infinity = (2 ** exponentBits - 1) * 2 ** fractionBits;
  /** The positive numbers, in order; in the place of infinity the next one if there were one. */
  const numbers = Array.from({ length: infinity }, (_, bits) =>
    decode(bits, exponentBits, fractionBits),
  );
  const beyond = 2 ** (2 ** (exponentBits - 1));

  it('keeps all of its 65,536 numbers', () => {
    const changed: number[] = [];
    for (let bits = 0; bits < 65536; bits++) {
      const x = decode(bits, exponentBits, fractionBits);
      if (!Object.is(round(x), x)) changed.push(bits);
    }
    expect(changed).toEqual([]);
  });

  it('rounds midpoints to the even neighbour, and what lies beside them to the nearer one', () => {
    const wrong: number[] = [];
    for (const [bits, low] of numbers.entries()) {
      const high = numbers[bits + 1] ?? beyond;
      const [below, above] = [low, high === beyond ? Infinity : high];
      const middle = (low + high) / 2;
      // The neighbours of the middle in f32, which the middle is a number of.
      const [nearLow, nearHigh] = [nextFloat(middle, -1), nextFloat(middle, 1)];
      const even = bits % 2 === 0 ? below : above;
      const expected: [number, number][] = [
        [nearLow, below],
        [middle, even],
        [nearHigh, above],
      ];
      for (const [x, y] of expected) {
        if (x >= low && x <= high && (round(x) !== y || round(-x) !== -y)) wrong.push(x);
      }
    }
    expect(wrong).toEqual([]);
  });
});

/** The next f32 up or down from a positive one. */
function nextFloat(x: number, step: 1 | -1): number {
  const words = new Uint32Array(1);
  const view = new Float32Array(words.buffer);
  view[0] = x;
  words[0] = (words[0] as number) + step;
  return view[0] as number;
}
