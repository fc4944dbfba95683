/**
 * Damaged ONNX files: each ends in C or in a problem, within 5 seconds and 1 GB. Here 1,500
 * mutations; the slow suite goes through 100,000.
 */
import { describe, expect, test } from 'vitest';
import {
  MUTATED_MODELS,
  modelBytes,
  outcome,
  outcomesOfMutations,
} from '../../support/hostile-onnx.ts';

describe.each(MUTATED_MODELS)('%s', (name) => {
  test('is compiled as it is', async () => {
    expect(await outcome(modelBytes(name), name)).toBe('ok');
  });

  test('cut off anywhere, is a problem', async () => {
    const whole = modelBytes(name);
    for (let length = 0; length < whole.length; length += Math.ceil(whole.length / 60)) {
      expect(await outcome(whole.subarray(0, length), `${length} bytes`)).not.toBe('ok');
    }
  });

  test('with changed bytes, is C or a problem', async () => {
    const outcomes = await outcomesOfMutations(name, 0, 500);
    expect([...outcomes.keys()]).toContain('corrupt');
    expect([...outcomes.keys()]).toContain('ok');
  }, 120_000);
});
