/** Logic, comparisons and choice, bits of integers. Booleans are integers of 0 and 1. */
import type { CompareFn, IntegerFn } from '../../../ir/ops.ts';
import type { NodeContext, OperatorRule, OperatorRules } from '../context.ts';
import { isKnown, NARROW, type Operand } from '../operand.ts';
import { CASTS } from './cast.ts';
import { isUnsigned, numberLike, samePair } from './shared.ts';

export const LOGIC: OperatorRules = {
  ...CASTS,
  And: onBits('and'),
  Or: onBits('or'),
  Xor: onBits('xor'),
  Not: (node) => node.not(integer(node, 0)),
  Equal: comparison('equal'),
  Less: comparison('less'),
  LessOrEqual: comparison('lessOrEqual'),
  Greater: comparison('less', true),
  GreaterOrEqual: comparison('lessOrEqual', true),
  Where: (node) => node.where(integer(node, 0), ...samePair(node, 1)),
  IsNaN: (node) => {
    const x = node.float(0);
    return node.not(node.compare('equal', x, x));
  },
  IsInf: isInfinite,
  BitShift: bitShift,
  BitwiseAnd: onBits('and'),
  BitwiseOr: onBits('or'),
  BitwiseXor: onBits('xor'),
  BitwiseNot: (node) => {
    const x = integer(node, 0);
    return node.integerOp('xor', x, numberLike(node, x, -1));
  },
};

/** An operand of integers or booleans. */
function integer(node: NodeContext, index: number): Operand {
  const x = node.input(index);
  if (x.dtype === 'i32') return x;
  return node.corrupt(`Its input ${index} is of the type ${x.elementType}.`);
}

function onBits(fn: IntegerFn): OperatorRule {
  return (node) => node.integerOp(fn, integer(node, 0), integer(node, 1));
}

function comparison(fn: CompareFn, isSwapped = false): OperatorRule {
  return (node) => {
    const [a, b] = samePair(node);
    return isSwapped ? node.compare(fn, b, a) : node.compare(fn, a, b);
  };
}

function isInfinite(node: NodeContext): Operand {
  const x = node.float(0);
  const found: Operand[] = [];
  if (node.flag('detect_positive', true)) {
    found.push(node.compare('equal', x, node.scalar(Number.POSITIVE_INFINITY)));
  }
  if (node.flag('detect_negative', true)) {
    found.push(node.compare('equal', x, node.scalar(Number.NEGATIVE_INFINITY)));
  }
  const [first, second] = found;
  if (first && second) return node.integerOp('or', first, second);
  return first ?? node.compare('less', x, x);
}

/** Shifts by the width or more, or by less than 0, leave what extending the sign gives. */
function bitShift(node: NodeContext): Operand {
  const [x, amount] = [integer(node, 0), integer(node, 1)];
  const isLeft = node.choice('direction', 'LEFT', ['LEFT', 'RIGHT']) === 'LEFT';
  if (!node.has('direction')) node.corrupt('Its attribute direction is missing.');
  if (isLeft) return node.integerOp('shl', x, amount);
  if (isUnsigned(x)) return node.integerOp('shr', x, amount);
  const most = (NARROW[x.elementType]?.bits ?? 32) - 1;
  const isPlain = isKnown(amount) && amount.data.every((by) => by >= 0 && by <= most);
  if (isPlain) return node.integerOp('shr', x, amount);
  const farthest = numberLike(node, amount, most);
  const isBackward = node.compare('less', amount, numberLike(node, amount, 0));
  const capped = node.integerOp('min', amount, farthest);
  return node.integerOp('shr', x, node.where(isBackward, farthest, capped));
}
