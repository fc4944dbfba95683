/**
 * Layers that join several inputs, and the arithmetic that Keras records when tensors are added or
 * multiplied in code: Keras 3 operations such as `Add` with a constant, and TFOpLambda in Keras 2.
 */
import { isJsonArray, isJsonObject, type Json, property } from '../../../formats/json.ts';
import type { BinaryFn, UnaryPlain, ValueId } from '../../../ir/ops.ts';
import { normalizeAxis } from '../../../ir/shape-math.ts';
import { refuseFunction } from '../activations.ts';
import type { LayerContext, LayerRule, LayerRules } from '../context.ts';
import type { Argument } from '../model.ts';

/** Inputs of lower rank get axes of size 1 behind the batch axis. */
function alignRanks(layer: LayerContext, inputs: readonly ValueId[]): ValueId[] {
  const rank = Math.max(...inputs.map((id) => layer.shape(id).length));
  return inputs.map((id) => {
    const [batch = 1, ...rest] = layer.shape(id);
    const ones = new Array<number>(rank - 1 - rest.length).fill(1);
    return layer.reshape(id, [batch, ...ones, ...rest]);
  });
}

/**
 * A merge layer takes one list of tensors. The operation of the same name takes two arguments, of
 * which one may be a constant.
 */
function merge(fn: BinaryFn): LayerRule {
  return {
    takesConstants: true,
    build: (layer, inputs) => {
      const constants = layer.call.args.some((arg) => arg.kind === 'constant');
      if (constants) return operation(fn)(layer, inputs);
      const [first, ...rest] = alignRanks(
        layer,
        requireInputs(layer, inputs, fn === 'sub' ? 2 : 1),
      );
      return rest.reduce((sum, next) => layer.binary(fn, sum, next), first ?? -1);
    },
  };
}

function requireInputs(
  layer: LayerContext,
  inputs: readonly ValueId[],
  least: number,
): readonly ValueId[] {
  if (inputs.length < least) layer.config.corrupt(`It has ${inputs.length} inputs.`);
  return inputs;
}

const average: LayerRule = {
  build: (layer, inputs) => {
    const [first, ...rest] = alignRanks(layer, requireInputs(layer, inputs, 1));
    const sum = rest.reduce((total, next) => layer.binary('add', total, next), first ?? -1);
    const count = layer.scalar('count', inputs.length);
    return layer.binary('div', sum, count);
  },
};

const concatenate: LayerRule = {
  build: (layer, inputs) => {
    const shape = layer.shape(requireInputs(layer, inputs, 1)[0] ?? -1);
    const axis = normalizeAxis(layer.config.number('axis', -1), shape.length);
    if (axis === undefined) return layer.config.wrong('axis', 'an axis of its inputs is expected');
    if (axis === 0) return layer.config.refuse('It joins along the batch axis.');
    return layer.add('concat', { axis }, ...inputs);
  },
};

/** A two-argument operation; tensors and constants in the order of the call. */
function operation(fn: BinaryFn) {
  return (layer: LayerContext, inputs: readonly ValueId[]): ValueId => {
    let next = 0;
    const operands = operationArguments(layer).map((arg, index): ValueId => {
      if (arg.kind === 'tensor') return inputs[next++] ?? -1;
      if (arg.kind === 'constant') return constantOperand(layer, arg.value, index);
      return layer.config.refuse('It takes a list, where a tensor or a number is expected.');
    });
    const [a, b, ...more] = operands;
    if (a === undefined || b === undefined || more.length > 0) {
      return layer.config.refuse(`It has ${operands.length} operands, where 2 are expected.`);
    }
    return layer.binary(fn, a, b);
  };
}

/** Keras 2 passes the second operand as the keyword y (or x2), Keras 3 by position. */
function operationArguments(layer: LayerContext): Argument[] {
  const second = layer.call.kwargs.get('y') ?? layer.call.kwargs.get('x2');
  return second ? [...layer.call.args, second] : [...layer.call.args];
}

