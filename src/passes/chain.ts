/**
 * The chain before a sign, read backwards from it: monotone steps per channel, with max pools and
 * reshapes in between. A step knows its value, by the reference interpreter's own rounding, and per
 * channel whether it rises, falls or is constant.
 */
import type { Node, NodeOf, Unary, ValueId } from '../ir/ops.ts';
import { isIdentity, isMonotoneInFloat, unaryFunction } from '../ir/traits.ts';
import { type Affine, affineOperands, constantOperand } from './affine.ts';
import type { Layer } from './layers.ts';
import type { Rewriter } from './rewrite.ts';

/** Rising, falling, or constant. */
export type Direction = 1 | -1 | 0;

export interface Step {
  readonly kind: 'step';
  /** The f32 result for an f32 argument. */
  readonly evaluate: (x: number, channel: number) => number;
  readonly direction: (channel: number) => Direction;
}

/** A node that chooses or rearranges elements, and commutes with steps. */
export type Passage =
  | { readonly kind: 'pool'; readonly node: NodeOf<'maxPool2d'> }
  | { readonly kind: 'reshape'; readonly node: NodeOf<'reshape'> };

export type Link = Step | Passage;

/** A node of a chain as links, the last first, or undefined where the chain can't go through it. */
export function linksOf(rewriter: Rewriter, node: Node): Link[] | undefined {
  switch (node.op) {
    case 'batchNorm': {
      const affine = affineOperands(rewriter, node.inputs, 1);
      return joined(affine && affineStep(affine), node.attrs.activation);
    }
    case 'unary':
      return joined(identityStep, node.attrs.unary);
    case 'binary':
      return joined(binaryStep(rewriter, node), node.attrs.activation);
    case 'maxPool2d':
      return node.inputs.length === 1 ? [{ kind: 'pool', node }] : undefined;
    case 'reshape': {
      const before = rewriter.shape(node.inputs[0] as ValueId);
      return before.at(-1) === node.attrs.shape.at(-1) ? [{ kind: 'reshape', node }] : undefined;
    }
    default:
      return undefined;
  }
}

/** The operand that a chain goes on with: the one that is not constant. */
export function chainOperand(rewriter: Rewriter, node: Node): ValueId {
  const [a, b] = node.inputs as [ValueId, ValueId];
  return node.op === 'binary' && rewriter.isConstant(a) ? b : a;
}

/** What a layer does with its sums, as links; undefined when that isn't monotone. */
export function epilogueLinks(rewriter: Rewriter, layer: Layer): Link[] | undefined {
  const { epilogue } = layer.attrs;
  if (epilogue.kind === 'norm') {
    const affine = affineOperands(rewriter, layer.inputs, 2);
    return joined(affine && affineStep(affine), epilogue.activation);
  }
  if (epilogue.kind !== 'linear') return undefined;
  const bias = rewriter.floats(layer.inputs[2] as ValueId);
  return joined(bias && biasStep(bias), epilogue.activation);
}

function joined(step: Step | undefined, activation: Unary): Link[] | undefined {
  if (!step) return undefined;
  if (isIdentity(activation)) return step === identityStep ? [] : [step];
  const after = unaryStep(activation);
  return after && (step === identityStep ? [after] : [after, step]);
}

const identityStep: Step = { kind: 'step', evaluate: (x) => x, direction: () => 1 };

/** Guard: all constants are finite. */
function affineStep({ mean, scale, offset }: Affine): Step | undefined {
  if (![mean, scale, offset].every((values) => values.every(Number.isFinite))) return undefined;
  return {
    kind: 'step',
    evaluate: (x, c) => {
      const centred = Math.fround(x - (mean[c] as number));
      const scaled = Math.fround(centred * (scale[c] as number));
      return Math.fround(scaled + (offset[c] as number));
    },
    direction: (c) => Math.sign(scale[c] as number) as Direction,
  };
}

function biasStep(bias: Float32Array): Step | undefined {
  if (!bias.every(Number.isFinite)) return undefined;
  return {
    kind: 'step',
    evaluate: (x, c) => Math.fround(x + (bias[c] as number)),
    direction: () => 1,
  };
}

function unaryStep(unary: Unary): Step | undefined {
  const isFalling = unary.fn === 'neg';
  if (!isFalling && !isMonotoneInFloat(unary)) return undefined;
  const evaluate = unaryFunction(unary);
  return {
    kind: 'step',
    evaluate: (x) => Math.fround(evaluate(x)),
    direction: () => (isFalling ? -1 : 1),
  };
}

/** x / c, max, min and prelu with a constant per channel. Sums and products are batch norms. */
function binaryStep(rewriter: Rewriter, node: NodeOf<'binary'>): Step | undefined {
  const operand = constantOperand(rewriter, node);
  if (!operand?.constant.every(Number.isFinite)) return undefined;
  const { constant, isFirst } = operand;
  const c = (channel: number): number => constant[channel] as number;
  switch (node.attrs.fn) {
    case 'div':
      if (isFirst || constant.includes(0)) return undefined;
      return {
        kind: 'step',
        evaluate: (x, channel) => Math.fround(x / c(channel)),
        direction: (channel) => (c(channel) > 0 ? 1 : -1),
      };
    case 'max':
      return rising((x, channel) => Math.max(x, c(channel)));
    case 'min':
      return rising((x, channel) => Math.min(x, c(channel)));
    case 'prelu':
      if (isFirst || constant.some((alpha) => alpha < 0)) return undefined;
      return rising((x, channel) => (x < 0 ? Math.fround(c(channel) * x) : x));
    default:
      return undefined;
  }
}

function rising(evaluate: Step['evaluate']): Step {
  return { kind: 'step', evaluate, direction: () => 1 };
}
