/** Whole models in .h5 files, as Keras 2, tf.keras and Keras 3 save them. */
import { fail } from '../../errors.ts';
import { corrupt } from '../../formats/bytes.ts';
import { type Hdf5Group, openHdf5 } from '../../formats/hdf5/file.ts';
import { parseJson } from '../../formats/json.ts';
import type { Graph } from '../../ir/graph.ts';
import { buildGraph, weightSpecs } from './build.ts';
import type { InputShapes } from './inputs.ts';
import type { Dialect } from './model.ts';
import { readTopology } from './topology.ts';
import { openH5Weights } from './weights-h5.ts';

export function importH5(bytes: Uint8Array, name: string, shapes?: InputShapes): Promise<Graph> {
  const root = openHdf5(bytes);
  const config = root.attribute('model_config')?.[0];
  if (config === undefined) return refuseWeightsOnly(root);
  if (typeof config !== 'string') corrupt('The attribute "model_config" holds no text.');
  const description = readTopology(parseJson(config, 'The model configuration'));
  const dialect = dialectOf(root.attribute('keras_version')?.[0]);
  const weights = openH5Weights(root, description, (layer) => weightSpecs(layer, dialect));
  return buildGraph({ name, description, dialect, weights }, shapes);
}

/** "2.4.0" and "2.2.4-tf" are Keras 2, "3.5.0" is Keras 3; without a version it is an old Keras. */
export function dialectOf(version: string | number | undefined): Dialect {
  const major = Number.parseInt(String(version ?? ''), 10);
  return major >= 3 ? 'keras3' : 'keras2';
}

function refuseWeightsOnly(root: Hdf5Group): never {
  const hasWeights =
    root.attribute('layer_names') !== undefined ||
    root.group('model_weights') !== undefined ||
    root.group('layers') !== undefined ||
    root.group('_layer_checkpoint_dependencies') !== undefined;
  fail({
    code: 'unsupported',
    found: hasWeights
      ? 'The file holds the weights of a model, but not its layers.'
      : 'The HDF5 file holds no Keras model.',
    fix: 'Save the whole model with model.save("model.keras") or model.save("model.h5").',
  });
}
