/**
 * The op vocabulary: every operation that a graph may hold, with its typed parameters.
 *
 * Each stage (shape inference, reference interpreter, kernel choice, …) is one table of type
 * `Rules<R>` over this vocabulary, so the compiler names the tables that a new op is missing from.
 *
 * Conventions: shapes are full (batch included, 1 for models with a free batch); images are NHWC;
 * `pads` are [top, left, bottom, right]; pairs are [y, x]. Operands are positional and documented
 * beside each op; `?` marks one that may be left out.
 */

import type { DType } from './graph.ts';

export type Pair = readonly [number, number];
export type Pads = readonly [number, number, number, number];

/** Elementwise functions of one argument, with their parameters. x is the argument. */
export type Unary =
  | { readonly fn: UnaryPlain }
  | { readonly fn: 'leakyRelu'; readonly alpha: number } // x < 0 ? alpha x : x
  | { readonly fn: 'elu'; readonly alpha: number } // x < 0 ? alpha (e^x - 1) : x
  | { readonly fn: 'celu'; readonly alpha: number } // max(x,0) + min(0, alpha (e^(x/alpha) - 1))
  | { readonly fn: 'hardSigmoid'; readonly alpha: number; readonly beta: number } // clip(alpha x + beta, 0, 1)
  | { readonly fn: 'clip'; readonly min: number; readonly max: number } // min(max(x, min), max)
  | { readonly fn: 'thresholdedRelu'; readonly theta: number; readonly value: number } // x > theta ? x : value
  | { readonly fn: 'hardShrink'; readonly lambda: number } // |x| > lambda ? x : 0
  | { readonly fn: 'softShrink'; readonly lambda: number } // x > l ? x - l : x < -l ? x + l : 0
  | { readonly fn: 'shrink'; readonly lambda: number; readonly bias: number } // x > l ? x - bias : x < -l ? x + bias : 0
  | { readonly fn: 'squareplus'; readonly b: number } // (x + sqrt(x^2 + b)) / 2
  | { readonly fn: 'ternary'; readonly threshold: number }; // sign(sign(x + t) + sign(x - t)) with sign(0) = 0

/** Elementwise functions without parameters. */
export type UnaryPlain =
  | 'identity'
  | 'relu'
  | 'relu6'
  | 'selu'
  | 'gelu' // exact, with erf
  | 'geluTanh' // the tanh approximation
  | 'sigmoid'
  | 'tanh'
  | 'softplus'
  | 'softsign'
  | 'swish'
  | 'hardSwish' // x relu6(x + 3) / 6
  | 'mish'
  | 'logSigmoid'
  | 'tanhShrink' // x - tanh(x)
  | 'sparsePlus'
  | 'sparseSigmoid'
  | 'exp'
  | 'log'
  | 'sqrt'
  | 'rsqrt'
  | 'abs'
  | 'neg'
  | 'square'
  | 'reciprocal'
  | 'erf'
  | 'floor'
  | 'ceil'
  | 'round' // halves go to the even neighbour
  | 'sin'
  | 'cos'
  | 'tan'
  | 'asin'
  | 'acos'
  | 'atan'
  | 'sinh'
  | 'cosh'
  | 'asinh'
  | 'acosh'
  | 'atanh'
  | 'toHalf' // rounded to the nearest IEEE half-precision number
  | 'toBfloat16' // rounded to the nearest bfloat16
  | 'signum' // -1, 0 or +1, with signum(0) = 0
  | 'sign' // x < 0 ? -1 : +1, so sign(0) = +1
  | 'heaviside'; // x > 0 ? 1 : 0

export type UnaryFn = Unary['fn'];

/**
 * Elementwise functions of two arguments. `prelu(x, a)` is x < 0 ? a x : x; `fmod` is C's, with the
 * sign of the dividend.
 */
export type BinaryFn = 'add' | 'sub' | 'mul' | 'div' | 'max' | 'min' | 'prelu' | 'pow' | 'fmod';

