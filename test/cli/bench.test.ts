/** What `bench` makes of measured times; compiling and running are replaced by a fake. */
import { beforeAll, expect, test, vi } from 'vitest';
import { KINDS, kernelNetwork, LAYERS } from '../../src/cli/bench/kernel-network.ts';
import { type KernelTable, kernelTables } from '../../src/cli/bench/kernel-times.ts';
import type { Io } from '../../src/cli/io.ts';
import { planProgram } from '../../src/plan/plan.ts';
import type { Program } from '../../src/plan/program.ts';
import { targetNamed } from '../../src/plan/targets.ts';
import type { Executable } from '../../src/toolchain/executable.ts';
import { loadKernelSources } from '../../src/toolchain/kernel-sources.ts';
import { runCli, runJson, useTemporaryFolder } from '../support/cli.ts';
import { writeTfjsModel } from '../support/tfjs-model.ts';

const CLOCK = 2e9;
const SINK = { write: () => true };
const SILENT: Io = { stdout: SINK, stderr: SINK, env: {} };

/** A call takes a millisecond, one on bits a tenth of it, and several threads share all evenly. */
function fakeProgram({ calls }: Program, threads = 1): Executable {
  const seconds = calls.map(({ kernel }) => (/_b1_b1_/.test(kernel) ? 1e-4 : 1e-3));
  const all = seconds.reduce((sum, time) => sum + time, 0) / threads;
  return {
    compiler: 'fake',
    calls: calls.length,
    run: () => {
      throw new Error('not run');
    },
    time: async () => all,
    timeCalls: async (_sample, _repeats, rounds) => Array.from({ length: rounds }, () => seconds),
    clockRate: async () => CLOCK,
    trace: async () => [],
    close: async () => undefined,
  };
}

vi.mock('../../src/cli/pipeline.ts', async (original) => ({
  ...(await original<object>()),
  openWith: async ({ program }: { program: Program }, options: { threads?: number }) =>
    fakeProgram(program, options.threads),
}));

const at = useTemporaryFolder();
let model = '';
beforeAll(async () => {
  model = await writeTfjsModel(at('tiny'));
});

/** The same layers with few channels, which are packed faster. */
const SMALL = LAYERS.map((layer) => ({
  ...layer,
  input: [...layer.input.slice(0, -1), 64],
  filters: 64,
}));

test('each layer of the table is one kernel of each kind, float first', () => {
  const kernels = loadKernelSources();
  const { calls } = planProgram(kernelNetwork(SMALL), targetNamed('portable'), {
    name: 'k',
    kernels,
  });
  const types = ['f32_f32_f32', 'i8_i8_i8', 'f32_b1_f32', 'i8_b1_i8', 'b1_b1_b1'];
  const layers = calls.filter(({ macs }) => macs > 0).map(({ kernel }) => kernel);
  expect(layers).toEqual(
    LAYERS.flatMap(({ window }) =>
      types.map((type) => `${window === undefined ? 'dense' : 'conv2d'}_${type}__scalar`),
    ),
  );
  expect(KINDS.map(({ name }) => name)[0]).toBe('float');
});

test('bench without a model: speeds, per cycle, and against float', async () => {
  const result = await runJson<KernelTable>('bench', '--target', 'portable');
  expect(result).toMatchObject({ code: 0, compiler: 'fake', target: 'portable', clockGHz: 2 });
  expect(result.layers.map(({ macs }) => macs)).toEqual([
    4096 ** 2,
    9 * 256 ** 2 * 14 ** 2,
    9 * 64 ** 2 * 56 ** 2,
    512 ** 2 * 7 ** 2,
  ]);
  expect(result.layers[0]?.kinds[4]).toEqual({
    kind: 'binary',
    kernel: 'dense_b1_b1_b1__scalar',
    seconds: 1e-4,
    gops: expect.closeTo(335.544, 3),
    gmacsPerSecond: expect.closeTo(167.772, 3),
    macsPerCycle: expect.closeTo(83.886, 3),
    speedup: expect.closeTo(10, 6),
  });
  const text = kernelTables(SILENT, result);
  expect(text).toMatch(/dense, 4096 to 4096, batch 1 \(16\.8 M multiply-adds\)/);
  expect(text).toMatch(/ binary +100 µs +335\.5 +167\.8 +83\.9 +10\.0×/);
  expect(text).toMatch(/Target portable, fake, one core, 2\.00 GHz\./);
});

test('bench with a model: its layers, and on threads', async () => {
  const options = ['bench', model, '--target', 'portable', '--threads', '2'];
  const result = await runJson<{
    layers: { name: string; seconds: number }[];
    secondsPerInference: number;
  }>(...options);
  expect(result).toMatchObject({
    code: 0,
    name: 'tiny',
    threads: { count: 2, splitCalls: 0, speedup: 2 },
  });
  const sum = result.layers.reduce((total, { seconds }) => total + seconds, 0);
  expect(sum).toBeCloseTo(result.secondsPerInference, 9);
  const { stdout } = await runCli(...options);
  expect(stdout).toMatch(/On 2 threads .* 2\.00× as fast as on one: no layer is worth splitting\./);
});

test('threads are for networks and for native targets', async () => {
  expect(await runJson('bench', '--threads', '2')).toMatchObject({ code: 2 });
  expect(await runJson('bench', model, '--threads', '2', '--target', 'wasm')).toMatchObject({
    code: 2,
  });
});
