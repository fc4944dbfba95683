/** What follows the sums of a convolution or dense layer, and activations in general. */
import type { TensorData } from '../graph.ts';
import type { Epilogue, Requantize, Unary } from '../ops.ts';
import { roundHalfToEven } from '../rounding.ts';
import { unaryFunction } from '../traits.ts';
import { floats, integers } from './kernel.ts';

/** Sums rounded to f32, or of integers. */
export type Sums = Float32Array | Int32Array;

/**
 * Finishes rows of `channels` sums. `operands` are those of the epilogue. `linear`, `norm`
 * and `add` work in place as well: `sums` is then the output itself.
 */
export type Finish = (sums: Sums, operands: readonly TensorData[], output: TensorData) => void;

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
  if (epilogue.kind === 'integer') {
    return (sums, [bias], output) => {
      for (let i = 0, c = 0; i < sums.length; i++, c++) {
        if (c === channels) c = 0;
        output[i] = (sums[i] as number) + (integers(bias)[c] as number);
      }
    };
  }
  if (epilogue.kind === 'requantize') return prepareRequantize(epilogue, channels);
  const activate = prepareActivation(epilogue.activation);
  if (epilogue.kind === 'norm' || epilogue.kind === 'add') {
    return (sums, [mean, scale, offset, addend], output) => {
      normalize(sums, floats(output), channels, floats(mean), floats(scale), floats(offset));
      if (epilogue.kind === 'add') addTo(floats(output), floats(addend));
      activate(floats(output));
    };
  }
  return (sums, [bias]) => {
    addBias(floats(sums), channels, floats(bias));
    activate(floats(sums));
  };
}

/** Steps in f32: (sum + bias) * scale, rounded, limited. NaN and all below become the least. */
function prepareRequantize({ zeroPoint, min, max }: Requantize, channels: number): Finish {
  const [low, high] = [min - zeroPoint, max - zeroPoint];
  return (sums, [biasData, scaleData], output) => {
    const [bias, scale] = [integers(biasData), floats(scaleData)];
    for (let i = 0, c = 0; i < sums.length; i++, c++) {
      if (c === channels) c = 0;
      const sum = ((sums[i] as number) + (bias[c] as number)) | 0;
      const scaled = Math.fround(Math.fround(sum) * (scale[c] as number));
      const limited = scaled > low ? Math.min(scaled, high) : low;
      output[i] = roundHalfToEven(limited) + zeroPoint;
    }
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

function addTo(y: Float32Array, addend: Float32Array): void {
  for (let i = 0; i < y.length; i++) y[i] = (y[i] as number) + (addend[i] as number);
}

/** (x - mean) * scale + offset, x as f32, rounded after each of the three steps. */
export function normalize(
  x: Sums,
  y: Float32Array,
  channels: number,
  mean: Float32Array,
  scale: Float32Array,
  offset: Float32Array,
): void {
  for (let i = 0, c = 0; i < x.length; i++, c++) {
    if (c === channels) c = 0;
    const centred = Math.fround(Math.fround(x[i] as number) - (mean[c] as number));
    y[i] = Math.fround(centred * (scale[c] as number)) + (offset[c] as number);
  }
}
