/**
 * Where a command writes: handed in, so that tests run commands in process. Results go to stdout;
 * progress and messages to stderr. Colours follow the stream and NO_COLOR.
 */
import pc from 'picocolors';

export interface TextSink {
  readonly write: (text: string) => unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
}

export interface Io {
  readonly stdout: TextSink;
  readonly stderr: TextSink;
  readonly env: Readonly<Record<string, string | undefined>>;
}

export type Colors = ReturnType<typeof pc.createColors>;

/** Colours for one of the streams: none unless it is a terminal that wants them. */
export function colorsFor(io: Io, sink: TextSink): Colors {
  const noColor = io.env.NO_COLOR !== undefined && io.env.NO_COLOR !== '';
  return pc.createColors(sink.isTTY === true && !noColor && io.env.TERM !== 'dumb');
}

/** Writes one JSON object, the only thing on stdout with --json. JSON has no infinities: they and
 * NaN become strings, so that a broken result does not read as null. */
export function printJson(io: Io, value: object): void {
  const finite = (_key: string, item: unknown): unknown =>
    typeof item === 'number' && !Number.isFinite(item) ? String(item) : item;
  io.stdout.write(`${JSON.stringify(value, finite, 2)}\n`);
}
