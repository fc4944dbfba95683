import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { BinarynetError } from '../../src/errors.ts';
import { type Hdf5Group, isHdf5, openHdf5 } from '../../src/formats/hdf5/file.ts';
import { Random } from '../support/random.ts';

const FOLDER = new URL('../fixtures/keras/', import.meta.url);

function fixture(name: string): Uint8Array {
  return new Uint8Array(readFileSync(new URL(name, FOLDER)));
}

/** Reads everything: names, attributes, data. */
function readAll(group: Hdf5Group, depth = 0): number {
  let count = 0;
  for (const name of ['model_config', 'weight_names', 'layer_names']) {
    count += group.attribute(name)?.length ?? 0;
  }
  if (depth > 12) return count;
  for (const name of group.names()) {
    const child = group.group(name);
    count += child ? readAll(child, depth + 1) : (group.dataset(name)?.read().length ?? 0);
  }
  return count;
}

const SMALL = fixture('keras2/dense.h5');
/** Element (i, j) is 100 i + j. */
const GRID = Float32Array.from({ length: 35 }, (_, i) => 100 * Math.floor(i / 7) + (i % 7));

describe('a file that Keras wrote', () => {
  test('has its groups, attributes and weights', () => {
    expect(isHdf5(SMALL)).toBe(true);
    const root = openHdf5(SMALL);
    expect(root.names()).toContain('model_weights');
    expect(String(root.attribute('keras_version')?.[0])).toMatch(/^2\./);
    expect(JSON.parse(String(root.attribute('model_config')?.[0]))).toHaveProperty('config.layers');
    expect(root.attribute('no such attribute')).toBeUndefined();
    expect(root.dataset('model_weights/no/such')).toBeUndefined();
    expect(root.group('model_weights/no/such')).toBeUndefined();
    expect(readAll(root)).toBeGreaterThan(100);
  });

  test('hands out aligned weights as views of the file', () => {
    const root = openHdf5(SMALL);
    const weights = root.group('model_weights');
    const layer = weights
      ?.names()
      .find((name) => weights.group(name)?.attribute('weight_names')?.length);
    const group = weights?.group(layer ?? '');
    const data = group?.dataset(String(group.attribute('weight_names')?.[0]))?.read();
    expect(data?.buffer).toBe(SMALL.buffer);
  });

  test('truncated anywhere, is a problem', () => {
    const random = new Random(2);
    const lengths = [
      ...Array.from({ length: 200 }, (_, i) => i),
      ...Array.from({ length: 100 }, () => random.integer(0, SMALL.length - 1)),
      SMALL.length - 1,
    ];
    for (const length of lengths) {
      expect(() => readAll(openHdf5(SMALL.subarray(0, length)))).toThrow(BinarynetError);
    }
  });

  test('with flipped bits, is read or a problem, within bounded time', () => {
    const random = new Random(3);
    let refused = 0;
    for (let i = 0; i < 1500; i++) {
      const copy = SMALL.slice();
      for (let flips = random.integer(1, 3); flips > 0; flips--) {
        const at = random.integer(0, copy.length - 1);
        copy[at] = random.chance(0.5)
          ? (copy[at] as number) ^ (1 << random.integer(0, 7))
          : random.pick([0, 1, 128, 255]);
      }
      const start = performance.now();
      try {
        readAll(openHdf5(copy));
      } catch (error) {
        expect(error).toBeInstanceOf(BinarynetError);
        refused++;
      }
      expect(performance.now() - start).toBeLessThan(2000);
    }
    expect(refused).toBeGreaterThan(100);
  });
});

const EARLIEST = openHdf5(fixture('../hdf5/earliest.h5'));
const LATEST = openHdf5(fixture('../hdf5/latest.h5'));

describe.each([
  ['the earliest format', EARLIEST],
  ['the latest format', LATEST],
] as const)('%s', (_name, root) => {
  const numbers = root.group('numbers');

  test.each(numbers?.names() ?? [])('numbers of type %s', (name) => {
    const expected = name === 'bool' ? [1, 0, 1] : [1, name.includes('u') ? 2 : -2, 3];
    const data = numbers?.dataset(name)?.read() ?? [];
    expect(Array.from(data as ArrayLike<number>, Number)).toEqual(expected);
  });

  test('has all types, scalars, attributes and groups', () => {
    expect(numbers?.names()).toHaveLength(14);
    expect(root.dataset('scalar')).toMatchObject({ shape: [] });
    expect(root.dataset('scalar')?.read()).toEqual(Float32Array.of(2.5));
    expect(root.dataset('a/b/c')?.read()).toEqual(GRID);
    const group = root.group('a');
    expect(group?.attribute('fixed')).toEqual(['one', 'three']);
    expect(group?.attribute('variable')).toEqual(['one', 'drei', 'ü']);
    expect(group?.attribute('number')).toEqual([7]);
    expect(group?.attribute('numbers')).toEqual([0.5, -1]);
  });

  test('texts as data are refused, links are not followed', () => {
    expect(() => root.dataset('texts')?.read()).toThrow(/not numbers/);
    expect(root.dataset('soft')).toBeUndefined();
    expect(root.dataset('outside')).toBeUndefined();
  });
});

test.each(['chunked', 'deflated', 'one_chunk'])('the %s dataset is put together', (name) => {
  const dataset = EARLIEST.dataset(name);
  expect(dataset?.shape).toEqual([5, 7]);
  expect(dataset?.read()).toEqual(GRID);
});

test('a chunked dataset that was never written is all zeros', () => {
  expect(EARLIEST.dataset('unwritten')?.read()).toEqual(new Float32Array(35));
});

test('storage that is not read is refused by name', () => {
  expect(() => LATEST.dataset('chunked')?.read()).toThrow(/chunk index of HDF5 1.10.*h5repack/);
});

test('a group whose index points back to itself ends in an error', () => {
  // "TREE" of level 1 whose only child is the node itself.
  const bytes = SMALL.slice();
  const view = new DataView(bytes.buffer);
  const at = bytes.findIndex((_, i) => String.fromCharCode(...bytes.subarray(i, i + 4)) === 'TREE');
  view.setUint8(at + 5, 1);
  view.setUint16(at + 6, 1, true);
  view.setBigUint64(at + 32, BigInt(at), true);
  expect(() => readAll(openHdf5(bytes))).toThrow(/too deep|loop/);
});
