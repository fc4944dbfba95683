/**
 * Quantizers as Brevitas, QONNX and FINN write them: floats that are rounded to multiples of a
 * scale. One signed bit is ±scale.
 */
import type { NodeContext, OperatorRule, OperatorRules } from '../context.ts';
import type { Known, Operand } from '../operand.ts';

function isAll(operand: Known, value: number): boolean {
  return operand.data.every((element) => element === value);
}

/** A scale; a negative one would turn the sign around. */
function readScale(node: NodeContext): Known {
  const scale = node.floats(1, 'scale');
  if (!scale.every((value) => value > 0)) node.refuse('Its scale is not positive.');
  return node.known(1, 'scale');
}

/** x < 0 becomes -scale, all else scale. */
function bipolar(node: NodeContext, x: Operand, scale: Known): Operand {
  const sign = node.unary('sign', x);
  return isAll(scale, 1) ? sign : node.binary('mul', sign, scale);
}

type Rounding = (node: NodeContext, x: Operand) => Operand;

/** |x| rounded, with the sign of x. */
function symmetric(magnitude: Rounding): Rounding {
  return (node, x) =>
    node.binary('mul', node.unary('signum', x), magnitude(node, node.unary('abs', x)));
}

const half = (node: NodeContext): Operand => node.scalar(0.5);

const ROUNDINGS: ReadonlyMap<string, Rounding> = new Map<string, Rounding>([
  ['ROUND', (node, x) => node.unary('round', x)],
  ['HALF_EVEN', (node, x) => node.unary('round', x)],
  ['CEIL', (node, x) => node.unary('ceil', x)],
  ['FLOOR', (node, x) => node.unary('floor', x)],
  ['UP', symmetric((node, x) => node.unary('ceil', x))],
  ['DOWN', symmetric((node, x) => node.unary('floor', x))],
  ['ROUND_TO_ZERO', symmetric((node, x) => node.unary('floor', x))],
  ['HALF_UP', symmetric((node, x) => node.unary('floor', node.binary('add', x, half(node))))],
  ['HALF_DOWN', symmetric((node, x) => node.unary('ceil', node.binary('sub', x, half(node))))],
]);

function readBits(node: NodeContext): number {
  const widths = node.floats(3, 'bit width');
  const bits = widths[0] ?? 0;
  if (widths.length === 1 && Number.isInteger(bits) && bits >= 1 && bits <= 32) return bits;
  return node.refuse(`Its bit width is ${widths.length === 1 ? bits : 'not one number'}.`);
}

const quant: OperatorRule = (node) => {
  const x = node.float(0);
  const scale = readScale(node);
  node.floats(2, 'zero point');
  const zero = node.known(2, 'zero point');
  const bits = readBits(node);
  const [signed, narrow] = [node.flag('signed', true), node.flag('narrow', false)];
  const isBipolar = bits === 1 && signed;
  if (isBipolar && isAll(zero, 0)) return bipolar(node, x, scale);
  const scaled = isAll(scale, 1) ? x : node.binary('div', x, scale);
  const moved = isAll(zero, 0) ? scaled : node.binary('add', scaled, zero);
  const whole = isBipolar ? node.unary('sign', moved) : rounded(node, moved, bits, signed, narrow);
  const back = isAll(zero, 0) ? whole : node.binary('sub', whole, zero);
  return isAll(scale, 1) ? back : node.binary('mul', back, scale);
};

function rounded(
  node: NodeContext,
  x: Operand,
  bits: number,
  signed: boolean,
  narrow: boolean,
): Operand {
  const mode = node.text('rounding_mode', 'ROUND').toUpperCase();
  const rounding = ROUNDINGS.get(mode);
  if (!rounding) return node.refuse(`Its rounding_mode is "${mode.slice(0, 60)}".`);
  const [min, max] = signed
    ? [-(2 ** (bits - 1)) + Number(narrow), 2 ** (bits - 1) - 1]
    : [0, 2 ** bits - 1 - Number(narrow)];
  return rounding(node, node.unary({ fn: 'clip', min, max }, x));
}

const QUANTIZERS: OperatorRules = {
  BipolarQuant: (node) => bipolar(node, node.float(0), readScale(node)),
  Quant: quant,
  IntQuant: quant,
  Trunc: (node) => node.refuse('It cuts off the low bits of a quantized number.'),
};

/** Rules by domain. */
export const BINARY_DOMAINS: Readonly<Record<string, OperatorRules>> = {
  'qonnx.custom_op.general': QUANTIZERS,
  'onnx.brevitas': QUANTIZERS,
  'finn.custom_op.general': QUANTIZERS,
};
