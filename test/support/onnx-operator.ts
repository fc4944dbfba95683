/** Models of one ONNX node, for tests of what its rule makes of it and of what it says. */
import { BinarynetError, type Problem } from '../../src/errors.ts';
import { importModel } from '../../src/import/index.ts';
import type { Graph, Shape } from '../../src/ir/graph.ts';
import { getValue } from '../../src/ir/graph.ts';
import { Interpreter } from '../../src/ir/reference/interpreter.ts';
import { type Attribute, onnxModel, onnxNode } from './onnx-writer.ts';

export interface OneNode {
  readonly op: string;
  /** The node's operands: names of `inputs` and of tensors; '' is left out. */
  readonly operands: readonly string[];
  readonly inputs: Readonly<Record<string, readonly number[]>>;
  readonly tensors?: readonly Uint8Array[];
  readonly attributes?: Readonly<Record<string, Attribute>>;
  readonly outputs?: readonly string[];
  readonly opset?: number;
  /** Nodes before it. */
  readonly before?: readonly Uint8Array[];
}

export function importNode(one: OneNode): Promise<Graph> {
  const { op, operands, inputs, tensors, attributes, outputs = ['y'], opset } = one;
  const node = onnxNode(op, operands, outputs, attributes, 'it');
  const bytes = onnxModel({
    inputs,
    outputs: outputs.filter((name) => name !== ''),
    initializers: tensors ?? [],
    nodes: [...(one.before ?? []), node],
    ...(opset === undefined ? {} : { opset }),
  });
  const sibling = () => Promise.reject(new Error('no file is to be read'));
  return importModel({ name: 'net.onnx', bytes, sibling });
}

/** The outputs for these inputs, with their shapes. */
export async function runNode(
  one: OneNode,
  ...data: readonly (readonly number[])[]
): Promise<{ readonly shape: Shape; readonly data: number[] }[]> {
  const graph = await importNode(one);
  const results = new Interpreter(graph).run(data);
  return graph.outputs.map((id, i) => ({
    shape: getValue(graph, id).type.shape,
    data: Array.from(results[i] ?? []),
  }));
}

/** The one problem that importing it ends with. */
export async function problemOf(one: OneNode): Promise<Problem> {
  const error = await importNode(one).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (error instanceof BinarynetError && error.problems.length === 1) {
    return error.problems[0] as Problem;
  }
  throw new Error('expected a BinarynetError with one problem', { cause: error });
}
