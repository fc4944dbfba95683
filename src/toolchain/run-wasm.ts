/**
 * Runs a program compiled to WebAssembly in this process. Past the module's own memory lie, in this
 * order and 16-byte aligned: the weights, the arena, the inputs, the outputs.
 */
import { arenaSize } from '../emit/c-header.ts';
import { wasmExports } from '../emit/js.ts';
import { nameProgram, type PortNames, type ProgramNames } from '../emit/naming.ts';
import { fail } from '../errors.ts';
import { ARRAYS } from '../ir/elements.ts';
import type { TensorData } from '../ir/graph.ts';
import type { Program } from '../plan/program.ts';
import type { Executable, Tensors, TracedCall } from './executable.ts';
import type { FileToWrite } from './files.ts';
import { buildWasm } from './wasm.ts';

const PAGE = 65536;

type Entry = (...args: readonly number[]) => number;
type TraceHook = (call: number, start: number, bytes: number) => void;

/** What the module calls; they change while it runs. */
interface Hooks {
  trace: TraceHook;
  repeats: (call: number) => number;
}

const once = (): number => 1;

/** Runs beyond so many are timed several at once. */
const TIMED_GROUPS = 4096;

interface Exports {
  readonly memory: WebAssembly.Memory;
  readonly heapBase: number;
  readonly run: Entry;
  readonly check: Entry;
}

/** Compiles the C of `program` among `files` to a module that runs in Node.js and in browsers. */
export async function programWasm(
  program: Program,
  files: readonly FileToWrite[],
): Promise<Uint8Array> {
  const { name } = nameProgram(program);
  return buildWasm(
    files.filter(({ path }) => path === `${name}.c` || path === `${name}.h`),
    program.target,
    { exports: wasmExports(program), imports: [`${name}_trace`, `${name}_repeats`] },
  );
}

/** Compiles `files` (the C of `program`, weights apart) and makes them ready to run. */
export async function openWasm(
  program: Program,
  files: readonly FileToWrite[],
): Promise<Executable> {
  const names = nameProgram(program);
  const { name } = names;
  const weights = files.find(({ path }) => path === `${name}.weights`)?.data;
  if (!(weights instanceof Uint8Array)) throw new Error('the program has no weight file');
  const module = await WebAssembly.compile(await programWasm(program, files));
  const hook: Hooks = { trace: () => undefined, repeats: once };
  const trace: TraceHook = (...args) => hook.trace(...args);
  const repeats = (call: number): number => hook.repeats(call);
  const env = { [`${name}_trace`]: trace, [`${name}_repeats`]: repeats };
  const instance = await WebAssembly.instantiate(module, { env });
  return new WasmExecutable(exportsOf(instance, name), program, names, weights, hook);
}

function exportsOf({ exports }: WebAssembly.Instance, name: string): Exports {
  return {
    memory: exports.memory as WebAssembly.Memory,
    heapBase: (exports.__heap_base as WebAssembly.Global).value,
    run: exports[`${name}_run`] as Entry,
    check: exports[`${name}_check`] as Entry,
  };
}

class WasmExecutable implements Executable {
  readonly compiler = 'clang (WebAssembly)';
  readonly calls: number;
  private readonly exports: Exports;
  private readonly hook: Hooks;
  private readonly inputs: readonly TensorData[];
  private readonly outputs: readonly TensorData[];
  private readonly runArguments: readonly number[];

  constructor(
    exports: Exports,
    program: Program,
    names: ProgramNames,
    weights: Uint8Array,
    hook: Hooks,
  ) {
    this.calls = program.calls.length;
    this.exports = exports;
    this.hook = hook;
    let end = align(exports.heapBase);
    const place = (bytes: number): number => {
      const start = end;
      end = align(end + bytes);
      return start;
    };
    const weightsAt = place(weights.length);
    const arenaAt = place(arenaSize(program));
    const inputsAt = names.inputs.map(({ bytes }) => place(bytes));
    const outputsAt = names.outputs.map(({ bytes }) => place(bytes));
    growTo(exports.memory, end);
    const { buffer } = exports.memory;
    new Uint8Array(buffer).set(weights, weightsAt);
    const tensors = (ports: readonly PortNames[], at: readonly number[]): TensorData[] =>
      ports.map(({ port, size }, i) => new ARRAYS[port.dtype](buffer, at[i] as number, size));
    this.inputs = tensors(names.inputs, inputsAt);
    this.outputs = tensors(names.outputs, outputsAt);
    this.runArguments = [weightsAt, arenaAt, ...inputsAt, ...outputsAt];
    const mistake = exports.check(weightsAt, weights.length);
    if (mistake !== 0) throw new Error(`the program refuses its own weights: ${mistake}`);
  }

  async *run(samples: Iterable<Tensors> | AsyncIterable<Tensors>): AsyncGenerator<Tensors> {
    for await (const sample of samples) {
      this.load(sample);
      this.call();
      yield this.outputs.map((output) => output.slice());
    }
  }

  async time(sample: Tensors, repeats: number): Promise<number> {
    this.load(sample);
    const groups = Math.min(repeats, TIMED_GROUPS);
    const runs = Math.floor(repeats / groups);
    const seconds = new Float64Array(groups).map(() => {
      const start = performance.now();
      for (let i = 0; i < runs; i++) this.call();
      return (performance.now() - start) / 1000 / runs;
    });
    return seconds.sort()[groups >> 1] as number;
  }

  async timeCalls(
    sample: Tensors,
    repeats: readonly number[],
    rounds: number,
  ): Promise<readonly (readonly number[])[]> {
    this.load(sample);
    this.call();
    let seconds = repeats.map(() => 0);
    let [running, begun] = [-1, 0];
    const endCall = (): void => {
      if (running < 0) return;
      const count = repeats[running] as number;
      seconds[running] = (performance.now() - begun) / 1000 / count;
    };
    this.hook.repeats = (call) => {
      endCall();
      running = call;
      begun = performance.now();
      return repeats[call] as number;
    };
    const found = Array.from({ length: rounds }, () => {
      seconds = repeats.map(() => 0);
      running = -1;
      this.call();
      endCall();
      return seconds;
    });
    this.hook.repeats = once;
    return found;
  }

  async clockRate(): Promise<undefined> {}

  async trace(sample: Tensors): Promise<readonly TracedCall[]> {
    const calls: TracedCall[] = [];
    this.hook.trace = (call, start, bytes) => {
      const { buffer } = this.exports.memory;
      calls.push({ call, bytes: new Uint8Array(buffer, start >>> 0, bytes).slice() });
    };
    this.load(sample);
    this.call();
    this.hook.trace = () => undefined;
    return calls;
  }

  async close(): Promise<void> {}

  private load(sample: Tensors): void {
    this.inputs.forEach((input, i) => {
      input.set(sample[i] as TensorData);
    });
  }

  private call(): void {
    try {
      this.exports.run(...this.runArguments);
    } catch (error) {
      fail({ code: 'tool-failed', found: 'the compiled program trapped', detail: String(error) });
    }
  }
}

function align(address: number): number {
  return Math.ceil(address / 16) * 16;
}

function growTo(memory: WebAssembly.Memory, bytes: number): void {
  const missing = Math.ceil((bytes - memory.buffer.byteLength) / PAGE);
  if (missing <= 0) return;
  try {
    memory.grow(missing);
  } catch {
    fail({
      code: 'too-large',
      found: `the network needs ${bytes} bytes, more than WebAssembly can address`,
      fix: 'Use --target host.',
    });
  }
}
