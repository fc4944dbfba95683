/**
 * Nodes that compute the same thing from the same values become one. Two quantizers on one tensor
 * are the common case: as one node it has a single use again, which fusing asks for.
 */
import type { ValueId } from '../ir/ops.ts';
import type { Pass } from './pass.ts';
import { Rewriter } from './rewrite.ts';

export const shareDuplicates: Pass = {
  name: 'share-duplicates',
  summary: 'compute equal expressions once',
  run(graph) {
    const rewriter = new Rewriter(graph);
    const first = new Map<string, ValueId>();
    rewriter.visit((node) => {
      const key = JSON.stringify([node.op, node.attrs, node.inputs], spellNonFinite);
      const found = first.get(key);
      if (found === undefined) first.set(key, node.output);
      else if (!rewriter.isOutput(node.output)) rewriter.redirect(node.output, found);
    });
    return rewriter.finish();
  },
};

/** JSON has no word for infinities and NaN, nor for -0. */
function spellNonFinite(_key: string, value: unknown): unknown {
  if (typeof value !== 'number') return value;
  return Number.isFinite(value) && !Object.is(value, -0) ? value : `${value}/${1 / value}`;
}
