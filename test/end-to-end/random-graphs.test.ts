/** Random graphs through passes, plan and C: the reference's bits. The slow suite runs 2,000. */
import { test } from 'vitest';
import { checkRandomGraphs } from '../support/random-graph-check.ts';
import { SANITIZED_GCC } from '../support/run-compiled.ts';
import { testWith } from '../support/tools.ts';

test('20 random graphs as WebAssembly give the bits of the reference', async () => {
  await checkRandomGraphs(1, 20, { target: 'wasm', optimization: '-O1' });
}, 300_000);

testWith(
  ['gcc'],
  '8 random graphs under gcc and its sanitizers give the bits of the reference',
  () => checkRandomGraphs(21, 8, SANITIZED_GCC),
  300_000,
);

testWith(
  ['clang'],
  '60 random graphs in words of 32 bits under clang give the bits of the reference',
  () => checkRandomGraphs(41, 60, { target: 'portable', compiler: 'clang', optimization: '-O1' }),
  300_000,
);
