/**
 * Orders of elements. A value is kept either as the source writes it or in one other order, its
 * layout: the axes of `shape`, which refine the value's own, permuted. Where they are the value's own
 * axes the layout is plain, and the value is kept transposed. Else its last axis is split, as a
 * flattened image is, and the value keeps its shape with the last axis in another order.
 */
import { elementCount, type Shape, type TensorData } from '../../ir/graph.ts';
import { rowMajorStrides } from '../../ir/shape-math.ts';

export type Perm = readonly number[];

export interface Layout {
  readonly shape: Shape;
  readonly perm: Perm;
}

export function inversePerm(perm: Perm): number[] {
  const inverse = new Array<number>(perm.length).fill(0);
  for (const [to, from] of perm.entries()) inverse[from] = to;
  return inverse;
}

/** Values per axis in the order of a permutation. */
export function permuted(values: readonly number[], perm: Perm): number[] {
  return perm.map((axis) => values[axis] as number);
}

export function isIdentityPerm(perm: Perm): boolean {
  return perm.every((from, to) => from === to);
}

export function isPlain(layout: Layout, shape: Shape): boolean {
  return layout.shape.length === shape.length;
}

/** The shape that a value of that shape is kept in. */
export function storedShape(layout: Layout, shape: Shape): Shape {
  return isPlain(layout, shape) ? permuted(shape, layout.perm) : shape;
}

/** Whether only axes of size 1 change places. */
export function keepsOrder({ shape, perm }: Layout): boolean {
  const moved = perm.filter((axis) => shape[axis] !== 1);
  return moved.every((axis, i) => i === 0 || axis > (moved[i - 1] as number));
}

/** The same text for the same order of elements, whatever the axes are. */
export function orderKey({ shape, perm }: Layout): string {
  const rank = new Map<number, number>();
  for (const [axis, size] of shape.entries()) if (size !== 1) rank.set(axis, rank.size);
  const moved = perm.filter((axis) => rank.has(axis));
  const runs: { readonly first: number; size: number }[] = [];
  for (const [i, axis] of moved.entries()) {
    const at = rank.get(axis) as number;
    const follows = i > 0 && at === (rank.get(moved[i - 1] as number) as number) + 1;
    const run = runs.at(-1);
    if (follows && run) run.size *= shape[axis] as number;
    else runs.push({ first: at, size: shape[axis] as number });
  }
  const starts = runs.map(({ first }) => first).sort((a, b) => a - b);
  return runs.map(({ first, size }) => `${starts.indexOf(first)}:${size}`).join(' ');
}

interface Part {
  readonly size: number;
  /** The axis that the part is of, in either shape. */
  readonly from: number;
  readonly to: number;
}

/** Two shapes of the same elements as one list of parts; undefined where they don't nest. */
function commonParts(from: Shape, to: Shape): Part[] | undefined {
  const parts: Part[] = [];
  let [i, j] = [0, 0];
  let [left, right] = [1, 1];
  for (;;) {
    while (left === 1 && i < from.length) left = from[i++] as number;
    while (right === 1 && j < to.length) right = to[j++] as number;
    if (left === 1 || right === 1) return left === right ? parts : undefined;
    if (left % right !== 0 && right % left !== 0) return undefined;
    const size = Math.min(left, right);
    parts.push({ size, from: i - 1, to: j - 1 });
    left /= size;
    right /= size;
  }
}

/**
 * The layout of a reshaped value, so that both are kept in one order of elements. 'same' where that
 * is the order as written, undefined where the target's axes can't be kept in it.
 */
export function throughReshape(layout: Layout, target: Shape): Layout | 'same' | undefined {
  const parts = commonParts(layout.shape, target);
  if (!parts) return undefined;
  const inOrder = layout.perm.flatMap((axis) => parts.filter((part) => part.from === axis));
  if (inOrder.every((part, i) => part === parts[i])) return 'same';
  return plainOrder(parts, inOrder, target) ?? splitLastAxis(parts, inOrder, target);
}

/** Guard: the parts of each axis stay together. Axes of size 1 keep their places. */
function plainOrder(
  parts: readonly Part[],
  inOrder: readonly Part[],
  target: Shape,
): Layout | undefined {
  const axes = inOrder.map(({ to }) => to).filter((to, i, all) => to !== all[i - 1]);
  if (new Set(axes).size !== axes.length) return undefined;
  const regrouped = axes.flatMap((axis) => parts.filter(({ to }) => to === axis));
  if (regrouped.some((part, i) => part !== inOrder[i])) return undefined;
  const next = axes.values();
  const perm = target.map((size, axis) => (size === 1 ? axis : (next.next().value as number)));
  return { shape: target, perm };
}

/** Guard: all axes but the last stay as they are. */
function splitLastAxis(
  parts: readonly Part[],
  inOrder: readonly Part[],
  target: Shape,
): Layout | undefined {
  const last = target.length - 1;
  const leading = parts.filter(({ to }) => to !== last);
  if (leading.some((part, i) => part !== inOrder[i])) return undefined;
  const rows = parts.filter(({ to }) => to === last);
  const perm = inOrder.slice(leading.length).map((part) => last + rows.indexOf(part));
  return {
    shape: [...target.slice(0, -1), ...rows.map(({ size }) => size)],
    perm: [...target.slice(0, -1).keys(), ...perm],
  };
}

/** Elements in the order of a layout. */
export function reordered<T extends TensorData>(data: T, layout: Layout): T {
  const result = data.slice() as T;
  for (const [to, from] of elementOrder(layout).entries()) result[to] = data[from] as number;
  return result;
}

/** Where each element of a value in its layout stands in the value as written. */
export function elementOrder({ shape, perm }: Layout): Uint32Array {
  const strides = rowMajorStrides(shape);
  const sizes = permuted(shape, perm);
  const steps = permuted(strides, perm);
  const order = new Uint32Array(elementCount(shape));
  const index = new Array<number>(perm.length).fill(0);
  let from = 0;
  for (let to = 0; to < order.length; to++) {
    order[to] = from;
    for (let axis = perm.length - 1; axis >= 0; axis--) {
      from += steps[axis] as number;
      index[axis] = (index[axis] as number) + 1;
      if ((index[axis] as number) < (sizes[axis] as number)) break;
      from -= (steps[axis] as number) * (sizes[axis] as number);
      index[axis] = 0;
    }
  }
  return order;
}
