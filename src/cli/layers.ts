/** A program as rows for people: what each kernel call costs, and of what kind it is. */
import { elementCount, type Graph, getValue } from '../ir/graph.ts';
import type { Buffer, KernelCall, Program } from '../plan/program.ts';

/**
 * binary: ±1 activations times ±1 weights; binary-weights: float activations times ±1 weights;
 * float: multiply-adds in float; other: no multiply-adds.
 */
export type LayerKind = 'binary' | 'binary-weights' | 'float' | 'other';

export interface LayerRow {
  readonly number: number;
  readonly name: string;
  readonly op: string;
  readonly kernel: string;
  readonly summary: string;
  readonly kind: LayerKind;
  readonly outputShape: readonly number[];
  readonly outputType: string;
  readonly macs: number;
  readonly weightBytes: number;
  readonly outputBytes: number;
}

/** One row per kernel call. Constants that calls share are counted with the first. */
export function layerRows(program: Program): LayerRow[] {
  const counted = new Set<number>();
  return program.calls.map((call, index) => {
    const output = outputOf(program, call);
    let weightBytes = 0;
    for (const arg of call.args) {
      if (arg.kind !== 'weights' || counted.has(arg.section)) continue;
      counted.add(arg.section);
      weightBytes += program.sections[arg.section]?.data.length ?? 0;
    }
    return {
      number: index + 1,
      name: call.layer.name,
      op: call.layer.op,
      kernel: call.kernel,
      summary: call.summary,
      kind: kindOf(call),
      outputShape: output?.shape ?? [],
      outputType: output?.dtype ?? '',
      macs: call.macs,
      weightBytes,
      outputBytes: output?.bytes ?? 0,
    };
  });
}

/** The tensor that a call computes: the first that it writes. */
export function outputOf(program: Program, call: KernelCall): Buffer | undefined {
  for (const arg of call.args) {
    if (arg.kind === 'buffer' && arg.access === 'write') return bufferOf(program, arg.buffer);
  }
  return undefined;
}

/** A program's buffer by its id. */
export function bufferOf(program: Program, id: number): Buffer {
  const direct = program.buffers[id];
  const found = direct?.id === id ? direct : program.buffers.find((buffer) => buffer.id === id);
  if (!found) throw new Error(`program has no buffer ${id}`);
  return found;
}

/** By the kernel's name, whose grammar is <what>_<input>_<weights>_<output>__<where>. */
function kindOf(call: KernelCall): LayerKind {
  if (call.macs === 0) return 'other';
  if (/_b1_b1_[a-z0-9]+__/.test(call.kernel)) return 'binary';
  if (/_f32_b1_[a-z0-9]+__/.test(call.kernel)) return 'binary-weights';
  return 'float';
}

/** How many bytes the weights of the source model take as 32-bit floats. */
export function floatWeightBytes(source: Graph): number {
  const used = new Set(source.nodes.flatMap((node) => node.inputs));
  let bytes = 0;
  for (const id of used) {
    const { type, data } = getValue(source, id);
    if (data) bytes += 4 * elementCount(type.shape);
  }
  return bytes;
}

/** Sums over all layers. */
export interface Totals {
  readonly macs: number;
  readonly binaryMacs: number;
  readonly weightBytes: number;
}

export function totalsOf(rows: readonly LayerRow[]): Totals {
  const sum = (select: (row: LayerRow) => number): number =>
    rows.reduce((total, row) => total + select(row), 0);
  return {
    macs: sum((row) => row.macs),
    binaryMacs: sum((row) => (row.kind === 'binary' ? row.macs : 0)),
    weightBytes: sum((row) => row.weightBytes),
  };
}
