/** Damaged and malicious files: a result or a problem, soon, and nothing else. */
import { WireType } from '@bufbuild/protobuf/wire';
import { describe, expect, test } from 'vitest';
import { BinarynetError } from '../../../src/errors.ts';
import { looksLikeOnnx, type OnnxGraph, readOnnxModel } from '../../../src/formats/onnx/model.ts';
import { tensorValues } from '../../../src/formats/onnx/tensor-data.ts';
import { Random } from '../../support/random.ts';
import { fixture, message, modelOf, problemOf } from './support.ts';

/** Reads everything that the file holds; true when it could be read. */
function readAll(bytes: Uint8Array): boolean {
  looksLikeOnnx(bytes);
  let tensors: OnnxGraph['initializers'];
  try {
    tensors = readOnnxModel(bytes).graph.initializers;
  } catch (error) {
    if (!(error instanceof BinarynetError)) throw error;
    return false;
  }
  for (const tensor of tensors) {
    if (tensor.external) continue;
    try {
      tensorValues(tensor);
    } catch (error) {
      if (!(error instanceof BinarynetError)) throw error;
    }
  }
  return true;
}

/** One to four bytes changed, inserted or taken away, or the file cut off. */
function mutated(bytes: Uint8Array, random: Random): Uint8Array {
  if (random.chance(0.1)) return bytes.slice(0, random.integer(0, bytes.length - 1));
  let result = bytes.slice();
  for (let left = random.integer(1, 4); left > 0; left--) {
    const at = random.integer(0, result.length - 1);
    const kind = random.integer(0, 3);
    if (kind === 0) result[at] = random.integer(0, 255);
    else if (kind === 1) result[at] = (result[at] as number) ^ (1 << random.integer(0, 7));
    else if (kind === 2) result[at] = random.pick([0, 0x7f, 0x80, 0xff]);
    else {
      const removed = random.integer(0, 3);
      const inserted = Uint8Array.from({ length: random.integer(0, 3) }, () =>
        random.integer(0, 255),
      );
      const rest = result.subarray(Math.min(result.length, at + removed));
      result = Uint8Array.from([...result.subarray(0, at), ...inserted, ...rest]);
    }
  }
  return result;
}

describe.each([
  ['structure.onnx', 14_000],
  ['types.onnx', 2_000],
  ['external.onnx', 4_000],
])('%s', (name, count) => {
  const bytes = fixture(name);

  test(`changed in ${count} ways, is read or is a problem`, { timeout: 30_000 }, () => {
    const random = new Random(bytes.length);
    let good = 0;
    for (let i = 0; i < count; i++) if (readAll(mutated(bytes, random))) good++;
    // Both happen: the mutations neither miss nor destroy everything.
    expect(good).toBeGreaterThan(count / 20);
    expect(good).toBeLessThan(count - count / 20);
  });

  test('cut off anywhere, is read or is a problem', () => {
    for (let length = 0; length < Math.min(bytes.length, 2000); length++) {
      readAll(bytes.subarray(0, length));
    }
    expect(readAll(bytes.subarray(0, bytes.length >> 1))).toBe(false);
  });
});

/** Empty fields of one tag, one after the other. */
function repeated(tag: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let i = 0; i < length; i += 2) bytes[i] = tag;
  return bytes;
}

describe('a malicious file', () => {
  test('graphs nested without end are refused', () => {
    let graph = message([2, 'inner']);
    for (let depth = 0; depth < 500; depth++) {
      graph = message([1, message([5, message([1, 'body'], [6, graph], [20, 5])])]);
      if (depth === 30) expect(readOnnxModel(modelOf(graph)).graph.nodes).toHaveLength(1);
    }
    const problem = problemOf(() => readOnnxModel(modelOf(graph)));
    expect(problem).toMatchObject({ code: 'too-large' });
    expect(problem.found).toContain('deeper than 32');
  });

  test('groups nested without end are refused', () => {
    const groups = new Uint8Array(1_000_000).fill(0x4b);
    expect(problemOf(() => readOnnxModel(groups)).code).toBe('corrupt');
  });

  test.each<[string, Uint8Array]>([
    ['nodes', repeated(0x0a, 3_000_000)],
    ['values', repeated(0x5a, 3_000_000)],
    ['inputs of a node', message([1, repeated(0x0a, 9_000_000)])],
    ['sizes', message([5, message([1, new Uint8Array(9_000_000)])])],
  ])('millions of %s are refused soon', (_, graph) => {
    const start = performance.now();
    const problem = problemOf(() => readOnnxModel(modelOf(graph)));
    expect(problem.code).toBe('too-large');
    expect(performance.now() - start).toBeLessThan(5000);
  });

  test.each<[string, Uint8Array]>([
    ['a wrong wire type', message([1, 9], [7, 3])],
    ['a length past the end', Uint8Array.of(0x08, 9, 0x3a, 0xff, 0xff, 0xff, 0xff, 0x07)],
    ['a negative length', Uint8Array.of(0x08, 9, 0x3a, ...new Array(9).fill(0xff), 0x01)],
    ['a number without end', Uint8Array.of(0x08, ...new Array(30).fill(0xff))],
    ['the end of a group', Uint8Array.of(0x08, 9, 0x3c)],
    ['field number 0', Uint8Array.of(0x08, 9, 0x00, 0x00)],
    ['no graph', message([1, 9], [8, message([2, 17])])],
  ])('%s is damage', (_, bytes) => {
    const problem = problemOf(() => readOnnxModel(bytes));
    expect(problem.code).toBe('corrupt');
    expect(problem.found).toContain('ONNX');
    expect(problem.fix).toBeTruthy();
  });

  test('a float in a packed list that ends early is damage', () => {
    const floats = message(
      [1, 'a'],
      [7, (to) => to.tag(7, WireType.LengthDelimited).bytes(new Uint8Array(5))],
    );
    const node = message([5, floats]);
    expect(problemOf(() => readOnnxModel(modelOf(message([1, node])))).code).toBe('corrupt');
  });
});
