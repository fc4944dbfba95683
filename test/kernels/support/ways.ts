/**
 * The ways in which the kernels of a folder are built and run for tests: natively, in an emulator
 * of another processor, or over a stand-in for the instructions that this one lacks.
 */
import { fileURLToPath } from 'node:url';
import {
  type NativeToolchain,
  TARGETS,
  type Target,
  targetNamed,
} from '../../../src/plan/targets.ts';
import { type Tool, toolsFor } from '../../support/tools.ts';
import { FAMILIES, type Family } from './all-cases.ts';
import type { CaseRunner } from './case-runner.ts';
import { hasKernel } from './driver.ts';
import type { WordBits } from './pack.ts';
import { nativeRunner } from './runners.ts';
import { wasmRunner } from './wasm-runner.ts';

/** A runner that is built already. */
export interface OpenRunner {
  readonly run: CaseRunner;
  readonly remove: () => Promise<void>;
}

export interface Way {
  /** "neon by gcc, target armv7-neon". */
  readonly name: string;
  readonly folder: string;
  readonly tools: readonly Tool[];
  /** Part of the fast suite: each folder once for each processor, by one of the compilers. */
  readonly isQuick: boolean;
  readonly open: (only: RegExp) => Promise<OpenRunner>;
}

const STAND_IN = fileURLToPath(new URL('./stand-in', import.meta.url));

/** The families of the kernels that a folder has, whatever its other folders have. */
export function familiesOf(folder: string): readonly Family[] {
  return FAMILIES.filter(({ name }) => hasKernel(folder, kernelOf(name)));
}

/** Matches the names of those kernels. */
export function kernelsOf(folder: string): RegExp {
  const names = new Set(familiesOf(folder).map(({ name }) => kernelOf(name)));
  return new RegExp(`^(${[...names].join('|')})$`);
}

function kernelOf(family: string): string {
  return family.split(' ')[0] as string;
}

const X86: readonly (readonly [string, string])[] = [
  ['avx2', 'x86-64-v3'],
  ['avx512', 'x86-64-v4'],
];

const ARM: readonly (readonly [folder: string, target: string, wordBits: WordBits])[] = [
  ['neon', 'aarch64', 64],
  ['neon', 'armv7-neon', 32],
  ['neon', 'armv7-neon', 64],
  ['neon_dotprod', 'aarch64-dotprod', 64],
];

/** What kernels that choose find when they ask for the processor, and what that must be able to do. */
const CHOICES: readonly (readonly [level: number, tools: readonly Tool[]])[] = [
  [0, []],
  [1, ['AVX2']],
  [2, ['AVX-512']],
];

/** All ways, also of folders that have no kernel yet. */
export const WAYS: readonly Way[] = [
  ...X86.flatMap(([folder, target]) => [
    ...(['gcc', 'clang'] as const).map((compiler) => tuned(folder, target, compiler, 64)),
    tuned(folder, target, 'gcc', 32),
    watched(folder, target, 'gcc'),
    watched(folder, target, 'clang'),
  ]),
  standIn('gcc', 64),
  standIn('gcc', 32),
  standIn('clang', 64),
  ...ARM.flatMap(([folder, target, wordBits]) => [
    tuned(folder, target, 'gcc', wordBits),
    tuned(folder, target, 'clang', wordBits),
  ]),
  watched('neon', 'aarch64', 'gcc'),
  watched('neon', 'armv7-neon', 'gcc'),
  watched('neon_dotprod', 'aarch64-dotprod', 'gcc'),
  ...([64, 32] as const).map(inWasm),
  // Three times the others' code: the fast suite has networks built for it.
  { ...tuned('x86', 'x86-64', 'gcc', 64), isQuick: false },
  ...CHOICES.flatMap((choice) => [chosen(choice, 'gcc'), chosen(choice, 'clang')]),
];

function native(name: string): Target & { readonly toolchain: NativeToolchain } {
  const target = targetNamed(name);
  if (target.toolchain.kind !== 'native') throw new Error(`${name} is not native`);
  return { ...target, toolchain: target.toolchain };
}

