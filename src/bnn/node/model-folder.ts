/** A model in a folder, as TensorFlow.js has it: `model.json` and `weights.bin`. */
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';

/** Writes a model into a folder, which is made if it isn't there. */
export async function writeModelFolder(folder: string, model: tf.LayersModel): Promise<void> {
  await model.save(
    tf.io.withSaveHandler(async ({ modelTopology, weightSpecs, weightData, format }) => {
      const weightsManifest = [{ paths: ['weights.bin'], weights: weightSpecs }];
      const json = JSON.stringify({ format, modelTopology, weightsManifest });
      await mkdir(folder, { recursive: true });
      await writeFile(join(folder, 'weights.bin.part'), new Uint8Array(weightData as ArrayBuffer));
      await writeFile(join(folder, 'model.json.part'), json);
      await rename(join(folder, 'weights.bin.part'), join(folder, 'weights.bin'));
      await rename(join(folder, 'model.json.part'), join(folder, 'model.json'));
      return { modelArtifactsInfo: { dateSaved: new Date(), modelTopologyType: 'JSON' } };
    }),
  );
}
