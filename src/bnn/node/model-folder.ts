/** A model in a folder, as TensorFlow.js has it: `model.json` and `weights.bin`. */
import type * as tf from '@tensorflow/tfjs';
import { writeFiles } from '../../toolchain/files.ts';
import { type CompactOptions, compactModel } from '../compact-model.ts';

/**
 * Writes a model into a folder, which is made if it isn't there; binary weights take a byte each: a
 * sign, or with `latent` what training can go on from.
 */
export async function writeModelFolder(
  folder: string,
  model: tf.LayersModel,
  options: CompactOptions = {},
): Promise<void> {
  const { modelJson, weights } = await compactModel(model, options);
  await writeFiles(folder, [
    { path: 'model.json', data: modelJson },
    { path: 'weights.bin', data: weights },
  ]);
}
