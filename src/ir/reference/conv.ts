/** Reference convolutions and dense layers. */
import { elementCount, type TensorData } from '../graph.ts';
import type { ConvWindow, Epilogue, IntegerInput, NodeOf } from '../ops.ts';
import { prepareEpilogue, type Sums } from './epilogue.ts';
import { floats, imageAt, type Kernel, realScratch, reals, type Site, typeAt } from './kernel.ts';
import { doubleWeights, multiplyPair, multiplyRow, singleWeights } from './multiply.ts';

/** A window of one group of channels around one output pixel. */
interface Window {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  readonly kernelHeight: number;
  readonly kernelWidth: number;
  readonly groupChannels: number;
  readonly attrs: ConvWindow;
}

/**
 * Pixel by pixel: the taps of the window are gathered into a row, two pixels' rows are multiplied
 * with the group's columns of the weights, and the sums are rounded.
 */
export function conv2d(node: NodeOf<'conv2d'>, site: Site): Kernel {
  const [, height, width, channels] = imageAt(site, 0);
  const [kernelHeight, kernelWidth, groupChannels, outputs] = imageAt(site, 1);
  const { groups } = node.attrs;
  const pixels = elementCount(site.output.shape) / outputs;
  const taps = kernelHeight * kernelWidth * groupChannels;
  const groupOutputs = outputs / groups;
  const rows = new Float64Array(2 * taps);
  const groupSums = new Float64Array(2 * groupOutputs);
  const weightsOf = doubleWeights(site.known(1), typeAt(site, 1).dtype);
  const attrs = node.attrs;
  const window = { height, width, channels, kernelHeight, kernelWidth, groupChannels, attrs };
  const [, outHeight, outWidth] = site.output.shape as readonly [number, number, number];
  return accumulating(site, node.attrs, (x, w, sums) => {
    const weights = weightsOf(w);
    for (let group = 0; group < groups; group++) {
      const offset = group * groupOutputs;
      const view = { taps, width: groupOutputs, stride: outputs, offset };
      for (let pixel = 0; pixel < pixels; pixel += 2) {
        const count = Math.min(2, pixels - pixel);
        for (let i = 0; i < count; i++) {
          const image = Math.floor((pixel + i) / (outHeight * outWidth));
          const place = (pixel + i) % (outHeight * outWidth);
          const y = Math.floor(place / outWidth);
          gatherTaps(x, window, image, y, place % outWidth, group, rows, i * taps);
        }
        multiplyPair(rows, weights, view, groupSums);
        for (let i = 0; i < count; i++) {
          const to = (pixel + i) * outputs + offset;
          for (let o = 0; o < groupOutputs; o++) {
            sums[to + o] = groupSums[i * groupOutputs + o] as number;
          }
        }
      }
    }
  });
}

/** Copies the taps of a window, in the order of the weights, to `rows` from `start` on. */
function gatherTaps(
  x: Float32Array,
  window: Window,
  image: number,
  outY: number,
  outX: number,
  group: number,
  rows: Float64Array,
  start: number,
): void {
  const { height, width, channels, groupChannels, attrs } = window;
  let to = start;
  for (let ky = 0; ky < window.kernelHeight; ky++) {
    const y = outY * attrs.strides[0] + ky * attrs.dilations[0] - attrs.pads[0];
    for (let kx = 0; kx < window.kernelWidth; kx++) {
      const column = outX * attrs.strides[1] + kx * attrs.dilations[1] - attrs.pads[1];
      if (y < 0 || y >= height || column < 0 || column >= width) {
        for (let c = 0; c < groupChannels; c++) rows[to++] = attrs.padValue;
      } else {
        const from = ((image * height + y) * width + column) * channels + group * groupChannels;
        for (let c = 0; c < groupChannels; c++) rows[to++] = x[from + c] as number;
      }
    }
  }
}

/** Output channel c·M + m is channel c times the m-th of its filters. */
export function depthwiseConv2d(node: NodeOf<'depthwiseConv2d'>, site: Site): Kernel {
  const [batch, height, width, channels] = imageAt(site, 0);
  const [kernelHeight, kernelWidth, , multiplier] = imageAt(site, 1);
  const [, outHeight, outWidth, outputs] = site.output.shape as [number, number, number, number];
  const { strides, dilations, pads, padValue } = node.attrs;
  const weightsOf = doubleWeights(site.known(1), typeAt(site, 1).dtype);
  const pixelSums = new Float64Array(outputs);
  const outside = new Float32Array(channels).fill(padValue);
  return accumulating(site, node.attrs, (x, w, sums) => {
    const weights = weightsOf(w);
    for (let pixel = 0; pixel < batch * outHeight * outWidth; pixel++) {
      const outX = pixel % outWidth;
      const outY = Math.floor(pixel / outWidth) % outHeight;
      const image = Math.floor(pixel / (outWidth * outHeight));
      pixelSums.fill(0);
      for (let ky = 0; ky < kernelHeight; ky++) {
        const y = outY * strides[0] + ky * dilations[0] - pads[0];
        for (let kx = 0; kx < kernelWidth; kx++) {
          const column = outX * strides[1] + kx * dilations[1] - pads[1];
          const inside = y >= 0 && y < height && column >= 0 && column < width;
          if (!inside && padValue === 0) continue;
          const from = inside ? ((image * height + y) * width + column) * channels : 0;
          const tap = (ky * kernelWidth + kx) * outputs;
          addChannelProducts(inside ? x : outside, from, weights, tap, multiplier, pixelSums);
        }
      }
      for (let o = 0; o < outputs; o++) sums[pixel * outputs + o] = pixelSums[o] as number;
    }
  });
}

