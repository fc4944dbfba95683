/**
 * A function of one argument becomes the activation of the node before it.
 * Guard: nothing else reads that node, and it has no activation yet.
 */
import type { Node, NodeOf, Unary, ValueId } from '../ir/ops.ts';
import { isIdentity } from '../ir/traits.ts';
import { isLayer, putLayer } from './layers.ts';
import type { Pass } from './pass.ts';
import { Rewriter } from './rewrite.ts';

export const fuseActivations: Pass = {
  name: 'fuse-activations',
  summary: 'make elementwise functions the activation of the node before them',
  run(graph) {
    const rewriter = new Rewriter(graph);
    rewriter.visit((node) => {
      if (node.op === 'unary') fuse(rewriter, node);
    });
    return rewriter.finish();
  },
};

function fuse(rewriter: Rewriter, node: NodeOf<'unary'>): void {
  const x = node.inputs[0] as ValueId;
  const earlier = rewriter.producer(x);
  if (!earlier || !rewriter.hasOneUse(x)) return;
  if (takeActivation(rewriter, earlier, node.attrs.unary, node.output)) rewriter.dropUnused(x);
}

/** Lets a node with that activation compute `output`; false when it can't have one. */
function takeActivation(
  rewriter: Rewriter,
  node: Node,
  activation: Unary,
  output: ValueId,
): boolean {
  const { inputs } = node;
  if (isLayer(node)) {
    const { epilogue } = node.attrs;
    if (!('activation' in epilogue) || !isIdentity(epilogue.activation)) return false;
    putLayer(rewriter, node, { inputs, epilogue: { ...epilogue, activation } }, output);
    return true;
  }
  if (!('activation' in node.attrs) || !isIdentity(node.attrs.activation)) return false;
  switch (node.op) {
    case 'batchNorm':
      rewriter.replace(output, 'batchNorm', { activation }, inputs, node);
      return true;
    case 'binary':
      rewriter.replace(output, 'binary', { ...node.attrs, activation }, inputs, node);
      return true;
    case 'conv2dTranspose':
      rewriter.replace(output, 'conv2dTranspose', { ...node.attrs, activation }, inputs, node);
      return true;
    default:
      return false;
  }
}
