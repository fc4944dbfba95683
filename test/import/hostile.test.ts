/**
 * Damaged and malicious files of every format: each ends in a model or in a problem that names the
 * file, within bounded time.
 */
import { readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { strToU8, unzipSync, zipSync } from 'fflate';
import { describe, expect, test } from 'vitest';
import { BinarynetError, fail } from '../../src/errors.ts';
import { importModel } from '../../src/import/index.ts';
import { Random } from '../support/random.ts';

const FOLDER = fileURLToPath(new URL('../fixtures/keras/', import.meta.url));
const MAX_MS = 3000;

/** Imports; gives the problem's code, or "ok". Everything that is no problem of the user throws. */
async function outcome(file: string, bytes: Uint8Array): Promise<string> {
  const start = performance.now();
  let code = 'ok';
  try {
    await importModel({
      name: file,
      bytes,
      sibling: async (path) => {
        try {
          return readFileSync(`${dirname(file)}/${path}`);
        } catch {
          return fail({ code: 'not-found', file: path, found: 'there is no such file' });
        }
      },
    });
  } catch (error) {
    if (!(error instanceof BinarynetError)) throw error;
    for (const problem of error.problems) expect(problem.file).toBeTruthy();
    code = error.problems[0]?.code ?? 'none';
  }
  expect(performance.now() - start).toBeLessThan(MAX_MS);
  return code;
}

const FILES = [
  'keras2/nested_functional.h5',
  'keras2/gru.h5',
  'keras3/nested_functional.keras',
  'keras3/batch_norm_chain.h5',
  'larq/conv1d.h5',
];

describe.each(FILES)('%s', (name) => {
  const file = FOLDER + name;
  const whole = new Uint8Array(readFileSync(file));

  test('is read as it is', async () => {
    expect(await outcome(file, whole)).toBe('ok');
  });

  test('cut off anywhere, is a problem', async () => {
    const random = new Random(whole.length);
    const lengths = Array.from({ length: 40 }, () => random.integer(0, whole.length - 1));
    for (const length of [0, 1, 4, 8, 9, 100, ...lengths, whole.length - 1]) {
      expect(await outcome(file, whole.subarray(0, length))).toMatch(/corrupt|unknown-format/);
    }
  });

  test('with changed bytes, is a model or a problem', async () => {
    const random = new Random(5);
    const outcomes = new Set<string>();
    for (let i = 0; i < 80; i++) {
      const copy = whole.slice();
      for (let changes = random.integer(1, 4); changes > 0; changes--) {
        const at = random.integer(0, copy.length - 1);
        copy[at] = random.chance(0.5)
          ? (copy[at] as number) ^ (1 << random.integer(0, 7))
          : random.pick([0, 1, 0x22, 0x39, 128, 255]);
      }
      outcomes.add(await outcome(file, copy));
    }
    expect(outcomes).toContain('corrupt');
  });
});

const EVIL: readonly unknown[] = [
  null,
  -1,
  0,
  1,
  3,
  0.5,
  1e12,
  1e300,
  2147483647,
  '',
  'same',
  'channels_first',
  'glu',
  '__proto__',
  'constructor',
  [],
  {},
  true,
  [0, 0],
  [-1],
  [1e12, 1e12],
  [
    [1, 2],
    [3, 4],
  ],
  { class_name: 'Lambda', config: {} },
  { class_name: 'LeakyReLU', config: { alpha: 'x' } },
  [[['x', 0, 0, {}]]],
];

/** Replaces, removes or moves one value anywhere in JSON. */
function mutate(json: unknown, random: Random): void {
  const spots: [Record<string, unknown>, string][] = [];
  const walk = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    const object = value as Record<string, unknown>;
    for (const key of Object.keys(object)) {
      spots.push([object, key]);
      walk(object[key]);
    }
  };
  walk(json);
  const [object, key] = random.pick(spots);
  const choice = random.unit();
  if (choice < 0.1) delete object[key];
  else if (choice < 0.2) {
    const [other, otherKey] = random.pick(spots);
    object[key] = structuredClone(other[otherKey]);
  } else object[key] = structuredClone(random.pick(EVIL));
}

describe.each([
  'tfjs/keras2_nested_sequential/model.json',
  'tfjs/keras2_gru/model.json',
  'tfjs/own_images/model.json',
  'tfjs/keras3_batch_norm_chain_keras/model.json',
])('%s', (name) => {
  test('with changed values, is a model or a problem', async () => {
    const file = FOLDER + name;
    const text = readFileSync(file, 'utf8');
    const random = new Random(7);
    const outcomes = new Set<string>();
    for (let i = 0; i < 150; i++) {
      const json: unknown = JSON.parse(text);
      for (let changes = random.integer(1, 3); changes > 0; changes--) mutate(json, random);
      outcomes.add(await outcome(file, strToU8(JSON.stringify(json))));
    }
    expect(outcomes).toContain('corrupt');
  });
});

describe('.keras archives', () => {
  const file = `${FOLDER}keras3/dense.keras`;
  const entries = unzipSync(new Uint8Array(readFileSync(file)));

  test('compressed ones are read', async () => {
    expect(await outcome(file, zipSync(entries, { level: 9 }))).toBe('ok');
  });

  test('a missing or a wrong part is a problem', async () => {
    const { 'model.weights.h5': weights, ...rest } = entries;
    expect(weights).toBeDefined();
    expect(await outcome(file, zipSync(rest))).toBe('corrupt');
    expect(await outcome(file, zipSync({ ...rest, 'model.weights.h5': strToU8('no') }))).toBe(
      'corrupt',
    );
    expect(await outcome(file, zipSync({ ...entries, 'config.json': strToU8('[') }))).toBe(
      'corrupt',
    );
    expect(await outcome(file, zipSync({ ...entries, 'config.json': strToU8('3') }))).toBe(
      'corrupt',
    );
  });

  test('JSON that is nested without end is refused', async () => {
    const deep = strToU8('{"config":'.repeat(5000));
    expect(await outcome(file, zipSync({ ...entries, 'config.json': deep }))).toBe('corrupt');
  });

  test('a bomb is refused before it is inflated', async () => {
    const bomb = zipSync({ ...entries, 'config.json': new Uint8Array(40_000_000) }, { level: 9 });
    expect(bomb.length).toBeLessThan(200_000);
    expect(await outcome(file, bomb)).toBe('corrupt');
  });
});
