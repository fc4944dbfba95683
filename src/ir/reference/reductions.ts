/** Reference ops that look along axes: softmax and its kin, layer norm, reductions. */
import { elementCount, type Shape } from '../graph.ts';
import type { NodeOf, OpAttrs, ReduceFn } from '../ops.ts';
import { rowMajorStrides } from '../shapes.ts';
import { floats, type Kernel, type Site, typeAt } from './kernel.ts';

type RowFunction = (row: Float64Array) => void;

/** Each maps a row to its result in place. */
const SOFTMAX: { readonly [V in OpAttrs['softmax']['variant']]: RowFunction } = {
  softmax: (row) => {
    const largest = largestOf(row);
    let sum = 0;
    for (let i = 0; i < row.length; i++) {
      row[i] = Math.exp((row[i] as number) - largest);
      sum += row[i] as number;
    }
    for (let i = 0; i < row.length; i++) row[i] = (row[i] as number) / sum;
  },
  logSoftmax: (row) => {
    const largest = largestOf(row);
    let sum = 0;
    for (const value of row) sum += Math.exp(value - largest);
    const shift = largest + Math.log(sum);
    for (let i = 0; i < row.length; i++) row[i] = (row[i] as number) - shift;
  },
  /** The point of the simplex nearest to the row: max(x - tau, 0) with tau so that the sum is 1. */
  sparsemax: (row) => {
    const sorted = Float64Array.from(row).sort().reverse();
    let sum = 0;
    let tau = 0;
    for (let i = 0; i < sorted.length; i++) {
      sum += sorted[i] as number;
      const candidate = (sum - 1) / (i + 1);
      if ((sorted[i] as number) > candidate) tau = candidate;
    }
    for (let i = 0; i < row.length; i++) row[i] = Math.max((row[i] as number) - tau, 0);
  },
};

function largestOf(row: Float64Array): number {
  let largest = Number.NEGATIVE_INFINITY;
  for (const value of row) largest = Math.max(largest, value);
  return largest;
}

export function softmax(node: NodeOf<'softmax'>, site: Site): Kernel {
  const { shape } = site.output;
  const apply = SOFTMAX[node.attrs.variant];
  const size = shape[node.attrs.axis] as number;
  const inner = elementCount(shape.slice(node.attrs.axis + 1));
  const outer = elementCount(shape.slice(0, node.attrs.axis));
  const row = new Float64Array(size);
  return ([xData], output) => {
    const x = floats(xData);
    for (let o = 0; o < outer; o++) {
      for (let i = 0; i < inner; i++) {
        const start = o * size * inner + i;
        for (let k = 0; k < size; k++) row[k] = x[start + k * inner] as number;
        apply(row);
        for (let k = 0; k < size; k++) output[start + k * inner] = row[k] as number;
      }
    }
  };
}

/** (x - mean) / sqrt(variance + epsilon) * gamma + beta; without centring the mean counts as 0. */
export function layerNorm(node: NodeOf<'layerNorm'>, site: Site): Kernel {
  const { axis, epsilon, center } = node.attrs;
  const size = elementCount(site.output.shape.slice(axis));
  return ([xData, gammaData, betaData], output) => {
    const [x, gamma, beta] = [floats(xData), floats(gammaData), floats(betaData)];
    for (let start = 0; start < x.length; start += size) {
      let sum = 0;
      for (let i = 0; i < size; i++) sum += x[start + i] as number;
      const mean = center ? sum / size : 0;
      let squares = 0;
      for (let i = 0; i < size; i++) squares += ((x[start + i] as number) - mean) ** 2;
      const factor = 1 / Math.sqrt(squares / size + epsilon);
      for (let i = 0; i < size; i++) {
        const normal = ((x[start + i] as number) - mean) * factor;
        output[start + i] = normal * (gamma[i] as number) + (beta[i] as number);
      }
    }
  };
}

interface Reduction {
  readonly start: number;
  readonly combine: (sum: number, x: number) => number;
  readonly finish: (sum: number, count: number) => number;
}

const add = (sum: number, x: number): number => sum + x;
const keep = (sum: number): number => sum;

const REDUCTIONS: { readonly [F in ReduceFn]: Reduction } = {
  mean: { start: 0, combine: add, finish: (sum, count) => sum / count },
  sum: { start: 0, combine: add, finish: keep },
  prod: { start: 1, combine: (product, x) => product * x, finish: keep },
  max: { start: Number.NEGATIVE_INFINITY, combine: Math.max, finish: keep },
  min: { start: Number.POSITIVE_INFINITY, combine: Math.min, finish: keep },
};

export function reduce(node: NodeOf<'reduce'>, site: Site): Kernel {
  const { shape } = typeAt(site, 0);
  const { start, combine, finish } = REDUCTIONS[node.attrs.fn];
  const steps = keptSteps(shape, node.attrs.axes);
  const results = new Float64Array(elementCount(site.output.shape));
  const count = elementCount(shape) / results.length;
  const index = new Array<number>(shape.length).fill(0);
  return ([xData], output) => {
    results.fill(start);
    index.fill(0);
    let to = 0;
    for (const value of floats(xData)) {
      results[to] = combine(results[to] as number, value);
      for (let axis = shape.length - 1; axis >= 0; axis--) {
        index[axis] = (index[axis] as number) + 1;
        to += steps[axis] as number;
        if (index[axis] !== shape[axis]) break;
        to -= (steps[axis] as number) * (shape[axis] as number);
        index[axis] = 0;
      }
    }
    for (let i = 0; i < results.length; i++) output[i] = finish(results[i] as number, count);
  };
}

/** How far the result's offset moves per step along each axis of the operand; 0 where reduced. */
function keptSteps(shape: Shape, axes: readonly number[]): number[] {
  const kept = shape.map((size, axis) => (axes.includes(axis) ? 1 : size));
  return rowMajorStrides(kept).map((step, axis) => (axes.includes(axis) ? 0 : step));
}
