/**
 * The kernels of each instruction set against the reference, once for each processor, whatever they
 * read or write having pages beside it that may not be touched. The slow suite has all ways.
 */
import { expect, test } from 'vitest';
import { testWith } from '../support/tools.ts';
import { Random } from './support/random.ts';
import { familiesOf, foldersWithoutAWay, kernelsOf, WAYS } from './support/ways.ts';

const CASES = 60;
/** All kernels of a folder are one file, which compilers take their time for. */
const TIMEOUT = 600_000;

test('every folder that a target names is run in some way', () => {
  expect(foldersWithoutAWay()).toEqual([]);
});

for (const { name, folder, tools, open } of WAYS.filter(({ isQuick }) => isQuick)) {
  const families = familiesOf(folder);
  if (families.length === 0) continue;
  const body = async (): Promise<void> => {
    const { run, remove } = await open(kernelsOf(folder));
    try {
      const random = new Random(name.length);
      const cases = families.flatMap(({ weight, make }) => {
        return Array.from({ length: Math.max(15, CASES * weight) }, () => make(random));
      });
      expect(run(cases)).toEqual([]);
    } finally {
      await remove();
    }
  };
  testWith(tools, name, body, TIMEOUT);
}
