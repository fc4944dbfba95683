/** The structure of a file against what the onnx package reads from it, and how it is recognised. */
import { describe, expect, test } from 'vitest';
import { looksLikeOnnx, readOnnxModel } from '../../../src/formats/onnx/model.ts';
import { type Field, fixture, message, modelOf, problemOf, recorded } from './support.ts';

/** As the recording has it: maps as objects, undefined as null, tensors without their data. */
function plain(value: unknown): unknown {
  if (value instanceof Map) return plain(Object.fromEntries(value));
  if (value === undefined) return null;
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value;
  const kept = Object.entries(value).filter(([key]) => key !== 'raw' && key !== 'message');
  return Object.fromEntries(kept.map(([key, inner]) => [key, plain(inner)]));
}

describe('a model', () => {
  test('has the structure that the onnx package reads', () => {
    const model = readOnnxModel(fixture('structure.onnx'));
    expect(plain(model)).toEqual(recorded('structure.json'));
  });

  test('hands out raw data as views of the file', () => {
    const bytes = fixture('types.onnx');
    const raw = readOnnxModel(bytes).graph.initializers.flatMap((tensor) => tensor.raw ?? []);
    expect(raw.length).toBeGreaterThan(20);
    for (const view of raw) expect(view.buffer).toBe(bytes.buffer);
  });

  test('reads the same from a Buffer and from the middle of an array', () => {
    const bytes = fixture('types.onnx');
    const shifted = new Uint8Array(bytes.length + 3);
    shifted.set(bytes, 3);
    const expected = plain(readOnnxModel(bytes));
    expect(plain(readOnnxModel(Buffer.from(bytes)))).toEqual(expected);
    expect(plain(readOnnxModel(shifted.subarray(3)))).toEqual(expected);
  });

  test('skips fields that are unknown, groups among them', () => {
    const group: Field = [0, (to) => to.raw(Uint8Array.of(0xa3, 0x06, 0x08, 0x01, 0xa4, 0x06))];
    const graph = message([2, 'net'], [99, 'new'], group, [98, 7]);
    expect(readOnnxModel(modelOf(graph)).graph.name).toBe('net');
  });
});

describe('attributes', () => {
  const FLOAT = (to: { raw: (bytes: Uint8Array) => unknown }) => {
    to.raw(Uint8Array.of(0x15, 0, 0, 0x20, 0x41));
  };
  const attribute = (...fields: readonly Field[]) => {
    const node = message([4, 'Op'], [5, message([1, 'a'], ...fields)]);
    return readOnnxModel(modelOf(message([1, node]))).graph.nodes[0]?.attributes.get('a');
  };

  test.each<[string, readonly Field[], unknown]>([
    ['float', [[2, FLOAT]], { kind: 'float', value: 10 }],
    ['int', [[3, -4]], { kind: 'int', value: -4 }],
    ['string', [[4, 'x']], { kind: 'string', value: 'x' }],
    [
      'ints',
      [
        [8, 1],
        [8, Uint8Array.of(2, 3)],
      ],
      { kind: 'ints', values: [1, 2, 3] },
    ],
    ['floats', [[7, Uint8Array.of(0, 0, 0x20, 0x41)]], { kind: 'floats', values: [10] }],
    [
      'strings',
      [
        [9, 'x'],
        [9, 'y'],
      ],
      { kind: 'strings', values: ['x', 'y'] },
    ],
    ['nothing', [], { kind: 'other' }],
  ])('without a type are told from their fields: %s', (_, fields, expected) => {
    expect(attribute(...fields)).toEqual(expected);
    expect(attribute([20, 0], ...fields)).toEqual(expected);
  });

  test.each<[number, unknown]>([
    [1, { kind: 'float', value: 0 }],
    [2, { kind: 'int', value: 0 }],
    [3, { kind: 'string', value: '' }],
    [6, { kind: 'floats', values: [] }],
    [11, { kind: 'other' }],
    [77, { kind: 'other' }],
  ])('of type %i with no field have the default', (type, expected) => {
    expect(attribute([20, type])).toEqual(expected);
  });

  test('of a type whose field is missing are a problem', () => {
    for (const type of [4, 5]) {
      expect(problemOf(() => attribute([20, type])).code).toBe('corrupt');
    }
  });

  test('named like properties of objects are only names', () => {
    const node = message([5, message([1, '__proto__'], [3, 1])]);
    const { nodes } = readOnnxModel(modelOf(message([1, node]))).graph;
    expect([...(nodes[0]?.attributes.keys() ?? [])]).toEqual(['__proto__']);
    expect(Object.prototype).not.toHaveProperty('kind');
  });
});

describe('looksLikeOnnx', () => {
  const graph = message([2, 'net']);

  test('knows models, truncated ones too', () => {
    for (const name of ['types', 'structure', 'external']) {
      const bytes = fixture(`${name}.onnx`);
      expect(looksLikeOnnx(bytes)).toBe(true);
      expect(looksLikeOnnx(bytes.subarray(0, 20))).toBe(true);
    }
    expect(looksLikeOnnx(modelOf(graph))).toBe(true);
    expect(looksLikeOnnx(message([1, 1], [7, graph]))).toBe(true);
  });

  test.each<[string, Uint8Array]>([
    ['nothing', new Uint8Array(0)],
    ['text', new TextEncoder().encode('hello, world')],
    ['a SavedModel', message([1, 1], [2, message([2, graph])])],
    ['a SavedModel with a large graph', message([1, 1], [2, new Uint8Array(5000)])],
    [
      'a TensorFlow graph',
      message([1, message([1, 'x'], [2, 'Placeholder'])], [4, message([1, 1])]),
    ],
    ['a Caffe network', message([1, 'net'], [100, message([1, 'conv'])])],
    ['a Core ML model', message([1, 4], [2, message([1, graph])], [500, graph])],
    ['a tensor', message([1, 3], [2, 1], [9, new Uint8Array(12)])],
    ['a graph without a version', message([7, graph], [8, message([2, 17])])],
    ['an impossible version', message([1, 0], [7, graph])],
    ['the version alone', message([1, 9])],
  ])('%s is none', (_, bytes) => {
    expect(looksLikeOnnx(bytes)).toBe(false);
  });
});
