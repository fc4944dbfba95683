/**
 * The element types as typed arrays: what holds them, how many bytes they take, which numbers fit.
 * Bits are left out: in memory they are packed, and in and out of a network they come as ±1 floats.
 */
import type { DType, TensorData } from './graph.ts';

/** What an input or output of a network may be. */
export type PortType = Exclude<DType, 'bit'>;

/** The part of the typed arrays' constructors that all of them share. */
export interface TensorArray {
  new (length: number): TensorData;
  new (buffer: ArrayBufferLike, byteOffset: number, length: number): TensorData;
  readonly BYTES_PER_ELEMENT: number;
  readonly name: string;
}

export const ARRAYS: Readonly<Record<PortType, TensorArray>> = {
  f32: Float32Array,
  i32: Int32Array,
  i16: Int16Array,
  u16: Uint16Array,
  i8: Int8Array,
  u8: Uint8Array,
  bool: Uint8Array,
};

/** The least and the greatest integer of a type; floats have none. */
export const INTEGER_RANGES: Readonly<Record<PortType, readonly [number, number] | undefined>> = {
  f32: undefined,
  i32: [-(2 ** 31), 2 ** 31 - 1],
  i16: [-(2 ** 15), 2 ** 15 - 1],
  u16: [0, 2 ** 16 - 1],
  i8: [-128, 127],
  u8: [0, 255],
  bool: [0, 1],
};

/** Numbers in a new array of a type; they must fit it. */
export function tensorOf(dtype: PortType, values: ArrayLike<number>): TensorData {
  const tensor = new ARRAYS[dtype](values.length);
  tensor.set(values);
  return tensor;
}

/**
 * Random numbers that suit a type, from a source of numbers in [0, 1). Floats are multiples of 1/64
 * that fit a signed byte in 64ths; integers of 16 and 32 bits are small.
 */
export function randomTensor(dtype: PortType, length: number, random: () => number): TensorData {
  const { low, count, step } = RANDOM[dtype];
  const pick = (): number => (low + Math.floor(random() * count)) * step;
  return tensorOf(dtype, Array.from({ length }, pick));
}

const RANDOM: Readonly<Record<PortType, { low: number; count: number; step: number }>> = {
  f32: { low: -127, count: 255, step: 1 / 64 },
  i32: { low: -8, count: 17, step: 1 },
  i16: { low: -8, count: 17, step: 1 },
  u16: { low: 0, count: 17, step: 1 },
  i8: { low: -128, count: 256, step: 1 },
  u8: { low: 0, count: 256, step: 1 },
  bool: { low: 0, count: 2, step: 1 },
};
