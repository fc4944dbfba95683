/** Numbers as HDF5 stores them, to typed arrays. */
import { fail } from '../../errors.ts';
import type { Hdf5Type } from './structure.ts';

export type NumberArray =
  | Float32Array
  | Float64Array
  | Int8Array
  | Uint8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | BigInt64Array
  | BigUint64Array;

type NumbersConstructor = {
  readonly BYTES_PER_ELEMENT: number;
  new (buffer: ArrayBufferLike, offset: number, length: number): NumberArray;
};

/** Reads the whole of `bytes`; the result is a view of them where that is possible. */
export function decodeNumbers(bytes: Uint8Array, type: Hdf5Type, what: string): NumberArray {
  if (type.kind === 'bfloat16') return bfloat16ToFloat32(nativeOrder(bytes, type));
  if (type.kind === 'float' && type.size === 2) return halfToFloat32(nativeOrder(bytes, type));
  const Numbers = arrayOf(type);
  if (!Numbers || !('big' in type)) {
    return fail({
      code: 'unsupported',
      found: `${what} holds ${type.kind === 'other' ? type.name : `a ${type.kind}`}, not numbers.`,
    });
  }
  const native = nativeOrder(bytes, type);
  const aligned = native.byteOffset % type.size === 0 ? native : new Uint8Array(native);
  return new Numbers(aligned.buffer, aligned.byteOffset, aligned.length / type.size);
}

function arrayOf(type: Hdf5Type): NumbersConstructor | undefined {
  if (type.kind === 'float') return type.size === 4 ? Float32Array : Float64Array;
  if (type.kind !== 'int') return undefined;
  const signed = new Map<number, NumbersConstructor>([
    [1, Int8Array],
    [2, Int16Array],
    [4, Int32Array],
    [8, BigInt64Array],
  ]);
  const unsigned = new Map<number, NumbersConstructor>([
    [1, Uint8Array],
    [2, Uint16Array],
    [4, Uint32Array],
    [8, BigUint64Array],
  ]);
  return (type.signed ? signed : unsigned).get(type.size);
}

function nativeOrder(bytes: Uint8Array, type: { size: number; big: boolean }): Uint8Array {
  if (!type.big || type.size === 1) return bytes;
  const swapped = new Uint8Array(bytes);
  for (let i = 0; i + type.size <= swapped.length; i += type.size) {
    swapped.subarray(i, i + type.size).reverse();
  }
  return swapped;
}

/** IEEE half floats (little-endian bytes) to f32, exactly. */
export function halfToFloat32(bytes: Uint8Array): Float32Array {
  const output = new Float32Array(bytes.length >> 1);
  for (let i = 0; i < output.length; i++) {
    const half = (bytes[2 * i] ?? 0) | ((bytes[2 * i + 1] ?? 0) << 8);
    const exponent = (half >> 10) & 31;
    const fraction = half & 1023;
    let value: number;
    if (exponent === 31) value = fraction ? Number.NaN : Number.POSITIVE_INFINITY;
    else if (exponent === 0) value = fraction * 2 ** -24;
    else value = (1 + fraction / 1024) * 2 ** (exponent - 15);
    output[i] = half & 0x8000 ? -value : value;
  }
  return output;
}

export function bfloat16ToFloat32(bytes: Uint8Array): Float32Array {
  const output = new Uint32Array(bytes.length >> 1);
  for (let i = 0; i < output.length; i++) {
    output[i] = (((bytes[2 * i] ?? 0) | ((bytes[2 * i + 1] ?? 0) << 8)) << 16) >>> 0;
  }
  return new Float32Array(output.buffer);
}
