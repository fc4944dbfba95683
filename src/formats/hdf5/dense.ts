/**
 * Dense storage of links and attributes, which HDF5 uses for groups of more than eight: the messages
 * lie in a fractal heap, and a B-tree of version 2 lists where.
 */
import type { ByteReader } from '../bytes.ts';
import { corrupt } from '../bytes.ts';
import {
  type Hdf5Context,
  type Message,
  readAddress,
  readLength,
  spend,
  unsupportedStorage,
} from './structure.ts';

/** Where a record of the B-tree holds the heap id: links begin with a hash, attributes don't. */
const ID_OFFSET = { links: 4, attributes: 0 } as const;

/** The bodies of all messages that the B-tree at `tree` lists. */
export function readDense(
  context: Hdf5Context,
  heapAddress: number,
  tree: number,
  what: keyof typeof ID_OFFSET,
): Message[] {
  const heap = readHeap(context, heapAddress);
  const records = readTree(context, tree);
  return records.map((record) => heap(record + ID_OFFSET[what]));
}

/** Bytes that hold any number up to `limit`. */
function encodedSize(limit: number): number {
  return Math.floor(Math.log2(limit) / 8) + 1;
}

function readUint(reader: ByteReader, size: number): number {
  return reader.take(size).reduceRight((value, byte) => value * 256 + byte, 0);
}

interface Heap {
  readonly offsetSize: number;
  readonly lengthSize: number;
  readonly width: number;
  readonly startSize: number;
  readonly maxDirectSize: number;
  readonly root: number;
  /** Rows of the root block; 0 when it is a direct block. */
  readonly rows: number;
}

/** Opens a fractal heap: from the place of a heap id to the place of the object. */
function readHeap(context: Hdf5Context, address: number): (idStart: number) => Message {
  const reader = context.reader.at(address);
  reader.expectSignature('FRHP', 'fractal heap');
  reader.skip(3);
  if (reader.u16() !== 0) unsupportedStorage('compressed groups');
  reader.skip(1);
  const maxObjectSize = reader.u32();
  reader.skip(10 * context.lengthSize + 2 * context.offsetSize);
  const width = reader.u16();
  const startSize = readLength(context, reader);
  const maxDirectSize = readLength(context, reader);
  const offsetBits = reader.u16();
  reader.skip(2);
  const root = readAddress(context, reader);
  const rows = reader.u16();
  if (root === undefined || width === 0 || startSize === 0 || maxObjectSize === 0) {
    return corrupt('The HDF5 file is damaged: a fractal heap is empty.');
  }
  const heap: Heap = {
    offsetSize: Math.ceil(offsetBits / 8),
    lengthSize: encodedSize(Math.min(maxObjectSize, maxDirectSize)),
    width,
    startSize,
    maxDirectSize,
    root,
    rows,
  };
  return (idStart) => {
    spend(context);
    const id = context.reader.at(idStart);
    const kind = (id.u8() >> 4) & 3;
    if (kind !== 0) unsupportedStorage('huge or tiny heap objects');
    const offset = readUint(id, heap.offsetSize);
    const size = readUint(id, heap.lengthSize);
    return { type: 0, start: findObject(context, heap, offset), size };
  };
}

/** Walks down the indirect blocks to the direct block that holds a heap offset. */
function findObject(context: Hdf5Context, heap: Heap, offset: number): number {
  let block = heap.root;
  let rows = heap.rows;
  let rest = offset;
  for (let depth = 0; rows > 0; depth++) {
    spend(context);
    if (depth > 32) corrupt('The HDF5 file is damaged: a fractal heap is too deep.');
    const reader = context.reader.at(block);
    reader.expectSignature('FHIB', 'indirect block');
    reader.skip(1 + context.offsetSize + heap.offsetSize);
    const found = findChild(heap, rows, rest);
    reader.skip(found.index * context.offsetSize);
    const child = readAddress(context, reader);
    if (child === undefined) corrupt('The HDF5 file is damaged: a fractal heap has a gap.');
    block = child;
    rest -= found.start;
    rows = found.rows;
  }
  return block + rest;
}

/** The child of an indirect block that covers `offset`: its number, where it starts, its rows. */
function findChild(
  heap: Heap,
  rows: number,
  offset: number,
): { index: number; start: number; rows: number } {
  let start = 0;
  let size = heap.startSize;
  for (let row = 0; row < rows; row++) {
    if (row > 1) size *= 2;
    const end = start + size * heap.width;
    if (offset < end) {
      const column = Math.floor((offset - start) / size);
      const isDirect = size <= heap.maxDirectSize;
      const childRows = isDirect ? 0 : Math.log2(size / (heap.startSize * heap.width)) + 1;
      return { index: row * heap.width + column, start: start + column * size, rows: childRows };
    }
    start = end;
  }
  return corrupt('The HDF5 file is damaged: a heap object lies outside its heap.');
}

/** The places of all records of a B-tree of version 2. */
function readTree(context: Hdf5Context, address: number): number[] {
  const reader = context.reader.at(address);
  reader.expectSignature('BTHD', 'B-tree');
  reader.skip(2);
  const nodeSize = reader.u32();
  const recordSize = reader.u16();
  const depth = reader.u16();
  reader.skip(2);
  const root = readAddress(context, reader);
  const rootCount = reader.u16();
  if (root === undefined) return [];
  const leafMax = Math.floor((nodeSize - 10) / recordSize);
  if (!(leafMax >= 1) || depth > 16) corrupt('The HDF5 file is damaged: a B-tree has no room.');
  const countSize = encodedSize(leafMax);
  const totalSizes = subtreeCountSizes(context, nodeSize, recordSize, depth, leafMax);
  const places: number[] = [];
  const visit = (node: number, count: number, level: number): void => {
    spend(context, 1 + count);
    const block = context.reader.at(node);
    block.expectSignature(level === 0 ? 'BTLF' : 'BTIN', 'B-tree node');
    block.skip(2);
    for (let i = 0; i < count; i++) {
      places.push(block.position);
      block.skip(recordSize);
    }
    for (let i = 0; level > 0 && i <= count; i++) {
      const child = readAddress(context, block);
      const childCount = readUint(block, countSize);
      block.skip(totalSizes[level - 1] ?? 0);
      if (child === undefined) corrupt('The HDF5 file is damaged: a B-tree has a gap.');
      visit(child, childCount, level - 1);
    }
  };
  visit(root, rootCount, depth);
  return places;
}

/** Bytes of the number of records below a child, by the child's level; leaves have none. */
function subtreeCountSizes(
  context: Hdf5Context,
  nodeSize: number,
  recordSize: number,
  depth: number,
  leafMax: number,
): number[] {
  const sizes = [0];
  let below = leafMax;
  for (let level = 1; level < depth; level++) {
    const pointer = context.offsetSize + encodedSize(leafMax) + (sizes[level - 1] ?? 0);
    const records = Math.floor((nodeSize - 10 - pointer) / (recordSize + pointer));
    below = (records + 1) * below + records;
    sizes.push(encodedSize(below));
  }
  return sizes;
}
