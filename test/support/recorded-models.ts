/**
 * The models in test/fixtures/keras and what the libraries that wrote them compute. The format is
 * described there.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const FOLDER = new URL('../fixtures/keras/', import.meta.url);

/** One input or output of all samples. */
export interface RecordedTensor {
  readonly name: string;
  /** The first axis is the sample. */
  readonly shape: readonly number[];
  readonly samples: readonly Float32Array[];
}

export interface RecordedModel {
  /** Library and case, as in `keras3/dense`. */
  readonly name: string;
  /** Paths of files that hold the same network. */
  readonly files: readonly string[];
  /** Where the file isn't committed: its path in the shared test data. */
  readonly shared?: string;
  readonly exact: boolean;
  readonly inputs: readonly RecordedTensor[];
  readonly outputs: readonly RecordedTensor[];
  /** Words that the refusal must contain; for models that can't be imported. */
  readonly refusal?: readonly string[];
}

interface TensorJson {
  readonly name: string;
  readonly shape: readonly number[];
  readonly data: string;
}

interface ModelJson {
  readonly models?: readonly string[];
  readonly shared?: string;
  readonly exact?: boolean;
  readonly inputs?: readonly TensorJson[];
  readonly outputs?: readonly TensorJson[];
  readonly refused?: { readonly mentions: readonly string[] };
}

/** All recorded models, in the order of their names. */
export function recordedModels(): RecordedModel[] {
  return ['keras2', 'keras3', 'larq', 'tfjs'].flatMap((library) =>
    readdirSync(new URL(`${library}/`, FOLDER))
      .filter((file) => file.endsWith('.json'))
      .sort()
      .map((file) => readRecorded(library, file)),
  );
}

function readRecorded(library: string, file: string): RecordedModel {
  const text = readFileSync(new URL(`${library}/${file}`, FOLDER), 'utf8');
  const json = JSON.parse(text) as ModelJson;
  return {
    name: `${library}/${file.slice(0, -'.json'.length)}`,
    files: (json.models ?? []).map((model) =>
      fileURLToPath(new URL(`${library}/${model}`, FOLDER)),
    ),
    ...(json.shared === undefined ? {} : { shared: json.shared }),
    exact: json.exact ?? false,
    inputs: (json.inputs ?? []).map(readTensor),
    outputs: (json.outputs ?? []).map(readTensor),
    ...(json.refused ? { refusal: json.refused.mentions } : {}),
  };
}

function readTensor({ name, shape, data }: TensorJson): RecordedTensor {
  const values = new Float32Array(Uint8Array.from(Buffer.from(data, 'base64')).buffer);
  const count = shape[0] ?? 0;
  const size = values.length / count;
  const samples = Array.from({ length: count }, (_, i) => values.slice(i * size, (i + 1) * size));
  return { name, shape, samples };
}

/** The samples: one array per input of the model. */
export function samplesOf({ inputs }: RecordedModel): Float32Array[][] {
  const count = inputs[0]?.samples.length ?? 0;
  return Array.from({ length: count }, (_, i) =>
    inputs.map(({ samples }) => samples[i] ?? new Float32Array(0)),
  );
}

/** What differs between the outputs of each sample and the recorded ones; empty if nothing does. */
export function differences(
  model: RecordedModel,
  results: readonly (readonly ArrayLike<number>[])[],
): string[] {
  if (model.outputs.length === 0) return ['no outputs were recorded'];
  if (results.some((result) => result.length !== model.outputs.length)) {
    return [`${results[0]?.length} outputs where ${model.outputs.length} were recorded`];
  }
  return model.outputs.flatMap((output, index) => {
    const found = results.map((result) => result[index] ?? new Float32Array(0));
    return compareOutput(output, found, model.exact);
  });
}

function compareOutput(
  { name, samples }: RecordedTensor,
  found: readonly ArrayLike<number>[],
  exact: boolean,
): string[] {
  let largest = 0;
  let error = 0;
  for (const [i, expected] of samples.entries()) {
    const actual = found[i] ?? new Float32Array(0);
    if (actual.length !== expected.length) {
      return [`${name}: ${actual.length} values where ${expected.length} were recorded`];
    }
    for (const [j, value] of expected.entries()) {
      const distance = Math.abs((actual[j] as number) - value);
      largest = Math.max(largest, Math.abs(value));
      error = Number.isNaN(distance) ? Number.NaN : Math.max(error, distance);
    }
  }
  const allowed = exact ? 0 : 1e-5 * largest;
  return error <= allowed ? [] : [`${name}: differs by ${error}, where ${allowed} is allowed`];
}
