/** Pooling over windows and over whole images. */
import type { ValueId } from '../../../ir/ops.ts';
import type { LayerRule, LayerRules } from '../context.ts';
import { fromImage, paddingOf, padsFor, type Rank, spatial, toImage } from './image.ts';

type PoolOp = 'maxPool2d' | 'averagePool2d';

function pool(op: PoolOp, rank: Rank): LayerRule {
  return {
    build: (layer, [input = -1]) => {
      const { config } = layer;
      const first = config.channelsFirst();
      const image = toImage(layer, input, rank, first);
      const size = spatial(config, 'pool_size', rank, 1, 2);
      const strides = config.has('strides') ? spatial(config, 'strides', rank, 1) : size;
      const dilations = [1, 1] as const;
      const padding = paddingOf(config, ['valid', 'same']);
      const pads = padsFor(padding, image.size, { kernel: size, strides, dilations });
      const y = layer.add(op, { size, strides, dilations, pads }, image.x);
      return fromImage(layer, y, rank, first);
    },
  };
}

function globalPool(fn: 'max' | 'mean', rank: Rank): LayerRule {
  return {
    build: (layer, [x = -1]): ValueId => {
      const { config } = layer;
      const axes = Array.from({ length: rank }, (_, i) => i + (config.channelsFirst() ? 2 : 1));
      if (layer.shape(x).length !== rank + 2) {
        config.corrupt(`Its input has the shape [${layer.shape(x).join(', ')}].`);
      }
      return layer.add('reduce', { fn, axes, keepDims: config.boolean('keepdims', false) }, x);
    },
  };
}

export const POOL_LAYERS: LayerRules = {
  MaxPooling1D: pool('maxPool2d', 1),
  MaxPooling2D: pool('maxPool2d', 2),
  MaxPool1D: pool('maxPool2d', 1),
  MaxPool2D: pool('maxPool2d', 2),
  AveragePooling1D: pool('averagePool2d', 1),
  AveragePooling2D: pool('averagePool2d', 2),
  AvgPool1D: pool('averagePool2d', 1),
  AvgPool2D: pool('averagePool2d', 2),
  GlobalMaxPooling1D: globalPool('max', 1),
  GlobalMaxPooling2D: globalPool('max', 2),
  GlobalMaxPool1D: globalPool('max', 1),
  GlobalMaxPool2D: globalPool('max', 2),
  GlobalAveragePooling1D: globalPool('mean', 1),
  GlobalAveragePooling2D: globalPool('mean', 2),
  GlobalAvgPool1D: globalPool('mean', 1),
  GlobalAvgPool2D: globalPool('mean', 2),
};
