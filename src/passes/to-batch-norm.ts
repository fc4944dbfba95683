/**
 * One form for everything affine: adding, subtracting or multiplying by a constant per channel
 * becomes a batch norm, and batch norms in a row become one, where the roundings stay the same:
 *
 *   x + c = (x - 0)·1 + c      x - c = (x - c)·1 + 0      x·c = (x - 0)·c + 0
 *   c - x = (x - 0)·(-1) + c   x / c = x·(1/c)            when c is a power of two
 */
import type { NodeOf } from '../ir/ops.ts';
import {
  type Affine,
  type ConstantOperand,
  constantBatchNorm,
  constantOperand,
  joinExactly,
  plainBatchNorm,
  putAffine,
} from './affine.ts';
import type { Pass } from './pass.ts';
import { Rewriter } from './rewrite.ts';

export const toBatchNorm: Pass = {
  name: 'to-batch-norm',
  summary: 'write constant additions and multiplications per channel as batch norms',
  run(graph) {
    const rewriter = new Rewriter(graph);
    rewriter.visit((node) => {
      if (node.op === 'binary') fromBinary(rewriter, node);
      const current = rewriter.producerOf(node.output, 'batchNorm');
      if (current) joinWithEarlier(rewriter, current);
    });
    return rewriter.finish();
  },
};

function fromBinary(rewriter: Rewriter, node: NodeOf<'binary'>): void {
  const operand = constantOperand(rewriter, node);
  const affine = operand && asAffine(node.attrs.fn, operand);
  if (!operand || !affine) return;
  const { activation } = node.attrs;
  const inputs = [operand.x, ...putAffine(rewriter, node.name, affine)];
  rewriter.replace(node.output, 'batchNorm', { activation }, inputs, node);
}

/** The affine form of a binary op with a constant; undefined where it would round differently. */
export function asAffine(
  fn: NodeOf<'binary'>['attrs']['fn'],
  { constant, isFirst }: ConstantOperand,
): Affine | undefined {
  const zeros = new Float32Array(constant.length);
  const all = (value: number) => new Float32Array(constant.length).fill(value);
  switch (fn) {
    case 'add':
      return { mean: zeros, scale: all(1), offset: constant };
    case 'sub':
      return isFirst
        ? { mean: zeros, scale: all(-1), offset: constant }
        : { mean: constant, scale: all(1), offset: zeros };
    case 'mul':
      return { mean: zeros, scale: constant, offset: zeros };
    case 'div':
      return !isFirst && constant.every(isPowerOfTwo)
        ? { mean: zeros, scale: constant.map((value) => 1 / value), offset: zeros }
        : undefined;
    default:
      return undefined;
  }
}

/** Whether 1/value is an f32 too, and a normal one. */
function isPowerOfTwo(value: number): boolean {
  const exponent = Math.log2(Math.abs(value));
  return Number.isInteger(exponent) && Math.abs(exponent) <= 126;
}

/** Guard: the earlier one has no other use and no activation. */
function joinWithEarlier(rewriter: Rewriter, node: NodeOf<'batchNorm'>): void {
  const x = node.inputs[0] as number;
  const later = constantBatchNorm(rewriter, node);
  const earlierNode = rewriter.producerOf(x, 'batchNorm');
  const earlier = rewriter.hasOneUse(x) && plainBatchNorm(rewriter, earlierNode);
  const joined = later && earlier && joinExactly(earlier, later);
  if (!joined || !earlierNode) return;
  const inputs = [earlierNode.inputs[0] as number, ...putAffine(rewriter, node.name, joined)];
  rewriter.update(node, { inputs });
}