/** gcc and clang of this machine, or what stands for them where the target is another's. */
function compilerFor(target: Target, compiler: 'gcc' | 'clang'): string {
  const tools = toolsFor(target);
  return compiler === 'gcc' ? (tools.find((tool) => tool.endsWith('gcc')) ?? 'gcc') : 'clang';
}

function tuned(folder: string, name: string, by: 'gcc' | 'clang', wordBits: WordBits): Way {
  const target = native(name);
  const compiler = compilerFor(target, by);
  return {
    name: `${folder} by ${by}, target ${name}, words of ${wordBits} bits`,
    folder,
    tools: [...new Set<Tool>([...toolsFor(target), by])],
    isQuick: by === (name === 'armv7-neon' ? 'clang' : 'gcc') && wordBits === 64,
    open: (only) =>
      nativeRunner({
        target,
        wordBits,
        folders: target.kernels,
        compiler,
        flags: target.toolchain.flags,
        sanitize: false,
        only,
      }),
  };
}

function watched(folder: string, name: string, by: 'gcc' | 'clang'): Way {
  const target = native(name);
  const { toolchain } = target;
  const way = tuned(folder, name, by, 64);
  // Clang takes minutes to optimise what it watches.
  const level = by === 'gcc' ? '-O1' : '-O0';
  const flags = toolchain.flags.map((flag) => (flag === '-O3' ? level : flag));
  return {
    ...way,
    isQuick: toolchain.cross === undefined && by === 'clang',
    name: `${folder} sanitized by ${by}, target ${name}`,
    open: (only) =>
      nativeRunner({
        target,
        wordBits: 64,
        folders: target.kernels,
        compiler: compilerFor(target, by),
        flags,
        sanitize: true,
        only,
      }),
  };
}

/** One choice of the kernels that choose, whatever the processor would be asked. */
function chosen([level, needed]: (typeof CHOICES)[number], compiler: 'gcc' | 'clang'): Way {
  const target = native('x86-64');
  const way = tuned('x86', target.name, compiler, 64);
  return {
    ...way,
    name: `x86 by ${compiler}, choice ${level}`,
    tools: [...way.tools, ...needed],
    isQuick: false,
    open: (only) =>
      nativeRunner({
        target,
        wordBits: 64,
        folders: target.kernels,
        compiler,
        flags: [...target.toolchain.flags, `-DBN_X86_LEVEL=${level}`],
        sanitize: false,
        only,
      }),
  };
}

/** AVX-512 as plain C. Its functions lose what would let compilers use it, and name registers. */
function standIn(compiler: 'gcc' | 'clang', wordBits: WordBits): Way {
  const target = targetNamed('host');
  const flags = ['-std=c99', '-O2', '-w', '-ffp-contract=off', '-isystem', STAND_IN];
  const quiet = compiler === 'gcc' ? ['-Wno-psabi'] : [];
  return {
    name: `avx512 over SIMDe by ${compiler}, words of ${wordBits} bits`,
    folder: 'avx512',
    tools: [compiler, 'SIMDe'],
    // gcc takes minutes for so much plain C.
    isQuick: compiler === 'clang' && wordBits === 64,
    open: (only) =>
      nativeRunner({
        target,
        wordBits,
        folders: ['avx512', 'scalar'],
        compiler,
        flags: [...flags, ...quiet],
        sanitize: false,
        only,
        edit: (source) =>
          source.replace(/__attribute__\(\(target\([^)]*\)\)\)|__asm__\("" : .*\)\)$/gm, ''),
      }),
  };
}

function inWasm(wordBits: WordBits): Way {
  return {
    name: `wasm, words of ${wordBits} bits`,
    folder: 'wasm',
    tools: [],
    // kernels.test.ts runs them.
    isQuick: false,
    open: async (only) => ({
      run: await wasmRunner(wordBits, only),
      remove: async () => undefined,
    }),
  };
}

/** Folders that targets name and no way runs: none, or a test is missing. */
export function foldersWithoutAWay(): readonly string[] {
  const run = new Set(['scalar', ...WAYS.map(({ folder }) => folder)]);
  const named = new Set(TARGETS.flatMap(({ kernels }) => kernels));
  return [...named].filter((folder) => !run.has(folder));
}
