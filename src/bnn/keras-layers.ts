/** The layers of a model's configuration, as plain data: what of Keras' JSON the readers here use. */
import { fail } from '../errors.ts';
import { corrupt } from '../formats/bytes.ts';
import {
  isJsonArray,
  isJsonObject,
  type Json,
  type JsonObject,
  property,
} from '../formats/json.ts';

/** Real models have hundreds; what is built of them takes time with the square. */
const MAX_CALLS = 5000;
const MODEL_CLASSES = new Set(['Sequential', 'Functional', 'Model']);

export interface ConfiguredLayer {
  readonly name: string;
  readonly className: string;
  readonly config: JsonObject;
  /** In the order they were made. */
  readonly calls: readonly Call[];
  /** Of a model its layers, of a layer around another one that one. */
  readonly inner: readonly ConfiguredLayer[];
  readonly isModel: boolean;
}

interface Call {
  readonly reads: readonly Reference[];
  /** Arguments beside the tensors. */
  readonly options: JsonObject;
}

/** A tensor that a call of a layer made; calls of a layer count from 0, those of a model from 1. */
export interface Reference {
  readonly layer: string;
  readonly call: number;
  readonly tensor: number;
}

/** A model's configuration, with the layers in it; throws where it is no such thing. */
export function configuredModel(json: Json): ConfiguredLayer {
  const model = layerOf(json, { calls: 0 });
  if (model.isModel) return model;
  return fail({
    code: 'unsupported',
    found: `The model is of the class "${model.className}", whose layers are not in the file.`,
    fix: 'Build it as a Sequential or functional model.',
  });
}

function layerOf(json: Json, count: { calls: number }): ConfiguredLayer {
  const className = isJsonObject(json) ? property(json, 'class_name') : undefined;
  if (!isJsonObject(json) || typeof className !== 'string') {
    return corrupt('A layer of the model has no class name.');
  }
  const given = property(json, 'config');
  const config = isJsonObject(given) ? given : {};
  const named = property(config, 'name') ?? property(json, 'name');
  const name = String(named ?? `${className.toLowerCase()}_${count.calls}`);
  const listed = listOf(json, 'inbound_nodes');
  count.calls += Math.max(listed.length, 1);
  if (count.calls > MAX_CALLS) {
    fail({ code: 'too-large', found: `The model has more than ${MAX_CALLS} layers.` });
  }
  const isModel = MODEL_CLASSES.has(className);
  const layer = {
    name,
    className,
    config,
    calls: listed.map((each) => callOf(each, name)),
    isModel,
  };
  const wrapped = property(config, 'layer');
  if (!isModel) return { ...layer, inner: isJsonObject(wrapped) ? [layerOf(wrapped, count)] : [] };
  // Early Keras 2 wrote the bare list of layers of a Sequential.
  const list = isJsonArray(given) ? given : property(config, 'layers');
  if (!isJsonArray(list)) corrupt(`The configuration of the model "${name}" lists no layers.`);
  return { ...layer, inner: list.map((each) => layerOf(each, count)) };
}

/** A call is a list of references, each with the options of the whole call behind it. */
function callOf(json: Json, layer: string): Call {
  // Operators on tensors have no list around their only reference.
  const list = isJsonArray(json) && isJsonArray(json[0] ?? null) ? json : [json];
  const [, , , options] = isJsonArray(list[0] ?? null) ? (list[0] as readonly Json[]) : [];
  return {
    reads: list.map((each) => referenceOf(each as Json, layer)),
    options: isJsonObject(options) ? options : {},
  };
}

function referenceOf(json: Json, where: string): Reference {
  const [layer, call, tensor] = isJsonArray(json) ? json : [];
  if (typeof layer === 'string' && isIndex(call) && isIndex(tensor)) return { layer, call, tensor };
  return corrupt(`"${where}" has the reference ${JSON.stringify(json).slice(0, 200)}.`);
}

/** The tensors that go into a functional model, or out of it. */
export function endsOf(model: ConfiguredLayer, key: 'input_layers' | 'output_layers'): Reference[] {
  return listOf(model.config, key).map((each) => referenceOf(each, model.name));
}

function isIndex(value: Json | undefined): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0;
}

function listOf(json: JsonObject, key: string): readonly Json[] {
  const list = property(json, key);
  return isJsonArray(list) ? list : [];
}
