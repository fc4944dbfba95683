/** Runs kernel cases: as WebAssembly in this process, or in a native program fed by stdin. */
import { spawnSync } from 'node:child_process';
import { targetNamed } from '../../../src/plan/targets.ts';
import { buildNative } from '../../../src/toolchain/native.ts';
import { buildWasm } from '../../../src/toolchain/wasm.ts';
import { bytesOf, findDifference, GARBAGE, type KernelCase } from './case.ts';
import { driverSource, kernelNamed, shapeWords } from './driver.ts';
import type { WordBits } from './pack.ts';

/**
 * Runs the cases and returns what differs from what is expected. In `parts`, each alone, they must
 * write each byte once, and together the bits of the whole.
 */
export type CaseRunner = (cases: readonly KernelCase[], parts?: number) => string[];

/** The share of the work that one call does: `struct bn_part`. */
interface Part {
  readonly index: number;
  readonly count: number;
}

const WHOLE: Part = { index: 0, count: 1 };

/** What each case wrote, as far as the program got, and what went wrong. */
interface Outcome {
  readonly outputs: readonly Uint8Array[];
  readonly problems: readonly string[];
}

function caseRunner(
  wordBits: WordBits,
  runPart: (cases: readonly KernelCase[], part: Part) => Outcome,
): CaseRunner {
  return (cases, parts = 1) => {
    const whole = runPart(cases, WHOLE);
    if (whole.problems.length > 0 || parts === 1) {
      const found = whole.outputs.map((output, index) =>
        findDifference(cases[index] as KernelCase, output, wordBits),
      );
      return [...found.filter((text) => text !== undefined), ...whole.problems];
    }
    const split = Array.from({ length: parts }, (_, index) =>
      runPart(cases, { index, count: parts }),
    );
    const failed = split.flatMap(({ problems }) => problems);
    if (failed.length > 0) return failed;
    return cases.flatMap((test, index) => {
      const outputs = split.map((part) => part.outputs[index] as Uint8Array);
      const found = splitDifference(whole.outputs[index] as Uint8Array, outputs);
      const shape = JSON.stringify(test.shape);
      return found === undefined ? [] : [`${test.kernel} in ${parts} parts: ${found}, ${shape}`];
    });
  };
}

/** Bytes that are no longer GARBAGE are a part's own. */
function splitDifference(whole: Uint8Array, parts: readonly Uint8Array[]): string | undefined {
  for (let at = 0; at < whole.length; at++) {
    const written = parts.map((part) => part[at]).filter((byte) => byte !== GARBAGE);
    if (written.length > 1) return `byte ${at} is written by ${written.length} parts`;
    const byte = written[0] ?? GARBAGE;
    if (byte !== whole[at]) return `byte ${at} is ${byte}, not ${whole[at]}`;
  }
  return undefined;
}

const FENCE = 32;

interface Exports {
  readonly memory: WebAssembly.Memory;
  readonly __heap_base: WebAssembly.Global;
  readonly run_case: (
    kernel: number,
    words: number,
    pointers: number,
    part: number,
    parts: number,
  ) => void;
}

/** Of the kernels whose names match `only`. */
export async function wasmRunner(wordBits: WordBits, only: RegExp): Promise<CaseRunner> {
  const target = targetNamed('wasm');
  const source = driverSource({ wordBits, folders: target.kernels, only, main: false });
  const files = [{ path: 'driver.c', data: source }];
  const bytes = await buildWasm(files, target, { exports: ['run_case'] });
  const instance = await WebAssembly.instantiate(await WebAssembly.compile(bytes));
  const exports = instance.exports as unknown as Exports;
  return caseRunner(wordBits, (cases, part) => {
    const outcomes = cases.map((test) => runInWasm(test, part, exports, wordBits));
    return {
      outputs: outcomes.map(({ output }) => output),
      problems: outcomes.flatMap(({ problem }) => (problem === undefined ? [] : [problem])),
    };
  });
}

function runInWasm(
  test: KernelCase,
  part: Part,
  exports: Exports,
  wordBits: WordBits,
): { readonly output: Uint8Array; readonly problem: string | undefined } {
  const { index, kernel } = kernelNamed(test.kernel);
  const blocks = argumentBlocks(test, wordBits);
  const memory = new WasmMemory(exports);
  const words = memory.place(new Uint8Array(shapeWords(kernel.struct, test.shape).buffer));
  const places: number[] = [];
  for (const block of blocks) {
    places.push(
      block.alias === undefined ? memory.place(block.bytes) : (places[block.alias] as number),
    );
  }
  const pointers = memory.place(new Uint8Array(Int32Array.from(places).buffer));
  exports.run_case(index, words, pointers, part.index, part.count);
  const written = blocks.findIndex((block) => block.role === 'written');
  const size = (blocks[written] as Block).bytes.length;
  return {
    output: memory.read(places[written] as number, size),
    problem: memory.fencesStand() ? undefined : `${test.kernel} wrote outside its output`,
  };
}

