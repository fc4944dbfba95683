/** 2,000 random graphs through passes, plan and C. */
import { test } from 'vitest';
import { checkRandomGraphs } from '../support/random-graph-check.ts';
import { SANITIZED_GCC } from '../support/run-compiled.ts';
import { testWith } from '../support/tools.ts';

test('300 random graphs as WebAssembly give the bits of the reference', async () => {
  await checkRandomGraphs(1001, 300, { target: 'wasm', optimization: '-O1' });
});

testWith(
  ['gcc'],
  '900 random graphs under gcc and its sanitizers give the bits of the reference',
  () => checkRandomGraphs(2001, 900, SANITIZED_GCC),
);

testWith(['gcc'], '300 optimised random graphs under gcc give the bits of the reference', () =>
  checkRandomGraphs(3001, 300, { target: 'host', compiler: 'gcc' }),
);

testWith(
  ['clang'],
  '500 random graphs in words of 32 bits under clang give the bits of the reference',
  () =>
    checkRandomGraphs(4001, 500, { target: 'portable', compiler: 'clang', optimization: '-O1' }),
);
