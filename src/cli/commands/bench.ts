/** `binarynet bench`: time per inference here, against the same network kept in float. */
import { Command } from 'commander';
import { type Compilation, compileGraph } from '../../compile.ts';
import type { Executable } from '../../toolchain/executable.ts';
import { loadKernelSources } from '../../toolchain/kernel-sources.ts';
import { benchLayers } from '../bench-models.ts';
import type { CommandContext } from '../command.ts';
import { countSize, duration, renderTable, times } from '../format.ts';
import { colorsFor, type Io, printJson } from '../io.ts';
import { layerRows, totalsOf } from '../layers.ts';
import { addJsonOption, addModelOptions, type ModelOptions } from '../options.ts';
import { chooseTarget, compileWith, loadModel, openWith } from '../pipeline.ts';
import { withStatus } from '../progress.ts';
import { randomSamples } from '../samples.ts';
import { measure } from '../stopwatch.ts';

const EXAMPLES = `
Examples:
  binarynet bench                        single layers, binary against float
  binarynet bench model.h5
  binarynet bench model.keras --target wasm --json

Times are medians of seven rounds, binary and float taking turns, on one core.
"float" is the same network with --no-binary.
`;

/** One network: compiled as asked, and the same in float. */
interface Timing {
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
}

export function benchCommand({ io }: CommandContext): Command {
  const command = new Command('bench')
    .description('Measure the time per inference here, against float.')
    .argument('[model]', 'the model file; without it single layers are measured');
  return addJsonOption(addModelOptions(command))
    .addHelpText('after', EXAMPLES)
    .action(async (model: string | undefined, options: ModelOptions) => {
      const timings =
        model === undefined
          ? await benchSingleLayers(io, options)
          : [await benchModel(io, model, options)];
      if (options.json)
        printJson(io, model === undefined ? { layers: timings } : { ...timings[0] });
      else report(io, timings);
    });
}

async function benchModel(io: Io, model: string, options: ModelOptions): Promise<Timing> {
  const graph = await withStatus(io, `reading ${model}`, () => loadModel(model, options));
  const compilation = compileWith(graph, model, options);
  const float = compileWith(graph, model, { ...options, binary: false });
  return timeBoth(io, compilation.program.name, compilation, float, options);
}

async function benchSingleLayers(io: Io, options: ModelOptions): Promise<Timing[]> {
  const timings: Timing[] = [];
  const common = {
    target: chooseTarget(options),
    kernels: loadKernelSources(),
    name: 'layer',
    testProgram: false,
  };
  for (const { name, graph } of benchLayers()) {
    const compilation = compileGraph(graph, { ...common, binary: options.binary });
    const float = compileGraph(graph, { ...common, binary: false });
    timings.push(await timeBoth(io, name, compilation, float, options));
  }
  return timings;
}

async function timeBoth(
  io: Io,
  name: string,
  compilation: Compilation,
  float: Compilation,
  options: ModelOptions,
): Promise<Timing> {
  const programs: Executable[] = [];
  try {
    await withStatus(io, `${name}: compiling`, async () => {
      programs.push(await openWith(compilation, options));
      programs.push(await openWith(float, options));
    });
    const sample = randomSamples(compilation.source, 1).sample(0);
    const [seconds = 0, floatSeconds = 0] = await withStatus(io, `${name}: measuring`, () =>
      measure(programs, sample),
    );
    const { macs, binaryMacs } = totalsOf(layerRows(compilation.program));
    return {
      name,
      macs,
      binaryMacs,
      secondsPerInference: seconds,
      gmacsPerSecond: macs / seconds / 1e9,
      floatSecondsPerInference: floatSeconds,
      floatGmacsPerSecond: macs / floatSeconds / 1e9,
      speedup: floatSeconds / seconds,
      target: compilation.program.target.name,
      compiler: programs[0]?.compiler ?? '',
    };
  } finally {
    for (const program of programs) await program.close();
  }
}

function report(io: Io, timings: readonly Timing[]): void {
  const columns = [
    { title: 'network' },
    { title: 'MACs', align: 'right' },
    { title: 'time', align: 'right' },
    { title: 'GMAC/s', align: 'right' },
    { title: 'float time', align: 'right' },
    { title: 'GMAC/s', align: 'right' },
    { title: 'faster', align: 'right' },
  ] as const;
  const rows = timings.map((timing) => [
    timing.name,
    countSize(timing.macs),
    duration(timing.secondsPerInference),
    timing.gmacsPerSecond.toFixed(2),
    duration(timing.floatSecondsPerInference),
    timing.floatGmacsPerSecond.toFixed(2),
    times(timing.speedup),
  ]);
  io.stdout.write(renderTable(columns, rows, colorsFor(io, io.stdout)));
  const [first] = timings;
  if (first) io.stdout.write(`\nTarget ${first.target}, ${first.compiler}, one core.\n`);
}