/** sums[o] += x[from + o / multiplier] * weights[tap + o] */
function addChannelProducts(
  x: Float32Array,
  from: number,
  weights: Float64Array,
  tap: number,
  multiplier: number,
  sums: Float64Array,
): void {
  if (multiplier === 1) {
    for (let o = 0; o < sums.length; o++) {
      sums[o] = (sums[o] as number) + (x[from + o] as number) * (weights[tap + o] as number);
    }
    return;
  }
  for (let o = 0; o < sums.length; ) {
    const value = x[from + o / multiplier] as number;
    for (const end = o + multiplier; o < end; o++) {
      sums[o] = (sums[o] as number) + value * (weights[tap + o] as number);
    }
  }
}

/** Every input pixel times the kernel, added where it lands in the cropped result. */
export function conv2dTranspose(node: NodeOf<'conv2dTranspose'>, site: Site): Kernel {
  const [batch, height, width, channels] = imageAt(site, 0);
  const [kernelHeight, kernelWidth, outputs] = imageAt(site, 1);
  const { strides, dilations, pads, outputSize } = node.attrs;
  const finish = prepareEpilogue({ kind: 'linear', activation: node.attrs.activation }, outputs);
  const weightsOf = doubleWeights(site.known(1), 'f32');
  const sums = new Float64Array(elementCount(site.output.shape));
  return ([xData, w, ...operands], output) => {
    const x = floats(xData);
    const weights = weightsOf(w);
    sums.fill(0);
    for (let pixel = 0; pixel < batch * height * width; pixel++) {
      const inX = pixel % width;
      const inY = Math.floor(pixel / width) % height;
      const image = Math.floor(pixel / (width * height));
      for (let ky = 0; ky < kernelHeight; ky++) {
        const y = inY * strides[0] + ky * dilations[0] - pads[0];
        if (y < 0 || y >= outputSize[0]) continue;
        for (let kx = 0; kx < kernelWidth; kx++) {
          const column = inX * strides[1] + kx * dilations[1] - pads[1];
          if (column < 0 || column >= outputSize[1]) continue;
          const to = ((image * outputSize[0] + y) * outputSize[1] + column) * outputs;
          const tap = (ky * kernelWidth + kx) * outputs * channels;
          addPixelProducts(x, pixel * channels, channels, weights, tap, sums, to, outputs);
        }
      }
    }
    floats(output).set(sums);
    finish(floats(output), operands, output);
  };
}

/** sums[to + o] += Σ over c of x[from + c] * weights[tap + o·channels + c] */
function addPixelProducts(
  x: Float32Array,
  from: number,
  channels: number,
  weights: Float64Array,
  tap: number,
  sums: Float64Array,
  to: number,
  outputs: number,
): void {
  for (let o = 0; o < outputs; o++) {
    const row = tap + o * channels;
    let sum = sums[to + o] as number;
    for (let c = 0; c < channels; c++) {
      sum += (x[from + c] as number) * (weights[row + c] as number);
    }
    sums[to + o] = sum;
  }
}

export function dense(node: NodeOf<'dense'>, site: Site): Kernel {
  const [taps, outputs] = typeAt(site, 1).shape as readonly [number, number];
  const rows = elementCount(site.output.shape) / outputs;
  const rowSums = new Float64Array(outputs);
  const weightsOf = singleWeights(site.known(1), typeAt(site, 1).dtype);
  return accumulating(site, node.attrs, (x, w, sums) => {
    const weights = weightsOf(w);
    for (let row = 0; row < rows; row++) {
      multiplyRow(x, row * taps, taps, weights, outputs, rowSums);
      sums.set(rowSums, row * outputs);
    }
  });
}

/**
 * The frame of a layer that accumulates: x as reals, sums rounded to f32, then the epilogue. Sums of
 * integers are i32.
 */
function accumulating(
  site: Site,
  { epilogue, zeroPoint }: IntegerInput & { readonly epilogue: Epilogue },
  accumulate: (x: Float32Array, w: TensorData | undefined, sums: Sums) => void,
): Kernel {
  const { dtype } = typeAt(site, 0);
  const { shape } = site.output;
  const finish = prepareEpilogue(epilogue, shape.at(-1) as number);
  const scratch = realScratch(typeAt(site, 0));
  const ownSums = sumsBesideOutput(site);
  return ([x, w, ...operands], output) => {
    const sums = ownSums ?? floats(output);
    accumulate(reals(x, dtype, scratch, zeroPoint), w, sums);
    finish(sums, operands, output);
  };
}

/** Where sums are kept; undefined where the output is itself such a place. */
function sumsBesideOutput(site: Site): Sums | undefined {
  const { dtype, shape } = site.output;
  const isOfIntegers = ['i8', 'u8'].includes(typeAt(site, 0).dtype);
  if (isOfIntegers) return new Int32Array(elementCount(shape));
  return dtype === 'bit' ? new Float32Array(elementCount(shape)) : undefined;
}
