/**
 * A sum becomes the end of the binary convolution that computes one of its terms, as in residual
 * networks: the convolution adds the other term to its result, in the latter's place where that is
 * free. Both roundings stay.
 * Guard: nothing else reads that convolution, it has no activation, and the terms have one shape.
 */

import type { NodeOf, ValueId } from '../ir/ops.ts';
import { equalShapes } from '../ir/shape-math.ts';
import { isIdentity } from '../ir/traits.ts';
import { isIntegerLayer } from './layers.ts';
import type { Pass } from './pass.ts';
import { Rewriter } from './rewrite.ts';

export const fuseSums: Pass = {
  name: 'fuse-sums',
  summary: 'add the other term of a sum in the binary convolution before it',
  run(graph) {
    const rewriter = new Rewriter(graph);
    rewriter.visit((node) => {
      if (node.op === 'binary' && node.attrs.fn === 'add') fuse(rewriter, node);
    });
    return rewriter.finish();
  },
};

function fuse(rewriter: Rewriter, sum: NodeOf<'binary'>): void {
  const [a, b] = sum.inputs as [ValueId, ValueId];
  if (!equalShapes(rewriter.shape(a), rewriter.shape(b))) return;
  if (!addTo(rewriter, sum, b, a)) addTo(rewriter, sum, a, b);
}

/** Lets the convolution that computes `term` compute the sum; false where that can't be. */
function addTo(rewriter: Rewriter, sum: NodeOf<'binary'>, term: ValueId, addend: ValueId): boolean {
  const layer = rewriter.producerOf(term, 'conv2d');
  if (!layer || term === addend || !rewriter.hasOneUse(term)) return false;
  const { epilogue } = layer.attrs;
  if (epilogue.kind !== 'norm' || !isIdentity(epilogue.activation)) return false;
  if (!isIntegerLayer(rewriter, layer) || rewriter.type(addend).dtype !== 'f32') return false;
  const { activation } = sum.attrs;
  const attrs = { ...layer.attrs, epilogue: { kind: 'add', activation } as const };
  rewriter.replace(sum.output, 'conv2d', attrs, [...layer.inputs, addend], layer);
  rewriter.dropUnused(term);
  return true;
}
