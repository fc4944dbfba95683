/** 5,000 random shapes for each kernel of each folder, every way it can be built and run. */
import { describe, expect } from 'vitest';
import { testWith } from '../support/tools.ts';
import { Random } from './support/random.ts';
import { familiesOf, kernelsOf, WAYS } from './support/ways.ts';

const SHAPES = 5000;
const SHAPES_PER_ROUND = 500;

for (const { name, folder, tools, open } of WAYS) {
  const families = familiesOf(folder);
  if (families.length === 0) continue;
  describe(name, () => {
    testWith(tools, `${SHAPES} shapes for each of ${families.length} families`, async () => {
      const { run, remove } = await open(kernelsOf(folder));
      try {
        for (const [index, family] of families.entries()) {
          for (let round = 0; round < SHAPES / SHAPES_PER_ROUND; round++) {
            const random = new Random(1000 * index + round);
            const cases = Array.from({ length: SHAPES_PER_ROUND }, () => family.make(random));
            expect(run(cases)).toEqual([]);
          }
        }
      } finally {
        await remove();
      }
    });
  });
}
