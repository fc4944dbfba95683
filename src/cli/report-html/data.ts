/**
 * All that the report shows, as plain data. The graph is the program's: a box per kernel call, so
 * that what is drawn is what runs.
 */
import { consumersOf, type Graph, getValue } from '../../ir/graph.ts';
import type { Buffer, Port, Program } from '../../plan/program.ts';
import { shapeText } from '../format.ts';
import {
  floatWeightBytes,
  type LayerKind,
  type LayerRow,
  layerRows,
  type Totals,
  totalsOf,
} from '../layers.ts';

export interface ReportData {
  readonly name: string;
  readonly file: string;
  readonly target: string;
  readonly weightsBytes: number;
  readonly floatWeightsBytes: number;
  readonly arenaBytes: number;
  readonly totals: Totals;
  readonly layers: readonly LayerRow[];
  readonly graph: ReportGraph;
  readonly memory: MemoryUse;
  readonly histogram: WeightHistogram;
}

export interface ReportNode {
  readonly id: string;
  readonly title: string;
  readonly subtitle: string;
  readonly tooltip: string;
  readonly kind: LayerKind | 'port';
}

export interface ReportEdge {
  readonly from: string;
  readonly to: string;
  readonly label: string;
  readonly bits: boolean;
}

export interface ReportGraph {
  readonly nodes: readonly ReportNode[];
  readonly edges: readonly ReportEdge[];
}

export interface MemoryUse {
  /** Bytes of live tensors in the arena, per call. */
  readonly live: readonly number[];
  readonly blocks: readonly {
    readonly name: string;
    readonly first: number;
    readonly last: number;
    readonly offset: number;
    readonly bytes: number;
    readonly bits: boolean;
  }[];
}

/** Weights counted by value: `centers[i]` is the middle of bin i. */
export interface WeightHistogram {
  readonly centers: readonly number[];
  readonly float: readonly number[];
  readonly binary: readonly number[];
}

export function reportData(
  file: string,
  source: Graph,
  lowered: Graph,
  program: Program,
): ReportData {
  const layers = layerRows(program);
  return {
    name: program.name,
    file,
    target: program.target.name,
    weightsBytes: program.weightsBytes,
    floatWeightsBytes: floatWeightBytes(source),
    arenaBytes: program.arenaBytes,
    totals: totalsOf(layers),
    layers,
    graph: reportGraph(program, layers),
    memory: memoryUse(program),
    histogram: weightHistogram(lowered),
  };
}

function reportGraph(program: Program, layers: readonly LayerRow[]): ReportGraph {
  const nodes: ReportNode[] = [];
  const edges: ReportEdge[] = [];
  const writers = new Map<number, string[]>();
  const port = (id: string, { name, dtype, shape }: Port): void => {
    const subtitle = `${shapeText(shape)} ${dtype}`;
    nodes.push({ id, title: name, subtitle, tooltip: name, kind: 'port' });
  };
  const connect = (buffer: number, to: string): void => {
    const { shape, dtype } = program.buffers[buffer] as Buffer;
    const bits = dtype === 'bit';
    const type = bits ? ' bits' : dtype === 'f32' ? '' : ` ${dtype}`;
    const sizes = shape[0] === 1 ? shape.slice(1) : shape;
    for (const from of writers.get(buffer) ?? []) {
      edges.push({ from, to, label: `${sizes.join('×')}${type}`, bits });
    }
  };
  program.inputs.forEach((input, i) => {
    port(`in${i}`, input);
    writers.set(input.buffer, [`in${i}`]);
  });
  program.calls.forEach((call, i) => {
    const id = `call${i}`;
    const { name, op, kernel, kind } = layers[i] as LayerRow;
    const tooltip = `${name} (${op})\n${call.summary}\n${kernel}`;
    nodes.push({ id, title: call.summary, subtitle: name, tooltip, kind });
    const { reads, writes } = accesses(call.args);
    for (const buffer of reads) connect(buffer, id);
    for (const buffer of writes) writers.set(buffer, [...(writers.get(buffer) ?? []), id]);
  });
  program.outputs.forEach((output, i) => {
    port(`out${i}`, output);
    connect(output.buffer, `out${i}`);
  });
  return { nodes, edges };
}

function accesses(args: Program['calls'][number]['args']): {
  readonly reads: ReadonlySet<number>;
  readonly writes: ReadonlySet<number>;
} {
  const reads = new Set<number>();
  const writes = new Set<number>();
  for (const arg of args) {
    if (arg.kind === 'buffer') (arg.access === 'read' ? reads : writes).add(arg.buffer);
  }
  return { reads, writes };
}

function memoryUse(program: Program): MemoryUse {
  const blocks = program.buffers.flatMap((buffer) => {
    const { name, live, bytes, dtype, place } = buffer;
    if (place.kind !== 'arena') return [];
    const [first, last] = live;
    return [{ name, first, last, offset: place.offset, bytes, bits: dtype === 'bit' }];
  });
  const live = program.calls.map((_, call) => occupied(blocks, call));
  return { live, blocks };
}

/** Bytes of the arena in use during a call; memory that two tensors share in place counts once. */
function occupied(blocks: MemoryUse['blocks'], call: number): number {
  const spans = blocks
    .filter(({ first, last }) => first <= call && call <= last)
    .map(({ offset, bytes }) => [offset, offset + bytes] as const)
    .sort((a, b) => a[0] - b[0]);
  let total = 0;
  let end = 0;
  for (const [from, to] of spans) {
    total += Math.max(0, to - Math.max(from, end));
    end = Math.max(end, to);
  }
  return total;
}

const BINS = 60;
const WEIGHT_OPS: ReadonlySet<string> = new Set([
  'conv2d',
  'depthwiseConv2d',
  'conv2dTranspose',
  'dense',
  'recurrent',
]);

/** Counts the weights of layers that multiply, in bins over the range that both kinds span. */
export function weightHistogram(graph: Graph): WeightHistogram {
  const floats: Float32Array[] = [];
  let plus = 0;
  let minus = 0;
  for (const [id, consumers] of consumersOf(graph)) {
    const { type, data } = getValue(graph, id);
    const isWeight = consumers.some((node) => WEIGHT_OPS.has(node.op) && node.inputs[1] === id);
    if (!data || !isWeight) continue;
    if (type.dtype === 'bit') {
      let ones = 0;
      for (const bit of data) ones += bit;
      minus += ones;
      plus += data.length - ones;
    } else if (data instanceof Float32Array) {
      floats.push(data);
    }
  }
  return fillBins(floats, plus, minus);
}

function fillBins(floats: readonly Float32Array[], plus: number, minus: number): WeightHistogram {
  let reach = plus + minus > 0 ? 1 : 0;
  for (const data of floats) {
    for (const value of data) if (Math.abs(value) > reach) reach = Math.abs(value);
  }
  if (!Number.isFinite(reach) || reach === 0) reach = 1;
  const width = (2 * reach) / (BINS - 1);
  const centers = Array.from({ length: BINS }, (_, i) => -reach + i * width);
  const float = new Array<number>(BINS).fill(0);
  const binary = new Array<number>(BINS).fill(0);
  const binOf = (value: number): number => {
    const bin = Math.round((value + reach) / width);
    return Math.max(0, Math.min(BINS - 1, Number.isNaN(bin) ? 0 : bin));
  };
  for (const data of floats) {
    for (const value of data) float[binOf(value)] = (float[binOf(value)] ?? 0) + 1;
  }
  binary[binOf(-1)] = minus;
  binary[binOf(1)] = plus;
  return { centers, float, binary };
}
