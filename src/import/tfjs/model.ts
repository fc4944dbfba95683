/**
 * TensorFlow.js Layers models: model.json with the topology and a manifest of the weights, which
 * lie in shards beside it.
 */
import { fail } from '../../errors.ts';
import {
  isJsonObject,
  type Json,
  type JsonObject,
  parseJson,
  property,
} from '../../formats/json.ts';
import type { Graph } from '../../ir/graph.ts';
import { allLeaves, buildGraph } from '../keras/build.ts';
import { dialectOf } from '../keras/h5-model.ts';
import type { InputShapes } from '../keras/inputs.ts';
import { readTopology } from '../keras/topology.ts';
import type { ModelSource } from '../source.ts';
import { openManifest } from './weights.ts';

export async function importTfjs(
  source: ModelSource,
  name: string,
  shapes?: InputShapes,
): Promise<Graph> {
  const json = parseJson(source.bytes, 'The file');
  if (!isJsonObject(json)) return refuse();
  const topology = topologyOf(json);
  const manifest = property(json, 'weightsManifest');
  if (manifest === undefined) {
    fail({
      code: 'unsupported',
      found: 'The file holds the layers of a model, but lists no weights.',
      fix: 'Save the whole model with model.save() of TensorFlow.js or of Keras.',
    });
  }
  const description = readTopology(topology);
  const version = property(topology, 'keras_version');
  const dialect = dialectOf(typeof version === 'string' ? version : undefined);
  const leaves = allLeaves(description, dialect);
  const weights = openManifest(manifest, source, description, leaves);
  return buildGraph({ name, description, dialect, weights }, shapes);
}

/** `modelTopology` is the model, or holds it as `model_config`. */
function topologyOf(json: JsonObject): JsonObject {
  const topology = property(json, 'modelTopology');
  if (!isJsonObject(topology)) return refuse();
  if (property(json, 'format') === 'graph-model' || property(topology, 'node') !== undefined) {
    fail({
      code: 'unsupported',
      found: 'It is a TensorFlow.js graph model, which is not read.',
      fix: 'Convert the Keras model to a layers model (tensorflowjs_converter --output_format=tfjs_layers_model), or give the Keras file itself.',
    });
  }
  const inner: Json | undefined = property(topology, 'model_config');
  if (!isJsonObject(inner)) return topology;
  const version = property(topology, 'keras_version') ?? null;
  return { ...inner, keras_version: version };
}

function refuse(): never {
  fail({
    code: 'unknown-format',
    found: 'It is JSON, but no TensorFlow.js model ("modelTopology").',
    fix: 'Give the model.json of a layers model, or a Keras .h5 or .keras file.',
  });
}
