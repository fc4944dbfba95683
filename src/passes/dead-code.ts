/** Drops what no output needs. `Rewriter.finish` does it after every pass; this does nothing else. */
import type { Pass } from './pass.ts';
import { Rewriter } from './rewrite.ts';

export const deadCode: Pass = {
  name: 'dead-code',
  summary: 'drop what no output needs',
  run: (graph) => new Rewriter(graph).finish(),
};
