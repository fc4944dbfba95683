/** Data sets from files, and batches of them. */
import { describe, expect, test } from 'vitest';
import { augmentedBatch, batchOf, cifarDataset, idxDataset } from '../../src/bnn/index.ts';
import { Random } from '../../src/bnn/random.ts';

/** An IDX file of bytes. */
function idx(shape: readonly number[], data: readonly number[]): Uint8Array {
  const sizes = shape.flatMap((size) => [0, 0, size >> 8, size & 255]);
  return Uint8Array.from([0, 0, 8, shape.length, ...sizes, ...data]);
}

describe('IDX', () => {
  const images = idx([2, 2, 3], [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);

  test('images and labels', () => {
    const data = idxDataset(images, idx([2], [7, 0]));
    expect(data.shape).toEqual([2, 3, 1]);
    expect(data.classes).toBe(10);
    const batch = batchOf(data, [1, 0, 1]);
    expect(batch.images.shape).toEqual([3, 2, 3, 1]);
    expect([...batch.images.dataSync()].slice(0, 7)).toEqual([7, 8, 9, 10, 11, 12, 1]);
    expect([...batch.labels.argMax(-1).dataSync()]).toEqual([0, 7, 0]);
  });

  test('what does not belong together is refused', () => {
    expect(() => idxDataset(images, idx([3], [1, 2, 3]))).toThrow(
      'Images 2×2×3 and labels 3 do not belong together.',
    );
    expect(() => idxDataset(images, idx([2], [1, 12]))).toThrow(
      'There is a label 12, but 10 classes.',
    );
    expect(() => idxDataset(images.subarray(0, 20), idx([2], [1, 2]))).toThrow('IDX');
  });
});

describe('CIFAR-10', () => {
  const record = (label: number, start: number) =>
    Uint8Array.from({ length: 3073 }, (_, i) => (i === 0 ? label : (i + start) % 251));

  test('planes become pixels', () => {
    const data = cifarDataset(record(3, 0), record(9, 5));
    expect([...data.labels]).toEqual([3, 9]);
    expect([...data.images.subarray(0, 6)]).toEqual([
      1,
      1025 % 251,
      2049 % 251,
      2,
      1026 % 251,
      2050 % 251,
    ]);
    expect(data.images[3072]).toBe(6);
  });

  test('a file that was cut off is refused', () => {
    expect(() => cifarDataset(record(1, 0).subarray(0, 3000))).toThrow(
      'A file of CIFAR-10 is not whole: its length is no multiple of 3073 bytes. Get it anew.',
    );
  });
});

describe('augmentation', () => {
  const data = idxDataset(idx([1, 2, 3], [1, 2, 3, 4, 5, 6]), idx([1], [0]));
  const made = (augmentation: object, seed: number, epoch = 0) =>
    [...augmentedBatch(data, [0], augmentation, seed, epoch).images.dataSync()].join(' ');

  test('mirrors half of the images', () => {
    const seen = Array.from({ length: 200 }, (_, seed) => made({ flip: true }, seed));
    const flipped = seen.filter((image) => image === '3 2 1 6 5 4').length;
    expect(new Set(seen)).toEqual(new Set(['1 2 3 4 5 6', '3 2 1 6 5 4']));
    expect(flipped).toBeGreaterThan(70);
    expect(flipped).toBeLessThan(130);
  });

  test('shifts them by up to so many pixels', () => {
    const seen = new Set(
      Array.from({ length: 200 }, (_, seed) => made({ shift: 1, padValue: 0 }, seed)),
    );
    expect(seen.size).toBe(9);
    expect(seen).toContain('0 0 0 0 1 2');
    expect(seen).toContain('5 6 0 0 0 0');
  });

  test('cuts squares out', () => {
    const seen = Array.from({ length: 200 }, (_, seed) => made({ crop: 2 }, seed));
    expect(new Set(seen)).toEqual(new Set(['1 2 4 5', '2 3 5 6']));
    expect(made({ crop: 2, shift: 1 }, 3)).toHaveLength('0 0 0 0'.length);
    expect(() => made({ crop: 3 }, 1)).toThrow(
      "Images are 2×3; a square of 3 pixels a side can't be cut out of them.",
    );
  });

  test('depends on seed, epoch and image alone', () => {
    expect(made({ shift: 1 }, 4, 7)).toBe(made({ shift: 1 }, 4, 7));
    const epochs = Array.from({ length: 30 }, (_, epoch) => made({ shift: 1 }, 4, epoch));
    expect(new Set(epochs).size).toBeGreaterThan(4);
  });
});

test('orders are permutations, each seed its own', () => {
  const order = [...new Random(1, 2).order(100)];
  expect([...order].sort((a, b) => a - b)).toEqual(Array.from({ length: 100 }, (_, i) => i));
  expect([...new Random(1, 2).order(100)]).toEqual(order);
  expect([...new Random(2, 1).order(100)]).not.toEqual(order);
});
