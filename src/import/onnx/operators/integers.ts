/**
 * Products of quantized numbers: their zero points are subtracted as 32-bit integers, and what is
 * summed is exact.
 */
import { elementCount } from '../../../ir/graph.ts';
import type { NodeContext, OperatorRule } from '../context.ts';
import type { Operand } from '../operand.ts';
import { checkKernelShape, readGroups } from './convolution.ts';
import { multiply } from './matmul.ts';
import { fromImage, imagePair, imageWindow, readWindow, spatialSizes, toImage } from './window.ts';

/** An operand of integers. */
export function integerInput(node: NodeContext, index: number): Operand {
  const operand = node.input(index);
  if (operand.dtype === 'i32') return operand;
  return node.refuse(`It computes with ${operand.elementType}, where integers are expected.`);
}

/** An operand minus its zero point, which `place` brings into a shape that broadcasts. */
export function centred(
  node: NodeContext,
  index: number,
  zeroIndex: number,
  place: (zero: Operand) => Operand = (zero) => zero,
): Operand {
  const x = node.convert(integerInput(node, index), 'i32', 'int32');
  if (!node.optional(zeroIndex)) return x;
  return node.integerOp('sub', x, place(integerInput(node, zeroIndex)), 'int32');
}

/** One number, or one per entry of an axis of a tensor of that rank. */
export function alongAxis(node: NodeContext, x: Operand, axis: number, rank: number): Operand {
  const count = elementCount(x.shape);
  if (count === 1) return node.reshape(x, []);
  const shape = new Array<number>(rank).fill(1).with(axis, count);
  return x.shape.length === 1 ? node.reshape(x, shape) : x;
}

/** x [N, C, spatial…] convolved with w [O, C/groups, spatial…]; taps outside are 0. */
export function convolveIntegers(node: NodeContext, x: Operand, w: Operand): Operand {
  const sizes = spatialSizes(node, x);
  const [outputs = 1, perGroup = 1, ...kernel] = w.shape;
  if (kernel.length !== sizes.length) {
    node.corrupt(
      `Its weights [${w.shape.join(', ')}] don't fit its input [${x.shape.join(', ')}].`,
    );
  }
  checkKernelShape(node, kernel);
  const groups = readGroups(node, x.shape[1] ?? 1, outputs);
  const image = node.reshape(w, [outputs, perGroup, ...imagePair(kernel, 1)]);
  const { strides, dilations, pads } = imageWindow(readWindow(node, sizes, kernel));
  const attrs = { strides, dilations, pads, groups };
  const operands = [toImage(node, x), node.transpose(image, [2, 3, 1, 0])];
  return fromImage(node, node.add('convInteger', attrs, operands), sizes.length);
}

/** w minus its zero points, one or one per output channel. */
export function centredWeights(node: NodeContext, index: number, zeroIndex: number): Operand {
  const rank = node.input(index).shape.length;
  return centred(node, index, zeroIndex, (zero) => alongAxis(node, zero, 0, rank));
}

export const convInteger: OperatorRule = (node) =>
  convolveIntegers(node, centred(node, 0, 2), centredWeights(node, 1, 3));

/** a and b minus their zero points: one per row of a, one per column of b. */
export function multiplyCentred(
  node: NodeContext,
  [a, aZero]: readonly [number, number],
  [b, bZero]: readonly [number, number],
): Operand {
  const left = centred(node, a, aZero, (zero) => perRow(node, zero));
  return multiply(node, left, centred(node, b, bZero));
}

/** One number as a scalar; a vector with an entry per row of a matrix as a column. */
export function perRow(node: NodeContext, x: Operand): Operand {
  if (elementCount(x.shape) === 1) return node.reshape(x, []);
  return x.shape.length === 1 ? node.reshape(x, [...x.shape, 1]) : x;
}

export const matMulInteger: OperatorRule = (node) => multiplyCentred(node, [0, 2], [1, 3]);
