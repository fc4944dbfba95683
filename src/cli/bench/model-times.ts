/** `bench` with a model: the whole network and its layers, against the same network in float. */
import type { Compilation } from '../../compile.ts';
import type { Program } from '../../plan/program.ts';
import type { Executable } from '../../toolchain/executable.ts';
import { countSize, duration, percent, times as ratio, renderTable } from '../format.ts';
import { colorsFor, type Io } from '../io.ts';
import { layerRows, totalsOf } from '../layers.ts';
import { openWith } from '../pipeline.ts';
import { withStatus } from '../progress.ts';
import { printable } from '../render-error.ts';
import { randomSamples } from '../samples.ts';
import { measure, measureCalls } from '../stopwatch.ts';

/** All calls that one layer of the model has become. */
export interface LayerTime {
  readonly name: string;
  /** Of its calls, the longest first. */
  readonly kernels: readonly string[];
  readonly macs: number;
  readonly seconds: number;
  /** Null where the float version has no layer of that name. */
  readonly floatSeconds: number | null;
}

export interface ModelTimes {
  readonly name: string;
  readonly macs: number;
  readonly binaryMacs: number;
  readonly secondsPerInference: number;
  readonly gmacsPerSecond: number;
  readonly floatSecondsPerInference: number;
  readonly floatGmacsPerSecond: number;
  /** How many times faster than float. */
  readonly speedup: number;
  readonly target: string;
  readonly compiler: string;
  readonly layers: readonly LayerTime[];
}

/** On several threads; `speedup` is against one, by the clock on the wall. */
export interface ThreadTimes {
  readonly count: number;
  /** Calls of kernels that are worth splitting among threads. */
  readonly splitCalls: number;
  readonly secondsPerInference: number;
  readonly speedup: number;
}

/** The one that was named, if one was. */
type Compiler = { readonly cc?: string };

/** Both are compiled with `timed`. */
export async function timeModel(
  io: Io,
  compilation: Compilation,
  float: Compilation,
  cc: Compiler,
): Promise<ModelTimes> {
  const { program, source } = compilation;
  const open: Executable[] = [];
  try {
    await withStatus(io, 'compiling', async () => {
      for (const one of [compilation, float]) open.push(await openWith(one, cc));
    });
    const sample = randomSamples(source, 1).sample(0);
    const [seconds = 0, floatSeconds = 0] = await withStatus(io, 'measuring', () =>
      measure(open, sample),
    );
    const [calls = [], floatCalls = []] = await withStatus(io, 'measuring layers', () =>
      measureCalls(open, sample),
    );
    const { macs, binaryMacs } = totalsOf(layerRows(program));
    return {
      name: program.name,
      macs,
      binaryMacs,
      secondsPerInference: seconds,
      gmacsPerSecond: macs / seconds / 1e9,
      floatSecondsPerInference: floatSeconds,
      floatGmacsPerSecond: macs / floatSeconds / 1e9,
      speedup: floatSeconds / seconds,
      target: program.target.name,
      compiler: open[0]?.compiler ?? '',
      layers: layerTimes(program, calls, float.program, floatCalls),
    };
  } finally {
    for (const program of open) await program.close();
  }
}

/** The compilation is without `timed`, which has no threads. */
export async function timeThreads(
  io: Io,
  compilation: Compilation,
  count: number,
  cc: Compiler,
): Promise<ThreadTimes> {
  const open: Executable[] = [];
  try {
    await withStatus(io, 'compiling for threads', async () => {
      for (const threads of [1, count]) {
        open.push(await openWith(compilation, { ...cc, threads }));
      }
    });
    const sample = randomSamples(compilation.source, 1).sample(0);
    const [alone = 0, seconds = 0] = await withStatus(io, 'measuring threads', () =>
      measure(open, sample),
    );
    const splitCalls = compilation.program.calls.filter(({ isSplit }) => isSplit).length;
    return { count, splitCalls, secondsPerInference: seconds, speedup: alone / seconds };
  } finally {
    for (const program of open) await program.close();
  }
}

interface LayerSum {
  readonly calls: { readonly kernel: string; readonly seconds: number }[];
  macs: number;
  seconds: number;
}

/** Calls by the layer of the model that they are for, in the order in which it first appears. */
function sumByLayer({ calls }: Program, seconds: readonly number[]): Map<string, LayerSum> {
  const layers = new Map<string, LayerSum>();
  calls.forEach(({ layer, kernel, macs }, index) => {
    const sum = layers.get(layer.name) ?? { calls: [], macs: 0, seconds: 0 };
    layers.set(layer.name, sum);
    const time = seconds[index] as number;
    sum.calls.push({ kernel, seconds: time });
    sum.macs += macs;
    sum.seconds += time;
  });
  return layers;
}

function layerTimes(
  program: Program,
  seconds: readonly number[],
  float: Program,
  floatSeconds: readonly number[],
): LayerTime[] {
  const inFloat = sumByLayer(float, floatSeconds);
  return [...sumByLayer(program, seconds)].map(([name, layer]) => ({
    name,
    kernels: layer.calls.sort((a, b) => b.seconds - a.seconds).map(({ kernel }) => kernel),
    macs: layer.macs,
    seconds: layer.seconds,
    floatSeconds: inFloat.get(name)?.seconds ?? null,
  }));
}

/** A row per layer, the whole network, and what it was measured with. */
export function modelTable(io: Io, times: ModelTimes & { readonly threads?: ThreadTimes }): string {
  const columns = [
    { title: 'layer' },
    { title: 'kernel' },
    { title: 'MACs', align: 'right' },
    { title: 'time', align: 'right' },
    { title: 'share', align: 'right' },
    { title: 'GMAC/s', align: 'right' },
    { title: 'float time', align: 'right' },
    { title: 'faster', align: 'right' },
  ] as const;
  const sum = times.layers.reduce((total, { seconds }) => total + seconds, 0);
  const rows = times.layers.map(({ name, kernels, macs, seconds, floatSeconds }) => [
    printable(name),
    kernelText(kernels),
    macs === 0 ? '' : countSize(macs),
    duration(seconds),
    percent(seconds, sum),
    macs === 0 ? '' : speed(macs / seconds),
    floatSeconds === null ? '' : duration(floatSeconds),
    floatSeconds === null ? '' : ratio(floatSeconds / seconds),
  ]);
  const total = [
    times.name,
    '',
    countSize(times.macs),
    duration(times.secondsPerInference),
    '',
    speed(times.macs / times.secondsPerInference),
    duration(times.floatSecondsPerInference),
    ratio(times.speedup),
  ];
  const lines = [`\nTarget ${times.target}, ${times.compiler}, one core.`];
  if (times.threads) {
    const { count, splitCalls, secondsPerInference, speedup } = times.threads;
    const each = `${ratio(speedup)} as fast as on one`;
    const none = splitCalls === 0 ? ': no layer is worth splitting' : '';
    lines.push(`On ${count} threads ${duration(secondsPerInference)}, ${each}${none}.`);
  }
  return `${renderTable(columns, rows, colorsFor(io, io.stdout), total)}${lines.join('\n')}\n`;
}

function kernelText([first = '', ...others]: readonly string[]): string {
  return others.length === 0 ? first : `${first} + ${others.length}`;
}

function speed(macsPerSecond: number): string {
  return (macsPerSecond / 1e9).toFixed(2);
}
