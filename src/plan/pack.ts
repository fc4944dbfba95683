/**
 * Constants as the kernels read them: the weight layouts of kernels/README.md, written out as
 * little-endian bytes. Everything that depends on a tile or word size is in this file.
 *
 * A group's output channels fill whole tiles; the lanes past the last channel are zeros, and so
 * are the bits past the last channel of a word. K runs over (kernel_y, kernel_x, input channel).
 */
import { ARRAYS, type PortType } from '../ir/elements.ts';
import type { DType, Shape, TensorData } from '../ir/graph.ts';
import { elementCount } from '../ir/graph.ts';
import type { ElementCType } from './program.ts';

/** As BN_FLOAT_TILE, BN_BIT_TILE, BN_BIT_BLOCK and BN_PIXEL_TILE in kernels/include/base.h. */
export const FLOAT_TILE = 8;
export const BIT_TILE = 4;
export const BIT_BLOCK = 64;
export const PIXEL_TILE = 4;

export type WordBits = 32 | 64;

/** Words in a row of `channels` bits. */
export function wordsPerRow(channels: number, wordBits: WordBits): number {
  return Math.ceil(channels / wordBits);
}

/** Bytes that a tensor takes: bits are packed in rows along the last axis. */
export function tensorBytes(dtype: DType, shape: Shape, wordBits: WordBits): number {
  if (dtype !== 'bit') return elementCount(shape) * ARRAYS[dtype].BYTES_PER_ELEMENT;
  const channels = shape.at(-1) ?? 1;
  const rows = elementCount(shape.slice(0, -1));
  return rows * wordsPerRow(channels, wordBits) * (wordBits / 8);
}

/** Element types as C has them; a bool is a byte of 0 or 1. */
export const C_TYPES: Readonly<Record<PortType, ElementCType>> = {
  f32: 'float',
  i32: 'int32_t',
  i16: 'int16_t',
  u16: 'uint16_t',
  i8: 'int8_t',
  u8: 'uint8_t',
  bool: 'uint8_t',
};

/** Weights seen as a matrix [taps][inChannels][outChannels], the output channels in groups. */
export interface WeightMatrix {
  readonly taps: number;
  readonly inChannels: number;
  readonly outChannels: number;
  readonly groups: number;
}

/** f32 weights for conv2d and dense: [group][O/g/T][taps][C/g][T]. */
export function packFloatTiles(data: Float32Array, matrix: WeightMatrix): Uint8Array {
  const { outChannels } = matrix;
  const depth = matrix.taps * matrix.inChannels;
  const tiles = tilesOf(matrix, FLOAT_TILE);
  const packed = new Float32Array(tiles.length * depth * FLOAT_TILE);
  tiles.forEach(({ first, count }, tile) => {
    for (let k = 0; k < depth; k++) {
      const to = (tile * depth + k) * FLOAT_TILE;
      for (let lane = 0; lane < count; lane++) {
        packed[to + lane] = data[k * outChannels + first + lane] as number;
      }
    }
  });
  return littleEndian(packed);
}

/** Binary weights for float inputs: [group][O/g/T][taps][C/g] bytes, a bit per lane. */
export function packLaneBits(bits: TensorData, matrix: WeightMatrix): Uint8Array {
  const depth = matrix.taps * matrix.inChannels;
  const tiles = tilesOf(matrix, FLOAT_TILE);
  const packed = new Uint8Array(tiles.length * depth);
  tiles.forEach(({ first, count }, tile) => {
    for (let k = 0; k < depth; k++) {
      let byte = 0;
      for (let lane = 0; lane < count; lane++) {
        byte |= (bits[k * matrix.outChannels + first + lane] as number) << lane;
      }
      packed[tile * depth + k] = byte;
    }
  });
  return packed;
}

/**
 * Binary weights for binary inputs: words [group][blocks of 64 channels][words(K)][width], K =
 * taps·C/g. A block is as wide as its channels, in whole tiles.
 */
export function packBitBlocks(
  bits: TensorData,
  matrix: WeightMatrix,
  wordBits: WordBits,
): Uint8Array {
  const { taps, inChannels, outChannels } = matrix;
  const words = wordsPerRow(taps * inChannels, wordBits);
  const wordBytes = wordBits / 8;
  const blocks = tilesOf(matrix, BIT_BLOCK).map((block) => ({ ...block, width: bitWidth(block) }));
  const lanes = blocks.reduce((sum, { width }) => sum + width, 0);
  const packed = new Uint8Array(lanes * words * wordBytes);
  let start = 0;
  for (const { first, count, width } of blocks) {
    for (let k = 0; k < taps * inChannels; k++) {
      const firstWord = start + Math.floor(k / wordBits) * width;
      const bit = k % wordBits;
      for (let lane = 0; lane < count; lane++) {
        const value = bits[k * outChannels + first + lane] as number;
        const byte = (firstWord + lane) * wordBytes + (bit >> 3);
        packed[byte] = (packed[byte] as number) | (value << (bit & 7));
      }
    }
    start += words * width;
  }
  return packed;
}

function bitWidth({ count }: Tile): number {
  return Math.ceil(count / BIT_TILE) * BIT_TILE;
}

/** A bit tensor: rows of `channels` bits, each row in whole words. */
export function packBitRows(bits: TensorData, channels: number, wordBits: WordBits): Uint8Array {
  const rowBytes = wordsPerRow(channels, wordBits) * (wordBits / 8);
  const packed = new Uint8Array((bits.length / channels) * rowBytes);
  for (let i = 0; i < bits.length; i++) {
    const channel = i % channels;
    const byte = ((i - channel) / channels) * rowBytes + (channel >> 3);
    packed[byte] = (packed[byte] as number) | ((bits[i] as number) << (channel & 7));
  }
  return packed;
}

/** w [taps][O][C] of a transposed convolution as [taps][C][O], which is what the tiles hold. */
export function swapLastAxes(data: Float32Array, rows: number, columns: number): Float32Array {
  const swapped = new Float32Array(data.length);
  const block = rows * columns;
  for (let start = 0; start < data.length; start += block) {
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++) {
        swapped[start + column * rows + row] = data[start + row * columns + column] as number;
      }
    }
  }
  return swapped;
}

/** ±1 from bits. */
export function floatsFromBits(bits: TensorData): Float32Array {
  return Float32Array.from(bits, (bit) => 1 - 2 * bit);
}

/** The bytes of numbers as a little-endian machine has them; a view where this one is. */
export function littleEndian(data: TensorData): Uint8Array {
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  if (HOST_IS_LITTLE_ENDIAN) return bytes;
  const swapped = new Uint8Array(bytes.length);
  const last = data.BYTES_PER_ELEMENT - 1;
  for (let i = 0; i < bytes.length; i++) swapped[i] = bytes[i ^ last] as number;
  return swapped;
}

const HOST_IS_LITTLE_ENDIAN = new Uint8Array(new Uint32Array([1]).buffer)[0] === 1;

interface Tile {
  /** Its first output channel, and how many it has. */
  readonly first: number;
  readonly count: number;
}

/** Tiles of output channels, group by group. */
export function tilesOf({ outChannels, groups }: WeightMatrix, tileSize: number): Tile[] {
  const perGroup = outChannels / groups;
  const tiles: Tile[] = [];
  for (let group = 0; group < groups; group++) {
    for (let lane = 0; lane < perGroup; lane += tileSize) {
      const count = Math.min(tileSize, perGroup - lane);
      tiles.push({ first: group * perGroup + lane, count });
    }
  }
  return tiles;
}