/**
 * Functions of two i32. Sums, differences, products and powers wrap at 32 bits. `div` truncates,
 * `rem` has the sign of the dividend, `mod` that of the divisor; all three give 0 for a divisor of
 * 0. Shifts by 32 or more (or less than 0) give 0; `shr` keeps the sign. `pow` with a negative
 * exponent gives 0, except for bases of 1 and -1.
 */
export type IntegerFn =
  | 'add'
  | 'sub'
  | 'mul'
  | 'div'
  | 'mod'
  | 'rem'
  | 'max'
  | 'min'
  | 'pow'
  | 'and'
  | 'or'
  | 'xor'
  | 'shl'
  | 'shr';

export type CompareFn = 'equal' | 'less' | 'lessOrEqual';

/** mean is for f32 only. */
export type ReduceFn = 'mean' | 'sum' | 'max' | 'min' | 'prod';

/**
 * What a layer that accumulates (convolution, dense) does with each sum `acc` before it stores it.
 * Its operands follow x and w, one value per output channel each, but for the addend, which is as y:
 * - linear: [bias]                 y = activation(acc + bias)
 * - norm:   [mean, scale, offset]  y = activation((acc - mean) * scale + offset), each step in f32
 * - add:    [mean, scale, offset, addend]
 *                                  y = activation((acc - mean) * scale + offset + addend), alike
 * - sign:   [threshold]            y = bit, acc < threshold  (1 means -1)
 * - integer: [bias]                y = i32, acc + bias
 * - requantize: [bias, scale]      y = i8, round((acc + bias) * scale) + zeroPoint, within min..max
 *
 * `norm` keeps the roundings of a batch norm, so that a sign after it falls as in the source.
 * `add` is for convolutions of bits by bits alone.
 * The threshold is f32 where x or w is, else i32.
 *
 * Of integers (x is i8 or u8) acc is an i32, exactly; `integer` and `requantize` are for them alone,
 * and `linear` is not. Their bias is i32 and wraps; `requantize` converts to f32, multiplies in
 * f32, and halves go to the even neighbour.
 */
export type Epilogue =
  | { readonly kind: 'linear'; readonly activation: Unary }
  | { readonly kind: 'norm'; readonly activation: Unary }
  | { readonly kind: 'add'; readonly activation: Unary }
  | { readonly kind: 'sign' }
  | { readonly kind: 'integer' }
  | Requantize;

export interface Requantize {
  readonly kind: 'requantize';
  readonly zeroPoint: number;
  readonly min: number;
  readonly max: number;
}

/** What layers that accumulate have to know of an x of integers. */
export interface IntegerInput {
  /** The element of an i8 or u8 x that stands for 0; it is subtracted from all. 0 if left out. */
  readonly zeroPoint?: number;
}

/** The window of a convolution. A tap outside the image reads `padValue`. */
export interface ConvWindow extends IntegerInput {
  readonly strides: Pair;
  readonly dilations: Pair;
  readonly pads: Pads;
  /**
   * 0, which in an x of integers is its zero point; in binary layers also 1 or -1, which is what
   * one-padding and {0, 1} activations need.
   */
  readonly padValue: 0 | 1 | -1;
  readonly epilogue: Epilogue;
}

export interface PoolWindow {
  readonly size: Pair;
  readonly strides: Pair;
  readonly dilations: Pair;
  /** Taps outside the image do not take part. */
  readonly pads: Pads;
}

/** Gate order: gru z r h, lstm i f c o, as Keras stores them. */
export interface RecurrentAttrs {
  readonly cell: 'simple' | 'gru' | 'lstm';
  readonly activation: Unary;
  readonly recurrentActivation: Unary;
  /** Read the sequence from its end. The outputs then come in that order too, as Keras has it. */
  readonly goBackwards: boolean;
  /** All steps [N, T, U], or the last one [N, U]. */
  readonly returnSequences: boolean;
  /** gru only: apply the reset gate after the recurrent product (bias is then [2, 3U]). */
  readonly resetAfter: boolean;
  /** lstm only, with returnSequences: each step gives its cell state behind its output, [N, T, 2U]. */
  readonly returnCells: boolean;
}

