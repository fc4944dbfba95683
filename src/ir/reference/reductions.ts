/** Reference ops that look along axes: softmax and its kin, layer and group norm, reductions. */
import { elementCount, type Shape } from '../graph.ts';
import type { NodeOf, OpAttrs, ReduceFn } from '../ops.ts';
import { rowMajorStrides } from '../shapes.ts';
import { floats, type Kernel, present, type Site, typeAt } from './kernel.ts';

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

/** As layer norm, over every axis between the first and the channels, and a group of those. */
export function groupNorm(node: NodeOf<'groupNorm'>, site: Site): Kernel {
  const { groups, epsilon } = node.attrs;
  const { shape } = site.output;
  const channels = shape.at(-1) as number;
  const width = channels / groups;
  const sampleSize = elementCount(shape.slice(1));
  return ([xData, gammaData, betaData], output) => {
    const [x, gamma, beta] = [floats(xData), floats(gammaData), floats(betaData)];
    for (let sample = 0; sample < x.length; sample += sampleSize) {
      for (let first = 0; first < channels; first += width) {
        const last = first + width;
        let sum = 0;
        for (let pixel = sample; pixel < sample + sampleSize; pixel += channels) {
          for (let c = first; c < last; c++) sum += x[pixel + c] as number;
        }
        const mean = (sum * groups) / sampleSize;
        let squares = 0;
        for (let pixel = sample; pixel < sample + sampleSize; pixel += channels) {
          for (let c = first; c < last; c++) squares += ((x[pixel + c] as number) - mean) ** 2;
        }
        const factor = 1 / Math.sqrt((squares * groups) / sampleSize + epsilon);
        for (let pixel = sample; pixel < sample + sampleSize; pixel += channels) {
          for (let c = first; c < last; c++) {
            const normal = ((x[pixel + c] as number) - mean) * factor;
            output[pixel + c] = normal * (gamma[c] as number) + (beta[c] as number);
          }
        }
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

/** Sums and products wrap by being stored as i32. */
const INTEGER_REDUCTIONS: { readonly [F in Exclude<ReduceFn, 'mean'>]: Reduction } = {
  sum: REDUCTIONS.sum,
  prod: { start: 1, combine: Math.imul, finish: keep },
  max: { start: -(2 ** 31), combine: Math.max, finish: keep },
  min: { start: 2 ** 31 - 1, combine: Math.min, finish: keep },
};

export function reduce(node: NodeOf<'reduce'>, site: Site): Kernel {
  const { shape } = typeAt(site, 0);
  const { fn } = node.attrs;
  const isInteger = site.output.dtype === 'i32' && fn !== 'mean';
  const { start, combine, finish } = isInteger ? INTEGER_REDUCTIONS[fn] : REDUCTIONS[fn];
  const steps = keptSteps(shape, node.attrs.axes);
  const places = elementCount(site.output.shape);
  const results = isInteger ? new Int32Array(places) : new Float64Array(places);
  const count = elementCount(shape) / results.length;
  const index = new Array<number>(shape.length).fill(0);
  return ([xData], output) => {
    results.fill(start);
    index.fill(0);
    let to = 0;
    for (const value of present(xData)) {
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

/** NaN is more extreme than any number. Of several places the first, or the last. */
export function argReduce(node: NodeOf<'argReduce'>, site: Site): Kernel {
  const { shape } = typeAt(site, 0);
  const { axis, last } = node.attrs;
  const direction = node.attrs.fn === 'argMax' ? 1 : -1;
  const size = shape[axis] as number;
  const inner = elementCount(shape.slice(axis + 1));
  const outer = elementCount(shape.slice(0, axis));
  return ([xData], output) => {
    const x = present(xData);
    for (let o = 0; o < outer; o++) {
      for (let i = 0; i < inner; i++) {
        let best = 0;
        let extreme = direction * (x[o * size * inner + i] as number);
        for (let place = 1; place < size; place++) {
          const value = direction * (x[(o * size + place) * inner + i] as number);
          if (!(last ? isAtLeast(value, extreme) : !isAtLeast(extreme, value))) continue;
          best = place;
          extreme = value;
        }
        output[o * inner + i] = best;
      }
    }
  };
}

/** a >= b, where NaN is the largest of all. */
function isAtLeast(a: number, b: number): boolean {
  return a >= b || Number.isNaN(a);
}
