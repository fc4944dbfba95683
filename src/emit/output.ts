/** What the writers hand over. */
import type { TensorData } from '../ir/graph.ts';

export interface OutputFile {
  /** Relative to the output folder; without folders of its own. */
  readonly path: string;
  readonly data: string | Uint8Array;
}

/** Inputs and outputs of the source model, recorded for the test program; arrays of the ports' types. */
export interface RecordedCase {
  readonly inputs: readonly TensorData[];
  readonly outputs: readonly TensorData[];
}
