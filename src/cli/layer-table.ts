/** What `compile` and `inspect` say of a compilation: a table, a summary, and the same as JSON. */
import type { Compilation } from '../compile.ts';
import { describeProgram, type ProgramReport } from '../emit/report.ts';
import { byteSize, countSize, grouped, percent, renderTable, shapeText, times } from './format.ts';
import type { Colors } from './io.ts';
import { floatWeightBytes, layerRows, totalsOf } from './layers.ts';
import { printable } from './render-error.ts';

const NAME_LIMIT = 28;

/** One row per kernel call, with totals. */
export function layerTable({ program }: Compilation, colors: Colors): string {
  const rows = layerRows(program);
  const totals = totalsOf(rows);
  const cells = rows.map((row) => [
    String(row.number),
    shorten(printable(row.name)),
    row.summary,
    row.kernel,
    shapeText(row.outputShape),
    row.macs === 0 ? '' : countSize(row.macs),
    row.weightBytes === 0 ? '' : grouped(row.weightBytes),
    grouped(row.outputBytes),
  ]);
  const columns = [
    { title: '#', align: 'right' },
    { title: 'layer' },
    { title: 'what it does' },
    { title: 'kernel' },
    { title: 'output' },
    { title: 'MACs', align: 'right' },
    { title: 'weights (bytes)', align: 'right' },
    { title: 'output (bytes)', align: 'right' },
  ] as const;
  const sums = [countSize(totals.macs), grouped(totals.weightBytes), ''];
  return renderTable(columns, cells, colors, ['', 'total', '', '', '', ...sums]);
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
    `target    ${program.target.name}`,
    `weights   ${byteSize(program.weightsBytes)}${smaller}`,
    `RAM       ${byteSize(program.arenaBytes)} arena, ${byteSize(portBytes(compilation))} inputs and outputs`,
    `work      ${countSize(totals.macs)} multiply-adds, ${percent(totals.binaryMacs, totals.macs)} of them binary`,
    '',
  ].join('\n');
}

/** The JSON of `compile` and `inspect`. */
export function compilationJson({ source, program }: Compilation): ProgramReport & {
  readonly name: string;
  readonly target: string;
  readonly binaryMacs: number;
  readonly floatWeightsBytes: number;
  readonly inputs: readonly { readonly name: string; readonly shape: readonly number[] }[];
  readonly outputs: readonly { readonly name: string; readonly shape: readonly number[] }[];
} {
  const port = ({ name, shape }: (typeof program.inputs)[number]) => ({ name, shape });
  return {
    name: program.name,
    target: program.target.name,
    inputs: program.inputs.map(port),
    outputs: program.outputs.map(port),
    ...describeProgram(program),
    binaryMacs: totalsOf(layerRows(program)).binaryMacs,
    floatWeightsBytes: floatWeightBytes(source),
  };
}

function portBytes({ program }: Compilation): number {
  return [...program.inputs, ...program.outputs].reduce(
    (sum, { shape }) => sum + 4 * shape.reduce((product, size) => product * size, 1),
    0,
  );
}

function shorten(name: string): string {
  return name.length <= NAME_LIMIT ? name : `…${name.slice(name.length - NAME_LIMIT + 1)}`;
}
