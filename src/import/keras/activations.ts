/**
 * Activations of Keras 2 and Keras 3 as graph nodes. They come as a name ("relu"), as
 * `{ class_name: "function", config: "relu" }`, or as a serialised layer or quantizer
 * (`{ class_name: "LeakyReLU", config: { alpha: 0.1 } }`).
 *
 * Formulas are those of the libraries' own sources; where Keras 2 and 3 differ (hard_sigmoid), the
 * dialect decides. TensorFlow.js follows Keras 2.
 */
import { isJsonObject, type Json, property } from '../../formats/json.ts';
import { elementCount } from '../../ir/graph.ts';
import type { Unary, UnaryPlain, ValueId } from '../../ir/ops.ts';
import { normalizeAxis } from '../../ir/shape-math.ts';
import { LayerConfig } from './config.ts';
import type { LayerContext } from './context.ts';
import { activationQuantizer, addDorefa } from './quantizers.ts';

/** Adds the nodes of an activation. `key` names the setting that holds it. */
export function addActivation(layer: LayerContext, x: ValueId, key = 'activation'): ValueId {
  return addActivationOf(layer, x, layer.config, key);
}

/** The same for a configuration inside the layer's (the layer in a wrapper). */
export function addActivationOf(
  layer: LayerContext,
  x: ValueId,
  config: LayerConfig,
  key: string,
): ValueId {
  const value = config.raw(key);
  if (value === undefined || value === null) return x;
  const named = activationName(value, config, key);
  const add = COMPOSED.get(named.name);
  if (add) return add(layer, x, named.config);
  const unary = unaryOf(named, config.dialect) ?? activationQuantizer(named);
  if (unary) return layer.unary(unary, x);
  return refuseActivation(config, named.name);
}

/** An activation that must be an elementwise function: those inside a recurrent cell. */
export function unaryActivation(config: LayerConfig, key: string, fallback: string): Unary {
  const named = activationName(config.raw(key) ?? fallback, config, key);
  const unary = unaryOf(named, config.dialect) ?? activationQuantizer(named);
  return unary ?? refuseActivation(config, named.name);
}

function refuseActivation(config: LayerConfig, name: string): never {
  if (name === '<lambda>') return refuseFunction(config, 'Its activation is a Python lambda');
  return config.refuse(
    `Its activation "${name}" is not supported.`,
    'Use a standard activation of Keras, or a quantizer of Larq such as "ste_sign".',
  );
}

/** What to do instead of code that the file holds as Python byte code, or not at all. */
export function refuseFunction(config: LayerConfig, found: string): never {
  return config.refuse(
    `${found}, whose code can't be exported.`,
    'For a binary network use Larq\'s QuantConv2D or QuantDense with input_quantizer="ste_sign" ' +
      'and kernel_quantizer="ste_sign" (or Activation("ste_sign")) instead of clip and sign; ' +
      'for anything else a layer such as Rescaling, Activation, Add or Concatenate.',
  );
}

export interface Named {
  readonly name: string;
  readonly config: LayerConfig;
}

function activationName(value: Json, config: LayerConfig, key: string): Named {
  const none = new LayerConfig({}, config.origin, config.dialect);
  if (typeof value === 'string') return { name: value, config: none };
  if (isJsonObject(value)) {
    const className = property(value, 'class_name');
    const inner = property(value, 'config');
    // A plain function: {class_name: "function" or "builtin", config: "relu"}.
    if (typeof inner === 'string') return { name: bare(inner), config: none };
    if (typeof className === 'string') {
      const settings = isJsonObject(inner) ? inner : {};
      return {
        name: bare(className),
        config: new LayerConfig(settings, config.origin, config.dialect),
      };
    }
  }
  return config.wrong(key, 'the name of an activation is expected');
}

function bare(name: string): string {
  return name.slice(name.lastIndexOf('>') + 1);
}

