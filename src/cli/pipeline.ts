/** From a model's path and the common options to a compilation, and on to a running program. */
import { type Compilation, type CompileOptions, compileGraph, readModel } from '../compile.ts';
import { withFile } from '../errors.ts';
import type { Graph } from '../ir/graph.ts';
import { type Target, targetNamed } from '../plan/targets.ts';
import { findBuilder } from '../toolchain/compilers.ts';
import type { Executable } from '../toolchain/executable.ts';
import { loadKernelSources } from '../toolchain/kernel-sources.ts';
import { openExecutable } from '../toolchain/open.ts';
import { resolveTarget } from '../toolchain/processor.ts';
import { nameFromPath, openModel } from './model-file.ts';
import type { ModelOptions } from './options.ts';

/** The target asked for; else `host` where a compiler is (or was named), else `wasm`. */
export function chooseTarget(options: Pick<ModelOptions, 'target' | 'cc'>): Target {
  return resolveTarget(targetNamed(options.target ?? defaultTarget(options)), options.cc);
}

function defaultTarget({ cc }: Pick<ModelOptions, 'cc'>): string {
  return cc !== undefined || findBuilder(targetNamed('host')) !== undefined ? 'host' : 'wasm';
}

/** Reads a model. Problems name the file as the user did. */
export async function loadModel(path: string, options: ModelOptions): Promise<Graph> {
  return withFile(path, async () => {
    const source = await openModel(path);
    const shapes = options.shape ? { shapes: options.shape } : {};
    return readModel(source, { ...shapes, binary: options.binary });
  });
}

/** Compiles a graph as the options say, without a test program unless `more` asks for it. */
export function compileWith(
  graph: Graph,
  path: string,
  options: ModelOptions,
  more: Partial<CompileOptions> = {},
): Compilation {
  return withFile(path, () =>
    compileGraph(graph, {
      target: chooseTarget(options),
      kernels: loadKernelSources(),
      name: options.name ?? nameFromPath(path),
      binary: options.binary,
      testProgram: false,
      ...more,
    }),
  );
}

/** Builds a compilation with the compiler that the options name, ready to run. */
export async function openWith(
  { program, files }: Pick<Compilation, 'program' | 'files'>,
  { cc, threads }: Pick<ModelOptions, 'cc'> & { readonly threads?: number },
): Promise<Executable> {
  return openExecutable(program, files, {
    ...(cc ? { compiler: cc } : {}),
    ...(threads === undefined ? {} : { threads }),
  });
}
