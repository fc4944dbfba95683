/** Drives a network that ours-build.js compiled to WebAssembly, like ours.c: ours-wasm.js TO */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { json, serve } from './peer.js';

const PAGE = 65536;
const ALIGNMENT = 64;

const [folder] = process.argv.slice(2);
const about = json(folder, 'about.json');
const { core } = about;
let coreSeconds = 0;
let before = 0;
const net_trace = (call) => {
  if (call === core - 1) before = processorSeconds();
  else if (call === core) coreSeconds += processorSeconds() - before;
};

const module = await WebAssembly.compile(readFileSync(join(folder, 'net.wasm')));
const { exports } = await WebAssembly.instantiate(module, { env: { net_trace } });
const input = readFileSync(join(folder, 'input.bin'));
const weights = readFileSync(join(folder, 'net.weights'));
let end = exports.__heap_base.value;
const weightsAt = place(weights.length);
const arenaAt = place(about.arenaBytes);
const inputAt = place(input.length);
const outputAt = place(about.outputs * 4);
exports.memory.grow(Math.ceil(Math.max(0, end - exports.memory.buffer.byteLength) / PAGE));
const { buffer } = exports.memory;
new Uint8Array(buffer).set(weights, weightsAt);
new Uint8Array(buffer).set(input, inputAt);
if (exports.net_check(weightsAt, weights.length) !== 0) throw new Error('the weights do not fit');

const run = () => {
  if (core === 0) before = processorSeconds();
  exports.net_run(weightsAt, arenaAt, inputAt, outputAt);
};
const ARRAYS = { f32: Float32Array, i8: Int8Array };
await serve(about, run, output, (count) => {
  const seconds = coreSeconds;
  coreSeconds = 0;
  return core < 0 || count === undefined ? {} : { core: seconds };
});

function output() {
  run();
  return Float32Array.from(new ARRAYS[about.outputType](buffer, outputAt, about.outputs));
}

function place(bytes) {
  const start = Math.ceil(end / ALIGNMENT) * ALIGNMENT;
  end = start + bytes;
  return start;
}

function processorSeconds() {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}
