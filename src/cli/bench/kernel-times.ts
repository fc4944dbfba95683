/** `bench` without a model: each kind of kernel on each layer, one after the other in every run. */
import { emitC } from '../../emit/c.ts';
import { planProgram } from '../../plan/plan.ts';
import type { KernelCall } from '../../plan/program.ts';
import type { Target } from '../../plan/targets.ts';
import { loadKernelSources } from '../../toolchain/kernel-sources.ts';
import { countSize, duration, renderTable, times } from '../format.ts';
import { colorsFor, type Io } from '../io.ts';
import { openWith } from '../pipeline.ts';
import { withStatus } from '../progress.ts';
import { randomSamples } from '../samples.ts';
import { measureCalls } from '../stopwatch.ts';
import { kernelNetwork } from './kernel-network.ts';

export interface KernelTime {
  readonly kind: string;
  readonly kernel: string;
  readonly seconds: number;
  /** Two operations to a multiply-add. */
  readonly gops: number;
  readonly gmacsPerSecond: number;
  /** Null where the processor's clock is unknown. */
  readonly macsPerCycle: number | null;
  /** How many times faster than the layer in float. */
  readonly speedup: number;
}

export interface LayerTimes {
  readonly name: string;
  readonly macs: number;
  readonly kinds: readonly KernelTime[];
}

export interface KernelTable {
  readonly target: string;
  readonly compiler: string;
  readonly clockGHz: number | null;
  readonly layers: readonly LayerTimes[];
}

export async function timeKernels(
  io: Io,
  target: Target,
  options: { readonly cc?: string },
): Promise<KernelTable> {
  const graph = kernelNetwork();
  const kernels = loadKernelSources();
  const program = planProgram(graph, target, { name: graph.name, kernels });
  const files = emitC(program, kernels, { weights: 'file', cases: [], timed: true });
  const executable = await withStatus(io, 'compiling the kernels', () =>
    openWith({ program, files }, options),
  );
  try {
    const isLayer = (_: number, call: number) => (program.calls[call]?.macs ?? 0) > 0;
    const sample = randomSamples(graph, 1).sample(0);
    const [seconds = []] = await withStatus(io, 'measuring', () =>
      measureCalls([executable], sample, isLayer),
    );
    const clock = await executable.clockRate();
    return {
      target: target.name,
      compiler: executable.compiler,
      clockGHz: clock === undefined ? null : clock / 1e9,
      layers: byLayer(program.calls, seconds, clock),
    };
  } finally {
    await executable.close();
  }
}

/** Calls of the same layer follow each other, the one in float first. */
function byLayer(
  calls: readonly KernelCall[],
  seconds: readonly number[],
  clock: number | undefined,
): LayerTimes[] {
  const layers: { name: string; macs: number; kinds: KernelTime[] }[] = [];
  calls.forEach(({ layer, macs, kernel }, index) => {
    if (macs === 0) return;
    if (layers.at(-1)?.name !== layer.name) layers.push({ name: layer.name, macs, kinds: [] });
    const { kinds } = layers.at(-1) as (typeof layers)[number];
    const time = seconds[index] as number;
    kinds.push({
      kind: layer.op,
      kernel,
      seconds: time,
      gops: (2 * macs) / time / 1e9,
      gmacsPerSecond: macs / time / 1e9,
      macsPerCycle: clock === undefined ? null : macs / time / clock,
      speedup: (kinds[0]?.seconds ?? time) / time,
    });
  });
  return layers;
}

/** A table per layer. */
export function kernelTables(io: Io, { layers, target, compiler, clockGHz }: KernelTable): string {
  const colors = colorsFor(io, io.stdout);
  const columns = [
    { title: 'kind' },
    { title: 'time', align: 'right' },
    { title: 'Gops', align: 'right' },
    { title: 'GMAC/s', align: 'right' },
    { title: 'MAC/cycle', align: 'right' },
    { title: 'faster', align: 'right' },
  ] as const;
  const tables = layers.map(({ name, macs, kinds }) => {
    const rows = kinds.map((kind) => [
      kind.kind,
      duration(kind.seconds),
      kind.gops.toFixed(1),
      kind.gmacsPerSecond.toFixed(1),
      kind.macsPerCycle?.toFixed(1) ?? 'unknown',
      times(kind.speedup),
    ]);
    const title = colors.bold(`${name} (${countSize(macs)} multiply-adds)`);
    return `${title}\n${renderTable(columns, rows, colors)}\n`;
  });
  const clock = clockGHz === null ? 'clock unknown' : `${clockGHz.toFixed(2)} GHz`;
  return `${tables.join('')}Target ${target}, ${compiler}, one core, ${clock}.\n`;
}
