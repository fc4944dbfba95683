/**
 * Builds generated C with a compiler of this machine, in a temporary folder of its own.
 */
import { rmSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fail } from '../errors.ts';
import type { Target } from '../plan/targets.ts';
import { requireBuilder } from './compilers.ts';
import type { FileToWrite } from './files.ts';
import { runToEnd } from './process.ts';

const COMPILE_SECONDS = 600;
function sanitizers(kinds: string): string[] {
  return ['-g', '-fno-omit-frame-pointer', `-fsanitize=${kinds}`, '-fno-sanitize-recover=all'];
}

export interface NativeOptions {
  /** A compiler by name or path; the first of the target's that is found otherwise. */
  readonly compiler?: string;
  /** Build with the address and undefined-behaviour sanitizers, or with that of data races. */
  readonly sanitize?: boolean | 'races';
  /** Build the network for threads, and run it on so many; without them when left out. */
  readonly threads?: number;
}

/** A program that was built, and the folder it stands in. */
export interface NativeBuild {
  readonly program: string;
  readonly folder: string;
  readonly compiler: string;
  /** Removes the folder. */
  readonly remove: () => Promise<void>;
}

/** Compiles the `.c` files among `files` into one program. All files are written beside it. */
export async function buildNative(
  files: readonly FileToWrite[],
  target: Target,
  options: NativeOptions = {},
  moreFlags: readonly string[] = [],
): Promise<NativeBuild> {
  const { compiler, flags } = requireBuilder(target, options.compiler);
  const folder = await mkdtemp(join(tmpdir(), 'binarynet-'));
  const removeNow = (): void => rmSync(folder, { recursive: true, force: true });
  process.once('exit', removeNow);
  const remove = async (): Promise<void> => {
    process.off('exit', removeNow);
    await rm(folder, { recursive: true, force: true });
  };
  try {
    for (const { path, data } of files) {
      await mkdir(dirname(join(folder, path)), { recursive: true });
      await writeFile(join(folder, path), data);
    }
    const program = join(folder, process.platform === 'win32' ? 'program.exe' : 'program');
    const sources = files.map((file) => file.path).filter((path) => path.endsWith('.c'));
    const args = [
      ...flags,
      ...(options.sanitize
        ? sanitizers(options.sanitize === 'races' ? 'thread' : 'address,undefined')
        : []),
      ...sources,
      '-o',
      program,
      '-lm',
      ...moreFlags,
    ];
    const result = await runToEnd(compiler, args, { cwd: folder, timeoutSeconds: COMPILE_SECONDS });
    if (result.code !== 0) {
      fail({
        code: 'tool-failed',
        found: `${compiler} did not compile the generated C`,
        detail: (result.stderr + result.stdout).trim(),
      });
    }
    return { program, folder, compiler, remove };
  } catch (error) {
    await remove();
    throw error;
  }
}
