/**
 * What changes no element is dropped: the identity, padding by nothing, a reshape to the same
 * shape, adding 0, multiplying by 1, the sign of a sign. A reshape of a reshape reads the first
 * one's operand, and sums over axes of size 1 are reshapes.
 */
import type { IntegerFn, Node, NodeOf, Rules, ValueId } from '../ir/ops.ts';
import { applyRule } from '../ir/ops.ts';
import { equalShapes } from '../ir/shape-math.ts';
import { isIdentity } from '../ir/traits.ts';
import { affineOperands, uniformValue } from './affine.ts';
import { type Domain, findDomains } from './domains.ts';
import type { Pass } from './pass.ts';
import { Rewriter } from './rewrite.ts';

interface Context {
  readonly rewriter: Rewriter;
  readonly domains: ReadonlyMap<ValueId, Domain>;
}

export const simplify: Pass = {
  name: 'simplify',
  summary: 'drop what changes nothing, join reshapes',
  run(graph) {
    const rewriter = new Rewriter(graph);
    const context = { rewriter, domains: findDomains(graph) };
    rewriter.visit((node) => {
      asReshape(rewriter, node);
      joinReshapes(rewriter, rewriter.producer(node.output) as Node);
      const current = rewriter.producer(node.output) as Node;
      const same = applyRule(SAME_AS, current, context);
      if (same !== undefined && sameType(rewriter, current.output, same)) {
        rewriter.dropIdentity(current, same);
      }
    });
    return rewriter.finish();
  },
};

/** An average over one element each. */
function asReshape(rewriter: Rewriter, node: Node): void {
  const x = node.inputs[0] as ValueId;
  if (node.op !== 'reduce') return;
  if (!node.attrs.axes.every((axis) => rewriter.shape(x)[axis] === 1)) return;
  rewriter.replace(node.output, 'reshape', { shape: rewriter.shape(node.output) }, [x], node);
}

function joinReshapes(rewriter: Rewriter, node: Node): void {
  const earlier = node.op === 'reshape' && rewriter.producer(node.inputs[0] as ValueId);
  if (node.op !== 'reshape' || !earlier || earlier.op !== 'reshape') return;
  rewriter.update(node, { inputs: earlier.inputs });
}

function sameType(rewriter: Rewriter, a: ValueId, b: ValueId): boolean {
  const [left, right] = [rewriter.type(a), rewriter.type(b)];
  return left.dtype === right.dtype && equalShapes(left.shape, right.shape);
}

const never = (): undefined => undefined;

/** The operand that a node's result equals; its type is compared above. */
const SAME_AS: Rules<ValueId | undefined, [Context]> = {
  unary: (node, { domains }) => {
    const x = node.inputs[0] as ValueId;
    const { unary } = node.attrs;
    const fixesDomain =
      (unary.fn === 'sign' && domains.get(x) === 'plusMinusOne') ||
      (unary.fn === 'heaviside' && domains.get(x) === 'zeroOne');
    return isIdentity(unary) || fixesDomain ? x : undefined;
  },
  batchNorm: (node, { rewriter }) => {
    const affine = affineOperands(rewriter, node.inputs, 1);
    if (!affine || !isIdentity(node.attrs.activation)) return undefined;
    const { mean, scale, offset } = affine;
    const isNeutral =
      uniformValue(mean) === 0 && uniformValue(scale) === 1 && uniformValue(offset) === 0;
    return isNeutral ? node.inputs[0] : undefined;
  },
  binary: neutralOperand,
  pad: ({ attrs, inputs }) =>
    [...attrs.before, ...attrs.after].every((size) => size === 0) ? inputs[0] : undefined,
  slice: ({ attrs, inputs }, { rewriter }) => {
    const sizes = rewriter.shape(inputs[0] as ValueId);
    const takesAll = attrs.begin.every((begin, axis) => {
      if (attrs.size[axis] !== sizes[axis] || begin !== 0) return false;
      return attrs.step[axis] === 1 || sizes[axis] === 1;
    });
    return takesAll ? inputs[0] : undefined;
  },
  reshape: ({ inputs }) => inputs[0],
  transpose: ({ attrs, inputs }) =>
    attrs.perm.every((from, axis) => from === axis) ? inputs[0] : undefined,
  tile: ({ attrs, inputs }) => (attrs.repeats.every((n) => n === 1) ? inputs[0] : undefined),
  concat: ({ inputs }) => (inputs.length === 1 ? inputs[0] : undefined),
  resize2d: ({ inputs }) => inputs[0],
  maxPool2d: copiesPixels,
  averagePool2d: copiesPixels,
  conv2d: never,
  depthwiseConv2d: never,
  conv2dTranspose: never,
  dense: never,
  softmax: never,
  cast: ({ attrs, inputs }, { rewriter }) => {
    const x = inputs[0] as ValueId;
    return rewriter.type(x).dtype === attrs.to ? x : undefined;
  },
  layerNorm: never,
  groupNorm: never,
  argReduce: never,
  resample: never,
  matmul: never,
  convInteger: never,
  integer: neutralInteger,
  compare: never,
  where: ({ inputs }, { rewriter }) => {
    const [condition, a, b] = inputs as readonly [ValueId, ValueId, ValueId];
    if (a === b) return a;
    const chosen = uniformInteger(rewriter, condition);
    return chosen === undefined ? undefined : chosen !== 0 ? a : b;
  },
  reduce: never,
  gather: never,
  recurrent: never,
  binarize: never,
  unpack: never,
};

const NEUTRAL = { add: [0, 0], sub: [undefined, 0], mul: [1, 1], div: [undefined, 1] } as const;

/** x + 0, 0 + x, x - 0, x·1, 1·x, x / 1, with a constant of any shape that x covers. */
function neutralOperand(node: NodeOf<'binary'>, { rewriter }: Context): ValueId | undefined {
  const { fn, activation } = node.attrs;
  if (!isIdentity(activation) || !(fn in NEUTRAL)) return undefined;
  const neutral = NEUTRAL[fn as keyof typeof NEUTRAL];
  for (const index of [0, 1] as const) {
    const constant = rewriter.floats(node.inputs[index] as ValueId);
    const value = constant && uniformValue(constant);
    if (value !== undefined && value === neutral[index]) return node.inputs[1 - index];
  }
  return undefined;
}

const NEUTRAL_INTEGER: { readonly [F in IntegerFn]?: readonly [number | undefined, number] } = {
  add: [0, 0],
  sub: [undefined, 0],
  mul: [1, 1],
  div: [undefined, 1],
  pow: [undefined, 1],
  and: [-1, -1],
  or: [0, 0],
  xor: [0, 0],
  shl: [undefined, 0],
  shr: [undefined, 0],
};

function neutralInteger(node: NodeOf<'integer'>, { rewriter }: Context): ValueId | undefined {
  const neutral = NEUTRAL_INTEGER[node.attrs.fn];
  if (!neutral) return undefined;
  for (const index of [0, 1] as const) {
    const value = uniformInteger(rewriter, node.inputs[index] as ValueId);
    if (value !== undefined && value === neutral[index]) return node.inputs[1 - index];
  }
  return undefined;
}

function uniformInteger(rewriter: Rewriter, id: ValueId): number | undefined {
  const data = rewriter.integers(id);
  return data && uniformValue(data);
}

function copiesPixels({
  attrs,
  inputs,
}: NodeOf<'maxPool2d'> | NodeOf<'averagePool2d'>): ValueId | undefined {
  const isPoint = [...attrs.size, ...attrs.strides].every((n) => n === 1);
  return isPoint && inputs.length === 1 ? inputs[0] : undefined;
}
