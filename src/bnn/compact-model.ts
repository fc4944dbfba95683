/**
 * Models as TensorFlow.js stores them, model.json and weights.bin, with signs in a byte each: of a
 * kernel that a sign is taken of, the signs are stored, not the latent weights. Such files are for
 * running and compiling a network, and give the same outputs; training does not go on from them.
 */
import * as tf from '@tensorflow/tfjs';
import { signedKernels } from './binary-weights.ts';
import { sign } from './quantizers.ts';

type Spec = NonNullable<tf.io.ModelArtifacts['weightSpecs']>[number];

export interface CompactModel {
  /** model.json; it names the other file "weights.bin". */
  readonly modelJson: string;
  /** weights.bin */
  readonly weights: Uint8Array;
}

/** TensorFlow.js reads such bytes as byte · 2 − 1. */
const SIGNS = { dtype: 'uint8', scale: 2, min: -1, original_dtype: 'float32' } as const;

/** The files of a model. */
export async function compactModel(model: tf.LayersModel): Promise<CompactModel> {
  const { format, modelTopology, weightSpecs = [] } = await artifactsOf(model);
  const signed = new Set(signedKernels(model));
  const specs: Spec[] = [];
  const parts: Uint8Array[] = [];
  model.weights.forEach((weight, i) => {
    const spec = weightSpecs[i] as Spec;
    const isSigned = signed.has(weight);
    specs.push(isSigned ? { ...spec, quantization: SIGNS } : spec);
    parts.push(isSigned ? signsOf(weight.read()) : bytesOf(weight.read()));
  });
  const weightsManifest = [{ paths: ['weights.bin'], weights: specs }];
  return {
    modelJson: JSON.stringify({ format, modelTopology, weightsManifest }),
    weights: Uint8Array.from(parts.flatMap((part) => [...part])),
  };
}

/** What TensorFlow.js would save. */
async function artifactsOf(model: tf.LayersModel): Promise<tf.io.ModelArtifacts> {
  let artifacts: tf.io.ModelArtifacts = {};
  const keep = tf.io.withSaveHandler(async (saved) => {
    artifacts = saved;
    return { modelArtifactsInfo: { dateSaved: new Date(), modelTopologyType: 'JSON' } };
  });
  await model.save(keep);
  return artifacts;
}

function signsOf(kernel: tf.Tensor): Uint8Array {
  return tf.tidy(() => Uint8Array.from(sign(kernel).dataSync(), (value) => (value < 0 ? 0 : 1)));
}

function bytesOf(weight: tf.Tensor): Uint8Array {
  const { buffer, byteOffset, byteLength } = weight.dataSync();
  return new Uint8Array(buffer, byteOffset, byteLength);
}
