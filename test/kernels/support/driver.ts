/**
 * C around all kernels: `run_case(kernel, shape, arguments, part, parts)` with the shape's fields as
 * a row of 32-bit words, and a `main` that reads cases from stdin. Kernels are chosen and pasted in
 * as the compiler does it: each from the first folder that has it. Those that can't do a part of
 * their work do the whole.
 */
import { amalgamate } from '../../../src/emit/amalgamate.ts';
import type { Unary } from '../../../src/ir/ops.ts';
import type { ShapeField } from '../../../src/plan/program.ts';
import { MAX_RANK, STRUCTS, type StructName } from '../../../src/plan/structs.ts';
import { loadKernelSources } from '../../../src/toolchain/kernel-sources.ts';
import { parametersOf } from './case.ts';
import { MAIN, MAIN_HEAD } from './driver-main.ts';
import type { WordBits } from './pack.ts';

const SUFFIX = '__scalar';

interface KernelSource {
  readonly name: string;
  readonly struct: StructName;
  /** Pointer types of the arguments after the shape. */
  readonly types: readonly string[];
  readonly takesPart: boolean;
}

function readKernel(path: string, text: string): KernelSource {
  const name = functionName(path);
  const signature = new RegExp(
    `void ${name}${SUFFIX}\\(\\s*const struct (\\w+) \\*shape,([^)]*)\\)`,
  );
  const match = signature.exec(text);
  if (!match) throw new Error(`${path} has no function of its name`);
  const types = (match[2] as string).split(',').map((argument) => {
    return argument
      .replace('restrict', '')
      .replace(/\w+\s*$/, '')
      .trim();
  });
  const takesPart = types.at(-1) === 'struct bn_part';
  if (takesPart) types.pop();
  return { name, struct: match[1] as StructName, types, takesPart };
}

function functionName(path: string): string {
  return path.replace(/^.*\//, '').replace(`${SUFFIX}.c`, '');
}

const sources = loadKernelSources();
const paths = [...sources.keys()].filter((path) => path.endsWith('.c')).sort();

/** All kernels but activations, as `scalar` has them; a case names its kernel by the index here. */
export const KERNELS: readonly KernelSource[] = paths
  .filter((path) => /^scalar\/[^/]*$/.test(path))
  .map((path) => readKernel(path, sources.get(path) as string));

/** All activations, by their names in C. */
export const ACTIVATIONS: readonly string[] = paths
  .filter((path) => path.startsWith('scalar/activations/'))
  .map((path) => functionName(path).replace(/_f32$/, ''));

export function kernelNamed(name: string): {
  readonly index: number;
  readonly kernel: KernelSource;
} {
  const index = KERNELS.findIndex((kernel) => kernel.name === name);
  if (index < 0) throw new Error(`there is no kernel ${name}`);
  return { index, kernel: KERNELS[index] as KernelSource };
}

/** Whether a folder has a kernel of its own. */
export function hasKernel(folder: string, kernel: string): boolean {
  return sources.has(`${folder}/${kernel}__${folder}.c`);
}

/** The function that runs for a kernel: that of the first folder that has one. */
function functionOf(kernel: string, folders: readonly string[]): string {
  const folder = folders.find((place) => hasKernel(place, kernel));
  return `${kernel}__${folder ?? 'scalar'}`;
}

export function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** The fields of a shape in the struct's order, one 32-bit word each. */
export function shapeWords(
  struct: StructName,
  shape: Readonly<Record<string, ShapeField>>,
): Int32Array {
  const words: number[] = [];
  for (const [field, type] of Object.entries(STRUCTS[struct])) {
    const value = shape[field];
    if (value === undefined) throw new Error(`${struct}.${field} is missing`);
    if (type === 'activation') words.push(...activationWords(value as Unary));
    else if (type === 'float') words.push(floatWord(value as number));
    else if (type === 'axes') words.push(...(value as readonly number[]));
    else words.push(value as number);
  }
  return Int32Array.from(words);
}

function activationWords(unary: Unary): number[] {
  const index = ACTIVATIONS.indexOf(snakeCase(unary.fn));
  if (index < 0 && unary.fn !== 'identity') throw new Error(`there is no kernel for ${unary.fn}`);
  const [a = 0, b = 0] = parametersOf(unary);
  return [index + 1, floatWord(a), floatWord(b)];
}

function floatWord(value: number): number {
  return new Int32Array(Float32Array.of(value).buffer)[0] as number;
}

export interface DriverOptions {
  readonly wordBits: WordBits;
  /** Of kernels/, the best first, as a target names them. */
  readonly folders: readonly string[];
  /** Left out where the kernels are called from outside. */
  readonly main: boolean;
  /** Only the kernels whose names match; cases of others can't be run. */
  readonly only?: RegExp;
}

/** The whole C file. */
export function driverSource({ wordBits, folders, main, only = /./ }: DriverOptions): string {
  const activations = ACTIVATIONS.map((name) => `${name}_f32${SUFFIX}`);
  const chosen = KERNELS.filter(({ name }) => only.test(name));
  const functions = [...activations, ...chosen.map(({ name }) => functionOf(name, folders))];
  const { systemIncludes, text } = amalgamate(functions, sources, {
    BN_WORD_BITS: String(wordBits),
  });
  const includes = new Set([...systemIncludes, 'stdio.h', 'stdlib.h', 'string.h']);
  const cases = chosen.map(({ name, struct, types, takesPart }) => {
    const pointers = types.map((type, i) => `(${type})at[${i}]`).join(', ');
    const part = takesPart ? ', (struct bn_part){part, parts}' : '';
    const call = `${functionOf(name, folders)}(&shape, ${pointers}${part})`;
    return `    case ${kernelNamed(name).index}: { const struct ${struct} shape = read_${struct}(words); ${call}; break; }`;
  });
  return [
    main ? MAIN_HEAD : '',
    ...[...includes].sort().map((name) => `#include <${name}>`),
    text,
    readers(new Set(chosen.map(({ struct }) => struct))),
    'void run_case(int32_t kernel, const int32_t *words, void **at, int32_t part, int32_t parts)',
    '{\n    (void)part, (void)parts;\n    switch (kernel) {',
    ...cases,
    '    default: break;\n    }\n}',
    main ? MAIN : '',
  ].join('\n');
}

function readers(used: ReadonlySet<StructName>): string {
  const activations = ACTIVATIONS.map((name) => `${name}_f32${SUFFIX}`);
  const structs = [...used].map((struct) => {
    const reads = Object.entries(STRUCTS[struct]).map(([field, type]) => {
      if (type === 'activation') return `    shape.${field} = read_activation(words); words += 3;`;
      const count = type === 'axes' ? MAX_RANK : 1;
      return `    memcpy(&shape.${field}, words, ${4 * count}); words += ${count};`;
    });
    return [
      `static struct ${struct} read_${struct}(const int32_t *words)\n{\n    struct ${struct} shape;`,
      ...reads,
      '    return shape;\n}',
    ].join('\n');
  });
  return [
    `static bn_unary_f32 *const activations[] = {NULL, ${activations.join(', ')}};`,
    'static struct bn_activation read_activation(const int32_t *words)\n{',
    '    struct bn_activation activation = {activations[words[0]], 0, 0};',
    '    memcpy(&activation.a, words + 1, 4);\n    memcpy(&activation.b, words + 2, 4);',
    '    return activation;\n}',
    ...structs,
  ].join('\n');
}