const SAME_NAME: Readonly<Record<string, UnaryPlain>> = {
  linear: 'identity',
  relu: 'relu',
  relu6: 'relu6',
  selu: 'selu',
  sigmoid: 'sigmoid',
  tanh: 'tanh',
  softplus: 'softplus',
  softsign: 'softsign',
  swish: 'swish',
  silu: 'swish',
  hard_silu: 'hardSwish',
  hard_swish: 'hardSwish',
  hardSwish: 'hardSwish',
  mish: 'mish',
  log_sigmoid: 'logSigmoid',
  tanh_shrink: 'tanhShrink',
  sparse_plus: 'sparsePlus',
  sparse_sigmoid: 'sparseSigmoid',
  exponential: 'exp',
  exp: 'exp',
};

const HARD_SIGMOID: Readonly<Record<LayerConfig['dialect'], Unary>> = {
  keras2: { fn: 'hardSigmoid', alpha: 0.2, beta: 0.5 },
  keras3: { fn: 'hardSigmoid', alpha: 1 / 6, beta: 0.5 },
};

function unaryOf({ name, config }: Named, dialect: LayerConfig['dialect']): Unary | undefined {
  const plain = Object.hasOwn(SAME_NAME, name) ? SAME_NAME[name] : undefined;
  if (plain) return { fn: plain };
  switch (name) {
    case 'hard_sigmoid':
    case 'hardSigmoid':
      return HARD_SIGMOID[dialect];
    case 'gelu':
      return { fn: config.boolean('approximate', false) ? 'geluTanh' : 'gelu' };
    case 'gelu_new': // TensorFlow.js
      return { fn: 'geluTanh' };
    case 'elu':
    case 'ELU':
      return { fn: 'elu', alpha: config.number('alpha', 1) };
    case 'celu':
      return { fn: 'celu', alpha: config.number('alpha', 1) };
    case 'leaky_relu':
      return { fn: 'leakyRelu', alpha: config.number('negative_slope', 0.2) };
    case 'LeakyReLU':
      return leakyRelu(config);
    case 'clip_by_value_activation': // of Larq Zoo's DoReFa-Net
      return { fn: 'clip', min: 0, max: 1 };
    case 'hard_tanh':
      return { fn: 'clip', min: -1, max: 1 };
    case 'hard_shrink':
      return { fn: 'hardShrink', lambda: config.number('threshold', 0.5) };
    case 'soft_shrink':
      return { fn: 'softShrink', lambda: config.number('threshold', 0.5) };
    case 'squareplus':
      return { fn: 'squareplus', b: config.number('b', 4) };
    default:
      return undefined;
  }
}

/** The layer LeakyReLU: Keras 2 calls its slope alpha, Keras 3 negative_slope. */
export function leakyRelu(config: LayerConfig): Unary {
  const key = config.has('negative_slope') ? 'negative_slope' : 'alpha';
  return { fn: 'leakyRelu', alpha: config.number(key, 0.3) };
}

type Compose = (layer: LayerContext, x: ValueId, config: LayerConfig) => ValueId;

const COMPOSED: ReadonlyMap<string, Compose> = new Map<string, Compose>([
  ['softmax', (layer, x, config) => addSoftmax(layer, x, config, 'softmax')],
  ['Softmax', (layer, x, config) => addSoftmax(layer, x, config, 'softmax')],
  ['softmax_v2', (layer, x, config) => addSoftmax(layer, x, config, 'softmax')],
  ['log_softmax', (layer, x, config) => addSoftmax(layer, x, config, 'logSoftmax')],
  ['logSoftmax', (layer, x, config) => addSoftmax(layer, x, config, 'logSoftmax')],
  ['sparsemax', (layer, x, config) => addSoftmax(layer, x, config, 'sparsemax')],
  ['ReLU', addReluLayer],
  ['glu', addGlu],
  ['leaky_tanh', addLeakyTanh],
  ['DoReFa', addDorefa],
  ['dorefa_quantizer', addDorefa],
]);

