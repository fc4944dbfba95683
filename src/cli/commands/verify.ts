/** `binarynet verify`: does the compiled program compute what the model computes? */
import { Command } from 'commander';
import type { CommandContext } from '../command.ts';
import { compareWithReference, isSame, type OutputDifference, TOLERANCE } from '../compare.ts';
import { compareLayers, type LayerDifference } from '../compare-layers.ts';
import { NO_AFFINE } from '../data-file.ts';
import { grouped, percent, renderTable } from '../format.ts';
import { type Colors, colorsFor, type Io, printJson } from '../io.ts';
import {
  addJsonOption,
  addModelOptions,
  collect,
  type ModelOptions,
  numberPair,
  positiveInteger,
} from '../options.ts';
import { compileWith, loadModel, openWith } from '../pipeline.ts';
import { withStatus } from '../progress.ts';
import { printable } from '../render-error.ts';
import { type Range, randomSamples, samplesFromFiles } from '../samples.ts';

const EXIT_DIFFERENT = 1;
const DEFAULT_SAMPLES = 16;

const EXAMPLES = `
Examples:
  binarynet verify model.h5
  binarynet verify model.keras --layers --random 100 --range 0,256
  binarynet verify model.keras --inputs images.npy --target host --cc clang

The standard is the model as it was read, before any optimisation, run by the reference
interpreter. Floats may differ by ${TOLERANCE} of the largest |output|, integers not at all; where they
differ by more, the exit code is 1.
`;

interface VerifyOptions extends ModelOptions {
  readonly inputs?: readonly string[];
  readonly random?: number;
  readonly range?: Range;
  readonly layers?: boolean;
}

interface VerifyResult {
  readonly same: boolean;
  readonly target: string;
  readonly compiler: string;
  readonly samples: number;
  readonly tolerance: number;
  readonly outputs: readonly OutputDifference[];
  readonly notes: readonly string[];
  readonly layers?: readonly LayerDifference[];
}

export function verifyCommand({ io, setExitCode }: CommandContext): Command {
  const command = new Command('verify')
    .description('Compare the compiled program with the model.')
    .argument('<model>', 'the model file')
    .option('--inputs <file>', '.npy or IDX file of samples; once per input', collect)
    .option('--random <n>', `so many random samples (default: ${DEFAULT_SAMPLES})`, positiveInteger)
    .option(
      '--range <low,high>',
      'where random inputs lie (default: -2,2; for integers what suits their type)',
      numberPair,
    )
    .option('--layers', 'compare every layer');
  return addJsonOption(addModelOptions(command))
    .addHelpText('after', EXAMPLES)
    .action(async (model: string, options: VerifyOptions) => {
      const result = await verify(io, model, options);
      if (options.json) printJson(io, result);
      else report(io, result);
      if (!result.same) setExitCode(EXIT_DIFFERENT);
    });
}

async function verify(io: Io, model: string, options: VerifyOptions): Promise<VerifyResult> {
  const graph = await withStatus(io, `reading ${model}`, () => loadModel(model, options));
  const compilation = compileWith(graph, model, options, { trace: options.layers === true });
  const { program } = compilation;
  const samples = options.inputs
    ? await samplesFromFiles(options.inputs, program.inputs, NO_AFFINE)
    : randomSamples(graph, options.random ?? DEFAULT_SAMPLES, options.range);
  const executable = await withStatus(io, 'compiling', () => openWith(compilation, options));
  try {
    const outputs = await withStatus(io, 'comparing', () =>
      compareWithReference(graph, program.outputs, executable, samples),
    );
    const same = outputs.every(isSame);
    const result = {
      same,
      target: program.target.name,
      compiler: executable.compiler,
      samples: samples.count,
      tolerance: TOLERANCE,
      outputs,
      notes: graph.notes ?? [],
    };
    if (!options.layers) return result;
    return { ...result, layers: await compareLayers(compilation, executable, samples) };
  } finally {
    await executable.close();
  }
}

function report(io: Io, result: VerifyResult): void {
  const colors = colorsFor(io, io.stdout);
  if (result.layers) io.stdout.write(`${layerTable(result.layers, colors)}\n`);
  const columns = [
    { title: 'output' },
    { title: 'max abs error', align: 'right' },
    { title: 'relative', align: 'right' },
    { title: 'same argmax', align: 'right' },
  ] as const;
  const rows = result.outputs.map((output) => [
    printable(output.name),
    error(output.maxAbsError),
    error(output.relativeError),
    percent(output.argmaxAgreement, 1),
  ]);
  io.stdout.write(renderTable(columns, rows, colors));
  const verdict = result.same
    ? colors.green('The program computes what the model computes')
    : colors.red('The program differs from the model');
  io.stdout.write(
    `\n${verdict}: ${grouped(result.samples)} samples, target ${result.target}, ` +
      `${result.compiler}, tolerance ${TOLERANCE} of the largest |output|.\n`,
  );
  for (const note of result.notes) io.stdout.write(`note: ${printable(note)}\n`);
}

function layerTable(layers: readonly LayerDifference[], colors: Colors): string {
  const columns = [
    { title: '#', align: 'right' },
    { title: 'layer' },
    { title: 'kernel' },
    { title: 'max abs error', align: 'right' },
    { title: 'relative', align: 'right' },
    { title: 'bits that differ', align: 'right' },
  ] as const;
  const rows = layers.map((layer) => [
    String(layer.call + 1),
    printable(layer.name),
    layer.kernel,
    layer.bits ? '' : error(layer.maxAbsError),
    layer.bits ? '' : error(layer.relativeError),
    layer.bits ? `${grouped(layer.bits.different)} of ${grouped(layer.bits.total)}` : '',
  ]);
  return renderTable(columns, rows, colors);
}

function error(value: number): string {
  return value === 0 ? '0' : value.toExponential(1);
}
