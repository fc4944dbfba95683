/**
 * Gradients of convolutions for the wasm back end of TensorFlow.js, which has none of filters and a
 * slow one of inputs. Both are convolutions themselves, and so run in its fast kernel.
 *
 * With y[p] = Σ x[p·s + k] w[k] over taps k, p and k being places and s the stride:
 *   dw[k] = Σ x[p·s + k] dy[p]: x with its channels as the batch and the batch as channels, convolved
 *           by dy, whose taps are s apart;
 *   dx[q] = Σ dy[p] w[q − p·s]: dy with s − 1 zeros between its pixels, convolved by w turned around.
 */
import * as tf from '@tensorflow/tfjs';

type Kernel = Parameters<typeof tf.registerKernel>[0]['kernelFunc'];
type KernelParams = Parameters<Kernel>[0];
type Image = tf.Tensor4D;
type Sizes = [number, number, number, number];
type Pair = readonly [number, number];

/** Whether each channel is convolved by itself. */
const [WHOLE, DEPTHWISE] = [false, true];

const KERNELS: Readonly<Record<string, Kernel>> = {
  Conv2DBackpropFilter: (params) => {
    const { x, dy } = imagesOf(params);
    return filterGradient(x, dy, windowOf(params, x.shape, shapesOf(params).filterShape, WHOLE));
  },
  Conv2DBackpropInput: (params) => {
    const { dy, filter } = imagesOf(params);
    const { inputShape } = shapesOf(params);
    return inputGradient(dy, filter, windowOf(params, inputShape, filter.shape, WHOLE), inputShape);
  },
  DepthwiseConv2dNativeBackpropFilter: (params) => {
    const { x, dy } = imagesOf(params);
    const { filterShape } = shapesOf(params);
    const window = windowOf(params, x.shape, filterShape, DEPTHWISE);
    return depthwiseFilterGradient(x, dy, window, filterShape);
  },
  DepthwiseConv2dNativeBackpropInput: (params) => {
    const { dy, filter } = imagesOf(params);
    const { inputShape } = shapesOf(params);
    const window = windowOf(params, inputShape, filter.shape, DEPTHWISE);
    return depthwiseInputGradient(dy, filter, window, inputShape);
  },
};

/** Gives the wasm back end, which must be imported, gradients of convolutions; once is enough. */
export function registerWasmGradients(): void {
  for (const [kernelName, kernelFunc] of Object.entries(KERNELS)) {
    const before = tf.getKernel(kernelName, 'wasm');
    if (before?.kernelFunc === kernelFunc) continue;
    if (before) tf.unregisterKernel(kernelName, 'wasm');
    tf.registerKernel({ kernelName, backendName: 'wasm', kernelFunc });
  }
}

/** Strides, sizes of the kernel, and the pixels before the image, along both axes. */
interface Window {
  readonly strides: Pair;
  readonly kernel: Pair;
  readonly before: Pair;
  readonly after: Pair;
}

/** What these kernels are called with, beside tensors. */
interface Attributes {
  readonly filterShape: Sizes;
  readonly inputShape: Sizes;
  readonly strides: number | [number, number];
  readonly pad: Parameters<typeof tf.conv2d>[3];
  readonly dimRoundingMode?: 'floor' | 'round' | 'ceil';
}

function shapesOf({ attrs }: KernelParams): Attributes {
  return attrs as unknown as Attributes;
}

/** Operands of a kernel; TensorFlow.js calls it with tensors, those that it has. */
function imagesOf({ inputs }: KernelParams): Record<'x' | 'dy' | 'filter', Image> {
  return inputs as unknown as Record<'x' | 'dy' | 'filter', Image>;
}

function windowOf(params: KernelParams, image: Sizes, filter: Sizes, depthwise: boolean): Window {
  const { strides, pad, dimRoundingMode } = shapesOf(params);
  const { computeConv2DInfo } = tf.backend_util;
  const { strideHeight, strideWidth, filterHeight, filterWidth, padInfo } = computeConv2DInfo(
    image,
    filter,
    strides,
    1,
    pad,
    dimRoundingMode,
    depthwise,
  );
  return {
    strides: [strideHeight, strideWidth],
    kernel: [filterHeight, filterWidth],
    before: [padInfo.top, padInfo.left],
    after: [padInfo.bottom, padInfo.right],
  };
}

