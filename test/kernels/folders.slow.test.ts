/**
 * 5,000 random shapes for each kernel of each folder, in every way it can be built and run:
 * `npm run test:slow -- test/kernels/folders.slow.test.ts`, with `-t "neon "` for one folder.
 */
import { afterAll, describe, expect, test } from 'vitest';
import { testWith } from '../support/tools.ts';
import { Random } from './support/random.ts';
import { familiesOf, kernelsOf, type OpenRunner, WAYS } from './support/ways.ts';

const SHAPES = 5000;
const SHAPES_PER_ROUND = 500;

describe.each([...new Set(WAYS.map(({ folder }) => folder))])('%s', (folder) => {
  const families = familiesOf(folder);
  const runners: (OpenRunner & { readonly way: string })[] = [];
  afterAll(async () => {
    for (const { remove } of runners) await remove();
  });

  const ways = WAYS.filter((way) => way.folder === folder && families.length > 0);
  for (const { name, tools, open } of ways) {
    testWith(tools, `is built: ${name}`, async () => {
      runners.push({ ...(await open(kernelsOf(folder))), way: name });
    });
  }

  test.each(
    families.map((family, index) => [family.name, family, index] as const),
  )(`${SHAPES} shapes of %s, in all ways`, (_name, family, index) => {
    expect(runners).not.toEqual([]);
    for (let round = 0; round < SHAPES / SHAPES_PER_ROUND; round++) {
      const random = new Random(1000 * index + round);
      const cases = Array.from({ length: SHAPES_PER_ROUND }, () => family.make(random));
      for (const { run, way } of runners) expect(run(cases), way).toEqual([]);
    }
  });
});
