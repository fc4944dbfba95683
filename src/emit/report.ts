/** The program in numbers: what `compile --json` and `inspect` show. */
import type { Program } from '../plan/program.ts';
import { writtenBuffer } from './c-run.ts';

export interface LayerReport {
  readonly name: string;
  readonly op: string;
  readonly kernel: string;
  readonly summary: string;
  readonly macs: number;
  /** Constants used here first: a shared layer's weights are counted once. */
  readonly weightBytes: number;
  readonly outputBytes: number;
}

export interface ProgramReport {
  readonly weightsBytes: number;
  readonly arenaBytes: number;
  readonly macs: number;
  /** The most used first. */
  readonly kernels: readonly { readonly name: string; readonly count: number }[];
  /** One per kernel call. */
  readonly layers: readonly LayerReport[];
}

export function describeProgram(program: Program): ProgramReport {
  const weightBytes = weightBytesPerCall(program);
  const layers = program.calls.map((call, index) => ({
    name: call.layer.name,
    op: call.layer.op,
    kernel: call.kernel,
    summary: call.summary,
    macs: call.macs,
    weightBytes: weightBytes[index] as number,
    outputBytes: writtenBuffer(program, call).bytes,
  }));
  return {
    weightsBytes: program.weightsBytes,
    arenaBytes: program.arenaBytes,
    macs: layers.reduce((sum, layer) => sum + layer.macs, 0),
    kernels: countKernels(program),
    layers,
  };
}

/** Bytes of the sections that each call is the first to use. */
export function weightBytesPerCall(program: Program): number[] {
  const counted = new Set<number>();
  return program.calls.map((call) => {
    let bytes = 0;
    for (const arg of call.args) {
      if (arg.kind !== 'weights' || counted.has(arg.section)) continue;
      counted.add(arg.section);
      bytes += program.sections[arg.section]?.data.length ?? 0;
    }
    return bytes;
  });
}

function countKernels(program: Program): { name: string; count: number }[] {
  const counts = new Map<string, number>();
  for (const { kernel } of program.calls) counts.set(kernel, (counts.get(kernel) ?? 0) + 1);
  return [...counts]
    .map(([name, count]) => ({ name, count }))
    .sort((a, b) => b.count - a.count || (a.name < b.name ? -1 : 1));
}
