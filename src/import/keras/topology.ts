/**
 * Normalises the model configurations of Keras 2, Keras 3 and TensorFlow.js to a
 * `ModelDescription`. A Sequential becomes a chain of calls; the formats of `inbound_nodes` become
 * one; layers, names and references are checked here, so that what follows may rely on them.
 */
import { fail } from '../../errors.ts';
import { corrupt } from '../../formats/bytes.ts';
import {
  isJsonArray,
  isJsonObject,
  type Json,
  type JsonObject,
  property,
} from '../../formats/json.ts';
import { type CallNotation, countCallsFromZero } from './call-numbers.ts';
import { parseCalls, parseRefs } from './calls.ts';
import {
  type LayerDescription,
  type ModelDescription,
  type TensorRef,
  tensorsOf,
} from './model.ts';

const MODEL_CLASSES = new Set(['Sequential', 'Functional', 'Model']);
const MAX_LAYERS = 100_000;
const MAX_CALLS = 200_000;

/** Reads `{ class_name, config }` of a whole model. */
export function readTopology(source: Json): ModelDescription {
  if (!isJsonObject(source)) corrupt('The model configuration is not a JSON object.');
  const className = bareClassName(source);
  if (!isModel(source, className)) {
    fail({
      code: 'unsupported',
      found: `The model is of the class "${className}", whose layers are not in the file.`,
      fix: 'Build it as a Sequential or functional model, or wrap its layers in keras.Model(inputs, outputs).',
    });
  }
  return readModel(source, className, '', { layers: 0 });
}

/** A class derived from a functional model is saved like one, under its own name. */
function isModel(source: JsonObject, className: string): boolean {
  if (MODEL_CLASSES.has(className)) return true;
  const config = property(source, 'config');
  return (
    isJsonObject(config) &&
    ['layers', 'input_layers', 'output_layers'].every((key) => property(config, key) !== undefined)
  );
}

interface Count {
  layers: number;
}

function readModel(
  source: JsonObject,
  className: string,
  path: string,
  count: Count,
): ModelDescription {
  const config = property(source, 'config');
  // Keras 1 and early Keras 2 wrote the bare list of layers of a Sequential.
  const layersJson = isJsonObject(config) ? property(config, 'layers') : config;
  const ownName = isJsonObject(config) ? property(config, 'name') : undefined;
  const name = typeof ownName === 'string' ? ownName : 'model';
  if (!isJsonArray(layersJson)) {
    return corrupt(`The configuration of the model "${name}" lists no layers.`);
  }
  count.layers += layersJson.length;
  if (count.layers > MAX_LAYERS) {
    fail({ code: 'too-large', found: `The model has more than ${MAX_LAYERS} layers.` });
  }
  const layers = layersJson.map((layer, index) => readLayer(layer, index, path, count));
  const isGraph = isJsonObject(config) && property(config, 'input_layers') !== undefined;
  const draft = isGraph
    ? readGraph(config, name, className, layers)
    : readChain(config ?? null, name, className, layers);
  checkReferences(draft);
  return draft;
}

type LayerDraft = LayerDescription & { readonly inbound: Json | undefined };

function readLayer(source: Json, index: number, path: string, count: Count): LayerDraft {
  if (!isJsonObject(source)) return corrupt(`Layer ${index} of the model is not a JSON object.`);
  const className = bareClassName(source);
  const configJson = property(source, 'config') ?? {};
  const config = isJsonObject(configJson) ? configJson : {};
  const named = property(source, 'name') ?? property(config, 'name');
  const name = typeof named === 'string' && named !== '' ? named : `layer_${index}`;
  const layerPath = path === '' ? name : `${path}/${name}`;
  const base = {
    name,
    path: layerPath,
    className,
    config,
    trainable: property(config, 'trainable') !== false,
    isOperation: isOperation(source),
    calls: [],
    inbound: property(source, 'inbound_nodes'),
  };
  if (!isModel(source, className)) return base;
  return { ...base, model: readModel(source, className, layerPath, count) };
}

/** "Larq>QuantConv2D" and "Custom>Foo" are registered names; the class is behind the ">". */
function bareClassName(source: JsonObject): string {
  const className = property(source, 'class_name');
  if (typeof className !== 'string' || className === '') {
    return corrupt('A layer of the model has no class name.');
  }
  return className.slice(className.lastIndexOf('>') + 1);
}

/** Keras 3 records arithmetic on tensors as operations, which are not layers. */
function isOperation(source: JsonObject): boolean {
  const module = property(source, 'module');
  return typeof module === 'string' && /^keras(\.src)?\.ops\b/.test(module);
}

