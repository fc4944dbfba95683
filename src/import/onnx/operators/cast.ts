/**
 * Casts. Numbers that are cut to a type of fewer digits are rounded as that type does; floats are
 * truncated to integers, and integers wrap. ONNX says nothing about floats past an integer type's
 * ends: here they saturate at those of 32 bits, and wrap in narrower types.
 */
import { ONNX_TYPES, type OnnxType } from '../../../formats/onnx/types.ts';
import type { NodeContext, OperatorRules } from '../context.ts';
import { NARROW, type Operand, typeTraits } from '../operand.ts';
import { numberLike } from './shared.ts';

export const CASTS: OperatorRules = {
  Cast: (node) => cast(node, node.input(0), typeAttribute(node, 'to')),
  CastLike: (node) => cast(node, node.input(0), node.input(1).elementType),
};

/** The element type that an attribute names by its number. */
export function typeAttribute(node: NodeContext, name: string, fallback?: OnnxType): OnnxType {
  if (fallback !== undefined && !node.has(name)) return fallback;
  const number = node.int(name);
  const type =
    ONNX_TYPES[number] ?? node.corrupt(`Its attribute ${name} is ${number}, which is no type.`);
  if (!typeTraits(type)) node.refuse(`Its attribute ${name} is the type ${type}.`);
  return type;
}

export function cast(node: NodeContext, x: Operand, to: OnnxType): Operand {
  if (x.elementType === to) return x;
  if (to === 'bool') {
    const isZero = node.compare('equal', x, numberLike(node, x, 0));
    return node.not(isZero);
  }
  if (typeTraits(to)?.dtype === 'f32') {
    const floats = node.convert(x, 'f32', to);
    return isExact(x.elementType, to) ? floats : rounded(node, floats, to);
  }
  return node.wrap(node.convert(x, 'i32', to));
}

/** Significant bits of the floats that have fewer than f32. */
const DIGITS: { readonly [T in OnnxType]?: number } = { float16: 11, bfloat16: 8 };

function isExact(from: OnnxType, to: OnnxType): boolean {
  const digits = DIGITS[to] ?? 24;
  return from === 'bool' || digits === 24 || (NARROW[from]?.bits ?? 32) <= digits;
}

function rounded(node: NodeContext, x: Operand, to: OnnxType): Operand {
  const unary = { fn: to === 'float16' ? 'toHalf' : 'toBfloat16' } as const;
  return node.add('unary', { unary }, [x], to);
}
