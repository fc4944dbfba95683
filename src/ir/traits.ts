/**
 * What shared code asks about functions and ops, instead of their names: the value of an
 * elementwise function, whether it is monotone, how many multiply-adds a node stands for.
 */
import { erf, erfc } from './erf.ts';
import { roundHalfToEven, toBfloat16, toHalf } from './rounding.ts';
import { elementCount, type Graph, getValue, type Shape } from './graph.ts';
import {
  applyRule,
  type Node,
  type OpKind,
  type Rules,
  type Unary,
  type UnaryFn,
  type ValueId,
} from './ops.ts';

type Real = (x: number) => number;
type UnaryOf<F extends UnaryFn> = Extract<Unary, { readonly fn: F }>;

interface UnaryTraits<U> {
  /** The function in f64. Parameters are already rounded to f32, which is how runtimes hold them. */
  readonly evaluate: (unary: U) => Real;
  /** Whether x <= y implies f(x) <= f(y) for all reals, with these parameters. */
  readonly isMonotone: boolean | ((unary: U) => boolean);
}

/** The value of an elementwise function, in f64. */
export function evaluateUnary(unary: Unary, x: number): number {
  return unaryFunction(unary)(x);
}

/** The function itself, for loops. */
export function unaryFunction(unary: Unary): Real {
  return traitsOf(unary).evaluate(withFloatParameters(unary));
}

/** Whether x <= y implies f(x) <= f(y) for all reals. */
export function isMonotone(unary: Unary): boolean {
  const { isMonotone } = traitsOf(unary);
  return typeof isMonotone === 'boolean' ? isMonotone : isMonotone(unary);
}

export function isIdentity(unary: Unary): boolean {
  return unary.fn === 'identity';
}

/** The multiply-adds that a node stands for, padding included; 0 for what doesn't accumulate. */
export function macsOf(node: Node, graph: Pick<Graph, 'values'>): number {
  return applyRule(MACS, node, (id: ValueId) => getValue(graph, id).type.shape);
}

function traitsOf(unary: Unary): UnaryTraits<Unary> {
  // The table pairs each function with its own parameters; the compiler can't follow the pairing.
  return UNARY[unary.fn] as unknown as UnaryTraits<Unary>;
}

function withFloatParameters(unary: Unary): Unary {
  const rounded = Object.entries(unary).map(([key, value]) => [
    key,
    typeof value === 'number' ? Math.fround(value) : value,
  ]);
  return Object.fromEntries(rounded) as Unary;
}

const SELU_ALPHA = 1.6732632423543772;
const SELU_SCALE = 1.0507009873554805;

