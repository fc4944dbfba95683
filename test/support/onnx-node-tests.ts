/**
 * The ONNX project's tests of single operators, from ../shared/data/onnx/node-tests.tar.gz: a
 * folder each, with a model, its inputs and its outputs.
 *
 * Nearly all of them have no initializers: weights, shapes and axes are inputs like any other. What
 * has to be known when C is written is given to the importer as an initializer, with the test's
 * values; which inputs those are, it says itself. The others stay inputs of the compiled network.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { BinarynetError } from '../../src/errors.ts';
import {
  type OnnxModel,
  type OnnxTensor,
  type OnnxType,
  readOnnxModel,
  readTensorProto,
} from '../../src/formats/onnx/model.ts';
import { tensorValues } from '../../src/formats/onnx/tensor-data.ts';
import { importOnnxModel } from '../../src/import/onnx/model.ts';
import { elementCount, type Graph, getValue, type TensorData } from '../../src/ir/graph.ts';
import { allocate } from '../../src/ir/reference/kernel.ts';
import { toBfloat16, toHalf } from '../../src/ir/rounding.ts';

const ARCHIVE = fileURLToPath(
  new URL('../../../shared/data/onnx/node-tests.tar.gz', import.meta.url),
);

export const HAS_NODE_TESTS = existsSync(ARCHIVE);

export interface NodeTest {
  readonly name: string;
  readonly folder: string;
}

/** Unpacks the archive; delete the folder when done. */
export function unpackNodeTests(): { readonly folder: string; readonly tests: NodeTest[] } {
  const folder = mkdtempSync(join(tmpdir(), 'onnx-node-tests-'));
  execFileSync('tar', ['-xzf', ARCHIVE, '-C', folder]);
  const root = join(folder, 'node');
  const tests = readdirSync(root)
    .sort()
    .map((name) => ({ name, folder: join(root, name) }));
  return { folder, tests };
}

/** A test that could be imported. */
export interface PreparedTest {
  readonly graph: Graph;
  /** One array per input of the graph, of its type. */
  readonly inputs: readonly TensorData[];
  readonly expected: readonly ExpectedOutput[];
}

export interface ExpectedOutput {
  readonly name: string;
  readonly elementType: OnnxType;
  readonly values: ArrayLike<number>;
}

/** Throws a `BinarynetError` for what binarynet refuses. */
export async function prepareNodeTest({ name, folder }: NodeTest): Promise<PreparedTest> {
  const model = readModel({ name, folder });
  const data = join(folder, 'test_data_set_0');
  const tensors = new Map<string, OnnxTensor>();
  const read = (file: string): OnnxTensor => readTensorProto(readFileSync(join(data, file)));
  const inputNames = model.graph.inputs.map((input) => input.name);
  const tensorOf = (input: string): OnnxTensor => {
    const known = tensors.get(input) ?? {
      ...read(`input_${inputNames.indexOf(input)}.pb`),
      name: input,
    };
    tensors.set(input, known);
    return known;
  };
  const graph = await importPinned(model, name, tensorOf);
  const inputs = graph.inputs.map((id) => {
    const { name: input, type } = getValue(graph, id);
    const array = allocate(type);
    array.set(tensorValues(tensorOf(input)));
    return array;
  });
  const expected = model.graph.outputs.map((output, index) => {
    const tensor = read(`output_${index}.pb`);
    return { name: output.name, elementType: tensor.elementType, values: tensorValues(tensor) };
  });
  return { graph, inputs, expected };
}

export function readModel({ folder }: NodeTest): OnnxModel {
  return readOnnxModel(new Uint8Array(readFileSync(join(folder, 'model.onnx'))));
}

const PINNED = /has to be a constant, but it depends on the input of "(.*)"\./;

/** Imports a model, with those inputs as initializers that have to be known. */
async function importPinned(
  model: OnnxModel,
  name: string,
  tensorOf: (input: string) => OnnxTensor,
): Promise<Graph> {
  const pinned = new Map<string, OnnxTensor>();
  for (;;) {
    const initializers = [...model.graph.initializers, ...pinned.values()];
    const sibling = () => Promise.reject(new Error('node tests have no files beside them'));
    const shapes = givenShapes(model, tensorOf, pinned);
    try {
      const graph = { ...model.graph, initializers };
      return await importOnnxModel({ ...model, graph }, { sibling }, name, shapes);
    } catch (error) {
      const wanted = error instanceof BinarynetError ? wantedInputs(error, model) : [];
      const added = wanted.filter((input) => !pinned.has(input));
      if (added.length === 0) throw error;
      for (const input of added) pinned.set(input, tensorOf(input));
    }
  }
}

function wantedInputs(error: BinarynetError, model: OnnxModel): string[] {
  const names = error.problems.flatMap(({ found }) => PINNED.exec(found)?.[1] ?? []);
  return names.filter((name) => model.graph.inputs.some((input) => input.name === name));
}

/** The shapes of inputs that the model leaves open, from the test's data. */
function givenShapes(
  model: OnnxModel,
  tensorOf: (input: string) => OnnxTensor,
  pinned: ReadonlyMap<string, OnnxTensor>,
): Record<string, readonly number[]> {
  const open = model.graph.inputs.filter(
    ({ name, dims, kind }) =>
      kind === 'tensor' &&
      !pinned.has(name) &&
      (dims === undefined || !dims.every((dim) => typeof dim === 'number')),
  );
  return Object.fromEntries(open.map(({ name }) => [name, tensorOf(name).dims]));
}

/**
 * Where outputs differ, in words; undefined where they agree: integers exactly, floats as the ONNX
 * project compares them (1e-3 of the value, 1e-7 absolute), rounded to the type that is expected.
 */
export function difference(
  graph: Graph,
  outputs: readonly TensorData[],
  expected: readonly ExpectedOutput[],
): string | undefined {
  for (const [index, { name, elementType, values }] of expected.entries()) {
    const output = outputs[index];
    const id = graph.outputs[index];
    if (!output || id === undefined) return `there is no output "${name}"`;
    const { shape } = getValue(graph, id).type;
    if (elementCount(shape) !== values.length) {
      return `"${name}" has ${elementCount(shape)} elements, not ${values.length}`;
    }
    const round = ROUNDINGS[elementType] ?? ((x: number) => x);
    const relative =
      output instanceof Float32Array ? (elementType === 'bfloat16' ? 1e-2 : 1e-3) : 0;
    for (let i = 0; i < values.length; i++) {
      const [is, should] = [round(output[i] as number), values[i] as number];
      if (Object.is(is, should) || is === should) continue;
      const limit = relative === 0 ? 0 : 1e-7 + relative * Math.abs(should);
      if (!(Math.abs(is - should) <= limit)) return `"${name}"[${i}] is ${is}, not ${should}`;
    }
  }
  return undefined;
}

const ROUNDINGS: { readonly [T in OnnxType]?: (x: number) => number } = {
  float16: toHalf,
  bfloat16: toBfloat16,
};
