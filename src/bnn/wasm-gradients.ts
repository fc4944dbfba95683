/**
 * Gradients of convolutions as convolutions themselves, which run in the fast kernel of TensorFlow.js'
 * wasm back end. It has none of filters and a slow one of inputs.
 *
 * With y[p] = Σ x[p·s + k] w[k] over taps k, p and k being places and s the stride:
 *   dw[k] = Σ x[p·s + k] dy[p]: x with its channels as the batch and the batch as channels, convolved
 *           by dy, whose taps are s apart;
 *   dx[q] = Σ dy[p] w[q − p·s]: dy with s − 1 zeros between its pixels, convolved by w turned around.
 */
import * as tf from '@tensorflow/tfjs';

type Image = tf.Tensor4D;
type Pair = readonly [number, number];
export type ConvInfo = ReturnType<typeof tf.backend_util.computeConv2DInfo>;

/** x with what the windows read around it, and nothing that they don't. */
function framed(x: Image, info: ConvInfo): Image {
  const { padInfo, strideHeight, strideWidth, filterHeight, filterWidth } = info;
  const rows = (info.outHeight - 1) * strideHeight + filterHeight;
  const columns = (info.outWidth - 1) * strideWidth + filterWidth;
  const padded = tf.pad(x, [
    [0, 0],
    [padInfo.top, padInfo.bottom],
    [padInfo.left, padInfo.right],
    [0, 0],
  ]);
  return tf.slice(padded, [0, 0, 0, 0], [-1, rows, columns, -1]);
}

/** The gradient of a convolution's filter. */
export function filterGradient(x: Image, dy: Image, info: ConvInfo): tf.Tensor {
  const image = tf.transpose(framed(x, info), [3, 1, 2, 0]);
  const filter = tf.transpose(dy, [1, 2, 0, 3]);
  const strides: [number, number] = [info.strideHeight, info.strideWidth];
  const product = tf.conv2d(image, filter, 1, 'valid', 'NHWC', strides);
  return tf.transpose(product, [1, 2, 0, 3]);
}

/** dy with zeros between its pixels. */
function spread(dy: Image, strideY: number, strideX: number): Image {
  if (strideY === 1 && strideX === 1) return dy;
  const [batch, rows, columns, channels] = dy.shape;
  const pixels = tf.reshape(dy, [batch, rows, 1, columns, 1, channels]);
  const gaps: [number, number][] = [
    [0, 0],
    [0, 0],
    [0, strideY - 1],
    [0, 0],
    [0, strideX - 1],
    [0, 0],
  ];
  return tf.reshape(tf.pad(pixels, gaps), [batch, rows * strideY, columns * strideX, channels]);
}

/** What is missing before and after `found` pixels for windows over `size`; may be negative. */
function around(kernel: number, before: number, found: number, size: number): Pair {
  const first = kernel - 1 - before;
  return [first, size + kernel - 1 - found - first];
}

/** dy with zeros between its pixels, and what windows over x's pixels are padded with then. */
function upstream(dy: Image, info: ConvInfo): { image: Image; pads: [Pair, Pair] } {
  const { filterHeight, filterWidth, padInfo, inHeight, inWidth } = info;
  const apart = spread(dy, info.strideHeight, info.strideWidth);
  const [, rows, columns] = apart.shape;
  const y = around(filterHeight, padInfo.top, rows, inHeight);
  const x = around(filterWidth, padInfo.left, columns, inWidth);
  const zeros = ([before, after]: Pair): Pair => [Math.max(before, 0), Math.max(after, 0)];
  const pads: [Pair, Pair] = [zeros(y), zeros(x)];
  if (Math.min(...y, ...x) >= 0) return { image: apart, pads };
  const extent = ([before, after]: Pair, size: number) =>
    size + Math.min(before, 0) + Math.min(after, 0);
  const from = [0, Math.max(-y[0], 0), Math.max(-x[0], 0), 0];
  const image = tf.slice(apart, from, [-1, extent(y, rows), extent(x, columns), -1]) as Image;
  return { image, pads };
}

/** A filter with its taps in reverse order. */
function turnedAround(filter: Image): Image {
  const taps = tf.reshape(filter, [filter.shape[0] * filter.shape[1], -1]);
  return tf.reshape(tf.reverse(taps, 0), filter.shape);
}

/** The gradient of a convolution's input. */
export function inputGradient(dy: Image, filter: Image, info: ConvInfo): tf.Tensor {
  const turned = tf.transpose(turnedAround(filter), [0, 1, 3, 2]);
  const { image, pads } = upstream(dy, info);
  return tf.conv2d(image, turned, 1, [[0, 0], [...pads[0]], [...pads[1]], [0, 0]]);
}

/** The same where each channel is convolved by itself. */
export function depthwiseInputGradient(dy: Image, filter: Image, info: ConvInfo): tf.Tensor {
  const [height, width, channels, multiplier] = filter.shape;
  const turned = tf.reshape(turnedAround(filter), [height, width, channels * multiplier, 1]);
  const { image, pads } = upstream(dy, info);
  const frame = tf.pad(image, [[0, 0], [...pads[0]], [...pads[1]], [0, 0]]);
  const all = tf.depthwiseConv2d(frame, turned as Image, 1, 'valid');
  return multiplier === 1 ? all : tf.sum(tf.reshape(all, [...info.inShape, multiplier]), -1);
}

/** The gradient of the filter there, tap by tap: the sum over pixels of what it reads times dy. */
export function depthwiseFilterGradient(x: Image, dy: Image, info: ConvInfo): tf.Tensor {
  const { filterHeight: height, filterWidth: width, inChannels: channels } = info;
  const multiplier = info.outChannels / channels;
  const [batch, rows, columns] = dy.shape;
  const [strideY, strideX] = [info.strideHeight, info.strideWidth];
  const frame = framed(x, info);
  const pixels = batch * rows * columns;
  const gradients = tf.reshape(dy, [pixels, channels, multiplier]);
  const taps = Array.from({ length: height * width }, (_, tap) => {
    const [top, left] = [Math.floor(tap / width), tap % width];
    const end = [
      batch,
      top + (rows - 1) * strideY + 1,
      left + (columns - 1) * strideX + 1,
      channels,
    ];
    const read = tf.stridedSlice(frame, [0, top, left, 0], end, [1, strideY, strideX, 1]);
    return tf.sum(tf.mul(tf.reshape(read, [pixels, channels, 1]), gradients), 0);
  });
  return tf.reshape(tf.stack(taps), [height, width, channels, multiplier]);
}
