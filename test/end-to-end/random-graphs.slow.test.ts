/** 2,000 random graphs through passes, plan and C. */
import { test } from 'vitest';
import { checkRandomGraphs } from '../support/random-graph-check.ts';
import { SANITIZED_GCC } from '../support/run-compiled.ts';
import { testWith } from '../support/tools.ts';

test('150 random graphs as WebAssembly give the bits of the reference', async () => {
  await checkRandomGraphs(1001, 150, { target: 'wasm', optimization: '-O1' });
});

testWith(
  ['gcc'],
  '100 random graphs under gcc and its sanitizers give the bits of the reference',
  () => checkRandomGraphs(2001, 100, SANITIZED_GCC),
);

testWith(['gcc'], '150 optimised random graphs under gcc give the bits of the reference', () =>
  checkRandomGraphs(3001, 150, { target: 'host', compiler: 'gcc' }),
);

testWith(
  ['clang'],
  '1,600 random graphs in words of 32 bits under clang give the bits of the reference',
  () =>
    checkRandomGraphs(4001, 1600, { target: 'portable', compiler: 'clang', optimization: '-O0' }),
);
