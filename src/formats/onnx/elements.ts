/** The element types of ONNX tensors: how wide they are, and from little-endian bytes to numbers. */
import { bfloat16ToFloat32, halfToFloat32 } from '../hdf5/numbers.ts';
import { type SmallFloatType, smallFloatTable } from './small-floats.ts';
import type { OnnxType } from './types.ts';

export interface Layout {
  readonly bits: number;
  /** The typed field that holds the values when the tensor's bytes don't. */
  readonly typed: 'float' | 'int32' | 'int64' | 'double' | 'uint64';
}

type NumericType = Exclude<OnnxType, 'string' | 'complex64' | 'complex128' | 'unknown'>;

const LAYOUTS: Readonly<Record<NumericType, Layout>> = {
  float: { bits: 32, typed: 'float' },
  double: { bits: 64, typed: 'double' },
  float16: { bits: 16, typed: 'int32' },
  bfloat16: { bits: 16, typed: 'int32' },
  float8e4m3fn: { bits: 8, typed: 'int32' },
  float8e4m3fnuz: { bits: 8, typed: 'int32' },
  float8e5m2: { bits: 8, typed: 'int32' },
  float8e5m2fnuz: { bits: 8, typed: 'int32' },
  float8e8m0: { bits: 8, typed: 'int32' },
  float6e2m3: { bits: 6, typed: 'int32' },
  float6e3m2: { bits: 6, typed: 'int32' },
  float4e2m1: { bits: 4, typed: 'int32' },
  int64: { bits: 64, typed: 'int64' },
  uint64: { bits: 64, typed: 'uint64' },
  int32: { bits: 32, typed: 'int32' },
  uint32: { bits: 32, typed: 'uint64' },
  int16: { bits: 16, typed: 'int32' },
  uint16: { bits: 16, typed: 'int32' },
  int8: { bits: 8, typed: 'int32' },
  uint8: { bits: 8, typed: 'int32' },
  bool: { bits: 8, typed: 'int32' },
  int4: { bits: 4, typed: 'int32' },
  uint4: { bits: 4, typed: 'int32' },
  int2: { bits: 2, typed: 'int32' },
  uint2: { bits: 2, typed: 'int32' },
};

/** The types that are read; strings and complex numbers are not. */
export const ELEMENTS: ReadonlyMap<OnnxType, Layout> = new Map(
  Object.entries(LAYOUTS) as [NumericType, Layout][],
);

type Values = Float32Array | Float64Array | Int32Array;
type Decoder = (bytes: Uint8Array) => Values;
type NarrowType = SmallFloatType | 'int4' | 'uint4' | 'int2' | 'uint2';

const DECODERS: Readonly<Record<Exclude<NumericType, NarrowType>, Decoder>> = {
  float: (bytes) => viewAs(Float32Array, bytes),
  double: (bytes) => new Float32Array(viewAs(Float64Array, bytes)),
  float16: halfToFloat32,
  bfloat16: bfloat16ToFloat32,
  int64: (bytes) => wideIntegers(viewAs(Int32Array, bytes), true),
  uint64: (bytes) => wideIntegers(viewAs(Int32Array, bytes), false),
  int32: (bytes) => viewAs(Int32Array, bytes),
  uint32: (bytes) => {
    const values = viewAs(Uint32Array, bytes);
    const isWide = values.some((value) => value > 0x7fffffff);
    return isWide ? new Float64Array(values) : new Int32Array(values);
  },
  int16: (bytes) => new Int32Array(viewAs(Int16Array, bytes)),
  uint16: (bytes) => new Int32Array(viewAs(Uint16Array, bytes)),
  int8: (bytes) => new Int32Array(viewAs(Int8Array, bytes)),
  uint8: (bytes) => new Int32Array(bytes),
  bool: (bytes) => Int32Array.from(bytes, (value) => (value === 0 ? 0 : 1)),
};

/**
 * `bytes` hold `count` elements of the type. `isUnpacked`: one that is narrower than a byte has a
 * whole one for every element.
 */
export function decodeElements(
  bytes: Uint8Array,
  type: OnnxType,
  count: number,
  isUnpacked: boolean,
): Values {
  if (Object.hasOwn(DECODERS, type)) return DECODERS[type as keyof typeof DECODERS](bytes);
  const narrow = type as NarrowType;
  const { bits } = LAYOUTS[narrow];
  const codes = bits === 8 || isUnpacked ? bytes : unpack(bytes, bits, count);
  if (narrow === 'uint4' || narrow === 'uint2') return new Int32Array(codes);
  if (narrow === 'int4' || narrow === 'int2') {
    const sign = 2 ** (bits - 1);
    return Int32Array.from(codes, (code) => (code ^ sign) - sign);
  }
  const table = smallFloatTable(narrow);
  return Float32Array.from(codes, (code) => table[code % table.length] as number);
}

type NumbersConstructor<T> = {
  readonly BYTES_PER_ELEMENT: number;
  new (buffer: ArrayBufferLike, offset: number, length: number): T;
};

/** A view where the bytes happen to be aligned for the numbers, and a copy elsewhere. */
function viewAs<T>(Numbers: NumbersConstructor<T>, bytes: Uint8Array): T {
  const size = Numbers.BYTES_PER_ELEMENT;
  const aligned = bytes.byteOffset % size === 0 ? bytes : new Uint8Array(bytes);
  return new Numbers(aligned.buffer, aligned.byteOffset, bytes.length / size);
}

/** Integers of 64 bits as pairs of words, the low one first. */
function wideIntegers(words: Int32Array, isSigned: boolean): Int32Array | Float64Array {
  const count = words.length / 2;
  const word = (index: number) => words[index] as number;
  const high = (i: number) => (isSigned ? word(2 * i + 1) : word(2 * i + 1) >>> 0);
  let isNarrow = true;
  for (let i = 0; isNarrow && i < count; i++) isNarrow = high(i) === word(2 * i) >> 31;
  const values = isNarrow ? new Int32Array(count) : new Float64Array(count);
  for (let i = 0; i < count; i++) {
    values[i] = isNarrow ? word(2 * i) : high(i) * 2 ** 32 + (word(2 * i) >>> 0);
  }
  return values;
}

/** One byte per element from a stream of elements of `bits`, the first in the lowest bits. */
function unpack(bytes: Uint8Array, bits: number, count: number): Uint8Array {
  const codes = new Uint8Array(count);
  const mask = 2 ** bits - 1;
  for (let i = 0; i < count; i++) {
    const at = i * bits;
    const byte = Math.floor(at / 8);
    const pair = (bytes[byte] as number) | ((bytes[byte + 1] ?? 0) << 8);
    codes[i] = (pair >> (at % 8)) & mask;
  }
  return codes;
}
