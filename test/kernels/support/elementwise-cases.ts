/** Random cases for activations and for kernels that work element by element or along rows. */
import { elementCount } from '../../../src/ir/graph.ts';
import { type BinaryFn, IDENTITY, type Unary, type UnaryFn } from '../../../src/ir/ops.ts';
import { bitTensor, evaluate, floatTensor, type KernelCase, operand } from './case.ts';
import type { Random } from './random.ts';

const EPSILON = 2 ** -24;

interface UnarySample {
  readonly unary: Unary;
  /**
   * The largest error in units of 2^-24, and of which size: of the result, or of the argument where
   * the function subtracts values of that size. 0 for functions that f32 computes exactly.
   */
  readonly units: number;
  readonly of?: 'argument';
  readonly range?: readonly [number, number];
}

/** A few libm calls and roundings, each good to about one unit. */
const FEW = 8;
const exact = (unary: Unary): UnarySample => ({ unary, units: 0 });
const close = (unary: Unary): UnarySample => ({ unary, units: FEW });

const SAMPLES: { readonly [F in Exclude<UnaryFn, 'identity'>]: UnarySample } = {
  relu: exact({ fn: 'relu' }),
  relu6: exact({ fn: 'relu6' }),
  leakyRelu: exact({ fn: 'leakyRelu', alpha: 0.3 }),
  clip: exact({ fn: 'clip', min: -0.7, max: 1.3 }),
  thresholdedRelu: exact({ fn: 'thresholdedRelu', theta: 0.7, value: -0.25 }),
  hardShrink: exact({ fn: 'hardShrink', lambda: 0.5 }),
  softShrink: exact({ fn: 'softShrink', lambda: 0.5 }),
  ternary: exact({ fn: 'ternary', threshold: 0.5 }),
  abs: exact({ fn: 'abs' }),
  neg: exact({ fn: 'neg' }),
  square: exact({ fn: 'square' }),
  sign: exact({ fn: 'sign' }),
  heaviside: exact({ fn: 'heaviside' }),
  sqrt: { ...exact({ fn: 'sqrt' }), range: [0, 100] },
  hardSigmoid: { ...close({ fn: 'hardSigmoid', alpha: 0.2, beta: 0.5 }), of: 'argument' },
  hardSwish: { ...close({ fn: 'hardSwish' }), of: 'argument' },
  sparsePlus: { ...close({ fn: 'sparsePlus' }), of: 'argument' },
  sparseSigmoid: { ...close({ fn: 'sparseSigmoid' }), of: 'argument' },
  squareplus: { ...close({ fn: 'squareplus', b: 4 }), of: 'argument' },
  elu: close({ fn: 'elu', alpha: 1.5 }),
  celu: close({ fn: 'celu', alpha: 1.5 }),
  selu: close({ fn: 'selu' }),
  // erfc in the tail multiplies the rounding of its argument by the argument's square.
  gelu: { unary: { fn: 'gelu' }, units: FEW + 2 * 5 ** 2, range: [-5, 5] },
  geluTanh: { ...close({ fn: 'geluTanh' }), of: 'argument' },
  sigmoid: close({ fn: 'sigmoid' }),
  tanh: close({ fn: 'tanh' }),
  softplus: close({ fn: 'softplus' }),
  softsign: close({ fn: 'softsign' }),
  swish: close({ fn: 'swish' }),
  mish: close({ fn: 'mish' }),
  logSigmoid: close({ fn: 'logSigmoid' }),
  tanhShrink: { ...close({ fn: 'tanhShrink' }), of: 'argument' },
  exp: close({ fn: 'exp' }),
  log: { ...close({ fn: 'log' }), range: [1e-3, 100] },
  rsqrt: { ...close({ fn: 'rsqrt' }), range: [1e-3, 100] },
  reciprocal: exact({ fn: 'reciprocal' }),
  floor: exact({ fn: 'floor' }),
  ceil: exact({ fn: 'ceil' }),
  round: exact({ fn: 'round' }),
  signum: exact({ fn: 'signum' }),
  shrink: { ...exact({ fn: 'shrink', lambda: 0.75, bias: 0.25 }), range: [-2, 2] },
  toHalf: exact({ fn: 'toHalf' }),
  toBfloat16: exact({ fn: 'toBfloat16' }),
  erf: close({ fn: 'erf' }),
  sin: close({ fn: 'sin' }),
  cos: close({ fn: 'cos' }),
  tan: close({ fn: 'tan' }),
  asin: { ...close({ fn: 'asin' }), range: [-1, 1] },
  acos: { ...close({ fn: 'acos' }), range: [-1, 1] },
  atan: close({ fn: 'atan' }),
  sinh: close({ fn: 'sinh' }),
  cosh: close({ fn: 'cosh' }),
  asinh: close({ fn: 'asinh' }),
  acosh: { ...close({ fn: 'acosh' }), range: [1, 50] },
  atanh: { ...close({ fn: 'atanh' }), range: [-0.99, 0.99] },
};

export const UNARY_SAMPLES: readonly UnarySample[] = Object.values(SAMPLES);