const softplus: Real = (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
const sigmoid: Real = (x) => 1 / (1 + Math.exp(-x));
const clamp = (x: number, min: number, max: number): number => Math.min(Math.max(x, min), max);

/** Comparisons are written so that NaN stays NaN, except where the function is a step. */
const UNARY: { readonly [F in UnaryFn]: UnaryTraits<UnaryOf<F>> } = {
  identity: { evaluate: () => (x) => x, isMonotone: true },
  relu: { evaluate: () => (x) => Math.max(x, 0), isMonotone: true },
  relu6: { evaluate: () => (x) => clamp(x, 0, 6), isMonotone: true },
  selu: {
    evaluate: () => (x) => SELU_SCALE * (x < 0 ? SELU_ALPHA * Math.expm1(x) : x),
    isMonotone: true,
  },
  // erfc keeps the digits that 1 + erf cancels for negative x.
  gelu: { evaluate: () => (x) => 0.5 * x * erfc(-x * Math.SQRT1_2), isMonotone: false },
  geluTanh: {
    evaluate: () => (x) =>
      0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x))),
    isMonotone: false,
  },
  sigmoid: { evaluate: () => sigmoid, isMonotone: true },
  tanh: { evaluate: () => Math.tanh, isMonotone: true },
  softplus: { evaluate: () => softplus, isMonotone: true },
  softsign: { evaluate: () => (x) => x / (1 + Math.abs(x)), isMonotone: true },
  swish: { evaluate: () => (x) => x * sigmoid(x), isMonotone: false },
  hardSwish: { evaluate: () => (x) => (x * clamp(x + 3, 0, 6)) / 6, isMonotone: false },
  mish: { evaluate: () => (x) => x * Math.tanh(softplus(x)), isMonotone: false },
  logSigmoid: { evaluate: () => (x) => -softplus(-x), isMonotone: true },
  tanhShrink: { evaluate: () => (x) => x - Math.tanh(x), isMonotone: true },
  sparsePlus: {
    evaluate: () => (x) => (x <= -1 ? 0 : x < 1 ? ((x + 1) * (x + 1)) / 4 : x),
    isMonotone: true,
  },
  sparseSigmoid: { evaluate: () => (x) => clamp(0.5 * (x + 1), 0, 1), isMonotone: true },
  exp: { evaluate: () => Math.exp, isMonotone: true },
  log: { evaluate: () => Math.log, isMonotone: false },
  sqrt: { evaluate: () => Math.sqrt, isMonotone: false },
  rsqrt: { evaluate: () => (x) => 1 / Math.sqrt(x), isMonotone: false },
  abs: { evaluate: () => Math.abs, isMonotone: false },
  neg: { evaluate: () => (x) => -x, isMonotone: false },
  square: { evaluate: () => (x) => x * x, isMonotone: false },
  reciprocal: { evaluate: () => (x) => 1 / x, isMonotone: false },
  erf: { evaluate: () => erf, isMonotone: true },
  floor: { evaluate: () => Math.floor, isMonotone: true },
  ceil: { evaluate: () => Math.ceil, isMonotone: true },
  round: { evaluate: () => roundHalfToEven, isMonotone: true },
  sin: { evaluate: () => Math.sin, isMonotone: false },
  cos: { evaluate: () => Math.cos, isMonotone: false },
  tan: { evaluate: () => Math.tan, isMonotone: false },
  asin: { evaluate: () => Math.asin, isMonotone: false },
  acos: { evaluate: () => Math.acos, isMonotone: false },
  atan: { evaluate: () => Math.atan, isMonotone: true },
  sinh: { evaluate: () => Math.sinh, isMonotone: true },
  cosh: { evaluate: () => Math.cosh, isMonotone: false },
  asinh: { evaluate: () => Math.asinh, isMonotone: true },
  acosh: { evaluate: () => Math.acosh, isMonotone: false },
  atanh: { evaluate: () => Math.atanh, isMonotone: false },
  toHalf: { evaluate: () => toHalf, isMonotone: true },
  toBfloat16: { evaluate: () => toBfloat16, isMonotone: true },
  // Math.sign, but NaN and -0 stay as they are: -0 is 0 to every comparison.
  signum: { evaluate: () => Math.sign, isMonotone: true },
  sign: { evaluate: () => (x) => (x < 0 ? -1 : 1), isMonotone: true },
  heaviside: { evaluate: () => (x) => (x > 0 ? 1 : 0), isMonotone: true },
  leakyRelu: {
    evaluate:
      ({ alpha }) =>
      (x) =>
        x < 0 ? alpha * x : x,
    isMonotone: ({ alpha }) => alpha >= 0,
  },
  elu: {
    evaluate:
      ({ alpha }) =>
      (x) =>
        x < 0 ? alpha * Math.expm1(x) : x,
    isMonotone: ({ alpha }) => alpha >= 0,
  },
  celu: {
    evaluate:
      ({ alpha }) =>
      (x) =>
        Math.max(x, 0) + Math.min(0, alpha * Math.expm1(x / alpha)),
    isMonotone: ({ alpha }) => alpha > 0,
  },
  hardSigmoid: {
    evaluate:
      ({ alpha, beta }) =>
      (x) =>
        clamp(alpha * x + beta, 0, 1),
    isMonotone: ({ alpha }) => alpha >= 0,
  },
  clip: {
    evaluate:
      ({ min, max }) =>
      (x) =>
        clamp(x, min, max),
    isMonotone: true,
  },
  thresholdedRelu: {
    evaluate:
      ({ theta, value }) =>
      (x) =>
        x > theta ? x : value,
    isMonotone: ({ theta, value }) => value <= theta,
  },
  hardShrink: {
    evaluate:
      ({ lambda }) =>
      (x) =>
        Math.abs(x) > lambda ? x : 0,
    isMonotone: true,
  },
  softShrink: {
    evaluate:
      ({ lambda }) =>
      (x) =>
        x > lambda ? x - lambda : x < -lambda ? x + lambda : 0,
    isMonotone: true,
  },
  shrink: {
    evaluate:
      ({ lambda, bias }) =>
      (x) =>
        x > lambda ? x - bias : x < -lambda ? x + bias : 0,
    isMonotone: ({ lambda, bias }) => lambda >= 0 && bias <= lambda,
  },
  squareplus: {
    evaluate:
      ({ b }) =>
      (x) =>
        (x + Math.sqrt(x * x + b)) / 2,
    isMonotone: ({ b }) => b >= 0,
  },
  ternary: {
    evaluate:
      ({ threshold }) =>
      (x) =>
        Math.sign(Math.sign(x + threshold) + Math.sign(x - threshold)),
    isMonotone: true,
  },
};

