/** Packed weights read back by the formulas of kernels/README.md, written down once more here. */
import { describe, expect, test } from 'vitest';
import {
  BIT_BLOCK,
  BIT_TILE,
  FLOAT_TILE,
  packBitBlocks,
  packBitRows,
  packFloatTiles,
  packLaneBits,
  swapLastAxes,
  tensorBytes,
} from '../../src/plan/pack.ts';
import { areSmallWeights } from '../../src/plan/pack-bytes.ts';

const MATRICES = [
  { taps: 1, inChannels: 1, outChannels: 1, groups: 1 },
  { taps: 9, inChannels: 3, outChannels: 8, groups: 1 },
  { taps: 4, inChannels: 70, outChannels: 13, groups: 1 },
  { taps: 6, inChannels: 33, outChannels: 18, groups: 3 },
  { taps: 1, inChannels: 64, outChannels: 20, groups: 5 },
  { taps: 1, inChannels: 70, outChannels: 150, groups: 2 },
] as const;

type Matrix = (typeof MATRICES)[number];

/** Where output channel o stands: its tile, counted over all groups, and its lane. */
function place(o: number, { outChannels, groups }: Matrix, tile: number): [number, number] {
  const perGroup = outChannels / groups;
  const tilesPerGroup = Math.ceil(perGroup / tile);
  const inGroup = o % perGroup;
  const group = (o - inGroup) / perGroup;
  return [group * tilesPerGroup + Math.floor(inGroup / tile), inGroup % tile];
}

function* elements({ taps, inChannels, outChannels }: Matrix) {
  for (let tap = 0; tap < taps; tap++)
    for (let c = 0; c < inChannels; c++)
      for (let o = 0; o < outChannels; o++)
        yield { tap, c, o, index: (tap * inChannels + c) * outChannels + o };
}

function randomBits(count: number): Uint8Array {
  return Uint8Array.from({ length: count }, (_, i) => ((i * 2654435761) >>> 13) & 1);
}

describe.each(MATRICES)('$taps taps, $inChannels to $outChannels in $groups groups', (matrix) => {
  const { taps, inChannels, outChannels, groups } = matrix;
  const count = taps * inChannels * outChannels;

  test('float tiles', () => {
    const data = Float32Array.from({ length: count }, (_, i) => i + 1);
    const bytes = packFloatTiles(data, matrix);
    const packed = new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
    const tiles = groups * Math.ceil(outChannels / groups / FLOAT_TILE);
    expect(packed.length).toBe(tiles * taps * inChannels * FLOAT_TILE);
    for (const { tap, c, o, index } of elements(matrix)) {
      const [tile, lane] = place(o, matrix, FLOAT_TILE);
      const at = ((tile * taps + tap) * inChannels + c) * FLOAT_TILE + lane;
      expect(packed[at]).toBe(data[index]);
      packed[at] = 0;
    }
    expect(packed.every((value) => value === 0)).toBe(true);
  });

  test('lane bits', () => {
    const bits = randomBits(count);
    const packed = packLaneBits(bits, matrix);
    for (const { tap, c, o, index } of elements(matrix)) {
      const [tile, lane] = place(o, matrix, FLOAT_TILE);
      const at = (tile * taps + tap) * inChannels + c;
      expect(((packed[at] as number) >> lane) & 1).toBe(bits[index]);
      packed[at] = (packed[at] as number) & ~(1 << lane);
    }
    expect(packed.every((value) => value === 0)).toBe(true);
  });

  test.each([32, 64] as const)('bit blocks in words of %i', (wordBits) => {
    const bits = randomBits(count);
    const packed = packBitBlocks(bits, matrix, wordBits);
    const words = Math.ceil((taps * inChannels) / wordBits);
    const perGroup = outChannels / groups;
    const lanes = Math.ceil(perGroup / BIT_TILE) * BIT_TILE;
    expect(packed.length).toBe((groups * lanes * words * wordBits) / 8);
    const view = new DataView(packed.buffer);
    const word = (at: number): bigint =>
      wordBits === 64 ? view.getBigUint64(at * 8, true) : BigInt(view.getUint32(at * 4, true));
    let ones = 0;
    for (const { tap, c, o, index } of elements(matrix)) {
      const [group, channel] = [Math.floor(o / perGroup), o % perGroup];
      const first = Math.floor(channel / BIT_BLOCK) * BIT_BLOCK;
      const width = Math.min(BIT_BLOCK, lanes - first);
      const k = tap * inChannels + c;
      const row = Math.floor(k / wordBits) * width;
      const at = (group * lanes + first) * words + row + (channel - first);
      expect(Number((word(at) >> BigInt(k % wordBits)) & 1n)).toBe(bits[index]);
      ones += bits[index] as number;
    }
    expect(countOnes(packed)).toBe(ones);
  });
});

function countOnes(bytes: Uint8Array): number {
  let ones = 0;
  for (let byte of bytes) for (; byte > 0; byte >>= 1) ones += byte & 1;
  return ones;
}

test.each([32, 64] as const)('rows of bits start at words of %i', (wordBits) => {
  const bits = randomBits(3 * 70);
  const packed = packBitRows(bits, 70, wordBits);
  const rowBytes = (Math.ceil(70 / wordBits) * wordBits) / 8;
  expect(packed.length).toBe(3 * rowBytes);
  expect(tensorBytes('bit', [1, 3, 70], wordBits)).toBe(3 * rowBytes);
  for (let row = 0; row < 3; row++) {
    for (let c = 0; c < rowBytes * 8; c++) {
      const bit = ((packed[row * rowBytes + (c >> 3)] as number) >> (c & 7)) & 1;
      expect(bit).toBe(c < 70 ? bits[row * 70 + c] : 0);
    }
  }
});

test('swapLastAxes transposes each block', () => {
  const swapped = swapLastAxes(Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12), 2, 3);
  expect([...swapped]).toEqual([1, 4, 2, 5, 3, 6, 7, 10, 8, 11, 9, 12]);
});

test('small weights: neighbours along K, in pairs', () => {
  const small = (outChannels: number, ...weights: number[]): boolean =>
    areSmallWeights(Int8Array.from(weights), {
      taps: 1,
      inChannels: weights.length / outChannels,
      outChannels,
      groups: 1,
    });
  expect(small(1, 64, -64, 127, 1, -128)).toBe(true);
  expect(small(1, 64, 65)).toBe(false);
  expect(small(1, -128, 1)).toBe(false);
  expect(small(1, 1, 127, 127, 1)).toBe(true);
  expect(small(2, 127, 100, 1, 28)).toBe(true);
  expect(small(2, 127, 100, 1, 29)).toBe(false);
});

test('sizes of tensors', () => {
  expect(tensorBytes('f32', [1, 2, 3], 64)).toBe(24);
  expect(tensorBytes('f32', [], 64)).toBe(4);
  expect(tensorBytes('bit', [1, 5, 65], 32)).toBe(60);
});
