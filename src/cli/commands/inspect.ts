/** `binarynet inspect`: what a model will cost, layer by layer, before anything is compiled. */
import { basename, dirname } from 'node:path';
import { Command } from 'commander';
import type { Compilation } from '../../compile.ts';
import { writeFiles } from '../../toolchain/files.ts';
import type { CommandContext } from '../command.ts';
import { colorsFor, type Io, printJson } from '../io.ts';
import { compilationJson, layerTable, summaryLines } from '../layer-table.ts';
import { type LayerRow, layerRows } from '../layers.ts';
import { addJsonOption, addModelOptions, type ModelOptions } from '../options.ts';
import { compileWith, loadModel } from '../pipeline.ts';
import { withStatus } from '../progress.ts';
import { printable } from '../render-error.ts';
import { reportData } from '../report-html/data.ts';
import { reportPage } from '../report-html/page.ts';

const EXAMPLES = `
Examples:
  binarynet inspect model.h5
  binarynet inspect model.keras --target portable --html report.html
  binarynet inspect model.json --json

The report is one HTML file that needs no network: the graph as it runs, sizes and operations per
layer, memory over time, and the weights by value.
`;

interface InspectOptions extends ModelOptions {
  readonly html?: string;
}

export function inspectCommand({ io }: CommandContext): Command {
  const command = new Command('inspect')
    .description('Show what a model costs, layer by layer.')
    .argument('<model>', 'the model file')
    .option('--html <file>', 'also write a report with the graph and charts');
  return addJsonOption(addModelOptions(command))
    .addHelpText('after', EXAMPLES)
    .action((model: string, options: InspectOptions) => run(io, model, options));
}

async function run(io: Io, model: string, options: InspectOptions): Promise<void> {
  const graph = await withStatus(io, `reading ${model}`, () => loadModel(model, options));
  const compilation = compileWith(graph, model, options);
  if (options.html !== undefined) await writeReport(options.html, model, compilation);
  if (options.json) {
    printJson(io, { ...compilationJson(compilation), ...(options.html && { html: options.html }) });
    return;
  }
  const colors = colorsFor(io, io.stdout);
  const parts = [
    layerTable(compilation, colors, io.stdout.columns),
    summaryLines(compilation),
    ...floatLayers(compilation),
    ...(options.html === undefined ? [] : [`The report is in ${options.html}\n`]),
  ];
  io.stdout.write(parts.join('\n'));
}

async function writeReport(file: string, model: string, compilation: Compilation): Promise<void> {
  const { source, lowered, program } = compilation;
  const page = reportPage(reportData(model, source, lowered, program));
  await writeFiles(dirname(file), [{ path: basename(file), data: page }]);
}

/** Which layers multiply floats, and what keeps them from being binary. */
function floatLayers({ program }: Compilation): string[] {
  const rows = layerRows(program);
  const isBinary = (row: LayerRow): boolean => row.kind.startsWith('binary');
  if (!rows.some(isBinary)) return ['No layer has weights or inputs that are all ±1.\n'];
  const lines = rows.flatMap((row) => {
    if (row.kind !== 'float' && row.kind !== 'binary-weights') return [];
    const reasons = [
      ...(/_b1_[a-z0-9]+_[a-z0-9]+__/.test(row.kernel) ? [] : ['its input is not ±1']),
      ...(row.kind === 'float' ? ['its weights are not ±1 times a scale per channel'] : []),
    ];
    return [`  ${printable(row.name)}: ${reasons.join(', ')}`];
  });
  if (lines.length === 0) return [];
  return [`Layers that multiply in float, and why:\n${lines.join('\n')}\n`];
}
