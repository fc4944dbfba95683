/** A model in a folder, as TensorFlow.js has it: `model.json` and `weights.bin`. */
import type * as tf from '@tensorflow/tfjs';
import { writeFiles } from '../../toolchain/files.ts';
import { compactModel } from '../compact-model.ts';

/**
 * Writes a model into a folder, which is made if it isn't there; binary weights take a byte each. It is
 * for running and compiling: latent weights are not in it.
 */
export async function writeModelFolder(folder: string, model: tf.LayersModel): Promise<void> {
  const { modelJson, weights } = await compactModel(model);
  await writeFiles(folder, [
    { path: 'model.json', data: modelJson },
    { path: 'weights.bin', data: weights },
  ]);
}
