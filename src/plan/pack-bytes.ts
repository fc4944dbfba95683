/**
 * Weights of layers of bytes, as kernels/include/int8_loops.h reads them: tiles of output channels,
 * quad by quad along K; lanes past the last channel of a group and elements past the end of K are 0.
 */
import type { TensorData } from '../ir/graph.ts';
import { tilesOf, type WeightMatrix } from './pack.ts';

/** As BN_INT8_TILE and BN_INT8_BLOCK in int8_loops.h. */
export const BYTE_TILE = 8;
export const BYTE_BLOCK = 32;

/** Elements along K that lie side by side. */
const QUAD = 4;

/** Quads along K = taps·C/g. */
export function quadsOf({ taps, inChannels }: WeightMatrix): number {
  return Math.ceil((taps * inChannels) / QUAD);
}

/** i8 weights: [group][O/g/8][quads][8][4]. */
export function packByteTiles(data: TensorData, matrix: WeightMatrix): Uint8Array {
  const packed = new Uint8Array(countTiles(matrix) * quadsOf(matrix) * BYTE_TILE * QUAD);
  eachWeight(matrix, (from, to) => {
    packed[to] = data[from] as number;
  });
  return packed;
}

/** Bits: a uint32_t per quad of a tile, [group][O/g/8][quads], the same elements a bit each. */
export function packBitQuads(bits: TensorData, matrix: WeightMatrix): Uint8Array {
  const packed = new Uint8Array((countTiles(matrix) * quadsOf(matrix) * BYTE_TILE * QUAD) / 8);
  eachWeight(matrix, (from, to) => {
    packed[to >> 3] = (packed[to >> 3] as number) | ((bits[from] as number) << (to & 7));
  });
  return packed;
}

/**
 * Whether the products of two neighbours of a quad with any bytes, u8 or lifted to u8, add up to what
 * 16 bits hold; weights of 7 bits do.
 */
export function areSmallWeights(data: TensorData, { outChannels }: WeightMatrix): boolean {
  const most = 128; // 128 · 255 < 2¹⁵
  for (let k = 0; k < data.length; k += 2 * outChannels) {
    for (let o = 0; o < outChannels; o++) {
      const [a, b] = [data[k + o] as number, data[k + outChannels + o] ?? 0];
      if (Math.abs(a) + Math.abs(b) > most) return false;
    }
  }
  return true;
}

/** ±1 from bits. */
export function signedWeights(bits: TensorData): Int8Array {
  return Int8Array.from(bits, (bit) => 1 - 2 * bit);
}

function countTiles(matrix: WeightMatrix): number {
  return tilesOf(matrix, BYTE_TILE).length;
}

/** Calls `place` with where each weight is in [K][O], and where it goes. */
function eachWeight(matrix: WeightMatrix, place: (from: number, to: number) => void): void {
  const { taps, inChannels, outChannels } = matrix;
  const quads = quadsOf(matrix);
  tilesOf(matrix, BYTE_TILE).forEach(({ first, count }, tile) => {
    for (let k = 0; k < taps * inChannels; k++) {
      const quad = (tile * quads + Math.floor(k / QUAD)) * BYTE_TILE * QUAD + (k % QUAD);
      for (let lane = 0; lane < count; lane++) {
        place(k * outChannels + first + lane, quad + lane * QUAD);
      }
    }
  });
}
