/** From a graph to the outputs of its compiled C, for end-to-end tests. */
import { type CompileOptions, compileGraph } from '../../src/compile.ts';
import type { Graph } from '../../src/ir/graph.ts';
import { type Target, targetNamed } from '../../src/plan/targets.ts';
import type { Tensors } from '../../src/toolchain/executable.ts';
import { loadKernelSources } from '../../src/toolchain/kernel-sources.ts';
import type { NativeOptions } from '../../src/toolchain/native.ts';
import { openExecutable } from '../../src/toolchain/open.ts';
import { resolveTarget } from '../../src/toolchain/processor.ts';

export interface Build extends NativeOptions, Pick<CompileOptions, 'binary'> {
  /** The name of one. */
  readonly target: string;
  /** Instead of the target's level, to compile several times faster. */
  readonly optimization?: '-O0' | '-O1';
  /** Threads share even the smallest layers. */
  readonly splitsAll?: boolean;
}

/** The ways of building that every end-to-end test goes through once. */
export const SANITIZED_GCC: Build = {
  target: 'host',
  compiler: 'gcc',
  sanitize: true,
  optimization: '-O1',
};

export async function runCompiled(
  graph: Graph,
  build: Build,
  samples: Iterable<Tensors>,
): Promise<Tensors[]> {
  const { program, files } = compileGraph(graph, {
    target: targetOf(build),
    kernels: loadKernelSources(),
    name: 'net',
    testProgram: false,
    ...(build.binary === undefined ? {} : { binary: build.binary }),
  });
  const executable = await openExecutable(program, files, build);
  try {
    const outputs: Tensors[] = [];
    for await (const output of executable.run(samples)) outputs.push(output);
    return outputs;
  } finally {
    await executable.close();
  }
}

function targetOf({ target: name, compiler, optimization, splitsAll }: Build): Target {
  const resolved = resolveTarget(targetNamed(name), compiler);
  const target = splitsAll ? { ...resolved, splitFrom: 0 } : resolved;
  if (!optimization) return target;
  const flags = target.toolchain.flags.map((flag) => (flag === '-O3' ? optimization : flag));
  return { ...target, toolchain: { ...target.toolchain, flags } };
}
