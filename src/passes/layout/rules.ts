/**
 * How ops run on operands in another order: from the layout of one operand, or of the result, a
 * rule tells the layouts of all the others, and how to write the node then. Ops without a rule run
 * as the source writes them.
 */
import { getValue, type Shape } from '../../ir/graph.ts';
import type { Node, NodeOf, ValueId } from '../../ir/ops.ts';
import { equalShapes } from '../../ir/shape-math.ts';
import type { Rewriter } from '../rewrite.ts';
import {
  isIdentityPerm,
  isPlain,
  type Layout,
  orderKey,
  type Perm,
  permuted,
  reordered,
  storedShape,
  throughReshape,
} from './order.ts';
import { relayoutDense, relayoutMatmul } from './products.ts';

/** The layouts that a node runs in; undefined for operands and results that stay as written. */
export interface Flow {
  readonly result: Layout | undefined;
  /** Constants are reordered as these say. */
  readonly operands: readonly (Layout | undefined)[];
  /** Writes the node, with its operands in their layouts. */
  readonly write: (operands: readonly ValueId[], output?: ValueId) => ValueId;
}

/** Which of the node's values a layout is given of. */
export type Place = number | 'result';

/** Guard: the layout is not the order as written. */
export function flowOf(
  rewriter: Rewriter,
  node: Node,
  at: Place,
  layout: Layout,
): Flow | undefined {
  switch (node.op) {
    case 'unary':
      return alike(layout, (inputs, to) => rewriter.put('unary', node.attrs, inputs, node, to));
    case 'cast':
      return castFlow(rewriter, node, layout);
    case 'binary':
      return elementwise(rewriter, node, at, layout, (inputs, to) =>
        rewriter.put('binary', node.attrs, inputs, node, to),
      );
    case 'integer':
      return elementwise(rewriter, node, at, layout, (inputs, to) =>
        rewriter.put('integer', node.attrs, inputs, node, to),
      );
    case 'compare':
      return elementwise(rewriter, node, at, layout, (inputs, to) =>
        rewriter.put('compare', node.attrs, inputs, node, to),
      );
    case 'where':
      return elementwise(rewriter, node, at, layout, (inputs, to) =>
        rewriter.put('where', node.attrs, inputs, node, to),
      );
    case 'batchNorm':
      return batchNormFlow(rewriter, node, at, layout);
    case 'reshape':
      return reshapeFlow(rewriter, node, at, layout);
    case 'dense':
      return relayoutDense(rewriter, node, at, layout);
    case 'matmul':
      return relayoutMatmul(rewriter, node, at, layout);
    default:
      return axisFlow(rewriter, node, at, layout);
  }
}

