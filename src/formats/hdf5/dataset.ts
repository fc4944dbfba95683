/**
 * The data of an HDF5 dataset. Contiguous little-endian data is handed out as a view of the file
 * where its alignment allows, so that a large model is never copied.
 */
import { unzlibSync } from 'fflate';
import { type ByteReader, checkedCount, corrupt } from '../bytes.ts';
import { decodeNumbers, type NumberArray } from './numbers.ts';
import {
  type Hdf5Context,
  type Hdf5Type,
  MESSAGE,
  type Message,
  readAddress,
  readDataspace,
  readDatatype,
  readLength,
  spend,
  unsupportedStorage,
} from './structure.ts';

export interface Hdf5Dataset {
  readonly path: string;
  readonly type: Hdf5Type;
  readonly shape: readonly number[];
  /** The elements in row-major order; half floats as f32. May be a view of the file: read only. */
  readonly read: () => NumberArray;
}

interface Filter {
  readonly id: number;
  readonly values: readonly number[];
}

const FILTER = { deflate: 1, shuffle: 2, fletcher32: 3 };
/** Deflate can't do better than this. */
const MAX_COMPRESSION = 1032;

export function openDataset(
  context: Hdf5Context,
  path: string,
  messages: readonly Message[],
): Hdf5Dataset {
  const find = (type: number) => messages.find((message) => message.type === type);
  const space = find(MESSAGE.dataspace);
  const datatype = find(MESSAGE.datatype);
  const layout = find(MESSAGE.layout);
  if (!space || !datatype || !layout) {
    return corrupt(`The HDF5 dataset "${path}" lacks its shape, its type or its data.`);
  }
  const shape = readDataspace(context, space.start) ?? [0];
  const type = readDatatype(context, datatype.start);
  const read = () => {
    const filters = find(MESSAGE.filters);
    const limit = context.reader.bytes.length * (filters ? MAX_COMPRESSION : 1);
    const size = checkedCount([...shape, type.size], limit, `The HDF5 dataset "${path}"`);
    if (size === 0) return new Float32Array(0);
    const from = { path, shape, elementSize: type.size, size };
    const bytes = readLayout(context, layout.start, from, filters && readFilters(context, filters));
    return decodeNumbers(bytes, type, `The HDF5 dataset "${path}"`);
  };
  return { path, type, shape, read };
}

interface Extent {
  readonly path: string;
  readonly shape: readonly number[];
  readonly elementSize: number;
  readonly size: number;
}

function readLayout(
  context: Hdf5Context,
  start: number,
  extent: Extent,
  filters: readonly Filter[] = [],
): Uint8Array {
  const reader = context.reader.at(start);
  const version = reader.u8();
  if (version !== 3 && version !== 4) unsupportedStorage(`data layout version ${version}`);
  const kind = reader.u8();
  if (kind === 0) return exactly(reader.take(reader.u16()), extent);
  if (kind === 1) {
    const address = readAddress(context, reader);
    if (address === undefined) return corrupt(`The HDF5 dataset "${extent.path}" has no data.`);
    return exactly(context.reader.at(address).take(readLength(context, reader)), extent);
  }
  if (kind !== 2) unsupportedStorage('virtual datasets');
  const output = new Uint8Array(extent.size);
  if (version === 3) readChunksV3(context, reader, extent, filters, output);
  else readChunksV4(context, reader, extent, filters, output);
  return output;
}

function exactly(bytes: Uint8Array, extent: Extent): Uint8Array {
  if (bytes.length < extent.size) {
    corrupt(`The HDF5 dataset "${extent.path}" has ${bytes.length} bytes of ${extent.size}.`);
  }
  return bytes.subarray(0, extent.size);
}

/** Chunks found through a B-tree of version 1. */
function readChunksV3(
  context: Hdf5Context,
  reader: ByteReader,
  extent: Extent,
  filters: readonly Filter[],
  output: Uint8Array,
): void {
  const rank = reader.u8();
  const root = readAddress(context, reader);
  const chunkShape = Array.from({ length: rank }, () => reader.u32()).slice(0, -1);
  const place = chunkPlacer(extent, chunkShape, output);
  const visit = (address: number, depth: number): void => {
    spend(context);
    if (depth > 32) corrupt('The HDF5 file is damaged: a chunk index is too deep.');
    const node = context.reader.at(address);
    node.expectSignature('TREE', 'chunk index');
    node.skip(1);
    const level = node.u8();
    const entries = node.u16();
    node.skip(2 * context.offsetSize);
    for (let i = 0; i < entries; i++) {
      spend(context);
      const size = node.u32();
      const mask = node.u32();
      const offsets = Array.from({ length: rank }, () => node.u64());
      const child = readAddress(context, node);
      if (child === undefined) corrupt('The HDF5 file is damaged: a chunk has no address.');
      if (level > 0) visit(child, depth + 1);
      else {
        const raw = context.reader.at(child).take(size);
        place(unfilter(raw, filters, mask, place.chunkBytes, extent), offsets.slice(0, -1));
      }
    }
  };
  if (root !== undefined) visit(root, 0);
}

