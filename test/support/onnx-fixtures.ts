/**
 * The ONNX models in test/fixtures/onnx and what ONNX Runtime computes for them. The format is
 * described there.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const FOLDER = new URL('../fixtures/onnx/', import.meta.url);

const VIEWS = {
  float32: Float32Array,
  float64: Float64Array,
  int8: Int8Array,
  uint8: Uint8Array,
  int32: Int32Array,
  uint32: Uint32Array,
  int64: BigInt64Array,
  bool: Uint8Array,
} as const;

export type OnnxDtype = keyof typeof VIEWS;
export type OnnxData = InstanceType<(typeof VIEWS)[OnnxDtype]>;
export type LayerKind = 'b1_b1' | 'f32_b1' | 'b1_f32' | 'f32_f32';

/** An input or output of one case. */
export interface OnnxTensor {
  readonly name: string;
  readonly dtype: OnnxDtype;
  readonly shape: readonly number[];
  readonly data: OnnxData;
}

export interface OnnxCase {
  readonly inputs: readonly OnnxTensor[];
  readonly outputs: readonly OnnxTensor[];
}

export interface OnnxFixture {
  /** Group and model, as in `torch/cnn`. */
  readonly name: string;
  readonly model: Uint8Array;
  /** Where the model lies, if it is a file; external data is beside it. */
  readonly path?: string;
  readonly cases: readonly OnnxCase[];
  /** Which layers are binary, by the name of their output; for binary networks. */
  readonly expect?: Readonly<Record<string, LayerKind>>;
}

interface Recording {
  readonly model?: string;
  readonly expect?: Readonly<Record<string, LayerKind>>;
  readonly inputs: readonly Signature[];
  readonly outputs: readonly Signature[];
  readonly cases: readonly { inputs: readonly string[]; outputs: readonly string[] }[];
}

interface Signature {
  readonly name: string;
  readonly dtype: OnnxDtype;
  readonly shape: readonly number[];
}

/** Networks as PyTorch exports them. */
export function torchFixtures(): OnnxFixture[] {
  const folder = new URL('torch/', FOLDER);
  return readdirSync(folder)
    .filter((file) => file.endsWith('.onnx'))
    .sort()
    .map((file) => {
      const url = new URL(file, folder);
      const json = readFileSync(new URL(file.replace(/\.onnx$/, '.json'), folder), 'utf8');
      const name = `torch/${file.slice(0, -'.onnx'.length)}`;
      const model = new Uint8Array(readFileSync(url));
      return { ...fixture(name, JSON.parse(json) as Recording, model), path: fileURLToPath(url) };
    });
}

/** The ways to write a binary network. */
export function binaryFixtures(): OnnxFixture[] {
  return packed('binary');
}

/** Models of one operator. */
export function opFixtures(): OnnxFixture[] {
  return packed('ops');
}

function packed(group: string): OnnxFixture[] {
  const text = readFileSync(new URL(`${group}.json`, FOLDER), 'utf8');
  return Object.entries(JSON.parse(text) as Record<string, Recording>).map(([name, recording]) =>
    fixture(`${group}/${name}`, recording, bytesOf(recording.model ?? '')),
  );
}

function fixture(name: string, recording: Recording, model: Uint8Array): OnnxFixture {
  const { expect, inputs, outputs } = recording;
  const cases = recording.cases.map((recorded) => ({
    inputs: tensors(inputs, recorded.inputs),
    outputs: tensors(outputs, recorded.outputs),
  }));
  return { name, model, cases, ...(expect ? { expect } : {}) };
}

function tensors(signatures: readonly Signature[], data: readonly string[]): OnnxTensor[] {
  return signatures.map((signature, i) => ({
    ...signature,
    data: new VIEWS[signature.dtype](bytesOf(data[i] ?? '').buffer),
  }));
}

/** Bytes that start a buffer of their own, so that it can be viewed as other types. */
function bytesOf(base64: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(Buffer.from(base64, 'base64'));
}
