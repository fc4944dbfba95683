/** Values of tensors against what the onnx package reads from the same file. */
import { WireType } from '@bufbuild/protobuf/wire';
import { describe, expect, test } from 'vitest';
import {
  type OnnxTensor,
  readOnnxModel,
  readTensorProto,
} from '../../../src/formats/onnx/model.ts';
import { tensorValues } from '../../../src/formats/onnx/tensor-data.ts';
import { fixture, message, problemOf, recorded } from './support.ts';

const TENSORS = readOnnxModel(fixture('types.onnx')).graph.initializers;
const VALUES = new Map(
  Object.entries(recorded('types.json') as Record<string, readonly (number | string)[]>),
);

const TYPE = { float: 1, uint8: 2, int64: 7, string: 8, complex64: 14, int4: 22 };
const FIELD = { dims: 1, type: 2, floats: 4, int32s: 5, strings: 6, int64s: 7, name: 8, raw: 9 };

describe('every element type', () => {
  test('is in the fixture, in raw bytes and in a typed field', () => {
    expect(TENSORS.filter(({ raw }) => raw).length).toBeGreaterThanOrEqual(25);
    expect(TENSORS.filter(({ message: typed }) => typed)).toHaveLength(25);
    expect(new Set(TENSORS.map(({ elementType }) => elementType)).size).toBe(25);
  });

  test.each(TENSORS.map((tensor) => [tensor.name, tensor] as const))('%s', (name, tensor) => {
    const values = tensorValues(tensor);
    expect([...values]).toEqual((VALUES.get(name) ?? []).map(Number));
    const isFloat = /float|double/.test(tensor.elementType);
    expect(values instanceof Float32Array).toBe(isFloat);
  });

  test('integers that need more than 32 bits come as f64, others as i32', () => {
    const typeOf = (name: string) =>
      tensorValues(TENSORS.find((tensor) => tensor.name === name) as OnnxTensor).constructor.name;
    expect(typeOf('INT64_raw')).toBe('Float64Array');
    expect(typeOf('UINT32_typed')).toBe('Float64Array');
    expect(typeOf('small_int64')).toBe('Int32Array');
    expect(typeOf('small_uint32')).toBe('Int32Array');
    expect(typeOf('INT4_raw')).toBe('Int32Array');
  });

  test('raw bytes may lie at any offset', () => {
    for (const tensor of TENSORS.filter(({ raw }) => raw)) {
      for (let shift = 0; shift < 8; shift++) {
        const raw = tensor.raw as Uint8Array;
        const buffer = new Uint8Array(raw.length + 16);
        const moved = buffer.subarray(shift, shift + raw.length);
        moved.set(raw);
        expect(tensorValues({ ...tensor, raw: moved })).toEqual(tensorValues(tensor));
      }
    }
  });
});

describe('typed fields', () => {
  test('are read packed, one per tag, and mixed', () => {
    const bytes = message(
      [FIELD.dims, 2],
      [FIELD.int64s, -1],
      [FIELD.type, TYPE.int64],
      [
        FIELD.int64s,
        (to) => to.tag(7, WireType.LengthDelimited).fork().int64(300).int64(-2).join(),
      ],
      [FIELD.dims, (to) => to.tag(1, WireType.LengthDelimited).fork().int64(2).join()],
      [FIELD.int64s, 5],
    );
    const tensor = readTensorProto(bytes);
    expect(tensor.dims).toEqual([2, 2]);
    expect(tensorValues(tensor)).toEqual(Int32Array.of(-1, 300, -2, 5));
  });

  test('may hold more than a file may have nodes and names', () => {
    const count = 5_000_000;
    const bytes = message(
      [FIELD.dims, count],
      [FIELD.type, TYPE.float],
      [FIELD.floats, new Uint8Array(4 * count).fill(0x3f)],
    );
    const values = tensorValues(readTensorProto(bytes));
    expect(values).toHaveLength(count);
    expect(values[count - 1]).toBe(new Float32Array(Uint8Array.of(63, 63, 63, 63).buffer)[0]);
  });

  test('count only when there are no raw bytes', () => {
    const fields = [
      [FIELD.dims, 1],
      [FIELD.type, TYPE.uint8],
      [FIELD.int32s, 9],
    ] as const;
    expect([...tensorValues(readTensorProto(message(...fields)))]).toEqual([9]);
    const raw = message(...fields, [FIELD.raw, Uint8Array.of(7)]);
    expect([...tensorValues(readTensorProto(raw))]).toEqual([7]);
  });
});

describe('refused', () => {
  const tensor = (type: number, dims: readonly number[], raw: number) =>
    readTensorProto(
      message(
        ...dims.map((size) => [FIELD.dims, size] as const),
        [FIELD.type, type],
        [FIELD.name, 'w'],
        [FIELD.raw, new Uint8Array(raw)],
      ),
    );

  test.each([
    [[2, 3], 23],
    [[2, 3], 25],
    [[2, 3], 0],
    [[2 ** 20, 2 ** 10], 24],
    [[0], 4],
    [[], 0],
  ])('shape %j with %i bytes of floats', (dims, raw) => {
    const problem = problemOf(() => tensorValues(tensor(TYPE.float, dims, raw)));
    expect(problem.code).toBe('corrupt');
    expect(problem.found).toContain('"w"');
    expect(problem.found).toContain(`${raw} bytes`);
  });

  test('more packed elements than fit, and fewer', () => {
    expect(tensorValues(tensor(TYPE.int4, [3], 2))).toEqual(new Int32Array(3));
    for (const raw of [1, 3]) {
      expect(problemOf(() => tensorValues(tensor(TYPE.int4, [3], raw))).code).toBe('corrupt');
    }
  });

  test.each([2 ** 27, 3, 0])('%i floats where typed data has two', (count) => {
    const data = new Uint8Array(8);
    const bytes = message([FIELD.dims, count], [FIELD.type, TYPE.float], [FIELD.floats, data]);
    const problem = problemOf(() => tensorValues(readTensorProto(bytes)));
    expect(problem.code).toBe('corrupt');
    expect(problem.found).toContain('2 entries');
  });

  test('typed data in the field of another type', () => {
    const bytes = message([FIELD.dims, 1], [FIELD.type, TYPE.float], [FIELD.int64s, 1]);
    expect(problemOf(() => tensorValues(readTensorProto(bytes))).found).toContain('0 entries');
  });

  test('a packed field that ends within an element', () => {
    const bytes = message(
      [FIELD.dims, 2],
      [FIELD.type, TYPE.float],
      [FIELD.floats, new Uint8Array(9)],
    );
    expect(problemOf(() => tensorValues(readTensorProto(bytes))).code).toBe('corrupt');
  });

  test('sizes that are negative, or multiply past 2^53 or what is addressable', () => {
    const dims = (sizes: readonly number[]) => () => tensorValues(tensor(TYPE.float, sizes, 4));
    expect(problemOf(dims([1, -1])).code).toBe('corrupt');
    expect(problemOf(dims([2 ** 30, 2 ** 30])).code).toBe('too-large');
    expect(problemOf(dims([2 ** 16, 2 ** 16])).code).toBe('too-large');
    expect(problemOf(dims(new Array(65).fill(1))).code).toBe('too-large');
  });

  test.each([
    [TYPE.string, 'string'],
    [TYPE.complex64, 'complex64'],
    [99, 'number 99'],
    [-1, 'number -1'],
    [0, 'number 0'],
  ])('element type %i', (type, name) => {
    const problem = problemOf(() => tensorValues(tensor(type, [1], 4)));
    expect(problem.code).toBe('unsupported');
    expect(problem.found).toContain(name);
  });
});
