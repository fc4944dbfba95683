/** What does not depend on a model: help, usage, targets, files that are no models. */
import { readFile, writeFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import type { Problem } from '../../src/errors.ts';
import { TARGETS } from '../../src/plan/targets.ts';
import { runCli, runJson, useTemporaryFolder } from '../support/cli.ts';
import { writeTfjsModel } from '../support/tfjs-model.ts';

const at = useTemporaryFolder();
const COMMANDS = ['compile', 'verify', 'eval', 'inspect', 'bench', 'targets'];

interface Errors {
  readonly code: number;
  readonly errors: readonly Problem[];
}

test('without arguments, and with --help, it says what there is', async () => {
  for (const argv of [[], ['--help']]) {
    const { code, stdout, stderr } = await runCli(...argv);
    expect([code, stderr]).toEqual([0, '']);
    for (const command of COMMANDS) expect(stdout).toContain(`  ${command} `);
    expect(stdout).toContain('Examples:');
  }
});

test.each(COMMANDS)('%s --help has examples of itself', async (command) => {
  const { code, stdout } = await runCli(command, '--help');
  expect(code).toBe(0);
  expect(stdout).toContain('--json');
  expect(stdout.split('Examples:')[1]).toContain(`binarynet ${command}`);
});

test('--version is that of the package', async () => {
  const { code, stdout } = await runCli('--version');
  expect([code, /^\d+\.\d+\.\d+\n$/.test(stdout)]).toEqual([0, true]);
});

test('targets are listed, for a person and as JSON', async () => {
  const { stdout } = await runCli('targets');
  const { code, targets } = await runJson<{ targets: { name: string }[] }>('targets');
  expect(code).toBe(0);
  expect(targets.map(({ name }) => name)).toEqual(TARGETS.map(({ name }) => name));
  for (const { name } of TARGETS) expect(stdout).toContain(name);
});

describe('usage errors end with 2, and with JSON when that is asked for', () => {
  test.each([
    [['nonsense'], 'nonsense'],
    [['inspect'], 'model'],
    [['inspect', 'm.h5', '--colour'], '--colour'],
    [['inspect', 'm.h5', 'n.h5'], 'arguments'],
    [['eval', 'm.h5', '--inputs', 'x', '--labels', 'y', '--limit', '0'], '--limit'],
    [['eval', 'm.h5', '--inputs', 'x', '--labels', 'y', '--affine', '1'], '--affine'],
    [['eval', 'm.h5', '--inputs', 'x', '--labels', 'y', '--affine', '1,x'], '--affine'],
    [['verify', 'm.h5', '--shape', 'image'], '--shape'],
    [['compile', 'm.h5', '--weights', 'cloud'], '--weights'],
  ])('%j', async (argv, part) => {
    const { code, stdout, stderr } = await runCli(...argv);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(/^error: /);
    expect(stderr).toContain(part);
    const { errors } = await runJson<Errors>(...argv);
    expect(errors[0]?.code).toBe('usage');
  });

  test('an unknown target names the known ones', async () => {
    const model = await writeTfjsModel(at('model'));
    const { code, errors } = await runJson<Errors>('inspect', model, '--target', 'z80');
    expect([code, errors[0]?.code]).toEqual([2, 'usage']);
    expect(errors[0]?.fix).toContain('wasm, host, portable');
  });
});

describe('files that are no models', () => {
  test.each([
    ['missing.h5', undefined, 'not-found'],
    ['empty.h5', '', 'unknown-format'],
    ['text.keras', 'hello', 'unknown-format'],
    ['broken.json', '{"modelTopology": ', 'corrupt'],
    ['empty.json', '{}', 'unknown-format'],
    ['hdf5.h5', '\x89HDF\r\n\x1a\n', 'corrupt'],
  ])('%s', async (name, content, expected) => {
    if (content !== undefined) await writeFile(at(name), content, 'latin1');
    const { code, errors } = await runJson<Errors>('inspect', at(name));
    expect([code, errors[0]?.code, errors[0]?.file]).toEqual([2, expected, at(name)]);
  });

  test('a folder', async () => {
    const { code, errors } = await runJson<Errors>('inspect', at());
    expect([code, errors[0]?.code]).toEqual([2, 'not-found']);
  });

  test('a shard that is missing, cut, or outside the folder', async () => {
    const missing = await writeTfjsModel(at('missing'), { shard: 'a.bin' });
    const text = await readFile(missing, 'utf8');
    await writeFile(missing, text.replace('a.bin', 'b.bin'));
    expect((await runJson<Errors>('inspect', missing)).errors[0]?.code).toBe('not-found');
    const cut = await writeTfjsModel(at('cut'), { cut: 4 });
    expect((await runJson<Errors>('inspect', cut)).errors[0]?.code).toBe('corrupt');
    const outside = await writeTfjsModel(at('outside', 'in'), { shard: '../secret.bin' });
    expect((await runJson<Errors>('inspect', outside)).errors[0]?.code).toBe('corrupt');
  });
});

test('a compiler that is not there', async () => {
  const model = await writeTfjsModel(at('cc'));
  const { code, errors } = await runJson<Errors>('verify', model, '--cc', 'no-such-cc');
  expect([code, errors[0]?.code]).toEqual([2, 'missing-tool']);
});
