/** Many more random shapes than the fast suite has, for every kernel. */
import { describe, expect } from 'vitest';
import { testWith } from '../support/tools.ts';
import { FAMILIES } from './support/all-cases.ts';
import { Random } from './support/random.ts';
import { nativeRunner } from './support/runners.ts';

const ROUNDS = 20;
const CASES_PER_ROUND = 100;

describe.each([32, 64] as const)('words of %i bits', (wordBits) => {
  testWith(['gcc'], `${ROUNDS * CASES_PER_ROUND} shapes per layer`, async () => {
    const { run, remove } = await nativeRunner({
      compiler: 'gcc',
      wordBits,
      flags: ['-std=c99', '-O2'],
      sanitize: true,
    });
    try {
      for (let round = 0; round < ROUNDS; round++) {
        const random = new Random(1000 * wordBits + round);
        const cases = FAMILIES.flatMap(({ weight, make }) => {
          return Array.from({ length: CASES_PER_ROUND * weight }, () => make(random));
        });
        expect(run(cases)).toEqual([]);
      }
    } finally {
      await remove();
    }
  });
});
