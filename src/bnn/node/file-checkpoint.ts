/** A run's checkpoint as a file. */
import { readFile } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { writeFiles } from '../../toolchain/files.ts';
import type { CheckpointStore } from '../checkpoints.ts';

/**
 * A file for `train`'s checkpoints. It is written under another name first and then renamed, so that
 * there is always a whole one, whenever the run is killed.
 */
export function fileCheckpoint(path: string): CheckpointStore {
  return {
    name: path,
    read: async () => {
      try {
        return new Uint8Array(await readFile(path));
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
        throw error;
      }
    },
    write: async (bytes) => {
      await writeFiles(dirname(path), [{ path: basename(path), data: bytes }]);
    },
  };
}
