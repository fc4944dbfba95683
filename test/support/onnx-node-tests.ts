/**
 * The ONNX project's tests of single operators, from the test data's onnx/node-tests.tar.gz: a
 * folder each, with a model, its inputs and its outputs.
 *
 * Nearly all of them have no initializers: weights, shapes and axes are inputs like any other. What
 * has to be known when C is written is given to the importer as an initializer, with the test's
 * values; which inputs those are, it says itself. The others stay inputs of the compiled network.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
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
import { TEST_DATA } from './tools.ts';

const ARCHIVE = join(TEST_DATA, 'onnx', 'node-tests.tar.gz');

export interface NodeTest {
  readonly name: string;
  readonly folder: string;
}

/** Unpacks the archive into a folder that is deleted when the process ends. */
export function nodeTests(): NodeTest[] {
  const folder = mkdtempSync(join(tmpdir(), 'onnx-node-tests-'));
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  execFileSync('tar', ['-xzf', ARCHIVE, '-C', folder]);
  const root = join(folder, 'node');
  return readdirSync(root)
    .sort()
    .map((name) => ({ name, folder: join(root, name) }));
}

/** The operators of a test's model, each once. */
export function operatorsOf(test: NodeTest): string[] {
  return [...new Set(readModel(test).graph.nodes.map((node) => node.opType))].sort();
}

/** How a test ended. */
export type Outcome =
  | { readonly status: 'passed' }
  /** binarynet says that it doesn't take the model, and why. */
  | { readonly status: 'refused'; readonly reasons: readonly string[] }
  /** The outputs differ, and should. */
  | { readonly status: 'explained'; readonly reason: string }
  | { readonly status: 'different'; readonly difference: string };

const ALIGN_CORNERS =
  'where a size is not whole, corners are those of the whole one, as in PyTorch and ONNX Runtime';

/** Tests whose outputs differ for a reason. */
const KNOWN_DIFFERENCES: Readonly<Record<string, string>> = {
  test_resize_downsample_scales_linear_align_corners: ALIGN_CORNERS,
  test_resize_downsample_scales_cubic_align_corners: ALIGN_CORNERS,
};

/**
 * Runs a test: `compute` gives the outputs of a graph for its inputs. Anything thrown that is no
 * `BinarynetError` is a crash, and is thrown on.
 */
export async function runNodeTest(
  test: NodeTest,
  compute: (prepared: PreparedTest) => Promise<readonly TensorData[]>,
): Promise<Outcome> {
  try {
    const prepared = await prepareNodeTest(test);
    const found = difference(prepared, await compute(prepared));
    if (found === undefined) return { status: 'passed' };
    const reason = KNOWN_DIFFERENCES[test.name];
    if (reason !== undefined) return { status: 'explained', reason };
    return { status: 'different', difference: found };
  } catch (error) {
    if (!(error instanceof BinarynetError)) throw error;
    const isRefusal = error.problems.every(({ code }) => REFUSALS.has(code));
    if (!isRefusal) throw error;
    return { status: 'refused', reasons: error.problems.map(({ found }) => found) };
  }
}

/** Codes that say that a model is not for binarynet; others would be mistakes. */
const REFUSALS: ReadonlySet<string> = new Set(['unsupported', 'too-large']);

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
async function prepareNodeTest({ name, folder }: NodeTest): Promise<PreparedTest> {
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

function readModel({ folder }: NodeTest): OnnxModel {
  return readOnnxModel(new Uint8Array(readFileSync(join(folder, 'model.onnx'))));
}

const PINNED = /It needs a constant as its .*, but "(.*)" depends on an input of the model\./;

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
function difference(
  { graph, expected }: PreparedTest,
  outputs: readonly TensorData[],
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
