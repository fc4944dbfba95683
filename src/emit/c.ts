/**
 * A program as C: `<name>.c`, `<name>.h`, the weights as a file or as C, build files and a test
 * program. Each file is one template in a file of its own; this one names them.
 */
import type { Program } from '../plan/program.ts';
import { cmakeText, embeddedWeightsText, makefileText } from './c-build.ts';
import { headerText } from './c-header.ts';
import { sourceText } from './c-source.ts';
import { testText } from './c-test.ts';
import type { KernelSources } from './kernel-sources.ts';
import { nameProgram } from './naming.ts';
import type { OutputFile, RecordedCase } from './output.ts';
import { buildWeightFile } from './weights.ts';

export type { OutputFile, RecordedCase } from './output.ts';

export interface EmitOptions {
  /** A weight file of its own, or an array in C that stays in flash. */
  readonly weights: 'file' | 'embed';
  /** What the source model computes for a few inputs; none leaves out the test program and its build files. */
  readonly cases: readonly RecordedCase[];
  /**
   * Makes the C call `void <name>_trace(int call, const void *data, size_t bytes)` with each
   * layer's result, numbered as in `Program.calls`; whoever links it defines that function.
   */
  readonly trace?: boolean;
  /**
   * Makes the C ask `int <name>_repeats(int call)` before each call how often to make it, so that
   * whoever defines that function can measure them one by one. There are no threads then.
   */
  readonly timed?: boolean;
}

export function emitC(
  planned: Program,
  kernels: KernelSources,
  options: EmitOptions,
): OutputFile[] {
  const program = options.timed ? withoutThreads(planned) : planned;
  const names = nameProgram(program);
  const { name } = names;
  const embed = options.weights === 'embed';
  const { header, bytes } = buildWeightFile(program);
  const { trace = false, timed = false } = options;
  const source = { embed, header, trace, timed };
  return [
    { path: `${name}.c`, data: sourceText(program, names, kernels, source) },
    { path: `${name}.h`, data: headerText(program, names, kernels, embed) },
    embed
      ? { path: `${name}_weights.c`, data: embeddedWeightsText(names, bytes) }
      : { path: `${name}.weights`, data: bytes },
    ...(options.cases.length === 0
      ? []
      : [
          { path: `test_${name}.c`, data: testText(program, names, options.cases, embed) },
          { path: 'CMakeLists.txt', data: cmakeText(program, names, embed) },
          { path: 'Makefile', data: makefileText(program, names, embed) },
        ]),
  ];
}

function withoutThreads(program: Program): Program {
  return { ...program, calls: program.calls.map((call) => ({ ...call, isSplit: false })) };
}
