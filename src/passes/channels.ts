/**
 * Loops over weights by output channel, which is the fastest axis: element i belongs to channel
 * i mod channels. Models have tens of millions of weights, hence loops instead of array methods.
 */

/** A new array of the same kind, from each element and its channel. */
export function mapByChannel<T extends Float32Array | Uint8Array>(
  data: T,
  channels: number,
  map: (value: number, channel: number, index: number) => number,
): T {
  const result = data.slice() as T;
  for (let i = 0, c = 0; i < data.length; i++, c++) {
    if (c === channels) c = 0;
    result[i] = map(data[i] as number, c, i);
  }
  return result;
}

/** Sums per channel, in f64. */
export function sumByChannel(data: ArrayLike<number>, channels: number): Float64Array {
  const sums = new Float64Array(channels);
  for (let i = 0, c = 0; i < data.length; i++, c++) {
    if (c === channels) c = 0;
    sums[c] = (sums[c] as number) + (data[i] as number);
  }
  return sums;
}

/** Whether no element is infinite or NaN. */
export function allFinite(data: ArrayLike<number>): boolean {
  for (let i = 0; i < data.length; i++) if (!Number.isFinite(data[i])) return false;
  return true;
}

/** 1 where the element is negative. */
export function signBits(data: Float32Array): Uint8Array {
  const bits = new Uint8Array(data.length);
  for (let i = 0; i < data.length; i++) bits[i] = (data[i] as number) < 0 ? 1 : 0;
  return bits;
}
