/**
 * Timing that can be trusted a little: as many runs per measurement as fill a tenth of a second,
 * at least seven measurements, the programs compared taking turns (A B A B …), and the median.
 */
import type { Executable, Tensors } from '../toolchain/executable.ts';

const ROUND_SECONDS = 0.1;
const ROUNDS = 7;

/** Seconds per run of each program, in their order. */
export async function measure(
  programs: readonly Executable[],
  sample: Tensors,
  done: (round: number) => void = () => undefined,
): Promise<number[]> {
  const repeats = [];
  for (const program of programs) repeats.push(await repeatsPerRound(program, sample));
  const times = programs.map((): number[] => []);
  for (let round = 0; round < ROUNDS; round++) {
    for (const [i, program] of programs.entries()) {
      times[i]?.push(await program.time(sample, repeats[i] as number));
    }
    done(round + 1);
  }
  return times.map(median);
}

export const MEASURE_ROUNDS = ROUNDS;

async function repeatsPerRound(program: Executable, sample: Tensors): Promise<number> {
  let repeats = 1;
  for (;;) {
    const seconds = (await program.time(sample, repeats)) * repeats;
    if (seconds >= ROUND_SECONDS / 4 || repeats >= 1e8) {
      return Math.max(1, Math.ceil((repeats * ROUND_SECONDS) / Math.max(seconds, 1e-9)));
    }
    repeats *= seconds < ROUND_SECONDS / 40 ? 8 : 4;
  }
}

/**
 * Seconds per call of each program, in their order: medians over many runs, the programs taking
 * turns. Calls for which `isRepeated` says so are made again and again for a fiftieth of a second in
 * every run, which measures them better; the others see the caches as the calls before leave them.
 */
export async function measureCalls(
  programs: readonly Executable[],
  sample: Tensors,
  isRepeated: (program: number, call: number) => boolean = () => false,
): Promise<number[][]> {
  const plans: { repeats: number[]; rounds: number }[] = [];
  for (const [index, program] of programs.entries()) {
    const once = new Array<number>(program.calls).fill(1);
    const guess = medians(await program.timeCalls(sample, once, 3));
    const repeats = guess.map((seconds, call) =>
      isRepeated(index, call) ? repeatsFor(CALL_SECONDS, seconds) : 1,
    );
    const round = guess.reduce(
      (sum, seconds, call) => sum + seconds * (repeats[call] as number),
      0,
    );
    plans.push({ repeats, rounds: Math.min(MOST_ROUNDS, repeatsFor(ROUND_SECONDS, round)) });
  }
  const found = programs.map((): (readonly number[])[] => []);
  for (let turn = 0; turn < ROUNDS; turn++) {
    for (const [i, program] of programs.entries()) {
      const { repeats, rounds } = plans[i] as (typeof plans)[number];
      found[i]?.push(...(await program.timeCalls(sample, repeats, rounds)));
    }
  }
  return found.map(medians);
}

const CALL_SECONDS = 0.02;
const MOST_ROUNDS = 1000;

function repeatsFor(wanted: number, seconds: number): number {
  return Math.max(1, Math.ceil(wanted / Math.max(seconds, 1e-9)));
}

/** Of each column. */
function medians(rows: readonly (readonly number[])[]): number[] {
  return (rows[0] ?? []).map((_, column) => median(rows.map((row) => row[column] as number)));
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] as number;
}
