/** What an importer reads: bytes under a name, and a way to reach the files beside them. */
export interface ModelSource {
  /** The path as the user gave it; shown in messages, its base name names the model. */
  readonly name: string;
  readonly bytes: Uint8Array;
  /**
   * Reads a file beside the model (a weight shard). `path` is relative and stays in the folder.
   * Throws `not-found` when there is none, and `corrupt` when the path leaves the folder.
   */
  readonly sibling: (path: string) => Promise<Uint8Array>;
}
