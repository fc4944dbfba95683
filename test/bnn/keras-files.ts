/** What the tests of Keras' files share: trees of HDF5 files, and recorded arrays. */
import { readFileSync } from 'node:fs';
import * as tf from '@tensorflow/tfjs';
import { type GroupToWrite, writeHdf5 } from '../../src/bnn/hdf5-writer.ts';
import { type Hdf5Group, openHdf5 } from '../../src/formats/hdf5/file.ts';

export const KERAS = new URL('../fixtures/keras/', import.meta.url);
export const ROUND_TRIP = new URL('../fixtures/larq-round-trip/', import.meta.url);

export function bytesOf(name: string, folder = ROUND_TRIP): Uint8Array {
  return new Uint8Array(readFileSync(new URL(name, folder)));
}

export function jsonOf<T>(name: string, folder = ROUND_TRIP): T {
  return JSON.parse(readFileSync(new URL(name, folder), 'utf8')) as T;
}

/** Of each layer, the shapes of its weights by their names. */
export type WeightShapes = Readonly<Record<string, Readonly<Record<string, readonly number[]>>>>;

/** The group that Keras keeps weights in; their values are 0, 1/8, 2/8, … */
function weightsGroup(weights: WeightShapes): GroupToWrite {
  const groups = Object.entries(weights).map(([layer, shapes]): [string, GroupToWrite] => {
    const datasets = Object.entries(shapes).map(([path, shape]) => {
      const count = shape.reduce((all, size) => all * size, 1);
      return { path, shape, data: Float32Array.from({ length: count }, (_, i) => i / 8) };
    });
    return [layer, { attributes: { weight_names: Object.keys(shapes) }, datasets }];
  });
  return {
    attributes: { layer_names: Object.keys(weights) },
    groups: Object.fromEntries(groups),
  };
}

/** As `save_weights` writes it. */
export function weightsFile(weights: WeightShapes): Promise<Uint8Array> {
  return writeHdf5(weightsGroup(weights));
}

/** As `save` writes it. */
export function kerasFile(
  config: unknown,
  weights: WeightShapes = {},
  version = '2.15.0',
): Promise<Uint8Array> {
  return writeHdf5({
    attributes: { keras_version: version, model_config: JSON.stringify(config) },
    groups: { model_weights: weightsGroup(weights) },
  });
}

export interface Tree {
  readonly [name: string]: Tree | string | readonly unknown[];
}
const ATTRIBUTES = ['keras_version', 'backend', 'model_config', 'layer_names', 'weight_names'];

/** Groups, the attributes that Keras reads, and shapes of datasets. */
export function treeOf(group: Hdf5Group): Tree {
  const attributes = ATTRIBUTES.flatMap((name) => {
    const value = group.attribute(name);
    return value === undefined ? [] : [[`@${name}`, value]];
  });
  const members = [...group.names()].sort().map((name) => {
    const inner = group.group(name);
    return [name, inner ? treeOf(inner) : group.dataset(name)?.shape];
  });
  return Object.fromEntries([...attributes, ...members]) as Tree;
}

/** The largest difference between equally named weights of two files of the same structure. */
export function weightsDiffer(one: Uint8Array, other: Uint8Array): number {
  const [first, second] = [openHdf5(one), openHdf5(other)];
  const walk = (path: string): number => {
    const group = first.group(path) as Hdf5Group;
    return group.names().reduce((most, name) => {
      const inner = `${path}/${name}`;
      if (first.group(inner)) return Math.max(most, walk(inner));
      const found = first.dataset(inner)?.read() as Float32Array;
      const expected = second.dataset(inner)?.read() as Float32Array;
      return found.reduce(
        (all, x, i) => Math.max(all, Math.abs(x - (expected[i] as number))),
        most,
      );
    }, 0);
  };
  return walk('model_weights');
}

interface RecordedTensor {
  readonly shape: readonly number[];
  readonly data: string;
}
export interface RecordedModel {
  readonly inputs: readonly RecordedTensor[];
  readonly outputs: readonly RecordedTensor[];
}

export function tensorOf({ shape, data }: RecordedTensor): tf.Tensor {
  const bytes = Uint8Array.from(Buffer.from(data, 'base64'));
  return tf.tensor(new Float32Array(bytes.buffer), [...shape]);
}
