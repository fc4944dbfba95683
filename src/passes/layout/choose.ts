/**
 * Chooses the order that each node of a region runs in, so that as few elements as possible are
 * transposed: a cheapest cut between what is in one order and what is in the other.
 *
 * A value is made in one order and transposed at most once, however many nodes read it in the other:
 *
 *   cost(u) = size(u) · [some reader of u runs in the other order than its producer]
 *
 * which is the network  u → a → readers  and  readers → b → u  with the size on the edges at u and
 * no limit on the others. Ops that have no other order, inputs and outputs are the ends of the
 * network. Among equal choices the one nearest to the layers is taken: there, elementwise ops can be
 * fused.
 */
import { elementCount } from '../../ir/graph.ts';
import type { Node, ValueId } from '../../ir/ops.ts';
import type { Rewriter } from '../rewrite.ts';
import { Network, SINK, SOURCE } from './min-cut.ts';
import { keepsOrder } from './order.ts';
import { type Letter, other, type Region, type Runner } from './region.ts';

/** The letter of each runner that has one, and the letter that each group is made in. */
export interface Choice {
  readonly letterOf: (runner: Runner) => Letter;
  readonly madeIn: (group: number) => Letter;
}

/** A vertex, or an end of the network. */
type End = number;

export function chooseLetters(rewriter: Rewriter, region: Region): Choice | undefined {
  // Many small preferences along a chain take time in proportion to its length each.
  return (
    new Chooser(rewriter, region, 'preferences').choose() ??
    new Chooser(rewriter, region, 'sizes alone').choose()
  );
}

/** Whether constants that lie along the last axis count, too. */
type Goal = 'preferences' | 'sizes alone';

class Chooser {
  private readonly rewriter: Rewriter;
  private readonly region: Region;
  private readonly network = new Network();
  private readonly vertices = new Map<ValueId, End>();
  private readonly makers: End[] = [];
  private readonly readers: Set<End>[] = [];
  private readonly sizes: number[] = [];
  /** The letter of the sink. */
  private readonly home: Letter;
  /** What an element costs: more than all preferences together. */
  private readonly unit: number;

  private readonly goal: Goal;

  constructor(rewriter: Rewriter, region: Region, goal: Goal) {
    this.goal = goal;
    this.rewriter = rewriter;
    this.region = region;
    this.home = this.findHome();
    this.unit = 4 * (region.members.size + region.runners.size + 1);
  }

  choose(): Choice | undefined {
    const { region, network } = this;
    for (const runner of region.runners.values()) {
      if (runner.flow.result) this.addRunner(runner);
    }
    for (let group = 0; group < region.groupCount; group++) {
      this.readers.push(new Set());
      this.sizes.push(0);
    }
    for (const [id, { group, written, layout }] of region.members) {
      const size = elementCount(layout.shape);
      this.sizes[group] = keepsOrder(layout) ? 1 : size * this.unit;
      this.findMaker(id, group, written);
      this.findReaders(id, group, written);
    }
    for (const runner of region.runners.values()) this.addReader(runner);
    for (const group of this.sizes.keys()) this.connectGroup(group);
    const isSource = network.sourceSide();
    if (!isSource) return undefined;
    const letter = (end: End): Letter => (isSource(end) ? other(this.home) : this.home);
    return {
      letterOf: ({ node }) => letter(this.vertices.get(node.output) as End),
      madeIn: (group) => letter(this.makers[group] as End),
    };
  }

  /** The letter in which most of the nodes run that have no choice. */
  private findHome(): Letter {
    let balance = 0;
    for (const [id, { written }] of this.region.members) {
      const maker = this.rewriter.producer(id);
      const around = [...(maker ? [maker] : []), ...this.rewriter.consumers(id)];
      const fixed = around.filter((node) => this.isFixed(node)).length;
      balance += written === 1 ? fixed : -fixed;
    }
    return balance > 0 ? 1 : 0;
  }

  private isFixed(node: Node): boolean {
    return !this.region.runners.has(node.output) && node.op !== 'transpose';
  }

  private end(letter: Letter): End {
    return letter === this.home ? SINK : SOURCE;
  }

  private addRunner(runner: Runner): void {
    const { node, flow, written, strangers } = runner;
    const vertex = this.network.vertex();
    this.vertices.set(node.output, vertex);
    for (const index of strangers) {
      const size = elementCount(this.rewriter.shape(node.inputs[index] as ValueId));
      this.charge(vertex, other(written), size * this.unit);
    }
    if (this.goal === 'sizes alone') return;
    for (const [index, layout] of flow.operands.entries()) {
      const id = node.inputs[index] as ValueId;
      if (!layout || !this.rewriter.isConstant(id)) continue;
      const here = isPerChannel(this.rewriter.shape(id));
      const there = isPerChannel(layout.perm.map((axis) => layout.shape[axis] as number));
      if (here !== there) this.charge(vertex, here ? other(written) : written, 1);
    }
  }

  /** Lets a vertex pay for having that letter. */
  private charge(vertex: End, letter: Letter, cost: number): void {
    if (letter === this.home) this.network.connect(SOURCE, vertex, cost);
    else this.network.connect(vertex, SINK, cost);
  }

  /** The first of a group is made by its node; the others by transposes of it. */
  private findMaker(id: ValueId, group: number, written: Letter): void {
    const node = this.rewriter.producer(id);
    if (node?.op === 'transpose') {
      // One that moves axes elsewhere gives either order at the same cost.
      if (!this.region.isMatched(node)) this.makers[group] = this.network.vertex();
      return;
    }
    const vertex = this.vertices.get(id);
    this.makers[group] = vertex ?? this.end(written);
  }

  /** Readers without a choice read a value as written. */
  private findReaders(id: ValueId, group: number, written: Letter): void {
    const readers = this.readers[group] as Set<End>;
    if (this.rewriter.isOutput(id)) readers.add(this.end(written));
    const isFixed = this.rewriter.consumers(id).some((node) => this.isFixed(node));
    if (isFixed) readers.add(this.end(written));
  }

  /** What a runner asks of its operands. One without a letter takes them in either order. */
  private addReader({ node, flow, strangers }: Runner): void {
    const vertex = this.vertices.get(node.output);
    for (const [index, id] of node.inputs.entries()) {
      const member = this.region.members.get(id);
      if (!member) continue;
      const readers = this.readers[member.group] as Set<End>;
      if (!flow.operands[index] || strangers.has(index)) readers.add(this.end(member.written));
      else if (vertex !== undefined) readers.add(vertex);
    }
  }

  private connectGroup(group: number): void {
    const { network } = this;
    const maker = this.makers[group];
    if (maker === undefined) throw new Error('a group of transposed values has no first one');
    const size = this.sizes[group] as number;
    const readers = [...(this.readers[group] as Set<End>)].filter((end) => end !== maker);
    if (readers.length === 0) return;
    const [only] = readers;
    if (readers.length === 1 && only !== undefined) {
      network.connect(maker, only, size, size);
      return;
    }
    const [forth, back] = [network.vertex(), network.vertex()];
    network.connect(maker, forth, size);
    network.connect(back, maker, size);
    for (const reader of readers) {
      network.connect(forth, reader, Number.POSITIVE_INFINITY);
      network.connect(reader, back, Number.POSITIVE_INFINITY);
    }
  }
}

/** Whether a constant lies along the last axis alone. */
function isPerChannel(shape: readonly number[]): boolean {
  return shape.slice(0, -1).every((size) => size === 1);
}
