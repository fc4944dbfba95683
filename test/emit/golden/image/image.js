/*
 * image.js: a neural network. Written by binarynet 0.1.0; do not edit.
 *
 *     import { load } from './image.js';
 *     const image = await load();
 *     const result = image.run(input);
 *
 * It reads image.wasm and image.weights, which lie beside it, in Node.js and in browsers.
 */

/** The arrays that run() takes, in order. */
export const inputs = [
  { name: 'input', dtype: 'f32', shape: [1, 8, 8, 3], length: 192 },
];

/** The arrays that run() gives. */
export const outputs = [
  { name: 'output', dtype: 'f32', shape: [1, 3], length: 3 },
];

const ARRAYS = { f32: Float32Array };
const WEIGHTS_BYTES = 1344;
const ARENA_BYTES = 624;
const PAGE_BYTES = 65536;
const CHECK_MESSAGES = [
  'they fit',
  'they are not aligned',
  'this is not a weight file',
  'they are packed for another target or by another version',
  'they belong to another model',
  'the file is too short or too long',
  'the file is damaged',
];

/** Loads the network. `wasm` and `weights` replace the files beside this one: bytes or URLs. */
export async function load({ wasm, weights } = {}) {
  const [module, weightBytes] = await Promise.all([
    wasm instanceof WebAssembly.Module
      ? wasm
      : bytesOf(wasm ?? new URL('./image.wasm', import.meta.url)).then(WebAssembly.compile),
    bytesOf(weights ?? new URL('./image.weights', import.meta.url)),
  ]);
  const { exports } = await WebAssembly.instantiate(module);
  if (weightBytes.length !== WEIGHTS_BYTES) {
    throw new Error(
      `image: the weights have ${weightBytes.length} bytes instead of ${WEIGHTS_BYTES}`,
    );
  }
  let end = exports.__heap_base.value;
  const reserve = (bytes) => {
    const start = Math.ceil(end / 16) * 16;
    end = start + bytes;
    return start;
  };
  const weightsAt = reserve(WEIGHTS_BYTES);
  const arenaAt = reserve(ARENA_BYTES);
  const bytesOfPort = ({ dtype, length }) => ARRAYS[dtype].BYTES_PER_ELEMENT * length;
  const inputsAt = inputs.map((port) => reserve(bytesOfPort(port)));
  const outputsAt = outputs.map((port) => reserve(bytesOfPort(port)));
  const { memory } = exports;
  const missing = end - memory.buffer.byteLength;
  if (missing > 0) memory.grow(Math.ceil(missing / PAGE_BYTES));

  new Uint8Array(memory.buffer).set(weightBytes, weightsAt);
  const check = exports.image_check(weightsAt, WEIGHTS_BYTES);
  if (check !== 0) {
    throw new Error(`image: the weights can't be used: ${CHECK_MESSAGES[check] ?? check}`);
  }
  const view = (at, { dtype, length }) => new ARRAYS[dtype](memory.buffer, at, length);
  const inputViews = inputsAt.map((at, i) => view(at, inputs[i]));
  const outputViews = outputsAt.map((at, i) => view(at, outputs[i]));
  const run = (...arrays) => {
    checkInputs(arrays);
    arrays.forEach((array, i) => inputViews[i].set(array));
    exports.image_run(weightsAt, arenaAt, ...inputsAt, ...outputsAt);
    return outputViews[0].slice();
  };
  return { run, inputs, outputs };
}

function checkInputs(arrays) {
  if (arrays.length !== inputs.length) {
    throw new TypeError(`image.run takes ${inputs.length} arrays, not ${arrays.length}`);
  }
  arrays.forEach((array, i) => {
    const { name, dtype, shape, length } = inputs[i];
    const kind = ARRAYS[dtype];
    const article = /^I/.test(kind.name) ? 'an' : 'a';
    const expected = `${article} ${kind.name} of ${length} numbers (${shape.join(' x ')})`;
    if (!(array instanceof kind)) {
      const found = array?.constructor?.name ?? typeof array;
      throw new TypeError(`image.run: ${name} must be ${expected}, not ${found}`);
    }
    if (array.length !== length) {
      throw new RangeError(`image.run: ${name} must be ${expected}; it has ${array.length}`);
    }
  });
}

/** Bytes from bytes, from a URL, or from a file where the URL names one and this is Node.js. */
async function bytesOf(source) {
  if (source instanceof ArrayBuffer) return new Uint8Array(source);
  if (ArrayBuffer.isView(source)) {
    return new Uint8Array(source.buffer, source.byteOffset, source.byteLength);
  }
  const url = new URL(source, import.meta.url);
  if (url.protocol === 'file:' && typeof process === 'object' && process.versions?.node) {
    // Not a literal, so that bundlers for browsers don't look for it.
    const fileSystem = 'node:fs/promises';
    const { readFile } = await import(/* @vite-ignore */ /* webpackIgnore: true */ fileSystem);
    return readFile(url);
  }
  const response = await fetch(url);
  if (!response.ok) throw new Error(`image: ${url} can't be loaded: HTTP ${response.status}`);
  return new Uint8Array(await response.arrayBuffer());
}
