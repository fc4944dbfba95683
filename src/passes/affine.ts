/**
 * Affine ops per channel: reading them out of the graph, and putting two into one.
 *
 * A batch norm is three steps of one f32 rounding each: subtract mean, multiply by scale, add
 * offset. A step that changes nothing (-0, ·1, +0) rounds nothing, so batch norms whose steps, one
 * after the other, still are at most one subtraction or addition, one multiplication and one
 * addition are one batch norm with the same roundings. x - c and x + (-c) round the same.
 */
import type { Shape } from '../ir/graph.ts';
import type { Node, NodeOf, ValueId } from '../ir/ops.ts';
import { isIdentity } from '../ir/traits.ts';
import type { Rewriter } from './rewrite.ts';

/** (x - mean) · scale + offset, one value per channel each. */
export interface Affine {
  readonly mean: Float32Array;
  readonly scale: Float32Array;
  readonly offset: Float32Array;
}

/** The three constants from operand `first` on; undefined when one isn't constant. */
export function affineOperands(
  rewriter: Rewriter,
  inputs: readonly ValueId[],
  first: number,
): Affine | undefined {
  const [mean, scale, offset] = inputs.slice(first, first + 3).map((id) => rewriter.floats(id));
  return mean && scale && offset ? { mean, scale, offset } : undefined;
}

/** Adds the three constants of an affine op, named after what it belongs to. */
export function putAffine(rewriter: Rewriter, name: string, affine: Affine): ValueId[] {
  return [
    rewriter.perChannel(`${name}/mean`, affine.mean),
    rewriter.perChannel(`${name}/scale`, affine.scale),
    rewriter.perChannel(`${name}/offset`, affine.offset),
  ];
}

/** A batch norm with constant operands. */
export function constantBatchNorm(rewriter: Rewriter, node: Node | undefined): Affine | undefined {
  return node?.op === 'batchNorm' ? affineOperands(rewriter, node.inputs, 1) : undefined;
}

/** A batch norm with constant operands and nothing behind it. */
export function plainBatchNorm(rewriter: Rewriter, node: Node | undefined): Affine | undefined {
  if (node?.op !== 'batchNorm' || !isIdentity(node.attrs.activation)) return undefined;
  return constantBatchNorm(rewriter, node);
}

export interface ConstantOperand {
  /** The operand that is not constant. */
  readonly x: ValueId;
  /** The other one, repeated to one value per channel of the result. */
  readonly constant: Float32Array;
  /** The constant is the first operand, as in c - x. */
  readonly isFirst: boolean;
}

/** A binary op between a tensor of the result's shape and a constant per channel or scalar. */
export function constantOperand(
  rewriter: Rewriter,
  node: NodeOf<'binary'>,
): ConstantOperand | undefined {
  const [a, b] = node.inputs as [ValueId, ValueId];
  const isFirst = rewriter.isConstant(a);
  const [x, c] = isFirst ? [b, a] : [a, b];
  const shape = rewriter.shape(node.output);
  const data = rewriter.floats(c);
  if (!data || rewriter.isConstant(x) || shape.length === 0) return undefined;
  const sameShape = rewriter.shape(x).length === shape.length && sameSize(rewriter.shape(x), shape);
  const channels = shape.at(-1) as number;
  if (!sameShape || !isPerChannel(rewriter.shape(c), channels)) return undefined;
  const constant = data.length === channels ? data : new Float32Array(channels).fill(first(data));
  return { x, constant, isFirst };
}

/** Whether a constant of that shape holds one value per channel, or one for all. */
function isPerChannel(shape: Shape, channels: number): boolean {
  const last = shape.at(-1) ?? 1;
  return (last === 1 || last === channels) && shape.slice(0, -1).every((size) => size === 1);
}

function sameSize(a: Shape, b: Shape): boolean {
  return a.every((size, axis) => size === b[axis]);
}

/** The one value that all elements have; undefined when they differ. */
export function uniformValue(data: ArrayLike<number>): number | undefined {
  const value = first(data);
  for (let i = 1; i < data.length; i++) if (data[i] !== value) return undefined;
  return value;
}

function first(data: ArrayLike<number>): number {
  return data[0] as number;
}

interface Step {
  readonly op: 'add' | 'mul';
  readonly values: Float32Array;
}

/** Two affine ops as one with the same roundings; undefined where there is none. */
export function joinExactly(earlier: Affine, later: Affine): Affine | undefined {
  return fromSteps([...steps(earlier), ...steps(later)], earlier.scale.length);
}

function steps({ mean, scale, offset }: Affine): Step[] {
  const all: Step[] = [
    { op: 'add', values: mean.map((value) => -value) },
    { op: 'mul', values: scale },
    { op: 'add', values: offset },
  ];
  return all.filter(({ op, values }) => uniformValue(values) !== (op === 'mul' ? 1 : 0));
}

function fromSteps(list: readonly Step[], channels: number): Affine | undefined {
  const zeros = new Float32Array(channels);
  const ones = new Float32Array(channels).fill(1);
  const at = list.findIndex(({ op }) => op === 'mul');
  const adds = list.filter(({ op }) => op === 'add').map(({ values }) => values);
  if (at < 0) {
    return adds.length > 1 ? undefined : { mean: zeros, scale: ones, offset: adds[0] ?? zeros };
  }
  const [before, after] = [list.slice(0, at), list.slice(at + 1)];
  const onlyAdds = after.every(({ op }) => op === 'add');
  if (before.length > 1 || after.length > 1 || !onlyAdds) return undefined;
  return {
    mean: before[0]?.values.map((value) => -value || 0) ?? zeros,
    scale: (list[at] as Step).values,
    offset: after[0]?.values ?? zeros,
  };
}

/** Two affine ops as one, up to rounding. */
export function joinNearly(earlier: Affine, later: Affine): Affine {
  const offset = later.offset.map((value, c) => {
    const shift = at(earlier.offset, c) - at(later.mean, c);
    return shift * at(later.scale, c) + value;
  });
  const scale = earlier.scale.map((value, c) => value * at(later.scale, c));
  return { mean: earlier.mean, scale, offset };
}

function at(data: Float32Array, index: number): number {
  return data[index] as number;
}
