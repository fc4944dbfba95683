/**
 * Arithmetic on shapes that shape inference, importers and passes share. Nothing here knows nodes;
 * what can't be is told by returning undefined, so that the caller can name the node.
 */
import type { Shape } from './graph.ts';
import type { Pads, Pair } from './ops.ts';

/** The most elements that a tensor may have: sizes and offsets stay 32-bit integers in C. */
export const MAX_ELEMENTS = 2 ** 31 - 1;

/** The most axes that a tensor may have; kernels may take fewer. */
export const MAX_RANK = 64;

/** NumPy's broadcasting of two shapes; undefined when they don't fit. */
export function broadcastShapes(a: Shape, b: Shape): Shape | undefined {
  const rank = Math.max(a.length, b.length);
  const result: number[] = [];
  for (let axis = 0; axis < rank; axis++) {
    const sizeA = a[axis - rank + a.length] ?? 1;
    const sizeB = b[axis - rank + b.length] ?? 1;
    if (sizeA !== sizeB && sizeA !== 1 && sizeB !== 1) return undefined;
    result.push(sizeA === 1 ? sizeB : sizeA);
  }
  return result;
}

/** An axis counted from either end as one counted from the front; undefined when out of range. */
export function normalizeAxis(axis: number, rank: number): number | undefined {
  if (!Number.isInteger(axis) || axis < -rank || axis >= rank) return undefined;
  return axis < 0 ? axis + rank : axis;
}

export function equalShapes(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((size, axis) => size === b[axis]);
}

/** Offsets between neighbours along each axis, in elements, of a row-major tensor. */
export function rowMajorStrides(shape: Shape): number[] {
  const strides = new Array<number>(shape.length).fill(1);
  for (let axis = shape.length - 2; axis >= 0; axis--) {
    strides[axis] = (strides[axis + 1] as number) * (shape[axis + 1] as number);
  }
  return strides;
}

/** How far a dilated window reaches along one axis. */
export function windowExtent(taps: number, dilation: number): number {
  return (taps - 1) * dilation + 1;
}

/** Places of a window along one axis; below 1 when the padded image is smaller than the window. */
export function windowCount(
  size: number,
  taps: number,
  stride: number,
  dilation: number,
  padBefore: number,
  padAfter: number,
): number {
  const room = size + padBefore + padAfter - windowExtent(taps, dilation);
  return Math.floor(room / stride) + 1;
}

/** Height and width that a convolution with a kernel of that size gives. */
export function convOutputSize(
  image: Pair,
  kernel: Pair,
  window: { readonly strides: Pair; readonly dilations: Pair; readonly pads: Pads },
): Pair {
  const { strides, dilations, pads } = window;
  return [
    windowCount(image[0], kernel[0], strides[0], dilations[0], pads[0], pads[2]),
    windowCount(image[1], kernel[1], strides[1], dilations[1], pads[1], pads[3]),
  ];
}

/** Height and width that a pool gives. */
export function poolOutputSize(
  image: Pair,
  window: {
    readonly size: Pair;
    readonly strides: Pair;
    readonly dilations: Pair;
    readonly pads: Pads;
  },
): Pair {
  return convOutputSize(image, window.size, window);
}

/** Pads of TensorFlow's `same`: the result has ceil(size / stride) places, the odd one after. */
export function samePads(image: Pair, kernel: Pair, strides: Pair, dilations: Pair): Pads {
  const total = ([0, 1] as const).map((axis) => {
    const places = Math.ceil(image[axis] / strides[axis]);
    const reach = (places - 1) * strides[axis] + windowExtent(kernel[axis], dilations[axis]);
    return Math.max(0, reach - image[axis]);
  }) as [number, number];
  const before = total.map((pad) => Math.floor(pad / 2)) as [number, number];
  return [before[0], before[1], total[0] - before[0], total[1] - before[1]];
}
