/**
 * Layer by layer: what each kernel call wrote against the value of the same id in the source graph.
 * A pass that changes a value's meaning gives it a new id, so equal ids can be compared; values
 * that only the lowered graph has are left out.
 */
import type { Compilation } from '../compile.ts';
import { writtenBuffer } from '../emit/c-run.ts';
import { ARRAYS } from '../ir/elements.ts';
import { elementCount } from '../ir/graph.ts';
import type { ValueId } from '../ir/ops.ts';
import { Interpreter } from '../ir/reference/interpreter.ts';
import type { Buffer, KernelCall } from '../plan/program.ts';
import type { Executable } from '../toolchain/executable.ts';
import { DifferenceMeter } from './compare.ts';
import type { Samples } from './samples.ts';

/** The interpreter copies every value of every sample, so few must do. */
const MAX_SAMPLES = 4;

export interface LayerDifference {
  /** Index of the kernel call, from 0 on. */
  readonly call: number;
  readonly name: string;
  readonly kernel: string;
  readonly maxAbsError: number;
  readonly relativeError: number;
  /** For bits: how many of them differ, of how many. */
  readonly bits?: { readonly different: number; readonly total: number };
}

/** Needs an executable that was compiled with `trace`. */
export async function compareLayers(
  { source, program }: Compilation,
  executable: Executable,
  samples: Samples,
): Promise<LayerDifference[]> {
  const interpreter = new Interpreter(source);
  const layers = new Map<number, LayerMeter>();
  for (let index = 0; index < Math.min(samples.count, MAX_SAMPLES); index++) {
    const sample = samples.sample(index);
    const expected = interpreter.runAll(sample);
    for (const { call, bytes } of await executable.trace(sample)) {
      const kernelCall = program.calls[call] as KernelCall;
      const buffer = writtenBuffer(program, kernelCall);
      const reference = expected.get(buffer.value ?? NO_VALUE);
      if (!reference || reference.length !== elementCount(buffer.shape)) continue;
      const meter = layers.get(call) ?? new LayerMeter(call, kernelCall);
      layers.set(call, meter);
      if (buffer.dtype === 'bit') {
        meter.addBits(unpackBits(bytes, buffer, program.target.wordBits), reference);
      } else {
        const tensor = new ARRAYS[buffer.dtype](
          bytes.slice().buffer,
          0,
          elementCount(buffer.shape),
        );
        meter.addNumbers(tensor, reference);
      }
    }
  }
  return [...layers.values()].map((meter) => meter.result());
}

const NO_VALUE: ValueId = -1;

class LayerMeter {
  private readonly call: number;
  private readonly kernelCall: KernelCall;
  private readonly numbers: DifferenceMeter;
  private different = 0;
  private total = 0;

  constructor(call: number, kernelCall: KernelCall) {
    this.call = call;
    this.kernelCall = kernelCall;
    this.numbers = new DifferenceMeter(kernelCall.layer.name, 'f32');
  }

  addNumbers(actual: ArrayLike<number>, expected: ArrayLike<number>): void {
    this.numbers.add(actual, expected);
  }

  addBits(actual: Float32Array, expected: ArrayLike<number>): void {
    this.numbers.add(actual, expected);
    this.total += actual.length;
    for (let i = 0; i < actual.length; i++) {
      if (actual[i] !== expected[i]) this.different += 1;
    }
  }

  result(): LayerDifference {
    const { name, maxAbsError, relativeError } = this.numbers.result();
    const { kernel } = this.kernelCall;
    const layer = { call: this.call, name, kernel, maxAbsError, relativeError };
    if (this.total === 0) return layer;
    return { ...layer, bits: { different: this.different, total: this.total } };
  }
}

/** Rows of packed words to ±1 per element. */
function unpackBits(bytes: Uint8Array, { shape }: Buffer, wordBits: number): Float32Array {
  const channels = shape.at(-1) ?? 1;
  const rowBytes = Math.ceil(channels / wordBits) * (wordBits / 8);
  const result = new Float32Array(elementCount(shape));
  for (let i = 0; i < result.length; i++) {
    const channel = i % channels;
    const byte = bytes[Math.floor(i / channels) * rowBytes + (channel >> 3)] ?? 0;
    result[i] = (byte >> (channel & 7)) & 1 ? -1 : 1;
  }
  return result;
}
