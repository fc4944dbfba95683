/**
 * `<name>.js` and `<name>.d.ts`: an ES module, without dependencies, that loads `<name>.wasm` and
 * `<name>.weights` in Node.js and in browsers and runs the network on typed arrays.
 *
 * The WebAssembly module is `<name>.c` as it is, with the exports `memory`, `__heap_base` and those
 * of `wasmExports`. All memory past `__heap_base` is laid out by the JavaScript: the weights, the
 * arena, the inputs and the outputs, one after the other, so that no size is built into the module.
 */
import { ARRAYS, type PortType } from '../ir/elements.ts';
import type { Program } from '../plan/program.ts';
import { sizesText } from '../plan/summary.ts';
import { arenaSize } from './c-header.ts';
import { nameProgram, type PortNames, type ProgramNames } from './naming.ts';
import { withCommas } from './numbers.ts';
import type { OutputFile } from './output.ts';
import { VERSION_LINE } from './version.ts';

/** The functions that the WebAssembly module must export. */
export function wasmExports(program: Program): string[] {
  const { name } = nameProgram(program);
  return [`${name}_run`, `${name}_check`];
}

export function emitJs(program: Program): OutputFile[] {
  const names = nameProgram(program);
  return [
    { path: `${names.name}.js`, data: moduleText(program, names) },
    { path: `${names.name}.d.ts`, data: typesText(program, names) },
  ];
}

function moduleText(program: Program, { name, inputs, outputs }: ProgramNames): string {
  const parameters = inputs.map(({ parameter }) => parameter).join(', ');
  return `/*
 * ${name}.js: a neural network. ${VERSION_LINE}
 *
 *     import { load } from './${name}.js';
 *     const ${name} = await load();
 *     const result = ${name}.run(${parameters});
 *
 * It reads ${name}.wasm and ${name}.weights, which lie beside it, in Node.js and in browsers.
 */

/** The arrays that run() takes, in order. */
export const inputs = ${portList(inputs)};

/** The arrays that run() gives. */
export const outputs = ${portList(outputs)};

const ARRAYS = {${arrayTable([...inputs, ...outputs])}};
const WEIGHTS_BYTES = ${program.weightsBytes};
const ARENA_BYTES = ${arenaSize(program)};
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

/** Loads the network. \`wasm\` and \`weights\` replace the files beside this one: bytes or URLs. */
export async function load({ wasm, weights } = {}) {
  const [module, weightBytes] = await Promise.all([
    wasm instanceof WebAssembly.Module
      ? wasm
      : bytesOf(wasm ?? new URL('./${name}.wasm', import.meta.url)).then(WebAssembly.compile),
    bytesOf(weights ?? new URL('./${name}.weights', import.meta.url)),
  ]);
  const { exports } = await WebAssembly.instantiate(module);
  if (weightBytes.length !== WEIGHTS_BYTES) {
    throw new Error(
      \`${name}: the weights have \${weightBytes.length} bytes instead of \${WEIGHTS_BYTES}\`,
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
  const check = exports.${name}_check(weightsAt, WEIGHTS_BYTES);
  if (check !== 0) {
    throw new Error(\`${name}: the weights can't be used: \${CHECK_MESSAGES[check] ?? check}\`);
  }
  const view = (at, { dtype, length }) => new ARRAYS[dtype](memory.buffer, at, length);
  const inputViews = inputsAt.map((at, i) => view(at, inputs[i]));
  const outputViews = outputsAt.map((at, i) => view(at, outputs[i]));
  const run = (...arrays) => {
    checkInputs(arrays);
    arrays.forEach((array, i) => inputViews[i].set(array));
    exports.${name}_run(weightsAt, arenaAt, ...inputsAt, ...outputsAt);
    ${resultText(outputs)}
  };
  return { run, inputs, outputs };
}

function checkInputs(arrays) {
  if (arrays.length !== inputs.length) {
    throw new TypeError(\`${name}.run takes \${inputs.length} arrays, not \${arrays.length}\`);
  }
  arrays.forEach((array, i) => {
    const { name, dtype, shape, length } = inputs[i];
    const kind = ARRAYS[dtype];
    const article = /^I/.test(kind.name) ? 'an' : 'a';
    const expected = \`\${article} \${kind.name} of \${length} numbers (\${shape.join(' x ')})\`;
    if (!(array instanceof kind)) {
      const found = array?.constructor?.name ?? typeof array;
      throw new TypeError(\`${name}.run: \${name} must be \${expected}, not \${found}\`);
    }
    if (array.length !== length) {
      throw new RangeError(\`${name}.run: \${name} must be \${expected}; it has \${array.length}\`);
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
  if (!response.ok) throw new Error(\`${name}: \${url} can't be loaded: HTTP \${response.status}\`);
  return new Uint8Array(await response.arrayBuffer());
}
`;
}

