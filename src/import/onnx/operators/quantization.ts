/**
 * From floats to integers and back: q = saturate(round(x / scale) + zero point), where halves go to
 * the even neighbour, and x = (q - zero point) · scale. Layers of integers sum exactly and are
 * rounded once.
 */
import { ONNX_TYPES, type OnnxType } from '../../../formats/onnx/types.ts';
import type { NodeContext, OperatorRule, OperatorRules } from '../context.ts';
import { isKnown, NARROW, type Operand } from '../operand.ts';
import {
  alongAxis,
  centred,
  centredWeights,
  convInteger,
  convolveIntegers,
  integerInput,
  matMulInteger,
  multiplyCentred,
  perRow,
} from './integers.ts';

/** Rounds x, adds the zero point and saturates to the type. */
function roundTo(
  node: NodeContext,
  x: Operand,
  zeroPoint: Operand | undefined,
  type: OnnxType,
): Operand {
  const narrow = NARROW[type];
  if (!narrow) return node.refuse(`It quantizes to ${type}.`);
  const { bits, signed } = narrow;
  const [min, max] = signed ? [-(2 ** (bits - 1)), 2 ** (bits - 1) - 1] : [0, 2 ** bits - 1];
  const rounded = node.unary('round', x);
  const moved =
    zeroPoint && !isZero(zeroPoint)
      ? node.binary('add', rounded, node.convert(zeroPoint, 'f32'))
      : rounded;
  return node.convert(node.unary({ fn: 'clip', min, max }, moved), 'i32', type);
}

function isZero(operand: Operand): boolean {
  return isKnown(operand) && operand.data.every((value) => value === 0);
}

/**
 * A scale or zero point in a shape that broadcasts with x: one for all, one per entry of an axis,
 * or one per block of entries.
 */
function spread(node: NodeContext, parameter: Operand, x: Operand): Operand {
  const rank = x.shape.length;
  const block = node.int('block_size', 0);
  if (parameter.shape.length <= 1) {
    if (parameter.shape.length === 0 || parameter.shape[0] === 1)
      return node.reshape(parameter, []);
    return alongAxis(node, parameter, node.axis(node.int('axis', 1), rank), rank);
  }
  const axis = node.axis(node.int('axis', 1), rank);
  const [size, blocks] = [x.shape[axis] ?? 1, parameter.shape[axis] ?? 1];
  if (parameter.shape.length !== rank || block < 1 || Math.ceil(size / block) !== blocks) {
    const shape = `[${parameter.shape.join(', ')}]`;
    return node.corrupt(`Its scales or zero points ${shape} don't fit blocks of ${block}.`);
  }
  const split = parameter.shape.toSpliced(axis + 1, 0, 1);
  const repeats = split.map((_, i) => (i === axis + 1 ? Math.min(block, size) : 1));
  const tiled = node.add('tile', { repeats }, [node.reshape(parameter, split)]);
  const whole = parameter.shape.with(axis, blocks * Math.min(block, size));
  return node.cut(node.reshape(tiled, whole), axis, 0, size);
}

/** The type of what is quantized to: that of the zero point, or the one that is named. */
function quantizedType(node: NodeContext, zeroPoint: Operand | undefined): OnnxType {
  if (zeroPoint) return zeroPoint.elementType;
  const told = node.int('output_dtype', 0);
  return told === 0 ? 'uint8' : (ONNX_TYPES[told] ?? 'unknown');
}

const quantizeLinear: OperatorRule = (node) => {
  const x = node.convert(node.input(0), 'f32', 'float');
  const zeroPoint = node.optional(2);
  const type = quantizedType(node, zeroPoint);
  const precision = ONNX_TYPES[node.int('precision', 0)] ?? 'float';
  if (precision !== 'float') node.refuse(`It divides with the precision of ${precision}.`);
  const scaled = node.binary('div', x, spread(node, node.float(1), x));
  return roundTo(node, scaled, zeroPoint && spread(node, zeroPoint, x), type);
};

const dequantizeLinear: OperatorRule = (node) => {
  const x = integerInput(node, 0);
  const zeroPoint = node.optional(2) && integerInput(node, 2);
  const scale = node.float(1);
  const plain = node.convert(x, 'f32', scale.elementType);
  const moved =
    zeroPoint && !isZero(zeroPoint)
      ? node.binary('sub', plain, spread(node, node.convert(zeroPoint, 'f32'), x))
      : plain;
  return node.binary('mul', moved, spread(node, scale, x));
};

/** The range of x, widened to hold 0, becomes that of uint8. */
const dynamicQuantizeLinear: OperatorRule = (node) => {
  const x = node.float(0);
  const axes = x.shape.map((_, axis) => axis);
  const zero = node.scalar(0);
  const extreme = (fn: 'max' | 'min'): Operand =>
    node.binary(fn, node.add('reduce', { fn, axes, keepDims: false }, [x]), zero);
  const [max, min] = [extreme('max'), extreme('min')];
  const range = node.binary('sub', max, min);
  const isFlat = node.compare('equal', range, zero);
  const width = node.where(isFlat, node.scalar(1), range);
  const scale = node.binary('div', width, node.scalar(255));
  const start = node.binary('sub', zero, node.binary('div', min, scale));
  const zeroPoint = roundTo(node, start, undefined, 'uint8');
  const y = roundTo(node, node.binary('div', x, scale), zeroPoint, 'uint8');
  return [y, scale, zeroPoint];
};

/** Sums of integers times the scales of what was multiplied, over the scale of the result. */
function requantized(
  node: NodeContext,
  sums: Operand,
  [a, b]: readonly [Operand, Operand],
  scaleIndex: number,
): Operand {
  const factor = node.binary('div', node.binary('mul', a, b), node.float(scaleIndex));
  const zeroPoint = integerInput(node, scaleIndex + 1);
  const scaled = node.binary('mul', node.convert(sums, 'f32', 'float'), factor);
  return roundTo(node, scaled, zeroPoint, zeroPoint.elementType);
}

const qLinearConv: OperatorRule = (node) => {
  const sums = convolveIntegers(node, centred(node, 0, 2), centredWeights(node, 3, 5));
  const rank = sums.shape.length;
  const perChannel = (operand: Operand): Operand => alongAxis(node, operand, 1, rank);
  const one = (operand: Operand): Operand => node.reshape(operand, []);
  const biased = node.optional(8)
    ? node.integerOp('add', sums, perChannel(integerInput(node, 8)), 'int32')
    : sums;
  return requantized(node, biased, [one(node.float(1)), perChannel(node.float(4))], 6);
};

const qLinearMatMul: OperatorRule = (node) => {
  const sums = multiplyCentred(node, [0, 2], [3, 5]);
  return requantized(node, sums, [perRow(node, node.float(1)), node.float(4)], 6);
};

export const QUANTIZATION: OperatorRules = {
  QuantizeLinear: quantizeLinear,
  DequantizeLinear: dequantizeLinear,
  DynamicQuantizeLinear: dynamicQuantizeLinear,
  ConvInteger: convInteger,
  MatMulInteger: matMulInteger,
  QLinearConv: qLinearConv,
  QLinearMatMul: qLinearMatMul,
};