/** Numbers, nested lists of them, or `{ class_name: "__numpy__", config: { value } }`. */
function constantOperand(layer: LayerContext, source: Json, index: number): ValueId {
  const wrapped = isJsonObject(source) ? property(source, 'config') : undefined;
  const value = isJsonObject(wrapped) ? (property(wrapped, 'value') ?? null) : source;
  const shape: number[] = [];
  for (let inner: Json | undefined = value; isJsonArray(inner); inner = inner[0]) {
    shape.push(inner.length);
  }
  const flat = isJsonArray(value) ? (value.flat(8) as Json[]) : [value];
  const numbers = flat.map((item) =>
    typeof item === 'number' ? item : layer.config.refuse('It has an operand that is no number.'),
  );
  const count = shape.reduce((product, size) => product * size, 1);
  if (count !== numbers.length) return layer.config.corrupt('Its constant operand is ragged.');
  return layer.constant(`constant_${index}`, shape.length === 0 ? [1] : shape, () =>
    Float32Array.from(numbers),
  );
}

function operationRule(fn: BinaryFn): LayerRule {
  return { takesConstants: true, build: operation(fn) };
}

function unaryOperation(fn: UnaryPlain): LayerRule {
  return { build: (layer, [x = -1]) => layer.unary({ fn }, x) };
}

const BINARY_FUNCTIONS: ReadonlyMap<string, BinaryFn> = new Map([
  ['math.add', 'add'],
  ['__operators__.add', 'add'],
  ['math.subtract', 'sub'],
  ['math.multiply', 'mul'],
  ['math.divide', 'div'],
  ['math.truediv', 'div'],
  ['math.maximum', 'max'],
  ['math.minimum', 'min'],
]);

const UNARY_FUNCTIONS: ReadonlyMap<string, UnaryPlain> = new Map([
  ['nn.relu', 'relu'],
  ['nn.relu6', 'relu6'],
  ['nn.sigmoid', 'sigmoid'],
  ['math.sigmoid', 'sigmoid'],
  ['math.tanh', 'tanh'],
  ['nn.tanh', 'tanh'],
  ['nn.silu', 'swish'],
  ['math.abs', 'abs'],
  ['math.negative', 'neg'],
  ['math.square', 'square'],
  ['math.sqrt', 'sqrt'],
  ['math.exp', 'exp'],
]);

/** A call of a TensorFlow function between layers of Keras 2. */
const tfOpLambda: LayerRule = {
  takesConstants: true,
  check: (config) => {
    const name = config.string('function', '');
    if (UNARY_FUNCTIONS.has(name) || BINARY_FUNCTIONS.has(name)) return;
    refuseFunction(config, `It calls the TensorFlow function "tf.${name}"`);
  },
  build: (layer, inputs) => {
    const name = layer.config.string('function', '');
    const fn = BINARY_FUNCTIONS.get(name);
    if (fn) return operation(fn)(layer, inputs);
    return layer.unary({ fn: UNARY_FUNCTIONS.get(name) ?? 'identity' }, inputs[0] ?? -1);
  },
};

export const MERGE_LAYERS: LayerRules = {
  Add: merge('add'),
  Subtract: merge('sub'),
  Multiply: merge('mul'),
  Maximum: merge('max'),
  Minimum: merge('min'),
  Average: average,
  Concatenate: concatenate,
  Divide: operationRule('div'),
  TrueDivide: operationRule('div'),
  TFOpLambda: tfOpLambda,
  Relu: unaryOperation('relu'),
  Relu6: unaryOperation('relu6'),
  Sigmoid: unaryOperation('sigmoid'),
  Tanh: unaryOperation('tanh'),
  Silu: unaryOperation('swish'),
  Softplus: unaryOperation('softplus'),
  Softsign: unaryOperation('softsign'),
  Selu: unaryOperation('selu'),
  HardSilu: unaryOperation('hardSwish'),
  LogSigmoid: unaryOperation('logSigmoid'),
  Absolute: unaryOperation('abs'),
  Negative: unaryOperation('neg'),
  Square: unaryOperation('square'),
  Sqrt: unaryOperation('sqrt'),
  Exp: unaryOperation('exp'),
};
