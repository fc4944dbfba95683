/**
 * Weights in Keras' HDF5 files: a group for each layer, whose attribute `weight_names` lists the
 * datasets in the order of the layer's weights: those that learn, then the others. A model in a model
 * has one group. Long lists are split into `weight_names0`, `weight_names1`, …
 */
import * as tf from '@tensorflow/tfjs';
import { BinarynetError, type Problem } from '../errors.ts';
import { corrupt } from '../formats/bytes.ts';
import type { Hdf5Dataset, Hdf5Group } from '../formats/hdf5/file.ts';

/** A weight in the file. */
export interface StoredWeight {
  /** "conv/kernel:0" */
  readonly name: string;
  readonly dataset: Hdf5Dataset;
}

/** The weights of the layers that have any, by the layer's name, in the file's order. */
export function storedWeights(group: Hdf5Group): Map<string, readonly StoredWeight[]> {
  const stored = new Map<string, readonly StoredWeight[]>();
  for (const layer of listOf(group, 'layer_names')) {
    const inner = group.group(layer) ?? corrupt(`The file lacks the weights of "${layer}".`);
    const weights = listOf(inner, 'weight_names').map((name): StoredWeight => {
      const dataset = inner.dataset(name) ?? corrupt(`The file lacks the weight "${name}".`);
      return { name, dataset };
    });
    if (weights.length > 0) stored.set(layer, weights);
  }
  return stored;
}

/** How many numbers these are. */
export function elementsOf(stored: ReadonlyMap<string, readonly StoredWeight[]>): number {
  const shapes = [...stored.values()].flat().map(({ dataset }) => dataset.shape);
  return shapes.reduce((sum, shape) => sum + shape.reduce((all, size) => all * size, 1), 0);
}

/**
 * Gives a model the weights of a file: of layers of the same name, or if names differ, one layer after
 * the other, as Keras does. Nothing is changed unless everything fits; throws a `BinarynetError` with
 * a problem for each layer that doesn't.
 */
export function assignWeights(
  model: tf.LayersModel,
  stored: ReadonlyMap<string, readonly StoredWeight[]>,
): void {
  const layers = model.layers.filter(({ weights }) => weights.length > 0);
  const isNamed = layers.every(({ name }) => stored.has(name));
  const inOrder = [...stored.values()];
  if (layers.length !== stored.size) {
    corrupt(`The file has weights of ${stored.size} layers, where the model has ${layers.length}.`);
  }
  const problems: Problem[] = [];
  const pairs = layers.flatMap((layer, i): Pair[] => {
    const theirs = (isNamed ? stored.get(layer.name) : inOrder[i]) ?? [];
    const found = pairsOf(layer.weights, theirs);
    if (found) return found;
    const sentence = `The file has ${listed(theirs.map(shapeOfStored))}, where ${listed(layer.weights.map(shapeOf))} are expected.`;
    const node = { name: layer.name, op: layer.getClassName() };
    problems.push({ code: 'corrupt', found: sentence, node });
    return [];
  });
  if (problems.length > 0) throw new BinarynetError(problems);
  const values = pairs.map(({ dataset }) => toFloat32(dataset.read()));
  pairs.forEach(({ weight }, i) => {
    // Not `write`, which would hold the value to the weight's constraint.
    const tensor = tf.tensor(values[i] as Float32Array, weight.shape as number[]);
    (weight.read() as tf.Variable).assign(tensor);
    tensor.dispose();
  });
}

type Weight = tf.layers.Layer['weights'][number];
interface Pair {
  readonly weight: Weight;
  readonly dataset: Hdf5Dataset;
}

/** By name where the names are the same, else in order; undefined where shapes or roles differ. */
function pairsOf(weights: readonly Weight[], stored: readonly StoredWeight[]): Pair[] | undefined {
  if (weights.length !== stored.length) return undefined;
  const byName = new Map(stored.map(({ name, dataset }) => [withoutNumber(name), dataset]));
  const isNamed =
    byName.size === weights.length && weights.every(({ originalName }) => byName.has(originalName));
  const pairs: Pair[] = [];
  for (const [i, weight] of weights.entries()) {
    const { name, dataset } = stored[i] as StoredWeight;
    const own = isNamed ? (byName.get(weight.originalName) as Hdf5Dataset) : dataset;
    const isSame = isNamed || lastPart(withoutNumber(name)) === lastPart(weight.originalName);
    if (!isSame || `${own.shape}` !== `${weight.shape}`) return undefined;
    pairs.push({ weight, dataset: own });
  }
  return pairs;
}

/** "conv/kernel:0" is the tensor 0 of "conv/kernel". */
function withoutNumber(name: string): string {
  return name.replace(/:\d+$/, '');
}

function lastPart(name: string): string {
  return name.slice(name.lastIndexOf('/') + 1);
}

function listed(names: readonly string[]): string {
  const more = names.length > 8 ? ` and ${names.length - 8} more` : '';
  return names.slice(0, 8).join(', ') + more || 'no weights';
}

function shapeOfStored({ name, dataset }: StoredWeight): string {
  return `${lastPart(withoutNumber(name))} [${dataset.shape.join(', ')}]`;
}

function shapeOf({ originalName, shape }: Weight): string {
  return `${lastPart(originalName)} [${shape.join(', ')}]`;
}

function toFloat32(data: ReturnType<Hdf5Dataset['read']>): Float32Array {
  return data instanceof Float32Array ? data : Float32Array.from(data as ArrayLike<number>, Number);
}

function listOf(group: Hdf5Group, name: string): string[] {
  const whole = group.attribute(name);
  if (whole) return whole.map(String);
  const names: string[] = [];
  for (let part = 0; ; part++) {
    const more = group.attribute(`${name}${part}`);
    if (!more || more.length === 0) return names;
    names.push(...more.map(String));
  }
}
