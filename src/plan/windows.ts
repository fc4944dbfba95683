/** The windows of convolutions over an image. */
import type { StructFields } from './structs.ts';

/** Where the windows of a convolution lie. */
export type Window = Pick<
  StructFields<'bn_conv2d_shape'>,
  | 'in_height'
  | 'in_width'
  | 'in_channels'
  | 'out_height'
  | 'out_width'
  | 'kernel_height'
  | 'kernel_width'
  | 'stride_y'
  | 'stride_x'
  | 'dilation_y'
  | 'dilation_x'
  | 'pad_top'
  | 'pad_left'
>;

/** Pixels that `taps` taps of each of `places` windows reach over, along one axis. */
export function extent(places: number, stride: number, taps: number, dilation: number): number {
  return (places - 1) * stride + (taps - 1) * dilation + 1;
}

/** True when no window reaches over the edge of the image. */
export function areWhole(window: Window): boolean {
  const { out_height, out_width, kernel_height, kernel_width } = window;
  const { stride_y, stride_x, dilation_y, dilation_x } = window;
  return (
    window.pad_top === 0 &&
    window.pad_left === 0 &&
    extent(out_width, stride_x, kernel_width, dilation_x) <= window.in_width &&
    extent(out_height, stride_y, kernel_height, dilation_y) <= window.in_height
  );
}
