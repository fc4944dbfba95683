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

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] as number;
}
