/** Models on disk: the files beside a model are read, and nothing outside its folder. */
import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openModel } from '../../src/cli/model-file.ts';
import { problemsOf } from '../support/memory-model.ts';

let root: string;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'binarynet-model-file-'));
  await mkdir(join(root, 'folder/sub'), { recursive: true });
  await writeFile(join(root, 'secret'), 'secret');
  await writeFile(join(root, 'folder/model'), 'model');
  await writeFile(join(root, 'folder/sub/weights'), 'weights');
  await symlink(join(root, 'secret'), join(root, 'folder/link'));
  await symlink(root, join(root, 'folder/up'));
  await symlink('sub/weights', join(root, 'folder/inside'));
  await symlink(join(root, 'folder'), join(root, 'alias'));
  if (process.platform !== 'win32') execFileSync('mkfifo', [join(root, 'folder/pipe')]);
});

afterAll(() => rm(root, { recursive: true }));

async function sibling(path: string, model = 'folder/model'): Promise<string> {
  const source = await openModel(join(root, model));
  return new TextDecoder().decode(await source.sibling(path));
}

describe('a file beside the model', () => {
  test.each([
    'sub/weights',
    './sub/weights',
    'inside',
    'sub/../sub/weights',
  ])('%s', async (path) => {
    expect(await sibling(path)).toBe('weights');
  });

  test('is found through a linked folder', async () => {
    expect(await sibling('sub/weights', 'alias/model')).toBe('weights');
  });
});

test.each([
  '../secret',
  'sub/../../secret',
  'link',
  'up/secret',
  'a\0b',
])('%j is outside the folder', async (path) => {
  const [problem] = await problemsOf(sibling(path));
  expect(problem).toMatchObject({ code: 'corrupt', file: join(root, 'folder/model') });
  expect(problem?.found).toContain('outside its folder');
  const [aliased] = await problemsOf(sibling(path, 'alias/model'));
  expect(aliased?.code).toBe('corrupt');
});

test('an absolute path is outside, even to a file in the folder', async () => {
  const [problem] = await problemsOf(sibling(join(root, 'folder/sub/weights')));
  expect(problem?.code).toBe('corrupt');
});

test.each(['none', 'sub', 'sub/weights/x'])('%s is not found', async (path) => {
  const [problem] = await problemsOf(sibling(path));
  expect(problem).toMatchObject({ code: 'not-found', file: join(root, 'folder', path) });
});

test.skipIf(process.platform === 'win32')('a pipe is refused instead of waited for', async () => {
  const [problem] = await problemsOf(sibling('pipe'));
  expect(problem?.found).toContain('not a regular file');
});
