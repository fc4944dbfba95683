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
  | 'sign' // x < 0 ? -1 : +1, so sign(0) = +1
  | 'heaviside'; // x > 0 ? 1 : 0

export type UnaryFn = Unary['fn'];

/** Elementwise functions of two arguments. `prelu(x, a)` is x < 0 ? a x : x. */
export type BinaryFn = 'add' | 'sub' | 'mul' | 'div' | 'max' | 'min' | 'prelu';

export type ReduceFn = 'mean' | 'sum' | 'max' | 'min';

/**
 * What a layer that accumulates (convolution, dense) does with each sum `acc` before it stores it.
 * Its operands follow x and w, one value per output channel each:
 * - linear: [bias]                 y = activation(acc + bias)
 * - norm:   [mean, scale, offset]  y = activation((acc - mean) * scale + offset), each step in f32
 * - sign:   [threshold]            y = bit, acc < threshold  (1 means -1)
 *
 * `norm` keeps the roundings of a batch norm, so that a sign after it falls as in the source.
 * The threshold is i32 where x and w are bits, else f32.
 */
export type Epilogue =
  | { readonly kind: 'linear'; readonly activation: Unary }
  | { readonly kind: 'norm'; readonly activation: Unary }
  | { readonly kind: 'sign' };

/** The window of a convolution. A tap outside the image reads `padValue`. */
export interface ConvWindow {
  readonly strides: Pair;
  readonly dilations: Pair;
  readonly pads: Pads;
  /** 0; in binary layers also 1 or -1, which is what one-padding and {0, 1} activations need. */
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
}

export interface OpAttrs {
  /** x [N,H,W,C], w [kh,kw,C/groups,O], epilogue operands → [N,H',W',O] */
  conv2d: ConvWindow & { readonly groups: number };
  /** x [N,H,W,C], w [kh,kw,C,M], epilogue operands → [N,H',W',C·M]; output channel c·M + m */
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
  dense: { readonly epilogue: Epilogue };
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
  /** x [N,H,W,C], orMask? bit [C] (bit x only: 1 where the pool is an OR of bits instead of an AND) */
  maxPool2d: PoolWindow;
  /** x [N,H,W,C]; divides by the taps inside the image */
  averagePool2d: PoolWindow;
  /** x → axes removed, or kept as 1 */
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
  /** x [N,H,W,C] → [N, size, C]; half-pixel centres */
  resize2d: { readonly mode: 'nearest' | 'bilinear'; readonly size: Pair };
  /** x → the same elements in another shape */
  reshape: { readonly shape: readonly number[] };
  /** x → axis i of the result is axis perm[i] of x */
  transpose: { readonly perm: readonly number[] };
  /** any number of inputs */
  concat: { readonly axis: number };
  /** x → repeated `repeats[i]` times along each axis */
  tile: { readonly repeats: readonly number[] };
  /** table [V, D...], indices (f32 holding integers, clamped to the table) [...] → [..., D...] */
  gather: Record<never, never>;
  /** x [N,T,F], kernel [F,G·U], recurrentKernel [U,G·U], bias [G·U] or [2,G·U] */
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

export const IDENTITY: Unary = { fn: 'identity' };
export const LINEAR: Epilogue = { kind: 'linear', activation: IDENTITY };