/** Normalises over the last axis, or over those that the setting names. */
export function addSoftmax(
  layer: LayerContext,
  x: ValueId,
  config: LayerConfig,
  variant: 'softmax' | 'logSoftmax' | 'sparsemax',
): ValueId {
  const shape = layer.shape(x);
  const raw = config.raw('axis') ?? -1;
  const axes = (Array.isArray(raw) ? raw : [raw]).map((value) => {
    const axis = typeof value === 'number' ? normalizeAxis(value, shape.length) : undefined;
    return axis || config.wrong('axis', 'axes of its input are expected');
  });
  const [only, ...more] = axes;
  if (only !== undefined && more.length === 0)
    return layer.add('softmax', { axis: only, variant }, x);
  // Several axes become the last one.
  const others = shape.map((_, axis) => axis).filter((axis) => !axes.includes(axis));
  const perm = [...others, ...axes];
  const back = perm.map((_, axis) => perm.indexOf(axis));
  const moved = layer.transpose(x, perm);
  const kept = others.map((axis) => shape[axis] ?? 1);
  const joined = elementCount(axes.map((axis) => shape[axis] ?? 1));
  const flat = layer.reshape(moved, [...kept, joined]);
  const y = layer.add('softmax', { axis: kept.length, variant }, flat);
  return layer.transpose(layer.reshape(y, layer.shape(moved)), back);
}

/** The first half of the last axis times the sigmoid of the second. */
function addGlu(layer: LayerContext, x: ValueId): ValueId {
  const shape = layer.shape(x);
  const half = (shape.at(-1) ?? 0) / 2;
  if (!Number.isInteger(half))
    return layer.config.corrupt('Its glu splits an odd number of channels.');
  const last = shape.length - 1;
  const part = (start: number) =>
    layer.add(
      'slice',
      {
        begin: shape.map((_, axis) => (axis === last ? start : 0)),
        size: shape.with(last, half),
        step: shape.map(() => 1),
      },
      x,
    );
  const gate = layer.unary({ fn: 'sigmoid' }, part(half));
  return layer.binary('mul', part(0), gate);
}

/** Larq's: clip(x, -1, 1) + alpha (max(x, 1) - 1) + alpha (min(x, -1) + 1) */
function addLeakyTanh(layer: LayerContext, x: ValueId, config: LayerConfig): ValueId {
  const alpha = layer.scalar('alpha', config.number('alpha', 0.2));
  const one = layer.scalar('one', 1);
  const minusOne = layer.scalar('minus_one', -1);
  const middle = layer.unary({ fn: 'clip', min: -1, max: 1 }, x);
  const above = layer.binary('sub', layer.binary('max', x, one), one);
  const below = layer.binary('sub', layer.binary('min', x, minusOne), minusOne);
  const upper = layer.binary('add', middle, layer.binary('mul', above, alpha));
  return layer.binary('add', upper, layer.binary('mul', below, alpha));
}

/**
 * The layer ReLU, with slope a, threshold t and maximum m:
 * y = min(x > t ? x : 0, m) - a max(t - x, 0)
 */
export function addReluLayer(layer: LayerContext, x: ValueId, config: LayerConfig): ValueId {
  const slope = config.number('negative_slope', 0);
  const threshold = config.number('threshold', 0);
  const max = config.has('max_value') ? config.number('max_value') : undefined;
  if (slope !== 0 && threshold === 0 && max === undefined) {
    return layer.unary({ fn: 'leakyRelu', alpha: slope }, x);
  }
  const positive = addPositivePart(layer, x, threshold, max);
  if (slope === 0) return positive;
  const below = layer.binary('sub', layer.scalar('threshold', threshold), x);
  const distance = layer.unary({ fn: 'relu' }, below);
  const negative = layer.binary('mul', distance, layer.scalar('slope', slope));
  return layer.binary('sub', positive, negative);
}

function addPositivePart(
  layer: LayerContext,
  x: ValueId,
  threshold: number,
  max: number | undefined,
): ValueId {
  if (threshold === 0) {
    if (max === undefined) return layer.unary({ fn: 'relu' }, x);
    return layer.unary(max === 6 ? { fn: 'relu6' } : { fn: 'clip', min: 0, max }, x);
  }
  const above = layer.unary({ fn: 'thresholdedRelu', theta: threshold, value: 0 }, x);
  return max === undefined ? above : layer.unary({ fn: 'clip', min: 0, max }, above);
}
