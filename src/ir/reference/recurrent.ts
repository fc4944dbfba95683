/**
 * Reference recurrent layers, as Keras defines them, with the peepholes of ONNX. A step is computed
 * in f64; the state that goes on to the next one is rounded to f32.
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
  /** lstm only: what the gates see of the cell, [i, o, f] of U each; zeros where there are none. */
  readonly peepholes: Float32Array;
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
  const width = attrs.returnCells ? 2 * units : units;
  const noState = new Float32Array(batch * units);
  const noPeepholes = new Float32Array(3 * units);
  return ([xData, kernelData, recurrentData, biasData, hData, cData, peepholeData], output) => {
    const [x, bias] = [floats(xData), floats(biasData)];
    const [initialH, initialC] = [floats(hData ?? noState), floats(cData ?? noState)];
    const peepholes = floats(peepholeData ?? noPeepholes);
    const kernel = kernelOf(kernelData);
    const recurrentKernel = recurrentKernelOf(recurrentData);
    const weights = { recurrentKernel, peepholes };
    const step = { units, attrs, input, recurrent: product, ...weights, state, carry };
    const recurrentBias = bias.subarray(columns);
    for (let sequence = 0; sequence < batch; sequence++) {
      state.set(initialH.subarray(sequence * units, (sequence + 1) * units));
      carry.set(initialC.subarray(sequence * units, (sequence + 1) * units));
      for (let t = 0; t < steps; t++) {
        const time = attrs.goBackwards ? steps - 1 - t : t;
        input.set(bias.subarray(0, columns));
        addProduct(x, (sequence * steps + time) * features, features, kernel, input, 0);
        product.fill(0);
        product.set(recurrentBias);
        addProduct(state, 0, units, recurrentKernel, product, 0);
        advance(step);
        if (!attrs.returnSequences) continue;
        output.set(state, (sequence * steps + t) * width);
        if (attrs.returnCells) output.set(carry, (sequence * steps + t) * width + units);
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
      return (step) => advanceLstm(step, activation, gate);
  }
}

/** The input and forget gates see the cell as it was, the output gate as it becomes. */
function advanceLstm(
  step: Step,
  activation: (x: number) => number,
  gate: (x: number) => number,
): void {
  const { units, input, recurrent, state, carry, peepholes } = step;
  const sum = (k: number, u: number): number =>
    at(input, k * units + u) + at(recurrent, k * units + u);
  const glimpse = (k: number, u: number, cell: number): number => {
    const weight = at(peepholes, k * units + u);
    return weight === 0 ? 0 : weight * cell;
  };
  for (let u = 0; u < units; u++) {
    const cell = at(carry, u);
    const i = gate(sum(0, u) + glimpse(0, u, cell));
    const f = gate(sum(1, u) + glimpse(2, u, cell));
    const next = f * cell + i * activation(sum(2, u));
    const o = gate(sum(3, u) + glimpse(1, u, next));
    carry[u] = next;
    state[u] = o * activation(next);
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
