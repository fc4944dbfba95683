/** Normalisation over the batch's statistics, over a layer's axes, and by fixed mean and variance. */
import { elementCount } from '../../../ir/graph.ts';
import { IDENTITY, type ValueId } from '../../../ir/ops.ts';
import { normalizeAxis } from '../../../ir/shape-math.ts';
import type { LayerConfig } from '../config.ts';
import type { LayerContext, LayerRule, LayerRules } from '../context.ts';
import type { WeightSpec } from '../weights.ts';

function batchNormWeights(config: LayerConfig): WeightSpec[] {
  const spec = (name: string, trainable: boolean) => ({ name, trainable, owner: '' });
  return [
    ...(config.boolean('scale', true) ? [spec('gamma', true)] : []),
    ...(config.boolean('center', true) ? [spec('beta', true)] : []),
    spec('moving_mean', false),
    spec('moving_variance', false),
  ];
}

/** Moves `axis` to the end, applies `body` and moves it back. */
function onLastAxis(
  layer: LayerContext,
  x: ValueId,
  axes: readonly number[],
  body: (x: ValueId) => ValueId,
): ValueId {
  const rank = layer.shape(x).length;
  const others = Array.from({ length: rank }, (_, i) => i).filter((i) => !axes.includes(i));
  const perm = [...others, ...axes];
  const back = perm.map((_, i) => perm.indexOf(i));
  return layer.transpose(body(layer.transpose(x, perm)), back);
}

/** The axes of a setting that holds one or a list, counted from the front and sorted. */
function readAxes(layer: LayerContext, x: ValueId, fallback: number): number[] {
  const raw = layer.config.raw('axis') ?? fallback;
  const rank = layer.shape(x).length;
  const axes = (Array.isArray(raw) ? raw : [raw]).map((axis) => {
    const found = typeof axis === 'number' ? normalizeAxis(axis, rank) : undefined;
    if (found === undefined || found === 0) {
      return layer.config.wrong('axis', `axes of an input of rank ${rank} are expected`);
    }
    return found;
  });
  return axes.sort((a, b) => a - b);
}

const batchNorm: LayerRule = {
  weights: batchNormWeights,
  build: (layer, [x = -1]) => {
    const { config } = layer;
    if (config.boolean('renorm', false)) config.refuse('It uses batch renormalisation.');
    const axes = readAxes(layer, x, -1);
    const axis = axes[0];
    if (axes.length !== 1 || axis === undefined) {
      return config.refuse('It normalises over several axes.', 'Use a single axis.');
    }
    const shape = [layer.shape(x)[axis] ?? 1];
    const mean = layer.weightConstant('moving_mean', shape);
    const variance = layer.weight('moving_variance', shape);
    const gamma = config.boolean('scale', true) ? layer.weight('gamma', shape) : undefined;
    const epsilon = Math.fround(config.number('epsilon', 1e-3));
    const scale = layer.constant('scale', shape, () => {
      const gammas = gamma?.read();
      return variance.read().map((value, i) => {
        const inverse = Math.fround(1 / Math.sqrt(Math.fround(value + epsilon)));
        return Math.fround((gammas?.[i] ?? 1) * inverse);
      });
    });
    const offset = layer.optionalConstant('beta', shape, config.boolean('center', true), 0);
    return onLastAxis(layer, x, axes, (moved) =>
      layer.add('batchNorm', { activation: IDENTITY }, moved, mean, scale, offset),
    );
  },
};

const layerNorm: LayerRule = {
  weights: (config) => [
    ...(hasGamma(config) ? [{ name: 'gamma', trainable: true, owner: '' }] : []),
    ...(hasBeta(config) ? [{ name: 'beta', trainable: true, owner: '' }] : []),
  ],
  build: (layer, [x = -1]) => {
    const { config } = layer;
    const axes = readAxes(layer, x, -1);
    if (config.boolean('rms_scaling', false)) return addRmsScaling(layer, x, axes);
    const shape = axes.map((axis) => layer.shape(x)[axis] ?? 1);
    const gamma = layer.optionalConstant('gamma', shape, config.boolean('scale', true), 1);
    const beta = layer.optionalConstant('beta', shape, hasBeta(config), 0);
    const axis = layer.shape(x).length - axes.length;
    const attrs = { axis, epsilon: config.number('epsilon', 1e-3), center: true };
    return onLastAxis(layer, x, axes, (moved) => layer.add('layerNorm', attrs, moved, gamma, beta));
  },
};

function hasBeta(config: LayerConfig): boolean {
  return config.boolean('center', true) && !config.boolean('rms_scaling', false);
}

function hasGamma(config: LayerConfig): boolean {
  return config.boolean('scale', true) || config.boolean('rms_scaling', false);
}

