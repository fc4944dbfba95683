import { writeFile } from 'node:fs/promises';
import { gzipSync } from 'fflate';
import { describe, expect, test } from 'vitest';
import { NO_AFFINE, readLabels, readSamples } from '../../src/cli/data-file.ts';
import { BinarynetError, type Problem } from '../../src/errors.ts';
import { type NpyDType, writeNpy } from '../../src/formats/npy.ts';
import { useTemporaryFolder } from '../support/cli.ts';

const at = useTemporaryFolder();
const PORT = { name: 'image', dtype: 'f32', shape: [1, 2, 2, 1], buffer: 0 } as const;

async function file(name: string, bytes: Uint8Array): Promise<string> {
  await writeFile(at(name), bytes);
  return at(name);
}

async function problemOf(action: Promise<unknown>): Promise<Problem> {
  const error = await action.catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(BinarynetError);
  return (error as BinarynetError).problems[0] as Problem;
}

function npy(shape: readonly number[], data: Float32Array | Uint8Array = new Float32Array(0)) {
  const count = shape.reduce((product, size) => product * size, 1);
  if (data instanceof Uint8Array) return writeNpy({ dtype: 'u1', shape, data });
  return writeNpy({ dtype: 'f4', shape, data: data.length === 0 ? new Float32Array(count) : data });
}

function idx(shape: readonly number[], elements: readonly number[]): Uint8Array {
  return Uint8Array.from([
    0,
    0,
    8,
    shape.length,
    ...shape.flatMap((n) => [0, 0, 0, n]),
    ...elements,
  ]);
}

describe('samples', () => {
  test.each([
    ['f4', Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8)],
    ['f8', Float64Array.of(1, 2, 3, 4, 5, 6, 7, 8)],
    ['u1', Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8)],
    ['i2', Int16Array.of(1, 2, 3, 4, 5, 6, 7, 8)],
    ['i8', BigInt64Array.of(1n, 2n, 3n, 4n, 5n, 6n, 7n, 8n)],
  ] as const)('%s becomes float, through the affine map', async (dtype: NpyDType, data) => {
    const path = await file(`${dtype}.npy`, writeNpy({ dtype, shape: [2, 2, 2, 1], data }));
    const samples = await readSamples(path, PORT, { scale: 0.5, offset: -1 });
    expect(samples.count).toBe(2);
    expect([...samples.sample(1)]).toEqual([1.5, 2, 2.5, 3]);
  });

  test('a missing last axis of one channel is fine, in IDX and gzip too', async () => {
    const pixels = [9, 8, 7, 6];
    for (const path of [
      await file('flat.npy', npy([1, 2, 2], Uint8Array.from(pixels))),
      await file('images.idx', idx([1, 2, 2], pixels)),
      await file('images.idx.gz', gzipSync(idx([1, 2, 2], pixels))),
    ]) {
      const samples = await readSamples(path, PORT, NO_AFFINE);
      expect([...samples.sample(0)]).toEqual(pixels);
    }
  });

  test.each([
    [[2, 2, 1]],
    [[1, 2, 2, 3]],
    [[1, 4]],
    [[1, 2, 2, 1, 1]],
    [[4]],
    [[]],
  ])('shape %j is refused, and the message says what is needed', async (shape) => {
    const path = await file('shape.npy', npy(shape));
    const problem = await problemOf(readSamples(path, PORT, NO_AFFINE));
    expect(problem).toMatchObject({ code: 'bad-input', file: path });
    expect(problem.found).toContain('N×2×2×1');
  });

  test('no samples, no array, a damaged gzip file, no file: each has its message', async () => {
    const empty = await file('empty.npy', npy([0, 2, 2, 1]));
    expect((await problemOf(readSamples(empty, PORT, NO_AFFINE))).found).toContain('no samples');
    const text = await file('text.npy', new TextEncoder().encode('hello'));
    expect((await problemOf(readSamples(text, PORT, NO_AFFINE))).code).toBe('bad-input');
    const zipped = gzipSync(idx([1, 2, 2], [1, 2, 3, 4]));
    for (const cut of [3, 17, zipped.length - 9]) {
      const path = await file('cut.gz', zipped.subarray(0, cut));
      expect((await problemOf(readSamples(path, PORT, NO_AFFINE))).code).toBe('corrupt');
    }
    const missing = await problemOf(readSamples(at('none.npy'), PORT, NO_AFFINE));
    expect(missing).toMatchObject({ code: 'not-found', file: at('none.npy') });
  });

  test('a gzip file that claims gigabytes is refused before they are allocated', async () => {
    const zipped = gzipSync(idx([1, 2, 2], [1, 2, 3, 4]));
    new DataView(zipped.buffer, zipped.byteOffset).setUint32(zipped.length - 4, 0x7fffffff, true);
    const path = await file('bomb.gz', zipped);
    expect((await problemOf(readSamples(path, PORT, NO_AFFINE))).code).toBe('corrupt');
  });
});

describe('labels', () => {
  test('N and N×1 of any integer type', async () => {
    const flat = await file('labels.npy', npy([3], Uint8Array.of(3, 1, 2)));
    expect([...(await readLabels(flat, 3))]).toEqual([3, 1, 2]);
    const data = BigInt64Array.of(3n, 1n, 2n);
    const column = await file('column.npy', writeNpy({ dtype: 'i8', shape: [3, 1], data }));
    expect([...(await readLabels(column, 3))]).toEqual([3, 1, 2]);
    const zipped = await file('labels.gz', gzipSync(idx([3], [3, 1, 2])));
    expect([...(await readLabels(zipped, 3))]).toEqual([3, 1, 2]);
  });

  test.each([
    ['too few', [2], Float32Array.of(0, 1), 'there are 2 labels for 3 samples'],
    ['one-hot', [3, 2], Float32Array.of(1, 0, 0, 1, 1, 0), 'one number per sample'],
    ['fractions', [3], Float32Array.of(0, 0.5, 1), 'label 1 is 0.5'],
    ['negative', [3], Float32Array.of(0, 1, -1), 'label 2 is -1'],
  ])('%s: refused', async (_name, shape, data, found) => {
    const path = await file('bad.npy', npy(shape, data));
    const problem = await problemOf(readLabels(path, 3));
    expect(problem).toMatchObject({ code: 'bad-input', file: path });
    expect(problem.found).toContain(found);
  });
});
