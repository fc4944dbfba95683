/**
 * A compiled program that runs here, whatever it was compiled to. Samples stream in and outputs
 * stream back, in order; a sample is one array per input of the network.
 */
import type { TensorData } from '../ir/graph.ts';

/** One array per input or output of the network, of the type that the port has. */
export type Tensors = readonly TensorData[];

/** What a call of the program computed, as it lies in memory. */
export interface TracedCall {
  /** Index into the program's calls; the call whose first written buffer this is. */
  readonly call: number;
  readonly bytes: Uint8Array;
}

export interface Executable {
  /** What compiled it: "clang (WebAssembly)", "/usr/bin/gcc". */
  readonly compiler: string;
  /** How many calls of kernels it has. */
  readonly calls: number;
  /** The outputs of each sample. */
  run(samples: Iterable<Tensors> | AsyncIterable<Tensors>): AsyncGenerator<Tensors>;
  /** Seconds per run of one sample, by the clock on the wall: the median of `repeats` runs. */
  time(sample: Tensors, repeats: number): Promise<number>;
  /**
   * Seconds that each call of the program takes, by the clock on the wall, in each of so many runs;
   * call i is repeated repeats[i] times and averaged. For programs compiled with `timed` only.
   */
  timeCalls(
    sample: Tensors,
    repeats: readonly number[],
    rounds: number,
  ): Promise<readonly (readonly number[])[]>;
  /** Cycles per second of the processor that it runs on; undefined where that can't be told. */
  clockRate(): Promise<number | undefined>;
  /** What each layer computes; for programs compiled with `trace` only. */
  trace(sample: Tensors): Promise<readonly TracedCall[]>;
  close(): Promise<void>;
}
