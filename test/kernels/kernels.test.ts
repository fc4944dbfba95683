import { beforeAll, describe, expect, test } from 'vitest';
import { FAMILIES } from './support/all-cases.ts';
import type { CaseRunner } from './support/case-runner.ts';
import { ACTIVATIONS, KERNELS, snakeCase } from './support/driver.ts';
import { UNARY_SAMPLES } from './support/elementwise-cases.ts';
import { Random } from './support/random.ts';
import { wasmRunner } from './support/wasm-runner.ts';

const CASES = 200;

/** Words matter to kernels that meet bits, and to depthwise ones, which go by words. */
const USES_WORDS = /b1|depthwise/;

test('every kernel and every activation has cases', () => {
  const tested = new Set(FAMILIES.map(({ name }) => name.split(' ')[0]));
  expect([...tested].sort()).toEqual(KERNELS.map(({ name }) => name).sort());
  const functions = UNARY_SAMPLES.map(({ unary }) => snakeCase(unary.fn));
  expect(functions.sort()).toEqual([...ACTIVATIONS].sort());
});

describe.each([
  [64, /./],
  [32, USES_WORDS],
] as const)('kernels with words of %i bits, as WebAssembly', (wordBits, only) => {
  let run: CaseRunner;
  beforeAll(async () => {
    run = await wasmRunner(wordBits, only);
  });

  const families = FAMILIES.filter(({ name }) => only.test(name));
  test.each(families.map((family) => [family.name, family] as const))('%s', (_name, family) => {
    const random = new Random(1);
    const count = CASES * family.weight;
    expect(run(Array.from({ length: count }, () => family.make(random)))).toEqual([]);
  });
});
