/** `binarynet eval`: the accuracy of the compiled program on labelled samples. */
import { Command } from 'commander';
import { fail } from '../../errors.ts';
import type { PortType } from '../../ir/elements.ts';
import { elementCount, type Graph, getValue, type TensorData } from '../../ir/graph.ts';
import { Interpreter } from '../../ir/reference/interpreter.ts';
import type { Port } from '../../plan/program.ts';
import type { Tensors } from '../../toolchain/executable.ts';
import type { CommandContext } from '../command.ts';
import { argmax, DifferenceMeter } from '../compare.ts';
import { readLabels } from '../data-file.ts';
import { grouped, percent } from '../format.ts';
import { type Io, printJson } from '../io.ts';
import {
  addJsonOption,
  addModelOptions,
  collect,
  type ModelOptions,
  numberPair,
  positiveInteger,
} from '../options.ts';
import { compileWith, loadModel, openWith } from '../pipeline.ts';
import { showProgress, withStatus } from '../progress.ts';
import { type Samples, sampleRange, samplesFromFiles } from '../samples.ts';

const EXAMPLES = `
Examples:
  binarynet eval model.h5 --inputs images.npy --labels labels.npy
  binarynet eval model.keras --inputs t10k-images-idx3-ubyte.gz --labels t10k-labels-idx1-ubyte.gz \\
      --affine 1/127.5,-1
  binarynet eval model.h5 --inputs x.npy --labels y.npy --target wasm --reference-check --json

Inputs are .npy arrays of any numeric type or IDX files (MNIST), shape N×(input shape); --affine
gives the network x * scale + offset. The answer is the largest element of the first output; of
an output of one float whether it is above 0.5; an output of one integer is the answer itself. With --json: samples, correct, top1, target;
with --reference-check also argmaxAgreement (1 when all agree) and maxAbsError against the
reference interpreter.
`;

interface EvalOptions extends ModelOptions {
  readonly inputs: readonly string[];
  readonly labels: string;
  readonly affine?: readonly [number, number];
  readonly reference?: boolean;
  readonly referenceCheck?: boolean;
  readonly limit?: number;
}

interface EvalResult {
  readonly samples: number;
  readonly correct: number;
  readonly top1: number;
  readonly target: string;
  readonly compiler?: string;
  readonly argmaxAgreement?: number;
  readonly maxAbsError?: number;
}

export function evalCommand({ io }: CommandContext): Command {
  const command = new Command('eval')
    .description('Measure the accuracy of the compiled program on labelled samples.')
    .argument('<model>', 'the model file')
    .requiredOption('--inputs <file>', '.npy or IDX file of samples; once per input', collect)
    .requiredOption('--labels <file>', '.npy or IDX file with one class number per sample')
    .option('--affine <scale,offset>', 'give the network x * scale + offset', numberPair)
    .option('--limit <n>', 'only the first n samples', positiveInteger)
    .option('--reference', 'run the reference interpreter, compile nothing')
    .option('--reference-check', 'also compare every output with the reference interpreter');
  return addJsonOption(addModelOptions(command))
    .addHelpText('after', EXAMPLES)
    .action(async (model: string, options: EvalOptions) => {
      const result = await evaluate(io, model, options);
      if (options.json) printJson(io, result);
      else report(io, result);
    });
}

async function evaluate(io: Io, model: string, options: EvalOptions): Promise<EvalResult> {
  const graph = await withStatus(io, `reading ${model}`, () => loadModel(model, options));
  const [scale, offset] = options.affine ?? [1, 0];
  const all = await samplesFromFiles(options.inputs, inputPorts(graph), { scale, offset });
  const labels = await readLabels(options.labels, all.count);
  const samples = { ...all, count: Math.min(all.count, options.limit ?? all.count) };
  const classes = classCount(graph);
  const outside = labels.findIndex((label) => label >= classes);
  if (outside >= 0) {
    fail({
      code: 'bad-input',
      file: options.labels,
      found: `label ${outside} is ${labels[outside]}, but the network has ${classes} classes`,
    });
  }
  const counter = new Counter(labels);
  return options.reference
    ? runReference(io, graph, samples, counter)
    : runCompiled(io, graph, model, options, samples, counter);
}

