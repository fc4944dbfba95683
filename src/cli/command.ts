/** What every command is given. */
import type { Io } from './io.ts';

export interface CommandContext {
  readonly io: Io;
  readonly setExitCode: (code: number) => void;
}