function readGraph(
  config: JsonObject,
  name: string,
  className: string,
  drafts: readonly LayerDraft[],
): ModelDescription {
  let calls = 0;
  const layers = drafts.map(({ inbound, ...layer }) => {
    const own = parseCalls(inbound, layer.name);
    calls += own.length;
    if (calls > MAX_CALLS) {
      fail({ code: 'too-large', found: `The model "${name}" has more than ${MAX_CALLS} calls.` });
    }
    return { ...layer, calls: own };
  });
  const inputs = parseRefs(property(config, 'input_layers'), `The model "${name}"`);
  const outputs = parseRefs(property(config, 'output_layers'), `The model "${name}"`);
  return countCallsFromZero({ name, className, layers, inputs, outputs }, notationOf(drafts));
}

function notationOf(drafts: readonly LayerDraft[]): CallNotation {
  const isKeras3 = drafts.some(
    ({ inbound }) => isJsonArray(inbound) && inbound.some((call) => isJsonObject(call)),
  );
  return isKeras3 ? 'keras3' : 'keras2';
}

/** A Sequential: every layer reads the one before it. */
function readChain(
  config: Json,
  name: string,
  className: string,
  drafts: readonly LayerDraft[],
): ModelDescription {
  const plain = drafts.map(({ inbound: _, ...layer }): LayerDescription => layer);
  const layers = plain[0]?.className === 'InputLayer' ? plain : withInput(config, name, plain);
  const chained = layers.map((layer, index): LayerDescription => {
    const before = layers[index - 1];
    if (!before) return { ...layer, calls: [{ args: [], kwargs: new Map() }] };
    const ref = { layer: before.name, call: 0, tensor: 0 };
    return { ...layer, calls: [{ args: [{ kind: 'tensor', ref }], kwargs: new Map() }] };
  });
  const first = chained[0];
  const last = chained.at(-1);
  if (!first || !last) return corrupt(`The model "${name}" has no layers.`);
  const refTo = (layer: LayerDescription) => ({ layer: layer.name, call: 0, tensor: 0 });
  return { name, className, layers: chained, inputs: [refTo(first)], outputs: [refTo(last)] };
}

/** The input layer that a Sequential leaves out: its shape stands in the first layer's config. */
function withInput(
  modelConfig: Json,
  name: string,
  layers: readonly LayerDescription[],
): LayerDescription[] {
  const taken = new Set(layers.map((layer) => layer.name));
  let inputName = `${layers[0]?.name ?? name}_input`;
  while (taken.has(inputName)) inputName += '_';
  const shape = sequentialInputShape(modelConfig, layers);
  const input: LayerDescription = {
    name: inputName,
    path: inputName,
    className: 'InputLayer',
    config: shape === undefined ? {} : { batch_shape: shape },
    trainable: true,
    isOperation: false,
    calls: [],
  };
  return [input, ...layers];
}

function sequentialInputShape(
  modelConfig: Json,
  layers: readonly LayerDescription[],
): Json | undefined {
  if (isJsonObject(modelConfig)) {
    const built = property(modelConfig, 'build_input_shape');
    if (isJsonArray(built)) return built;
  }
  const first = layers[0];
  if (!first) return undefined;
  for (const key of ['batch_shape', 'batch_input_shape']) {
    const shape = property(first.config, key);
    if (isJsonArray(shape)) return shape;
  }
  const model = first.model;
  const inner = model?.layers.find((layer) => layer.name === model.inputs[0]?.layer);
  if (!inner) return undefined;
  return property(inner.config, 'batch_shape') ?? property(inner.config, 'batch_input_shape');
}

/** Every name is unique, and every reference leads to a call of a layer. */
function checkReferences(model: ModelDescription): void {
  const layers = new Map<string, LayerDescription>();
  for (const layer of model.layers) {
    if (layers.has(layer.name)) {
      corrupt(`The model "${model.name}" has two layers with the name "${layer.name}".`);
    }
    layers.set(layer.name, layer);
  }
  const check = (ref: TensorRef, from: string) => {
    const layer = layers.get(ref.layer);
    if (!layer) corrupt(`${from} refers to the layer "${ref.layer}", which does not exist.`);
    if (ref.call >= callCount(layer)) {
      corrupt(`${from} refers to call ${ref.call} of the layer "${ref.layer}", which has none.`);
    }
  };
  for (const layer of model.layers) {
    for (const call of layer.calls) {
      for (const ref of tensorsOf([...call.args, ...call.kwargs.values()])) {
        check(ref, `The layer "${layer.name}"`);
      }
    }
  }
  for (const ref of [...model.inputs, ...model.outputs]) check(ref, `The model "${model.name}"`);
  if (model.outputs.length === 0) corrupt(`The model "${model.name}" has no outputs.`);
}

/** An input layer has no inbound nodes, but a result. */
function callCount(layer: LayerDescription): number {
  return layer.className === 'InputLayer' ? 1 : layer.calls.length;
}
