/** Runs kernel cases as WebAssembly in this process. */
import { targetNamed } from '../../../src/plan/targets.ts';
import { buildWasm } from '../../../src/toolchain/wasm.ts';
import { GARBAGE, type KernelCase } from './case.ts';
import {
  argumentBlocks,
  type Block,
  type CaseRunner,
  caseRunner,
  type Part,
} from './case-runner.ts';
import { driverSource, kernelNamed, shapeWords } from './driver.ts';
import type { WordBits } from './pack.ts';

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
    const outcomes = cases.map((test, turn) => runInWasm(test, turn, part, exports, wordBits));
    return {
      outputs: outcomes.map(({ output }) => output),
      problems: outcomes.flatMap(({ problem }) => (problem === undefined ? [] : [problem])),
    };
  });
}

function runInWasm(
  test: KernelCase,
  turn: number,
  part: Part,
  exports: Exports,
  wordBits: WordBits,
): { readonly output: Uint8Array; readonly problem: string | undefined } {
  const { index, kernel } = kernelNamed(test.kernel);
  const blocks = argumentBlocks(test, wordBits);
  const memory = new WasmMemory(exports);
  const words = memory.place(new Uint8Array(shapeWords(kernel.struct, test.shape).buffer));
  const pointers = memory.place(new Uint8Array(4 * blocks.length));
  const places = placeBlocks(blocks, memory, turn % blocks.length);
  new Int32Array(exports.memory.buffer, pointers, places.length).set(places);
  const trap = trapOf(() => exports.run_case(index, words, pointers, part.index, part.count));
  if (trap !== undefined) {
    const problem = `${test.kernel} for ${JSON.stringify(test.shape)}: ${trap}`;
    return { output: new Uint8Array(), problem };
  }
  const written = blocks.findIndex((block) => block.role === 'written');
  const size = (blocks[written] as Block).bytes.length;
  return {
    output: memory.read(places[written] as number, size),
    problem: memory.fencesStand() ? undefined : `${test.kernel} wrote outside its output`,
  };
}

/** One of them lies where the memory ends: a byte past it is a trap. */
function placeBlocks(blocks: readonly Block[], memory: WasmMemory, last: number): number[] {
  const places = blocks.map(({ bytes, alias }, index) => {
    return alias !== undefined || index === last ? 0 : memory.place(bytes);
  });
  const atEnd = blocks[last] as Block;
  if (atEnd.alias === undefined) places[last] = memory.placeAtEnd(atEnd.bytes);
  return blocks.map(({ alias }, index) => places[alias ?? index] as number);
}

function trapOf(action: () => void): string | undefined {
  try {
    action();
  } catch (error) {
    return String(error);
  }
  return undefined;
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

  /** The last block there is room for. */
  placeAtEnd(bytes: Uint8Array): number {
    this.reserve(this.end + bytes.length);
    const at = this.exports.memory.buffer.byteLength - bytes.length;
    new Uint8Array(this.exports.memory.buffer).set(bytes, at);
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