type ShapeOf = (id: ValueId) => Shape;

const none = (): number => 0;

const MACS: Rules<number, [ShapeOf]> = {
  conv2d: (node, shapeOf) => {
    const [height, width, channels] = operandShape(node, 1, shapeOf) as [number, number, number];
    return elementCount(shapeOf(node.output)) * height * width * channels;
  },
  depthwiseConv2d: (node, shapeOf) => {
    const [height, width] = operandShape(node, 1, shapeOf) as [number, number];
    return elementCount(shapeOf(node.output)) * height * width;
  },
  conv2dTranspose: (node, shapeOf) => {
    const [height, width, outputs] = operandShape(node, 1, shapeOf) as [number, number, number];
    return elementCount(operandShape(node, 0, shapeOf)) * height * width * outputs;
  },
  dense: (node, shapeOf) =>
    elementCount(operandShape(node, 0, shapeOf)) * (operandShape(node, 1, shapeOf)[1] as number),
  recurrent: (node, shapeOf) => {
    const [batch, steps] = operandShape(node, 0, shapeOf) as [number, number];
    const perStep = [1, 2].map((index) => elementCount(operandShape(node, index, shapeOf)));
    return batch * steps * ((perStep[0] as number) + (perStep[1] as number));
  },
  matmul: (node, shapeOf) =>
    elementCount(shapeOf(node.output)) * (operandShape(node, 0, shapeOf).at(-1) as number),
  convInteger: (node, shapeOf) => {
    const [height, width, channels] = operandShape(node, 1, shapeOf) as [number, number, number];
    return elementCount(shapeOf(node.output)) * height * width * channels;
  },
  batchNorm: none,
  binary: none,
  unary: none,
  softmax: none,
  layerNorm: none,
  groupNorm: none,
  maxPool2d: none,
  averagePool2d: none,
  reduce: none,
  argReduce: none,
  pad: none,
  slice: none,
  resize2d: none,
  resample: none,
  reshape: none,
  transpose: none,
  concat: none,
  tile: none,
  gather: none,
  integer: none,
  compare: none,
  where: none,
  cast: none,
  binarize: none,
  unpack: none,
};

/** The vocabulary as a list. */
export const OP_KINDS = Object.keys(MACS) as readonly OpKind[];

function operandShape(node: Node, index: number, shapeOf: ShapeOf): Shape {
  return shapeOf(node.inputs[index] as ValueId);
}
