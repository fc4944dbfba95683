/**
 * Kernels for the wasm back end of TensorFlow.js in place of those that it lacks or has only slowly,
 * and those of wasm-fused.ts. Where wasm/*.c does not apply, its own kernel runs, or operations that
 * it has.
 */
import * as tf from '@tensorflow/tfjs';
import { FUSED_KERNELS } from './wasm-fused.ts';
import {
  depthwiseFilterGradient,
  depthwiseInputGradient,
  filterGradient,
  inputGradient,
} from './wasm-gradients.ts';
import { makeInfo, makeZeros, nativesOf, type WasmKernel } from './wasm-memory.ts';
import { attributesOf, convInfo, imagesOf, runWindow, withPads } from './wasm-windows.ts';

/** Makes a kernel of the back end's own, which it may call; undefined where there is none. */
type Replacement = (own: WasmKernel | undefined) => WasmKernel;

/** Up to so many channels, the back end's own convolution is the slower one. */
const FEW_CHANNELS = 4;

const REPLACEMENTS: Readonly<Record<string, Replacement>> = {
  BatchMatMul: (own) => (params) => {
    const { a, b } = params.inputs as unknown as Readonly<Record<'a' | 'b', tf.Tensor>>;
    const { transposeA, transposeB } = params.attrs as Readonly<Record<string, boolean>>;
    // Of matrices that are to be transposed, the back end's kernel takes another, slow way.
    const inputs = { a: transposeA ? swapped(a) : a, b: transposeB ? swapped(b) : b };
    const attrs = { transposeA: false, transposeB: false };
    return (own as WasmKernel)({ ...params, inputs, attrs });
  },
  Conv2D: (own) => (params) => {
    const { x, filter } = imagesOf(params);
    const { dataFormat = 'NHWC' } = attributesOf(params);
    if (own && dataFormat !== 'NHWC') return own(params);
    const info = convInfo(params, x.shape, filter.shape);
    const isOurs = nativesOf(params.backend) && info.inChannels <= FEW_CHANNELS;
    if (own && !isOurs) return own(withPads(params, info));
    const y = makeInfo(params.backend, info.outShape);
    runWindow('convolve', params.backend, [x, filter, y], info);
    return y;
  },
  Conv2DBackpropFilter: () => (params) => {
    const { x, dy } = imagesOf(params);
    const { filterShape } = attributesOf(params);
    const info = convInfo(params, x.shape, filterShape);
    if (!nativesOf(params.backend)) return filterGradient(x, dy, info);
    const dw = makeZeros(params.backend, filterShape);
    runWindow('filter_gradient', params.backend, [x, dy, dw], info);
    return dw;
  },
  Conv2DBackpropInput: () => (params) => {
    const { dy, filter } = imagesOf(params);
    const info = convInfo(params, attributesOf(params).inputShape, filter.shape);
    return inputGradient(dy, filter, info);
  },
  DepthwiseConv2dNative: (own) => (params) => {
    const { x, filter } = imagesOf(params);
    if (attributesOf(params).dataFormat === 'NCHW') return (own as WasmKernel)(params);
    const info = convInfo(params, x.shape, filter.shape, true);
    return (own as WasmKernel)(withPads(params, info));
  },
  DepthwiseConv2dNativeBackpropFilter: () => (params) => {
    const { x, dy } = imagesOf(params);
    const info = convInfo(params, x.shape, attributesOf(params).filterShape, true);
    return depthwiseFilterGradient(x, dy, info);
  },
  DepthwiseConv2dNativeBackpropInput: () => (params) => {
    const { dy, filter } = imagesOf(params);
    const info = convInfo(params, attributesOf(params).inputShape, filter.shape, true);
    return depthwiseInputGradient(dy, filter, info);
  },
  MaxPoolGrad: (own) => (params) => {
    const { input, dy } = imagesOf(params);
    if (own && !nativesOf(params.backend)) return own(params);
    const { filterSize, strides, pad, dimRoundingMode } = attributesOf(params);
    const { computePool2DInfo } = tf.backend_util;
    const info = computePool2DInfo(input.shape, filterSize, strides, 1, pad, dimRoundingMode);
    const dx = makeZeros(params.backend, input.shape);
    runWindow('max_pool_gradient', params.backend, [input, dy, dx], info);
    return dx;
  },
};

/** What has been registered here. */
const replaced = new WeakSet<WasmKernel>();

/** Gives all kernels to the wasm back end, which must be imported; once is enough. */
export function registerWasmKernels(): void {
  for (const [kernelName, kernelFunc] of Object.entries(FUSED_KERNELS)) {
    if (tf.getKernel(kernelName, 'wasm')) continue;
    tf.registerKernel({ kernelName, backendName: 'wasm', kernelFunc });
  }
  for (const [kernelName, replacement] of Object.entries(REPLACEMENTS)) {
    const before = tf.getKernel(kernelName, 'wasm');
    if (before && replaced.has(before.kernelFunc)) continue;
    if (before) tf.unregisterKernel(kernelName, 'wasm');
    const kernelFunc = replacement(before?.kernelFunc);
    replaced.add(kernelFunc);
    // What sets up the back end's own kernel is kept: it may be called.
    tf.registerKernel({ ...before, kernelName, backendName: 'wasm', kernelFunc });
  }
}

/** x with its last two axes swapped. */
function swapped(x: tf.Tensor): tf.Tensor {
  const { rank } = x;
  const axes = Array.from({ length: rank - 2 }, (_, axis) => axis);
  return tf.transpose(x, [...axes, rank - 1, rank - 2]);
}
