/**
 * Times binarynet and its peers on the same layers and networks, on one thread, taking turns:
 *
 *     npm run bench:peers -- [--only conv3x3-256,…] [--rounds 9] [--seconds 0.06] [--target host]
 *                            [--no-build] [--write] [--who "native, (binary|int8)"]
 *
 * First `bench/peers/install.sh`; who is not installed is named and left out. Each takes part as a
 * process of its own that built its model once; round by round each runs for about so many
 * seconds. What counts is the processor time of the process with all its threads, so that other
 * jobs of the machine count for little and a second thread would gain nothing. A layer of ours is
 * timed alone, without the conversion of the network's ends from and to f32; a layer of theirs
 * takes and gives its own type. --who is a regular expression of those to time.
 *
 * All results go to out/peers/results.json, a network measured again replacing its last results;
 * --write also puts the tables into docs/performance.md ("--rounds 0 --write" the last ones). The
 * exit status is 1 when someone computes something else or uses a second thread.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import {
  isInstalled,
  KINDS,
  NODE,
  ONNX_PYTHON,
  ours,
  oursFolder,
  PEERS,
  TENSORFLOW_PYTHON,
  titleOf,
} from './engines.js';
import { floats, json } from './peer.js';
import { PeerProcess } from './process.js';
import { consoleTable, writeDocs } from './report.js';
import { median, quartiles } from './statistics.js';

const HERE = fileURLToPath(new URL('.', import.meta.url));
const OUT = fileURLToPath(new URL('../../out/peers', import.meta.url));
const RESULTS = join(OUT, 'results.json');
const WORKLOADS = join(HERE, 'workloads.json');
/** More processor time than this share of the wall clock is a second thread at work. */
const MOST_THREADS = 1.2;

