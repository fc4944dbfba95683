/** What the writers hand over. */

export interface OutputFile {
  /** Relative to the output folder; without folders of its own. */
  readonly path: string;
  readonly data: string | Uint8Array;
}

/** Inputs and outputs of the source model, recorded for the test program. */
export interface RecordedCase {
  readonly inputs: readonly Float32Array[];
  readonly outputs: readonly Float32Array[];
}