/** Chunks with an index of HDF5 1.10: a single chunk, or chunks lying one after the other. */
function readChunksV4(
  context: Hdf5Context,
  reader: ByteReader,
  extent: Extent,
  filters: readonly Filter[],
  output: Uint8Array,
): void {
  const flags = reader.u8();
  const rank = reader.u8();
  const sizeBytes = reader.u8();
  const chunkShape = Array.from({ length: rank }, () => {
    const bytes = reader.take(sizeBytes);
    return bytes.reduceRight((value, byte) => value * 256 + byte, 0);
  }).slice(0, -1);
  const index = reader.u8();
  const place = chunkPlacer(extent, chunkShape, output);
  if (index === 1) {
    const size = flags & 2 ? readLength(context, reader) : place.chunkBytes;
    const mask = flags & 2 ? reader.u32() : 0;
    const address = readAddress(context, reader);
    if (address === undefined) return;
    const raw = context.reader.at(address).take(size);
    place(
      unfilter(raw, filters, mask, place.chunkBytes, extent),
      chunkShape.map(() => 0),
    );
    return;
  }
  if (index !== 2) unsupportedStorage('a chunk index of HDF5 1.10');
  const address = readAddress(context, reader);
  if (address === undefined) return;
  const chunks = context.reader.at(address);
  const grid = chunkShape.map((size, axis) => Math.ceil((extent.shape[axis] ?? 0) / size));
  forEachIndex(grid, (position) => {
    spend(context);
    const origin = position.map((p, axis) => p * (chunkShape[axis] ?? 0));
    place(chunks.take(place.chunkBytes), origin);
  });
}

type ChunkPlacer = ((chunk: Uint8Array, origin: readonly number[]) => void) & {
  readonly chunkBytes: number;
};

/** Copies chunks into the whole array, cutting off what hangs over its edges. */
function chunkPlacer(
  extent: Extent,
  chunkShape: readonly number[],
  output: Uint8Array,
): ChunkPlacer {
  const { shape, elementSize } = extent;
  const what = `A chunk of the HDF5 dataset "${extent.path}"`;
  if (chunkShape.length !== shape.length || chunkShape.some((size) => size < 1)) {
    corrupt(`${what} has the shape [${chunkShape.join(', ')}].`);
  }
  const limit = 4 * output.length + (1 << 24);
  const chunkBytes = checkedCount([...chunkShape, elementSize], limit, what);
  const place = (chunk: Uint8Array, origin: readonly number[]): void => {
    if (origin.some((start, axis) => start >= (shape[axis] ?? 0))) return;
    const last = shape.length - 1;
    const run = Math.min(chunkShape[last] ?? 1, (shape[last] ?? 1) - (origin[last] ?? 0));
    const rows = chunkShape
      .slice(0, -1)
      .map((size, axis) => Math.min(size, (shape[axis] ?? 0) - (origin[axis] ?? 0)));
    forEachIndex(rows, (row) => {
      let from = 0;
      let to = 0;
      for (let axis = 0; axis <= last; axis++) {
        from = from * (chunkShape[axis] ?? 1) + (row[axis] ?? 0);
        to = to * (shape[axis] ?? 1) + (origin[axis] ?? 0) + (row[axis] ?? 0);
      }
      const bytes = chunk.subarray(from * elementSize, (from + run) * elementSize);
      output.set(bytes, to * elementSize);
    });
  };
  return Object.assign(place, { chunkBytes });
}

function forEachIndex(shape: readonly number[], visit: (index: readonly number[]) => void): void {
  const index = shape.map(() => 0);
  if (shape.some((size) => size === 0)) return;
  for (;;) {
    visit(index);
    let axis = shape.length - 1;
    for (; axis >= 0; axis--) {
      const next = (index[axis] ?? 0) + 1;
      index[axis] = next < (shape[axis] ?? 0) ? next : 0;
      if (index[axis] !== 0) break;
    }
    if (axis < 0) return;
  }
}

function readFilters(context: Hdf5Context, message: Message): Filter[] {
  const reader = context.reader.at(message.start);
  const version = reader.u8();
  const count = reader.u8();
  if (version === 1) reader.skip(6);
  return Array.from({ length: count }, () => {
    const id = reader.u16();
    const nameLength = version === 1 || id >= 256 ? reader.u16() : 0;
    reader.skip(2);
    const valueCount = reader.u16();
    reader.skip(version === 1 ? Math.ceil(nameLength / 8) * 8 : nameLength);
    const values = Array.from({ length: valueCount }, () => reader.u32());
    if (version === 1 && valueCount % 2 === 1) reader.skip(4);
    if (!Object.values(FILTER).includes(id)) unsupportedStorage(`data filter ${id}`);
    return { id, values };
  });
}

/** Undoes the filters of a chunk, last one first. */
function unfilter(
  raw: Uint8Array,
  filters: readonly Filter[],
  mask: number,
  chunkBytes: number,
  extent: Extent,
): Uint8Array {
  let bytes = raw;
  for (let i = filters.length - 1; i >= 0; i--) {
    const id = filters[i]?.id;
    if (mask & (1 << i)) continue;
    if (id === FILTER.deflate) bytes = inflate(bytes, chunkBytes + 4, extent.path);
    else if (id === FILTER.shuffle) bytes = unshuffle(bytes, extent.elementSize);
    else bytes = bytes.subarray(0, Math.max(0, bytes.length - 4));
  }
  if (bytes.length < chunkBytes) {
    corrupt(`A chunk of the HDF5 dataset "${extent.path}" is too short.`);
  }
  return bytes;
}

function inflate(bytes: Uint8Array, limit: number, path: string): Uint8Array {
  try {
    return unzlibSync(bytes, { out: new Uint8Array(limit) });
  } catch {
    return corrupt(`The compressed data of the HDF5 dataset "${path}" is damaged.`);
  }
}

/** Byte k of every element stands together; puts the elements together again. */
function unshuffle(bytes: Uint8Array, elementSize: number): Uint8Array {
  const count = Math.floor(bytes.length / elementSize);
  const output = new Uint8Array(bytes);
  for (let k = 0; k < elementSize; k++) {
    for (let i = 0; i < count; i++) output[i * elementSize + k] = bytes[k * count + i] ?? 0;
  }
  return output;
}
