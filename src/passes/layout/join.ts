/**
 * Transposes that follow one another become one, none where they cancel, and a reshape where only
 * axes of size 1 change places. Equal ones are kept once.
 */
import type { Graph } from '../../ir/graph.ts';
import type { Node, NodeOf, ValueId } from '../../ir/ops.ts';
import { Rewriter } from '../rewrite.ts';
import { isIdentityPerm, keepsOrder, permuted } from './order.ts';

export function joinTransposes(graph: Graph): Graph {
  if (!graph.nodes.some(({ op }) => op === 'transpose')) return graph;
  const rewriter = new Rewriter(graph);
  const known = new Map<string, ValueId>();
  rewriter.visit((node) => {
    if (node.op === 'reshape') joinReshapes(rewriter, node);
    if (node.op === 'transpose') simplify(rewriter, node);
    const left = rewriter.producerOf(node.output, 'transpose');
    if (left) shareEqual(rewriter, left, known);
  });
  return rewriter.finish();
}

function joinReshapes(rewriter: Rewriter, node: NodeOf<'reshape'>): void {
  const earlier = rewriter.producerOf(node.inputs[0] as ValueId, 'reshape');
  if (earlier) rewriter.update(node, { inputs: earlier.inputs });
}

function simplify(rewriter: Rewriter, node: NodeOf<'transpose'>): void {
  const earlier = rewriter.producerOf(node.inputs[0] as ValueId, 'transpose');
  const perm = earlier ? permuted(earlier.attrs.perm, node.attrs.perm) : node.attrs.perm;
  const inputs = earlier ? earlier.inputs : node.inputs;
  const shape = rewriter.shape(inputs[0] as ValueId);
  if (isIdentityPerm(perm)) {
    rewriter.update(node, { attrs: { perm }, inputs });
    rewriter.dropIdentity(rewriter.producer(node.output) as Node, inputs[0] as ValueId);
  } else if (keepsOrder({ shape, perm })) {
    rewriter.replace(node.output, 'reshape', { shape: permuted(shape, perm) }, inputs, node);
    joinReshapes(rewriter, rewriter.producerOf(node.output, 'reshape') as NodeOf<'reshape'>);
  } else if (earlier) {
    rewriter.update(node, { attrs: { perm }, inputs });
  }
}

function shareEqual(
  rewriter: Rewriter,
  node: NodeOf<'transpose'>,
  known: Map<string, ValueId>,
): void {
  const key = `${node.inputs[0]}/${node.attrs.perm.join()}`;
  const found = known.get(key);
  if (found === undefined) known.set(key, node.output);
  else if (!rewriter.isOutput(node.output)) rewriter.redirect(node.output, found);
}
