/**
 * A tensor while an ONNX graph is imported: either known (it holds data, and nothing of the graph
 * is spent on it until a node reads it) or a value of the graph.
 *
 * Element types map to the few that networks compute with: floating-point numbers of every width
 * are f32; integers and booleans are i32, booleans as 0 and 1. Integers of 32 bits unsigned and of
 * 64 bits are held as i32: those of the file that don't fit are saturated.
 */
import type { OnnxType } from '../../formats/onnx/model.ts';
import type { DType, Shape, TensorData } from '../../ir/graph.ts';
import type { ValueId } from '../../ir/ops.ts';

export interface Operand {
  readonly name: string;
  /** As the model has it. */
  readonly elementType: OnnxType;
  readonly dtype: 'f32' | 'i32';
  /** May hold a size of 0 where the data is known. */
  readonly shape: Shape;
  readonly data?: Float32Array | Int32Array;
  readonly id?: ValueId;
}

/** A known operand. */
export interface Known extends Operand {
  readonly data: Float32Array | Int32Array;
}

export function isKnown(operand: Operand): operand is Known {
  return operand.data !== undefined;
}

interface TypeTraits {
  readonly dtype: 'f32' | 'i32';
  /** The type of an input or output of the network in C. */
  readonly port: Exclude<DType, 'bit'>;
}

const FLOAT: TypeTraits = { dtype: 'f32', port: 'f32' };
const INTEGER: TypeTraits = { dtype: 'i32', port: 'i32' };

const TYPES: { readonly [T in OnnxType]?: TypeTraits } = {
  float: FLOAT,
  float16: FLOAT,
  bfloat16: FLOAT,
  double: FLOAT,
  int32: INTEGER,
  int64: INTEGER,
  uint32: INTEGER,
  uint64: INTEGER,
  int16: { dtype: 'i32', port: 'i16' },
  uint16: { dtype: 'i32', port: 'u16' },
  int8: { dtype: 'i32', port: 'i8' },
  uint8: { dtype: 'i32', port: 'u8' },
  bool: { dtype: 'i32', port: 'bool' },
  int4: { dtype: 'i32', port: 'i8' },
  uint4: { dtype: 'i32', port: 'u8' },
  int2: { dtype: 'i32', port: 'i8' },
  uint2: { dtype: 'i32', port: 'u8' },
};

/** How a type is held; undefined for strings, complex numbers and 8-bit and 4-bit floats. */
export function typeTraits(type: OnnxType): TypeTraits | undefined {
  return TYPES[type];
}

/** Width in bits and signedness of the integers that are narrower than 32 bits. */
export const NARROW: {
  readonly [T in OnnxType]?: { readonly bits: number; readonly signed: boolean };
} = {
  int16: { bits: 16, signed: true },
  uint16: { bits: 16, signed: false },
  int8: { bits: 8, signed: true },
  uint8: { bits: 8, signed: false },
  int4: { bits: 4, signed: true },
  uint4: { bits: 4, signed: false },
  int2: { bits: 2, signed: true },
  uint2: { bits: 2, signed: false },
};

/** Decoded values as they are held: numbers past the ends of i32 become the ends. */
export function heldData(
  values: Float32Array | Float64Array | Int32Array,
  dtype: 'f32' | 'i32',
): Float32Array | Int32Array {
  if (dtype === 'f32') return values instanceof Float32Array ? values : Float32Array.from(values);
  if (values instanceof Int32Array) return values;
  return Int32Array.from(values, (value) => Math.min(Math.max(value, -(2 ** 31)), 2 ** 31 - 1));
}

export type { TensorData };
