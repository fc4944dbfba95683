/**
 * Models in Keras' .h5 files, as Larq on Keras 2 saves and opens them, so that a model can be trained
 * here and there. The file has the configuration as JSON in the attribute `model_config`, and weights
 * in `model_weights` (TensorFlow's guide "Save and load Keras models", HDF5 format). The state of the
 * optimizer is neither read nor written: it starts anew.
 *
 * TensorFlow.js' own format, model.json and weights.bin, is read and written with
 * `tf.loadLayersModel` and `model.save`.
 */
import type * as tf from '@tensorflow/tfjs';
import { fail } from '../errors.ts';
import { corrupt } from '../formats/bytes.ts';
import { type Hdf5Group, isHdf5, openHdf5 } from '../formats/hdf5/file.ts';
import { type JsonObject, parseJson, property } from '../formats/json.ts';
import { type DatasetToWrite, type GroupToWrite, writeHdf5 } from './hdf5-writer.ts';
import { buildModel } from './keras-build.ts';
import { configForKeras, configForTensorflow } from './keras-config.ts';
import { configuredModel } from './keras-layers.ts';
import { checkLayers, checkSizes } from './keras-support.ts';
import { assignWeights, elementsOf, storedWeights } from './keras-weights.ts';

/** Whose conventions the files here follow; Keras reads the name of the back end too. */
const WRITTEN_AS = { keras_version: '2.15.0', backend: 'tensorflow' };

/**
 * The model of an .h5 file, as `model.save("model.h5")` of Keras 2 with Larq writes it. Throws a
 * `BinarynetError`: for files that are damaged or something else, and with a problem for each layer
 * that TensorFlow.js and binarynet/bnn lack or would compute otherwise.
 */
export async function readKerasModel(bytes: Uint8Array): Promise<tf.LayersModel> {
  const root = openKeras(bytes);
  const config = root.attribute('model_config')?.[0];
  if (typeof config !== 'string') {
    fail({
      code: 'unsupported',
      found: 'The file has no configuration of a model ("model_config").',
      fix: 'Save the whole model with model.save("model.h5"), or read weights with readKerasWeights.',
    });
  }
  const version = root.attribute('keras_version')?.[0];
  if (Number.parseInt(String(version), 10) >= 3) {
    fail({
      code: 'unsupported',
      found: `The file was written by Keras ${version}.`,
      fix: 'Save it with Keras 2, which Larq takes: TensorFlow up to 2.15, or TF_USE_LEGACY_KERAS=1.',
    });
  }
  const topology = configForTensorflow(parseJson(config, 'The model configuration'));
  const configured = configuredModel(topology);
  checkLayers(configured);
  const weights =
    root.group('model_weights') ?? corrupt('The file lacks the group "model_weights".');
  const stored = storedWeights(weights);
  checkSizes(configured, elementsOf(stored));
  const model = buildModel(configured);
  try {
    assignWeights(model, stored);
    return model;
  } catch (error) {
    model.dispose();
    throw error;
  }
}

/**
 * Gives a model the weights of an .h5 file, as `model.save_weights("weights.h5")` or `model.save` of
 * Keras 2 writes it: of layers of the same name, or if the names differ, in the order of the layers.
 * Throws a `BinarynetError` and leaves the model as it was when something does not fit.
 */
export function readKerasWeights(model: tf.LayersModel, bytes: Uint8Array): void {
  const root = openKeras(bytes);
  assignWeights(model, storedWeights(root.group('model_weights') ?? root));
}

/**
 * An .h5 file of the model, which `tf.keras.models.load_model` opens in Python after `import larq`;
 * Keras 2, that is TensorFlow up to 2.15. Needs the package h5wasm. The model is not compiled, so
 * give it a loss and an optimizer before training there.
 */
export async function writeKerasModel(model: tf.LayersModel): Promise<Uint8Array> {
  const topology = model.toJSON(undefined, false) as unknown as JsonObject;
  const config = configForKeras({
    class_name: property(topology, 'class_name') ?? null,
    config: property(topology, 'config') ?? null,
  });
  const groups: Record<string, GroupToWrite> = { top_level_model_weights: groupOf([]) };
  for (const layer of model.layers) groups[layer.name] = groupOf(await datasetsOf(layer));
  const layerNames = model.layers.map(({ name }) => name);
  return writeHdf5({
    attributes: { ...WRITTEN_AS, model_config: JSON.stringify(config) },
    groups: { model_weights: { attributes: { ...WRITTEN_AS, layer_names: layerNames }, groups } },
  });
}

function openKeras(bytes: Uint8Array): Hdf5Group {
  if (isHdf5(bytes)) return openHdf5(bytes);
  return fail({
    code: 'unknown-format',
    found: 'It is no HDF5 file.',
    fix: 'Save the model in Keras with model.save("model.h5").',
  });
}

function groupOf(datasets: readonly DatasetToWrite[]): GroupToWrite {
  return { attributes: { weight_names: datasets.map(({ path }) => path) }, datasets };
}

async function datasetsOf(layer: tf.layers.Layer): Promise<DatasetToWrite[]> {
  const taken = new Set<string>();
  const datasets: DatasetToWrite[] = [];
  for (const weight of layer.weights) {
    const scoped = weight.originalName.includes('/');
    const name = scoped ? weight.originalName : `${layer.name}/${weight.originalName}`;
    let path = `${name}:0`;
    for (let i = 1; taken.has(path); i++) path = `${name}_${i}:0`;
    taken.add(path);
    const data = Float32Array.from(await weight.read().data());
    datasets.push({ path, data, shape: weight.shape as number[] });
  }
  return datasets;
}
