/**
 * The configuration of models (`model_config`) between two spellings of the same JSON: what Keras 2
 * with Larq writes, and what TensorFlow.js builds a model from. They differ in names of classes, and
 * in what Keras adds about where a class comes from.
 */
import {
  isJsonArray,
  isJsonObject,
  type Json,
  type JsonObject,
  property,
} from '../formats/json.ts';

/** Of Keras and Larq, and how TensorFlow.js calls the same. */
const RENAMED: Readonly<Record<string, string>> = {
  weight_clip: 'WeightClip',
  LecunNormal: 'LeCunNormal',
  LecunUniform: 'LeCunUniform',
};

/** What Keras adds to every object; where its class comes from, and shapes. */
const OF_KERAS_ONLY = new Set(['module', 'registered_name', 'build_config', '__proto__']);

/** Keras' quantizers are layers, which have these too. */
const OF_LAYERS_ONLY = new Set(['name', 'trainable', 'dtype']);

/** As TensorFlow.js reads it. */
export function configForTensorflow(json: Json, key = ''): Json {
  if (isJsonArray(json)) return json.map((each) => configForTensorflow(each, key));
  if (!isJsonObject(json)) return json;
  const className = property(json, 'class_name');
  const config = property(json, 'config') ?? null;
  if (typeof className !== 'string') return eachValue(json, configForTensorflow);
  if (className === 'Policy' && isJsonObject(config)) return property(config, 'name') ?? null;
  const { class_name, config: inner, ...rest } = eachValue(json, configForTensorflow) as JsonObject;
  const bare = className.slice(className.lastIndexOf('>') + 1);
  const known = Object.hasOwn(RENAMED, bare) ? (RENAMED[bare] as string) : bare;
  if (bare === 'L1' || bare === 'L2') {
    return { ...rest, class_name: 'L1L2', config: { l1: 0, l2: 0, ...(inner as JsonObject) } };
  }
  if (!key.endsWith('_quantizer')) return { ...rest, class_name: known, config: inner ?? {} };
  const options = Object.entries(isJsonObject(inner) ? inner : {});
  const own = Object.fromEntries(options.filter(([name]) => !OF_LAYERS_ONLY.has(name)));
  return { ...rest, class_name: known, config: own };
}

/** As Keras reads it, of what TensorFlow.js wrote. */
export function configForKeras(json: Json): Json {
  if (isJsonArray(json)) return json.map(configForKeras);
  if (!isJsonObject(json)) return json;
  const mapped = eachValue(json, configForKeras);
  const config = property(mapped, 'config');
  const className = property(mapped, 'class_name');
  if (!isJsonObject(config) || typeof className !== 'string') return mapped;
  if (className === 'VarianceScaling') return named(mapped, initializerOf(config));
  if (className === 'L1L2') return named(mapped, regularizerOf(config));
  if (className === 'Reshape') return named(mapped, [className, withOpenSize(config)]);
  if (className !== 'Model') return mapped;
  return { ...mapped, class_name: 'Functional' };
}

/** The size that is left to the others is null in TensorFlow.js, in Keras −1. */
function withOpenSize(config: JsonObject): JsonObject {
  const shape = property(config, 'target_shape');
  if (!isJsonArray(shape)) return config;
  return { ...config, target_shape: shape.map((size) => size ?? -1) };
}

function named(json: JsonObject, found: [className: string, config: JsonObject]): JsonObject {
  return { ...json, class_name: found[0], config: found[1] };
}

/** TensorFlow.js writes all of these as VarianceScaling with scale, mode and distribution. */
const INITIALIZERS: Readonly<Record<string, string>> = {
  '1 fan_avg uniform': 'GlorotUniform',
  '1 fan_avg normal': 'GlorotNormal',
  '2 fan_in uniform': 'HeUniform',
  '2 fan_in normal': 'HeNormal',
  '1 fan_in uniform': 'LecunUniform',
  '1 fan_in normal': 'LecunNormal',
};

function initializerOf(config: JsonObject): [className: string, config: JsonObject] {
  const { scale, mode, distribution, ...rest } = config;
  const name = INITIALIZERS[`${scale} ${mode} ${distribution}`];
  // Keras' distribution "normal" is TensorFlow.js' too: a truncated one.
  return name ? [name, rest] : ['VarianceScaling', config];
}

function regularizerOf(config: JsonObject): [className: string, config: JsonObject] {
  const { l1, l2 } = config;
  if (l1 === 0) return ['L2', { l2: l2 ?? 0 }];
  if (l2 === 0) return ['L1', { l1: l1 ?? 0 }];
  return ['L1L2', config];
}

function eachValue(json: JsonObject, map: (value: Json, key: string) => Json): JsonObject {
  const kept = Object.entries(json).filter(([key]) => !OF_KERAS_ONLY.has(key));
  return Object.fromEntries(kept.map(([key, value]) => [key, map(value, key)]));
}
