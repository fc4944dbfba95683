/**
 * Convolutions: plain, grouped, depthwise, separable, and Larq's quantized ones, which are the same
 * layers with a quantizer on input and kernel and a choice of what padding holds.
 */
import type { Shape } from '../../../ir/graph.ts';
import { LINEAR, type Pads, type Pair, type ValueId } from '../../../ir/ops.ts';
import { addActivation } from '../activations.ts';
import type { LayerConfig } from '../config.ts';
import type { LayerContext, LayerRule, LayerRules } from '../context.ts';
import { addInputQuantizer, quantizeWeight } from '../quantizers.ts';
import { ownWeights, type WeightSpec } from '../weights.ts';
import { fromImage, type Image, paddingOf, padsFor, type Rank, spatial, toImage } from './image.ts';

interface Window {
  readonly kernel: Pair;
  readonly strides: Pair;
  readonly dilations: Pair;
}

function readWindow(config: LayerConfig, rank: Rank): Window {
  return {
    kernel: spatial(config, 'kernel_size', rank, 1),
    strides: spatial(config, 'strides', rank, 1, 1),
    dilations: spatial(config, 'dilation_rate', rank, 1, 1),
  };
}

function withBias(config: LayerConfig, ...names: readonly string[]): WeightSpec[] {
  return ownWeights(...names, ...(config.boolean('use_bias', true) ? ['bias'] : []));
}

/** Quantizes the input and pads it, where the padding isn't the usual zeros. */
function prepare(
  layer: LayerContext,
  image: Image,
  window: Window,
): { readonly x: ValueId; readonly pads: Pads } {
  const { config } = layer;
  const padding = paddingOf(config, ['valid', 'same', 'causal']);
  const pads = padsFor(padding, image.size, window);
  const x = addInputQuantizer(layer, image.x);
  const value = padding === 'same' ? config.number('pad_values', 0) : 0;
  if (value === 0 || pads.every((pad) => pad === 0)) return { x, pads };
  const before = [0, pads[0], pads[1], 0];
  const after = [0, pads[2], pads[3], 0];
  return { x: layer.add('pad', { before, after, value }, x), pads: [0, 0, 0, 0] };
}

/** Sequences have kernels without a height; the graph's have a height of 1. */
function kernelShape(rank: Rank, kernel: Pair, ...channels: readonly number[]): Shape {
  return rank === 2 ? [...kernel, ...channels] : [kernel[1], ...channels];
}

function kernelConstant(
  layer: LayerContext,
  name: string,
  quantizer: string,
  rank: Rank,
  shape: Shape,
): ValueId {
  const weight = quantizeWeight(layer.config, quantizer, layer.weight(name, shape));
  return layer.constant(name, rank === 2 ? shape : [1, ...shape], weight.read);
}

function conv(rank: Rank): LayerRule {
  return {
    weights: (config) => withBias(config, 'kernel'),
    build: (layer, [input = -1]) => {
      const { config } = layer;
      const first = config.channelsFirst();
      const image = toImage(layer, input, rank, first);
      const window = readWindow(config, rank);
      const filters = config.size('filters', 1);
      const groups = config.size('groups', 1, 1);
      if (image.channels % groups !== 0) {
        config.corrupt(`Its ${image.channels} input channels don't divide into ${groups} groups.`);
      }
      const shape = kernelShape(rank, window.kernel, image.channels / groups, filters);
      const w = kernelConstant(layer, 'kernel', 'kernel_quantizer', rank, shape);
      const bias = layer.optionalConstant('bias', [filters], config.boolean('use_bias', true), 0);
      const { x, pads } = prepare(layer, image, window);
      const { strides, dilations } = window;
      const attrs = { strides, dilations, pads, padValue: 0, epilogue: LINEAR, groups } as const;
      const y = fromImage(layer, layer.add('conv2d', attrs, x, w, bias), rank, first);
      return addActivation(layer, y);
    },
  };
}

function addDepthwise(
  layer: LayerContext,
  image: Image,
  rank: Rank,
  bias: (channels: number) => ValueId,
): ValueId {
  const { config } = layer;
  const window = readWindow(config, rank);
  const multiplier = config.size('depth_multiplier', 1, 1);
  const shape = kernelShape(rank, window.kernel, image.channels, multiplier);
  const w = kernelConstant(layer, 'depthwise_kernel', 'depthwise_quantizer', rank, shape);
  const { x, pads } = prepare(layer, image, window);
  const { strides, dilations } = window;
  const attrs = { strides, dilations, pads, padValue: 0, epilogue: LINEAR } as const;
  return layer.add('depthwiseConv2d', attrs, x, w, bias(image.channels * multiplier));
}

function depthwise(rank: Rank): LayerRule {
  return {
    weights: (config) => withBias(config, 'depthwise_kernel'),
    build: (layer, [input = -1]) => {
      const { config } = layer;
      const first = config.channelsFirst();
      const useBias = config.boolean('use_bias', true);
      const y = addDepthwise(layer, toImage(layer, input, rank, first), rank, (channels) =>
        layer.optionalConstant('bias', [channels], useBias, 0),
      );
      return addActivation(layer, fromImage(layer, y, rank, first));
    },
  };
}

function separable(rank: Rank): LayerRule {
  return {
    weights: (config) => withBias(config, 'depthwise_kernel', 'pointwise_kernel'),
    build: (layer, [input = -1]) => {
      const { config } = layer;
      const first = config.channelsFirst();
      const filters = config.size('filters', 1);
      const between = addDepthwise(layer, toImage(layer, input, rank, first), rank, (channels) =>
        layer.optionalConstant('depthwise_bias', [channels], false, 0),
      );
      const x = addInputQuantizer(layer, between, 'intermediate_quantizer');
      const shape = kernelShape(rank, [1, 1], layer.shape(x).at(-1) ?? 1, filters);
      const w = kernelConstant(layer, 'pointwise_kernel', 'pointwise_quantizer', rank, shape);
      const bias = layer.optionalConstant('bias', [filters], config.boolean('use_bias', true), 0);
      const attrs = {
        strides: [1, 1],
        dilations: [1, 1],
        pads: [0, 0, 0, 0],
        padValue: 0,
        epilogue: LINEAR,
        groups: 1,
      } as const;
      const y = layer.add('conv2d', attrs, x, w, bias);
      return addActivation(layer, fromImage(layer, y, rank, first));
    },
  };
}

export const CONV_LAYERS: LayerRules = {
  Conv1D: conv(1),
  Conv2D: conv(2),
  Convolution1D: conv(1),
  Convolution2D: conv(2),
  QuantConv1D: conv(1),
  QuantConv2D: conv(2),
  DepthwiseConv1D: depthwise(1),
  DepthwiseConv2D: depthwise(2),
  QuantDepthwiseConv2D: depthwise(2),
  SeparableConv1D: separable(1),
  SeparableConv2D: separable(2),
  SeparableConvolution1D: separable(1),
  SeparableConvolution2D: separable(2),
  QuantSeparableConv1D: separable(1),
  QuantSeparableConv2D: separable(2),
};