/** Ops that name axes, and need them whole. */
function axisFlow(rewriter: Rewriter, node: Node, at: Place, layout: Layout): Flow | undefined {
  const written = rewriter.shape(at === 'result' ? node.output : (node.inputs[at] as ValueId));
  if (!isPlain(layout, written)) return undefined;
  const { perm } = layout;
  const axisOf = (axis: number): number => perm.indexOf(axis);
  const plain = (id: ValueId): Layout => ({ shape: rewriter.shape(id), perm });
  const result = plain(node.output);
  const x = plain(node.inputs[0] as ValueId);
  const rest = node.inputs.slice(1).map(() => undefined);
  switch (node.op) {
    case 'softmax': {
      const attrs = { ...node.attrs, axis: axisOf(node.attrs.axis) };
      return alike(layout, (inputs, to) => rewriter.put('softmax', attrs, inputs, node, to));
    }
    case 'pad': {
      const { before, after } = node.attrs;
      const sides = { before: permuted(before, perm), after: permuted(after, perm) };
      const attrs = { ...node.attrs, ...sides };
      const write: Flow['write'] = (ids, to) => rewriter.put('pad', attrs, ids, node, to);
      return { result, operands: [x], write };
    }
    case 'slice': {
      const attrs = {
        begin: permuted(node.attrs.begin, perm),
        size: permuted(node.attrs.size, perm),
        step: permuted(node.attrs.step, perm),
      };
      const write: Flow['write'] = (ids, to) => rewriter.put('slice', attrs, ids, node, to);
      return { result, operands: [x], write };
    }
    case 'tile': {
      const attrs = { repeats: permuted(node.attrs.repeats, perm) };
      const write: Flow['write'] = (ids, to) => rewriter.put('tile', attrs, ids, node, to);
      return { result, operands: [x], write };
    }
    case 'concat': {
      const attrs = { axis: axisOf(node.attrs.axis) };
      const write: Flow['write'] = (ids, to) => rewriter.put('concat', attrs, ids, node, to);
      return { result, operands: node.inputs.map(plain), write };
    }
    case 'resample': {
      const attrs = { axis: axisOf(node.attrs.axis) };
      const write: Flow['write'] = (ids, to) => rewriter.put('resample', attrs, ids, node, to);
      return { result, operands: [x, ...rest], write };
    }
    case 'layerNorm': {
      if (perm.slice(node.attrs.axis).some((from, i) => from !== node.attrs.axis + i)) return;
      const write: Flow['write'] = (ids, to) =>
        rewriter.put('layerNorm', node.attrs, ids, node, to);
      return { result, operands: [x, ...rest], write };
    }
    case 'gather': {
      // Guard: the indices leave the number of axes as it is.
      if (rewriter.shape(node.inputs[1] as ValueId).length !== 1) return undefined;
      const attrs = { axis: axisOf(node.attrs.axis) };
      const write: Flow['write'] = (ids, to) => rewriter.put('gather', attrs, ids, node, to);
      return { result, operands: [x, ...rest], write };
    }
    case 'reduce': {
      const { axes, keepDims } = node.attrs;
      const attrs = { ...node.attrs, axes: axes.map(axisOf).sort((a, b) => a - b) };
      const write: Flow['write'] = (ids, to) => rewriter.put('reduce', attrs, ids, node, to);
      return reduceFlow(rewriter, node, { at, perm, axes, keepDims, write });
    }
    case 'argReduce': {
      const { axis, keepDims } = node.attrs;
      const attrs = { ...node.attrs, axis: axisOf(axis) };
      const write: Flow['write'] = (ids, to) => rewriter.put('argReduce', attrs, ids, node, to);
      return reduceFlow(rewriter, node, { at, perm, axes: [axis], keepDims, write });
    }
    default:
      return undefined;
  }
}

/** One operand, and a result like it. */
function alike(layout: Layout, write: Flow['write']): Flow {
  return { result: layout, operands: [layout], write };
}

/** Guard: what transposes move. */
function castFlow(rewriter: Rewriter, node: NodeOf<'cast'>, layout: Layout): Flow | undefined {
  const types = [node.inputs[0] as ValueId, node.output].map((id) => rewriter.type(id).dtype);
  if (types.some((dtype) => dtype !== 'f32' && dtype !== 'i32')) return undefined;
  return alike(layout, (inputs, to) => rewriter.put('cast', node.attrs, inputs, node, to));
}

interface Reduction {
  readonly at: Place;
  readonly perm: Perm;
  readonly axes: readonly number[];
  readonly keepDims: boolean;
  readonly write: Flow['write'];
}

/** Guard: where axes are removed, the operand's layout is what is given. */
function reduceFlow(rewriter: Rewriter, node: Node, reduction: Reduction): Flow | undefined {
  const { at, perm, axes, keepDims, write } = reduction;
  const operands = [{ shape: rewriter.shape(node.inputs[0] as ValueId), perm }];
  const shape = rewriter.shape(node.output);
  if (keepDims) return { result: { shape, perm }, operands, write };
  if (at === 'result') return undefined;
  const left = perm.filter((axis) => !axes.includes(axis));
  const ranks = [...left].sort((a, b) => a - b);
  const kept = left.map((axis) => ranks.indexOf(axis));
  return { result: isIdentityPerm(kept) ? undefined : { shape, perm: kept }, operands, write };
}

/**
 * Guard: operands have the shape of the result, or its rank, or are scalars, or are constants.
 */
function elementwise(
  rewriter: Rewriter,
  node: Node,
  at: Place,
  given: Layout,
  write: Flow['write'],
): Flow | undefined {
  const shape = rewriter.shape(node.output);
  const written = at === 'result' ? shape : rewriter.shape(node.inputs[at] as ValueId);
  const isWhole = equalShapes(written, shape);
  if (!isWhole && (!isPlain(given, written) || written.length !== shape.length)) return undefined;
  const result = isWhole ? given : { shape, perm: given.perm };
  const operands: (Layout | undefined)[] = [];
  for (const id of node.inputs) {
    const layout = operandLayout(rewriter, id, shape, result);
    if (layout === 'none') return undefined;
    operands.push(layout);
  }
  return { result, operands, write };
}

