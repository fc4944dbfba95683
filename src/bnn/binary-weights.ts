/** What training does to the kernels of a model besides following their gradients. */
import * as tf from '@tensorflow/tfjs';
import { QuantConv2D, QuantDense, QuantDepthwiseConv2D } from './layers.ts';
import { type QuantizerName, quantizerName } from './quantizers.ts';

/**
 * What BinaryNet multiplies the steps of a kernel [height, width, in, out] or [in, out] by: one over
 * the standard deviation of Glorot's initialization, √((fan in + fan out) / 1.5) (Courbariaux et al.,
 * "BinaryConnect", 2015).
 */
export function glorotScale(kernelShape: readonly number[]): number {
  const taps = kernelShape.slice(0, -2).reduce((product, size) => product * size, 1);
  const [inChannels = 1, outChannels = 1] = kernelShape.slice(-2);
  return 1 / Math.sqrt(1.5 / (taps * (inChannels + outChannels)));
}

/** For `Adam`'s `scaleOf`: `glorotScale` of a model's quantized kernels, 1 of all else. */
export function glorotScales(model: tf.LayersModel): (variableName: string) => number {
  const scales = new Map<string, number>();
  for (const { variable } of quantizedKernels(model)) {
    scales.set(variable.name, glorotScale(variable.shape as number[]));
  }
  return (name) => scales.get(name) ?? 1;
}

/** For `CaseOptimizer`: whether a variable is a kernel that Bop trains, with `no_op` of 1 bit. */
export function bopKernels(model: tf.LayersModel): (variableName: string) => boolean {
  const names = new Set(
    quantizedKernels(model).flatMap(({ layer, variable }) => {
      const config = layer.kernelQuantizer;
      const precision = typeof config === 'object' ? config?.config?.precision : undefined;
      return quantizerName(config) === 'no_op' && precision === 1 ? [variable.name] : [];
    }),
  );
  return (name) => names.has(name);
}

const SIGNS: readonly (QuantizerName | undefined)[] = ['ste_sign', 'approx_sign', 'swish_sign'];

/** Kernels of which only the sign matters; the sign of it gives the same. */
export function signedKernels(model: tf.LayersModel): Weight[] {
  return quantizedKernels(model)
    .filter(({ layer }) => SIGNS.includes(quantizerName(layer.kernelQuantizer)))
    .map(({ variable }) => variable);
}

/** Holds the model's weights to their constraints; for after each step. */
export function applyConstraints(model: tf.LayersModel): void {
  for (const weight of model.trainableWeights) {
    tf.tidy(() => {
      if (weight.constraint) weight.write(weight.constraint.apply(weight.read()));
    });
  }
}

/** Kernels that a quantizer stands before, of nested models too. */
function quantizedKernels(model: tf.LayersModel) {
  return model.layers.flatMap((layer): { layer: QuantLayer; variable: Weight }[] => {
    if (layer instanceof tf.LayersModel) return quantizedKernels(layer);
    if (!isQuantized(layer) || layer.kernelQuantizer === null) return [];
    const [variable] = layer.weights;
    return variable ? [{ layer, variable }] : [];
  });
}

type QuantLayer = QuantConv2D | QuantDense | QuantDepthwiseConv2D;
type Weight = tf.layers.Layer['weights'][number];

function isQuantized(layer: tf.layers.Layer): layer is QuantLayer {
  return (
    layer instanceof QuantConv2D ||
    layer instanceof QuantDense ||
    layer instanceof QuantDepthwiseConv2D
  );
}
