/**
 * Elementwise arithmetic. Floats and integers have ops of their own in the graph; integers of a
 * narrow type wrap as that type does.
 */
import type { BinaryFn, IntegerFn } from '../../../ir/ops.ts';
import type { NodeContext, OperatorRule, OperatorRules } from '../context.ts';
import type { Operand } from '../operand.ts';

export const ARITHMETIC: OperatorRules = {
  Add: twoOperands('add', 'add'),
  Sub: twoOperands('sub', 'sub'),
  Mul: twoOperands('mul', 'mul'),
  Div: twoOperands('div', 'div'),
  Sign: (node) => {
    const x = node.input(0);
    if (x.dtype === 'f32') return node.unary('signum', x);
    const clamped = node.integerOp('min', x, node.integer(1, x.elementType));
    return node.integerOp('max', clamped, node.integer(-1, x.elementType));
  },
};

function twoOperands(float: BinaryFn, integer: IntegerFn): OperatorRule {
  return (node) => {
    const [a, b] = samePair(node);
    return a.dtype === 'f32' ? node.binary(float, a, b) : node.integerOp(integer, a, b);
  };
}

/** Both operands, which have one type. */
function samePair(node: NodeContext): readonly [Operand, Operand] {
  const [a, b] = [node.input(0), node.input(1)];
  if (a.dtype === b.dtype) return [a, b];
  return node.corrupt(`Its operands are of the types ${a.elementType} and ${b.elementType}.`);
}
