/** Progress on stderr: a bar that shows itself after a second, and only on a terminal. */
import { Presets, SingleBar } from 'cli-progress';
import type { Io } from './io.ts';

const PATIENCE_MS = 1000;

export interface Progress {
  /** Reports that so many of the total are done. */
  readonly update: (done: number) => void;
  /** Removes the bar. */
  readonly stop: () => void;
}

export function showProgress(io: Io, label: string, total: number): Progress {
  const stream = io.stderr;
  if (stream.isTTY !== true || !isStream(stream)) {
    return { update: () => undefined, stop: () => undefined };
  }
  const start = Date.now();
  const format = `${label} {bar} {value}/{total}`;
  const bar = new SingleBar({ stream, format, clearOnComplete: true }, Presets.rect);
  let shown = false;
  return {
    update: (done) => {
      if (!shown && Date.now() - start > PATIENCE_MS) {
        bar.start(total, done);
        shown = true;
      }
      if (shown) bar.update(done);
    },
    stop: () => {
      if (shown) bar.stop();
    },
  };
}

/** A line on stderr for a step of unknown length, gone when the step is over. */
export async function withStatus<T>(io: Io, label: string, step: () => Promise<T>): Promise<T> {
  if (io.stderr.isTTY !== true) return step();
  let shown = false;
  const timer = setTimeout(() => {
    io.stderr.write(`${label} …`);
    shown = true;
  }, PATIENCE_MS);
  try {
    return await step();
  } finally {
    clearTimeout(timer);
    if (shown) io.stderr.write('\r\x1b[K');
  }
}

function isStream(sink: object): sink is NodeJS.WritableStream {
  return 'on' in sink && 'end' in sink;
}
