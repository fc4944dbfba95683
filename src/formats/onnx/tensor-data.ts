/**
 * The values of a tensor, wherever and however the file holds them: as bytes, in typed fields or in
 * another file. Typed fields are first turned into the bytes that the other two would have, so
 * that every element type is decoded in one place. Counts are compared with the tensor's sizes
 * before anything is allocated.
 */
import { type BinaryReader, WireType } from '@bufbuild/protobuf/wire';
import { fail } from '../../errors.ts';
import { checkedCount, corrupt } from '../bytes.ts';
import { decodeElements, ELEMENTS, type Layout } from './elements.ts';
import { TYPED_FIELDS } from './tensor.ts';
import type { OnnxTensor } from './types.ts';
import { openMessage } from './wire.ts';

export type OnnxValues = Float32Array | Float64Array | Int32Array;

/** More would not be addressable in C either. */
const MAX_ELEMENTS = 2 ** 31 - 1;

/**
 * Floats of any width come as f32 (doubles rounded once), integers and bool as i32, or as f64 when
 * some value needs more bits (beyond 2^53 rounded). `external` is what `externalBytes` gave. The
 * result may be a view of the file.
 */
export function tensorValues(tensor: OnnxTensor, external?: Uint8Array): OnnxValues {
  const { elementType, dims } = tensor;
  const what = nameOf(tensor);
  const count = checkedCount(dims, MAX_ELEMENTS, what);
  const layout = layoutOf(tensor);
  const { bytes, isUnpacked } = storedBytes(tensor, layout, count, external);
  const needed = isUnpacked ? count : Math.ceil((count * layout.bits) / 8);
  if (bytes.length !== needed) {
    corrupt(
      `${what} has ${bytes.length} bytes of data, where ${elementType} of the shape ` +
        `[${dims.join(', ')}] needs ${needed}.`,
      'Copy or download the model again, or export it anew.',
    );
  }
  return decodeElements(bytes, elementType, count, isUnpacked);
}

/** Bytes that the values take in `raw` or in another file. */
export function storedSize(tensor: OnnxTensor): number {
  const count = checkedCount(tensor.dims, MAX_ELEMENTS, nameOf(tensor));
  return Math.ceil((count * layoutOf(tensor).bits) / 8);
}

export function nameOf(tensor: OnnxTensor): string {
  return `The tensor ${JSON.stringify(tensor.name.slice(0, 120))}`;
}

function layoutOf(tensor: OnnxTensor): Layout {
  const { elementType, typeNumber } = tensor;
  const layout = ELEMENTS.get(elementType);
  if (layout) return layout;
  const type = elementType === 'unknown' ? `the element type number ${typeNumber}` : elementType;
  return fail({
    code: 'unsupported',
    found: `${nameOf(tensor)} holds ${type}, which can't be read as numbers.`,
    fix: 'Export the model with float or integer tensors.',
  });
}

interface Stored {
  readonly bytes: Uint8Array;
  /** One byte per element although the type is narrower. */
  readonly isUnpacked: boolean;
}

function storedBytes(
  tensor: OnnxTensor,
  layout: Layout,
  count: number,
  external: Uint8Array | undefined,
): Stored {
  if (tensor.external) {
    if (!external) {
      fail({
        code: 'unsupported',
        found: `${nameOf(tensor)} lies in another file, where only weights of the graph may.`,
        fix: 'Export the model anew, with its weights in one file.',
      });
    }
    const { buffer, byteOffset, byteLength } = external;
    return { bytes: new Uint8Array(buffer, byteOffset, byteLength), isUnpacked: false };
  }
  const { raw, message } = tensor;
  if (raw && (raw.length > 0 || !message)) return { bytes: raw, isUnpacked: false };
  // Six-bit floats are the one type that typed fields don't pack.
  const isUnpacked = layout.bits === 6;
  if (!message) return { bytes: new Uint8Array(0), isUnpacked };
  const packedCount = layout.bits < 6 ? Math.ceil((count * layout.bits) / 8) : count;
  const stride = Math.ceil(layout.bits / 8);
  return { bytes: typedBytes(tensor, message, layout, packedCount, stride), isUnpacked };
}

/** Collects the elements of the typed field, which may be spread over the message. */
function typedBytes(
  tensor: OnnxTensor,
  source: Uint8Array,
  layout: Layout,
  count: number,
  stride: number,
): Uint8Array {
  const field = TYPED_FIELDS[layout.typed];
  const wire = WIRES[layout.typed];
  let found = 0;
  const counted = openMessage(source, 'a tensor');
  while (counted.next()) if (counted.field === field) found += counted.countElements(wire);
  if (found !== count) {
    corrupt(
      `${nameOf(tensor)} holds ${found} entries of ${layout.typed} data, where ` +
        `${tensor.elementType} of the shape [${tensor.dims.join(', ')}] needs ${count}.`,
      'Copy or download the model again, or export it anew.',
    );
  }
  const bytes = new Uint8Array(count * stride);
  const view = new DataView(bytes.buffer);
  const write = writerOf(layout, stride);
  let offset = 0;
  const message = openMessage(source, 'a tensor');
  while (message.next()) {
    if (message.field !== field) continue;
    message.elements(
      wire,
      (reader) => {
        write(view, offset, reader);
        offset += stride;
      },
      0,
    );
  }
  return bytes;
}

const WIRES = {
  float: WireType.Bit32,
  int32: WireType.Varint,
  int64: WireType.Varint,
  double: WireType.Bit64,
  uint64: WireType.Varint,
} as const;

type Writer = (view: DataView, offset: number, reader: BinaryReader) => void;

/** Stores one element of a typed field with the element type's own width. */
function writerOf({ typed }: Layout, stride: number): Writer {
  if (typed === 'float') return (view, at, reader) => view.setFloat32(at, reader.float(), true);
  if (typed === 'double') return (view, at, reader) => view.setFloat64(at, reader.double(), true);
  if (stride === 8) {
    return (view, at, reader) => view.setBigInt64(at, BigInt(reader.int64()), true);
  }
  // The low bits count; uint32 lies in the field of 64-bit integers.
  if (stride === 4) return (view, at, reader) => view.setInt32(at, reader.int32(), true);
  if (stride === 2) return (view, at, reader) => view.setInt16(at, reader.int32(), true);
  return (view, at, reader) => view.setInt8(at, reader.int32());
}
