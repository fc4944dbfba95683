/**
 * A region: what hangs together by ops that could as well run on transposed operands. Each of its
 * values has a layout besides the one that it is written in. Starting from a transpose x → y, where
 * x as written is one order (letter 0) and y as written the other (letter 1), every value of the
 * region is found in both orders, one of them as written: `written` is that one's letter.
 */
import type { Node, NodeOf, ValueId } from '../../ir/ops.ts';
import type { Rewriter } from '../rewrite.ts';
import { inversePerm, type Layout, orderKey } from './order.ts';
import { type Flow, flowOf, type Place, sameOrder } from './rules.ts';

export type Letter = 0 | 1;

export interface Member {
  readonly layout: Layout;
  readonly key: string;
  readonly written: Letter;
  /** Values that transposes make of one another have one class. */
  readonly group: number;
}

/** A node that runs in either order. */
export interface Runner {
  readonly node: Node;
  readonly flow: Flow;
  readonly written: Letter;
  /** Operands that the region's layouts don't fit, so that running in the other order costs more. */
  readonly strangers: ReadonlySet<number>;
}

export class Region {
  readonly members = new Map<ValueId, Member>();
  readonly runners = new Map<ValueId, Runner>();
  private readonly rewriter: Rewriter;
  private readonly isTaken: (id: ValueId) => boolean;
  private groups = 0;

  /** Grows from a transpose over everything that no region before has taken. */
  constructor(rewriter: Rewriter, seed: NodeOf<'transpose'>, isTaken: (id: ValueId) => boolean) {
    this.rewriter = rewriter;
    this.isTaken = isTaken;
    const x = seed.inputs[0] as ValueId;
    if (isTaken(x)) return;
    this.enter(x, { shape: rewriter.shape(x), perm: seed.attrs.perm }, 0);
    // Members are appended while the loop runs.
    for (const [id, member] of this.members) this.growFrom(id, member);
  }

  get groupCount(): number {
    return this.groups;
  }

  /** The transpose between two members of a group. */
  isMatched(transpose: NodeOf<'transpose'>): boolean {
    const [from, to] = [transpose.inputs[0] as ValueId, transpose.output];
    const [x, y] = [this.members.get(from), this.members.get(to)];
    return x !== undefined && y !== undefined && x.group === y.group && x.written !== y.written;
  }

  private enter(id: ValueId, layout: Layout, written: Letter, group?: number): boolean {
    if (this.isTaken(id)) return false;
    const key = orderKey(layout);
    const known = this.members.get(id);
    if (known) return known.key === key && known.written === written;
    this.members.set(id, { layout, key, written, group: group ?? this.groups++ });
    return true;
  }

  private growFrom(id: ValueId, member: Member): void {
    const { rewriter } = this;
    const producer = rewriter.producer(id);
    if (producer?.op === 'transpose') this.growToSource(producer, member);
    else if (producer) this.addRunner(producer, 'result', member);
    for (const reader of rewriter.consumers(id)) {
      if (reader.op === 'transpose') this.growToTransposed(reader, member);
      else this.addRunner(reader, reader.inputs.indexOf(id), member);
    }
  }

  private growToSource({ attrs, inputs, output }: NodeOf<'transpose'>, member: Member): void {
    const x = inputs[0] as ValueId;
    const back = { shape: this.rewriter.shape(output), perm: inversePerm(attrs.perm) };
    if (!sameOrder(back, member.layout) || this.rewriter.isConstant(x)) return;
    const layout = { shape: this.rewriter.shape(x), perm: attrs.perm };
    this.enter(x, layout, other(member.written), member.group);
  }

  private growToTransposed({ attrs, inputs, output }: NodeOf<'transpose'>, member: Member): void {
    const forth = { shape: this.rewriter.shape(inputs[0] as ValueId), perm: attrs.perm };
    if (!sameOrder(forth, member.layout)) return;
    const layout = { shape: this.rewriter.shape(output), perm: inversePerm(attrs.perm) };
    this.enter(output, layout, other(member.written), member.group);
  }

  /** Guard: its result is of this region, if it has another order. */
  private addRunner(node: Node, at: Place, { layout, written }: Member): void {
    if (this.runners.has(node.output) || this.isTaken(node.output)) return;
    const flow = flowOf(this.rewriter, node, at, layout);
    if (!flow) return;
    if (flow.result && !this.enter(node.output, flow.result, written)) return;
    const strangers = new Set<number>();
    for (const [index, operand] of flow.operands.entries()) {
      const id = node.inputs[index] as ValueId;
      if (!operand || this.rewriter.isConstant(id)) continue;
      if (!this.enter(id, operand, written)) strangers.add(index);
    }
    if (!flow.result && strangers.size > 0) return;
    this.runners.set(node.output, { node, flow, written, strangers });
  }
}

export function other(letter: Letter): Letter {
  return letter === 0 ? 1 : 0;
}