const { values: options } = parseArgs({
  options: {
    only: { type: 'string' },
    rounds: { type: 'string', default: '9' },
    seconds: { type: 'string', default: '0.06' },
    target: { type: 'string', default: 'host' },
    'no-build': { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
    who: { type: 'string', default: '' },
  },
});
const rounds = Number(options.rounds);
const secondsPerTurn = Number(options.seconds);

const workloads = JSON.parse(readFileSync(WORKLOADS, 'utf8'));
const only = options.only?.split(',') ?? workloads.map(({ id }) => id);
const results = existsSync(RESULTS) ? JSON.parse(readFileSync(RESULTS, 'utf8')) : {};
if (rounds > 0) await measureAll();
if (options.write) writeDocs(workloads.flatMap(({ id }) => results[id] ?? []));

async function measureAll() {
  makeModels();
  if (!options['no-build']) buildOurs();
  const clock = await PeerProcess.start([buildProgram('clock')], OUT);
  for (const workload of chosen()) {
    const result = await measure(workload, clock);
    results[workload.id] = result;
    writeFileSync(RESULTS, JSON.stringify(results, undefined, 2));
    console.log(consoleTable(result));
  }
  await clock.stop();
}

/** The networks asked for, but those of test data that is not there. */
function chosen() {
  return workloads.filter(({ id }) => only.includes(id) && existsSync(join(OUT, id)));
}

/** Writes the networks where they are missing. */
function makeModels() {
  mkdirSync(OUT, { recursive: true });
  const made = workloads.filter((workload) => !workload.file);
  const isThere = (file) => made.every(({ id }) => existsSync(join(OUT, id, file)));
  const make = (python, script, args) => {
    const { status } = spawnSync(python, [join(HERE, script), ...args], { stdio: 'ignore' });
    if (status !== 0) throw new Error(`${script} failed`);
  };
  if (!existsSync(ONNX_PYTHON)) throw new Error('run bench/peers/install.sh first');
  if (!isThere('uint8.json')) make(ONNX_PYTHON, 'make_onnx.py', [WORKLOADS, OUT]);
  if (existsSync(TENSORFLOW_PYTHON) && !isThere('larq.tflite'))
    make(TENSORFLOW_PYTHON, 'make_tflite.py', [OUT]);
}

function buildOurs() {
  console.error('compiling ours');
  const ids = chosen().map(({ id }) => id);
  const args = [join(HERE, 'ours-build.js'), OUT, ids.join(), `${options.target},wasm`];
  const { status } = spawnSync(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit'] });
  if (status !== 0) throw new Error('ours-build.js failed');
}

/** Compiles a C file of this folder; on x86 without AVX-512, which would be no plain POPCNT. */
function buildProgram(name) {
  const program = join(OUT, name);
  const machine = process.arch === 'x64' ? ['-march=x86-64-v3'] : [];
  const flags = ['-O3', ...machine, '-std=c11', '-D_POSIX_C_SOURCE=200809L'];
  const args = [...flags, join(HERE, `${name}.c`), '-lm', '-o', program];
  if (spawnSync('cc', args, { stdio: 'inherit' }).status !== 0) throw new Error('cc failed');
  return program;
}

async function measure(workload, clock) {
  const folder = join(OUT, workload.id);
  const taking = [];
  const missing = [];
  const who = new RegExp(options.who);
  for (const peer of [...ours(options.target), ...PEERS].filter(
    (each) => takesPart(each, workload) && who.test(titleOf(each)),
  )) {
    console.error(`${workload.id}: starting ${titleOf(peer)}`);
    try {
      taking.push(await enter(peer, folder));
    } catch (error) {
      missing.push({ title: titleOf(peer), why: error.message.split('\n').at(-1) });
    }
  }
  const hertz = [];
  for (let round = 0; round < rounds; round++) {
    console.error(`${workload.id}: round ${round + 1} of ${rounds}`);
    hertz.push((await clock.ask('run 5')).hertz);
    for (const one of taking) await takeTurn(one);
  }
  const entries = [];
  for (const { peer, running, checked, turns } of taking) {
    const layers =
      peer.target === options.target && workload.network ? await layerSeconds(running) : {};
    await running.stop();
    entries.push({ ...peer, ...summary(turns), checked, ...layers, about: running.about });
  }
  compare(entries);
  return {
    ...json(folder, 'net.json'),
    macs: workload.file ? entries[0].about.macs : macsOf(workload.id),
    cpu: cpus()[0].model.trim(),
    hertz: median(hertz),
    rounds,
    date: new Date().toISOString().slice(0, 10),
    entries,
    missing,
  };
}

/** Whether one takes part in a network; most run all. */
function takesPart({ engine, kind, takes }, workload) {
  const { engines, kinds } = workload;
  const isAsked = (engines?.includes(engine) ?? true) && (kinds?.includes(kind) ?? true);
  return isAsked && (takes?.(workload) ?? true);
}

/** Starts one, checks what it computes, and finds out how many runs make a turn. */
async function enter(peer, folder) {
  const running = await (peer.engine === 'binarynet'
    ? startOurs(peer, folder)
    : startPeer(peer, folder));
  const checked = await check(peer, running, folder).catch(async (error) => {
    await running.stop();
    throw error;
  });
  const first = await running.ask('run 3');
  const runs = Math.max(1, Math.round((secondsPerTurn * 3) / Math.max(first.processor, 1e-6)));
  await running.ask(`run ${runs}`);
  return { peer, running, checked, runs, turns: [] };
}

async function startPeer(peer, folder) {
  if (!isInstalled(peer)) throw new Error('not installed: run bench/peers/install.sh');
  return PeerProcess.start(peer.command(folder, peer.program && buildProgram(peer.program)));
}

async function startOurs({ kind, target }, folder) {
  const to = oursFolder(folder, target, kind);
  const { core, error } = json(to, 'about.json');
  if (error) throw new Error(error);
  const wasm = [...NODE, join(HERE, 'ours-wasm.js'), '.'];
  return PeerProcess.start(target === 'wasm' ? wasm : [join(to, 'program'), String(core)], to);
}

/** How far its result is from the reference's, in shares of the largest; throws when too far. */
async function check({ kind, unchecked }, running, folder) {
  const { reference, tolerance } = KINDS[kind];
  const file = join(folder, 'y.bin');
  await running.ask(`output ${file}`);
  if (unchecked) return null;
  const { scale, zeroPoint } = running.about.quantization ?? { scale: 1, zeroPoint: 0 };
  const found = floats(folder, 'y.bin').map((y) => (y - zeroPoint) * scale);
  const expected = floats(folder, reference);
  const largest = expected.reduce((most, y) => Math.max(most, Math.abs(y)), 0);
  const error =
    expected.reduce((most, y, i) => Math.max(most, Math.abs(y - found[i])), 0) / largest;
  if (found.length === expected.length && error <= tolerance) return error;
  process.exitCode = 1;
  throw new Error(`WRONG RESULTS: off by ${error}`);
}

async function takeTurn({ running, runs, turns }) {
  const { wall, processor, core } = await running.ask(`run ${runs}`);
  turns.push({ wall: wall / runs, processor: processor / runs, core: (core ?? processor) / runs });
}

/** The seconds of each call of ours: medians. */
async function layerSeconds(running) {
  const turns = [];
  for (let round = 0; round < rounds; round++) turns.push((await running.ask('layers 5')).layers);
  return { layers: turns[0].map((_, call) => median(turns.map((layers) => layers[call]))) };
}

function summary(turns) {
  const seconds = turns.map(({ core }) => core);
  const wall = turns.reduce((sum, turn) => sum + turn.wall, 0);
  const processor = turns.reduce((sum, turn) => sum + turn.processor, 0);
  const threads = processor / wall;
  if (threads > MOST_THREADS) process.exitCode = 1;
  return {
    seconds: median(seconds),
    quartiles: quartiles(seconds),
    withConversion: median(turns.map((turn) => turn.processor)),
    threads,
    turns: seconds,
  };
}

/** How many times as long as ours, of the same kind and binary, on the same side: by round. */
function compare(entries) {
  for (const entry of entries) {
    for (const [name, kind] of [
      ['timesOurs', entry.kind],
      ['timesOurBinary', 'binary'],
    ]) {
      const our = entries.find(
        (other) =>
          other.engine === 'binarynet' && other.place === entry.place && other.kind === kind,
      );
      if (our) entry[name] = median(entry.turns.map((seconds, i) => seconds / our.turns[i]));
    }
  }
}

function macsOf(id) {
  const { layers } = json(join(OUT, id), 'net.json');
  const product = (sizes) => sizes.reduce((result, size) => result * size, 1);
  return layers.reduce((sum, { op, kernel = 1, channels, from, to }) => {
    if (op === 'pool') return sum;
    return sum + kernel ** 2 * from.at(-1) * (op === 'conv' ? product(to) : channels);
  }, 0);
}
