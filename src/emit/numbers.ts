/** Numbers as C source and as text for people. */

/** A C literal that reads back to the same f32. NaN and infinities are macros of <math.h>. */
export function floatLiteral(value: number): string {
  const x = Math.fround(value);
  if (Number.isNaN(x)) return 'NAN';
  if (!Number.isFinite(x)) return x < 0 ? '-INFINITY' : 'INFINITY';
  if (Object.is(x, -0)) return '-0.0f';
  const text = shortestDigits(x);
  return `${/[.e]/.test(text) ? text : `${text}.0`}f`;
}

/** True for values whose literal needs <math.h>. */
export function needsMathHeader(value: number): boolean {
  return !Number.isFinite(Math.fround(value));
}

/**
 * The fewest digits that give x. The margin makes sure of it: a compiler rounds the decimal to f32
 * once, not by way of a double as `Math.fround` does, and the two differ close to a tie.
 */
function shortestDigits(x: number): string {
  const margin = 0.49 * spacing(x);
  for (let digits = 1; digits < 9; digits++) {
    const candidate = Number(x.toPrecision(digits));
    if (Math.abs(candidate - x) <= margin) return String(candidate);
  }
  return String(Number(x.toPrecision(9)));
}

/** The distance from |x| to its nearest neighbour; halves below a power of two. */
function spacing(x: number): number {
  const exponent = Math.max(Math.floor(Math.log2(Math.abs(x) || 2 ** -149)), -126);
  const neighbourBelowIsNearer = Math.abs(x) === 2 ** exponent && exponent > -126;
  return 2 ** (exponent - (neighbourBelowIsNearer ? 24 : 23));
}

/** 12345 as "12,345". */
export function withCommas(value: number): string {
  return String(value).replace(/\B(?=(\d{3})+$)/g, ',');
}

/** A 32-bit word as "0x0123abcd". */
export function hexWord(word: number): string {
  return `0x${(word >>> 0).toString(16).padStart(8, '0')}`;
}
