/** Recurrent layers, from a zero state, and the wrappers Bidirectional and TimeDistributed. */
import { IDENTITY, type Unary, type ValueId } from '../../../ir/ops.ts';
import { unaryActivation } from '../activations.ts';
import type { LayerConfig } from '../config.ts';
import type { LayerContext, LayerRule, LayerRules } from '../context.ts';
import type { WeightSpec } from '../weights.ts';

type Cell = 'simple' | 'gru' | 'lstm';

const GATES = { simple: 1, gru: 3, lstm: 4 } as const;

const CELLS: ReadonlyMap<string, Cell> = new Map([
  ['SimpleRNN', 'simple'],
  ['GRU', 'gru'],
  ['LSTM', 'lstm'],
]);

/** Kernel, recurrent kernel and bias; `prefix` tells the two directions of a wrapper apart. */
function cellWeights(config: LayerConfig, prefix: string, owner: string): WeightSpec[] {
  const names = ['kernel', 'recurrent_kernel'];
  if (config.boolean('use_bias', true)) names.push('bias');
  return names.map((name) => ({ name: `${prefix}${name}`, trainable: true, owner }));
}

/** What Keras can do with a recurrent layer and a network without memory between calls can't. */
function requireStateless(config: LayerConfig): void {
  const refused = {
    stateful: 'It keeps its state between calls.',
    return_state: 'It returns its state.',
    time_major: 'It takes the time axis first.',
  };
  for (const [key, found] of Object.entries(refused)) {
    if (config.boolean(key, false)) config.refuse(found, `Build it with ${key}=False.`);
  }
}

interface Direction {
  readonly cell: Cell;
  readonly config: LayerConfig;
  readonly prefix: string;
}

function addRecurrent(layer: LayerContext, x: ValueId, direction: Direction): ValueId {
  const { cell, config, prefix } = direction;
  requireStateless(config);
  const shape = layer.shape(x);
  if (shape.length !== 3) {
    config.corrupt(`Its input has the shape [${shape.join(', ')}], not [batch, time, features].`);
  }
  const units = config.size('units', 1);
  const columns = GATES[cell] * units;
  const resetAfter = cell === 'gru' && config.boolean('reset_after', config.dialect === 'keras3');
  const biasShape = resetAfter ? [2, columns] : [columns];
  const kernel = layer.weightConstant(`${prefix}kernel`, [shape[2] ?? 1, columns]);
  const recurrent = layer.weightConstant(`${prefix}recurrent_kernel`, [units, columns]);
  const useBias = config.boolean('use_bias', true);
  const bias = layer.optionalConstant(`${prefix}bias`, biasShape, useBias, 0);
  const plain: Unary = IDENTITY;
  const attrs = {
    cell,
    activation: cellActivation(config, 'activation', 'tanh'),
    recurrentActivation:
      cell === 'simple' ? plain : cellActivation(config, 'recurrent_activation', 'sigmoid'),
    goBackwards: config.boolean('go_backwards', false),
    returnSequences: config.boolean('return_sequences', false),
    resetAfter,
    returnCells: false,
  };
  return layer.add('recurrent', attrs, x, kernel, recurrent, bias);
}

/** In a cell `null` means no activation, which is not what a missing key means. */
function cellActivation(config: LayerConfig, key: string, fallback: string): Unary {
  return config.raw(key) === null ? IDENTITY : unaryActivation(config, key, fallback);
}

function recurrent(cell: Cell): LayerRule {
  return {
    weights: (config) => cellWeights(config, '', 'cell'),
    build: (layer, [x = -1, ...states]) => {
      if (states.length > 0) layer.config.refuse('It takes an initial state.');
      return addRecurrent(layer, x, { cell, config: layer.config, prefix: '' });
    },
  };
}

/** The layer inside a wrapper: its class and configuration. */
function innerLayer(config: LayerConfig, key: string): { className: string; config: LayerConfig } {
  const layer = config.inner(key);
  const className = layer.string('class_name');
  return {
    className: className.slice(className.lastIndexOf('>') + 1),
    config: layer.inner('config'),
  };
}