export interface OpAttrs {
  /**
   * x [N,H,W,C], w [kh,kw,C/groups,O], epilogue operands → [N,H',W',O]. In this and the next two,
   * x and w are f32 or bits each, or x is i8 or u8 and w i8 (from -127 on) or bits.
   */
  conv2d: ConvWindow & { readonly groups: number };
  /** x [N,H,W,C] (not u8), w [kh,kw,C,M], epilogue operands → [N,H',W',C·M]; output channel c·M + m */
  depthwiseConv2d: ConvWindow;
  /** x [N,H,W,C], w [kh,kw,O,C], bias [O] → [N, outputSize, O]; pads crop the full result */
  conv2dTranspose: {
    readonly strides: Pair;
    readonly dilations: Pair;
    readonly pads: Pads;
    readonly outputSize: Pair;
    readonly activation: Unary;
  };
  /** x [...,K], w [K,O], epilogue operands → [...,O] */
  dense: IntegerInput & { readonly epilogue: Epilogue };
  /** x [...,C], mean [C], scale [C], offset [C] → (x - mean) * scale + offset, each step in f32 */
  batchNorm: { readonly activation: Unary };
  /** a, b → broadcast like NumPy */
  binary: { readonly fn: BinaryFn; readonly activation: Unary };
  /** x → same shape */
  unary: { readonly unary: Unary };
  /** x → same shape, normalised over one axis */
  softmax: { readonly axis: number; readonly variant: 'softmax' | 'logSoftmax' | 'sparsemax' };
  /**
   * x, gamma, beta → same shape, normalised over the trailing axes from `axis` on; gamma and beta
   * have those axes' shape. `center` false leaves the mean in (RMS norm).
   */
  layerNorm: { readonly axis: number; readonly epsilon: number; readonly center: boolean };
  /**
   * x [N,H,W,C] f32, i8 or bit, orMask? bit [C] (bit x only: 1 where the pool is an OR of bits
   * instead of an AND)
   */
  maxPool2d: PoolWindow;
  /**
   * x [N,H,W,C] f32 or i8; divides by the taps inside the image, and of i8 rounds to the nearest,
   * halves away from 0
   */
  averagePool2d: PoolWindow;
  /**
   * x [N,...,C], gamma [C], beta [C] → same shape, each sample normalised over all axes but the first
   * and a group of channels: groups 1 is layer norm, groups C instance norm
   */
  groupNorm: { readonly groups: number; readonly epsilon: number };
  /** x f32 or i32 → axes removed, or kept as 1 */
  reduce: { readonly fn: ReduceFn; readonly axes: readonly number[]; readonly keepDims: boolean };
  /** x → padded with a constant; one entry per axis */
  pad: {
    readonly before: readonly number[];
    readonly after: readonly number[];
    readonly value: number;
  };
  /** x → x[begin : begin + size·step : step] per axis; step may be negative */
  slice: {
    readonly begin: readonly number[];
    readonly size: readonly number[];
    readonly step: readonly number[];
  };
  /**
   * x f32 or i32 → i32, the place of the extreme along an axis: the first one, or the last. NaN is
   * more extreme than any number.
   */
  argReduce: {
    readonly fn: 'argMax' | 'argMin';
    readonly axis: number;
    readonly keepDims: boolean;
    readonly last: boolean;
  };
  /** x [N,H,W,C] → [N, size, C]; half-pixel centres */
  resize2d: { readonly mode: 'nearest' | 'bilinear'; readonly size: Pair };
  /**
   * x f32, indices i32 [S,T], weights f32 [S,T] (both constant) → axis of size S whose element s is
   * the sum over t of weights[s,t] · x[indices[s,t]]: any separable interpolation, an axis at a time
   */
  resample: { readonly axis: number };
  /** x → the same elements in another shape */
  reshape: { readonly shape: readonly number[] };
  /** x → axis i of the result is axis perm[i] of x */
  transpose: { readonly perm: readonly number[] };
  /** any number of inputs */
  concat: { readonly axis: number };
  /** x → repeated `repeats[i]` times along each axis */
  tile: { readonly repeats: readonly number[] };
  /**
   * table, indices i32 or f32 holding integers, clamped to the axis → the axis replaced by the axes
   * of the indices
   */
  gather: { readonly axis: number };
  /** a [...,M,K], b [...,K,N], both f32 or both i32 → [...,M,N]; the axes before broadcast */
  matmul: Record<never, never>;
  /** x i32 [N,H,W,C], w i32 [kh,kw,C/groups,O] → i32 [N,H',W',O]; taps outside read 0 */
  convInteger: {
    readonly strides: Pair;
    readonly dilations: Pair;
    readonly pads: Pads;
    readonly groups: number;
  };
  /** a, b i32 → i32, broadcast like NumPy */
  integer: { readonly fn: IntegerFn };
  /** a, b both f32 or both i32 → i32, 1 where it holds and 0 elsewhere; broadcast like NumPy */
  compare: { readonly fn: CompareFn };
  /** condition i32, a, b both f32 or both i32 → a where the condition isn't 0, else b; broadcast */
  where: Record<never, never>;
  /**
   * x → the same elements in another type. f32 to i32 truncates, saturates, and takes NaN to 0; i32
   * to f32 rounds to the nearest; i32 to a narrower type keeps the low bits, and f32 does so by way
   * of i32; to bool asks of both whether it isn't 0; narrower types become f32 or i32 with their
   * value.
   */
  cast: { readonly to: Exclude<DType, 'bit'> };
  /**
   * x [N,T,F], kernel [F,G·U], recurrentKernel [U,G·U], bias [G·U] or [2,G·U], then the state before
   * the first step: initialH? [N,U], for lstm initialC? [N,U] with it, and peepholes? [3,U] (i o f)
   */
  recurrent: RecurrentAttrs;
  /**
   * x f32 [...,C], threshold f32 [C], direction f32 [C] of ±1 → bit: x * direction < threshold.
   * The sign of a float tensor, with an affine chain before it absorbed.
   */
  binarize: Record<never, never>;
  /** x bit → f32, 1 - 2·bit */
  unpack: Record<never, never>;
}