/** What Keras 3 calls rms_scaling: x / sqrt(variance + epsilon) * gamma, the variance about the mean. */
function addRmsScaling(layer: LayerContext, x: ValueId, axes: readonly number[]): ValueId {
  const mean = (value: ValueId) => layer.add('reduce', { fn: 'mean', axes, keepDims: true }, value);
  const shape = layer.shape(x);
  const gamma = layer.weight(
    'gamma',
    axes.map((axis) => shape[axis] ?? 1),
  );
  const broadcast = shape.map((size, axis) => (axes.includes(axis) ? size : 1));
  const centred = layer.binary('sub', x, mean(x));
  const variance = mean(layer.unary({ fn: 'square' }, centred));
  const epsilon = layer.scalar('epsilon', layer.config.number('epsilon', 1e-3));
  const inverse = layer.unary({ fn: 'rsqrt' }, layer.binary('add', variance, epsilon));
  const scaled = layer.binary('mul', x, inverse);
  return layer.binary('mul', scaled, layer.constant('gamma', broadcast, gamma.read));
}

const rmsNorm: LayerRule = {
  weights: () => [{ name: 'scale', trainable: true, owner: '' }],
  build: (layer, [x = -1]) => {
    const axes = readAxes(layer, x, -1);
    const shape = axes.map((axis) => layer.shape(x)[axis] ?? 1);
    const scale = layer.weightConstant('scale', shape);
    const zeros = layer.optionalConstant('beta', shape, false, 0);
    const axis = layer.shape(x).length - axes.length;
    const attrs = { axis, epsilon: layer.config.number('epsilon', 1e-6), center: false };
    return onLastAxis(layer, x, axes, (moved) =>
      layer.add('layerNorm', attrs, moved, scale, zeros),
    );
  },
};

/** (x - mean) / max(sqrt(variance), 1e-7), or its inverse, with mean and variance adapted or given. */
const normalization: LayerRule = {
  weights: (config) =>
    isGiven(config)
      ? []
      : ['mean', 'variance', 'count'].map((name) => ({ name, trainable: false, owner: '' })),
  build: (layer, [x = -1]) => {
    const { config } = layer;
    const input = layer.shape(x);
    const axes = config.has('axis') ? readAxes(layer, x, -1) : [];
    const kept = axes.map((axis) => input[axis] ?? 1);
    const broadcast = input.map((size, axis) => (axes.includes(axis) ? size : 1));
    const least = Math.fround(1e-7);
    const deviation = (value: number) => Math.max(Math.fround(Math.sqrt(value)), least);
    const means = addStatistic(layer, 'mean', kept, broadcast, (value) => value);
    const deviations = addStatistic(layer, 'variance', kept, broadcast, deviation);
    if (config.boolean('invert', false)) {
      return layer.binary('add', layer.binary('mul', x, deviations), means);
    }
    return layer.binary('div', layer.binary('sub', x, means), deviations);
  },
};

function isGiven(config: LayerConfig): boolean {
  return config.has('mean') && config.has('variance');
}

/** A mean or variance: adapted, or in the configuration as a number or lists for the kept axes. */
function addStatistic(
  layer: LayerContext,
  name: string,
  kept: readonly number[],
  broadcast: readonly number[],
  map: (value: number) => number,
): ValueId {
  const { config } = layer;
  if (!isGiven(config)) {
    const weight = layer.weight(name, kept);
    return layer.constant(name, broadcast, () => weight.read().map(map));
  }
  const raw = config.raw(name);
  const flat = (Array.isArray(raw) ? raw.flat(8) : [raw]).map((value) =>
    typeof value === 'number' ? value : config.wrong(name, 'numbers are expected'),
  );
  const fits = broadcast.some((_, axis) => elementCount(broadcast.slice(axis)) === flat.length);
  if (flat.length !== 1 && !fits) {
    config.wrong(name, `1 or ${elementCount(broadcast)} numbers are expected`);
  }
  return layer.generated(name, broadcast, (i) => map(Math.fround(flat[i % flat.length] ?? 0)));
}

/** x times one number per channel, in the ConvNeXt models of keras.applications. */
const layerScale: LayerRule = {
  weights: () => [{ name: 'gamma', trainable: true, owner: '' }],
  build: (layer, [x = -1]) =>
    layer.binary('mul', x, layer.weightConstant('gamma', [layer.config.size('projection_dim', 1)])),
};

export const NORM_LAYERS: LayerRules = {
  BatchNormalization: batchNorm,
  BatchNormalizationV1: batchNorm,
  BatchNormalizationV2: batchNorm,
  SyncBatchNormalization: batchNorm,
  LayerNormalization: layerNorm,
  RMSNormalization: rmsNorm,
  LayerScale: layerScale,
  Normalization: normalization,
};
