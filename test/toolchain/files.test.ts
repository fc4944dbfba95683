import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { BinarynetError } from '../../src/errors.ts';
import { type FileToWrite, writeFiles } from '../../src/toolchain/files.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'binarynet-test-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function codeOf(files: readonly FileToWrite[], into = join(folder, 'out')): Promise<string> {
  const error: unknown = await writeFiles(into, files).catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(BinarynetError);
  return (error as BinarynetError).problems[0]?.code ?? '';
}

describe('writeFiles', () => {
  test('makes folders, writes text and bytes, replaces what was there', async () => {
    const out = join(folder, 'a', 'b');
    const files = [
      { path: 'net.c', data: 'int x;\n' },
      { path: 'sub/net.weights', data: new Uint8Array([1, 2, 3]) },
    ];
    await writeFiles(out, [{ path: 'net.c', data: 'old' }]);
    expect(await writeFiles(out, files)).toEqual([
      join(out, 'net.c'),
      join(out, 'sub', 'net.weights'),
    ]);
    expect(await readFile(join(out, 'net.c'), 'utf8')).toBe('int x;\n');
    expect([...(await readFile(join(out, 'sub/net.weights')))]).toEqual([1, 2, 3]);
    expect((await readdir(out)).sort()).toEqual(['net.c', 'sub']);
  });

  test('a relative folder of one letter, made and removed again', async () => {
    const before = process.cwd();
    process.chdir(folder);
    try {
      expect(
        await codeOf(
          [
            { path: 'a', data: '' },
            { path: '..', data: '' },
          ],
          'o',
        ),
      ).toBe('unwritable');
      expect(
        await codeOf(
          [
            { path: 'a', data: '' },
            { path: 'a/b', data: '' },
          ],
          'o',
        ),
      ).toBe('unwritable');
      expect(await readdir('.')).toEqual([]);
      expect(await writeFiles('o', [{ path: 'a', data: '' }])).toEqual([join('o', 'a')]);
      expect(await readdir('o')).toEqual(['a']);
    } finally {
      process.chdir(before);
    }
  });

  test.each([
    '../evil.c',
    '/etc/evil.c',
    'a/../../evil.c',
    '..',
    '',
    'a//b',
    'a\\..\\b',
    'C:x',
  ])('refuses the path %j and writes nothing', async (path) => {
    const good = { path: 'good.c', data: '' };
    expect(await codeOf([good, { path, data: 'x' }])).toBe('unwritable');
    expect(await readdir(folder)).toEqual([]);
  });

  test('refuses a subfolder that is a link to elsewhere', async () => {
    await mkdir(join(folder, 'elsewhere'));
    await mkdir(join(folder, 'out'));
    await symlink(join(folder, 'elsewhere'), join(folder, 'out', 'sub'));
    expect(await codeOf([{ path: 'sub/x.c', data: '' }])).toBe('unwritable');
    expect(await readdir(join(folder, 'elsewhere'))).toEqual([]);
  });

  test('leaves nothing when one file can not be written', async () => {
    await mkdir(join(folder, 'out', 'b.c'), { recursive: true });
    expect(
      await codeOf([
        { path: 'a.c', data: '' },
        { path: 'new/c.c', data: '' },
        { path: 'b.c', data: '' },
      ]),
    ).toBe('unwritable');
    expect(await readdir(join(folder, 'out'))).toEqual(['b.c']);
  });

  test('keeps the old file when a later one fails', async () => {
    await mkdir(join(folder, 'out', 'b.c'), { recursive: true });
    await writeFile(join(folder, 'out', 'a.c'), 'old');
    await codeOf([
      { path: 'a.c', data: 'new' },
      { path: 'b.c', data: '' },
    ]);
    expect(await readFile(join(folder, 'out', 'a.c'), 'utf8')).toBe('old');
  });

  test('an output folder that is a file is unwritable', async () => {
    await writeFile(join(folder, 'out'), '');
    expect(await codeOf([{ path: 'a.c', data: '' }])).toBe('unwritable');
  });
});

test.skipIf(!existsSync('/proc/self'))('a folder that can never be made is refused', async () => {
  const writing = writeFiles('/proc/binarynet/out', [{ path: 'a.txt', data: 'a' }]);
  await expect(writing).rejects.toThrow(/can not be written/);
});
