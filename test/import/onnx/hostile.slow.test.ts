/** 100,000 mutations of three ONNX models: each ends in C or in a problem, in 5 seconds and 1 GB. */
import { expect, test } from 'vitest';
import { MUTATED_MODELS, outcomesOfMutations } from '../../support/hostile-onnx.ts';

const EACH = Math.ceil(100_000 / MUTATED_MODELS.length);

test.each(MUTATED_MODELS)(`${EACH} mutations of %s`, async (name) => {
  const outcomes = await outcomesOfMutations(name, 1000, EACH);
  expect([...outcomes.values()].reduce((sum, count) => sum + count, 0)).toBe(EACH);
});
