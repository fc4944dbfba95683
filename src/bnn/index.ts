/**
 * binarynet/bnn: layers, quantizers and optimizers that train binary networks, on TensorFlow.js. The
 * models are TensorFlow.js Layers models; layers and configuration are Larq's, so that binarynet
 * compiles them and Larq opens them.
 */

import './activations.ts';

export { BinarynetError } from '../errors.ts';
export { startBackend } from './backends.ts';
export { BatchNormalization, type BatchNormalizationArgs } from './batch-norm.ts';
export { type BinaryLayerOptions, binaryLayers } from './binary-layers.ts';
export { applyConstraints, bopKernels, glorotScale, glorotScales } from './binary-weights.ts';
export type { CheckpointStore } from './checkpoints.ts';
export { type CompactModel, type CompactOptions, compactModel } from './compact-model.ts';
export { WeightClip } from './constraints.ts';
export {
  type Augmentation,
  augmentedBatch,
  type Batch,
  batchOf,
  cifarDataset,
  type Dataset,
  idxDataset,
} from './dataset.ts';
export {
  QuantConv2D,
  type QuantConv2DArgs,
  QuantDense,
  type QuantDenseArgs,
  QuantDepthwiseConv2D,
  type QuantDepthwiseConv2DArgs,
} from './layers.ts';
export {
  type DistillationOptions,
  distillation,
  type Loss,
  softmaxCrossEntropy,
  squaredHinge,
} from './losses.ts';
export {
  Adam,
  type AdamOptions,
  Bop,
  type BopOptions,
  type Case,
  CaseOptimizer,
  SteppedOptimizer,
} from './optimizers.ts';
export {
  approxSign,
  getQuantizer,
  magnitudeAwareSign,
  type Quantizer,
  type QuantizerConfig,
  type QuantizerName,
  type QuantizerOptions,
  sign,
  steHeaviside,
  steSign,
  swishSign,
} from './quantizers.ts';
export { readKerasModel, readKerasWeights, writeKerasModel } from './saved-models.ts';
export {
  constantRate,
  cosineRate,
  exponentialRate,
  type Schedule,
  steadyThenLinearRate,
  steppedRate,
  warmUp,
} from './schedules.ts';
export { type SoftTargetOptions, softTargets } from './soft-targets.ts';
export {
  accuracyOf,
  type EpochLog,
  type RatedOptimizer,
  type StepProgress,
  type TrainOptions,
  train,
} from './trainer.ts';
export { registerWasmKernels } from './wasm-kernels.ts';
