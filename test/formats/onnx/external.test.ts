/** Tensors whose values lie in other files: which paths are followed, and what is checked. */
import { describe, expect, test } from 'vitest';
import { fail } from '../../../src/errors.ts';
import {
  externalBytes,
  externalPath,
  readExternalFiles,
} from '../../../src/formats/onnx/external.ts';
import {
  type OnnxTensor,
  readOnnxModel,
  readTensorProto,
} from '../../../src/formats/onnx/model.ts';
import { tensorValues } from '../../../src/formats/onnx/tensor-data.ts';
import { problemsOf } from '../../support/memory-model.ts';
import { fixture, message, problemOf } from './support.ts';

const { initializers } = readOnnxModel(fixture('external.onnx')).graph;
const FILE = fixture('external.bin');

function tensorAt(location: string, offset = 0, length?: number): OnnxTensor {
  const external = { location, offset, length };
  return { name: 'w', elementType: 'float', dims: [2], external };
}

test('values are read from the file, which is opened once', async () => {
  const opened: string[] = [];
  const files = await readExternalFiles(initializers, async (path) => {
    opened.push(path);
    return Buffer.from(FILE);
  });
  const values = new Map<string, readonly number[]>();
  for (const tensor of initializers) {
    const file = tensor.external && files.get(externalPath(tensor));
    values.set(tensor.name, [...tensorValues(tensor, file && externalBytes(tensor, file))]);
  }
  expect(Object.fromEntries(values)).toEqual({
    first: [0, 1, 2, 3, 4, 5],
    second: [7, -8],
    inside: [1.5],
  });
  expect(opened).toEqual(['external.bin']);
});

test('entries count only where the tensor is said to be external', () => {
  const entry = message([1, 'location'], [2, 'w.bin']);
  expect(readTensorProto(message([13, entry])).external).toBeUndefined();
  const external = { location: 'w.bin', offset: 0, length: undefined };
  expect(readTensorProto(message([13, entry], [14, 1])).external).toEqual(external);
});

test.each([
  '-1',
  '1e3',
  '0x10',
  '99999999999999999999',
  'ten',
])('offset %s is a problem', (text) => {
  const entry = message([1, 'offset'], [2, text]);
  const problem = problemOf(() => readTensorProto(message([8, 'w'], [13, entry], [14, 1])));
  expect(problem.code).toBe('corrupt');
  expect(problem.found).toContain('"w"');
});

describe('paths', () => {
  test.each([
    'weights.bin',
    './weights.bin',
    'sub/folder/w',
    '..data',
    'a..b/c',
    'model.onnx.data',
  ])('%s stays in the folder', (path) => {
    expect(externalPath(tensorAt(path))).toBe(path);
  });

  test.each([
    '../../etc/passwd',
    '/etc/passwd',
    'a/../../b',
    '..',
    'sub/..',
    '\\etc',
    '..\\..\\secret',
    'C:\\secret',
    'c:secret',
    'file:///etc/passwd',
    'a\0b',
  ])('%j leaves it', (path) => {
    const problem = problemOf(() => externalPath(tensorAt(path)));
    expect(problem.code).toBe('corrupt');
    expect(problem.found).toContain('"w"');
    expect(problem.found).toContain("leaves the model's folder");
    expect(problem.found).toContain(JSON.stringify(path));
  });

  test('an empty one is none', () => {
    expect(problemOf(() => externalPath(tensorAt(''))).found).toContain('does not name it');
  });

  test('one that leaves is never opened', async () => {
    const reading = readExternalFiles([tensorAt('../x')], async () => {
      throw new Error('opened');
    });
    const [problem] = await problemsOf(reading);
    expect(problem?.code).toBe('corrupt');
  });
});

describe('the part of the file', () => {
  const file = Uint8Array.from({ length: 20 }, (_, i) => i).subarray(4);

  test('begins at the offset and is a view', () => {
    const part = externalBytes(tensorAt('w', 8, 8), file);
    expect([...part]).toEqual([12, 13, 14, 15, 16, 17, 18, 19]);
    expect(part.buffer).toBe(file.buffer);
    expect([...externalBytes(tensorAt('w', 1), file)]).toEqual([5, 6, 7, 8, 9, 10, 11, 12]);
  });

  test.each([
    [9, undefined, 'ends at byte 17'],
    [2 ** 53 - 1, 8, 'ends at byte'],
    [0, 4, 'has 4 bytes'],
    [0, 2 ** 40, 'needs 8'],
  ])('offset %i, length %s is a problem', (offset, length, text) => {
    const problem = problemOf(() => externalBytes(tensorAt('w', offset, length), file));
    expect(problem.code).toBe('corrupt');
    expect(problem.found).toContain(text);
  });
});

test('values of a file that was not read are a problem', () => {
  expect(problemOf(() => tensorValues(tensorAt('w'))).code).toBe('unsupported');
});

test('a missing file is named with its tensor, once for the model to be added', async () => {
  const reading = readExternalFiles([tensorAt('gone.bin')], async (path) =>
    fail({ code: 'not-found', file: `folder/${path}`, found: 'there is no such file' }),
  );
  const [problem] = await problemsOf(reading);
  expect(problem).toMatchObject({ code: 'not-found' });
  expect(problem?.file).toBeUndefined();
  expect(problem?.found).toContain('"w"');
  expect(problem?.found).toContain('"gone.bin"');
});
