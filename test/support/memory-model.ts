/**
 * Models for importer tests, in memory: a TensorFlow.js Layers model from layers and weights, which
 * is the notation of all Keras formats without a container around it.
 */
import { BinarynetError, fail, type Problem } from '../../src/errors.ts';
import { type ImportOptions, importModel } from '../../src/import/index.ts';
import type { ModelSource } from '../../src/import/source.ts';
import type { Graph } from '../../src/ir/graph.ts';

export interface MemoryWeight {
  readonly name: string;
  readonly shape: readonly number[];
  /** Counts up in sixteenths when left out. */
  readonly data?: readonly number[];
}

export interface MemoryModel {
  readonly layers: readonly object[];
  readonly weights?: readonly MemoryWeight[];
  readonly inputs?: unknown;
  readonly outputs?: unknown;
  readonly kerasVersion?: string;
}

/** A layer as a Sequential lists it. */
export function layer(className: string, name: string, config: object = {}): object {
  return { class_name: className, config: { name, ...config } };
}

export function input(name: string, ...shape: readonly (number | null)[]): object {
  return layer('InputLayer', name, { batch_input_shape: [null, ...shape], dtype: 'float32' });
}

/** A layer of a functional model, with its inbound nodes. */
export function node(
  className: string,
  name: string,
  inbound: unknown,
  config: object = {},
): object {
  return { ...layer(className, name, config), name, inbound_nodes: inbound };
}

/** A Sequential, or a functional model where inputs and outputs are given. */
export function memorySource(model: MemoryModel): ModelSource {
  const isGraph = model.outputs !== undefined;
  const graph = { input_layers: model.inputs, output_layers: model.outputs };
  const config = { name: 'net', layers: model.layers, ...(isGraph ? graph : {}) };
  const weights = model.weights ?? [];
  const topology = {
    class_name: isGraph ? 'Functional' : 'Sequential',
    config,
    keras_version: model.kerasVersion ?? '2.15.0',
  };
  const manifest = weights.map(({ name, shape }) => ({ name, shape, dtype: 'float32' }));
  const json = {
    modelTopology: topology,
    weightsManifest: [{ paths: ['weights.bin'], weights: manifest }],
  };
  const bytes = shard(weights);
  return jsonSource(json, new Map([['weights.bin', bytes]]));
}

export function jsonSource(json: unknown, files: ReadonlyMap<string, Uint8Array>): ModelSource {
  return {
    name: 'folder/model.json',
    bytes: new TextEncoder().encode(JSON.stringify(json)),
    sibling: async (path) =>
      files.get(path) ?? fail({ code: 'not-found', file: path, found: 'there is no such file' }),
  };
}

function shard(weights: readonly MemoryWeight[]): Uint8Array {
  const values = weights.flatMap(({ shape, data }) => {
    const count = shape.reduce((product, size) => product * size, 1);
    return data ?? Array.from({ length: count }, (_, i) => (i + 1) / 16);
  });
  return new Uint8Array(Float32Array.from(values).buffer);
}

export function importMemory(model: MemoryModel, options?: ImportOptions): Promise<Graph> {
  return importModel(memorySource(model), options);
}

/** The problems that an import fails with. */
export async function problemsOf(importing: Promise<unknown>): Promise<readonly Problem[]> {
  const error = await importing.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof BinarynetError) return error.problems;
  throw new Error(`expected a BinarynetError, not ${error}`);
}
