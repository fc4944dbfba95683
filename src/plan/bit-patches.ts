/**
 * The scratch memory of convolutions of bits by bits (kernels/include/bit_conv2d.h): the windows of a
 * strip of pixels; and where that is longer than a tile, the weights of a block as an instruction
 * set reads them, and what is remembered of windows that reach over the edge of the image.
 */
import { BIT_BLOCK, PIXEL_TILE, type WordBits, wordsPerRow } from './pack.ts';
import { areWhole, type Window } from './windows.ts';

/** Bytes of windows that stay in the second cache while one block of weights after the other comes. */
const STRIP_BYTES = 65536;
/** As in BN_BIT_EDGE_WORDS in kernels/include/bit_edges.h. */
const EDGE_BYTES = 7 * 4 + BIT_BLOCK * (4 + 2);

/** Output pixels of a strip: what the target says, or more where windows are short. */
export function bitStrip(window: Window, words: number, wordBits: WordBits, most: number): number {
  const fitting = Math.floor(STRIP_BYTES / ((words * wordBits) / 8) / PIXEL_TILE) * PIXEL_TILE;
  const pixels = Math.ceil((window.out_height * window.out_width) / PIXEL_TILE) * PIXEL_TILE;
  return Math.min(most === PIXEL_TILE ? PIXEL_TILE : Math.max(most, fitting), pixels);
}

/** Words of the scratch memory for windows of so many words. */
export function bitScratchWords(
  window: Window,
  words: number,
  wordBits: WordBits,
  strip: number,
  leavesOut: boolean,
): number {
  const patches = strip * (words + 1);
  if (strip <= PIXEL_TILE) return patches;
  const edges = leavesOut && !areWhole(window) ? edgesOf(window) : 0;
  return patches + preparedWords(words, wordBits) + edges * wordsPerRow(8 * EDGE_BYTES, wordBits);
}

/** As bn_prepared_words in kernels/include/bit_loops.h. */
function preparedWords(words: number, wordBits: WordBits): number {
  return Math.max(2 * BIT_BLOCK * words, (1024 * 3 * 64) / wordBits);
}

/** As bn_bit_edges in kernels/include/bit_edges.h. */
function edgesOf({ kernel_height, kernel_width }: Window): number {
  const kinds = (taps: number) => (taps < 5 ? 3 : 5);
  return kinds(kernel_height) * kinds(kernel_width);
}
