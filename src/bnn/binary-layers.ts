/**
 * BinaryNet's layer as a whole: a convolution or a dense layer of binary weights, a pool, a batch norm
 * and an activation, in the order in which all of it stays in bits after compiling.
 */
import * as tf from '@tensorflow/tfjs';
import { BatchNormalization } from './batch-norm.ts';
import { QuantConv2D, QuantDense } from './layers.ts';
import type { Serialized } from './serializable.ts';

type Layer = tf.layers.Layer;
type Initializer = ReturnType<typeof tf.initializers.zeros>;

export interface BinaryLayerOptions {
  /** Size of the window; without one the layer is dense. */
  readonly kernelSize?: number | readonly [number, number];
  readonly strides?: number | readonly [number, number];
  /** 'same' unless told otherwise. */
  readonly padding?: 'same' | 'valid';
  /** Side, and stride, of a max-pool; none unless given. */
  readonly pool?: number;
  /**
   * What each filter is multiplied by: nothing (BinaryNet), or the mean of its latent weights'
   * magnitudes (XNOR-Net). Nothing unless told otherwise.
   */
  readonly scale?: 'none' | 'mean';
  /** 'bin', the sign, unless told otherwise. */
  readonly activation?: 'bin' | 'relu' | 'none';
  /** Whether the batch norm is there; it is unless told otherwise. */
  readonly norm?: boolean;
  /** Of the moving averages of the norm; 0.9 unless told otherwise. */
  readonly momentum?: number;
  readonly kernelInitializer?: Serialized<Initializer>;
  /** Of one image, where the layer is the model's first. */
  readonly inputShape?: tf.Shape;
}

/**
 * The layers for `units` filters, to be added to a sequential model one after the other. Latent weights
 * are clipped to −1 and 1; BinaryNet's steps come from `new Adam({ scaleOf: glorotScales(model) })`.
 *
 * The pool stands before the norm where the activation is the sign: of sums, it then is one of bits. With
 * 'relu' or 'none' it comes last.
 */
export function binaryLayers(units: number, options: BinaryLayerOptions = {}): Layer[] {
  const { activation = 'bin', pool, norm = true, momentum = 0.9 } = options;
  const norms = norm ? [new BatchNormalization({ momentum, scale: activation !== 'bin' })] : [];
  const pools = pool ? [tf.layers.maxPooling2d({ poolSize: pool })] : [];
  const multiply = multiplication(units, options);
  if (activation === 'none') return [multiply, ...norms, ...pools];
  const step = tf.layers.activation({
    activation: (activation === 'bin' ? 'ste_sign' : 'relu') as 'relu',
  });
  return activation === 'bin'
    ? [multiply, ...pools, ...norms, step]
    : [multiply, ...norms, step, ...pools];
}

function multiplication(units: number, options: BinaryLayerOptions): Layer {
  const { kernelSize, strides = 1, padding = 'same', scale = 'none' } = options;
  const binary = {
    kernelQuantizer: scale === 'mean' ? 'magnitude_aware_sign' : 'ste_sign',
    kernelConstraint: 'weight_clip',
    kernelInitializer: options.kernelInitializer ?? 'glorotUniform',
    useBias: false,
    ...(options.inputShape ? { inputShape: options.inputShape } : {}),
  } as const;
  return kernelSize === undefined
    ? new QuantDense({ ...binary, units })
    : new QuantConv2D({ ...binary, filters: units, kernelSize, strides, padding });
}
