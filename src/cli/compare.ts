/** How far the outputs of a compiled program are from those of the reference interpreter. */

import type { PortType } from '../ir/elements.ts';
import type { Graph } from '../ir/graph.ts';
import { Interpreter } from '../ir/reference/interpreter.ts';
import type { Port } from '../plan/program.ts';
import type { Executable, Tensors } from '../toolchain/executable.ts';
import { type Samples, sampleRange } from './samples.ts';

/** The largest error allowed in float outputs, relative to the largest |output|. */
export const TOLERANCE = 1e-4;

/** The difference of one output tensor over all samples. */
export interface OutputDifference {
  readonly name: string;
  readonly dtype: PortType;
  readonly maxAbsError: number;
  /** maxAbsError over the largest |reference output| of all samples. */
  readonly relativeError: number;
  /**
   * Samples whose largest element is the same one; of an output of one integer, which is an answer
   * itself, those with the same number.
   */
  readonly argmaxAgreement: number;
  readonly samples: number;
}

/** Collects differences of one tensor, sample by sample. */
export class DifferenceMeter {
  private readonly name: string;
  private readonly dtype: PortType;
  private maxAbsError = 0;
  private largest = 0;
  private agreeing = 0;
  private samples = 0;

  constructor(name: string, dtype: PortType) {
    this.name = name;
    this.dtype = dtype;
  }

  add(actual: ArrayLike<number>, expected: ArrayLike<number>): void {
    this.samples += 1;
    for (let i = 0; i < expected.length; i++) {
      const error = difference(actual[i] as number, expected[i] as number);
      if (error > this.maxAbsError) this.maxAbsError = error;
      const size = Math.abs(expected[i] as number);
      if (size > this.largest && size < Infinity) this.largest = size;
    }
    if (this.answer(actual) === this.answer(expected)) this.agreeing += 1;
  }

  result(): OutputDifference {
    const { name, dtype, maxAbsError, largest, agreeing, samples } = this;
    const relativeError = maxAbsError === 0 ? 0 : maxAbsError / largest;
    return {
      name,
      dtype,
      maxAbsError,
      relativeError,
      argmaxAgreement: samples === 0 ? 1 : agreeing / samples,
      samples,
    };
  }

  private answer(values: ArrayLike<number>): number {
    const isAnswer = this.dtype !== 'f32' && values.length === 1;
    return isAnswer ? (values[0] as number) : argmax(values);
  }
}

/** Are the outputs as near to the reference's as they have to be? */
export function isSame({ dtype, maxAbsError, relativeError }: OutputDifference): boolean {
  return dtype === 'f32' ? relativeError <= TOLERANCE : maxAbsError === 0;
}

/** 0 for equal numbers, infinities and NaNs among them; infinity where only one is not finite. */
function difference(actual: number, expected: number): number {
  if (Object.is(actual, expected) || actual === expected) return 0;
  const error = Math.abs(actual - expected);
  return Number.isNaN(error) ? Infinity : error;
}

/** The index of the largest element, the first of equals. */
export function argmax(values: ArrayLike<number>): number {
  let best = 0;
  for (let i = 1; i < values.length; i++) {
    if ((values[i] as number) > (values[best] as number)) best = i;
  }
  return best;
}

/** Runs both on every sample. `outputs` sees the program's outputs as they come. */
export async function compareWithReference(
  source: Graph,
  ports: readonly Port[],
  executable: Executable,
  samples: Samples,
  outputs: (index: number, actual: Tensors, expected: Tensors) => void = () => undefined,
): Promise<OutputDifference[]> {
  const interpreter = new Interpreter(source);
  const meters = ports.map(({ name, dtype }) => new DifferenceMeter(name, dtype));
  let index = 0;
  for await (const actual of executable.run(sampleRange(samples, 0, samples.count))) {
    const expected = interpreter.run(samples.sample(index));
    meters.forEach((meter, i) => {
      meter.add(actual[i] ?? [], expected[i] ?? []);
    });
    outputs(index, actual, expected);
    index += 1;
  }
  return meters.map((meter) => meter.result());
}
