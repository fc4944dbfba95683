/** Grows a graph node by node, inferring each node's type as it is added. */
import type { Graph, Shape, TensorData, TensorType, Value } from './graph.ts';
import { getValue, makeNode } from './graph.ts';
import type { Node, OpAttrs, OpKind, ValueId } from './ops.ts';
import { inferType } from './shapes.ts';

/** The name and op that messages about a node show: those of the source model. */
export interface Origin {
  readonly name: string;
  readonly sourceOp: string;
}

export class GraphBuilder {
  readonly values = new Map<ValueId, Value>();
  private readonly nodes: Node[] = [];
  private readonly inputs: ValueId[] = [];
  private nextId: ValueId = 0;

  /** Adds an input of the network. */
  input(name: string, type: TensorType): ValueId {
    const id = this.addValue(name, type);
    this.inputs.push(id);
    return id;
  }

  /** Adds an f32 constant. */
  constant(name: string, shape: Shape, data: Float32Array): ValueId;
  /** Adds a constant of any type; bits are one element per byte. */
  constant(name: string, type: TensorType, data: TensorData): ValueId;
  constant(name: string, typeOrShape: TensorType | Shape, data: TensorData): ValueId {
    const type: TensorType = isShape(typeOrShape)
      ? { dtype: 'f32', shape: typeOrShape }
      : typeOrShape;
    return this.addValue(name, type, data);
  }

  /**
   * Adds a node and returns the value that it computes.
   * Throws a `BinarynetError` naming the node when its inputs don't fit the op.
   */
  add<K extends OpKind>(
    op: K,
    attrs: OpAttrs[K],
    inputs: readonly ValueId[],
    from: Origin,
  ): ValueId {
    const draft = makeNode(op, attrs, inputs, this.nextId, from);
    const type = inferType(
      draft,
      inputs.map((id) => this.type(id)),
    );
    const output = this.addValue(from.name, type);
    this.nodes.push(draft);
    return output;
  }

  type(id: ValueId): TensorType {
    return getValue(this, id).type;
  }

  shape(id: ValueId): Shape {
    return this.type(id).shape;
  }

  finish(name: string, outputs: readonly ValueId[]): Graph {
    return { name, values: this.values, nodes: this.nodes, inputs: this.inputs, outputs };
  }

  private addValue(name: string, type: TensorType, data?: TensorData): ValueId {
    const id = this.nextId++;
    this.values.set(id, data ? { id, name, type, data } : { id, name, type });
    return id;
  }
}

function isShape(value: TensorType | Shape): value is Shape {
  return Array.isArray(value);
}
