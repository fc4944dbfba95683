/** A model in a folder, as TensorFlow.js has it: `model.json` and `weights.bin`. */
import * as tf from '@tensorflow/tfjs';
import { writeFiles } from '../../toolchain/files.ts';

/** Writes a model into a folder, which is made if it isn't there. */
export async function writeModelFolder(folder: string, model: tf.LayersModel): Promise<void> {
  await model.save(
    tf.io.withSaveHandler(async ({ modelTopology, weightSpecs, weightData, format }) => {
      const weightsManifest = [{ paths: ['weights.bin'], weights: weightSpecs }];
      const json = JSON.stringify({ format, modelTopology, weightsManifest });
      await writeFiles(folder, [
        { path: 'model.json', data: json },
        { path: 'weights.bin', data: new Uint8Array(weightData as ArrayBuffer) },
      ]);
      return { modelArtifactsInfo: { dateSaved: new Date(), modelTopologyType: 'JSON' } };
    }),
  );
}
