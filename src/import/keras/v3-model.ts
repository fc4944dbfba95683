/** .keras archives: a zip of config.json, metadata.json and model.weights.h5. */
import { fail } from '../../errors.ts';
import { corrupt } from '../../formats/bytes.ts';
import { isHdf5, openHdf5 } from '../../formats/hdf5/file.ts';
import { isJsonObject, type Json, parseJson, property } from '../../formats/json.ts';
import { openZip, type ZipEntry } from '../../formats/zip.ts';
import type { Graph } from '../../ir/graph.ts';
import { buildGraph } from './build.ts';
import { dialectOf } from './h5-model.ts';
import type { InputShapes } from './inputs.ts';
import { readTopology } from './topology.ts';
import { openV3Weights, v3Container } from './weights-v3.ts';

const WEIGHTS = 'model.weights.h5';

export function importKerasArchive(
  bytes: Uint8Array,
  name: string,
  shapes?: InputShapes,
): Promise<Graph> {
  const entries = openZip(bytes);
  const config = entries.get('config.json');
  if (!config) {
    fail({
      code: 'unknown-format',
      found: 'It is a zip archive, but holds no Keras model ("config.json").',
      fix: 'Give a .keras, .h5 or TensorFlow.js model.json file.',
    });
  }
  const description = readTopology(parseJson(config.read(), 'config.json'));
  const file = entries.get(WEIGHTS)?.read();
  if (!file) return refuseWithoutWeights(entries);
  if (!isHdf5(file)) corrupt(`"${WEIGHTS}" in the archive is no HDF5 file.`);
  const weightsOf = openV3Weights(v3Container(openHdf5(file)), description);
  const weights = { weightsOf, load: () => Promise.resolve() };
  const dialect = dialectOf(versionOf(entries.get('metadata.json')));
  return buildGraph({ name, description, dialect, weights }, shapes);
}

function versionOf(metadata: ZipEntry | undefined): string {
  // Only .keras files of Keras 3 are certain to have metadata; 2.12 to 2.15 write it too.
  const json: Json = metadata ? parseJson(metadata.read(), 'metadata.json') : null;
  const version = isJsonObject(json) ? property(json, 'keras_version') : undefined;
  return typeof version === 'string' ? version : '3';
}

function refuseWithoutWeights(entries: ReadonlyMap<string, ZipEntry>): never {
  if (entries.has('model.weights.npz') || entries.has('model.weights.json')) {
    fail({
      code: 'unsupported',
      found: 'The archive holds its weights in another format than HDF5.',
      fix: 'Save the model with model.save("model.keras").',
    });
  }
  return corrupt(`The archive lacks "${WEIGHTS}".`);
}
