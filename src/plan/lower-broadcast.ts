/**
 * Ops whose operands broadcast like NumPy's: functions of two operands, choices, and products of
 * stacks of matrices. A kernel walks the axes of the result with a stride per operand.
 */
import { elementCount, type Shape } from '../ir/graph.ts';
import type { BinaryFn, CompareFn, IntegerFn, Node, NodeOf, ValueId } from '../ir/ops.ts';
import { IDENTITY } from '../ir/ops.ts';
import { rowMajorStrides } from '../ir/shape-math.ts';
import { type Axis, collapseAxes, rightAligned } from './axes.ts';
import type { Lowering } from './lowering.ts';
import { MAX_RANK } from './structs.ts';
import { activationSuffix, BINARY_WORDS, COMPARE_WORDS, INTEGER_WORDS } from './summary.ts';

const BINARY_KERNELS: Readonly<Record<BinaryFn, string>> = {
  add: 'add_f32_f32',
  sub: 'sub_f32_f32',
  mul: 'mul_f32_f32',
  div: 'div_f32_f32',
  max: 'max_f32_f32',
  min: 'min_f32_f32',
  prelu: 'prelu_f32_f32',
  pow: 'pow_f32_f32',
  fmod: 'fmod_f32_f32',
};

const INTEGER_KERNELS: Readonly<Record<IntegerFn, string>> = {
  add: 'add_i32_i32',
  sub: 'sub_i32_i32',
  mul: 'mul_i32_i32',
  div: 'div_i32_i32',
  mod: 'mod_i32_i32',
  rem: 'rem_i32_i32',
  max: 'max_i32_i32',
  min: 'min_i32_i32',
  pow: 'pow_i32_i32',
  and: 'and_i32_i32',
  or: 'or_i32_i32',
  xor: 'xor_i32_i32',
  shl: 'shl_i32_i32',
  shr: 'shr_i32_i32',
};

const COMPARE_KERNELS: Readonly<Record<CompareFn, string>> = {
  equal: 'equal',
  less: 'less',
  lessOrEqual: 'less_or_equal',
};

export function lowerBinary(node: NodeOf<'binary'>, lowering: Lowering): void {
  const { fn, activation } = node.attrs;
  lowerPair(node, lowering, {
    kernel: BINARY_KERNELS[fn],
    activation,
    summary: `${BINARY_WORDS[fn]}${activationSuffix(activation)}`,
    mayOverwrite: wholeOperands(node, lowering),
  });
}

export function lowerInteger(node: NodeOf<'integer'>, lowering: Lowering): void {
  const { fn } = node.attrs;
  lowerPair(node, lowering, {
    kernel: INTEGER_KERNELS[fn],
    activation: IDENTITY,
    summary: `${INTEGER_WORDS[fn]} of integers`,
    mayOverwrite: wholeOperands(node, lowering),
  });
}

export function lowerCompare(node: NodeOf<'compare'>, lowering: Lowering): void {
  const { fn } = node.attrs;
  lowerPair(node, lowering, {
    kernel: `${COMPARE_KERNELS[fn]}_${lowering.type(node.inputs[0] as ValueId).dtype}_i32`,
    activation: IDENTITY,
    summary: COMPARE_WORDS[fn],
    mayOverwrite: [],
  });
}

export function lowerWhere(node: NodeOf<'where'>, lowering: Lowering): void {
  const { dtype, shape } = lowering.type(node.output);
  const axes = broadcastAxes(node, shape, lowering);
  if (!axes) return;
  lowering.call(node, {
    kernel: `where_${dtype}_${dtype}`,
    struct: 'bn_where_shape',
    shape: {
      size: sizesOf(axes),
      condition_stride: operandStrides(axes, 0),
      a_stride: operandStrides(axes, 1),
      b_stride: operandStrides(axes, 2),
    },
    args: [...node.inputs.map((id) => lowering.read(id)), lowering.write(node)],
    summary: 'choice by a condition',
    mayOverwrite: wholeOperands(node, lowering).filter((operand) => operand > 0),
  });
}

