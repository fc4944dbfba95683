/**
 * Writes the nodes of a region in the orders that were chosen for them. A value that is now made in
 * its layout keeps its id for what transposes it back, so that every reader finds what it reads as
 * written; transposes that meet are joined afterwards (`join.ts`).
 */
import type { Node, ValueId } from '../../ir/ops.ts';
import type { Rewriter } from '../rewrite.ts';
import type { Choice } from './choose.ts';
import { inversePerm, isPlain, type Layout, permuted, storedShape } from './order.ts';
import type { Region, Runner } from './region.ts';
import { reorderedConstant } from './rules.ts';

/** Guard: nodes are visited producers first. */
export class Applier {
  private readonly rewriter: Rewriter;
  private readonly region: Region;
  private readonly choice: Choice;
  /** Values in their layouts. */
  private readonly others = new Map<ValueId, ValueId>();

  constructor(rewriter: Rewriter, region: Region, choice: Choice) {
    this.rewriter = rewriter;
    this.region = region;
    this.choice = choice;
  }

  apply(runner: Runner): void {
    const { node, flow } = runner;
    if (!this.changes(runner)) return;
    const operands = flow.operands.map((layout, index) => {
      const id = node.inputs[index] as ValueId;
      return layout ? this.inLayout(id, layout, node) : id;
    });
    if (!flow.result) {
      flow.write(operands, node.output);
      return;
    }
    const made = flow.write(operands);
    this.others.set(node.output, made);
    putBack(this.rewriter, node, made, flow.result);
  }

  /** A node without a letter runs in the order that its operand is made in. */
  private changes(runner: Runner): boolean {
    if (runner.flow.result) return this.choice.letterOf(runner) !== runner.written;
    const index = runner.flow.operands.findIndex((layout) => layout !== undefined);
    const member = this.region.members.get(runner.node.inputs[index] as ValueId);
    return member !== undefined && this.choice.madeIn(member.group) !== member.written;
  }

  private inLayout(id: ValueId, layout: Layout, from: Node): ValueId {
    const { rewriter } = this;
    if (rewriter.isConstant(id)) return reorderedConstant(rewriter, id, layout);
    const member = this.region.members.get(id);
    const known = this.others.get(id);
    const stored = storedShape(layout, rewriter.shape(id));
    if (known !== undefined) {
      const isSame = rewriter.shape(known).every((size, axis) => size === stored[axis]);
      if (isSame && rewriter.shape(known).length === stored.length) return known;
      return rewriter.add('reshape', { shape: stored }, [known], from);
    }
    const made = putInLayout(rewriter, from, id, layout);
    if (member) this.others.set(id, made);
    return made;
  }
}

/** Transposes a value as written into a layout. */
function putInLayout(rewriter: Rewriter, from: Node, id: ValueId, layout: Layout): ValueId {
  const shape = rewriter.shape(id);
  if (isPlain(layout, shape)) return rewriter.add('transpose', { perm: layout.perm }, [id], from);
  const split = rewriter.add('reshape', { shape: layout.shape }, [id], from);
  const moved = rewriter.add('transpose', { perm: layout.perm }, [split], from);
  return rewriter.add('reshape', { shape: storedShape(layout, shape) }, [moved], from);
}

/** Makes a node's value of what it is in its layout. */
function putBack(rewriter: Rewriter, node: Node, made: ValueId, layout: Layout): void {
  const perm = inversePerm(layout.perm);
  const shape = rewriter.shape(node.output);
  if (isPlain(layout, shape)) {
    rewriter.replace(node.output, 'transpose', { perm }, [made], node);
    return;
  }
  const split = { shape: permuted(layout.shape, layout.perm) };
  const moved = rewriter.add('reshape', split, [made], node);
  const back = rewriter.add('transpose', { perm }, [moved], node);
  rewriter.replace(node.output, 'reshape', { shape }, [back], node);
}