export type OpKind = keyof OpAttrs;

/** One table of a stage: a rule per op. */
export type Rules<R, Extra extends unknown[] = []> = {
  readonly [K in OpKind]: (node: NodeOf<K>, ...extra: Extra) => R;
};

/** Values are named by small integers, unique within a graph and stable through passes. */
export type ValueId = number;

/** A node of one op. Its `name` and `sourceOp` are those of the model file, for messages. */
export interface NodeOf<K extends OpKind> {
  readonly op: K;
  readonly attrs: OpAttrs[K];
  readonly inputs: readonly ValueId[];
  readonly output: ValueId;
  readonly name: string;
  readonly sourceOp: string;
}

export type Node = { [K in OpKind]: NodeOf<K> }[OpKind];

/** Calls the rule for a node's op. The one place where the table's type is narrowed by hand. */
export function applyRule<R, Extra extends unknown[]>(
  rules: Rules<R, Extra>,
  node: Node,
  ...extra: Extra
): R {
  const rule = rules[node.op] as (node: Node, ...extra: Extra) => R;
  return rule(node, ...extra);
}

/** The function that an epilogue ends with, if it has one. */
export function activationOf(epilogue: Epilogue): Unary | undefined {
  return 'activation' in epilogue ? epilogue.activation : undefined;
}

export const IDENTITY: Unary = { fn: 'identity' };
export const LINEAR: Epilogue = { kind: 'linear', activation: IDENTITY };
