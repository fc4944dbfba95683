/** Writes generated files to a temporary folder, compiles them as strictly as promised, runs them. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type EmitOptions, emitC, type OutputFile } from '../../src/emit/c.ts';
import { type PortType, randomTensor } from '../../src/ir/elements.ts';
import type { Graph } from '../../src/ir/graph.ts';
import { elementCount, getValue } from '../../src/ir/graph.ts';
import { Interpreter } from '../../src/ir/reference/interpreter.ts';
import { planProgram } from '../../src/plan/plan.ts';
import { type Target, targetNamed } from '../../src/plan/targets.ts';
import { loadKernelSources } from '../../src/toolchain/kernel-sources.ts';
import { SmallNet } from './small-net.ts';

export const STRICT_FLAGS =
  '-std=c99 -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wstrict-prototypes -Wcast-qual -Wmissing-prototypes -Werror'.split(
    ' ',
  );

/** Files of a graph, with recorded cases of the reference interpreter. */
export function filesOf(
  graph: Graph,
  options: { target?: Target; cases?: number; weights?: EmitOptions['weights'] } = {},
): OutputFile[] {
  const { target = targetNamed('host'), cases = 2, weights = 'file' } = options;
  const kernels = loadKernelSources();
  const program = planProgram(graph, target, { name: graph.name, kernels });
  return emitC(program, kernels, { weights, cases: recordedCases(graph, cases) });
}

export function recordedCases(graph: Graph, count: number) {
  const interpreter = new Interpreter(graph);
  const numbers = new SmallNet(7);
  return Array.from({ length: count }, () => {
    const inputs = graph.inputs.map((id) => {
      const { dtype, shape } = getValue(graph, id).type;
      const length = elementCount(shape);
      if (dtype === 'f32') return Float32Array.from({ length }, () => numbers.random());
      return randomTensor(dtype as PortType, length, () => numbers.random() / 4 + 0.5);
    });
    return { inputs, outputs: interpreter.run(inputs) };
  });
}

export interface Run {
  readonly status: number | null;
  readonly output: string;
}

/** Calls `action` with a folder that holds the files; the folder is removed afterwards. */
export function inFolderWith<T>(files: readonly OutputFile[], action: (folder: string) => T): T {
  const folder = mkdtempSync(join(tmpdir(), 'binarynet-test-'));
  try {
    for (const { path, data } of files) writeFileSync(join(folder, path), data);
    return action(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

export function runIn(folder: string, command: string, args: readonly string[]): Run {
  const result = spawnSync(command, args, { cwd: folder, encoding: 'utf8', timeout: 60_000 });
  return { status: result.status, output: `${result.stdout}${result.stderr}` };
}

/** Compiles all .c files with the strict flags and runs the test program. */
export function compileAndTest(
  files: readonly OutputFile[],
  compiler: string,
  flags: readonly string[] = ['-O0'],
): Run {
  return inFolderWith(files, (folder) => {
    const sources = files.map(({ path }) => path).filter((path) => path.endsWith('.c'));
    const compiled = runIn(folder, compiler, [
      ...STRICT_FLAGS,
      ...flags,
      ...sources,
      '-o',
      'program',
      '-lm',
    ]);
    if (compiled.status !== 0 || compiled.output !== '') return { ...compiled, status: -1 };
    return runIn(folder, './program', []);
  });
}
