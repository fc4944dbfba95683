/** Kernels that can do a part of their work: the parts write what the whole writes, each byte once. */
import { expect } from 'vitest';
import { takesPart } from '../../src/plan/parts.ts';
import { testWith } from '../support/tools.ts';
import { FAMILIES } from './support/all-cases.ts';
import { Random } from './support/random.ts';
import { nativeRunner } from './support/runners.ts';

const CASES = 60;
const LAYERS = /^(conv2d|dense|depthwise_conv2d|max_pool2d|average_pool2d)_/;
const WATCHED = { flags: ['-std=c99', '-O1'], sanitize: true, only: LAYERS };

for (const [compiler, wordBits] of [
  ['gcc', 64],
  ['clang', 32],
] as const) {
  testWith([compiler], `by ${compiler}, words of ${wordBits} bits`, async () => {
    const { run, remove } = await nativeRunner({ ...WATCHED, compiler, wordBits });
    try {
      const random = new Random(wordBits);
      for (const parts of [2, 3, 7]) {
        const cases = FAMILIES.filter(({ name }) => takesPart(name)).flatMap(({ weight, make }) =>
          Array.from({ length: CASES * weight }, () => make(random)),
        );
        expect(cases.length).toBeGreaterThan(0);
        expect(run(cases, parts)).toEqual([]);
      }
    } finally {
      await remove();
    }
  });
}
