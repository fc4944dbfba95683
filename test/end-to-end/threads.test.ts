/**
 * Random graphs on several threads: the reference's bits, under the sanitizer of data races. Every
 * layer that can be split is, however small it is.
 */
import { checkRandomGraphs } from '../support/random-graph-check.ts';
import type { Build } from '../support/run-compiled.ts';
import { testWith } from '../support/tools.ts';

const SPLIT: Build = { target: 'host', compiler: 'gcc', optimization: '-O1', splitsAll: true };

for (const [threads, first] of [
  [1, 301],
  [2, 311],
  [3, 321],
  [5, 331],
] as const) {
  testWith(
    ['gcc'],
    `6 random graphs on ${threads} ${threads === 1 ? 'thread' : 'threads'}`,
    () => checkRandomGraphs(first, 6, { ...SPLIT, threads, sanitize: 'races' }),
    300_000,
  );
}
