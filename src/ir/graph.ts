/**
 * The graph: what a network computes, as plain data. Nodes stand in topological order; constants
 * are values with data. Graphs are never changed in place: importers grow one with `GraphBuilder`,
 * passes build the next one from the last.
 */
import type { Node, NodeOf, OpAttrs, OpKind, ValueId } from './ops.ts';

/**
 * bit holds -1 as 1 and +1 as 0. What a network computes with is f32, i32 and bit, and i8 in layers
 * that are quantized; the narrower types are otherwise those of its inputs and outputs (`cast` leads
 * from and to them). bool is 0 or 1 in a byte.
 */
export type DType = 'f32' | 'i32' | 'i16' | 'u16' | 'i8' | 'u8' | 'bool' | 'bit';
export type Shape = readonly number[];

export interface TensorType {
  readonly dtype: DType;
  readonly shape: Shape;
}

/** Elements in row-major order. Bits and bools are a Uint8Array with one element (0 or 1) per byte. */
export type TensorData =
  | Float32Array
  | Int32Array
  | Int16Array
  | Uint16Array
  | Int8Array
  | Uint8Array;

export interface Value {
  readonly id: ValueId;
  /** As the source has it where it has one; not unique, not sanitised. */
  readonly name: string;
  readonly type: TensorType;
  /** Present for constants only. */
  readonly data?: TensorData;
}

export interface Graph {
  readonly name: string;
  readonly values: ReadonlyMap<ValueId, Value>;
  readonly nodes: readonly Node[];
  readonly inputs: readonly ValueId[];
  readonly outputs: readonly ValueId[];
  /** What users should know of how the model was understood, in sentences. */
  readonly notes?: readonly string[];
}

/** The value of an id; a missing one is a defect of the pass that made the graph. */
export function getValue(graph: Pick<Graph, 'values'>, id: ValueId): Value {
  const value = graph.values.get(id);
  if (!value) throw new Error(`graph has no value %${id}`);
  return value;
}

/** Number of elements; 1 for a scalar. */
export function elementCount(shape: Shape): number {
  return shape.reduce((product, size) => product * size, 1);
}

/** The nodes that read each value, in order. Graph outputs are not counted. */
export function consumersOf(graph: Graph): Map<ValueId, Node[]> {
  const consumers = new Map<ValueId, Node[]>();
  for (const node of graph.nodes) {
    for (const id of new Set(node.inputs)) {
      const list = consumers.get(id);
      if (list) list.push(node);
      else consumers.set(id, [node]);
    }
  }
  return consumers;
}

/** The node that computes each value; inputs and constants have none. */
export function producersOf(graph: Graph): Map<ValueId, Node> {
  return new Map(graph.nodes.map((node) => [node.output, node]));
}

/** A node of any op, with its attributes typed by the op. */
export function makeNode<K extends OpKind>(
  op: K,
  attrs: OpAttrs[K],
  inputs: readonly ValueId[],
  output: ValueId,
  from: { readonly name: string; readonly sourceOp: string },
): Node {
  const node: NodeOf<K> = { op, attrs, inputs, output, name: from.name, sourceOp: from.sourceOp };
  return node as unknown as Node;
}
