/** What it takes the reference interpreter to compute a node: small files can ask for very much. */
import { elementCount, type TensorType } from './graph.ts';
import type { Node } from './ops.ts';
import { macsOf } from './traits.ts';

/** Multiply-adds that take as long as one element of an elementwise op. */
const MACS_PER_ELEMENT = 16;

/** In elements that are written or, where there are more of those, read one by one. */
export function workOf(node: Node, inputs: readonly TensorType[], output: TensorType): number {
  const count = elementCount(output.shape);
  const ids = [...node.inputs, node.output];
  const types = [...inputs, output];
  const values = new Map(
    ids.map((id, i) => [id, { id, name: '', type: types[i] ?? output }] as const),
  );
  const steps = macsOf(node, { values }) + count * tapsOf(node, inputs);
  const isReduction = node.op === 'reduce' || node.op === 'argReduce';
  const read = isReduction ? elementCount(inputs[0]?.shape ?? []) : 0;
  return Math.max(count, read, Math.ceil(steps / MACS_PER_ELEMENT));
}

/** Elements that each element of the result is made of, other than by multiply-adds. */
function tapsOf(node: Node, inputs: readonly TensorType[]): number {
  if (node.op === 'maxPool2d' || node.op === 'averagePool2d') return elementCount(node.attrs.size);
  return node.op === 'resample' ? (inputs[1]?.shape[1] ?? 1) : 0;
}
