/**
 * Elementwise functions move above reshapes and pads, towards the layer that they finish, so that
 * they can be fused into it:
 *
 *   f(reshape(x))  → reshape(f(x))         f a function of one argument
 *   batchNorm(reshape(x)) → reshape(batchNorm(x))     when the last axis stays
 *   s(pad(x, v))   → pad(s(x), s(v))       s a sign or a heaviside
 *
 * Guard: the reshape or pad has no other use. A sign stays behind a reshape that gives the last
 * axis another size, unless that flattens for a dense layer: bits are packed along the last axis.
 */
import type { Shape } from '../ir/graph.ts';
import type { Node, NodeOf, ValueId } from '../ir/ops.ts';
import { evaluateUnary } from '../ir/traits.ts';
import type { Pass } from './pass.ts';
import { Rewriter } from './rewrite.ts';

/** A sign may stand behind a reshape behind a pad; longer alternations are not worth their time. */
const MOST_MOVES = 2;

export const hoist: Pass = {
  name: 'hoist',
  summary: 'move activations and batch norms above reshapes, signs above padding',
  run(graph) {
    const rewriter = new Rewriter(graph);
    rewriter.visit((node) => {
      let current: Movable | undefined = asMovable(node);
      for (let move = 0; current && move < MOST_MOVES; move++) {
        current = moveAbove(rewriter, current);
      }
      // Two reshapes that meet become one, so that the next function has one to pass.
      if (node.op === 'reshape') joinReshapes(rewriter, node);
    });
    return rewriter.finish();
  },
};

type Movable = Node & (NodeOf<'unary'> | NodeOf<'batchNorm'>);

function asMovable(node: Node | undefined): Movable | undefined {
  return node?.op === 'unary' || node?.op === 'batchNorm' ? node : undefined;
}

/** The function in its new place; undefined where it has to stay. */
function moveAbove(rewriter: Rewriter, node: Movable): Movable | undefined {
  const x = node.inputs[0] as ValueId;
  const earlier = rewriter.hasOneUse(x) ? rewriter.producer(x) : undefined;
  if (earlier?.op === 'reshape' && maySwap(rewriter, node, earlier)) {
    const moved = addOn(rewriter, node, earlier.inputs[0] as ValueId);
    rewriter.replace(node.output, 'reshape', earlier.attrs, [moved], earlier);
    return asMovable(rewriter.producer(moved));
  }
  if (earlier?.op === 'pad' && node.op === 'unary' && isBinarizing(node)) {
    const moved = addOn(rewriter, node, earlier.inputs[0] as ValueId);
    const value = evaluateUnary(node.attrs.unary, earlier.attrs.value);
    rewriter.replace(node.output, 'pad', { ...earlier.attrs, value }, [moved], earlier);
    return asMovable(rewriter.producer(moved));
  }
  return undefined;
}

/** The same function of another value. */
function addOn(rewriter: Rewriter, node: Movable, x: ValueId): ValueId {
  const inputs = [x, ...node.inputs.slice(1)];
  return node.op === 'unary'
    ? rewriter.add('unary', node.attrs, inputs, node)
    : rewriter.add('batchNorm', node.attrs, inputs, node);
}

function maySwap(rewriter: Rewriter, node: Movable, reshape: NodeOf<'reshape'>): boolean {
  const before = rewriter.shape(reshape.inputs[0] as ValueId);
  const after = reshape.attrs.shape;
  if (before.at(-1) === after.at(-1)) return true;
  if (node.op === 'batchNorm') return false;
  return !isBinarizing(node) || isFlatten(before, after);
}

function joinReshapes(rewriter: Rewriter, node: NodeOf<'reshape'>): void {
  const earlier = rewriter.producerOf(node.inputs[0] as ValueId, 'reshape');
  if (earlier) rewriter.update(node, { inputs: earlier.inputs });
}

function isBinarizing(node: Node): boolean {
  return node.op === 'unary' && ['sign', 'heaviside'].includes(node.attrs.unary.fn);
}

/** Whole pixels become rows, as before a dense layer. */
function isFlatten(before: Shape, after: Shape): boolean {
  const isRow = after.length === 2 && after[0] === before[0];
  return isRow && (after.at(-1) as number) % (before.at(-1) ?? 1) === 0;
}