function portList(ports: readonly PortNames[]): string {
  const rows = ports.map(({ parameter, port, size }) => {
    const shape = `[${port.shape.join(', ')}]`;
    return `  { name: '${parameter}', dtype: '${port.dtype}', shape: ${shape}, length: ${size} },\n`;
  });
  return `[\n${rows.join('')}]`;
}

/** Copies, as the next run writes to the same memory. */
function resultText(outputs: readonly PortNames[]): string {
  if (outputs.length === 1) return 'return outputViews[0].slice();';
  const fields = outputs.map(
    ({ parameter }, index) => `      ${parameter}: outputViews[${index}].slice(),\n`,
  );
  return `return {\n${fields.join('')}    };`;
}

function typesText(program: Program, { name, inputs, outputs }: ProgramNames): string {
  const parameters = inputs.map(typedParameter).join(', ');
  const documentation = inputs.map(
    ({ parameter, port, size }) =>
      `   * @param ${parameter} ${withCommas(size)} numbers${port.dtype === 'bool' ? ' (0 or 1)' : ''}, ${sizesText(port.shape)}\n`,
  );
  const result =
    outputs.length === 1
      ? arrayName(outputs[0] as PortNames)
      : `{ ${outputs.map(typedParameter).join('; ')} }`;
  return `/* ${name}.d.ts: the types of ${name}.js. ${VERSION_LINE} */

/** Bytes, or where to read them. */
export type Source = ArrayBuffer | ArrayBufferView | URL | string;

/** The arrays that run() takes, in order. */
export declare const inputs: readonly [
${inputs.map(portType).join('')}];

/** The arrays that run() gives. */
export declare const outputs: readonly [
${outputs.map(portType).join('')}];

export interface Network {
  /**
   * Runs the network once (${withCommas(program.calls.reduce((sum, { macs }) => sum + macs, 0))} multiply-adds).
${documentation.join('')}   * @returns ${outputs.map(({ port }) => sizesText(port.shape)).join('; ')}; new ${outputs.length === 1 ? 'array' : 'arrays'} with every call
   */
  run(${parameters}): ${result};
  readonly inputs: typeof inputs;
  readonly outputs: typeof outputs;
}

/** Loads ${name}.wasm and ${name}.weights from beside this module, or from where the options say. */
export declare function load(options?: {
  /** Also a WebAssembly.Module, which not every type library knows by name. */
  wasm?: Source | object;
  weights?: Source;
}): Promise<Network>;
`;
}

function portType({ parameter, port, size }: PortNames): string {
  const shape = `readonly [${port.shape.join(', ')}]`;
  const dtype = `readonly dtype: '${port.dtype}'`;
  const fields = `name: '${parameter}'; ${dtype}; readonly shape: ${shape}; readonly length: ${size}`;
  return `  { readonly ${fields} },\n`;
}

function typedParameter(port: PortNames): string {
  return `${port.parameter}: ${arrayName(port)}`;
}

function arrayName({ port }: PortNames): string {
  return ARRAYS[port.dtype].name;
}

/** The arrays of the types that occur, as fields of an object literal. */
function arrayTable(ports: readonly PortNames[]): string {
  const types = new Set<PortType>(ports.map(({ port }) => port.dtype));
  const fields = [...types].map((dtype) => ` ${dtype}: ${ARRAYS[dtype].name}`);
  return `${fields.join(',')} `;
}
