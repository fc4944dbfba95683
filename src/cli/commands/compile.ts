/** `binarynet compile`: a model to C, or to WebAssembly and an ES module. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Command, Option } from 'commander';
import type { Compilation } from '../../compile.ts';
import { emitJs } from '../../emit/js.ts';
import { nameProgram } from '../../emit/naming.ts';
import { fail } from '../../errors.ts';
import { type FileToWrite, writeFiles } from '../../toolchain/files.ts';
import { programWasm } from '../../toolchain/run-wasm.ts';
import type { CommandContext } from '../command.ts';
import { byteSize, renderTable } from '../format.ts';
import { colorsFor, type Io, printJson } from '../io.ts';
import { compilationJson, layerTable, summaryLines } from '../layer-table.ts';
import { addJsonOption, addModelOptions, type ModelOptions } from '../options.ts';
import { chooseTarget, compileWith, loadModel } from '../pipeline.ts';
import { withStatus } from '../progress.ts';

const EXAMPLES = `
Examples:
  binarynet compile model.h5
  binarynet compile model.keras -o firmware/net --name net --target portable --weights embed
  binarynet compile tfjs/model.json --target wasm -o web/net

The folder gets <name>.c, <name>.h, the weights, a test program with recorded inputs and outputs,
a Makefile and a CMakeLists.txt; with --target wasm also <name>.wasm, <name>.js and <name>.d.ts.
`;

interface CompileCommandOptions extends ModelOptions {
  readonly output?: string;
  readonly weights?: 'file' | 'embed';
}

export function compileCommand({ io }: CommandContext): Command {
  const command = new Command('compile')
    .description('Turn a model into C and a weight file.')
    .argument('<model>', 'the model file')
    .option('-o, --output <folder>', 'where the files go (default: <name>-c)')
    .addOption(
      new Option('--weights <where>', 'a file of their own, or in the C (in flash)')
        .choices(['file', 'embed'])
        .default('file'),
    );
  return addJsonOption(addModelOptions(command))
    .addHelpText('after', EXAMPLES)
    .action((model: string, options: CompileCommandOptions) => run(io, model, options));
}

async function run(io: Io, model: string, options: CompileCommandOptions): Promise<void> {
  const isWasm = chooseTarget(options).toolchain.kind === 'wasm';
  const weights = options.weights ?? 'file';
  if (isWasm && weights === 'embed') {
    fail({
      code: 'usage',
      found: '--weights embed has no meaning with --target wasm',
      fix: 'Leave it out: the ES module loads the weight file by itself.',
    });
  }
  const graph = await withStatus(io, `reading ${model}`, () => loadModel(model, options));
  const compilation = compileWith(graph, model, options, { weights, testProgram: true });
  const folder = options.output ?? `${nameProgram(compilation.program).name}-c`;
  const files = isWasm
    ? await withStatus(io, 'compiling to WebAssembly', () => withModule(compilation, folder))
    : compilation.files;
  const written = await writeFiles(folder, files);
  if (options.json) printJson(io, { ...compilationJson(compilation), files: written });
  else report(io, compilation, folder, files);
}

async function withModule(
  { program, files }: Compilation,
  folder: string,
): Promise<readonly FileToWrite[]> {
  const { name } = nameProgram(program);
  const wasm = await programWasm(program, files);
  return [
    ...files,
    { path: `${name}.wasm`, data: wasm },
    ...emitJs(program),
    ...moduleMark(folder),
  ];
}

/** Tells Node.js that `.js` files here are ES modules; a package.json of the user's stays as it is. */
function moduleMark(folder: string): readonly FileToWrite[] {
  if (existsSync(join(folder, 'package.json'))) return [];
  return [{ path: 'package.json', data: '{ "private": true, "type": "module" }\n' }];
}

function report(
  io: Io,
  compilation: Compilation,
  folder: string,
  files: readonly FileToWrite[],
): void {
  const colors = colorsFor(io, io.stdout);
  const rows = files.map(({ path, data }) => [
    join(folder, path),
    byteSize(typeof data === 'string' ? Buffer.byteLength(data) : data.length),
  ]);
  const fileTable = renderTable(
    [{ title: 'file' }, { title: 'size', align: 'right' }],
    rows,
    colors,
  );
  const parts = [
    layerTable(compilation, colors, io.stdout.columns),
    summaryLines(compilation),
    fileTable,
    nextSteps(compilation, folder),
  ];
  io.stdout.write(parts.join('\n'));
}

function nextSteps({ program }: Compilation, folder: string): string {
  const { name } = nameProgram(program);
  const quoted = /^[\w./-]+$/.test(folder) ? folder : `'${folder.replaceAll("'", "'\\''")}'`;
  const steps =
    program.target.toolchain.kind === 'wasm'
      ? `Next: import { load } from './${name}.js'; const ${name} = await load();\n`
      : `Next: make -C ${quoted} test     builds it and runs the recorded inputs\n`;
  return `${steps}      binarynet verify <model>   compares it with the model on more inputs\n`;
}
