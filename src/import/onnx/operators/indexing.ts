/**
 * Gathering and scattering. Tensors are seen as tables of rows, and indices become the numbers of
 * those rows: what is gathered may be computed, where something is scattered may not.
 */
import { elementCount } from '../../../ir/graph.ts';
import { equalShapes, rowMajorStrides } from '../../../ir/shapes.ts';
import type { NodeContext, OperatorRules } from '../context.ts';
import { isKnown, type Operand } from '../operand.ts';
import { checkSameType, emptyLike, fromStart, integerTable } from './shared.ts';

export const INDEXING: OperatorRules = {
  Gather: (node) => {
    const x = node.input(0);
    const axis = node.axis(node.int('axis', 0), x.shape.length);
    const places = placesOf(node, node.input(1), x.shape[axis] as number);
    const shape = [...x.shape.slice(0, axis), ...places.shape, ...x.shape.slice(axis + 1)];
    if (shape.includes(0)) return emptyLike(node, x, shape);
    return node.add('gather', { axis }, [x, places], x.elementType);
  },
  GatherElements: (node) => {
    const x = node.input(0);
    const axis = node.axis(node.int('axis', 0), x.shape.length);
    const rows = elementRows(node, node.input(1), x, axis);
    return rowsOf(node, x, elementCount(x.shape), [], rows);
  },
  GatherND: (node) => {
    const x = node.input(0);
    const batchAxes = node.int('batch_dims', 0);
    const [rows, width] = tupleRows(node, node.input(1), x, batchAxes);
    const inner = x.shape.slice(batchAxes + width);
    return rowsOf(node, x, elementCount(x.shape.slice(0, batchAxes + width)), inner, rows);
  },
  ScatterElements: scatterElements,
  Scatter: scatterElements,
  ScatterND: (node) => {
    const [x, updates] = [node.input(0), node.input(2)];
    node.known(1, 'indices');
    const [rows, width] = tupleRows(node, node.input(1), x, 0);
    const inner = x.shape.slice(width);
    if (!equalShapes(updates.shape, [...rows.shape, ...inner])) refuseUpdates(node, updates);
    return scattered(node, x, rows, updates, elementCount(inner));
  },
};

function scatterElements(node: NodeContext): Operand {
  const [x, indices, updates] = [node.input(0), node.known(1, 'indices'), node.input(2)];
  if (!equalShapes(indices.shape, updates.shape)) refuseUpdates(node, updates);
  const axis = node.axis(node.int('axis', 0), x.shape.length);
  return scattered(node, x, elementRows(node, indices, x, axis), updates, 1);
}

function refuseUpdates(node: NodeContext, updates: Operand): never {
  return node.corrupt(`Its updates have the shape [${updates.shape.join(', ')}].`);
}

/** Indices into an axis, counted from its start; those that are known are checked. */
function placesOf(node: NodeContext, indices: Operand, size: number): Operand {
  if (indices.dtype !== 'i32') node.corrupt(`Its indices are of the type ${indices.elementType}.`);
  const wrong = indices.data?.find((index) => index < -size || index >= size);
  if (wrong !== undefined) node.corrupt(`It names place ${wrong} of an axis of ${size}.`);
  return fromStart(node, node.convert(indices, 'i32', 'int64'), size);
}

/** Rows of width 1: the index stands for the coordinate along the axis, the others are its own. */
function elementRows(node: NodeContext, indices: Operand, x: Operand, axis: number): Operand {
  const isWithin = indices.shape.every((size, i) => i === axis || size <= (x.shape[i] ?? 0));
  if (indices.shape.length !== x.shape.length || !isWithin) {
    const shapes = `[${indices.shape.join(', ')}] into [${x.shape.join(', ')}]`;
    node.corrupt(`Its indices don't fit: ${shapes}.`);
  }
  const strides = rowMajorStrides(x.shape);
  const steps = rowMajorStrides(indices.shape);
  const own = integerTable(node, indices.shape, (index) =>
    indices.shape.reduce((sum, size, i) => {
      if (i === axis) return sum;
      return sum + (Math.floor(index / (steps[i] as number)) % size) * (strides[i] as number);
    }, 0),
  );
  const places = placesOf(node, indices, x.shape[axis] as number);
  const moved = node.integerOp('mul', places, node.integer(strides[axis] as number));
  return node.integerOp('add', moved, own);
}

/**
 * The indices' last axis holds coordinates along as many axes behind those of the batch; the row is
 * what is left. Gives the rows and how many coordinates there are.
 */
function tupleRows(
  node: NodeContext,
  indices: Operand,
  x: Operand,
  batchAxes: number,
): readonly [Operand, number] {
  const width = indices.shape.at(-1) ?? 0;
  const outer = indices.shape.slice(0, -1);
  const batch = x.shape.slice(0, batchAxes);
  const isBatch = batchAxes >= 0 && equalShapes(outer.slice(0, batchAxes), batch);
  if (!isBatch || width < 1 || batchAxes + width > x.shape.length) {
    const shapes = `[${indices.shape.join(', ')}] into [${x.shape.join(', ')}]`;
    node.corrupt(`Its indices don't fit: ${shapes} with batch_dims ${batchAxes}.`);
  }
  const strides = rowMajorStrides(x.shape.slice(0, batchAxes + width));
  const perBatch = elementCount(outer.slice(batchAxes));
  const batchStride = strides[batchAxes - 1] ?? 0;
  let rows: Operand = integerTable(
    node,
    outer,
    (index) => Math.floor(index / perBatch) * batchStride,
  );
  for (let i = 0; i < width; i++) {
    const coordinate = node.reshape(node.cut(indices, outer.length, i, 1), outer);
    const places = placesOf(node, coordinate, x.shape[batchAxes + i] as number);
    const stride = node.integer(strides[batchAxes + i] as number);
    rows = node.integerOp('add', rows, node.integerOp('mul', places, stride));
  }
  return [rows, width];
}

/** The rows of those numbers of a tensor seen as a table. */
function rowsOf(
  node: NodeContext,
  x: Operand,
  count: number,
  inner: readonly number[],
  rows: Operand,
): Operand {
  const table = node.reshape(x, [count, ...inner]);
  return node.add('gather', { axis: 0 }, [table, rows], x.elementType);
}

/** Every row of the result is one of the tensor or one of the updates; the last update counts. */
function scattered(
  node: NodeContext,
  x: Operand,
  rows: Operand,
  updates: Operand,
  rowSize: number,
): Operand {
  checkSameType(node, [x, updates]);
  const reduction = node.text('reduction', 'none');
  if (reduction !== 'none') node.refuse(`Its reduction is "${reduction.slice(0, 60)}".`);
  if (!isKnown(rows)) throw new Error('rows of known indices are not known');
  const count = elementCount(x.shape) / rowSize;
  const sources = integerTable(node, [count], (row) => row);
  for (const [update, row] of rows.data.entries()) sources.data[row] = count + update;
  const table = node.concat(
    [node.reshape(x, [count, rowSize]), node.reshape(updates, [rows.data.length, rowSize])],
    0,
  );
  return node.reshape(node.add('gather', { axis: 0 }, [table, sources], x.elementType), x.shape);
}
