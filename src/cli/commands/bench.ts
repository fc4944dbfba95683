/** `binarynet bench`: how fast the kernels are here, or a network and its layers, against float. */
import { Command } from 'commander';
import { fail } from '../../errors.ts';
import { runsByItself } from '../../toolchain/compilers.ts';
import { kernelTables, timeKernels } from '../bench/kernel-times.ts';
import { modelTable, timeModel, timeThreads } from '../bench/model-times.ts';
import type { CommandContext } from '../command.ts';
import { type Io, printJson } from '../io.ts';
import { addJsonOption, addModelOptions, type ModelOptions, positiveInteger } from '../options.ts';
import { chooseTarget, compileWith, loadModel } from '../pipeline.ts';
import { withStatus } from '../progress.ts';

const EXAMPLES = `
Examples:
  binarynet bench                        kernels: float, 8 bits, 1 bit, and mixtures
  binarynet bench model.h5               a network, layer by layer
  binarynet bench model.h5 --threads 4
  binarynet bench model.keras --target wasm --json

Times are medians, what is compared taking turns, on one core unless --threads is given.
"float" is the same network with --no-binary. A layer of the model may have become several calls;
its time is their sum, in runs of the whole network.
`;

interface BenchOptions extends ModelOptions {
  readonly threads?: number;
}

export function benchCommand({ io }: CommandContext): Command {
  const command = new Command('bench')
    .description('Measure kernels, or a network and its layers, against float.')
    .argument('[model]', 'the model file; without it the kernels are measured');
  return addJsonOption(addModelOptions(command))
    .option('--threads <count>', 'also measure the network on so many threads', positiveInteger)
    .addHelpText('after', EXAMPLES)
    .action(async (model: string | undefined, options: BenchOptions) => {
      warnOfEmulators(io, options);
      if (model === undefined) await benchKernels(io, options);
      else await benchModel(io, model, options);
    });
}

async function benchKernels(io: Io, options: BenchOptions): Promise<void> {
  if (options.threads !== undefined) {
    fail({ code: 'usage', found: '--threads is for networks', fix: 'Name a model file.' });
  }
  const table = await timeKernels(io, chooseTarget(options), options);
  if (options.json) printJson(io, { ...table });
  else io.stdout.write(kernelTables(io, table));
}

async function benchModel(io: Io, model: string, options: BenchOptions): Promise<void> {
  const { threads } = options;
  const cc = options.cc === undefined ? {} : { cc: options.cc };
  if (threads !== undefined && chooseTarget(options).toolchain.kind !== 'native') {
    fail({
      code: 'usage',
      found: `target "${chooseTarget(options).name}" has no threads`,
      fix: 'Use --threads with a native target, such as host.',
    });
  }
  const graph = await withStatus(io, `reading ${model}`, () => loadModel(model, options));
  const timed = { timed: true };
  const times = await timeModel(
    io,
    compileWith(graph, model, options, timed),
    compileWith(graph, model, { ...options, binary: false }, timed),
    cc,
  );
  const all =
    threads === undefined
      ? times
      : {
          ...times,
          threads: await timeThreads(io, compileWith(graph, model, options), threads, cc),
        };
  if (options.json) printJson(io, { ...all });
  else io.stdout.write(modelTable(io, all));
}

function warnOfEmulators(io: Io, options: ModelOptions): void {
  const target = chooseTarget(options);
  if (target.toolchain.kind === 'wasm' || runsByItself(target)) return;
  io.stderr.write(
    `Target ${target.name} runs in an emulator here: these times say nothing of its speed.\n`,
  );
}
