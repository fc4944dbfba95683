/** One door to every way of running a compiled program. */
import type { Program } from '../plan/program.ts';
import type { Executable } from './executable.ts';
import type { FileToWrite } from './files.ts';
import type { NativeOptions } from './native.ts';
import { openNative } from './run-native.ts';
import { openWasm } from './run-wasm.ts';

/**
 * Builds the files that `emitC` made of `program` (weights apart) and makes them ready to run.
 * Close it when done: native programs have a folder and a process.
 */
export async function openExecutable(
  program: Program,
  files: readonly FileToWrite[],
  options: NativeOptions = {},
): Promise<Executable> {
  return program.target.toolchain.kind === 'wasm'
    ? openWasm(program, files)
    : openNative(program, files, options);
}
