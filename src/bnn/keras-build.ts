/**
 * Builds a TensorFlow.js model of a configuration: its layers by `fromConfig`, its calls one by one.
 * `tf.loadLayersModel` does it too, but it numbers the calls of a layer that is used several times as
 * they become possible, so that others read the wrong ones, and it waits forever for what isn't there.
 */
import * as tf from '@tensorflow/tfjs';
import { BinarynetError, fail } from '../errors.ts';
import { corrupt } from '../formats/bytes.ts';
import { isJsonArray, isJsonObject, type Json } from '../formats/json.ts';
import { type ConfiguredLayer, endsOf, type Reference } from './keras-layers.ts';

/** The model, with weights that are still to be set; nothing is left of one that can't be built. */
export function buildModel(configured: ConfiguredLayer): tf.LayersModel {
  const { registeredVariables } = tf.engine().state;
  const before = new Set(Object.keys(registeredVariables));
  try {
    return modelOf(configured);
  } catch (error) {
    for (const [name, variable] of Object.entries(registeredVariables)) {
      if (!before.has(name)) variable.dispose();
    }
    if (error instanceof BinarynetError) throw error;
    return fail({
      code: 'unsupported',
      found: `TensorFlow.js can't build the model: ${messageOf(error)}`,
    });
  }
}

function modelOf(configured: ConfiguredLayer): tf.LayersModel {
  const { name, inner, className } = configured;
  const layers = new Map(inner.map((layer) => [layer.name, layerOf(layer)]));
  if (layers.size < inner.length) corrupt(`The model "${name}" names two layers alike.`);
  if (className === 'Sequential') return tf.sequential({ name, layers: [...layers.values()] });
  const made = new Map<string, tf.SymbolicTensor[][]>();
  for (const layer of inner) made.set(layer.name, outputsBeforeCalls(layer, layers));
  const find = ({ layer, call, tensor }: Reference) => made.get(layer)?.[call]?.[tensor];
  let waiting = inner.filter(({ calls }) => calls.length > 0).map((layer) => ({ layer, next: 0 }));
  for (let isStuck = false; waiting.length > 0 && !isStuck; ) {
    isStuck = true;
    for (const state of waiting) {
      const { layer } = state;
      // In their order: their numbers are what others refer to.
      for (; state.next < layer.calls.length; state.next++) {
        const reads = layer.calls[state.next]?.reads.map(find) ?? [];
        if (!reads.every((tensor) => tensor !== undefined)) break;
        made.get(layer.name)?.push(apply(layers.get(layer.name) as tf.layers.Layer, reads));
        isStuck = false;
      }
    }
    waiting = waiting.filter(({ layer, next }) => next < layer.calls.length);
  }
  const [stuck] = waiting;
  if (stuck) {
    corrupt(`Layer "${stuck.layer.name}" of the model "${name}" reads what no layer makes.`);
  }
  const ends = (key: 'input_layers' | 'output_layers') =>
    endsOf(configured, key).map(
      (ref) => find(ref) ?? corrupt(`The model "${name}" has no "${ref.layer}" (${key}).`),
    );
  const outputs = ends('output_layers');
  if (new Set(outputs).size < outputs.length) {
    fail({ code: 'unsupported', found: `The model "${name}" has the same output twice.` });
  }
  return tf.model({ name, inputs: ends('input_layers'), outputs });
}

/** An input has its tensor; the first call of a model is its own definition, which nothing reads. */
function outputsBeforeCalls(
  { name, className, isModel }: ConfiguredLayer,
  layers: ReadonlyMap<string, tf.layers.Layer>,
): tf.SymbolicTensor[][] {
  if (isModel) return [[]];
  return className === 'InputLayer' ? [[layers.get(name)?.output ?? []].flat()] : [];
}

function apply(layer: tf.layers.Layer, reads: readonly tf.SymbolicTensor[]): tf.SymbolicTensor[] {
  const [first, ...others] = reads;
  const inputs = others.length === 0 && first ? first : [...reads];
  return [layer.apply(inputs) as tf.SymbolicTensor | tf.SymbolicTensor[]].flat();
}

function layerOf(configured: ConfiguredLayer): tf.layers.Layer {
  if (configured.isModel) return modelOf(configured);
  const layer = makeLayer(configured);
  // Zeros for now, because initializers take time.
  layer.setFastWeightInitDuringBuild(true);
  return layer;
}

type Registered = (typeof tf.serialization.SerializationMap.prototype.classNameMap)[string];

/** A layer of a class that is registered; not called, and so without weights. */
export function makeLayer({ className, config }: ConfiguredLayer): tf.layers.Layer {
  const { classNameMap } = tf.serialization.SerializationMap.getMap();
  const [type, fromConfig] = classNameMap[className] as Registered;
  return fromConfig(type, camelCased(config) as tf.serialization.ConfigDict) as tf.layers.Layer;
}

/** As TensorFlow.js spells keys and values of configurations that it reads; all but names. */
function camelCased(json: Json, key = ''): Json {
  if (typeof json === 'string') return key === 'name' ? json : camelCase(json);
  if (isJsonArray(json)) return json.map((each) => camelCased(each, key));
  if (!isJsonObject(json)) return json;
  const entries = Object.entries(json);
  return Object.fromEntries(
    entries.map(([key, value]) => [camelCase(key), camelCased(value, key)]),
  );
}

/** "kernel_size" is kernelSize. */
export function camelCase(key: string): string {
  return key.replace(/_+(\w|$)/g, (_, letter: string) => letter.toUpperCase());
}

/** What an exception of TensorFlow.js says, not too much of it. */
export function messageOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return (message.split('\n')[0] as string).slice(0, 300);
}
