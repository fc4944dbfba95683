/**
 * Which compiler builds a native target on this machine, with which flags, and how what it builds
 * is started: by itself where the machine is of the target's kind, else in an emulator.
 */
import { spawnSync } from 'node:child_process';
import { basename } from 'node:path';
import { fail } from '../errors.ts';
import type { CrossToolchain, NativeToolchain, Target } from '../plan/targets.ts';
import { findProgram } from './process.ts';

export interface Builder {
  /** Its full path. */
  readonly compiler: string;
  readonly flags: readonly string[];
}

/** What this machine builds and runs a target's programs with. */
interface Means {
  readonly toolchain: NativeToolchain;
  /** Undefined where the target's programs run by themselves. */
  readonly cross: CrossToolchain | undefined;
  /** Names of compilers; none where this machine can not have any. */
  readonly compilers: readonly string[];
}

function meansFor(target: Target): Means | undefined {
  const { toolchain } = target;
  if (toolchain.kind !== 'native') return undefined;
  const { machine, cross, compilers } = toolchain;
  if (machine === undefined || machine.arch === process.arch) {
    return { toolchain, cross: undefined, compilers };
  }
  return { toolchain, cross, compilers: cross ? [...cross.compilers, 'clang'] : [] };
}

/** The compiler for a target, by name or path where one is wanted; undefined when there is none. */
export function findBuilder(target: Target, wanted?: string): Builder | undefined {
  const means = meansFor(target);
  if (means === undefined || means.compilers.length === 0) return undefined;
  const { cross, compilers, toolchain } = means;
  for (const name of wanted === undefined ? compilers : [wanted]) {
    const compiler = findProgram(name);
    if (compiler === undefined) continue;
    const isClang = basename(compiler).includes('clang');
    const more = cross && isClang ? cross.clangFlags : [];
    return { compiler, flags: [...more, ...toolchain.flags] };
  }
  return undefined;
}

/** The compiler for a target. Throws `missing-tool` when there is none. */
export function requireBuilder(target: Target, wanted?: string): Builder {
  const found = findBuilder(target, wanted);
  if (found !== undefined) return found;
  const means = meansFor(target);
  if (means && means.compilers.length === 0) return failOnMachine(target, means.toolchain);
  if (wanted !== undefined) {
    return fail({
      code: 'missing-tool',
      found: `there is no compiler "${wanted}" on the PATH`,
      fix: 'Install it, or use --target wasm, which needs none.',
    });
  }
  const cross = means?.cross;
  return fail({
    code: 'missing-tool',
    found: `there is no ${cross ? 'cross compiler' : 'C compiler'} on the PATH, which target "${target.name}" needs`,
    fix: cross
      ? installText(cross)
      : 'Install gcc or clang, or use --target wasm, which needs neither.',
  });
}

/** The command that a target's programs are started with here, theirs to follow; may be empty. */
export function requireStarter(target: Target): readonly string[] {
  const cross = meansFor(target)?.cross;
  if (cross === undefined) return [];
  const [emulator, ...args] = cross.emulator;
  const found = findProgram(emulator);
  if (found !== undefined) return [found, ...args];
  return fail({
    code: 'missing-tool',
    found: `there is no ${emulator} on the PATH, which runs the programs of target "${target.name}" here`,
    fix: installText(cross),
  });
}

/** Whether a target's programs run on a processor of this machine, and not in an emulator. */
export function runsByItself(target: Target): boolean {
  return meansFor(target)?.cross === undefined;
}

function failOnMachine(target: Target, { machine }: NativeToolchain): never {
  return fail({
    code: 'missing-tool',
    found: `target "${target.name}" runs on ${machine?.title} only`,
    fix: 'Compile it here and build it there, or use --target host.',
  });
}

function installText({ packages }: CrossToolchain): string {
  return `On Debian or Ubuntu: apt install ${packages.join(' ')}.`;
}

const macrosByCommand = new Map<string, ReadonlySet<string> | undefined>();

/** The names of the macros that a compiler defines under these flags; undefined when it refuses. */
export function macrosOf({ compiler, flags }: Builder): ReadonlySet<string> | undefined {
  const args = [...flags, '-dM', '-E', '-x', 'c', '-'];
  const key = [compiler, ...args].join(' ');
  if (!macrosByCommand.has(key)) macrosByCommand.set(key, askForMacros(compiler, args));
  return macrosByCommand.get(key);
}

function askForMacros(compiler: string, args: readonly string[]): ReadonlySet<string> | undefined {
  const { status, stdout } = spawnSync(compiler, args, {
    input: '',
    encoding: 'utf8',
    timeout: 60_000,
  });
  if (status !== 0) return undefined;
  return new Set(Array.from(stdout.matchAll(/^#define (\w+)/gm), ([, name]) => name as string));
}
