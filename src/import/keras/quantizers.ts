/**
 * Larq's quantizers. On activations they are elementwise functions of the graph; on weights they
 * are applied here, at import, with the roundings that Larq's own f32 arithmetic has.
 */
import { isJsonObject, type Json, property } from '../../formats/json.ts';
import { elementCount, type Shape } from '../../ir/graph.ts';
import type { Unary, ValueId } from '../../ir/ops.ts';
import { LayerConfig } from './config.ts';
import type { LayerContext, Weight } from './context.ts';

/** A quantizer, by Larq's name for its function. */
interface Quantizer {
  readonly kind:
    | 'none'
    | 'sign'
    | 'magnitudeAwareSign'
    | 'layerScaledSign'
    | 'clippedScaledSign'
    | 'heaviside'
    | 'ternary'
    | 'dorefa'
    | 'unknown';
  readonly name: string;
  readonly config: LayerConfig;
}

const KINDS: ReadonlyMap<string, Quantizer['kind']> = new Map([
  ['ste_sign', 'sign'],
  ['SteSign', 'sign'],
  ['approx_sign', 'sign'],
  ['ApproxSign', 'sign'],
  ['swish_sign', 'sign'],
  ['SwishSign', 'sign'],
  ['magnitude_aware_sign', 'magnitudeAwareSign'],
  ['MagnitudeAwareSign', 'magnitudeAwareSign'],
  // Of Larq Zoo's DoReFa-Net and XNOR-Net.
  ['magnitude_aware_sign_unclipped', 'layerScaledSign'],
  ['xnor_weight_scale', 'clippedScaledSign'],
  ['ste_heaviside', 'heaviside'],
  ['SteHeaviside', 'heaviside'],
  ['ste_tern', 'ternary'],
  ['SteTern', 'ternary'],
  ['dorefa_quantizer', 'dorefa'],
  ['DoReFa', 'dorefa'],
  ['DoReFaQuantizer', 'dorefa'],
  ['NoOp', 'none'],
  ['NoOpQuantizer', 'none'],
]);

/** Names of quantizers that are layers of their own in a model. */
export const QUANTIZER_CLASSES = [
  'SteSign',
  'ApproxSign',
  'SwishSign',
  'SteHeaviside',
  'SteTern',
  'NoOp',
  'MagnitudeAwareSign',
  'DoReFa',
] as const;

/** The quantizer as an activation; undefined when the name is no quantizer. */
export function activationQuantizer(named: {
  readonly name: string;
  readonly config: LayerConfig;
}): Unary | undefined {
  const kind = KINDS.get(named.name);
  if (!kind) return undefined;
  const { config } = named;
  switch (kind) {
    case 'none':
      return { fn: 'identity' };
    case 'sign':
      return { fn: 'sign' };
    case 'heaviside':
      return { fn: 'heaviside' };
    case 'ternary':
      if (config.boolean('ternary_weight_networks', false)) {
        return config.refuse(
          'It quantizes activations with a threshold computed from them.',
          'Use ste_tern with a threshold_value for activations.',
        );
      }
      return { fn: 'ternary', threshold: Math.fround(config.number('threshold_value', 0.05)) };
    default:
      return config.refuse(
        `It quantizes activations with ${named.name}, which is not supported there.`,
        'Use ste_sign, approx_sign, swish_sign, ste_heaviside or ste_tern for activations.',
      );
  }
}

/** Adds the nodes of the quantizer of a layer's input, if it has one. */
export function addInputQuantizer(
  layer: LayerContext,
  x: ValueId,
  key = 'input_quantizer',
): ValueId {
  const quantizer = readQuantizer(layer.config, key);
  if (quantizer.kind === 'none') return x;
  if (quantizer.kind === 'dorefa') return addDorefa(layer, x, quantizer.config);
  return layer.unary(activationQuantizer(quantizer) ?? refuseQuantizer(quantizer, key), x);
}

const MAX_DOREFA_BITS = 4;

/**
 * DoReFa of k bits: clip(x, 0, 1) rounded to steps of 1/n, n = 2^k - 1, halves to even. That is the
 * number of steps that x has passed, over n; each of them is one comparison.
 */
export function addDorefa(layer: LayerContext, x: ValueId, config: LayerConfig): ValueId {
  const bits = config.size('k_bit', 1, 2);
  if (config.string('mode', 'activations') !== 'activations' || bits > MAX_DOREFA_BITS) {
    return config.refuse(
      `It quantizes activations with DoReFa of more than ${MAX_DOREFA_BITS} bits, or for weights.`,
      'Use DoReFa with k_bit=1, or ste_heaviside.',
    );
  }
  const levels = 2 ** bits - 1;
  const steps = Array.from({ length: levels }, (_, i) => {
    const last = layer.scalar(`step_${i + 1}`, lastBelowStep(i + 1, levels));
    return layer.unary({ fn: 'heaviside' }, layer.binary('sub', x, last));
  });
  const [first = x, ...rest] = steps;
  const passed = rest.reduce((sum, step) => layer.binary('add', sum, step), first);
  return levels === 1 ? passed : layer.binary('div', passed, layer.scalar('levels', levels));
}

/** The largest f32 x for which x * levels, rounded to f32 and then to an integer, is below `step`. */
function lastBelowStep(step: number, levels: number): number {
  const bits = new Uint32Array(1);
  const value = new Float32Array(bits.buffer);
  value[0] = (step - 0.5) / levels;
  const isBelow = () => roundHalfToEven(Math.fround((value[0] ?? 0) * levels)) < step;
  while (!isBelow()) bits[0] = (bits[0] ?? 0) - 1;
  while (isBelow()) bits[0] = (bits[0] ?? 0) + 1;
  bits[0] = (bits[0] ?? 0) - 1;
  return value[0] ?? 0;
}

