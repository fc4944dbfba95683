/**
 * Loops over operands that broadcast like NumPy's, for any number of them. Neighbouring axes that
 * all operands step through alike are one loop; the innermost loop is left to the caller.
 */
import type { Shape } from '../graph.ts';
import { broadcastShapes, rowMajorStrides } from '../shapes.ts';
import { type Kernel, present, type Site, typeAt } from './kernel.ts';

/** One loop: how often, and how far each operand moves per step. */
interface Loop {
  readonly size: number;
  readonly steps: readonly number[];
}

export interface Broadcast {
  /** The innermost loop. */
  readonly inner: Loop;
  /** Calls back with each operand's offset at every start of the innermost loop, in order. */
  readonly visit: (row: (offsets: readonly number[]) => void) => void;
}

export function prepareBroadcast(shapes: readonly Shape[]): Broadcast {
  const loops = loopsOf(shapes);
  const inner = loops.pop() ?? { size: 1, steps: shapes.map(() => 0) };
  const offsets = shapes.map(() => 0);
  const walk = (depth: number, row: (offsets: readonly number[]) => void): void => {
    const loop = loops[depth];
    if (!loop) {
      row(offsets);
      return;
    }
    for (let i = 0; i < loop.size; i++) {
      walk(depth + 1, row);
      move(offsets, loop.steps, 1);
    }
    move(offsets, loop.steps, -loop.size);
  };
  return { inner, visit: (row) => walk(0, row) };
}

export type Combine = (a: number, b: number) => number;

/** The kernel of a, b → combine(a, b), rounded by storing it. */
export function combining(combine: Combine, site: Site): Kernel {
  const { inner, visit } = prepareBroadcast([typeAt(site, 0).shape, typeAt(site, 1).shape]);
  const { size, steps } = inner;
  const [stepA, stepB] = steps as [number, number];
  return ([aData, bData], output) => {
    const [a, b] = [present(aData), present(bData)];
    let to = 0;
    visit(([fromA, fromB]) => {
      let [i, j] = [fromA as number, fromB as number];
      for (const end = to + size; to < end; to++, i += stepA, j += stepB) {
        output[to] = combine(a[i] as number, b[j] as number);
      }
    });
  };
}

function move(offsets: number[], steps: readonly number[], times: number): void {
  for (let k = 0; k < offsets.length; k++) {
    offsets[k] = (offsets[k] as number) + times * (steps[k] as number);
  }
}

/** Outermost first; axes of one element are left out. */
function loopsOf(shapes: readonly Shape[]): Loop[] {
  const shape = shapes.reduce((joined, other) => broadcastShapes(joined, other) ?? []);
  const stepsOf = shapes.map((operand) => broadcastSteps(operand, shape.length));
  const loops: Loop[] = [];
  for (const [axis, size] of shape.entries()) {
    const next = { size, steps: stepsOf.map((steps) => steps[axis] as number) };
    const last = loops.at(-1);
    if (size === 1) continue;
    if (last?.steps.every((step, k) => step === (next.steps[k] as number) * size)) {
      loops[loops.length - 1] = { ...next, size: last.size * size };
    } else {
      loops.push(next);
    }
  }
  return loops;
}

/** Elements between neighbours along each axis of the result; 0 where the operand is repeated. */
function broadcastSteps(shape: Shape, rank: number): number[] {
  const strides = rowMajorStrides(shape).map((stride, axis) => (shape[axis] === 1 ? 0 : stride));
  return [...new Array<number>(rank - shape.length).fill(0), ...strides];
}
