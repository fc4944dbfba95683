/** A program as rows for people: what each kernel call costs, and of what kind it is. */
import { writtenBuffer } from '../emit/c-run.ts';
import { describeProgram, type LayerReport } from '../emit/report.ts';
import { elementCount, type Graph, getValue } from '../ir/graph.ts';
import type { KernelCall, Program } from '../plan/program.ts';

/**
 * binary: ±1 activations times ±1 weights; binary-weights: float activations times ±1 weights;
 * float: multiply-adds in float; other: no multiply-adds.
 */
export type LayerKind = 'binary' | 'binary-weights' | 'float' | 'other';

export interface LayerRow extends LayerReport {
  readonly number: number;
  readonly kind: LayerKind;
  readonly outputShape: readonly number[];
  readonly outputType: string;
}

/** One row per kernel call. */
export function layerRows(program: Program): LayerRow[] {
  return describeProgram(program).layers.map((layer, index) => {
    const call = program.calls[index] as KernelCall;
    const output = writtenBuffer(program, call);
    return {
      ...layer,
      number: index + 1,
      kind: kindOf(call),
      outputShape: output.shape,
      outputType: output.dtype,
    };
  });
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
