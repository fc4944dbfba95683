/** Layers that move elements without computing: shapes, padding, cropping and upsampling. */
import { elementCount } from '../../../ir/graph.ts';
import type { Pair, ValueId } from '../../../ir/ops.ts';
import type { LayerConfig } from '../config.ts';
import type { LayerContext, LayerRule, LayerRules } from '../context.ts';
import { fromImage, type Rank, spatial, toImage } from './image.ts';

const flatten: LayerRule = {
  build: (layer, [x = -1]) => {
    const rank = layer.shape(x).length;
    const spatialAxes = Array.from({ length: Math.max(0, rank - 2) }, (_, i) => i + 2);
    const last =
      layer.config.channelsFirst() && rank > 2 ? layer.transpose(x, [0, ...spatialAxes, 1]) : x;
    const [batch = 1, ...rest] = layer.shape(last);
    return layer.reshape(last, [batch, elementCount(rest)]);
  },
};

const reshape: LayerRule = {
  build: (layer, [x = -1]) => {
    const { config } = layer;
    const [batch = 1, ...rest] = layer.shape(x);
    const target = config.integers('target_shape', -1);
    const free = target.indexOf(-1);
    const known = elementCount(target.filter((size) => size !== -1));
    if (target.lastIndexOf(-1) !== free) config.wrong('target_shape', 'at most one -1 is expected');
    if (known === 0) config.wrong('target_shape', 'sizes of at least 1 are expected');
    const sizes = free < 0 ? target : target.with(free, elementCount(rest) / known);
    if (elementCount(sizes) !== elementCount(rest) || !sizes.every(Number.isSafeInteger)) {
      config.corrupt(`It reshapes [${rest.join(', ')}] to [${target.join(', ')}].`);
    }
    return layer.reshape(x, [batch, ...sizes]);
  },
};

const permute: LayerRule = {
  build: (layer, [x = -1]) => {
    const dims = layer.config.integers('dims', 1);
    const isPermutation = dims.every((_, i) => dims.includes(i + 1));
    if (!isPermutation || dims.length !== layer.shape(x).length - 1) {
      layer.config.wrong('dims', `a permutation of 1 to ${layer.shape(x).length - 1} is expected`);
    }
    return layer.transpose(x, [0, ...dims]);
  },
};

const repeatVector: LayerRule = {
  build: (layer, [x = -1]) => {
    const [batch = 1, features = 1, ...more] = layer.shape(x);
    if (more.length > 0) layer.config.corrupt('Its input is no vector.');
    const row = layer.reshape(x, [batch, 1, features]);
    return layer.add('tile', { repeats: [1, layer.config.size('n', 1), 1] }, row);
  },
};

/** [[before, after] of y, [before, after] of x] from one number, a pair, or a pair of pairs. */
function readMargins(config: LayerConfig, key: string, rank: Rank): [Pair, Pair] {
  const raw = config.raw(key) ?? (rank === 2 && key === 'cropping' ? 0 : 1);
  const asPair = (value: unknown): Pair => {
    const both = Array.isArray(value) ? value : [value, value];
    const sizes = both.map((size) =>
      typeof size === 'number' && Number.isSafeInteger(size) && size >= 0
        ? size
        : config.wrong(key, 'sizes of at least 0 are expected'),
    );
    return sizes.length === 2
      ? [sizes[0] as number, sizes[1] as number]
      : config.wrong(key, 'two sizes are expected');
  };
  if (rank === 1) return [[0, 0], asPair(raw)];
  if (!Array.isArray(raw)) return [asPair(raw), asPair(raw)];
  if (raw.length !== 2) return config.wrong(key, 'two entries are expected');
  return [asPair(raw[0]), asPair(raw[1])];
}

function zeroPadding(rank: Rank): LayerRule {
  return {
    build: (layer, [input = -1]) => {
      const first = layer.config.channelsFirst();
      const [y, x] = readMargins(layer.config, 'padding', rank);
      const image = toImage(layer, input, rank, first);
      const attrs = { before: [0, y[0], x[0], 0], after: [0, y[1], x[1], 0], value: 0 };
      return fromImage(layer, layer.add('pad', attrs, image.x), rank, first);
    },
  };
}

function cropping(rank: Rank): LayerRule {
  return {
    build: (layer, [input = -1]) => {
      const first = layer.config.channelsFirst();
      const [y, x] = readMargins(layer.config, 'cropping', rank);
      const image = toImage(layer, input, rank, first);
      const cropped = addCrop(
        layer,
        image.x,
        [y[0], x[0]],
        [image.size[0] - y[0] - y[1], image.size[1] - x[0] - x[1]],
      );
      return fromImage(layer, cropped, rank, first);
    },
  };
}

/** A window of an [N, H, W, C] image. */
export function addCrop(layer: LayerContext, x: ValueId, origin: Pair, size: Pair): ValueId {
  const [batch = 1, , , channels = 1] = layer.shape(x);
  if (size[0] < 1 || size[1] < 1) layer.config.corrupt('It crops the whole image away.');
  const begin = [0, ...origin, 0];
  return layer.add('slice', { begin, size: [batch, ...size, channels], step: [1, 1, 1, 1] }, x);
}

function upSampling(rank: Rank): LayerRule {
  return {
    build: (layer, [input = -1]) => {
      const { config } = layer;
      const first = config.channelsFirst();
      const factors = spatial(config, 'size', rank, 1, 2);
      const mode = readInterpolation(config, 'nearest');
      const image = toImage(layer, input, rank, first);
      const size: Pair = [image.size[0] * factors[0], image.size[1] * factors[1]];
      return fromImage(layer, layer.add('resize2d', { mode, size }, image.x), rank, first);
    },
  };
}

export function readInterpolation(
  config: LayerConfig,
  fallback: 'nearest' | 'bilinear',
): 'nearest' | 'bilinear' {
  const mode = config.string('interpolation', fallback).toLowerCase();
  if (mode === 'nearest' || mode === 'bilinear') return mode;
  return config.refuse(`Its interpolation is "${mode}".`, 'Use "nearest" or "bilinear".');
}

export const RESHAPE_LAYERS: LayerRules = {
  Flatten: flatten,
  Reshape: reshape,
  Permute: permute,
  RepeatVector: repeatVector,
  ZeroPadding1D: zeroPadding(1),
  ZeroPadding2D: zeroPadding(2),
  Cropping1D: cropping(1),
  Cropping2D: cropping(2),
  UpSampling1D: upSampling(1),
  UpSampling2D: upSampling(2),
};
