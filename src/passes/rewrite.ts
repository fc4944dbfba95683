/**
 * The rewriting helper: a graph opened for changes. Passes visit its nodes in order, ask about
 * producers and uses, replace nodes, and close it again.
 *
 * A node is known by the value that it computes, so replacing the producer of a value keeps every
 * reader. `finish` puts nodes in topological order again and drops what no output needs: a pass
 * never has to remove what it made useless. All questions take constant time, and all changes time
 * in proportion to the readers they touch, so a pass over a graph is linear.
 */
import type { Graph, Shape, TensorData, TensorType, Value } from '../ir/graph.ts';
import { getValue, makeNode } from '../ir/graph.ts';
import type { Node, NodeOf, OpAttrs, OpKind, ValueId } from '../ir/ops.ts';
import { inferType } from '../ir/shapes.ts';

/** Whose names a new node carries. */
type From = Pick<Node, 'name' | 'sourceOp'>;

export class Rewriter {
  readonly values: Map<ValueId, Value>;
  private readonly graph: Graph;
  private readonly producers: Map<ValueId, Node>;
  /** For each value, the outputs of the nodes that read it. */
  private readonly readers = new Map<ValueId, Set<ValueId>>();
  private readonly outputs: ValueId[];
  private readonly outputSet: Set<ValueId>;
  private nextId: ValueId;

  constructor(graph: Graph) {
    this.graph = graph;
    this.values = new Map(graph.values);
    this.producers = new Map(graph.nodes.map((node) => [node.output, node]));
    this.outputs = [...graph.outputs];
    this.outputSet = new Set(graph.outputs);
    this.nextId = 1;
    for (const id of graph.values.keys()) this.nextId = Math.max(this.nextId, id + 1);
    for (const node of graph.nodes) this.addReader(node);
  }

  /** Calls `rule` for each node of the source graph that is still there, producers first. */
  visit(rule: (node: Node) => void): void {
    this.visitAll(this.graph.nodes, rule);
  }

  /** The same with readers before producers. */
  visitBackwards(rule: (node: Node) => void): void {
    this.visitAll(this.graph.nodes.toReversed(), rule);
  }

  // What is there.

  type(id: ValueId): TensorType {
    return getValue(this, id).type;
  }

  shape(id: ValueId): Shape {
    return this.type(id).shape;
  }

  name(id: ValueId): string {
    return getValue(this, id).name;
  }

  /** The node that computes a value; undefined for inputs and constants. */
  producer(id: ValueId): Node | undefined {
    return this.producers.get(id);
  }

  /** The producer when it is of that op. */
  producerOf<K extends OpKind>(id: ValueId, op: K): NodeOf<K> | undefined {
    const node: Node | undefined = this.producers.get(id);
    return node && isOp(node, op) ? node : undefined;
  }

  /** The nodes that read a value. */
  consumers(id: ValueId): Node[] {
    return [...(this.readers.get(id) ?? [])].map((output) => this.producers.get(output) as Node);
  }

  isOutput(id: ValueId): boolean {
    return this.outputSet.has(id);
  }

  isUsed(id: ValueId): boolean {
    return this.isOutput(id) || (this.readers.get(id)?.size ?? 0) > 0;
  }

  /** One node reads the value and the network doesn't return it: it may be fused away. */
  hasOneUse(id: ValueId): boolean {
    return !this.isOutput(id) && this.readers.get(id)?.size === 1;
  }

  isConstant(id: ValueId): boolean {
    return getValue(this, id).data !== undefined;
  }

  /** The elements of an f32 constant; undefined for anything else. */
  floats(id: ValueId): Float32Array | undefined {
    const { data, type } = getValue(this, id);
    return type.dtype === 'f32' && data instanceof Float32Array ? data : undefined;
  }

  /** The elements of an i32 constant; undefined for anything else. */
  integers(id: ValueId): Int32Array | undefined {
    const { data } = getValue(this, id);
    return data instanceof Int32Array ? data : undefined;
  }

  /** The elements of an f32 constant that must be there by an earlier check. */
  requireFloats(id: ValueId): Float32Array {
    const data = this.floats(id);
    if (!data) throw new Error(`%${id} is not an f32 constant`);
    return data;
  }

  /** The elements of a bit constant that must be there by an earlier check. */
  requireBits(id: ValueId): Uint8Array {
    const { data, type } = getValue(this, id);
    if (type.dtype === 'bit' && data instanceof Uint8Array) return data;
    throw new Error(`%${id} is not a bit constant`);
  }

  // Changes.

  /** Adds a constant. */
  constant(name: string, type: TensorType, data: TensorData): ValueId {
    return this.newValue({ name, type, data });
  }

  /** Adds an f32 constant with one axis, one value per channel. */
  perChannel(name: string, data: Float32Array): ValueId {
    return this.constant(name, { dtype: 'f32', shape: [data.length] }, data);
  }

  /** Adds a node that computes a new value. */
  add<K extends OpKind>(op: K, attrs: OpAttrs[K], inputs: readonly ValueId[], from: From): ValueId {
    const output = this.nextId;
    const node = makeNode(op, attrs, inputs, output, from);
    this.newValue({ name: from.name, type: this.infer(node) });
    this.producers.set(output, node);
    this.addReader(node);
    return output;
  }

  /** Makes a node compute a value that already exists, in place of what computed it. */
  replace<K extends OpKind>(
    output: ValueId,
    op: K,
    attrs: OpAttrs[K],
    inputs: readonly ValueId[],
    from: From,
  ): void {
    const node = makeNode(op, attrs, inputs, output, from);
    const value = getValue(this, output);
    this.remove(output);
    this.values.set(output, { id: output, name: value.name, type: this.infer(node) });
    this.producers.set(output, node);
    this.addReader(node);
  }

