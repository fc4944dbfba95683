/** Random cases for kernels of integers, for casts, and for products of matrices. */
import { type DType, elementCount } from '../../../src/ir/graph.ts';
import { type CompareFn, IDENTITY, type IntegerFn } from '../../../src/ir/ops.ts';
import { allocate } from '../../../src/ir/reference/kernel.ts';
import {
  evaluate,
  floatTensor,
  integerTensor,
  type KernelCase,
  operand,
  type Tensor,
} from './case.ts';
import { randomBroadcast } from './elementwise-cases.ts';
import type { Random } from './random.ts';
import type { Movable } from './shape-cases.ts';

export const INTEGER_FNS: readonly IntegerFn[] =
  'add sub mul div mod rem max min pow and or xor shl shr'.split(' ') as IntegerFn[];

export function integerCase(fn: IntegerFn, random: Random): KernelCase {
  const { shapes, whole, strides } = randomBroadcast(2, random);
  const operands = shapes.map((shape) =>
    integerTensor(shape, random.integers(elementCount(shape))),
  );
  return {
    kernel: `${fn}_i32_i32`,
    shape: {
      size: strides.size,
      a_stride: strides.of(0),
      b_stride: strides.of(1),
      activation: IDENTITY,
    },
    inputs: operands.map(operand),
    expected: evaluate('integer', { fn }, operands).data,
    ...(whole && random.chance(0.5) ? { inPlace: random.int(0, 1) } : {}),
  };
}

/** Numbers among which some are equal, and some are NaN. */
function few(dtype: Movable, shape: readonly number[], random: Random): Tensor {
  const count = elementCount(shape);
  if (dtype === 'i32') {
    return integerTensor(
      shape,
      Int32Array.from({ length: count }, () => random.int(-3, 3)),
    );
  }
  const pick = () => random.pick([-1.5, -0, 0, 1, 2.5]);
  return floatTensor(shape, random.withNaNs(Float32Array.from({ length: count }, pick)));
}

export const COMPARE_KERNELS = {
  equal: 'equal',
  less: 'less',
  less_or_equal: 'lessOrEqual',
} as const satisfies Record<string, CompareFn>;

export function compareCase(
  name: keyof typeof COMPARE_KERNELS,
  dtype: Movable,
  random: Random,
): KernelCase {
  const { shapes, strides } = randomBroadcast(2, random);
  const operands = shapes.map((shape) => few(dtype, shape, random));
  return {
    kernel: `${name}_${dtype}_i32`,
    shape: {
      size: strides.size,
      a_stride: strides.of(0),
      b_stride: strides.of(1),
      activation: IDENTITY,
    },
    inputs: operands.map(operand),
    expected: evaluate('compare', { fn: COMPARE_KERNELS[name] }, operands).data,
  };
}

export function whereCase(dtype: Movable, random: Random): KernelCase {
  const { shapes, whole, strides } = randomBroadcast(3, random);
  const operands = shapes.map((shape, index) => few(index === 0 ? 'i32' : dtype, shape, random));
  return {
    kernel: `where_${dtype}_${dtype}`,
    shape: {
      size: strides.size,
      condition_stride: strides.of(0),
      a_stride: strides.of(1),
      b_stride: strides.of(2),
    },
    inputs: operands.map(operand),
    expected: evaluate('where', {}, operands).data,
    ...(whole && random.chance(0.5) ? { inPlace: random.int(1, 2) } : {}),
  };
}

type Narrow = Exclude<DType, 'bit' | 'f32' | 'i32'>;

/** Pairs that have a kernel of their own. */
export const CASTS: readonly (readonly [from: DType, to: Exclude<DType, 'bit'>])[] = [
  ['f32', 'i32'],
  ['f32', 'bool'],
  ['i32', 'f32'],
  ...(['u8', 'i8', 'u16', 'i16'] as const).flatMap((narrow: Narrow) => [
    [narrow, 'f32'] as const,
    [narrow, 'i32'] as const,
    ['i32', narrow] as const,
  ]),
  ['i32', 'bool'],
];

const UNUSUAL = [
  ...[Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -0, 0.5, -0.5, 1e-40],
  ...[2 ** 31, -(2 ** 31), 2 ** 31 - 128, -(2 ** 31) - 256, 255, 256, 32768],
];

export function castCase(from: DType, to: Exclude<DType, 'bit'>, random: Random): KernelCase {
  const [rows, channels] = [random.int(1, 4), random.int(20, 50)];
  const type = { dtype: from, shape: [rows, channels] };
  const data = allocate(type);
  data.set(from === 'f32' ? random.reals(data.length, -300, 300) : random.integers(data.length));
  if (from === 'f32') data.set(UNUSUAL);
  const x = { type, data };
  return {
    kernel: `cast_${from}_${to}`,
    shape: { rows, channels, activation: IDENTITY },
    inputs: [operand(x)],
    expected: evaluate('cast', { to }, [x]).data,
  };
}

export const INTEGER_REDUCE_FNS = ['sum', 'prod', 'max', 'min'] as const;

export function integerReduceCase(
  fn: (typeof INTEGER_REDUCE_FNS)[number],
  random: Random,
): KernelCase {
  const [outer, axis, inner] = [random.int(1, 3), random.int(1, 30), random.int(1, 9)];
  const x = integerTensor([outer, axis, inner], random.integers(outer * axis * inner));
  return {
    kernel: `reduce_${fn}_i32_i32`,
    shape: { outer, axis, inner, epsilon: 0, center: 0 },
    inputs: [operand(x)],
    expected: evaluate('reduce', { fn, axes: [1], keepDims: false }, [x]).data,
  };
}

export function argReduceCase(fn: 'argMax' | 'argMin', dtype: Movable, random: Random): KernelCase {
  const [outer, axis, inner] = [random.int(1, 3), random.int(1, 12), random.int(1, 9)];
  const last = random.chance(0.5);
  const x = few(dtype, [outer, axis, inner], random);
  return {
    kernel: `${fn === 'argMax' ? 'arg_max' : 'arg_min'}_${dtype}_i32`,
    shape: { outer, axis, inner, last: Number(last) },
    inputs: [operand(x)],
    expected: evaluate('argReduce', { fn, axis: 1, keepDims: false, last }, [x]).data,
  };
}

/** Dyadic floats, whose sums are exact; stacks of matrices that may repeat. */
export function matmulCase(dtype: Movable, random: Random): KernelCase {
  const { shapes, strides } = randomBroadcast(2, random);
  const [rows, depth, columns] = [random.int(1, 5), random.int(1, 20), random.int(1, 20)];
  const [aShape, bShape] = [
    [...(shapes[0] as number[]), rows, depth],
    [...(shapes[1] as number[]), depth, columns],
  ];
  const draw = (shape: readonly number[]): Tensor => {
    const count = elementCount(shape);
    return dtype === 'f32'
      ? floatTensor(shape, random.dyadics(count))
      : integerTensor(shape, random.integers(count));
  };
  const [a, b] = [draw(aShape), draw(bShape)];
  return {
    kernel: `matmul_${dtype}_${dtype}_${dtype}`,
    shape: {
      rows,
      depth,
      columns,
      batch: elementCount(strides.size),
      size: strides.size,
      a_stride: strides.of(0).map((stride) => stride * rows * depth),
      b_stride: strides.of(1).map((stride) => stride * depth * columns),
    },
    inputs: [operand(a), operand(b)],
    expected: evaluate('matmul', {}, [a, b]).data,
  };
}
