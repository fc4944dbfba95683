/**
 * Compiles networks with binarynet, all in one process: ours-build.js OUT IDS TARGETS
 *
 * OUT is the folder that make_onnx.py wrote to, IDS and TARGETS are lists with commas. For each of
 * the networks, targets and `KINDS` the folder `folderOf` gets the generated C, the weights,
 * `input.bin` (the input in the network's own type), `about.json`, and what runs: `program` with
 * the driver ours.c, or `net.wasm`, which ours-wasm.js drives. What can't be compiled gets
 * `about.json` with an `error` in it.
 *
 * BINARYNET_ROOT names another checkout, built with "npm run build", to compare with.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { KINDS, oursFolder } from './engines.js';
import { integerNetwork } from './ours-integers.js';
import { floats, json } from './peer.js';

const ROOT = process.env.BINARYNET_ROOT ?? fileURLToPath(new URL('../..', import.meta.url));
const HERE = fileURLToPath(new URL('.', import.meta.url));

const { GraphBuilder } = await ours('ir/builder.js');
const { readModel } = await ours('compile.js');
const { optimize } = await ours('passes/index.js');
const { planProgram } = await ours('plan/plan.js');
const { emitC } = await ours('emit/c.js');
const { loadKernelSources } = await ours('toolchain/kernel-sources.js');
const { targetNamed } = await ours('plan/targets.js');
const { resolveTarget } = await ours('toolchain/processor.js');
const { requireBuilder } = await ours('toolchain/compilers.js');
const { nameProgram } = await ours('emit/naming.js');
const { arenaSize } = await ours('emit/c-header.js');
const { programWasm } = await ours('toolchain/run-wasm.js');

const [out, ids, targets] = process.argv.slice(2);
for (const id of ids.split(',')) {
  for (const target of targets.split(',')) {
    const { kinds = Object.keys(KINDS) } = json(join(out, id), 'net.json');
    for (const kind of kinds) await build(join(out, id), target, kind);
  }
}

async function ours(path) {
  return import(pathToFileURL(join(ROOT, 'dist', path)).href);
}

async function build(folder, targetName, kind) {
  const to = oursFolder(folder, targetName, kind);
  console.log(to);
  mkdirSync(to, { recursive: true });
  let about = { name: 'binarynet', target: targetName };
  try {
    const { graph, input, output } = await networkOf(folder, KINDS[kind]);
    const target = resolveTarget(targetNamed(targetName));
    const kernels = loadKernelSources();
    const program = planProgram(graph, target, { name: 'net', kernels });
    const files = emitC(program, kernels, { weights: 'file', cases: [], trace: true });
    about.key = keyOf(files, target);
    if (about.key === previousKey(to)) return;
    for (const { path, data } of files) writeFileSync(join(to, path), data);
    writeFileSync(join(to, 'input.bin'), new Uint8Array(input.buffer));
    const compiler = await compile(program, files, to);
    about = { ...about, compiler, quantization: output, ...describe(program, folder) };
  } catch (error) {
    const problem = error.problems?.[0];
    about.error = problem ? `${problem.found}: ${problem.detail ?? ''}`.slice(0, 500) : `${error}`;
  }
  writeFileSync(join(to, 'about.json'), JSON.stringify(about));
}

/** Says whether anything has changed since the last time: programs take long to compile. */
function keyOf(files, { toolchain }) {
  const hash = createHash('sha256').update(JSON.stringify(toolchain));
  hash.update(readFileSync(join(HERE, 'ours.c')));
  for (const { path, data } of files) hash.update(path).update(data);
  return hash.digest('hex');
}

function previousKey(to) {
  if (!existsSync(join(to, 'about.json'))) return undefined;
  const { key, error } = json(to, 'about.json');
  return error ? undefined : key;
}

/** The network as the passes leave it, its input, and how its output is to be read. */
async function networkOf(folder, { model, binary, weights }) {
  if (weights) return integerNetwork(GraphBuilder, folder, weights);
  const bytes = readFileSync(join(folder, `ours-${model}.onnx`));
  const source = { name: 'net.onnx', bytes, sibling: () => undefined };
  const graph = optimize(await readModel(source, { binary }), { binary });
  return { graph, input: floats(folder, 'x.bin'), output: { scale: 1, zeroPoint: 0 } };
}

function describe(program, folder) {
  const layers = program.calls.map(({ layer, kernel }) => ({ ...layer, kernel }));
  const [output] = nameProgram(program).outputs;
  // The call that a network of one layer is about; in longer ones every call counts.
  const core = json(folder, 'net.json').network
    ? -1
    : layers.findIndex(({ kernel }) => /^(conv2d|dense)_/.test(kernel));
  return {
    core,
    layers,
    macs: program.calls.reduce((sum, { macs }) => sum + (macs ?? 0), 0),
    arenaBytes: arenaSize(program),
    weightsBytes: program.weightsBytes,
    outputs: output.size,
    outputType: output.port.dtype,
  };
}

/** Writes what runs, and gives the compiler's name. */
async function compile(program, files, to) {
  if (program.target.toolchain.kind === 'wasm') {
    writeFileSync(join(to, 'net.wasm'), await programWasm(program, files));
    return 'clang (WebAssembly)';
  }
  const { compiler, flags } = requireBuilder(program.target);
  const { inputs, outputs } = nameProgram(program);
  const types = [`-DINPUT_TYPE=${inputs[0].ctype}`, `-DOUTPUT_TYPE=${outputs[0].ctype}`];
  const more = ['-D_POSIX_C_SOURCE=200809L', '-D_ISOC11_SOURCE', ...types, '-I.'];
  const args = [...flags, ...more, join(HERE, 'ours.c'), 'net.c', '-o', 'program', '-lm'];
  const { status, stderr } = spawnSync(compiler, args, { cwd: to, encoding: 'utf8' });
  if (status !== 0) throw new Error(`${compiler}: ${stderr.slice(0, 400)}`);
  return spawnSync(compiler, ['--version'], { encoding: 'utf8' }).stdout.split('\n')[0];
}
