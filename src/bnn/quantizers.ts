/**
 * Quantizers of binary networks: a step function whose gradient is that of something smooth (the
 * straight-through estimator). Names, values and gradients are Larq's.
 *
 * Every quantizer maps a tensor of any shape to one of the same shape. The sign of 0 is +1; the
 * heaviside of 0 is 0.
 */
import * as tf from '@tensorflow/tfjs';
import { fail } from '../errors.ts';
import { runFused } from './wasm-fused.ts';

export type Quantizer = (x: tf.Tensor) => tf.Tensor;

/** Larq's names of quantizers. */
export type QuantizerName =
  | 'ste_sign'
  | 'approx_sign'
  | 'swish_sign'
  | 'magnitude_aware_sign'
  | 'ste_heaviside'
  | 'no_op';

/** What a quantizer is told; the other ones ignore it. */
export interface QuantizerOptions {
  /** Inputs beyond it have no gradient; null: all have one. 1 unless told otherwise. */
  readonly clipValue?: number | null;
  /** How steep `swish_sign` is; 5 unless told otherwise. */
  readonly beta?: number;
  /** Bits of `no_op`: 1 marks weights that are ±1 already, such as Bop trains. */
  readonly precision?: number;
}

/** A quantizer as a layer's configuration has it: by name, or with options. */
export type QuantizerConfig =
  | QuantizerName
  | { readonly className: string; readonly config?: QuantizerOptions };

/** −1 for x < 0, otherwise +1. */
export function sign<T extends tf.Tensor>(x: T): T {
  const [fused] = runFused('BinarySign', { x }) ?? [];
  if (fused) return fused as T;
  return tf.tidy(() => tf.sub(tf.mul(tf.cast(tf.greaterEqual(x, 0), 'float32'), 2), 1)) as T;
}

/**
 * The sign; its gradient is 1 for |x| ≤ `clipValue`, otherwise 0 (Hubara et al., "Binarized Neural
 * Networks", 2016).
 */
export function steSign(x: tf.Tensor, clipValue: number | null = 1): tf.Tensor {
  return withGradient(x, sign, (value, dy) => clipGradient(value, dy, clipValue));
}

/** The sign; its gradient is 2 − 2|x| for |x| ≤ 1, otherwise 0 (Liu et al., "Bi-Real Net", 2018). */
export function approxSign(x: tf.Tensor): tf.Tensor {
  return withGradient(x, sign, (value, dy) =>
    tf.mul(dy, tf.relu(tf.sub(2, tf.mul(2, tf.abs(value))))),
  );
}

/**
 * The sign; its gradient is that of a swish, β(2 − βx·tanh(βx/2)) / (1 + cosh(βx)) (Darabi et al.,
 * "BNN+", 2018).
 */
export function swishSign(x: tf.Tensor, beta = 5): tf.Tensor {
  return withGradient(x, sign, (value, dy) => {
    const scaled = tf.mul(value, beta);
    const above = tf.sub(2, tf.mul(scaled, tf.tanh(tf.div(scaled, 2))));
    return tf.mul(dy, tf.div(tf.mul(beta, above), tf.add(1, tf.cosh(scaled))));
  });
}

/**
 * The sign times the mean of |x| over all axes but the last, a constant to the gradient, which is
 * otherwise that of `steSign` (Rastegari et al., "XNOR-Net", 2016).
 */
export function magnitudeAwareSign(x: tf.Tensor, clipValue: number | null = 1): tf.Tensor {
  const scale = (value: tf.Tensor) => tf.mean(tf.abs(value), axesButLast(value));
  return withGradient(
    x,
    (value) => tf.mul(scale(value), sign(value)),
    (value, dy) => tf.mul(scale(value), clipGradient(value, dy, clipValue)),
  );
}

/** 1 for x > 0, otherwise 0; its gradient is 1 for |x| ≤ `clipValue`, otherwise 0. */
export function steHeaviside(x: tf.Tensor, clipValue: number | null = 1): tf.Tensor {
  return withGradient(
    x,
    (value) => tf.cast(tf.greater(value, 0), 'float32'),
    (value, dy) => clipGradient(value, dy, clipValue),
  );
}

/** Larq's classes have the same names in camel case. */
const QUANTIZERS: Readonly<
  Record<QuantizerName, (x: tf.Tensor, options: QuantizerOptions) => tf.Tensor>
> = {
  ste_sign: (x, { clipValue }) => steSign(x, clipValue),
  approx_sign: approxSign,
  swish_sign: (x, { beta }) => swishSign(x, beta),
  magnitude_aware_sign: (x, { clipValue }) => magnitudeAwareSign(x, clipValue),
  ste_heaviside: (x, { clipValue }) => steHeaviside(x, clipValue),
  no_op: (x) => x,
};

/** The name of a configured quantizer; undefined where there is none. */
export function quantizerName(config: QuantizerConfig | null): QuantizerName | undefined {
  if (config === null) return undefined;
  const given = typeof config === 'string' ? config : config.className;
  // Larq registers its classes as "Larq>SteSign"; TensorFlow.js reads "ste_sign" as "steSign".
  const name = given.slice(given.indexOf('>') + 1);
  const snake = name.replace(/(?<=.)[A-Z]/g, '_$&').toLowerCase();
  if (snake in QUANTIZERS) return snake as QuantizerName;
  return fail({
    code: 'unsupported',
    found: `There is no quantizer "${given}".`,
    fix: `Use one of ${Object.keys(QUANTIZERS).join(', ')}.`,
  });
}

/** The quantizer of a configuration; null is none. Throws a `BinarynetError` for unknown names. */
export function getQuantizer(config: QuantizerConfig | null): Quantizer | undefined {
  const name = quantizerName(config);
  if (name === undefined) return undefined;
  const options = config === null || typeof config === 'string' ? {} : (config.config ?? {});
  return (x) => QUANTIZERS[name](x, options);
}

/** The axes of a tensor but its last. */
function axesButLast(x: tf.Tensor): number[] {
  return Array.from({ length: x.rank - 1 }, (_, axis) => axis);
}

function clipGradient(x: tf.Tensor, dy: tf.Tensor, clipValue: number | null): tf.Tensor {
  if (clipValue === null) return dy;
  const [fused] = runFused('BinarySignGrad', { x, dy }, { clipValue }) ?? [];
  if (fused) return fused;
  return tf.mul(dy, tf.cast(tf.lessEqual(tf.abs(x), clipValue), 'float32'));
}

/** `value` of x, with the gradient that `gradient` makes of x and of dy. */
function withGradient(
  x: tf.Tensor,
  value: (x: tf.Tensor) => tf.Tensor,
  gradient: (x: tf.Tensor, dy: tf.Tensor) => tf.Tensor,
): tf.Tensor {
  const quantize = tf.customGrad((input, save) => {
    const saved = input as tf.Tensor;
    (save as tf.GradSaveFunc)([saved]);
    return {
      value: value(saved),
      gradFunc: (dy: tf.Tensor, [kept]: tf.Tensor[]) => gradient(kept as tf.Tensor, dy),
    };
  });
  return quantize(x);
}