/** Blocks in WebAssembly memory with fences around them, which a stray write would break. */
class WasmMemory {
  private readonly exports: Exports;
  private readonly fences: number[] = [];
  private end: number;

  constructor(exports: Exports) {
    this.exports = exports;
    this.end = Math.ceil(exports.__heap_base.value / 16) * 16;
    this.fence();
  }

  place(bytes: Uint8Array): number {
    const at = this.end;
    this.reserve(at + bytes.length);
    new Uint8Array(this.exports.memory.buffer).set(bytes, at);
    this.end = at + bytes.length;
    this.fence();
    return at;
  }

  read(at: number, size: number): Uint8Array {
    return new Uint8Array(this.exports.memory.buffer).slice(at, at + size);
  }

  fencesStand(): boolean {
    const bytes = new Uint8Array(this.exports.memory.buffer);
    return this.fences.every((at) => bytes.subarray(at, at + FENCE).every((b) => b === GARBAGE));
  }

  private fence(): void {
    this.reserve(this.end + FENCE + 16);
    new Uint8Array(this.exports.memory.buffer).fill(GARBAGE, this.end, this.end + FENCE);
    this.fences.push(this.end);
    this.end = Math.ceil((this.end + FENCE) / 16) * 16;
  }

  private reserve(end: number): void {
    const missing = end - this.exports.memory.buffer.byteLength;
    if (missing > 0) this.exports.memory.grow(Math.ceil(missing / 65536));
  }
}

interface Block {
  readonly bytes: Uint8Array;
  readonly role: 'read' | 'written';
  /** The argument that this one is, in place of a block of its own. */
  readonly alias?: number;
}

function argumentBlocks(test: KernelCase, wordBits: WordBits): Block[] {
  const blocks: Block[] = test.inputs.map((input, index) => ({
    bytes: input(wordBits),
    role: index === test.inPlace ? 'written' : 'read',
  }));
  const size = bytesOf(test.expected.length, test, wordBits);
  const bytes = new Uint8Array(size).fill(GARBAGE);
  if (test.inPlace === undefined) blocks.push({ bytes, role: 'written' });
  else blocks.push({ bytes, role: 'read', alias: test.inPlace });
  if (test.scratch !== undefined) {
    blocks.push({ bytes: new Uint8Array(test.scratch(wordBits)).fill(GARBAGE), role: 'read' });
  }
  return blocks;
}

export interface NativeBuildOptions {
  readonly wordBits: WordBits;
  /** Of kernels/, the best first; `scalar` alone when left out. */
  readonly folders?: readonly string[];
  readonly compiler: string;
  readonly flags: readonly string[];
  readonly sanitize: boolean;
  /** Only the kernels whose names match. */
  readonly only?: RegExp;
}

/** Builds the driver with a compiler of this machine; `remove` deletes it. */
export async function nativeRunner(
  options: NativeBuildOptions,
): Promise<{ readonly run: CaseRunner; readonly remove: () => Promise<void> }> {
  const { wordBits, folders = ['scalar'], compiler, flags, sanitize, only = /./ } = options;
  const toolchain = { kind: 'native', compilers: [compiler], flags } as const;
  const build = await buildNative(
    [{ path: 'driver.c', data: driverSource({ wordBits, folders, only, main: true }) }],
    { ...targetNamed('host'), toolchain },
    { compiler, sanitize },
  );
  const run = caseRunner(wordBits, (cases, part) =>
    runNatively(cases, part, build.program, wordBits),
  );
  return { run, remove: build.remove };
}

function runNatively(
  cases: readonly KernelCase[],
  part: Part,
  program: string,
  wordBits: WordBits,
): Outcome {
  const input = Buffer.concat(cases.flatMap((test) => encodeCase(test, part, wordBits)));
  const result = spawnSync(program, { input, maxBuffer: 2 ** 30, timeout: 600_000 });
  const outputs: Uint8Array[] = [];
  const problem = (what: string): Outcome => ({
    outputs,
    problems: [`${what}: ${result.stderr.toString()}`],
  });
  let at = 0;
  for (const test of cases) {
    const size = bytesOf(test.expected.length, test, wordBits);
    if (at + size > result.stdout.length) return problem(`${test.kernel} ended the program`);
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
