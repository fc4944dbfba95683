import { expect, test } from 'vitest';
import { measure } from '../../src/cli/stopwatch.ts';
import type { Executable } from '../../src/toolchain/executable.ts';

/** Takes `seconds` per run; every third measurement is disturbed. */
function program(name: string, seconds: number, log: string[]): Executable {
  let calls = 0;
  return {
    compiler: name,
    run: () => {
      throw new Error('not run');
    },
    calls: 0,
    timeCalls: async () => [],
    clockRate: async () => undefined,
    trace: async () => [],
    close: async () => undefined,
    time: async (_sample, repeats) => {
      log.push(`${name} ${repeats}`);
      calls += 1;
      return calls % 3 === 0 ? 10 * seconds : seconds;
    },
  };
}

test('takes turns, fills a tenth of a second per round, and gives the median', async () => {
  const log: string[] = [];
  const programs = [program('a', 1e-5, log), program('b', 0.5, log)];
  const rounds: number[] = [];
  expect(await measure(programs, [], (round) => rounds.push(round))).toEqual([1e-5, 0.5]);
  expect(rounds).toEqual([1, 2, 3, 4, 5, 6, 7]);
  const turns = log.slice(-14);
  expect(turns.map((line) => line.split(' ')[0]).join('')).toBe('ab'.repeat(7));
  expect(turns[1]).toBe('b 1');
  const repeats = Number(turns[0]?.split(' ')[1]);
  expect(repeats).toBeGreaterThanOrEqual(1e3);
  expect(repeats).toBeLessThanOrEqual(2e4);
});