/** The last ones are where rounding to integers and to narrower floats turns. */
const AWKWARD = [
  ...[0, -0, 1, -1, 0.5, -0.5, 3, -3, 6, 1e-7, -1e-7, 40, -40],
  ...[2.5, -1.5, 1 + 2 ** -11, 1 + 3 * 2 ** -11, 1 + 2 ** -8, 2 ** -24 * 1.5, 3e-8],
];

export function unaryCase({ unary, units, of, range }: UnarySample, random: Random): KernelCase {
  const [rows, channels] = [random.int(1, 4), random.int(20, 50)];
  const data = random.reals(rows * channels, ...(range ?? [-6, 6]));
  if (!range) data.set(AWKWARD);
  const x = floatTensor([rows, channels], data);
  const y = evaluate('unary', { unary }, [x]).data;
  const sizes = of === 'argument' ? data.map((value) => Math.max(1, Math.abs(value))) : y;
  return {
    kernel: 'unary_f32_f32',
    shape: { rows, channels, activation: unary },
    inputs: [operand(x)],
    expected: y,
    tolerance: (i) => units * EPSILON * Math.abs(sizes[i] as number),
    ...inPlaceSometimes(random),
  };
}

const ACTIVATION = [IDENTITY, { fn: 'relu' }, { fn: 'clip', min: -1, max: 1 }] as const;

export function batchNormCase(random: Random): KernelCase {
  const [rows, channels] = [random.int(1, 6), random.channels()];
  const activation = random.pick(ACTIVATION);
  const x = floatTensor([rows, channels], random.reals(rows * channels));
  const operands = ['mean', 'scale', 'offset'].map(() => {
    return floatTensor([channels], random.reals(channels));
  });
  return {
    kernel: 'batch_norm_f32_f32',
    shape: { rows, channels, activation },
    inputs: [x, ...operands].map(operand),
    expected: evaluate('batchNorm', { activation }, [x, ...operands]).data,
    ...inPlaceSometimes(random),
  };
}

export function binarizeCase(random: Random): KernelCase {
  const [rows, channels] = [random.int(1, 6), random.channels()];
  const x = floatTensor([rows, channels], random.dyadics(rows * channels));
  const threshold = floatTensor([channels], random.dyadics(channels));
  const direction = floatTensor(
    [channels],
    Float32Array.from({ length: channels }, () => random.pick([1, -1])),
  );
  return {
    kernel: 'binarize_f32_b1',
    shape: { rows, channels, activation: IDENTITY },
    inputs: [x, threshold, direction].map(operand),
    expected: evaluate('binarize', {}, [x, threshold, direction]).data,
    bitChannels: channels,
  };
}

export function unpackCase(random: Random): KernelCase {
  const [rows, channels] = [random.int(1, 6), random.channels()];
  const x = bitTensor([rows, channels], random.bits(rows * channels));
  return {
    kernel: 'unpack_b1_f32',
    shape: { rows, channels, activation: IDENTITY },
    inputs: [operand(x)],
    expected: evaluate('unpack', {}, [x]).data,
  };
}

export const BINARY_FNS: readonly BinaryFn[] = 'add sub mul div max min prelu pow fmod'.split(
  ' ',
) as BinaryFn[];

/** All of these functions but pow are exact in f32. */
export function binaryCase(fn: BinaryFn, random: Random): KernelCase {
  const { shapes, whole, strides } = randomBroadcast(2, random);
  const [aShape, bShape] = shapes as [number[], number[]];
  const activation = random.pick(ACTIVATION);
  const reals = random.reals(elementCount(aShape), fn === 'pow' ? 0.1 : -2);
  const a = floatTensor(aShape, random.withNaNs(reals));
  const b = floatTensor(bShape, random.withNaNs(random.reals(elementCount(bShape))));
  const y = evaluate('binary', { fn, activation }, [a, b]).data;
  return {
    kernel: `${fn}_f32_f32`,
    shape: { size: strides.size, a_stride: strides.of(0), b_stride: strides.of(1), activation },
    inputs: [operand(a), operand(b)],
    expected: y,
    tolerance: (i) => (fn === 'pow' ? FEW * EPSILON * Math.abs(y[i] as number) : 0),
    ...(whole && random.chance(0.5) ? { inPlace: random.int(0, 1) } : {}),
  };
}

interface Broadcast {
  readonly shapes: readonly (readonly number[])[];
  /** No operand repeats. */
  readonly whole: boolean;
  readonly strides: {
    readonly size: readonly number[];
    readonly of: (operand: number) => number[];
  };
}

/** Shapes of up to six axes, along some of which operands repeat. */
export function randomBroadcast(operands: number, random: Random): Broadcast {
  const rank = random.int(1, 6);
  const shape = Array.from({ length: rank }, () => random.int(1, rank > 3 ? 3 : 7));
  const whole = random.chance(0.4);
  const shapes = Array.from({ length: operands }, () => {
    return shape.map((size) => (whole || random.chance(0.7) ? size : 1));
  });
  const result = shape.map((_, axis) => Math.max(...shapes.map((list) => list[axis] as number)));
  const strides = {
    size: rightAligned(result, 1),
    of: (operand: number) => rightAligned(broadcastStrides(shapes[operand] as number[]), 0),
  };
  return { shapes, whole, strides };
}

