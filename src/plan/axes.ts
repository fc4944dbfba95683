/**
 * Loops over axes, as short as they can be: axes of one step are dropped, neighbours that are one
 * run for every operand are merged, and what is left is right-aligned to the kernels' rank.
 */
import { MAX_RANK } from './structs.ts';

/** One axis of a nest of loops: its size, and what a step is for each operand. */
export interface Axis {
  readonly size: number;
  /** Elements between neighbours, one entry per operand; 0 where an operand is broadcast. */
  readonly strides: readonly number[];
  /** Must stay an axis of its own (tile's wrapping axes). */
  readonly alone?: boolean;
}

/** The same elements in the same order over fewer axes. */
export function collapseAxes(axes: readonly Axis[]): Axis[] {
  const collapsed: Axis[] = [];
  for (const axis of axes) {
    if (axis.size === 1) continue;
    const last = collapsed.at(-1);
    if (last && !last.alone && !axis.alone && isOneRun(last, axis)) {
      collapsed[collapsed.length - 1] = { size: last.size * axis.size, strides: axis.strides };
    } else {
      collapsed.push(axis);
    }
  }
  return collapsed;
}

/** Numbers per axis with `filler` for the leading axes that a tensor doesn't have. */
export function rightAligned(values: readonly number[], filler: number): number[] {
  return [...new Array<number>(MAX_RANK - values.length).fill(filler), ...values];
}

function isOneRun(outer: Axis, inner: Axis): boolean {
  return outer.strides.every((stride, i) => stride === (inner.strides[i] as number) * inner.size);
}
