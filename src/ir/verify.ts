/**
 * What is legal at each stage, checked between stages. A violation is a defect of the importer or
 * pass that made the graph, hence a plain `Error`; it names the node.
 *
 * At every stage: values are filed under their own id; inputs and nodes' outputs are no constants
 * and are defined once; nodes stand in topological order; stored types are those that `inferType`
 * gives; constants have as many elements, of the array type, as their type says; the network's
 * inputs and outputs are of any type but bits, and but for i8 in lowered graphs only they may be
 * narrower than 32 bits.
 *
 * - source: as importers make it. Everything is f32 or i32; by the types of the ops that leaves
 *   linear epilogues, taps of 0 outside an image, and no `binarize` and `unpack`.
 * - lowered: as the passes leave it. Values are f32, i32, i8 or bit.
 *   Bit weights, weights of layers of integers (which are not -128), thresholds and the operands of
 *   `norm`, `add` (bar the addend), `integer`, `requantize` and of an OR mask are constants.
 */
import { BinarynetError } from '../errors.ts';
import { ARRAYS } from './elements.ts';
import { type DType, elementCount, type Graph, type TensorData, type Value } from './graph.ts';
import type { Node, NodeOf, ValueId } from './ops.ts';
import { equalShapes, inferType } from './shapes.ts';

export type Stage = 'source' | 'lowered';

/** The types of what stands between the inputs and the outputs. */
const STAGES: { readonly [S in Stage]: readonly DType[] } = {
  source: ['f32', 'i32'],
  lowered: ['f32', 'i32', 'i8', 'bit'],
};

const PORTS: readonly DType[] = ['f32', 'i32', 'i16', 'u16', 'i8', 'u8', 'bool'];

const ARRAYS_AND_BITS = { ...ARRAYS, bit: Uint8Array };

/** Throws an `Error` for the first thing that is not legal in a graph of that stage. */
export function verifyGraph(graph: Graph, stage: Stage): void {
  const ports = new Set([...graph.inputs, ...graph.outputs]);
  for (const [id, value] of graph.values) {
    verifyValue(id, value, ports.has(id) ? PORTS : STAGES[stage], stage);
  }
  const defined = definedBefore(graph);
  for (const id of graph.inputs) define(defined, id, `input %${id}`);
  for (const node of graph.nodes) {
    const where = `${node.op} %${node.output} (${node.sourceOp} "${node.name}")`;
    for (const id of node.inputs) {
      if (!defined.has(id)) defect(where, `reads %${id}, which is not computed before it`);
    }
    verifyType(graph, node, where);
    verifyConstants(graph, node, where);
    define(defined, node.output, where);
  }
  verifyPorts(graph, defined);
}

/** Constants are there from the start. */
function definedBefore(graph: Graph): Set<ValueId> {
  return new Set([...graph.values.values()].filter(({ data }) => data).map(({ id }) => id));
}

function define(defined: Set<ValueId>, id: ValueId, where: string): void {
  if (defined.has(id)) defect(where, `defines %${id}, which is defined already`);
  defined.add(id);
}

function verifyValue(id: ValueId, value: Value, dtypes: readonly DType[], stage: Stage): void {
  const { type, data } = value;
  const where = `value %${id} ("${value.name}")`;
  if (value.id !== id) defect(where, `is filed under %${id} but is %${value.id}`);
  if (!dtypes.includes(type.dtype)) defect(where, `is ${type.dtype} in a ${stage} graph`);
  if (data) verifyData(type.dtype, elementCount(type.shape), data, where);
}

function verifyData(dtype: DType, count: number, data: TensorData, where: string): void {
  if (!(data instanceof ARRAYS_AND_BITS[dtype])) {
    defect(where, `is ${dtype} but holds a ${data.constructor.name}`);
  }
  if (data.length !== count) defect(where, `holds ${data.length} elements, not ${count}`);
  if (dtype === 'bit' && !holdsBits(data)) defect(where, 'holds bits other than 0 and 1');
}

/** A loop: there may be tens of millions, and they are checked after every pass. */
function holdsBits(data: TensorData): boolean {
  for (let i = 0; i < data.length; i++) if ((data[i] as number) > 1) return false;
  return true;
}

function verifyType(graph: Graph, node: Node, where: string): void {
  const stored = graph.values.get(node.output)?.type;
  if (!stored) throw new Error(`${where} computes a value that the graph does not have`);
  const inputs = node.inputs.map((id) => (graph.values.get(id) as Value).type);
  const inferred = inferOrDefect(node, inputs, where);
  if (stored.dtype !== inferred.dtype || !equalShapes(stored.shape, inferred.shape)) {
    const [has, gives] = [stored, inferred].map((type) => `${type.dtype}[${type.shape}]`);
    defect(where, `has the type ${has} but computes ${gives}`);
  }
}

function inferOrDefect(node: Node, inputs: Parameters<typeof inferType>[1], where: string) {
  try {
    return inferType(node, inputs);
  } catch (error) {
    if (error instanceof BinarynetError) defect(where, `is not well-formed: ${error.message}`);
    throw error;
  }
}

function verifyConstants(graph: Graph, node: Node, where: string): void {
  for (const index of constantOperands(graph, node)) {
    const id = node.inputs[index] as ValueId;
    if (!graph.values.get(id)?.data) defect(where, `operand ${index} (%${id}) is not constant`);
  }
  if (node.op === 'resample') verifyPlaces(graph, node, where);
  if ('epilogue' in node.attrs) verifyWeights(graph, node, where);
}

/** Kernels multiply bytes two at a time, and count on both products fitting 16 bits. */
function verifyWeights(graph: Graph, node: Node, where: string): void {
  const weights = graph.values.get(node.inputs[1] as ValueId);
  if (weights?.type.dtype !== 'i8' || !weights.data?.includes(-128)) return;
  defect(where, 'has a weight of -128');
}

/** The generated C reads where the indices say. */
function verifyPlaces(graph: Graph, node: NodeOf<'resample'>, where: string): void {
  const [x, indices] = node.inputs.map((id) => graph.values.get(id));
  const size = x?.type.shape[node.attrs.axis] as number;
  for (const place of indices?.data ?? []) {
    if (place < 0 || place >= size) defect(where, `reads place ${place} of ${size}`);
  }
}

/** Operands that are packed into the weight file because of their form, and can't be computed. */
function constantOperands(graph: Graph, node: Node): number[] {
  const indices = node.inputs.map((_, index) => index);
  if (node.op === 'binarize') return indices.slice(1);
  if (node.op === 'maxPool2d' || node.op === 'resample') return indices.slice(1);
  if (!('epilogue' in node.attrs)) return [];
  const w = graph.values.get(node.inputs[1] as ValueId)?.type.dtype;
  const { kind } = node.attrs.epilogue;
  const fused = kind === 'linear' ? [] : indices.slice(2, kind === 'add' ? -1 : undefined);
  return w === 'f32' ? fused : [1, ...fused];
}

function verifyPorts(graph: Graph, defined: ReadonlySet<ValueId>): void {
  for (const id of graph.outputs) {
    if (!defined.has(id)) defect(`output %${id}`, 'is not computed');
  }
}

function defect(where: string, found: string): never {
  throw new Error(`${where} ${found}`);
}
