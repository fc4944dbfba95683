/** What `compile` and `inspect` say of a compilation: a table, a summary, and the same as JSON. */
import type { Compilation } from '../compile.ts';
import { describeProgram, type ProgramReport } from '../emit/report.ts';
import type { Port } from '../plan/program.ts';
import {
  byteSize,
  type Column,
  countSize,
  grouped,
  percent,
  renderTable,
  shapeText,
  times,
} from './format.ts';
import type { Colors } from './io.ts';
import { floatWeightBytes, type LayerRow, layerRows, type Totals, totalsOf } from './layers.ts';
import { printable } from './render-error.ts';

const NAME_LIMIT = 28;

interface LayerColumn extends Column {
  readonly cell: (row: LayerRow) => string;
  readonly total?: (totals: Totals) => string;
  /** Left out where the terminal is too narrow. */
  readonly minWidth?: number;
}

const COLUMNS: readonly LayerColumn[] = [
  { title: '#', align: 'right', cell: (row) => String(row.number) },
  { title: 'layer', cell: (row) => shorten(printable(row.name)), total: () => 'total' },
  { title: 'what it does', cell: (row) => row.summary },
  { title: 'kernel', cell: (row) => row.kernel, minWidth: 150 },
  { title: 'output', cell: (row) => shapeText(row.outputShape) },
  {
    title: 'MACs',
    align: 'right',
    cell: (row) => (row.macs === 0 ? '' : countSize(row.macs)),
    total: ({ macs }) => countSize(macs),
  },
  {
    title: 'weights (bytes)',
    align: 'right',
    cell: (row) => (row.weightBytes === 0 ? '' : grouped(row.weightBytes)),
    total: ({ weightBytes }) => grouped(weightBytes),
  },
  {
    title: 'output (bytes)',
    align: 'right',
    cell: (row) => grouped(row.outputBytes),
    minWidth: 120,
  },
];

/** One row per kernel call, with totals. `width` is that of the terminal, if it is one. */
export function layerTable({ program }: Compilation, colors: Colors, width = Infinity): string {
  const rows = layerRows(program);
  const totals = totalsOf(rows);
  const columns = COLUMNS.filter(({ minWidth = 0 }) => minWidth <= width);
  return renderTable(
    columns,
    rows.map((row) => columns.map(({ cell }) => cell(row))),
    colors,
    columns.map(({ total }) => total?.(totals) ?? ''),
  );
}

/** The totals as sentences: weights, memory, multiply-adds. */
export function summaryLines(compilation: Compilation): string {
  const { source, program } = compilation;
  const totals = totalsOf(layerRows(program));
  const floats = floatWeightBytes(source);
  const ratio = floats / Math.max(1, program.weightsBytes);
  const smaller =
    ratio < 1.05 ? '' : `, ${times(ratio)} smaller than ${byteSize(floats)} as floats`;
  return [
    ...program.inputs.map((port) => `input     ${portText(port)}`),
    ...program.outputs.map((port) => `output    ${portText(port)}`),
    `target    ${program.target.name}`,
    `weights   ${byteSize(program.weightsBytes)}${smaller}`,
    `RAM       ${byteSize(program.arenaBytes)} arena, ${byteSize(portBytes(compilation))} inputs and outputs`,
    `work      ${countSize(totals.macs)} multiply-adds, ${percent(totals.binaryMacs, totals.macs)} of them binary`,
    ...compilation.notes.map((note) => `note      ${printable(note)}`),
    '',
  ].join('\n');
}

type PortJson = Pick<Port, 'name' | 'dtype' | 'shape'>;

/** The JSON of `compile` and `inspect`. */
export function compilationJson({ source, program, notes }: Compilation): ProgramReport & {
  readonly name: string;
  readonly target: string;
  readonly binaryMacs: number;
  readonly floatWeightsBytes: number;
  readonly inputs: readonly PortJson[];
  readonly outputs: readonly PortJson[];
  /** How the model was understood, where that may surprise. */
  readonly notes: readonly string[];
} {
  const port = ({ name, dtype, shape }: Port): PortJson => ({ name, dtype, shape });
  return {
    name: program.name,
    target: program.target.name,
    inputs: program.inputs.map(port),
    outputs: program.outputs.map(port),
    ...describeProgram(program),
    binaryMacs: totalsOf(layerRows(program)).binaryMacs,
    floatWeightsBytes: floatWeightBytes(source),
    notes,
  };
}

function portBytes({ program }: Compilation): number {
  const ports = [...program.inputs, ...program.outputs];
  return ports.reduce((sum, { buffer }) => sum + (program.buffers[buffer]?.bytes ?? 0), 0);
}

/** "image: u8, 1×32×32×3" */
function portText({ name, dtype, shape }: Port): string {
  return `${shorten(printable(name))}: ${dtype}, ${shapeText(shape)}`;
}

function shorten(name: string): string {
  return name.length <= NAME_LIMIT ? name : `…${name.slice(name.length - NAME_LIMIT + 1)}`;
}
