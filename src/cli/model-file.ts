/** A model on disk as the importers see it. */
import { readFile, realpath, stat } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join, relative, sep } from 'node:path';
import { fail, type Problem } from '../errors.ts';
import type { ModelSource } from '../import/source.ts';

/** Node reads files up to 2 GiB in one piece; no supported format needs more. */
const MAX_FILE_BYTES = 2 ** 31 - 1;

/** Reads the file at `path`; its neighbours are read when the importer asks for them. */
export async function openModel(path: string): Promise<ModelSource> {
  const bytes = await readWholeFile(path);
  return { name: path, bytes, sibling: (wanted) => readSibling(path, wanted) };
}

/** Reads a file that the user named. Throws `not-found`, or `too-large`. */
export async function readWholeFile(path: string): Promise<Uint8Array> {
  try {
    const { size } = await stat(path);
    if (size > MAX_FILE_BYTES) {
      fail({ code: 'too-large', file: path, found: 'the file is larger than 2 GiB' });
    }
    return await readFile(path);
  } catch (error) {
    const problem = notReadable(path, error);
    if (problem) fail(problem);
    throw error;
  }
}

async function readSibling(model: string, wanted: string): Promise<Uint8Array> {
  const folder = dirname(model);
  const path = join(folder, wanted);
  const leaves = (from: string, to: string): boolean => {
    const way = relative(from, to);
    return way === '..' || way.startsWith(`..${sep}`) || isAbsolute(way);
  };
  if (wanted.includes('\0') || isAbsolute(wanted) || leaves(folder, path)) {
    return leavesFolder(model, wanted);
  }
  const real = await realpath(path).catch(() => path);
  if (leaves(await realpath(folder), real) && real !== path) return leavesFolder(model, wanted);
  const entry = await stat(real).catch(() => undefined);
  if (entry && !entry.isFile() && !entry.isDirectory()) {
    // Reading a pipe or a device may never end.
    fail({ code: 'not-found', file: path, found: 'this is not a regular file' });
  }
  return readWholeFile(path);
}

function leavesFolder(model: string, wanted: string): never {
  return fail({
    code: 'corrupt',
    file: model,
    found: `the model names the file ${JSON.stringify(wanted)}, which is outside its folder`,
    fix: 'Put the file beside the model and name it there.',
  });
}

function notReadable(path: string, error: unknown): Problem | undefined {
  if (!(error instanceof Error && 'code' in error)) return undefined;
  const found: Partial<Record<string, string>> = {
    ENOENT: 'there is no such file',
    ENOTDIR: 'there is no such file',
    EISDIR: 'this is a folder, not a file',
    EACCES: 'the file may not be read',
  };
  const text = found[String(error.code)] ?? `the file can not be read: ${error.message}`;
  return { code: 'not-found', file: path, found: text };
}

/** A C identifier from a file name: "my model.keras" → "my_model". */
export function nameFromPath(path: string): string {
  const stem = basename(path).replace(/(\.[A-Za-z0-9]{1,6})+$/, '');
  const base = /^model$/i.test(stem) ? basename(dirname(path)) || stem : stem;
  const id = base
    .replace(/[^A-Za-z0-9]+/g, '_')
    .replace(/^_+|_+$/g, '')
    .toLowerCase();
  if (id === '') return 'net';
  return /^[0-9]/.test(id) ? `net_${id}` : id;
}
