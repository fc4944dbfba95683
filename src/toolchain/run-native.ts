/** Runs a program built by a compiler of this machine, in processes of its own. */
import { join } from 'node:path';
import { nameProgram, type PortNames, type ProgramNames } from '../emit/naming.ts';
import { fail } from '../errors.ts';
import { ARRAYS, tensorOf } from '../ir/elements.ts';
import type { TensorData } from '../ir/graph.ts';
import type { Program } from '../plan/program.ts';
import { requireStarter } from './compilers.ts';
import type { Executable, Tensors, TracedCall } from './executable.ts';
import type { FileToWrite } from './files.ts';
import { harnessText } from './harness.ts';
import { buildNative, type NativeBuild, type NativeOptions } from './native.ts';
import { streamThrough } from './process.ts';
import { requireInstructions } from './processor.ts';

/** How long one sample may take at most. */
const IDLE_SECONDS = 300;
/** Small samples are sent in groups of about so many bytes. */
const CHUNK_BYTES = 64 * 1024;

type Mode = 'run' | 'time' | 'calls' | 'clock' | 'trace';

/** Builds the C of `program` (weights apart) with the harness. */
export async function openNative(
  program: Program,
  files: readonly FileToWrite[],
  options: NativeOptions,
): Promise<Executable> {
  requireInstructions(program.target);
  const starter = requireStarter(program.target);
  const names = nameProgram(program);
  const needed = [`${names.name}.c`, `${names.name}.h`, `${names.name}.weights`];
  const build = await buildNative(
    [
      ...files.filter(({ path }) => needed.includes(path)),
      { path: 'harness.c', data: harnessText(names, program.calls.length, options.threads) },
    ],
    program.target,
    options,
    options.threads === undefined ? [] : [`-D${names.macro}_THREADS`, '-pthread'],
  );
  return new NativeExecutable(build, starter, names, program.calls.length);
}

class NativeExecutable implements Executable {
  readonly compiler: string;
  readonly calls: number;
  private readonly build: NativeBuild;
  /** What starts the program; followed by the program itself. */
  private readonly starter: readonly string[];
  private readonly weights: string;
  private readonly inputs: readonly PortNames[];
  private readonly outputs: readonly PortNames[];

  constructor(build: NativeBuild, starter: readonly string[], names: ProgramNames, calls: number) {
    this.calls = calls;
    const [emulator] = starter;
    this.compiler = emulator ? `${build.compiler}, run by ${emulator}` : build.compiler;
    this.build = build;
    this.starter = starter;
    this.weights = `${names.name}.weights`;
    this.inputs = names.inputs;
    this.outputs = names.outputs;
  }

  async *run(samples: Iterable<Tensors> | AsyncIterable<Tensors>): AsyncGenerator<Tensors> {
    const recordBytes = this.outputs.reduce((sum, { bytes }) => sum + bytes, 0);
    let sent = 0;
    const packed = this.packSamples(samples, () => {
      sent += 1;
    });
    let received = 0;
    for await (const record of inRecords(this.stream('run', packed), recordBytes)) {
      received += 1;
      yield this.splitOutputs(record);
    }
    if (received !== sent) {
      const found = `the compiled program gave ${received} results for ${sent} samples`;
      fail({ code: 'tool-failed', found });
    }
  }

  async time(sample: Tensors, repeats: number): Promise<number> {
    const input = once(concatenate([Uint32Array.of(repeats), ...this.packSample(sample)]));
    const output = await collect(this.stream('time', input));
    return new DataView(output.buffer).getFloat64(0, true);
  }

  async timeCalls(
    sample: Tensors,
    repeats: readonly number[],
    rounds: number,
  ): Promise<readonly (readonly number[])[]> {
    const counts = Uint32Array.of(rounds, ...repeats);
    const input = once(concatenate([counts, ...this.packSample(sample)]));
    const { buffer } = await collect(this.stream('calls', input));
    const seconds = new Float64Array(buffer);
    return Array.from({ length: rounds }, (_, round) => [
      ...seconds.subarray(round * this.calls, (round + 1) * this.calls),
    ]);
  }

  async clockRate(): Promise<number | undefined> {
    if (this.starter.length > 0) return undefined;
    const { buffer } = await collect(this.stream('clock', once(new Uint8Array())));
    return new DataView(buffer).getFloat64(0, true) || undefined;
  }

  async trace(sample: Tensors): Promise<readonly TracedCall[]> {
    const output = await collect(this.stream('trace', once(concatenate(this.packSample(sample)))));
    const view = new DataView(output.buffer);
    const calls: TracedCall[] = [];
    for (let at = 0; at < output.length; ) {
      const call = view.getUint32(at, true);
      const end = at + 8 + view.getUint32(at + 4, true);
      calls.push({ call, bytes: output.slice(at + 8, end) });
      at = end;
    }
    return calls;
  }

  async close(): Promise<void> {
    await this.build.remove();
  }

  private stream(mode: Mode, input: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    const { program, folder } = this.build;
    const command = [...this.starter, program, mode, join(folder, this.weights)];
    return streamThrough({ command, cwd: folder, idleSeconds: IDLE_SECONDS }, input);
  }

  private async *packSamples(
    samples: Iterable<Tensors> | AsyncIterable<Tensors>,
    count: () => void,
  ): AsyncGenerator<Uint8Array> {
    const sampleBytes = this.inputs.reduce((sum, input) => sum + input.bytes, 1);
    let group: TensorData[] = [];
    let bytes = 0;
    for await (const sample of samples) {
      count();
      group.push(...this.packSample(sample));
      bytes += sampleBytes;
      if (bytes < CHUNK_BYTES) continue;
      yield concatenate(group);
      group = [];
      bytes = 0;
    }
    if (bytes > 0) yield concatenate(group);
  }

  /** A byte that says that there is a sample, and copies: the caller may fill its arrays again. */
  private packSample(sample: Tensors): TensorData[] {
    const inputs = this.inputs.map(({ port }, i) => tensorOf(port.dtype, sample[i] as TensorData));
    return [Uint8Array.of(1), ...inputs];
  }

  private splitOutputs(record: Uint8Array): TensorData[] {
    let at = 0;
    return this.outputs.map(({ size, bytes, port }) => {
      const { buffer } = record.slice(at, at + bytes);
      at += bytes;
      return new ARRAYS[port.dtype](buffer, 0, size);
    });
  }
}

/** Cuts a stream into records of `size` bytes, each with a buffer of its own. */
async function* inRecords(
  stream: AsyncIterable<Uint8Array>,
  size: number,
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  let record = new Uint8Array(size);
  let filled = 0;
  for await (const chunk of stream) {
    for (let at = 0; at < chunk.length; ) {
      const part = chunk.subarray(at, at + size - filled);
      record.set(part, filled);
      filled += part.length;
      at += part.length;
      if (filled < size) break;
      yield record;
      record = new Uint8Array(size);
      filled = 0;
    }
  }
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

async function collect(stream: AsyncIterable<Uint8Array>): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return concatenate(chunks);
}

function concatenate(parts: readonly (TensorData | Uint32Array)[]): Uint8Array<ArrayBuffer> {
  const total = parts.reduce((sum, { byteLength }) => sum + byteLength, 0);
  const result = new Uint8Array(total);
  let at = 0;
  for (const { buffer, byteOffset, byteLength } of parts) {
    result.set(new Uint8Array(buffer, byteOffset, byteLength), at);
    at += byteLength;
  }
  return result;
}
