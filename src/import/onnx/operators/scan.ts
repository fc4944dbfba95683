/**
 * Running sums and products. Each round combines with the places 1, 2, 4, … further on, so that n
 * places take log2(n) rounds.
 */
import type { NodeContext, OperatorRule, OperatorRules } from '../context.ts';
import type { Operand } from '../operand.ts';
import { arithmetic } from './arithmetic.ts';
import { filled, knownNumber } from './shared.ts';

export const SCANS: OperatorRules = { CumSum: scan('add', 0), CumProd: scan('mul', 1) };

function scan(fn: 'add' | 'mul', neutral: number): OperatorRule {
  return (node) => {
    const x = node.input(0);
    const axis = node.axis(knownNumber(node, 1, 'axis'), x.shape.length);
    const size = x.shape[axis] as number;
    const isReversed = node.flag('reverse', false);
    const shift = (of: Operand, by: number) =>
      shifted(node, of, axis, isReversed ? -by : by, neutral);
    let result = node.flag('exclusive', false) ? shift(x, 1) : x;
    for (let by = 1; by < size; by *= 2) {
      result = arithmetic(node, fn, result, shift(result, by));
    }
    return result;
  };
}

/** Moved that many places along an axis; the places that become free hold `value`. */
function shifted(node: NodeContext, x: Operand, axis: number, by: number, value: number): Operand {
  const left = (x.shape[axis] as number) - Math.abs(by);
  if (left < 1) return filled(node, x.shape, x, value);
  const kept = node.cut(x, axis, Math.max(-by, 0), left);
  const none = x.shape.map(() => 0);
  const before = none.with(axis, Math.max(by, 0));
  const after = none.with(axis, Math.max(-by, 0));
  return node.add('pad', { before, after, value }, [kept], x.elementType);
}
