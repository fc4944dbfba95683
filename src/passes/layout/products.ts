/** Matrix products on operands in another order; see `rules.ts`. */
import type { NodeOf, ValueId } from '../../ir/ops.ts';
import type { Rewriter } from '../rewrite.ts';
import { elementOrder, isPlain, type Layout, type Perm } from './order.ts';
import type { Flow, Place } from './rules.ts';

/**
 * Rows stay rows: their places may change where the last axis is whole. A flattened image in
 * another order has the rows of the weights in that order.
 */
export function relayoutDense(
  rewriter: Rewriter,
  node: NodeOf<'dense'>,
  at: Place,
  layout: Layout,
): Flow | undefined {
  const x = rewriter.shape(node.inputs[0] as ValueId);
  const put: Flow['write'] = (inputs, to) => rewriter.put('dense', node.attrs, inputs, node, to);
  const rest = node.inputs.slice(1).map(() => undefined);
  const { perm } = layout;
  const written = at === 'result' ? rewriter.shape(node.output) : x;
  if (at !== 'result' && at !== 0) return undefined;
  if (isPlain(layout, written)) {
    if (perm.at(-1) !== perm.length - 1) return undefined;
    const result = { shape: rewriter.shape(node.output), perm };
    return { result, operands: [{ shape: x, perm }, ...rest], write: put };
  }
  const w = node.inputs[1] as ValueId;
  if (at === 'result' || !rewriter.floats(w)) return undefined;
  const write: Flow['write'] = ([image, , ...others], to) =>
    put([image as ValueId, permutedRows(rewriter, w, x.length, layout), ...others], to);
  return { result: undefined, operands: [layout, ...rest], write };
}

/** Weights [K, O] for rows of which the last axis is split. */
function permutedRows(rewriter: Rewriter, w: ValueId, rank: number, layout: Layout): ValueId {
  const weights = rewriter.requireFloats(w);
  const outputs = rewriter.shape(w)[1] as number;
  const order = elementOrder({
    shape: layout.shape.slice(rank - 1),
    perm: layout.perm.slice(rank - 1).map((axis) => axis - (rank - 1)),
  });
  const rows = new Float32Array(weights.length);
  for (const [to, from] of order.entries()) {
    rows.set(weights.subarray(from * outputs, (from + 1) * outputs), to * outputs);
  }
  return rewriter.constant(rewriter.name(w), rewriter.type(w), rows);
}

/**
 * Guard: matrices stay whole. Transposed ones change places: (a·b)ᵀ = bᵀ·aᵀ. Operands have the
 * result's rank.
 */
export function relayoutMatmul(
  rewriter: Rewriter,
  node: NodeOf<'matmul'>,
  at: Place,
  layout: Layout,
): Flow | undefined {
  const rank = rewriter.shape(node.output).length;
  const written = at === 'result' ? node.output : (node.inputs[at] as ValueId);
  const shapes = node.inputs.map((id) => rewriter.shape(id));
  if (!isPlain(layout, rewriter.shape(written))) return undefined;
  if (shapes.some((shape) => shape.length !== rank)) return undefined;
  const { perm } = layout;
  const swaps = matrixPlaces(perm);
  if (swaps === undefined) return undefined;
  const plain = (id: ValueId): Layout => ({ shape: rewriter.shape(id), perm });
  const write: Flow['write'] = (ids, to) =>
    rewriter.put('matmul', {}, swaps ? ids.toReversed() : ids, node, to);
  return { result: plain(node.output), operands: node.inputs.map(plain), write };
}

/** Whether the last two axes change places; undefined where they don't stay the last two. */
function matrixPlaces(perm: Perm): boolean | undefined {
  const [row, column] = [perm.length - 2, perm.length - 1];
  if (perm[row] === row && perm[column] === column) return false;
  return perm[row] === column && perm[column] === row ? true : undefined;
}
