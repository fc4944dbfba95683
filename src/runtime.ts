/**
 * binarynet/runtime: what needs Node.js. Models and kernels from disk, compilers, and running what
 * they made. `openExecutable` takes a `Compilation`'s program and files.
 */
export { openModel } from './cli/model-file.ts';
export { measure } from './cli/stopwatch.ts';
export type { Executable, Tensors, TracedCall } from './toolchain/executable.ts';
export { writeFiles } from './toolchain/files.ts';
export { loadKernelSources } from './toolchain/kernel-sources.ts';
export type { NativeOptions } from './toolchain/native.ts';
export { openExecutable } from './toolchain/open.ts';
