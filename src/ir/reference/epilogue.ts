/** What follows the sums of a convolution or dense layer, and activations in general. */
import type { TensorData } from '../graph.ts';
import type { Epilogue, Unary } from '../ops.ts';
import { unaryFunction } from '../traits.ts';
import { floats } from './kernel.ts';

/**
 * Finishes rows of `channels` sums, already rounded to f32. `operands` are those of the epilogue.
 * All but `sign` work in place: `sums` is then the output itself.
 */
export type Finish = (
  sums: Float32Array,
  operands: readonly TensorData[],
  output: TensorData,
) => void;

export function prepareEpilogue(epilogue: Epilogue, channels: number): Finish {
  if (epilogue.kind === 'sign') {
    return (sums, [threshold], output) => {
      if (!threshold) throw new Error('a sign epilogue has no threshold');
      for (let i = 0, c = 0; i < sums.length; i++, c++) {
        if (c === channels) c = 0;
        output[i] = (sums[i] as number) < (threshold[c] as number) ? 1 : 0;
      }
    };
  }
  const activate = prepareActivation(epilogue.activation);
  if (epilogue.kind === 'norm') {
    return (sums, [mean, scale, offset]) => {
      normalize(sums, sums, channels, floats(mean), floats(scale), floats(offset));
      activate(sums);
    };
  }
  return (sums, [bias]) => {
    addBias(sums, channels, floats(bias));
    activate(sums);
  };
}

/** Applies a function in place: computed in f64, rounded once. */
export function prepareActivation(activation: Unary): (data: Float32Array) => void {
  switch (activation.fn) {
    case 'identity':
      return () => {};
    case 'relu':
      return (data) => {
        for (let i = 0; i < data.length; i++) if ((data[i] as number) < 0) data[i] = 0;
      };
    default: {
      const evaluate = unaryFunction(activation);
      return (data) => {
        for (let i = 0; i < data.length; i++) data[i] = evaluate(data[i] as number);
      };
    }
  }
}

function addBias(sums: Float32Array, channels: number, bias: Float32Array): void {
  for (let i = 0, c = 0; i < sums.length; i++, c++) {
    if (c === channels) c = 0;
    sums[i] = (sums[i] as number) + (bias[c] as number);
  }
}

/** (x - mean) * scale + offset, rounded after each of the three steps. */
export function normalize(
  x: Float32Array,
  y: Float32Array,
  channels: number,
  mean: Float32Array,
  scale: Float32Array,
  offset: Float32Array,
): void {
  for (let i = 0, c = 0; i < x.length; i++, c++) {
    if (c === channels) c = 0;
    const centred = Math.fround((x[i] as number) - (mean[c] as number));
    y[i] = Math.fround(centred * (scale[c] as number)) + (offset[c] as number);
  }
}
