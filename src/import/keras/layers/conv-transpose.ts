/**
 * Transposed convolutions. Keras computes the size of the result, then asks TensorFlow for the
 * gradient of a convolution from that size; the pads here are those of that convolution.
 */
import { IDENTITY, type Pads, type Pair } from '../../../ir/ops.ts';
import { windowExtent } from '../../../ir/shape-math.ts';
import { addActivation } from '../activations.ts';
import type { LayerConfig } from '../config.ts';
import type { LayerRule, LayerRules } from '../context.ts';
import { addInputQuantizer, quantizeWeight } from '../quantizers.ts';
import { ownWeights } from '../weights.ts';
import { fromImage, paddingOf, type Rank, spatial, toImage } from './image.ts';

interface Axis {
  readonly input: number;
  readonly kernel: number;
  readonly stride: number;
  readonly dilation: number;
  readonly outputPadding: number | undefined;
  readonly same: boolean;
}

function outputLength(axis: Axis): number {
  const extent = windowExtent(axis.kernel, axis.dilation);
  if (axis.outputPadding === undefined) {
    return axis.input * axis.stride + (axis.same ? 0 : Math.max(extent - axis.stride, 0));
  }
  const pad = axis.same ? Math.floor(extent / 2) : 0;
  return (axis.input - 1) * axis.stride + extent - 2 * pad + axis.outputPadding;
}

/** What `same` cuts off on both sides of the full result; the odd one at the end. */
function crop(axis: Axis, output: number): readonly [number, number] {
  const full = (axis.input - 1) * axis.stride + windowExtent(axis.kernel, axis.dilation);
  const total = axis.same ? Math.max(0, full - output) : 0;
  const before = Math.floor(total / 2);
  return [before, total - before];
}

function readAxes(config: LayerConfig, rank: Rank, size: Pair): [Axis, Axis] {
  const kernel = spatial(config, 'kernel_size', rank, 1);
  const strides = spatial(config, 'strides', rank, 1, 1);
  const dilations = spatial(config, 'dilation_rate', rank, 1, 1);
  const extra = config.has('output_padding')
    ? spatial(config, 'output_padding', rank, 0)
    : undefined;
  const same = paddingOf(config, ['valid', 'same']) === 'same';
  const axis = (i: 0 | 1): Axis => ({
    input: size[i],
    kernel: kernel[i],
    stride: strides[i],
    dilation: dilations[i],
    outputPadding: rank === 1 && i === 0 ? undefined : extra?.[i],
    same,
  });
  return [axis(0), axis(1)];
}

function convTranspose(rank: Rank): LayerRule {
  return {
    weights: (config) =>
      ownWeights('kernel', ...(config.boolean('use_bias', true) ? ['bias'] : [])),
    build: (layer, [input = -1]) => {
      const { config } = layer;
      if (config.has('groups') && config.size('groups', 1) !== 1) {
        config.refuse('It is a grouped transposed convolution.');
      }
      const first = config.channelsFirst();
      const image = toImage(layer, input, rank, first);
      const filters = config.size('filters', 1);
      const [y, x] = readAxes(config, rank, image.size);
      const outputSize: Pair = [outputLength(y), outputLength(x)];
      const cropY = crop(y, outputSize[0]);
      const cropX = crop(x, outputSize[1]);
      const pads: Pads = [cropY[0], cropX[0], cropY[1], cropX[1]];
      const spatialShape = rank === 2 ? [y.kernel, x.kernel] : [x.kernel];
      const shape = [...spatialShape, filters, image.channels];
      const weight = quantizeWeight(config, 'kernel_quantizer', layer.weight('kernel', shape));
      const w = layer.constant('kernel', rank === 2 ? shape : [1, ...shape], weight.read);
      const bias = layer.optionalConstant('bias', [filters], config.boolean('use_bias', true), 0);
      const attrs = {
        strides: [y.stride, x.stride],
        dilations: [y.dilation, x.dilation],
        pads,
        outputSize,
        activation: IDENTITY,
      } as const;
      const quantized = addInputQuantizer(layer, image.x);
      const result = layer.add('conv2dTranspose', attrs, quantized, w, bias);
      return addActivation(layer, fromImage(layer, result, rank, first));
    },
  };
}

export const CONV_TRANSPOSE_LAYERS: LayerRules = {
  Conv1DTranspose: convTranspose(1),
  Conv2DTranspose: convTranspose(2),
  Convolution2DTranspose: convTranspose(2),
  QuantConv2DTranspose: convTranspose(2),
};