async function runCompiled(
  io: Io,
  graph: Graph,
  model: string,
  options: EvalOptions,
  samples: Samples,
  counter: Counter,
): Promise<EvalResult> {
  const compilation = compileWith(graph, model, options);
  const executable = await withStatus(io, 'compiling', () => openWith(compilation, options));
  const progress = showProgress(io, 'samples', samples.count);
  const interpreter = options.referenceCheck ? new Interpreter(graph) : undefined;
  const meters = compilation.program.outputs.map(
    ({ name, dtype }) => new DifferenceMeter(name, dtype),
  );
  try {
    for await (const outputs of executable.run(sampleRange(samples, 0, samples.count))) {
      const expected = interpreter?.run(samples.sample(counter.samples));
      expected?.forEach((output, i) => {
        meters[i]?.add(outputs[i] ?? [], output);
      });
      counter.add(outputs);
      progress.update(counter.samples);
    }
  } finally {
    progress.stop();
    await executable.close();
  }
  const target = compilation.program.target.name;
  const result = { ...counter.result(), target, compiler: executable.compiler };
  if (!interpreter) return result;
  const differences = meters.map((meter) => meter.result());
  return {
    ...result,
    argmaxAgreement: differences[0]?.argmaxAgreement ?? 1,
    maxAbsError: Math.max(0, ...differences.map(({ maxAbsError }) => maxAbsError)),
  };
}

function runReference(io: Io, graph: Graph, samples: Samples, counter: Counter): EvalResult {
  const interpreter = new Interpreter(graph);
  const progress = showProgress(io, 'samples', samples.count);
  for (const sample of sampleRange(samples, 0, samples.count)) {
    counter.add(interpreter.run(sample));
    progress.update(counter.samples);
  }
  progress.stop();
  return { ...counter.result(), target: 'reference' };
}

/** Counts right answers. */
class Counter {
  samples = 0;
  private correct = 0;
  private readonly labels: Int32Array;

  constructor(labels: Int32Array) {
    this.labels = labels;
  }

  add([scores]: Tensors): void {
    if (scores && answer(scores) === this.labels[this.samples]) this.correct += 1;
    this.samples += 1;
  }

  result(): { samples: number; correct: number; top1: number } {
    const { samples, correct } = this;
    return { samples, correct, top1: correct / samples };
  }
}

function answer(scores: TensorData): number {
  if (scores.length > 1) return argmax(scores);
  const only = scores[0] as number;
  return scores instanceof Float32Array ? Number(only > 0.5) : only;
}

/** How many classes the first output tells apart; a single integer may be any class. */
function classCount(graph: Graph): number {
  const [first] = graph.outputs;
  if (first === undefined) return 0;
  const { dtype, shape } = getValue(graph, first).type;
  const size = elementCount(shape);
  if (size > 1) return size;
  return dtype === 'f32' ? 2 : Infinity;
}

function inputPorts(graph: Graph): Port[] {
  return graph.inputs.map((id) => {
    const { name, type } = getValue(graph, id);
    return { name, dtype: type.dtype as PortType, shape: type.shape, buffer: id };
  });
}

function report(io: Io, result: EvalResult): void {
  const { samples, correct, target, compiler } = result;
  const where = compiler ? `${target}, ${compiler}` : 'the reference interpreter';
  const lines = [
    `${grouped(correct)} of ${grouped(samples)} correct (${percent(correct, samples)}), ${where}`,
  ];
  if (result.maxAbsError !== undefined) {
    lines.push(
      `same answer as the reference: ${percent(result.argmaxAgreement ?? 0, 1)}, ` +
        `largest difference of any output ${result.maxAbsError.toExponential(1)}`,
    );
  }
  io.stdout.write(`${lines.join('\n')}\n`);
}
