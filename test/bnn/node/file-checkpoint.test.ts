/** Checkpoints in files: a run that is killed goes on as if it never was. */
import { spawn } from 'node:child_process';
import {
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { fileCheckpoint } from '../../../src/bnn/node/index.ts';

const LOADER = new URL('../../support/typescript-loader.mjs', import.meta.url).href;
const SCRIPT = fileURLToPath(new URL('train-lines.ts', import.meta.url));

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'binarynet-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Runs the script until it ends, or until it prints `killAt`; gives what it printed. */
function run(args: readonly string[], killAt?: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['--import', LOADER, SCRIPT, ...args]);
    let printed = '';
    let complaints = '';
    child.stderr.on('data', (text) => {
      complaints += text;
    });
    child.stdout.on('data', (text) => {
      printed += text;
      if (killAt && printed.includes(killAt)) child.kill('SIGKILL');
    });
    child.on('close', (code, signal) => {
      if (code === 0 || (killAt && signal === 'SIGKILL')) resolve(printed);
      else reject(new Error(`It ended with ${code ?? signal}: ${complaints}`));
    });
  });
}

const weightsIn = (printed: string) => printed.match(/weights (\w+)/)?.[1];

test('a run that is killed ends with the same weights', async () => {
  const file = join(folder, 'run', 'checkpoint.zip');
  const straight = weightsIn(await run([]));
  expect(straight).toMatch(/^[0-9a-f]{64}$/);
  const killed = await run([file], 'epoch 3 step 4');
  expect(weightsIn(killed)).toBeUndefined();
  expect(readdirSync(join(folder, 'run'))).toEqual(['checkpoint.zip']);
  const resumed = await run([file]);
  expect(resumed).toMatch(/^epoch 3 step 1\n/);
  expect(weightsIn(resumed)).toBe(straight);

  truncateSync(file, readFileSync(file).length - 10);
  await expect(run([file])).rejects.toThrow('This is no checkpoint of this version');
});

test('what is written is read again, and before that there is nothing', async () => {
  const file = join(folder, 'new', 'checkpoint.zip');
  const store = fileCheckpoint(file);
  expect(await store.read()).toBeUndefined();
  await store.write(Uint8Array.of(1, 2, 3));
  await store.write(Uint8Array.of(4, 5));
  expect(await store.read()).toEqual(Uint8Array.of(4, 5));
  writeFileSync(join(folder, 'file'), '');
  await expect(fileCheckpoint(join(folder, 'file', 'x')).read()).rejects.toThrow('ENOTDIR');
});
