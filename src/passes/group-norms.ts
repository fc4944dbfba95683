/**
 * Group norm as it is written where there is only instance norm: each group of channels is made one
 * channel, normalised, and made channels again.
 *
 *   [N,C,…] → reshape [N,G,K] → transpose [N,K,G] → groupNorm of G groups → transpose → reshape
 *   = [N,C,…] → transpose [N,…,C] → groupNorm of G groups → transpose
 *
 * The same sums over the same elements, without reshapes, so that the transposes cancel.
 */
import type { NodeOf, ValueId } from '../ir/ops.ts';
import { equalShapes } from '../ir/shape-math.ts';
import type { Pass } from './pass.ts';
import { Rewriter } from './rewrite.ts';

export const groupNorms: Pass = {
  name: 'group-norms',
  summary: 'write instance norms of groups as group norms',
  run(graph) {
    const rewriter = new Rewriter(graph);
    rewriter.visit((node) => {
      if (node.op === 'reshape') fromGroups(rewriter, node);
    });
    return rewriter.finish();
  },
};

/** Guard: constants, and nothing else reads what is in between. */
function fromGroups(rewriter: Rewriter, back: NodeOf<'reshape'>): void {
  const norm = behindSwap(rewriter, back.inputs[0] as ValueId, 'groupNorm');
  const split = norm && behindSwap(rewriter, norm.inputs[0] as ValueId, 'reshape');
  if (!norm || !split) return;
  const x = split.inputs[0] as ValueId;
  const shape = rewriter.shape(x);
  const { groups } = norm.attrs;
  const [batch, channels] = shape;
  const [, rows, size] = split.attrs.shape;
  const [gamma, beta] = norm.inputs.slice(1).map((id) => rewriter.floats(id));
  if (!gamma || !beta || batch === undefined || channels === undefined || shape.length < 3) return;
  const isSame = equalShapes(shape, back.attrs.shape) && split.attrs.shape[0] === batch;
  if (!isSame || size === undefined || rows !== groups || channels % groups !== 0) return;
  const axes = shape.map((_, axis) => axis);
  const toLast = [0, ...axes.slice(2), 1];
  const toFirst = [0, shape.length - 1, ...axes.slice(1, -1)];
  const perGroup = channels / groups;
  const widened = [gamma, beta].map((data, index) => {
    const each = Float32Array.from({ length: channels }, (_, c) => {
      return data[Math.floor(c / perGroup)] as number;
    });
    return rewriter.perChannel(rewriter.name(norm.inputs[index + 1] as ValueId), each);
  });
  const moved = rewriter.add('transpose', { perm: toLast }, [x], norm);
  const normed = rewriter.add('groupNorm', norm.attrs, [moved, ...widened], norm);
  rewriter.replace(back.output, 'transpose', { perm: toFirst }, [normed], norm);
}

/** What a transpose that exchanges the last two of three axes reads. */
function behindSwap<K extends 'groupNorm' | 'reshape'>(
  rewriter: Rewriter,
  id: ValueId,
  op: K,
): NodeOf<K> | undefined {
  const swap = rewriter.hasOneUse(id) ? rewriter.producerOf(id, 'transpose') : undefined;
  if (!swap || !equalShapes(swap.attrs.perm, [0, 2, 1])) return undefined;
  const x = swap.inputs[0] as ValueId;
  return rewriter.hasOneUse(x) ? rewriter.producerOf(x, op) : undefined;
}
