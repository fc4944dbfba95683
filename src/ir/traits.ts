/**
 * What shared code asks about functions and ops, instead of their names: the value of an
 * elementwise function, whether it is monotone, how many multiply-adds a node stands for.
 */
import { erf, erfc } from './erf.ts';
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
import { roundHalfToEven, toBfloat16, toHalf } from './rounding.ts';

type Real = (x: number) => number;
type UnaryOf<F extends UnaryFn> = Extract<Unary, { readonly fn: F }>;

interface UnaryTraits<U> {
  /** The function in f64. Parameters are already rounded to f32, which is how runtimes hold them. */
  readonly evaluate: (unary: U) => Real;
  /** Whether x <= y implies f(x) <= f(y) for all reals, with these parameters. */
  readonly isMonotone: boolean | ((unary: U) => boolean);
  /** The f32 result is the same however it is computed: at most one rounding. */
  readonly roundsOnce?: true;
  /** Not continuous: the smallest difference in x may become a large one. */
  readonly jumps?: true;
  /**
   * Monotone for reals, but computed as the difference of two nearly equal numbers: its rounding
   * errors aren't monotone.
   */
  readonly cancels?: true;
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

/** Whether the f32 result is the same bits however it is computed. */
export function roundsOnce(unary: Unary): boolean {
  return traitsOf(unary).roundsOnce === true;
}

/** Whether the smallest difference in x may become a large one. */
export function jumps(unary: Unary): boolean {
  return traitsOf(unary).jumps === true;
}

/** Whether x <= y implies f(x) <= f(y) for the f32 numbers that are computed, too. */
export function isMonotoneInFloat(unary: Unary): boolean {
  return isMonotone(unary) && traitsOf(unary).cancels !== true;
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
  identity: { evaluate: () => (x) => x, isMonotone: true, roundsOnce: true },
  relu: { evaluate: () => (x) => Math.max(x, 0), isMonotone: true, roundsOnce: true },
  relu6: { evaluate: () => (x) => clamp(x, 0, 6), isMonotone: true, roundsOnce: true },
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
  tanhShrink: { evaluate: () => (x) => x - Math.tanh(x), isMonotone: true, cancels: true },
  sparsePlus: {
    evaluate: () => (x) => (x <= -1 ? 0 : x < 1 ? ((x + 1) * (x + 1)) / 4 : x),
    isMonotone: true,
  },
  sparseSigmoid: { evaluate: () => (x) => clamp(0.5 * (x + 1), 0, 1), isMonotone: true },
  exp: { evaluate: () => Math.exp, isMonotone: true },
  log: { evaluate: () => Math.log, isMonotone: false },
  sqrt: { evaluate: () => Math.sqrt, isMonotone: false, roundsOnce: true },
  rsqrt: { evaluate: () => (x) => 1 / Math.sqrt(x), isMonotone: false },
  abs: { evaluate: () => Math.abs, isMonotone: false, roundsOnce: true },
  neg: { evaluate: () => (x) => -x, isMonotone: false, roundsOnce: true },
  square: { evaluate: () => (x) => x * x, isMonotone: false, roundsOnce: true },
  reciprocal: { evaluate: () => (x) => 1 / x, isMonotone: false, roundsOnce: true },
  erf: { evaluate: () => erf, isMonotone: true },
  floor: { evaluate: () => Math.floor, isMonotone: true, roundsOnce: true, jumps: true },
  ceil: { evaluate: () => Math.ceil, isMonotone: true, roundsOnce: true, jumps: true },
  round: { evaluate: () => roundHalfToEven, isMonotone: true, roundsOnce: true, jumps: true },
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
  toHalf: { evaluate: () => toHalf, isMonotone: true, roundsOnce: true, jumps: true },
  toBfloat16: { evaluate: () => toBfloat16, isMonotone: true, roundsOnce: true, jumps: true },
  // Math.sign, but NaN and -0 stay as they are: -0 is 0 to every comparison.
  signum: { evaluate: () => Math.sign, isMonotone: true, roundsOnce: true, jumps: true },
  sign: {
    evaluate: () => (x) => (x < 0 ? -1 : 1),
    isMonotone: true,
    roundsOnce: true,
    jumps: true,
  },
  heaviside: {
    evaluate: () => (x) => (x > 0 ? 1 : 0),
    isMonotone: true,
    roundsOnce: true,
    jumps: true,
  },
  leakyRelu: {
    evaluate:
      ({ alpha }) =>
      (x) =>
        x < 0 ? alpha * x : x,
    isMonotone: ({ alpha }) => alpha >= 0,
    roundsOnce: true,
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
    roundsOnce: true,
  },
  thresholdedRelu: {
    evaluate:
      ({ theta, value }) =>
      (x) =>
        x > theta ? x : value,
    isMonotone: ({ theta, value }) => value <= theta,
    roundsOnce: true,
    jumps: true,
  },
  hardShrink: {
    evaluate:
      ({ lambda }) =>
      (x) =>
        Math.abs(x) > lambda ? x : 0,
    isMonotone: true,
    roundsOnce: true,
    jumps: true,
  },
  softShrink: {
    evaluate:
      ({ lambda }) =>
      (x) =>
        x > lambda ? x - lambda : x < -lambda ? x + lambda : 0,
    isMonotone: true,
    roundsOnce: true,
  },
  shrink: {
    evaluate:
      ({ lambda, bias }) =>
      (x) =>
        x > lambda ? x - bias : x < -lambda ? x + bias : 0,
    isMonotone: ({ lambda, bias }) => lambda >= 0 && bias <= lambda,
    roundsOnce: true,
    jumps: true,
  },
  squareplus: {
    evaluate:
      ({ b }) =>
      (x) =>
        (x + Math.sqrt(x * x + b)) / 2,
    isMonotone: ({ b }) => b >= 0,
    cancels: true,
  },
  ternary: {
    evaluate:
      ({ threshold }) =>
      (x) =>
        Math.sign(Math.sign(x + threshold) + Math.sign(x - threshold)),
    isMonotone: true,
    roundsOnce: true,
    jumps: true,
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
