/**
 * Whether TensorFlow.js has the layers of a configuration and computes what they mean: it ignores
 * options that it doesn't know, so a layer of it is made to see which those are.
 */
import * as tf from '@tensorflow/tfjs';
import { BinarynetError, fail, type Problem } from '../errors.ts';
import { type Json, property } from '../formats/json.ts';
import { camelCase, makeLayer, messageOf } from './keras-build.ts';
import type { ConfiguredLayer } from './keras-layers.ts';

const TYPES = new Set<Json | undefined>(['float32', 'int32', 'bool', null, undefined]);

/** Throws a `BinarynetError` with a problem for each layer that would not compute what it means. */
export function checkLayers(model: ConfiguredLayer): void {
  const problems: Problem[] = [];
  const visit = (layer: ConfiguredLayer): void => {
    const found = layer.isModel ? undefined : problemOf(layer);
    if (found) problems.push({ ...found, node: { name: layer.name, op: layer.className } });
    for (const inner of layer.inner) visit(inner);
  };
  visit(model);
  if (problems.length > 0) throw new BinarynetError(problems);
}

function problemOf(layer: ConfiguredLayer): Problem | undefined {
  const { className, config } = layer;
  const { classNameMap } = tf.serialization.SerializationMap.getMap();
  if (!Object.hasOwn(classNameMap, className)) {
    return unsupported(
      'Neither TensorFlow.js nor binarynet/bnn has such a layer.',
      'Use another, or register a class of that name with tf.serialization.registerClass.',
    );
  }
  const type = property(config, 'dtype');
  if (!TYPES.has(type)) {
    return unsupported(
      `It computes in ${JSON.stringify(type)}.`,
      'Save the model with the policy "float32".',
    );
  }
  if (className === 'InputLayer') return undefined;
  try {
    const ignored = ignoredOptions(layer);
    if (ignored.length === 0) return undefined;
    return unsupported(`TensorFlow.js does not compute ${ignored.join(', ')}.`);
  } catch (error) {
    if (error instanceof BinarynetError) return error.problems[0];
    return unsupported(`TensorFlow.js can't make it: ${messageOf(error)}`);
  }
}

/** Options that would be lost, of the layer and of its calls. */
function ignoredOptions(layer: ConfiguredLayer): string[] {
  const { className, config, calls } = layer;
  const known = new Set(Object.keys(makeLayer(layer).getConfig()));
  const own = Object.entries(config).filter(
    ([key, value]) =>
      isMiscomputed(className, key, value) ||
      (!known.has(camelCase(key)) && !saysNothing(key, value)),
  );
  const ofCalls = calls.flatMap(({ options }) => Object.entries(options));
  const lost = [...own, ...ofCalls.filter(([, value]) => value !== null)];
  return lost.map(([key, value]) => `${key} = ${JSON.stringify(value)}`);
}

/** Options that are sizes of weights. */
const SIZES = ['units', 'filters', 'input_dim', 'output_dim', 'depth_multiplier', 'kernel_size'];

/**
 * That layers are no larger than the weights in the file, `elements` of them, before memory is taken
 * for the layers' own.
 */
export function checkSizes(layer: ConfiguredLayer, elements: number): void {
  for (const key of SIZES) {
    const sizes = [property(layer.config, key) ?? 0].flat();
    const product = sizes.reduce<number>((all, size) => all * Number(size), 1);
    if (product <= elements) continue;
    fail({
      code: 'corrupt',
      found: `It has ${key} = ${JSON.stringify(sizes)}, but the file only ${elements} weights in all.`,
      node: { name: layer.name, op: layer.className },
    });
  }
  for (const inner of layer.inner) checkSizes(inner, elements);
}

function unsupported(found: string, fix?: string): Problem {
  return { code: 'unsupported', found, ...(fix === undefined ? {} : { fix }) };
}

/** Options that TensorFlow.js has, but computes otherwise than Keras; found by comparing outputs. */
function isMiscomputed(className: string, key: string, value: Json | undefined): boolean {
  if (className === 'Conv1D') return key === 'padding' && value === 'causal';
  if (className === 'DepthwiseConv2D') return key === 'dilation_rate' && !isOnes(value);
  return className === 'UpSampling2D' && key === 'interpolation' && value !== 'nearest';
}

/** Whether an option of Keras has its default, where TensorFlow.js lacks the option. */
function saysNothing(key: string, value: Json | undefined): boolean {
  if (key === 'dtype' || key === 'batch_input_shape') return true;
  if (key === 'groups' || key === 'dilation_rate') return isOnes(value);
  if (key === 'data_format') return value === 'channels_last';
  return value === null || value === undefined || value === false || value === 0;
}

function isOnes(value: Json | undefined): boolean {
  return [value].flat().every((one) => one === 1);
}