/** x with what the windows read around it, and nothing that they don't. */
function framed(x: Image, dy: Image, { strides, kernel, before, after }: Window): Image {
  const reach = (axis: 0 | 1) =>
    (dy.shape[axis + 1] as number) * strides[axis] - strides[axis] + kernel[axis];
  const padded = tf.pad(x, [
    [0, 0],
    [before[0], after[0]],
    [before[1], after[1]],
    [0, 0],
  ]);
  return tf.slice(padded, [0, 0, 0, 0], [-1, reach(0), reach(1), -1]);
}

function filterGradient(x: Image, dy: Image, window: Window): tf.Tensor {
  const image = tf.transpose(framed(x, dy, window), [3, 1, 2, 0]);
  const filter = tf.transpose(dy, [1, 2, 0, 3]);
  const product = tf.conv2d(image, filter, 1, 'valid', 'NHWC', [...window.strides]);
  return tf.transpose(product, [1, 2, 0, 3]);
}

/** dy with zeros between its pixels, and around them as many as windows over x's pixels need. */
function spread(dy: Image, window: Window, [, height, width]: Sizes): Image {
  const [batch, rows, columns, channels] = dy.shape;
  const [strideY, strideX] = window.strides;
  const pixels = tf.reshape(dy, [batch, rows, 1, columns, 1, channels]);
  const gaps: [number, number][] = [
    [0, 0],
    [0, 0],
    [0, strideY - 1],
    [0, 0],
    [0, strideX - 1],
    [0, 0],
  ];
  const apart = tf.reshape(tf.pad(pixels, gaps), [
    batch,
    rows * strideY,
    columns * strideX,
    channels,
  ]);
  const [top, bottom] = around(window, 0, rows * strideY, height);
  const [left, right] = around(window, 1, columns * strideX, width);
  const zeros = (size: number) => Math.max(size, 0);
  const grown = tf.pad(apart, [
    [0, 0],
    [zeros(top), zeros(bottom)],
    [zeros(left), zeros(right)],
    [0, 0],
  ]);
  const extents = [height + window.kernel[0] - 1, width + window.kernel[1] - 1] as const;
  return tf.slice(grown, [0, zeros(-top), zeros(-left), 0], [-1, ...extents, -1]) as Image;
}

/** What is missing before and after `found` pixels for windows over `size`; may be negative. */
function around({ kernel, before }: Window, axis: 0 | 1, found: number, size: number): Pair {
  const first = kernel[axis] - 1 - before[axis];
  return [first, size + kernel[axis] - 1 - found - first];
}

function inputGradient(dy: Image, filter: Image, window: Window, shape: Sizes): tf.Tensor {
  const turned = tf.transpose(tf.reverse(filter, [0, 1]), [0, 1, 3, 2]);
  return tf.conv2d(spread(dy, window, shape), turned, 1, 'valid');
}

function depthwiseInputGradient(dy: Image, filter: Image, window: Window, shape: Sizes): tf.Tensor {
  const [height, width, channels, multiplier] = filter.shape;
  const turned = tf.reshape(tf.reverse(filter, [0, 1]), [height, width, channels * multiplier, 1]);
  const all = tf.depthwiseConv2d(spread(dy, window, shape), turned as Image, 1, 'valid');
  return multiplier === 1 ? all : tf.sum(tf.reshape(all, [...shape, multiplier]), -1);
}

/** Tap by tap: the sum over pixels of what the tap reads times dy. */
function depthwiseFilterGradient(x: Image, dy: Image, window: Window, shape: Sizes): tf.Tensor {
  const [height, width, channels, multiplier] = shape;
  const [batch, rows, columns] = dy.shape;
  const [strideY, strideX] = window.strides;
  const frame = framed(x, dy, window);
  const pixels = batch * rows * columns;
  const upstream = tf.reshape(dy, [pixels, channels, multiplier]);
  const taps = Array.from({ length: height * width }, (_, tap) => {
    const [top, left] = [Math.floor(tap / width), tap % width];
    const end = [
      batch,
      top + (rows - 1) * strideY + 1,
      left + (columns - 1) * strideX + 1,
      channels,
    ];
    const read = tf.stridedSlice(frame, [0, top, left, 0], end, [1, strideY, strideX, 1]);
    return tf.sum(tf.mul(tf.reshape(read, [pixels, channels, 1]), upstream), 0);
  });
  return tf.reshape(tf.stack(taps), shape);
}
