/** Writes small ONNX files for tests: the fields that a test states, and nothing else. */
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';

type Field = readonly [number, Uint8Array | string | number];

export type Attribute =
  | number
  | { readonly float: number }
  | string
  | readonly number[]
  | { readonly nodes: readonly Uint8Array[]; readonly output: string };

export interface ModelParts {
  readonly inputs?: Readonly<Record<string, readonly (number | string)[]>>;
  /** Element types by ONNX's numbers, for inputs that are not floats. */
  readonly inputTypes?: Readonly<Record<string, number>>;
  readonly outputs: readonly string[];
  readonly initializers?: readonly Uint8Array[];
  readonly nodes: readonly Uint8Array[];
  readonly functions?: readonly Uint8Array[];
  readonly opset?: number;
}

/** A model whose inputs have these shapes; texts are names of open sizes. */
export function onnxModel(parts: ModelParts): Uint8Array {
  const inputs = Object.entries(parts.inputs ?? {});
  const graph = message([
    ...parts.nodes.map((node): Field => [1, node]),
    [2, 'graph'],
    ...(parts.initializers ?? []).map((tensor): Field => [5, tensor]),
    ...inputs.map(
      ([name, dims]): Field => [11, valueInfo(name, dims, parts.inputTypes?.[name] ?? 1)],
    ),
    ...parts.outputs.map((name): Field => [12, message([[1, name]])]),
  ]);
  const opset = message([[2, parts.opset ?? 17]]);
  return message([
    [1, 9],
    [7, graph],
    [8, opset],
    ...(parts.functions ?? []).map((called): Field => [25, called]),
  ]);
}

/** A function of the model, which nodes call by its name as if it were an operator. */
export function onnxFunction(
  name: string,
  inputs: readonly string[],
  outputs: readonly string[],
  nodes: readonly Uint8Array[],
  opset?: number,
): Uint8Array {
  return message([
    [1, name],
    ...inputs.map((input): Field => [4, input]),
    ...outputs.map((output): Field => [5, output]),
    ...nodes.map((node): Field => [7, node]),
    ...(opset === undefined ? [] : [[9, message([[2, opset]])] as const]),
  ]);
}

export function onnxNode(
  op: string,
  inputs: readonly string[],
  outputs: readonly string[],
  attributes: Readonly<Record<string, Attribute>> = {},
  name = '',
): Uint8Array {
  return message([
    ...inputs.map((input): Field => [1, input]),
    ...outputs.map((output): Field => [2, output]),
    ...(name === '' ? [] : [[3, name] as const]),
    [4, op],
    ...Object.entries(attributes).map(([key, value]): Field => [5, attribute(key, value)]),
  ]);
}

/** A float tensor with its values as raw bytes. */
export function floatTensor(
  name: string,
  dims: readonly number[],
  values: readonly number[],
): Uint8Array {
  return message([...sizes(dims), [2, 1], [8, name], [9, rawBytes(Float32Array.from(values))]]);
}

/** A float tensor that says its sizes and holds nothing. */
export function emptyTensor(name: string, dims: readonly number[]): Uint8Array {
  return message([...sizes(dims), [2, 1], [8, name]]);
}

/** An int64 tensor. */
export function intTensor(
  name: string,
  dims: readonly number[],
  values: readonly number[],
): Uint8Array {
  const data = BigInt64Array.from(values, BigInt);
  return message([...sizes(dims), [2, 7], [8, name], [9, rawBytes(data)]]);
}

/** A float tensor whose values lie in another file. */
export function externalTensor(
  name: string,
  dims: readonly number[],
  entries: Readonly<Record<string, string>>,
): Uint8Array {
  const pairs = Object.entries(entries).map(
    ([key, value]): Field => [
      13,
      message([
        [1, key],
        [2, value],
      ]),
    ],
  );
  return message([...sizes(dims), [2, 1], [8, name], ...pairs, [14, 1]]);
}

function sizes(dims: readonly number[]): Field[] {
  return dims.map((size) => [1, size]);
}

function rawBytes(data: Float32Array | BigInt64Array): Uint8Array {
  return new Uint8Array(data.buffer);
}

function attribute(name: string, value: Attribute): Uint8Array {
  if (typeof value === 'number') return typed(name, 2, [[3, value]]);
  if (typeof value === 'string') return typed(name, 3, [[4, value]]);
  if ('float' in value) {
    const writer = new BinaryWriter().tag(2, WireType.Bit32).float(value.float);
    return new Uint8Array([...typed(name, 1, []), ...writer.finish()]);
  }
  if ('nodes' in value) {
    const nodes = value.nodes.map((node): Field => [1, node]);
    return typed(name, 5, [[6, message([...nodes, [12, message([[1, value.output]])]])]]);
  }
  return typed(
    name,
    7,
    value.map((int) => [8, int]),
  );
}

function typed(name: string, type: number, fields: readonly Field[]): Uint8Array {
  return message([[1, name], ...fields, [20, type]]);
}

function valueInfo(name: string, dims: readonly (number | string)[], type: number): Uint8Array {
  const shape = message(
    dims.map((dim) => [1, typeof dim === 'number' ? message([[1, dim]]) : message([[2, dim]])]),
  );
  const tensor = message([
    [1, type],
    [2, shape],
  ]);
  return message([
    [1, name],
    [2, message([[1, tensor]])],
  ]);
}

function message(fields: readonly Field[]): Uint8Array {
  const writer = new BinaryWriter();
  for (const [number, value] of fields) {
    if (typeof value === 'number') writer.tag(number, WireType.Varint).int64(value);
    else if (typeof value === 'string') writer.tag(number, WireType.LengthDelimited).string(value);
    else writer.tag(number, WireType.LengthDelimited).bytes(value);
  }
  return writer.finish();
}
