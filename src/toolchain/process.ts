/**
 * Runs programs of this machine: finding them on PATH, collecting what they say, and streaming
 * binary records through them at their own pace.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, isAbsolute, join } from 'node:path';
import { BinarynetError, fail, type Problem } from '../errors.ts';

/** How much of a program's messages is kept. */
const MESSAGE_LIMIT = 64 * 1024;

/** The full path of a program, or undefined. A name with a slash is taken as a path. */
export function findProgram(name: string): string | undefined {
  const folders = (process.env.PATH ?? '').split(delimiter).filter((folder) => folder !== '');
  const candidates =
    isAbsolute(name) || name.includes('/') ? [name] : folders.map((folder) => join(folder, name));
  return candidates.find((path) => {
    try {
      accessSync(path, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

export interface Finished {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program to its end and returns what it wrote. */
export async function runToEnd(
  program: string,
  args: readonly string[],
  options: { readonly cwd?: string; readonly timeoutSeconds: number },
): Promise<Finished> {
  const child = spawn(program, args, {
    cwd: options.cwd,
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: options.timeoutSeconds * 1000,
    killSignal: 'SIGKILL',
  });
  const stdout = collectText(child.stdout);
  const stderr = collectText(child.stderr);
  const [code, signal] = await ended(child);
  return { code, signal, stdout: stdout(), stderr: stderr() };
}

export interface StreamOptions {
  /** The program and its arguments. */
  readonly command: readonly string[];
  readonly cwd: string;
  /** The program is stopped when it says nothing for so long while it is being waited for. */
  readonly idleSeconds: number;
}

/**
 * Feeds `input` to a program's stdin while yielding its stdout as it comes. Neither side runs ahead
 * further than the pipes hold. Throws `tool-failed` when the program ends with an error.
 */
export async function* streamThrough(
  options: StreamOptions,
  input: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  const [program = '', ...args] = options.command;
  const child = spawn(program, args, {
    cwd: options.cwd,
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const stderr = collectText(child.stderr);
  const end = ended(child);
  end.catch(() => undefined);
  const feeding = feed(child, input);
  let idle = false;
  const watch = (): NodeJS.Timeout =>
    setTimeout(() => {
      idle = true;
      child.kill('SIGKILL');
    }, options.idleSeconds * 1000);
  let watchdog = watch();
  try {
    for await (const chunk of child.stdout) {
      // The time that the reader takes is not the program's.
      clearTimeout(watchdog);
      yield chunk as Uint8Array;
      watchdog = watch();
    }
    const inputError = await feeding;
    if (inputError) throw inputError.error;
    const [code, signal] = await end;
    if (code !== 0) failedRun(options, idle, code, signal, stderr());
  } finally {
    clearTimeout(watchdog);
    if (child.exitCode === null) child.kill('SIGKILL');
  }
}

function failedRun(
  options: StreamOptions,
  idle: boolean,
  code: number | null,
  signal: NodeJS.Signals | null,
  stderr: string,
): never {
  const how = idle
    ? `did not answer for ${options.idleSeconds} s`
    : signal
      ? `was ended by ${signal}`
      : `ended with exit code ${code}`;
  return fail({
    code: 'tool-failed',
    found: `the compiled program ${how}`,
    detail: stderr.trim(),
  });
}

/** Writes all of `input`, then closes. Returns an error of the input itself; a closed pipe is
 * not one, since the program's exit code tells more. */
async function feed(
  child: ChildProcess,
  input: AsyncIterable<Uint8Array>,
): Promise<{ readonly error: unknown } | undefined> {
  const { stdin } = child;
  if (!stdin) return undefined;
  const closed = new Promise<void>((resolve) => {
    stdin.on('error', () => resolve());
    stdin.on('close', () => resolve());
  });
  try {
    for await (const chunk of input) {
      if (stdin.destroyed) break;
      if (stdin.write(chunk)) continue;
      await Promise.race([new Promise((resolve) => stdin.once('drain', resolve)), closed]);
    }
  } catch (error) {
    child.kill('SIGKILL');
    return { error };
  } finally {
    stdin.end();
  }
  return undefined;
}

/** Resolves when the program has ended and its pipes are closed. */
function ended(child: ChildProcess): Promise<[number | null, NodeJS.Signals | null]> {
  return new Promise((resolve, reject) => {
    child.on('error', (error) => {
      const problem: Problem = {
        code: 'tool-failed',
        found: `a program can not be run: ${error.message}`,
      };
      reject(new BinarynetError(problem));
    });
    child.on('close', (code, signal) => resolve([code, signal]));
  });
}

function collectText(stream: NodeJS.ReadableStream): () => string {
  let text = '';
  stream.setEncoding('utf8');
  stream.on('data', (chunk: string) => {
    if (text.length < MESSAGE_LIMIT) text += chunk.slice(0, MESSAGE_LIMIT - text.length);
  });
  return () => text;
}
