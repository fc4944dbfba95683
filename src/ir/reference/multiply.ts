/**
 * The inner loops of everything that accumulates: rows of taps times a matrix of weights, in f64.
 * Each loop body does several rows at a time to save loads; sums differ in nothing but order.
 */
import type { DType, TensorData } from '../graph.ts';
import { reals } from './kernel.ts';

/** A matrix within a larger row-major one: `taps` rows of `width`, `stride` apart from `offset`. */
export interface MatrixView {
  readonly taps: number;
  readonly width: number;
  readonly stride: number;
  readonly offset: number;
}

/**
 * Two rows of taps, one after the other in `rows`, times the matrix: two rows of `width` sums, one
 * after the other in `sums`.
 */
export function multiplyPair(
  rows: Float64Array,
  weights: Float64Array,
  view: MatrixView,
  sums: Float64Array,
): void {
  const { taps, width, stride, offset } = view;
  sums.fill(0, 0, 2 * width);
  let tap = 0;
  for (; tap + 4 <= taps; tap += 4) {
    const a0 = rows[tap] as number;
    const a1 = rows[tap + 1] as number;
    const a2 = rows[tap + 2] as number;
    const a3 = rows[tap + 3] as number;
    const b0 = rows[taps + tap] as number;
    const b1 = rows[taps + tap + 1] as number;
    const b2 = rows[taps + tap + 2] as number;
    const b3 = rows[taps + tap + 3] as number;
    const row0 = offset + tap * stride;
    const row1 = row0 + stride;
    const row2 = row1 + stride;
    const row3 = row2 + stride;
    for (let o = 0; o < width; o++) {
      const w0 = weights[row0 + o] as number;
      const w1 = weights[row1 + o] as number;
      const w2 = weights[row2 + o] as number;
      const w3 = weights[row3 + o] as number;
      sums[o] = (sums[o] as number) + a0 * w0 + a1 * w1 + a2 * w2 + a3 * w3;
      const b = width + o;
      sums[b] = (sums[b] as number) + b0 * w0 + b1 * w1 + b2 * w2 + b3 * w3;
    }
  }
  for (; tap < taps; tap++) {
    const a = rows[tap] as number;
    const b = rows[taps + tap] as number;
    const row = offset + tap * stride;
    for (let o = 0; o < width; o++) {
      const w = weights[row + o] as number;
      sums[o] = (sums[o] as number) + a * w;
      sums[width + o] = (sums[width + o] as number) + b * w;
    }
  }
}

/** One row of f32 taps, from `start` on, times a whole matrix that is used once and stays f32. */
export function multiplyRow(
  x: Float32Array,
  start: number,
  taps: number,
  weights: Float32Array,
  width: number,
  sums: Float64Array,
): void {
  sums.fill(0, 0, width);
  let tap = 0;
  for (; tap + 4 <= taps; tap += 4) {
    const a0 = x[start + tap] as number;
    const a1 = x[start + tap + 1] as number;
    const a2 = x[start + tap + 2] as number;
    const a3 = x[start + tap + 3] as number;
    const row0 = tap * width;
    const row1 = row0 + width;
    const row2 = row1 + width;
    const row3 = row2 + width;
    for (let o = 0; o < width; o++) {
      sums[o] =
        (sums[o] as number) +
        a0 * (weights[row0 + o] as number) +
        a1 * (weights[row1 + o] as number) +
        a2 * (weights[row2 + o] as number) +
        a3 * (weights[row3 + o] as number);
    }
  }
  for (; tap < taps; tap++) {
    const a = x[start + tap] as number;
    const row = tap * width;
    for (let o = 0; o < width; o++) {
      sums[o] = (sums[o] as number) + a * (weights[row + o] as number);
    }
  }
}

/** f64 copies of weights are kept up to this size; larger ones are converted in every run. */
const LARGEST_KEPT = 2 ** 20;

/** The weights of a node as f64, converted once where they are known and not too large to keep. */
export function doubleWeights(
  known: TensorData | undefined,
  dtype: DType,
): (data: TensorData | undefined) => Float64Array {
  if (known && known.length <= LARGEST_KEPT) {
    const kept = new Float64Array(reals(known, dtype));
    return () => kept;
  }
  return (data) => new Float64Array(reals(data, dtype));
}

/** The weights of a node as f32, converted once where they are known. */
export function singleWeights(
  known: TensorData | undefined,
  dtype: DType,
): (data: TensorData | undefined) => Float32Array {
  if (known) {
    const kept = reals(known, dtype);
    return () => kept;
  }
  return (data) => reals(data, dtype);
}
