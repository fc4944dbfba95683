/** Roundings that JavaScript lacks: to an even integer, and to the narrower floating-point formats. */

/** The nearest integer; halves go to the even one. */
export function roundHalfToEven(x: number): number {
  const below = Math.floor(x);
  const rest = x - below;
  if (rest < 0.5) return below;
  if (rest > 0.5) return below + 1;
  // NaN and infinities come here too; they stay.
  if (!Number.isFinite(x)) return x;
  return below % 2 === 0 ? below : below + 1;
}

/** The nearest IEEE half-precision number: 11 significant bits, from 2^-24 to 65504. */
export function toHalf(x: number): number {
  return toBinary(x, 11, -24, 65504);
}

/** The nearest bfloat16: 8 significant bits and the exponents of f32. */
export function toBfloat16(x: number): number {
  return toBinary(Math.fround(x), 8, -133, 3.3895313892515355e38);
}

/**
 * Rounded to `digits` significant bits, where the smallest number is 2^least; past the largest lies
 * infinity, once it is nearer than half a step.
 */
function toBinary(x: number, digits: number, least: number, largest: number): number {
  if (x === 0 || !Number.isFinite(x)) return x;
  const exponent = Math.max(exponentOf(Math.abs(x)) - digits + 1, least);
  const step = 2 ** exponent;
  const rounded = roundHalfToEven(x / step) * step;
  return Math.abs(rounded) > largest ? Math.sign(x) * Number.POSITIVE_INFINITY : rounded;
}

/** e with 2^e <= x < 2^(e+1), for finite x > 0. */
function exponentOf(x: number): number {
  const guess = Math.floor(Math.log2(x));
  if (2 ** guess > x) return guess - 1;
  return 2 ** (guess + 1) <= x ? guess + 1 : guess;
}
