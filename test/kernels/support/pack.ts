/**
 * The layouts of kernels/README.md, written for these tests alone: one element at a time, by the
 * formula. Kernels are so not tested against the packing that the planner does.
 */
import type { TensorData } from '../../../src/ir/graph.ts';

export type WordBits = 32 | 64;

const T = 8;
const B = 4;
const BLOCK = 64;

export interface Weights {
  readonly kernelHeight: number;
  readonly kernelWidth: number;
  /** Of one group. */
  readonly inChannels: number;
  /** Of all groups. */
  readonly outChannels: number;
  readonly groups: number;
}

/** Calls `place` for every weight: its index in [ky][kx][C/g][O], and where it goes. */
function eachWeight(
  weights: Weights,
  tileSize: number,
  place: (from: number, tile: number, tap: number, channel: number, lane: number) => void,
): number {
  const { kernelHeight, kernelWidth, inChannels, outChannels, groups } = weights;
  const perGroup = outChannels / groups;
  const tiles = Math.ceil(perGroup / tileSize);
  for (let o = 0; o < outChannels; o++) {
    const group = Math.floor(o / perGroup);
    const tile = group * tiles + Math.floor((o % perGroup) / tileSize);
    const lane = (o % perGroup) % tileSize;
    for (let tap = 0; tap < kernelHeight * kernelWidth; tap++) {
      for (let c = 0; c < inChannels; c++) {
        place((tap * inChannels + c) * outChannels + o, tile, tap, c, lane);
      }
    }
  }
  return groups * tiles;
}

function countTiles(weights: Weights, tileSize: number): number {
  return weights.groups * Math.ceil(weights.outChannels / weights.groups / tileSize);
}

/** float [group][O/g/T][kernel_y][kernel_x][C/g][T] */
export function floatTiles(data: Float32Array, weights: Weights): Uint8Array {
  const taps = weights.kernelHeight * weights.kernelWidth;
  const { inChannels } = weights;
  const packed = new Float32Array(countTiles(weights, T) * taps * inChannels * T);
  eachWeight(weights, T, (from, tile, tap, channel, lane) => {
    packed[((tile * taps + tap) * inChannels + channel) * T + lane] = data[from] as number;
  });
  return new Uint8Array(packed.buffer);
}

/** uint8_t [group][O/g/T][kernel_y][kernel_x][C/g], bit j is output channel j of the tile */
export function signBytes(bits: Uint8Array, weights: Weights): Uint8Array {
  const taps = weights.kernelHeight * weights.kernelWidth;
  const { inChannels } = weights;
  const packed = new Uint8Array(countTiles(weights, T) * taps * inChannels);
  eachWeight(weights, T, (from, tile, tap, channel, lane) => {
    const at = (tile * taps + tap) * inChannels + channel;
    packed[at] = (packed[at] as number) | ((bits[from] as number) << lane);
  });
  return packed;
}

/** bn_word [group][blocks of 64 of O/g][words(K)][width of block], K = kernel_y * kernel_x * C/g */
export function bitBlocks(bits: Uint8Array, weights: Weights, wordBits: WordBits): Uint8Array {
  const { inChannels, outChannels, groups } = weights;
  const words = Math.ceil((weights.kernelHeight * weights.kernelWidth * inChannels) / wordBits);
  const perGroup = outChannels / groups;
  const groupLanes = Math.ceil(perGroup / B) * B;
  const packed = new Uint8Array((groups * groupLanes * words * wordBits) / 8);
  eachWeight(weights, BLOCK, (from, tile, tap, channel, lane) => {
    const k = tap * inChannels + channel;
    const group = Math.floor(tile / Math.ceil(perGroup / BLOCK));
    const first = (tile % Math.ceil(perGroup / BLOCK)) * BLOCK;
    const width = Math.min(BLOCK, groupLanes - first);
    const start = (group * groupLanes + first) * words;
    const word = start + Math.floor(k / wordBits) * width + lane;
    setBit(packed, word * wordBits + (k % wordBits), bits[from] as number);
  });
  return packed;
}

/** int8_t [group][O/g/8][quads(K)][8][4], K = kernel_y * kernel_x * C/g */
export function byteTiles(data: TensorData, weights: Weights): Uint8Array {
  const packed = new Uint8Array(countTiles(weights, T) * quadsOf(weights) * T * 4);
  eachByte(data, weights, (at, value) => {
    packed[at] = value;
  });
  return packed;
}

/** uint32_t [group][O/g/8][quads(K)], bit 4 * o + k is element k of channel o */
export function quadBits(bits: TensorData, weights: Weights): Uint8Array {
  const packed = new Uint8Array((countTiles(weights, T) * quadsOf(weights) * T * 4) / 8);
  eachByte(bits, weights, (at, value) => setBit(packed, at, value));
  return packed;
}

function quadsOf({ kernelHeight, kernelWidth, inChannels }: Weights): number {
  return Math.ceil((kernelHeight * kernelWidth * inChannels) / 4);
}

function eachByte(
  data: TensorData,
  weights: Weights,
  place: (at: number, value: number) => void,
): void {
  eachWeight(weights, T, (from, tile, tap, channel, lane) => {
    const k = tap * weights.inChannels + channel;
    const quad = tile * quadsOf(weights) + Math.floor(k / 4);
    place((quad * T + lane) * 4 + (k % 4), data[from] as number);
  });
}

/** Rows of bits, each in whole words. */
export function bitRows(bits: Uint8Array, channels: number, wordBits: WordBits): Uint8Array {
  const rowBits = Math.ceil(channels / wordBits) * wordBits;
  const packed = new Uint8Array((bits.length / channels) * (rowBits / 8));
  bits.forEach((bit, i) => {
    setBit(packed, Math.floor(i / channels) * rowBits + (i % channels), bit);
  });
  return packed;
}

function setBit(bytes: Uint8Array, at: number, bit: number): void {
  bytes[at >> 3] = (bytes[at >> 3] as number) | (bit << (at & 7));
}