/** The backward layer is the forward one in the other direction unless it is given. */
function directions(config: LayerConfig): readonly [Direction, Direction] {
  const forward = innerLayer(config, 'layer');
  const backward = config.has('backward_layer') ? innerLayer(config, 'backward_layer') : forward;
  const direction = (inner: typeof forward, prefix: string): Direction => {
    const cell = CELLS.get(inner.className);
    if (cell) return { cell, config: inner.config, prefix };
    return config.refuse(
      `It wraps a layer of the class "${inner.className}".`,
      'Use LSTM, GRU or SimpleRNN inside Bidirectional.',
    );
  };
  return [direction(forward, 'forward/'), direction(backward, 'backward/')];
}

const bidirectional: LayerRule = {
  weights: (config) => {
    const [forward, backward] = directions(config);
    return [
      ...cellWeights(forward.config, forward.prefix, 'forward_layer/cell'),
      ...cellWeights(backward.config, backward.prefix, 'backward_layer/cell'),
    ];
  },
  build: (layer, [x = -1, ...states]) => {
    const { config } = layer;
    if (states.length > 0) config.refuse('It takes an initial state.');
    const [forward, backward] = directions(config);
    const y = addRecurrent(layer, x, forward);
    const goBackwards = !forward.config.boolean('go_backwards', false);
    const reversed = addRecurrent(layer, x, {
      ...backward,
      config: backward.config.with('go_backwards', goBackwards),
    });
    const sequences = forward.config.boolean('return_sequences', false);
    return mergeDirections(layer, y, sequences ? flipTime(layer, reversed) : reversed);
  },
};

function flipTime(layer: LayerContext, x: ValueId): ValueId {
  const shape = layer.shape(x);
  const steps = shape[1] ?? 1;
  return layer.add('slice', { begin: [0, steps - 1, 0], size: shape, step: [1, -1, 1] }, x);
}

function mergeDirections(layer: LayerContext, a: ValueId, b: ValueId): ValueId | ValueId[] {
  if (layer.config.raw('merge_mode') === null) return [a, b];
  const mode = layer.config.oneOf('merge_mode', ['concat', 'sum', 'mul', 'ave'], 'concat');
  if (mode === 'concat') return layer.add('concat', { axis: layer.shape(a).length - 1 }, a, b);
  const fn = mode === 'mul' ? 'mul' : 'add';
  const merged = layer.binary(fn, a, b);
  return mode === 'ave' ? layer.binary('div', merged, layer.scalar('count', 2)) : merged;
}

/** Layers that treat every place of their input alike, so that time is one more axis to them. */
const POINTWISE = new Set([
  'Dense',
  'QuantDense',
  'Activation',
  'ReLU',
  'LeakyReLU',
  'ELU',
  'ThresholdedReLU',
  'Rescaling',
  'Dropout',
  'GaussianNoise',
  'GaussianDropout',
  'AlphaDropout',
  'Identity',
]);

/** Needs the other rules, so it is made from them. */
export function timeDistributed(rules: LayerRules): LayerRule {
  const ruleOf = (config: LayerConfig) => {
    const inner = innerLayer(config, 'layer');
    const rule = POINTWISE.has(inner.className) ? rules[inner.className] : undefined;
    if (rule) return { rule, config: inner.config };
    return config.refuse(
      `It wraps a layer of the class "${inner.className}".`,
      'Use TimeDistributed with Dense or Activation, or apply the layer to a reshaped input.',
    );
  };
  return {
    weights: (config) => {
      const inner = ruleOf(config);
      const specs = inner.rule.weights?.(inner.config) ?? [];
      return specs.map((spec) => ({ ...spec, owner: `layer${spec.owner && `/${spec.owner}`}` }));
    },
    build: (layer, inputs) => {
      const inner = ruleOf(layer.config);
      return inner.rule.build(layer.withConfig(inner.config), inputs);
    },
  };
}

export const RECURRENT_LAYERS: LayerRules = {
  SimpleRNN: recurrent('simple'),
  GRU: recurrent('gru'),
  LSTM: recurrent('lstm'),
  Bidirectional: bidirectional,
};
