/** Streaming through processes, with Node.js itself as the program. */
import { tmpdir } from 'node:os';
import { expect, test } from 'vitest';
import { BinarynetError, type Problem } from '../../src/errors.ts';
import { findProgram, runToEnd, streamThrough } from '../../src/toolchain/process.ts';

const node = process.execPath;
const MEGABYTE = 2 ** 20;

function stream(script: string, input: AsyncIterable<Uint8Array>, idleSeconds = 60) {
  return streamThrough({ command: [node, '-e', script], cwd: tmpdir(), idleSeconds }, input);
}

async function* chunks(count: number, bytes: number): AsyncGenerator<Uint8Array> {
  for (let i = 0; i < count; i++) yield new Uint8Array(bytes).fill(i);
}

async function drain(outputs: AsyncIterable<Uint8Array>): Promise<number> {
  let bytes = 0;
  for await (const chunk of outputs) bytes += chunk.length;
  return bytes;
}

async function problemOf(outputs: AsyncIterable<Uint8Array>): Promise<Problem> {
  const error: unknown = await drain(outputs).catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(BinarynetError);
  return (error as BinarynetError).problems[0] as Problem;
}

test('more goes through than any pipe holds, and the input does not run ahead', async () => {
  let sent = 0;
  async function* counted(): AsyncGenerator<Uint8Array> {
    for await (const chunk of chunks(32, MEGABYTE)) {
      sent += chunk.length;
      yield chunk;
    }
  }
  let received = 0;
  let ahead = 0;
  for await (const chunk of stream('process.stdin.pipe(process.stdout)', counted())) {
    received += chunk.length;
    ahead = Math.max(ahead, sent - received);
  }
  expect(received).toBe(32 * MEGABYTE);
  expect(ahead).toBeLessThan(8 * MEGABYTE);
});

test('a program that says nothing is stopped', async () => {
  const problem = await problemOf(stream('setInterval(() => {}, 1000)', chunks(1, 4), 0.5));
  expect(problem).toMatchObject({
    code: 'tool-failed',
    found: 'the compiled program did not answer for 0.5 s',
  });
});

test('a reader that takes its time is not mistaken for that', async () => {
  const script = 'setTimeout(() => process.stdout.write("b"), 50); process.stdout.write("a")';
  let text = '';
  for await (const chunk of stream(script, chunks(0, 0), 3)) {
    text += Buffer.from(chunk).toString();
    if (text === 'a') await new Promise((resolve) => setTimeout(resolve, 3300));
  }
  expect(text).toBe('ab');
});

test('a program that ends without reading its input: its exit code and last words count', async () => {
  const script = 'console.error("out of luck"); process.exit(9)';
  const problem = await problemOf(stream(script, chunks(64, MEGABYTE)));
  expect(problem).toMatchObject({
    found: 'the compiled program ended with exit code 9',
    detail: 'out of luck',
  });
});

test('a crash is told by its signal', async () => {
  const problem = await problemOf(stream('process.kill(process.pid, "SIGSEGV")', chunks(0, 0)));
  expect(problem.found).toBe('the compiled program was ended by SIGSEGV');
});

test('a program that can not be started is a problem, not a crash', async () => {
  const options = { command: ['/nonexistent/program'], cwd: tmpdir(), idleSeconds: 5 };
  expect((await problemOf(streamThrough(options, chunks(1, 4)))).code).toBe('tool-failed');
});

test('what a program says is kept, up to a limit', async () => {
  const script = 'console.log("x".repeat(1e6)); console.error("bad"); process.exitCode = 4';
  const result = await runToEnd(node, ['-e', script], { timeoutSeconds: 60 });
  expect(result).toMatchObject({ code: 4, signal: null, stderr: 'bad\n' });
  expect(result.stdout).toHaveLength(64 * 1024);
});

test('programs are found by path and on the PATH', () => {
  expect(findProgram(node)).toBe(node);
  expect(findProgram('/no/such/program')).toBeUndefined();
  expect(findProgram('no-such-program-anywhere')).toBeUndefined();
});