  /** `replace` when there is an output to compute, else `add`. */
  put<K extends OpKind>(
    op: K,
    attrs: OpAttrs[K],
    inputs: readonly ValueId[],
    from: From,
    output?: ValueId,
  ): ValueId {
    if (output === undefined) return this.add(op, attrs, inputs, from);
    this.replace(output, op, attrs, inputs, from);
    return output;
  }

  /** The same node with other operands or attributes. */
  update<K extends OpKind>(
    node: NodeOf<K>,
    change: { readonly attrs?: OpAttrs[K]; readonly inputs?: readonly ValueId[] },
  ): void {
    const { attrs = node.attrs, inputs = node.inputs } = change;
    this.replace(node.output, node.op, attrs, inputs, node);
  }

  /** Removes the node that computes a value. Its readers must find another. */
  remove(output: ValueId): void {
    const node = this.producers.get(output);
    if (!node) return;
    this.producers.delete(output);
    for (const id of node.inputs) this.readers.get(id)?.delete(output);
  }

  /** Removes the node that computes a value nothing reads, and what only it needed. */
  dropUnused(id: ValueId): void {
    const stack = [id];
    while (stack.length > 0) {
      const unused = stack.pop() as ValueId;
      const node = this.producers.get(unused);
      if (!node || this.isUsed(unused)) continue;
      this.remove(unused);
      stack.push(...node.inputs);
    }
  }

  /** Turns a computed value into a constant. */
  makeConstant(id: ValueId, data: TensorData): void {
    const { name, type } = getValue(this, id);
    this.remove(id);
    this.values.set(id, { id, name, type, data });
  }

  /** Lets everything that reads `from` read `to`; what the network returns stays as it is. */
  redirect(from: ValueId, to: ValueId, except?: ValueId): void {
    for (const reader of this.readers.get(from) ?? []) {
      if (reader === except) continue;
      const node = this.producers.get(reader) as Node;
      const inputs = node.inputs.map((id) => (id === from ? to : id));
      this.readers.get(from)?.delete(reader);
      this.producers.set(reader, { ...node, inputs } as Node);
      this.readersOf(to).add(reader);
    }
  }

  /**
   * Drops a node whose result equals one of its operands. The network's outputs keep their ids:
   * then the operand's own node computes the output. False where that can't be, as for an input
   * that is returned.
   */
  dropIdentity(node: Node, operand: ValueId): boolean {
    if (this.isOutput(node.output)) {
      const source = this.producers.get(operand);
      if (!source || this.isOutput(operand)) return false;
      this.remove(node.output);
      this.redirect(operand, node.output);
      this.remove(operand);
      const moved = { ...source, output: node.output } as Node;
      this.producers.set(node.output, moved);
      this.addReader(moved);
      return true;
    }
    this.redirect(node.output, operand);
    this.remove(node.output);
    return true;
  }

  /** The changed graph, in topological order, without what no output needs. */
  finish(): Graph {
    const nodes = this.sorted();
    const { name, inputs } = this.graph;
    const used = new Set<ValueId>([...inputs, ...this.outputs]);
    for (const node of nodes) for (const id of [...node.inputs, node.output]) used.add(id);
    const values = new Map([...this.values].filter(([id]) => used.has(id)));
    return { name, values, nodes, inputs, outputs: this.outputs };
  }

  private visitAll(nodes: readonly Node[], rule: (node: Node) => void): void {
    for (const { output } of nodes) {
      const node = this.producers.get(output);
      if (node) rule(node);
    }
  }

  private newValue(value: Omit<Value, 'id'>): ValueId {
    const id = this.nextId++;
    this.values.set(id, { id, ...value });
    return id;
  }

  private infer(node: Node): TensorType {
    return inferType(
      node,
      node.inputs.map((id) => this.type(id)),
    );
  }

  private readersOf(id: ValueId): Set<ValueId> {
    const found = this.readers.get(id);
    if (found) return found;
    const made = new Set<ValueId>();
    this.readers.set(id, made);
    return made;
  }

  private addReader(node: Node): void {
    for (const id of node.inputs) this.readersOf(id).add(node.output);
  }

  /** Depth first from the outputs, on a stack of its own: chains may be long. */
  private sorted(): Node[] {
    const order: Node[] = [];
    const entered = new Set<ValueId>();
    const done = new Set<ValueId>();
    const stack = this.rootsInSourceOrder();
    while (stack.length > 0) {
      const id = stack.at(-1) as ValueId;
      const node = this.producers.get(id);
      if (!node || done.has(id)) {
        stack.pop();
      } else if (entered.has(id)) {
        stack.pop();
        done.add(id);
        order.push(node);
      } else {
        entered.add(id);
        for (const input of node.inputs.toReversed()) if (!done.has(input)) stack.push(input);
      }
    }
    return order;
  }

  /** What the outputs need, so that nodes keep the source's order as far as they can. */
  private rootsInSourceOrder(): ValueId[] {
    const needed = new Set<ValueId>();
    const stack: ValueId[] = [...this.outputs];
    while (stack.length > 0) {
      const id = stack.pop() as ValueId;
      if (needed.has(id)) continue;
      needed.add(id);
      for (const input of this.producers.get(id)?.inputs ?? []) stack.push(input);
    }
    const inOrder = this.graph.nodes.map((node) => node.output).filter((id) => needed.has(id));
    return [...inOrder, ...this.outputs].toReversed();
  }
}

/** Whether a node is of that op, so that its attributes are typed. */
export function isOp<K extends OpKind>(node: Node, op: K): node is Node & NodeOf<K> {
  return node.op === op;
}
