/**
 * Kernels of TensorFlow.js whose window moves over an image: what they are called with, and calls of
 * those in wasm/*.c.
 */
import * as tf from '@tensorflow/tfjs';
import type { ConvInfo } from './wasm-gradients.ts';
import { addressOf, type Info, type KernelParams, nativesOf, withIntegers } from './wasm-memory.ts';

type Sizes4D = [number, number, number, number];
type Images = Readonly<Record<'x' | 'dy' | 'filter' | 'input', tf.Tensor4D>>;

/** What kernels of convolutions and pools are called with, beside tensors. */
interface WindowAttributes {
  readonly filterShape: Sizes4D;
  readonly inputShape: Sizes4D;
  readonly filterSize: number | [number, number];
  readonly strides: number | [number, number];
  readonly dilations?: number | [number, number];
  readonly pad: Parameters<typeof tf.conv2d>[3];
  readonly dataFormat?: 'NHWC' | 'NCHW';
  readonly dimRoundingMode?: 'floor' | 'round' | 'ceil';
}

/**
 * Padding 'same' of NHWC in numbers: the back end pads wrongly by the word where a stride is larger than the
 * window (tfjs #6629).
 */
export function withPads(params: KernelParams, info: ConvInfo): KernelParams {
  const { type, top, bottom, left, right } = info.padInfo;
  if (type !== 'SAME') return params;
  const pad = [
    [0, 0],
    [top, bottom],
    [left, right],
    [0, 0],
  ];
  return {
    ...params,
    attrs: { ...params.attrs, pad, dimRoundingMode: 'floor' } as unknown as tf.NamedAttrMap,
  };
}

/** Runs a kernel of wasm/*.c that takes three tensors and a `struct window`. */
export function runWindow(
  name: 'convolve' | 'filter_gradient' | 'max_pool_gradient',
  backend: unknown,
  tensors: readonly Info[],
  info: ConvInfo,
): void {
  const kernel = nativesOf(backend)?.[name];
  withIntegers(backend, windowOf(info), (window) => {
    kernel?.(...tensors.map((tensor) => addressOf(backend, tensor)), window);
  });
}

/** `struct window` of wasm/window.h. */
function windowOf(info: ConvInfo): number[] {
  return [
    ...[info.batchSize, info.inHeight, info.inWidth, info.inChannels],
    ...[info.outHeight, info.outWidth, info.outChannels],
    ...[info.filterHeight, info.filterWidth, info.strideHeight, info.strideWidth],
    ...[info.dilationHeight, info.dilationWidth, info.padInfo.top, info.padInfo.left],
  ];
}

export function attributesOf({ attrs }: KernelParams): WindowAttributes {
  return attrs as unknown as WindowAttributes;
}

/** Operands of a kernel; TensorFlow.js calls it with tensors, those that it has. */
export function imagesOf({ inputs }: KernelParams): Images {
  return inputs as unknown as Images;
}

export function convInfo(
  params: KernelParams,
  image: Sizes4D,
  filter: Sizes4D,
  isDepthwise = false,
): ConvInfo {
  const { strides, dilations = 1, pad, dimRoundingMode } = attributesOf(params);
  const { computeConv2DInfo } = tf.backend_util;
  return computeConv2DInfo(image, filter, strides, dilations, pad, dimRoundingMode, isDepthwise);
}
