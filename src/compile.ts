/**
 * The pipeline, from the bytes of a model to the files of a C program, read top to bottom.
 * It uses no Node API: the kernels' text comes in as an argument.
 */
import { emitC, type OutputFile, type RecordedCase } from './emit/c.ts';
import type { KernelSources } from './emit/kernel-sources.ts';
import { type ImportOptions, importModel } from './import/index.ts';
import type { ModelSource } from './import/source.ts';
import { type PortType, randomTensor } from './ir/elements.ts';
import { elementCount, type Graph, getValue } from './ir/graph.ts';
import type { ValueId } from './ir/ops.ts';
import { Interpreter } from './ir/reference/interpreter.ts';
import { verifyGraph } from './ir/verify.ts';
import { workOf } from './ir/work.ts';
import { optimize } from './passes/index.ts';
import { settleSigns } from './passes/settle-signs.ts';
import { planProgram } from './plan/plan.ts';
import type { Program } from './plan/program.ts';
import type { Target } from './plan/targets.ts';

export interface CompileOptions extends ImportOptions {
  readonly target: Target;
  readonly kernels: KernelSources;
  /** Prefix of every public identifier and file; the model's own name otherwise. */
  readonly name?: string;
  /** A weight file of its own, or an array in the C (in flash). */
  readonly weights?: 'file' | 'embed';
  /** False keeps ±1 weights and activations in float, for comparison. */
  readonly binary?: boolean;
  /**
   * False leaves out the test program and its build files, and with them a few runs of the
   * reference interpreter.
   */
  readonly testProgram?: boolean;
  /** True makes the program report every layer's result, for `verify --layers`. */
  readonly trace?: boolean;
  /** True makes the program ask how often to make each call, for `bench`. */
  readonly timed?: boolean;
}

/** All that is known of a model once it is compiled. */
export interface Compilation {
  /** The model as its source has it: the standard that everything is compared with. */
  readonly source: Graph;
  /** After the passes. */
  readonly lowered: Graph;
  readonly program: Program;
  readonly files: readonly OutputFile[];
  /** What users should know of how the model was understood, in sentences. */
  readonly notes: readonly string[];
}

/** A model as it is meant: imported, and settled what its signs are at 0 unless bits are not wanted. */
export async function readModel(
  model: ModelSource,
  options: Pick<CompileOptions, 'shapes' | 'binary'> = {},
): Promise<Graph> {
  const graph = await importModel(model, options);
  return options.binary === false ? graph : settleSigns(graph);
}

/** Reads a model and writes C for a target. Throws a `BinarynetError` for what can't be done. */
export async function compileModel(
  model: ModelSource,
  options: CompileOptions,
): Promise<Compilation> {
  return compileGraph(await importModel(model, options), options);
}

/** The same from a graph on. */
export function compileGraph(given: Graph, options: CompileOptions): Compilation {
  const source = options.binary === false ? given : settleSigns(given);
  verifyGraph(source, 'source');
  const lowered = optimize(source, { binary: options.binary ?? true });
  const program = planProgram(lowered, options.target, {
    name: options.name ?? source.name,
    kernels: options.kernels,
  });
  const wantsCases = options.testProgram ?? true;
  const canRecord = totalWork(source) <= MOST_WORK;
  const files = emitC(program, options.kernels, {
    weights: options.weights ?? 'file',
    cases: wantsCases && canRecord ? recordCases(source) : [],
    trace: options.trace ?? false,
    timed: options.timed ?? false,
  });
  const notes = [...(source.notes ?? []), ...(wantsCases && !canRecord ? [NO_TEST_PROGRAM] : [])];
  return { source, lowered, program, files, notes };
}

/** Elements of one run above which no test program is recorded; they take 512 MB at most. */
const MOST_WORK = 2 ** 28;
const NO_TEST_PROGRAM =
  'The network is too large to record test cases, so there is no test program: use verify.';

/** Elements are counted twice for the memory that they take: the reference keeps all values. */
function totalWork(graph: Graph): number {
  const typeOf = (id: ValueId) => getValue(graph, id).type;
  return graph.nodes.reduce((sum, node) => {
    const output = typeOf(node.output);
    return (
      sum + Math.max(workOf(node, node.inputs.map(typeOf), output), 2 * elementCount(output.shape))
    );
  }, 0);
}

/** Inputs and outputs of the source model for the test program: few for large models. */
function recordCases(source: Graph): RecordedCase[] {
  const size = [...source.inputs, ...source.outputs].reduce(
    (sum, id) => sum + elementCount(getValue(source, id).type.shape),
    0,
  );
  const count = Math.max(1, Math.min(4, Math.floor(20_000 / size)));
  const interpreter = new Interpreter(source);
  const random = generator(1);
  return Array.from({ length: count }, () => {
    const inputs = source.inputs.map((id) => {
      const { dtype, shape } = getValue(source, id).type;
      const length = elementCount(shape);
      return randomTensor(dtype as PortType, length, random);
    });
    return { inputs, outputs: interpreter.run(inputs) };
  });
}

/** Numbers in [0, 1). */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state >>> 8) / 2 ** 24;
  };
}
