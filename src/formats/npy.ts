/**
 * NumPy's .npy format, versions 1 to 3: one array of little-endian numbers. Arrays in Fortran order
 * are refused, since nothing that reads a dataset wants them.
 */
import { fail } from '../errors.ts';
import { ByteReader, checkedCount, corrupt, UTF8 } from './bytes.ts';

export type NpyDType = 'f4' | 'f8' | 'i1' | 'u1' | 'i2' | 'u2' | 'i4' | 'u4' | 'i8' | 'bool';
export type NpyData =
  | Float32Array
  | Float64Array
  | Int8Array
  | Uint8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | BigInt64Array;

export interface NpyArray {
  readonly dtype: NpyDType;
  readonly shape: readonly number[];
  /** Row-major. `bool` is one byte per element, 0 or 1. May be a view of the bytes read. */
  readonly data: NpyData;
}

const MAGIC = '\x93NUMPY';
const WHAT = '.npy file';
const MAX_HEADER = 1 << 16;

interface ElementType {
  readonly descr: string;
  readonly size: number;
  readonly from: (buffer: ArrayBufferLike, offset: number, count: number) => NpyData;
}

const ELEMENTS: Readonly<Record<NpyDType, ElementType>> = {
  f4: { descr: '<f4', size: 4, from: (b, o, n) => new Float32Array(b, o, n) },
  f8: { descr: '<f8', size: 8, from: (b, o, n) => new Float64Array(b, o, n) },
  i1: { descr: '|i1', size: 1, from: (b, o, n) => new Int8Array(b, o, n) },
  u1: { descr: '|u1', size: 1, from: (b, o, n) => new Uint8Array(b, o, n) },
  i2: { descr: '<i2', size: 2, from: (b, o, n) => new Int16Array(b, o, n) },
  u2: { descr: '<u2', size: 2, from: (b, o, n) => new Uint16Array(b, o, n) },
  i4: { descr: '<i4', size: 4, from: (b, o, n) => new Int32Array(b, o, n) },
  u4: { descr: '<u4', size: 4, from: (b, o, n) => new Uint32Array(b, o, n) },
  i8: { descr: '<i8', size: 8, from: (b, o, n) => new BigInt64Array(b, o, n) },
  bool: { descr: '|b1', size: 1, from: (b, o, n) => new Uint8Array(b, o, n) },
};

export function isNpy(bytes: Uint8Array): boolean {
  return bytes.length >= 6 && String.fromCharCode(...bytes.subarray(0, 6)) === MAGIC;
}

/** Reads an array. Throws `corrupt` for a damaged file, `bad-input` for types that aren't read. */
export function readNpy(bytes: Uint8Array): NpyArray {
  if (!isNpy(bytes)) {
    fail({
      code: 'bad-input',
      found: 'It is not a .npy file.',
      fix: 'Write it with numpy.save.',
    });
  }
  const reader = new ByteReader(bytes, WHAT, 6);
  const major = reader.u8();
  reader.skip(1);
  if (major < 1 || major > 3) corrupt(`The .npy file has version ${major}.`);
  const headerLength = major === 1 ? reader.u16() : reader.u32();
  if (headerLength > MAX_HEADER) corrupt(`The .npy file has a header of ${headerLength} bytes.`);
  const { dtype, shape } = parseHeader(UTF8.decode(reader.take(headerLength)));
  const element = ELEMENTS[dtype];
  const limit = Math.floor(bytes.length / element.size);
  const count = checkedCount(shape, Number.MAX_SAFE_INTEGER, 'The .npy array');
  if (count > limit || reader.position + count * element.size > bytes.length) {
    corrupt(
      `The .npy file is truncated: it should hold ${count} elements of ${element.size} bytes.`,
    );
  }
  const data = reader.take(count * element.size);
  const aligned = data.byteOffset % element.size === 0 ? data : new Uint8Array(data);
  return { dtype, shape, data: element.from(aligned.buffer, aligned.byteOffset, count) };
}

/** The header is a Python dict: {'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }. */
function parseHeader(header: string): { dtype: NpyDType; shape: number[] } {
  const descr = /'descr'\s*:\s*(?:'([^']*)'|(\[))/.exec(header);
  const order = /'fortran_order'\s*:\s*(True|False)/.exec(header);
  const shapeText = /'shape'\s*:\s*\(([\d\s,L]*)\)/.exec(header);
  if (!descr || !order || !shapeText) return corrupt('The header of the .npy file is damaged.');
  const sizes = (shapeText[1] ?? '').split(',').map((size) => size.trim().replace('L', ''));
  const shape = sizes.filter((size) => size !== '').map(Number);
  const spelled = descr[1] ?? 'a record';
  const dtype = (Object.keys(ELEMENTS) as NpyDType[]).find((key) => {
    const known = ELEMENTS[key].descr;
    return spelled === known || (ELEMENTS[key].size === 1 && spelled.slice(1) === known.slice(1));
  });
  if (!dtype) {
    const fix = 'Convert it first, for example with array.astype("float32").';
    return fail({
      code: 'bad-input',
      found: `The .npy file holds elements of type "${spelled}".`,
      fix,
    });
  }
  if (order[1] === 'True' && shape.filter((size) => size > 1).length > 1) {
    const fix = 'Convert it first with numpy.ascontiguousarray.';
    fail({ code: 'bad-input', found: 'The .npy array is in Fortran order.', fix });
  }
  return { dtype, shape };
}

/** Writes version 1.0, as numpy.save does. */
export function writeNpy(array: NpyArray): Uint8Array {
  const element = ELEMENTS[array.dtype];
  const count = checkedCount(array.shape, Number.MAX_SAFE_INTEGER, 'The array');
  if (count !== array.data.length) {
    throw new Error(`shape [${array.shape.join(', ')}] does not fit ${array.data.length} elements`);
  }
  const sizes = array.shape.length === 1 ? `${array.shape[0]},` : array.shape.join(', ');
  const dict = `{'descr': '${element.descr}', 'fortran_order': False, 'shape': (${sizes}), }`;
  const prefix = MAGIC.length + 4;
  const total = Math.ceil((prefix + dict.length + 1) / 64) * 64;
  const header = `${dict.padEnd(total - prefix - 1)}\n`;
  const bytes = new Uint8Array(total + count * element.size);
  const put = (text: string, at: number) => {
    for (let i = 0; i < text.length; i++) bytes[at + i] = text.charCodeAt(i);
  };
  put(MAGIC, 0);
  bytes[6] = 1;
  bytes[8] = header.length & 255;
  bytes[9] = header.length >> 8;
  put(header, prefix);
  const { buffer, byteOffset, byteLength } = array.data;
  bytes.set(new Uint8Array(buffer, byteOffset, byteLength), total);
  return bytes;
}
