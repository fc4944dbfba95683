/**
 * The scratch memory of convolutions and dense layers with a float operand: the rows of the input
 * that a strip of output rows reads, as floats, with what is outside the image
 * (kernels/include/float_band.h).
 */
import { PIXEL_TILE } from './pack.ts';
import { areWhole, extent, type Window } from './windows.ts';

/** As BN_DENSE_STRIP in kernels/include/float_layer.h. */
export const DENSE_STRIP = 24;

/** Bytes of input rows that are read from the cache next to the processor all along. */
const SMALL_BAND = 16384;

/**
 * Output pixels of a strip: what the target says, or more where the rows that they read are short.
 * A target that has strips of a tile only has no memory to spare.
 */
export function bandStrip(window: Window, targetStrip: number): number {
  const { out_height, out_width } = window;
  const rowBytes = 4 * window.stride_y * window.in_width * window.in_channels;
  const rows = targetStrip > PIXEL_TILE ? Math.floor(SMALL_BAND / rowBytes) : 0;
  return Math.min(Math.max(targetStrip, rows * out_width), out_height * out_width);
}

/** Elements of the band of a strip of at least `strip` output pixels; bits are always copied. */
export function bandElements(window: Window, strip: number, inputIsBits: boolean): number {
  const { out_height, out_width, kernel_height, kernel_width } = window;
  const { stride_y, stride_x, dilation_y, dilation_x } = window;
  const width = extent(out_width, stride_x, kernel_width, dilation_x);
  if (areWhole(window) && !inputIsBits) return 1;
  const rows = Math.min(Math.max(1, Math.ceil(strip / out_width)), out_height);
  return extent(rows, stride_y, kernel_height, dilation_y) * width * window.in_channels;
}
