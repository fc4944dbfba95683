/** Operators that give the same elements another shape or order, or repeat them. */
import { elementCount, type Shape } from '../../../ir/graph.ts';
import { broadcastShapes } from '../../../ir/shapes.ts';
import type { NodeContext, OperatorRules } from '../context.ts';
import type { Operand } from '../operand.ts';
import { INDEXING } from './indexing.ts';
import { PADDING } from './padding.ts';
import { PARTS } from './parts.ts';
import { SCANS } from './scan.ts';
import { emptyLike } from './shared.ts';

export const MOVEMENT: OperatorRules = {
  ...INDEXING,
  ...PADDING,
  ...PARTS,
  ...SCANS,
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
  Flatten: (node) => {
    const x = node.input(0);
    const rank = x.shape.length;
    const given = node.int('axis', 1);
    const axis = given === rank ? rank : node.axis(given, rank);
    const outer = elementCount(x.shape.slice(0, axis));
    return node.reshape(x, [outer, elementCount(x.shape.slice(axis))]);
  },
  Squeeze: (node) => {
    const x = node.input(0);
    const axes = node.axesOf(1, x.shape.length);
    const wrong = axes?.find((axis) => x.shape[axis] !== 1);
    if (wrong !== undefined) {
      node.corrupt(`It removes axis ${wrong} of [${x.shape.join(', ')}], whose size is not 1.`);
    }
    const isRemoved = (size: number, axis: number) => axes?.includes(axis) ?? size === 1;
    return node.reshape(
      x,
      x.shape.filter((size, axis) => !isRemoved(size, axis)),
    );
  },
  Unsqueeze: (node) => {
    const x = node.input(0);
    const given = node.opset < 13 ? (node.intList('axes') ?? []) : node.integers(1, 'axes');
    const axes = node.axes(given, x.shape.length + given.length);
    let shape: readonly number[] = x.shape;
    for (const axis of axes.toSorted((a, b) => a - b)) shape = shape.toSpliced(axis, 0, 1);
    return node.reshape(x, shape);
  },
  Expand: (node) => {
    const x = node.input(0);
    const wanted = node.integers(1, 'shape');
    const shape = broadcastShapes(x.shape, wanted);
    if (!shape) {
      return node.corrupt(`Its shape [${wanted}] doesn't fit [${x.shape.join(', ')}].`);
    }
    const full = [...shape.slice(x.shape.length).map(() => 1), ...x.shape];
    const repeats = shape.map((size, axis) => (full[axis] === size ? 1 : size));
    return tiled(node, node.reshape(x, full), repeats);
  },
  Tile: (node) => {
    const [x, repeats] = [node.input(0), node.integers(1, 'repeats')];
    if (repeats.length === x.shape.length) return tiled(node, x, repeats);
    return node.corrupt(`It has ${repeats.length} repeats for a tensor of rank ${x.shape.length}.`);
  },
  DepthToSpace: (node) => {
    const [x, [batch, channels, height, width], block] = blocks(node);
    const depth = channels / block ** 2;
    const isDepthFirst = node.choice('mode', 'DCR', ['DCR', 'CRD']) === 'DCR';
    const split = isDepthFirst
      ? node.reshape(x, [batch, block, block, depth, height, width])
      : node.reshape(x, [batch, depth, block, block, height, width]);
    const moved = node.transpose(split, isDepthFirst ? [0, 3, 4, 1, 5, 2] : [0, 1, 4, 2, 5, 3]);
    return node.reshape(moved, [batch, depth, height * block, width * block]);
  },
  SpaceToDepth: (node) => {
    const [x, [batch, channels, height, width], block] = blocks(node);
    const [rows, columns] = [height / block, width / block];
    const split = node.reshape(x, [batch, channels, rows, block, columns, block]);
    const moved = node.transpose(split, [0, 3, 5, 1, 2, 4]);
    return node.reshape(moved, [batch, channels * block ** 2, rows, columns]);
  },
};

/** Sizes of 0 are taken from the operand, unless zeros are allowed; one of -1 from the rest. */
function reshaped(
  node: NodeContext,
  shape: Shape,
  wanted: readonly number[],
  allowZero: boolean,
): number[] {
  const text = `[${shape.join(', ')}] to [${wanted.join(', ')}]`;
  const copied = wanted.map((size, axis) => {
    if (size !== 0 || allowZero) return size;
    return shape[axis] ?? node.corrupt(`It reshapes ${text}, whose axis ${axis} is not there.`);
  });
  const count = elementCount(shape);
  const open = copied.indexOf(-1);
  const full = open < 0 ? copied : copied.with(open, count / elementCount(copied.with(open, 1)));
  const isValid = full.every((size) => Number.isSafeInteger(size) && size >= 0);
  if (!isValid || elementCount(full) !== count) node.corrupt(`It reshapes ${text}.`);
  return full;
}

/** Repeated along each axis; 0 times leaves nothing. */
function tiled(node: NodeContext, x: Operand, repeats: readonly number[]): Operand {
  if (repeats.every((count) => count === 1)) return x;
  const shape = x.shape.map((size, axis) => size * (repeats[axis] as number));
  if (shape.includes(0)) return emptyLike(node, x, shape);
  return node.add('tile', { repeats }, [x], x.elementType);
}

type Sizes = readonly [number, number, number, number];

/** An image in NCHW and the side of the blocks, which divide what they are taken from. */
function blocks(node: NodeContext): readonly [Operand, Sizes, number] {
  const x = node.input(0);
  const block = node.int('blocksize');
  const isDepth = node.node.opType === 'DepthToSpace';
  if (x.shape.length !== 4) node.corrupt(`Its operand has the rank ${x.shape.length}, not 4.`);
  const sizes = x.shape as unknown as Sizes;
  const divided = isDepth ? [sizes[1] / block ** 2] : [sizes[2] / block, sizes[3] / block];
  if (block >= 1 && divided.every(Number.isInteger)) return [x, sizes, block];
  return node.corrupt(`Its blocks of ${block} by ${block} don't divide [${x.shape.join(', ')}].`);
}
