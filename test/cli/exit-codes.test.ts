/** What `main` makes of programs that are wrong, and of defects; running is replaced by a fake. */
import { beforeAll, expect, test, vi } from 'vitest';
import type { Executable, Tensors } from '../../src/toolchain/executable.ts';
import { runCli, runJson, useTemporaryFolder } from '../support/cli.ts';
import { OUTPUTS, writeTfjsModel } from '../support/tfjs-model.ts';

const fake = vi.hoisted(() => ({ open: (): Executable => ({}) as Executable }));
vi.mock('../../src/cli/pipeline.ts', async (original) => ({
  ...(await original<object>()),
  openWith: async () => fake.open(),
}));

const at = useTemporaryFolder();
let model = '';
beforeAll(async () => {
  model = await writeTfjsModel(at('tiny'));
});

/** Gives the same numbers for every sample. */
function constantProgram(value: number): Executable & { closed: boolean } {
  return {
    compiler: 'fake',
    closed: false,
    async *run(samples): AsyncGenerator<Tensors> {
      for await (const _ of samples) yield [new Float32Array(OUTPUTS).fill(value)];
    },
    calls: 0,
    time: async () => 1,
    timeCalls: async (_sample, _repeats, rounds) => new Array(rounds).fill([]),
    clockRate: async () => undefined,
    trace: async () => [],
    async close() {
      this.closed = true;
    },
  };
}

test.each([
  1,
  Number.NaN,
  Number.POSITIVE_INFINITY,
])('verify ends with 1 when the program gives %d instead', async (value) => {
  const program = constantProgram(value);
  fake.open = () => program;
  const { code, stdout, stderr } = await runCli('verify', model, '--random', '3');
  expect([code, stderr]).toEqual([1, '']);
  expect(stdout).toContain('The program differs from the model: 3 samples');
  expect(program.closed).toBe(true);
  const result = await runJson<{ same: boolean }>('verify', model, '--random', '3');
  expect(result).toMatchObject({ code: 1, same: false });
});

test('a defect ends with 70, asks for a report, and keeps stdout JSON', async () => {
  fake.open = () => {
    throw new TypeError('x is not a function');
  };
  const plain = await runCli('verify', model);
  expect([plain.code, plain.stdout]).toEqual([70, '']);
  expect(plain.stderr).toMatch(/a defect of binarynet[\s\S]*x is not a function[\s\S]*at /);
  const { code, defect } = await runJson<{ defect: string }>('verify', model);
  expect([code, defect.split('\n')[0]]).toEqual([70, 'TypeError: x is not a function']);
});

test('bench gives times of the network and of its float version', async () => {
  fake.open = () => constantProgram(0);
  const result = await runJson<Readonly<Record<string, unknown>>>('bench', model);
  expect(result).toMatchObject({
    code: 0,
    name: 'tiny',
    macs: 440,
    binaryMacs: 320,
    secondsPerInference: 1,
    speedup: 1,
    compiler: 'fake',
  });
  expect((await runCli('bench', model)).stdout).toMatch(/tiny +440 +1\.00 s .* 1\.00×/);
});
