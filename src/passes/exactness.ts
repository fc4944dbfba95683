/**
 * Which roundings have to stay. A value is exact when the generated C computes its very bits: made
 * from inputs, constants and bits by ops that copy, or round once per element. (Sums of floats are
 * not: their order differs.) Two kinds of exact values keep their roundings: those made from bits and
 * integers, which are promised to be the source's, and those that reach a jump (a sign, a comparison,
 * a rounding to integers) by exact ops, where another rounding could end on its other side.
 */
import type { Graph } from '../ir/graph.ts';
import { getValue } from '../ir/graph.ts';
import {
  activationOf as epilogueActivation,
  type Node,
  type Unary,
  type ValueId,
} from '../ir/ops.ts';
import { jumps, roundsOnce } from '../ir/traits.ts';
import { isLayer, type Layer } from './layers.ts';

export interface Exactness {
  /** Whether what computes the value must go on rounding as it does. */
  readonly mustKeepRounding: (id: ValueId) => boolean;
}

export function findExactness(graph: Graph): Exactness {
  const { exact, fromBits } = findExact(graph);
  const reachesSign = findReachingSign(graph, exact);
  return {
    mustKeepRounding: (id) => exact.has(id) && (fromBits.has(id) || reachesSign.has(id)),
  };
}

function findExact(graph: Graph): { exact: Set<ValueId>; fromBits: Set<ValueId> } {
  const exact = new Set<ValueId>(graph.inputs);
  const fromBits = new Set<ValueId>();
  const isBit = (id: ValueId): boolean => getValue(graph, id).type.dtype === 'bit';
  const isConstant = (id: ValueId): boolean => getValue(graph, id).data !== undefined;
  for (const node of graph.nodes) {
    if (isDigital(node, graph)) {
      exact.add(node.output);
      fromBits.add(node.output);
      continue;
    }
    const data = node.inputs.filter((id) => !isConstant(id));
    if (!isBitExactOp(node, graph) || !data.every((id) => isBit(id) || exact.has(id))) continue;
    exact.add(node.output);
    if (data.some((id) => isBit(id) || fromBits.has(id))) fromBits.add(node.output);
  }
  return { exact, fromBits };
}

function findReachingSign(graph: Graph, exact: ReadonlySet<ValueId>): Set<ValueId> {
  const reaching = new Set<ValueId>();
  for (const node of graph.nodes.toReversed()) {
    const passesOn = exact.has(node.output) && reaching.has(node.output);
    if (passesOn || hasJump(node, graph)) for (const id of node.inputs) reaching.add(id);
  }
  return reaching;
}

/** The function that a node ends with. */
function activationOf(node: Node): Unary | undefined {
  switch (node.op) {
    case 'unary':
      return node.attrs.unary;
    case 'batchNorm':
    case 'binary':
    case 'conv2dTranspose':
      return node.attrs.activation;
    case 'conv2d':
    case 'depthwiseConv2d':
    case 'dense':
      return epilogueActivation(node.attrs.epilogue);
    default:
      return undefined;
  }
}

/** Whether a node gives bits, though perhaps held as floats, or integers. */
function isDigital(node: Node, graph: Graph): boolean {
  const fn = activationOf(node)?.fn;
  if (fn === 'sign' || fn === 'heaviside' || node.op === 'binarize') return true;
  return getValue(graph, node.output).type.dtype === 'i32';
}

function hasJump(node: Node, graph: Graph): boolean {
  const activation = activationOf(node);
  if (activation && jumps(activation)) return true;
  switch (node.op) {
    case 'binarize':
    case 'compare':
    case 'argReduce':
      return true;
    case 'cast':
      return getValue(graph, node.inputs[0] as ValueId).type.dtype === 'f32';
    default:
      return isLayer(node) && node.attrs.epilogue.kind === 'sign';
  }
}

function isBitExactOp(node: Node, graph: Graph): boolean {
  const activation = activationOf(node);
  if (activation && !roundsOnce(activation)) return false;
  switch (node.op) {
    case 'unary':
    case 'batchNorm':
    case 'maxPool2d':
    case 'pad':
    case 'slice':
    case 'reshape':
    case 'transpose':
    case 'concat':
    case 'tile':
    case 'gather':
    case 'cast':
    case 'where':
    case 'binarize':
    case 'unpack':
      return true;
    case 'binary':
      return node.attrs.fn !== 'pow';
    case 'resize2d':
      return node.attrs.mode === 'nearest';
    case 'reduce':
      return node.attrs.fn === 'max' || node.attrs.fn === 'min';
    default:
      return isLayer(node) && isOfBits(node, graph);
  }
}

function isOfBits(layer: Layer, graph: Graph): boolean {
  return layer.inputs.slice(0, 2).every((id) => getValue(graph, id).type.dtype === 'bit');
}
