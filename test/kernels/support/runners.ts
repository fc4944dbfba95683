/** Runs kernel cases: in a native program fed by stdin. */
import { spawnSync } from 'node:child_process';
import { type Target, targetNamed } from '../../../src/plan/targets.ts';
import { requireStarter } from '../../../src/toolchain/compilers.ts';
import { buildNative } from '../../../src/toolchain/native.ts';
import { bytesOf, type KernelCase } from './case.ts';
import {
  argumentBlocks,
  type CaseRunner,
  caseRunner,
  type Outcome,
  type Part,
} from './case-runner.ts';
import { driverSource, kernelNamed, shapeWords } from './driver.ts';
import type { Placement } from './driver-main.ts';
import type { WordBits } from './pack.ts';

export interface NativeBuildOptions {
  /** Whose programs they are: tells clang what for, and which emulator runs them. */
  readonly target?: Target;
  readonly wordBits: WordBits;
  /** Of kernels/, the best first; `scalar` alone when left out. */
  readonly folders?: readonly string[];
  readonly compiler: string;
  readonly flags: readonly string[];
  readonly sanitize: boolean;
  /** Only the kernels whose names match. */
  readonly only?: RegExp;
  /** The last word on the text of the driver. */
  readonly edit?: (source: string) => string;
}

/**
 * Builds the driver with a compiler of this machine; `remove` deletes it. Cases run with what they
 * read and write at either side of pages that may not be touched, or watched by sanitizers.
 */
export async function nativeRunner(
  options: NativeBuildOptions,
): Promise<{ readonly run: CaseRunner; readonly remove: () => Promise<void> }> {
  const { wordBits, folders = ['scalar'], compiler, flags, sanitize } = options;
  const { only = /./, edit = (text) => text, target = targetNamed('host') } = options;
  const source = edit(driverSource({ wordBits, folders, only, main: true }));
  const built = withFlags(target, flags);
  const build = await buildNative([{ path: 'driver.c', data: source }], built, {
    compiler,
    sanitize,
  });
  const command = [...requireStarter(built), build.program];
  const runners = (sanitize ? HEAP : GUARDED).map((placement) =>
    caseRunner(wordBits, (cases, part) =>
      runNatively(cases, part, [...command, placement], wordBits),
    ),
  );
  const run: CaseRunner = (cases, parts) => runners.flatMap((place) => place(cases, parts));
  return { run, remove: build.remove };
}

const HEAP: readonly Placement[] = ['heap'];
const GUARDED: readonly Placement[] = ['end', 'begin'];

function withFlags(target: Target, flags: readonly string[]): Target {
  const { toolchain } = target;
  if (toolchain.kind !== 'native') throw new Error(`${target.name} is not native`);
  return { ...target, toolchain: { ...toolchain, flags } };
}

/** Leaks can't be looked for in an emulator, and a program that stops at a mistake has some. */
const ENVIRONMENT = { ...process.env, ASAN_OPTIONS: 'detect_leaks=0' };

function runNatively(
  cases: readonly KernelCase[],
  part: Part,
  [program = '', ...args]: readonly string[],
  wordBits: WordBits,
): Outcome {
  const input = Buffer.concat(cases.flatMap((test) => encodeCase(test, part, wordBits)));
  const result = spawnSync(program, args, {
    input,
    env: ENVIRONMENT,
    maxBuffer: 2 ** 30,
    timeout: 3_600_000,
  });
  const outputs: Uint8Array[] = [];
  const problem = (what: string): Outcome => ({
    outputs,
    problems: [`${what} (${args.at(-1)}): ${result.signal ?? ''} ${result.stderr.toString()}`],
  });
  let at = 0;
  for (const test of cases) {
    const size = bytesOf(test.expected.length, test, wordBits);
    if (at + size > result.stdout.length) {
      return problem(`${test.kernel} for ${JSON.stringify(test.shape)} ended the program`);
    }
    outputs.push(result.stdout.subarray(at, at + size));
    at += size;
  }
  return result.status === 0 ? { outputs, problems: [] } : problem('the program failed');
}

function encodeCase(test: KernelCase, part: Part, wordBits: WordBits): Uint8Array[] {
  const { index, kernel } = kernelNamed(test.kernel);
  const words = shapeWords(kernel.struct, test.shape);
  const blocks = argumentBlocks(test, wordBits);
  const roles = blocks.flatMap(({ role, alias, bytes }) => [
    alias === undefined ? Number(role === 'written') : -2 - alias,
    bytes.length,
  ]);
  const head = Int32Array.of(index, words.length, blocks.length, part.index, part.count);
  const parts = [head, words, Int32Array.from(roles)].map((part) => new Uint8Array(part.buffer));
  return [...parts, ...blocks.filter((b) => b.alias === undefined).map((b) => b.bytes)];
}