/** The layout of an operand that is broadcast; undefined for scalars, 'none' where there is none. */
function operandLayout(
  rewriter: Rewriter,
  id: ValueId,
  result: Shape,
  layout: Layout,
): Layout | undefined | 'none' {
  const own = rewriter.shape(id);
  if (own.every((size) => size === 1) && own.length <= result.length) return undefined;
  if (equalShapes(own, result)) return layout;
  const isConstant = rewriter.isConstant(id);
  if (own.length !== result.length && !isConstant) return 'none';
  const aligned = alignedShape(own, result.length);
  if (isPlain(layout, result)) return { shape: aligned, perm: layout.perm };
  const isRow = aligned.slice(0, -1).every((size) => size === 1);
  if (!isRow || !isConstant || aligned.at(-1) !== result.at(-1)) return 'none';
  return rowLayout(layout, result.length);
}

/** The layout of one row of a value whose last axis is split. */
function rowLayout(layout: Layout, rank: number): Layout {
  const ones = new Array<number>(rank - 1).fill(1);
  return { shape: [...ones, ...layout.shape.slice(rank - 1)], perm: layout.perm };
}

function alignedShape(shape: Shape, rank: number): Shape {
  return [...new Array<number>(rank - shape.length).fill(1), ...shape];
}

/** A constant with its elements, and its axes where they are whole, in the order of a layout. */
export function reorderedConstant(rewriter: Rewriter, id: ValueId, layout: Layout): ValueId {
  const { name, type, data } = getValue(rewriter, id);
  if (!data) throw new Error(`%${id} is not a constant`);
  const isWhole = type.shape.length <= layout.shape.length && hasAxesOf(layout.shape, type.shape);
  const shape = isWhole ? permuted(layout.shape, layout.perm) : type.shape;
  return rewriter.constant(name, { dtype: type.dtype, shape }, reordered(data, layout));
}

/** Whether a shape is another one with axes of size 1 before it. */
function hasAxesOf(shape: Shape, own: Shape): boolean {
  return equalShapes(alignedShape(own, shape.length), shape);
}

/** Guard: the channels stay last, or are constants that can be reordered. */
function batchNormFlow(
  rewriter: Rewriter,
  node: NodeOf<'batchNorm'>,
  at: Place,
  layout: Layout,
): Flow | undefined {
  const shape = rewriter.shape(node.output);
  if (at !== 'result' && at !== 0) return undefined;
  const put: Flow['write'] = (inputs, to) =>
    rewriter.put('batchNorm', node.attrs, inputs, node, to);
  if (isPlain(layout, shape)) {
    if (layout.perm.at(-1) !== shape.length - 1) return undefined;
    return { result: layout, operands: [layout, undefined, undefined, undefined], write: put };
  }
  const affine = node.inputs.slice(1);
  if (!affine.every((id) => rewriter.isConstant(id))) return undefined;
  const first = shape.length - 1;
  const perm = layout.perm.slice(first).map((axis) => axis - first);
  const row = { shape: layout.shape.slice(first), perm };
  return { result: layout, operands: [layout, ...affine.map(() => row)], write: put };
}

/** Guard: the axes on the other side can be kept in that order. */
function reshapeFlow(
  rewriter: Rewriter,
  node: NodeOf<'reshape'>,
  at: Place,
  layout: Layout,
): Flow | undefined {
  const [before, after] = [rewriter.shape(node.inputs[0] as ValueId), node.attrs.shape];
  const other = throughReshape(layout, at === 'result' ? before : after);
  if (!other) return undefined;
  const others = other === 'same' ? undefined : other;
  const [operand, result] = at === 'result' ? [others, layout] : [layout, others];
  const shape = result ? storedShape(result, after) : after;
  const write: Flow['write'] = (ids, to) => rewriter.put('reshape', { shape }, ids, node, to);
  return { result, operands: [operand], write };
}

/** Whether two layouts keep the elements in the same order. */
export function sameOrder(a: Layout, b: Layout): boolean {
  return orderKey(a) === orderKey(b);
}
