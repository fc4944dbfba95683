/**
 * Writes a set of generated files as a whole: each under a temporary name beside its place, then
 * all renamed. When anything fails, no temporary file, no new file and no new folder is left.
 */
import { randomBytes } from 'node:crypto';
import { mkdir, realpath, rename, rm, rmdir, stat, writeFile } from 'node:fs/promises';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { BinarynetError, fail, type Problem } from '../errors.ts';

/** A generated file; `path` is relative to the output folder, with forward slashes. */
export interface FileToWrite {
  readonly path: string;
  readonly data: string | Uint8Array;
}

interface PlacedFile {
  readonly file: FileToWrite;
  readonly final: string;
  readonly temporary: string;
}

/** Writes `files` below `folder`, which is made when missing. Returns the paths written. */
export async function writeFiles(
  folder: string,
  files: readonly FileToWrite[],
): Promise<readonly string[]> {
  const root = resolve(folder);
  const suffix = `.${randomBytes(6).toString('hex')}.tmp`;
  const placed = files.map((file) => {
    const final = join(root, safePath(file.path));
    return { file, final, temporary: final + suffix };
  });
  const madeFolders: string[] = [];
  const renamed: string[] = [];
  try {
    for (const { file, final, temporary } of placed) {
      await makeFolder(root, dirname(final), madeFolders);
      await refuseFolder(final);
      await writeFile(temporary, file.data, { flag: 'wx' });
    }
    for (const { final, temporary } of placed) {
      const isNew = !(await exists(final));
      await rename(temporary, final);
      if (isNew) renamed.push(final);
    }
  } catch (error) {
    await cleanUp(placed, renamed, madeFolders);
    if (error instanceof BinarynetError) throw error;
    return fail(unwritable(folder, error));
  }
  return files.map(({ path }) => join(folder, path));
}

/** A relative path that stays in its folder, or a `unwritable` problem. */
function safePath(path: string): string {
  const parts = path.split('/');
  const unsafe = parts.some((part) => part === '' || part === '.' || part === '..');
  if (unsafe || /[\\\0:]/.test(path)) {
    fail({ code: 'unwritable', found: `the path ${JSON.stringify(path)} leaves its folder` });
  }
  return path;
}

async function makeFolder(root: string, folder: string, made: string[]): Promise<void> {
  await makeFolders(folder, made);
  const inside = relative(await realpath(root), await realpath(folder));
  if (inside === '..' || inside.startsWith(`..${sep}`)) {
    fail({
      code: 'unwritable',
      file: folder,
      found: 'this folder is a link that leads elsewhere',
    });
  }
}

/** Step by step: Node's recursive mkdir never returns where a file system refuses, as /proc does. */
async function makeFolders(folder: string, made: string[]): Promise<void> {
  if (await exists(folder)) return;
  if (dirname(folder) !== folder) await makeFolders(dirname(folder), made);
  try {
    await mkdir(folder);
    made.push(folder);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
  }
}

async function refuseFolder(path: string): Promise<void> {
  const found = await stat(path).catch(() => undefined);
  if (found?.isDirectory()) {
    fail({
      code: 'unwritable',
      file: path,
      found: 'a folder stands where a file is to be written',
      fix: 'Remove it or choose another output folder.',
    });
  }
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

async function cleanUp(
  placed: readonly PlacedFile[],
  renamed: readonly string[],
  madeFolders: readonly string[],
): Promise<void> {
  const leftovers = [...placed.map(({ temporary }) => temporary), ...renamed];
  await Promise.allSettled(leftovers.map((path) => rm(path, { force: true })));
  const deepestFirst = [...madeFolders].sort((a, b) => b.length - a.length);
  for (const folder of deepestFirst) await rmdir(folder).catch(() => undefined);
}

function unwritable(folder: string, error: unknown): Problem {
  const reason = error instanceof Error ? error.message : String(error);
  return {
    code: 'unwritable',
    file: folder,
    found: `the output can not be written: ${reason}`,
    fix: 'Choose another folder with -o, or make this one writable.',
  };
}