export function softmaxCase(
  variant: 'softmax' | 'logSoftmax' | 'sparsemax',
  random: Random,
): KernelCase {
  const [outer, axis, inner] = [random.int(1, 3), random.int(1, 40), random.int(1, 4)];
  const spread = random.pick([1, 4, 20]);
  const x = floatTensor([outer, axis, inner], random.reals(outer * axis * inner, -spread, spread));
  const y = evaluate('softmax', { axis: 1, variant }, [x]).data;
  const name = { softmax: 'softmax', logSoftmax: 'log_softmax', sparsemax: 'sparsemax' }[variant];
  // Rounding x - max errs by up to a unit of 2 spread, which exp passes on to all terms.
  const units = FEW + axis + 4 * spread;
  return {
    kernel: `${name}_f32_f32`,
    shape: { outer, axis, inner, epsilon: 0, center: 0 },
    inputs: [operand(x)],
    expected: y,
    tolerance: (i) => {
      return units * EPSILON * (variant === 'softmax' ? Math.abs(y[i] as number) : 1);
    },
    ...(variant === 'sparsemax' ? { scratch: () => 4 * axis } : {}),
    ...inPlaceSometimes(random),
  };
}

export function layerNormCase(random: Random): KernelCase {
  const [outer, axis, center] = [random.int(1, 4), random.int(2, 90), random.chance(0.5)];
  const epsilon = Math.fround(1e-3);
  const x = floatTensor([outer, axis], random.reals(outer * axis));
  const gamma = floatTensor([axis], random.reals(axis));
  const beta = floatTensor([axis], random.reals(axis));
  const y = evaluate('layerNorm', { axis: 1, epsilon, center }, [x, gamma, beta]).data;
  // Sums of `axis` terms; the normalised values are at most sqrt(axis), gamma and beta at most 2.
  const units = (axis + FEW) * 2 * (Math.sqrt(axis) + 1);
  return {
    kernel: 'layer_norm_f32_f32',
    shape: { outer, axis, inner: 1, epsilon, center: Number(center) },
    inputs: [x, gamma, beta].map(operand),
    expected: y,
    tolerance: () => units * EPSILON,
    ...inPlaceSometimes(random),
  };
}

export function groupNormCase(random: Random): KernelCase {
  const [batch, pixels, groups] = [random.int(1, 2), random.int(1, 150), random.int(1, 9)];
  const channels = groups * random.int(1, 6);
  const epsilon = Math.fround(1e-3);
  const x = floatTensor([batch, pixels, channels], random.reals(batch * pixels * channels));
  const gamma = floatTensor([channels], random.reals(channels));
  const beta = floatTensor([channels], random.reals(channels));
  const y = evaluate('groupNorm', { groups, epsilon }, [x, gamma, beta]).data;
  // Two sums of `count` terms; the normalised values are at most sqrt(count), gamma at most 2.
  const count = (pixels * channels) / groups;
  const units = (count + FEW) * 2 * (Math.sqrt(count) + 1);
  return {
    kernel: 'group_norm_f32_f32',
    shape: { batch, pixels, channels, groups, epsilon },
    inputs: [x, gamma, beta].map(operand),
    expected: y,
    scratch: () => 4 * 2 * channels,
    tolerance: () => units * EPSILON,
    ...inPlaceSometimes(random),
  };
}

export const REDUCE_FNS = ['mean', 'sum', 'max', 'min', 'prod'] as const;

export function reduceCase(fn: (typeof REDUCE_FNS)[number], random: Random): KernelCase {
  const [outer, axis] = [random.int(1, 3), random.int(1, 200)];
  const inner = random.pick([1, 2, random.channels()]);
  const data = random.withNaNs(random.dyadics(outer * axis * inner));
  const x = floatTensor([outer, axis, inner], data);
  const y = evaluate('reduce', { fn, axes: [1], keepDims: false }, [x]).data;
  return {
    kernel: `reduce_${fn}_f32_f32`,
    shape: { outer, axis, inner, epsilon: 0, center: 0 },
    inputs: [operand(x)],
    expected: y,
    // A product rounds once per factor, below the smallest normal number by up to a step of it.
    tolerance: (i) => (fn === 'prod' ? axis * (EPSILON * Math.abs(y[i] as number) + 2 ** -149) : 0),
  };
}

function inPlaceSometimes(random: Random): Pick<KernelCase, 'inPlace'> {
  return random.chance(0.5) ? { inPlace: 0 } : {};
}

/** Row-major strides, 0 along axes of size 1. */
export function broadcastStrides(shape: readonly number[]): number[] {
  return shape.map((size, axis) => (size === 1 ? 0 : elementCount(shape.slice(axis + 1))));
}

/** Six entries, those of `values` last. */
export function rightAligned(values: readonly number[], filling: number): number[] {
  return [...new Array<number>(6 - values.length).fill(filling), ...values];
}
