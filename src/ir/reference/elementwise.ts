/** Reference elementwise ops: functions of one and two arguments, batch norm, bits from floats. */

import type { Shape } from '../graph.ts';
import type { BinaryFn, NodeOf } from '../ops.ts';
import { broadcastShapes, rowMajorStrides } from '../shapes.ts';
import { normalize, prepareActivation } from './epilogue.ts';
import { floats, type Kernel, type Site, typeAt } from './kernel.ts';

export function unary(node: NodeOf<'unary'>): Kernel {
  const apply = prepareActivation(node.attrs.unary);
  return ([x], output) => {
    floats(output).set(floats(x));
    apply(floats(output));
  };
}

export function batchNorm(node: NodeOf<'batchNorm'>, site: Site): Kernel {
  const activate = prepareActivation(node.attrs.activation);
  const channels = typeAt(site, 1).shape[0] as number;
  return ([x, mean, scale, offset], output) => {
    const y = floats(output);
    normalize(floats(x), y, channels, floats(mean), floats(scale), floats(offset));
    activate(y);
  };
}

export function binarize(_node: NodeOf<'binarize'>, site: Site): Kernel {
  const channels = typeAt(site, 1).shape[0] as number;
  return ([xData, thresholdData, directionData], output) => {
    const [x, threshold, direction] = [floats(xData), floats(thresholdData), floats(directionData)];
    for (let i = 0, c = 0; i < x.length; i++, c++) {
      if (c === channels) c = 0;
      output[i] = (x[i] as number) * (direction[c] as number) < (threshold[c] as number) ? 1 : 0;
    }
  };
}

export function unpack(): Kernel {
  return ([x], output) => {
    if (!x) throw new Error('unpack has no operand');
    for (let i = 0; i < x.length; i++) output[i] = 1 - 2 * (x[i] as number);
  };
}

const BINARY: { readonly [F in BinaryFn]: (a: number, b: number) => number } = {
  add: (a, b) => a + b,
  sub: (a, b) => a - b,
  mul: (a, b) => a * b,
  div: (a, b) => a / b,
  max: Math.max,
  min: Math.min,
  prelu: (x, a) => (x < 0 ? a * x : x),
  pow: (a, b) => a ** b,
  fmod: (a, b) => a % b,
};

export function binary(node: NodeOf<'binary'>, site: Site): Kernel {
  const evaluate = BINARY[node.attrs.fn];
  const activate = prepareActivation(node.attrs.activation);
  const axes = broadcastAxes(typeAt(site, 0).shape, typeAt(site, 1).shape);
  const inner = axes.pop() ?? { size: 1, a: 0, b: 0 };
  return ([aData, bData], output) => {
    const [a, b, y] = [floats(aData), floats(bData), floats(output)];
    let to = 0;
    walk(axes, 0, 0, 0, (fromA, fromB) => {
      for (let i = 0; i < inner.size; i++) {
        y[to++] = evaluate(a[fromA + i * inner.a] as number, b[fromB + i * inner.b] as number);
      }
    });
    activate(y);
  };
}

/** One loop over a broadcast: how often, and how far each operand moves per step. */
interface BroadcastAxis {
  readonly size: number;
  readonly a: number;
  readonly b: number;
}

/** The loops of a broadcast, outermost first; neighbours that step alike are one loop. */
function broadcastAxes(a: Shape, b: Shape): BroadcastAxis[] {
  const shape = broadcastShapes(a, b) ?? [];
  const stepsA = broadcastSteps(a, shape.length);
  const stepsB = broadcastSteps(b, shape.length);
  const axes: BroadcastAxis[] = [];
  for (const [axis, size] of shape.entries()) {
    const next = { size, a: stepsA[axis] as number, b: stepsB[axis] as number };
    const last = axes.at(-1);
    if (size === 1) continue;
    if (last && last.a === next.a * size && last.b === next.b * size) {
      axes[axes.length - 1] = { ...next, size: last.size * size };
    } else {
      axes.push(next);
    }
  }
  return axes;
}

/** Elements between neighbours along each axis of the result; 0 where the operand is repeated. */
function broadcastSteps(shape: Shape, rank: number): number[] {
  const strides = rowMajorStrides(shape).map((stride, axis) => (shape[axis] === 1 ? 0 : stride));
  return [...new Array<number>(rank - shape.length).fill(0), ...strides];
}

function walk(
  axes: readonly BroadcastAxis[],
  depth: number,
  a: number,
  b: number,
  visit: (a: number, b: number) => void,
): void {
  const axis = axes[depth];
  if (!axis) {
    visit(a, b);
    return;
  }
  for (let i = 0; i < axis.size; i++) walk(axes, depth + 1, a + i * axis.a, b + i * axis.b, visit);
}
