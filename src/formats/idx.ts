/**
 * IDX: the format of MNIST and its relatives. Two zero bytes, a type, a rank, the sizes as
 * big-endian 32-bit integers, then the elements in row-major order, big-endian.
 */
import { fail } from '../errors.ts';

export interface IdxArray {
  readonly shape: readonly number[];
  readonly data: Uint8Array | Int8Array | Int16Array | Int32Array | Float32Array | Float64Array;
}

interface ElementType {
  readonly bytes: number;
  readonly read: (view: DataView, offset: number) => number;
  readonly make: (length: number) => IdxArray['data'];
}

const ELEMENT_TYPES: ReadonlyMap<number, ElementType> = new Map<number, ElementType>([
  [0x08, { bytes: 1, read: (v, at) => v.getUint8(at), make: (n) => new Uint8Array(n) }],
  [0x09, { bytes: 1, read: (v, at) => v.getInt8(at), make: (n) => new Int8Array(n) }],
  [0x0b, { bytes: 2, read: (v, at) => v.getInt16(at), make: (n) => new Int16Array(n) }],
  [0x0c, { bytes: 4, read: (v, at) => v.getInt32(at), make: (n) => new Int32Array(n) }],
  [0x0d, { bytes: 4, read: (v, at) => v.getFloat32(at), make: (n) => new Float32Array(n) }],
  [0x0e, { bytes: 8, read: (v, at) => v.getFloat64(at), make: (n) => new Float64Array(n) }],
]);

const HEADER_BYTES = 4;

/** Whether the bytes begin as an IDX file does. */
export function isIdx(bytes: Uint8Array): boolean {
  const rank = bytes[3] ?? 0;
  return bytes[0] === 0 && bytes[1] === 0 && ELEMENT_TYPES.has(bytes[2] ?? 0) && rank > 0;
}

/** Reads an IDX file. Throws `corrupt` when sizes and length contradict each other. */
export function parseIdx(bytes: Uint8Array): IdxArray {
  const type = ELEMENT_TYPES.get(bytes[2] ?? 0);
  const rank = bytes[3] ?? 0;
  const start = HEADER_BYTES + 4 * rank;
  if (!isIdx(bytes) || !type || bytes.length < start) {
    return fail({ code: 'corrupt', found: 'the file is not a complete IDX file' });
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const shape = Array.from({ length: rank }, (_, axis) => view.getUint32(HEADER_BYTES + 4 * axis));
  const count = shape.reduce((product, size) => product * size, 1);
  if (bytes.length - start !== count * type.bytes) {
    return fail({
      code: 'corrupt',
      found:
        `the IDX header says ${shape.join('×')} elements of ${type.bytes} bytes, ` +
        `but ${bytes.length - start} bytes follow`,
    });
  }
  const data = type.make(count);
  for (let i = 0; i < count; i++) data[i] = type.read(view, start + i * type.bytes);
  return { shape, data };
}
