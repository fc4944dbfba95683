/**
 * Models as TensorFlow.js stores them, model.json and weights.bin, with a byte for each weight of a
 * kernel that a sign is taken of: its sign, or the latent weight to 8 bits. Both give the same outputs.
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

export interface CompactOptions {
  /**
   * Keeps latent weights, to 8 bits of the largest of their kernel, so that training can go on from
   * them, nearly where it was. Otherwise signs are kept, which archives pack eight times smaller.
   */
  readonly latent?: boolean;
}

const BYTES = { dtype: 'uint8', original_dtype: 'float32' } as const;

interface Bytes {
  readonly bytes: Uint8Array;
  /** TensorFlow.js reads a byte as byte · scale + min. */
  readonly scale: number;
  readonly min: number;
}

/** The files of a model. */
export async function compactModel(
  model: tf.LayersModel,
  { latent = false }: CompactOptions = {},
): Promise<CompactModel> {
  const { format, modelTopology, weightSpecs = [] } = await artifactsOf(model);
  const signed = new Set(signedKernels(model));
  const specs: Spec[] = [];
  const parts: Uint8Array[] = [];
  model.weights.forEach((weight, i) => {
    const spec = weightSpecs[i] as Spec;
    if (!signed.has(weight)) {
      specs.push(spec);
      parts.push(bytesOf(weight.read()));
      return;
    }
    const { bytes, ...read } = latent ? latentBytesOf(weight.read()) : signsOf(weight.read());
    specs.push({ ...spec, quantization: { ...BYTES, ...read } });
    parts.push(bytes);
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

function signsOf(kernel: tf.Tensor): Bytes {
  const signs = tf.tidy(() => sign(kernel).dataSync());
  return { bytes: Uint8Array.from(signs, (value) => (value < 0 ? 0 : 1)), scale: 2, min: -1 };
}

/** No byte stands for 0, so that each has its weight's sign. */
function latentBytesOf(kernel: tf.Tensor): Bytes {
  const values = kernel.dataSync() as Float32Array;
  const most = values.reduce((max, value) => Math.max(max, Math.abs(value)), 0) || 1;
  const scale = (2 * most) / 255;
  const byteOf = (value: number) => {
    const byte = Math.round((value + most) / scale);
    return value < 0 ? Math.min(byte, 127) : Math.max(byte, 128);
  };
  return { bytes: Uint8Array.from(values, byteOf), scale, min: -most };
}

function bytesOf(weight: tf.Tensor): Uint8Array {
  const { buffer, byteOffset, byteLength } = weight.dataSync();
  return new Uint8Array(buffer, byteOffset, byteLength);
}
