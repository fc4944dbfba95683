/**
 * Elementwise arithmetic. Floats and integers have ops of their own in the graph; integers of a
 * narrow type wrap as that type does.
 */
import { type BinaryFn, IDENTITY, type IntegerFn, type UnaryPlain } from '../../../ir/ops.ts';
import type { NodeContext, OperatorRule, OperatorRules } from '../context.ts';
import { isKnown, type Operand } from '../operand.ts';
import { ACTIVATIONS } from './activations.ts';
import { checkSameType, isUnsigned, numberLike, samePair } from './shared.ts';

export const ARITHMETIC: OperatorRules = {
  ...ACTIVATIONS,
  Add: twoOperands('add'),
  Sub: twoOperands('sub'),
  Mul: twoOperands('mul'),
  Div: twoOperands('div'),
  Pow: power,
  Mod: modulo,
  Max: manyOperands('max'),
  Min: manyOperands('min'),
  Sum: manyOperands('add'),
  Mean: (node) => {
    node.float(0);
    const sum = combined(node, 'add');
    return node.inputCount === 1 ? sum : node.binary('div', sum, node.scalar(node.inputCount));
  },
  Neg: (node) => {
    const x = node.input(0);
    return x.dtype === 'f32'
      ? node.unary('neg', x)
      : arithmetic(node, 'sub', numberLike(node, x, 0), x);
  },
  Abs: (node) => absolute(node, node.input(0)),
  Sign: (node) => {
    const x = node.input(0);
    if (x.dtype === 'f32') return node.unary('signum', x);
    const capped = node.integerOp('min', x, numberLike(node, x, 1));
    return isUnsigned(x) ? capped : node.integerOp('max', capped, numberLike(node, x, -1));
  },
  Sqrt: floatFunction('sqrt'),
  Reciprocal: floatFunction('reciprocal'),
  Exp: floatFunction('exp'),
  Log: floatFunction('log'),
  Erf: floatFunction('erf'),
  Ceil: floatFunction('ceil'),
  Floor: floatFunction('floor'),
  Round: floatFunction('round'),
  Sin: floatFunction('sin'),
  Cos: floatFunction('cos'),
  Tan: floatFunction('tan'),
  Asin: floatFunction('asin'),
  Acos: floatFunction('acos'),
  Atan: floatFunction('atan'),
  Sinh: floatFunction('sinh'),
  Cosh: floatFunction('cosh'),
  Asinh: floatFunction('asinh'),
  Acosh: floatFunction('acosh'),
  Atanh: floatFunction('atanh'),
};

function floatFunction(fn: UnaryPlain): OperatorRule {
  return (node) => node.unary(fn, node.float(0));
}

function twoOperands(fn: BinaryFn & IntegerFn): OperatorRule {
  return (node) => arithmetic(node, fn, ...samePair(node));
}

/** A function that floats and integers share, of two operands of one type. */
export function arithmetic(
  node: NodeContext,
  fn: BinaryFn & IntegerFn,
  a: Operand,
  b: Operand,
): Operand {
  return a.dtype === 'f32' ? node.binary(fn, a, b) : node.integerOp(fn, a, b);
}

function manyOperands(fn: BinaryFn & IntegerFn): OperatorRule {
  return (node) => combined(node, fn);
}

function combined(node: NodeContext, fn: BinaryFn & IntegerFn): Operand {
  const operands = node.inputs();
  if (operands.length === 0) node.corrupt('It has no operands.');
  checkSameType(node, operands);
  return operands.reduce((result, operand) => arithmetic(node, fn, result, operand));
}

export function absolute(node: NodeContext, x: Operand): Operand {
  if (x.dtype === 'f32') return node.unary('abs', x);
  if (isUnsigned(x)) return x;
  return node.integerOp('max', x, node.integerOp('sub', numberLike(node, x, 0), x));
}

/** The exponent may be of another type than the base, which is that of the result. */
function power(node: NodeContext): Operand {
  const [base, exponent] = [node.input(0), node.input(1)];
  if (base.dtype === 'i32') {
    if (exponent.dtype === 'i32') return node.integerOp('pow', base, exponent);
    if (isKnown(exponent) && exponent.data.every(Number.isInteger)) {
      return node.integerOp('pow', base, node.convert(exponent, 'i32'));
    }
    const result = node.binary('pow', node.convert(base, 'f32'), exponent);
    return node.wrap(node.convert(result, 'i32', base.elementType));
  }
  if (
    isKnown(exponent) &&
    exponent.data.length === 1 &&
    exponent.shape.length <= base.shape.length
  ) {
    const [value] = exponent.data;
    if (value === 1) return base;
    if (value === 2) return node.unary('square', base);
    if (value === 0.5) return node.unary('sqrt', base);
  }
  return node.binary('pow', base, node.convert(exponent, 'f32', base.elementType));
}

/** The sign is that of the divisor, with fmod that of the dividend. */
function modulo(node: NodeContext): Operand {
  const [a, b] = samePair(node);
  const isTruncated = node.flag('fmod', false);
  if (a.dtype === 'i32') return node.integerOp(isTruncated ? 'rem' : 'mod', a, b);
  const rest = node.add('binary', { fn: 'fmod', activation: IDENTITY }, [a, b]);
  if (isTruncated) return rest;
  const isOpposed = node.compare(
    'less',
    node.binary('mul', rest, node.unary('signum', b)),
    node.scalar(0),
  );
  return node.where(isOpposed, node.binary('add', rest, b), rest);
}
