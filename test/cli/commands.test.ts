/** The commands on a small model, in process. What compiles does so for wasm: it needs no tools. */
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { pathToFileURL } from 'node:url';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Problem } from '../../src/errors.ts';
import { writeNpy } from '../../src/formats/npy.ts';
import { runCli, runJson, useTemporaryFolder } from '../support/cli.ts';
import { sixtyFourths } from '../support/small-graphs.ts';
import { HIDDEN, INPUTS, OUTPUTS, writeTfjsModel } from '../support/tfjs-model.ts';

const at = useTemporaryFolder();
const SAMPLES = 20;
let model = '';

interface Errors {
  readonly code: number;
  readonly errors: readonly Problem[];
}

beforeAll(async () => {
  model = await writeTfjsModel(at('tiny'));
  const data = Float32Array.from({ length: SAMPLES * INPUTS }, sixtyFourths(5));
  await writeFile(at('x.npy'), writeNpy({ dtype: 'f4', shape: [SAMPLES, INPUTS], data }));
  const labels = Uint8Array.from({ length: SAMPLES }, (_, i) => i % OUTPUTS);
  await writeFile(at('y.npy'), writeNpy({ dtype: 'u1', shape: [SAMPLES], data: labels }));
});

describe('compile', () => {
  test('writes C, weights, build files and a test program, and describes them', async () => {
    const out = at('out-c');
    const result = await runJson<{
      readonly files: readonly string[];
      readonly weightsBytes: number;
      readonly arenaBytes: number;
      readonly kernels: readonly { readonly name: string; readonly count: number }[];
      readonly layers: readonly Readonly<Record<string, unknown>>[];
    }>('compile', model, '-o', out, '--target', 'portable');
    expect(result.code).toBe(0);
    const names = ['CMakeLists.txt', 'Makefile', 'test_tiny.c', 'tiny.c', 'tiny.h', 'tiny.weights'];
    expect((await readdir(out)).sort()).toEqual(names);
    expect([...result.files].sort()).toEqual(names.map((name) => at('out-c', name)));
    expect((await readFile(at('out-c', 'tiny.weights'))).length).toBe(result.weightsBytes);
    expect(result.arenaBytes).toBeGreaterThanOrEqual(4 * HIDDEN);
    expect(result.layers.reduce((sum, layer) => sum + (layer.macs as number), 0)).toBe(
      INPUTS * HIDDEN + HIDDEN * OUTPUTS,
    );
    const counted = result.kernels.reduce((sum, { count }) => sum + count, 0);
    expect(counted).toBe(result.layers.length);
    for (const key of ['name', 'op', 'kernel', 'macs', 'weightBytes', 'outputBytes']) {
      expect(result.layers[0]).toHaveProperty(key);
    }
  });

  test('for wasm writes a module that runs', async () => {
    const { code, stdout } = await runCli('compile', model, '-o', at('w'), '--target', 'wasm');
    expect(code).toBe(0);
    expect(stdout).toContain('tiny.wasm');
    const module = (await import(pathToFileURL(at('w', 'tiny.js')).href)) as {
      load: () => Promise<{ run: (x: Float32Array) => Float32Array }>;
    };
    const net = await module.load();
    expect(net.run(new Float32Array(INPUTS))).toHaveLength(OUTPUTS);
  });

  test('embeds the weights when asked, but not for wasm', async () => {
    const embed = ['compile', model, '--weights', 'embed', '-o', at('embed')];
    expect((await runCli(...embed, '--target', 'portable')).code).toBe(0);
    expect(await readdir(at('embed'))).toContain('tiny_weights.c');
    const { code, errors } = await runJson<Errors>(...embed, '--target', 'wasm');
    expect([code, errors[0]?.code]).toEqual([2, 'usage']);
  });

  test('leaves nothing behind where it can not write', async () => {
    await writeFile(at('a-file'), '');
    const folder = at('a-file', 'out');
    const { code, errors } = await runJson<Errors>('compile', model, '-o', folder);
    expect([code, errors[0]?.code]).toEqual([2, 'unwritable']);
    expect(await readFile(at('a-file'), 'utf8')).toBe('');
  });

  test('leaves nothing behind when the model has layers that can not be exported', async () => {
    const extraLayers = [
      { class_name: 'Lambda', config: { name: 'first_lambda' } },
      { class_name: 'MyLayer', config: { name: 'mine' } },
    ];
    const path = await writeTfjsModel(at('bad'), { extraLayers });
    const { code, errors } = await runJson<Errors>('compile', path, '-o', at('bad-out'));
    expect(code).toBe(2);
    expect(errors.map(({ node }) => node?.name)).toEqual(['first_lambda', 'mine']);
    expect(errors.map(({ file }) => file)).toEqual([path, path]);
    expect(await readdir(at())).not.toContain('bad-out');
  });

  test('hostile names stay out of paths, of C and of the terminal', async () => {
    const path = await writeTfjsModel(at('hostile'), {
      modelName: '../../evil',
      layerNames: ['*/ system("x"); /*', '../../evil\u001b[2J'],
    });
    const out = at('hostile-out');
    const { code, stdout } = await runCli('compile', path, '-o', out, '--target', 'portable');
    expect(code).toBe(0);
    expect(stdout).not.toContain('\u001b');
    expect((await readdir(out)).every((name) => /^[A-Za-z_.]+$/.test(name))).toBe(true);
    const c = await readFile(at('hostile-out', 'hostile.c'), 'utf8');
    expect(c.replace(/\/\*[\s\S]*?\*\//g, '')).not.toContain('system(');
  });

  test('--name is a prefix and not a path', async () => {
    const out = at('named');
    const { code } = await runCli('compile', model, '-o', out, '--name', '../x y', '--no-binary');
    expect(code).toBe(0);
    expect(await readdir(out)).toContain('x_y.c');
  });
});

describe('verify', () => {
  test('says that the program is the model, layer by layer', async () => {
    const result = await runJson<{
      readonly same: boolean;
      readonly samples: number;
      readonly outputs: readonly { readonly argmaxAgreement: number; relativeError: number }[];
      readonly layers: readonly { readonly bits?: { readonly different: number } }[];
    }>('verify', model, '--target', 'wasm', '--layers', '--random', '9');
    expect(result).toMatchObject({ code: 0, same: true, samples: 9 });
    expect(result.outputs[0]?.argmaxAgreement).toBe(1);
    expect(result.layers.find(({ bits }) => bits)?.bits?.different).toBe(0);
  });

  test('takes inputs from a file, and says so to a person', async () => {
    const { code, stdout, stderr } = await runCli(
      ...['verify', model, '--target', 'wasm', '--inputs', at('x.npy')],
    );
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toContain('20 samples, target wasm, clang (WebAssembly)');
  });

  test('as many input files as inputs are needed', async () => {
    const twice = ['--inputs', at('x.npy'), '--inputs', at('x.npy')];
    const { code, errors } = await runJson<Errors>('verify', model, '--target', 'wasm', ...twice);
    expect([code, errors[0]?.code]).toEqual([2, 'bad-input']);
  });
});

describe('eval', () => {
  const data = () => ['--inputs', at('x.npy'), '--labels', at('y.npy')];

  interface Result {
    readonly samples: number;
    readonly correct: number;
    readonly top1: number;
    readonly target: string;
    readonly argmaxAgreement?: number;
    readonly maxAbsError?: number;
  }

  test('the program and the reference give the same accuracy', async () => {
    const compiled = await runJson<Result>(
      ...['eval', model, ...data(), '--target', 'wasm', '--reference-check'],
    );
    const reference = await runJson<Result>('eval', model, ...data(), '--reference');
    expect(compiled).toMatchObject({ samples: SAMPLES, target: 'wasm', argmaxAgreement: 1 });
    expect(compiled.maxAbsError).toBeLessThan(1e-5);
    expect(reference).toMatchObject({ correct: compiled.correct, target: 'reference' });
    expect(compiled.top1).toBe(compiled.correct / SAMPLES);
  });

  test('--limit takes the first samples', async () => {
    const result = await runJson<Result>('eval', model, ...data(), '--reference', '--limit', '7');
    expect(result.samples).toBe(7);
  });

  test('--affine changes what the network sees', async () => {
    const data = Float32Array.from({ length: INPUTS }, () => 1);
    await writeFile(at('one.npy'), writeNpy({ dtype: 'f4', shape: [1, INPUTS], data }));
    const correct = [];
    for (const [affine, label] of [
      ['1,0', 0],
      ['1,0', 1],
      ['1,0', 2],
      ['-1,0', 0],
      ['-1,0', 1],
      ['-1,0', 2],
    ] as const) {
      const labels = Uint8Array.of(label);
      await writeFile(at('label.npy'), writeNpy({ dtype: 'u1', shape: [1], data: labels }));
      const files = ['--inputs', at('one.npy'), '--labels', at('label.npy')];
      const result = await runJson<Result>(
        ...['eval', model, ...files, '--affine', affine, '--reference'],
      );
      correct.push(result.correct);
    }
    // Exactly one answer per input, and the negated input has another one.
    expect(
      [correct.slice(0, 3), correct.slice(3)].map((row) => row.filter(Boolean).length),
    ).toEqual([1, 1]);
    expect(correct.slice(0, 3)).not.toEqual(correct.slice(3));
  });

  test('labels that the network does not have are refused', async () => {
    const labels = Uint8Array.from({ length: SAMPLES }, (_, i) => i);
    await writeFile(at('many.npy'), writeNpy({ dtype: 'u1', shape: [SAMPLES], data: labels }));
    const files = ['--inputs', at('x.npy'), '--labels', at('many.npy')];
    const { code, errors } = await runJson<Errors>('eval', model, ...files, '--reference');
    expect(code).toBe(2);
    expect(errors[0]?.found).toContain('label 3 is 3, but the network has 3 classes');
  });

  test('a missing --labels is a usage error', async () => {
    const { code, errors } = await runJson<Errors>('eval', model, '--inputs', at('x.npy'));
    expect([code, errors[0]?.code]).toEqual([2, 'usage']);
  });
});

describe('inspect', () => {
  test('shows every kernel call, the totals, and what stays float', async () => {
    const { code, stdout, stderr } = await runCli('inspect', model, '--target', 'portable');
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toContain('hidden');
    expect(stdout).toMatch(/^weights +1\.86 KiB$/m);
    expect(stdout).toContain('440 multiply-adds, 72.7 % of them binary');
    expect(stdout).toContain('Layers that multiply in float, and why:');
  });

  test('writes the report', async () => {
    const { code } = await runCli('inspect', model, '--html', at('report.html'));
    expect(code).toBe(0);
    expect(await readFile(at('report.html'), 'utf8')).toMatch(/^<!doctype html>/);
  });
});
