/**
 * Gathering and scattering. Tensors are seen as tables of rows, and indices become the numbers of
 * those rows: what is gathered may be computed, where something is scattered may not.
 */
import { elementCount } from '../../../ir/graph.ts';
import { equalShapes, rowMajorStrides } from '../../../ir/shapes.ts';
import type { NodeContext, OperatorRules } from '../context.ts';
import { isKnown, type Operand } from '../operand.ts';
import { arithmetic } from './arithmetic.ts';
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
  return gathered(node, node.reshape(x, [count, ...inner]), rows);
}

const REDUCTIONS = { add: 'add', mul: 'mul', max: 'max', min: 'min' } as const;

/**
 * The tensor with rows replaced by updates or, with a reduction, combined with them: in rounds, in
 * each of which no row occurs twice. Without one the last update counts.
 */
function scattered(
  node: NodeContext,
  x: Operand,
  rows: Operand,
  updates: Operand,
  rowSize: number,
): Operand {
  checkSameType(node, [x, updates]);
  const reduction = node.choice('reduction', 'none', ['none', 'add', 'mul', 'max', 'min']);
  if (!isKnown(rows)) throw new Error('rows of known indices are not known');
  if (rows.data.length === 0) return x;
  let table = node.reshape(x, [elementCount(x.shape) / rowSize, rowSize]);
  const changes = node.reshape(updates, [rows.data.length, rowSize]);
  if (reduction === 'none') return node.reshape(merged(node, table, rows.data, changes), x.shape);
  for (const round of roundsOf(node, rows.data)) {
    const places = integerTable(
      node,
      [round.length],
      (i) => rows.data[round[i] as number] as number,
    );
    const chosen = integerTable(node, [round.length], (i) => round[i] as number);
    const [before, change] = [gathered(node, table, places), gathered(node, changes, chosen)];
    const after = arithmetic(node, REDUCTIONS[reduction], before, change);
    table = merged(node, table, places.data, after);
  }
  return node.reshape(table, x.shape);
}

/** Every row of the result is one of the table or one of the changes; the last change counts. */
function merged(
  node: NodeContext,
  table: Operand,
  rows: ArrayLike<number>,
  changes: Operand,
): Operand {
  const count = table.shape[0] as number;
  const sources = integerTable(node, [count], (row) => row);
  for (let change = 0; change < rows.length; change++) {
    sources.data[rows[change] as number] = count + change;
  }
  return gathered(node, node.concat([table, changes], 0), sources);
}

function gathered(node: NodeContext, table: Operand, rows: Operand): Operand {
  return node.add('gather', { axis: 0 }, [table, rows], table.elementType);
}

const MAX_ROUNDS = 64;

/** The updates, by how many updates of the same row come before them. */
function roundsOf(node: NodeContext, rows: ArrayLike<number>): number[][] {
  const seen = new Map<number, number>();
  const rounds: number[][] = [];
  for (let update = 0; update < rows.length; update++) {
    const row = rows[update] as number;
    const round = seen.get(row) ?? 0;
    if (round >= MAX_ROUNDS) node.refuse(`It changes a row more than ${MAX_ROUNDS} times.`);
    seen.set(row, round + 1);
    const list = rounds[round];
    if (list) list.push(update);
    else rounds.push([update]);
  }
  return rounds;
}