/** A kernel after its quantizer. Its last axis is what "per channel" means to Larq. */
export function quantizeWeight(config: LayerConfig, key: string, weight: Weight): Weight {
  const quantizer = readQuantizer(config, key);
  const apply = kernelFunction(quantizer, key);
  if (!apply) return weight;
  return { shape: weight.shape, read: () => apply(weight.read(), weight.shape) };
}

type KernelFunction = (data: Float32Array, shape: Shape) => Float32Array;

function kernelFunction(quantizer: Quantizer, key: string): KernelFunction | undefined {
  switch (quantizer.kind) {
    case 'none':
      return undefined;
    case 'sign':
      return (data) => data.map(sign);
    case 'magnitudeAwareSign':
      return magnitudeAwareSign;
    case 'layerScaledSign':
      return (data) => magnitudeAwareSign(data, [data.length, 1]);
    case 'clippedScaledSign':
      return (data, shape) => magnitudeAwareSign(data.map(clipToUnit), shape);
    case 'heaviside':
      return (data) => data.map((x) => (x > 0 ? 1 : 0));
    case 'ternary':
      return ternary(quantizer.config);
    case 'dorefa':
      return dorefaWeights(quantizer.config);
    default:
      return refuseQuantizer(quantizer, key);
  }
}

function readQuantizer(config: LayerConfig, key: string): Quantizer {
  const value = config.raw(key);
  if (value === undefined || value === null) return { kind: 'none', name: 'none', config };
  const name = quantizerName(value);
  if (name === undefined) return config.wrong(key, 'the name of a quantizer is expected');
  const inner = isJsonObject(value) ? property(value, 'config') : undefined;
  const settings = isJsonObject(inner) ? inner : {};
  return {
    kind: KINDS.get(name) ?? 'unknown',
    name,
    config: new LayerConfig(settings, config.origin, config.dialect),
  };
}

function quantizerName(value: Json): string | undefined {
  if (typeof value === 'string') return value;
  if (!isJsonObject(value)) return undefined;
  const className = property(value, 'class_name');
  const inner = property(value, 'config');
  const name = typeof inner === 'string' ? inner : className;
  return typeof name === 'string' ? name.slice(name.lastIndexOf('>') + 1) : undefined;
}

function refuseQuantizer(quantizer: Quantizer, key: string): never {
  return quantizer.config.refuse(
    `Its ${key} "${quantizer.name}" is not supported.`,
    'Use ste_sign, approx_sign, swish_sign, magnitude_aware_sign, ste_heaviside or ste_tern.',
  );
}

function sign(x: number): number {
  return x < 0 ? -1 : 1;
}

function clipToUnit(x: number): number {
  return Math.min(Math.max(x, -1), 1);
}

/** Each output channel is its sign times the mean of its magnitudes, as Bi-Real Net has it. */
function magnitudeAwareSign(data: Float32Array, shape: Shape): Float32Array {
  const channels = shape.at(-1) ?? 1;
  const rows = elementCount(shape) / channels;
  const sums = new Float64Array(channels);
  for (const [i, x] of data.entries()) sums[i % channels] = (sums[i % channels] ?? 0) + Math.abs(x);
  const scales = Float32Array.from(sums, (sum) => sum / rows);
  return data.map((x, i) => sign(x) * (scales[i % channels] ?? 0));
}

/** sign(sign(x + t) + sign(x - t)), where TensorFlow's sign of 0 is 0. */
function ternary(config: LayerConfig): KernelFunction {
  const fixed = Math.fround(config.number('threshold_value', 0.05));
  const fromWeights = config.boolean('ternary_weight_networks', false);
  return (data) => {
    let threshold = fixed;
    if (fromWeights) {
      const sum = data.reduce((total, x) => total + Math.abs(x), 0);
      const scaled = Math.fround(Math.fround(0.7) * Math.fround(sum));
      threshold = Math.fround(scaled / data.length);
    }
    return data.map((x) =>
      Math.sign(Math.sign(Math.fround(x + threshold)) + Math.sign(Math.fround(x - threshold))),
    );
  };
}

/** 2 q(tanh(w) / (2 max |tanh(w)|) + 1/2) - 1, q rounding to k bits with halves to even. */
function dorefaWeights(config: LayerConfig): KernelFunction {
  const levels = 2 ** config.size('k_bit', 1, 2) - 1;
  if (config.string('mode', 'activations') !== 'weights') {
    return (data) => data.map((x) => quantizeUnit(Math.min(Math.max(x, 0), 1), levels));
  }
  return (data) => {
    const limited = data.map(Math.tanh);
    const largest = limited.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
    return limited.map((x) => {
      const unit = largest === 0 ? 0.5 : Math.fround(x / Math.fround(2 * largest)) + 0.5;
      return Math.fround(2 * quantizeUnit(Math.fround(unit), levels)) - 1;
    });
  };
}

function quantizeUnit(x: number, levels: number): number {
  return Math.fround(roundHalfToEven(Math.fround(x * levels)) / levels);
}

function roundHalfToEven(x: number): number {
  const floor = Math.floor(x);
  const rest = x - floor;
  return rest > 0.5 || (rest === 0.5 && floor % 2 === 1) ? floor + 1 : floor;
}
