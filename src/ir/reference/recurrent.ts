/**
 * Reference recurrent layers, as Keras defines them. A step is computed in f64; the state that goes
 * on to the next one is rounded to f32.
 */
import type { NodeOf, RecurrentAttrs } from '../ops.ts';
import { unaryFunction } from '../traits.ts';
import { floats, imageAt, type Kernel, type Site, typeAt } from './kernel.ts';
import { doubleWeights } from './multiply.ts';

/** One time step: from the products of the input (bias added) to the next state. */
interface Step {
  readonly units: number;
  readonly attrs: RecurrentAttrs;
  /** x · kernel + bias, [G·U]. */
  readonly input: Float64Array;
  /** h · recurrentKernel, [G·U]; with `resetAfter` its own bias is added. */
  readonly recurrent: Float64Array;
  readonly recurrentKernel: Float64Array;
  readonly state: Float32Array;
  /** lstm only. */
  readonly carry: Float32Array;
}

export function recurrent(node: NodeOf<'recurrent'>, site: Site): Kernel {
  const { attrs } = node;
  const [batch, steps, features] = imageAt(site, 0);
  const [units, columns] = typeAt(site, 2).shape as readonly [number, number];
  const kernelOf = doubleWeights(site.known(1), 'f32');
  const recurrentKernelOf = doubleWeights(site.known(2), 'f32');
  const [input, product] = [new Float64Array(columns), new Float64Array(columns)];
  const [state, carry] = [new Float32Array(units), new Float32Array(units)];
  const advance = prepareCell(attrs);
  return ([xData, kernelData, recurrentData, biasData], output) => {
    const [x, bias] = [floats(xData), floats(biasData)];
    const kernel = kernelOf(kernelData);
    const recurrentKernel = recurrentKernelOf(recurrentData);
    const step = { units, attrs, input, recurrent: product, recurrentKernel, state, carry };
    const recurrentBias = bias.subarray(columns);
    for (let sequence = 0; sequence < batch; sequence++) {
      state.fill(0);
      carry.fill(0);
      for (let t = 0; t < steps; t++) {
        const time = attrs.goBackwards ? steps - 1 - t : t;
        input.set(bias.subarray(0, columns));
        addProduct(x, (sequence * steps + time) * features, features, kernel, input, 0);
        product.fill(0);
        product.set(recurrentBias);
        addProduct(state, 0, units, recurrentKernel, product, 0);
        advance(step);
        if (attrs.returnSequences) output.set(state, (sequence * steps + t) * units);
      }
      if (!attrs.returnSequences) output.set(state, sequence * units);
    }
  };
}

/** Adds x[from..] times the columns of the matrix from `first` on. */
function addProduct(
  x: Float32Array | Float64Array,
  from: number,
  count: number,
  matrix: Float64Array,
  sums: Float64Array,
  first: number,
): void {
  const columns = matrix.length / count;
  for (let k = 0; k < count; k++) {
    const value = x[from + k] as number;
    for (let o = first; o < columns; o++) {
      sums[o] = (sums[o] as number) + value * (matrix[k * columns + o] as number);
    }
  }
}

function prepareCell(attrs: RecurrentAttrs): (step: Step) => void {
  const activation = unaryFunction(attrs.activation);
  const gate = unaryFunction(attrs.recurrentActivation);
  switch (attrs.cell) {
    case 'simple':
      return ({ units, input, recurrent, state }) => {
        for (let u = 0; u < units; u++) state[u] = activation(at(input, u) + at(recurrent, u));
      };
    case 'gru':
      return (step) => advanceGru(step, activation, gate);
    case 'lstm':
      return ({ units, input, recurrent, state, carry }) => {
        for (let u = 0; u < units; u++) {
          const [i, f, c, o] = [0, 1, 2, 3].map(
            (k) => at(input, k * units + u) + at(recurrent, k * units + u),
          ) as [number, number, number, number];
          const next = gate(f) * (carry[u] as number) + gate(i) * activation(c);
          carry[u] = next;
          state[u] = gate(o) * activation(next);
        }
      };
  }
}

/** z and r from both products; the candidate sees the state through r, before or after its product. */
function advanceGru(
  step: Step,
  activation: (x: number) => number,
  gate: (x: number) => number,
): void {
  const { units, attrs, input, recurrent, recurrentKernel, state } = step;
  const update = new Float64Array(units);
  const reset = new Float64Array(units);
  for (let u = 0; u < units; u++) {
    update[u] = gate(at(input, u) + at(recurrent, u));
    reset[u] = gate(at(input, units + u) + at(recurrent, units + u));
  }
  if (!attrs.resetAfter) {
    const seen = reset.map((r, u) => r * at(state, u));
    recurrent.fill(0, 2 * units);
    addProduct(seen, 0, units, recurrentKernel, recurrent, 2 * units);
    reset.fill(1);
  }
  for (let u = 0; u < units; u++) {
    const candidate = activation(
      at(input, 2 * units + u) + at(reset, u) * at(recurrent, 2 * units + u),
    );
    const z = at(update, u);
    state[u] = z * at(state, u) + (1 - z) * candidate;
  }
}

function at(values: Float64Array | Float32Array, index: number): number {
  return values[index] as number;
}
