/** Operators that move elements: other shapes, other orders, parts and joins. */

import { elementCount } from '../../../ir/graph.ts';
import { equalShapes } from '../../../ir/shapes.ts';
import type { NodeContext, OperatorRules } from '../context.ts';

export const MOVEMENT: OperatorRules = {
  Transpose: (node) => {
    const x = node.input(0);
    const perm = node.intList('perm') ?? x.shape.map((_, axis) => x.shape.length - 1 - axis);
    if (perm.length !== x.shape.length) {
      node.corrupt(`Its perm names ${perm.length} axes of a tensor of rank ${x.shape.length}.`);
    }
    return node.transpose(x, node.axes(perm, x.shape.length));
  },
  Reshape: (node) => {
    const x = node.input(0);
    const wanted = node.integers(1, 'shape');
    return node.reshape(x, reshaped(node, x.shape, wanted, node.flag('allowzero', false)));
  },
};

/** Sizes of 0 are taken from the operand, unless zeros are allowed; one of -1 from the rest. */
function reshaped(
  node: NodeContext,
  shape: readonly number[],
  wanted: readonly number[],
  allowZero: boolean,
): number[] {
  const text = `[${shape.join(', ')}] to [${wanted.join(', ')}]`;
  const copied = wanted.map((size, axis) => {
    if (size !== 0 || allowZero) return size;
    return shape[axis] ?? node.corrupt(`It reshapes ${text}, whose axis ${axis} is not there.`);
  });
  const count = elementCount(shape);
  const rest = copied.filter((size) => size !== -1).reduce((product, size) => product * size, 1);
  const open = copied.indexOf(-1);
  const full = open < 0 ? copied : copied.with(open, count / rest);
  const fits = full.every((size) => Number.isSafeInteger(size) && size >= 0);
  if (!fits || !equalShapes([elementCount(full)], [count])) node.corrupt(`It reshapes ${text}.`);
  return full;
}
