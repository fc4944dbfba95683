/**
 * Step functions of one value: constant but for a few places where they jump. With breaks
 * t1 < t2 < … the values are those below t1, at t1, between t1 and t2, at t2, …, above the last.
 */
import type { ValueId } from '../../ir/ops.ts';

/** What a step is a function of: a value, or the difference of two. */
export interface Base {
  readonly x: ValueId;
  readonly minus?: ValueId;
}

export interface Step {
  readonly base: Base;
  readonly breaks: readonly number[];
  /** 2 · breaks + 1 of them. */
  readonly values: readonly number[];
}

/** More are not worth their time. */
const MOST_BREAKS = 8;

export function sameBase(a: Base, b: Base): boolean {
  return a.x === b.x && a.minus === b.minus;
}

/** A function that is below, at and above one break what is given. */
export function stepAt(base: Base, at: number, values: readonly [number, number, number]): Step {
  return { base, breaks: [at], values };
}

/** The breaks of all steps together. */
export function commonBreaks(steps: readonly Step[]): number[] | undefined {
  const breaks = [...new Set(steps.flatMap((step) => step.breaks))].sort((a, b) => a - b);
  return breaks.length <= MOST_BREAKS ? breaks : undefined;
}

/** The values of a step over the cells of finer breaks. */
export function valuesOver(step: Step, breaks: readonly number[]): number[] {
  return Array.from({ length: 2 * breaks.length + 1 }, (_, cell) => {
    const next = breaks[cell >> 1] ?? Number.POSITIVE_INFINITY;
    const below = step.breaks.filter((at) => at < next).length;
    const isAt = cell % 2 === 1 && step.breaks.includes(next);
    return step.values[2 * below + (isAt ? 1 : 0)] as number;
  });
}

/** Without the breaks at which nothing changes. */
export function simplified(step: Step): Step {
  const breaks: number[] = [];
  const values = [step.values[0] as number];
  for (const [i, at] of step.breaks.entries()) {
    const [before, on, after] = step.values.slice(2 * i, 2 * i + 3) as [number, number, number];
    if (before === on && on === after) continue;
    breaks.push(at);
    values.push(on, after);
  }
  return { base: step.base, breaks, values };
}