/** Matrices whose operands don't lie side by side are walked one by one. */
export function lowerMatmul(node: NodeOf<'matmul'>, lowering: Lowering): void {
  const { dtype, shape } = lowering.type(node.output);
  const [a, b] = node.inputs as [ValueId, ValueId];
  const [rows, columns] = shape.slice(-2) as [number, number];
  const depth = lowering.shape(a).at(-1) as number;
  const stacks = shape.slice(0, -2);
  const axes = broadcastAxes(node, stacks, lowering, 2);
  if (!axes) return;
  lowering.call(node, {
    kernel: `matmul_${dtype}_${dtype}_${dtype}`,
    struct: 'bn_matmul_shape',
    shape: {
      rows,
      depth,
      columns,
      batch: elementCount(stacks),
      size: sizesOf(axes),
      a_stride: operandStrides(axes, 0).map((stride) => stride * rows * depth),
      b_stride: operandStrides(axes, 1).map((stride) => stride * depth * columns),
    },
    args: [lowering.read(a), lowering.read(b), lowering.write(node)],
    summary: `matrix product, ${rows}x${depth} by ${depth}x${columns}`,
    macs: elementCount(shape) * depth,
  });
}

interface Pair {
  readonly kernel: string;
  readonly activation: NodeOf<'binary'>['attrs']['activation'];
  readonly summary: string;
  readonly mayOverwrite: readonly number[];
}

function lowerPair(
  node: NodeOf<'binary'> | NodeOf<'integer'> | NodeOf<'compare'>,
  lowering: Lowering,
  { kernel, activation, summary, mayOverwrite }: Pair,
): void {
  const axes = broadcastAxes(node, lowering.shape(node.output), lowering);
  if (!axes) return;
  lowering.call(node, {
    kernel,
    struct: 'bn_binary_shape',
    shape: {
      size: sizesOf(axes),
      a_stride: operandStrides(axes, 0),
      b_stride: operandStrides(axes, 1),
      activation,
    },
    args: [...node.inputs.map((id) => lowering.read(id)), lowering.write(node)],
    summary,
    mayOverwrite,
  });
}

/**
 * The axes of the result with a stride per operand, as few as they can be; the last `apart` axes of
 * the operands don't take part. Refuses more axes than the kernels have.
 */
function broadcastAxes(
  node: Node,
  shape: Shape,
  lowering: Lowering,
  apart = 0,
): readonly Axis[] | undefined {
  const strides = node.inputs.map((id) => {
    const operand = lowering.shape(id);
    return broadcastStrides(operand.slice(0, operand.length - apart), shape);
  });
  const axes = collapseAxes(
    shape.map((size, axis) => ({ size, strides: strides.map((list) => list[axis] as number) })),
  );
  if (axes.length <= MAX_RANK) return axes;
  lowering.refuse(node, `it broadcasts over ${axes.length} axes; the kernels have ${MAX_RANK}.`);
  return undefined;
}

/** Strides of an operand along the axes of the result; 0 where it is broadcast. */
function broadcastStrides(shape: Shape, result: Shape): number[] {
  const strides = rowMajorStrides(shape).map((stride, axis) => (shape[axis] === 1 ? 0 : stride));
  return [...new Array<number>(result.length - shape.length).fill(0), ...strides];
}

function sizesOf(axes: readonly Axis[]): number[] {
  return rightAligned(
    axes.map((axis) => axis.size),
    1,
  );
}

function operandStrides(axes: readonly Axis[], operand: number): number[] {
  return rightAligned(
    axes.map((axis) => axis.strides[operand] as number),
    0,
  );
}

/** The operands that are not broadcast. */
function wholeOperands(node: Node, lowering: Lowering): number[] {
  const count = elementCount(lowering.shape(node.output));
  return node.inputs.flatMap((id, index) =>
    elementCount(lowering.shape(id)) === count ? [index] : [],
  );
}
