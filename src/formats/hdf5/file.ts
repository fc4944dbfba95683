/**
 * Opens an HDF5 file from bytes: groups by path, attributes and datasets.
 *
 * Own code instead of the HDF5 C library in WebAssembly, because that one can loop forever on a
 * damaged file, and because this one hands out weights without copying them.
 */
import { corrupt, UTF8 } from '../bytes.ts';
import { type Hdf5Dataset, openDataset } from './dataset.ts';
import { readDense } from './dense.ts';
import { decodeNumbers } from './numbers.ts';
import {
  type Hdf5Context,
  MESSAGE,
  type Message,
  readAddress,
  readDataspace,
  readDatatype,
  readLength,
  readMessages,
  readSuperblock,
  spend,
  unsupportedStorage,
} from './structure.ts';

export type { Hdf5Dataset } from './dataset.ts';
export { isHdf5 } from './structure.ts';

/** Attributes are names and settings; no real one comes near this. */
const MAX_ATTRIBUTE = 2 ** 26;

/** Strings, or numbers, in row-major order. */
export type AttributeValue = readonly string[] | readonly number[];

export interface Hdf5Group {
  readonly path: string;
  readonly names: () => readonly string[];
  readonly group: (path: string) => Hdf5Group | undefined;
  readonly dataset: (path: string) => Hdf5Dataset | undefined;
  readonly attribute: (name: string) => AttributeValue | undefined;
}

/** Opens the root group. Everything else is read when it is asked for. */
export function openHdf5(bytes: Uint8Array): Hdf5Group {
  const { context, root } = readSuperblock(bytes);
  return new Group(context, '', root);
}

class Group implements Hdf5Group {
  readonly path: string;
  private readonly context: Hdf5Context;
  private readonly address: number;
  private cachedMessages: readonly Message[] | undefined;
  private cachedAttributes: readonly Message[] | undefined;
  private cachedLinks: ReadonlyMap<string, number> | undefined;

  constructor(context: Hdf5Context, path: string, address: number) {
    this.context = context;
    this.path = path;
    this.address = address;
  }

  names(): readonly string[] {
    return [...this.links().keys()];
  }

  group(path: string): Hdf5Group | undefined {
    const found = this.find(path);
    return found?.isGroup() ? found : undefined;
  }

  dataset(path: string): Hdf5Dataset | undefined {
    const found = this.find(path);
    if (!found || found.isGroup()) return undefined;
    return openDataset(this.context, found.path, found.messages());
  }

  attribute(name: string): AttributeValue | undefined {
    for (const message of this.attributes()) {
      const found = readAttribute(this.context, message, name);
      if (found) return found;
    }
    return undefined;
  }

  private messages(): readonly Message[] {
    this.cachedMessages ??= readMessages(this.context, this.address);
    return this.cachedMessages;
  }

  private attributes(): readonly Message[] {
    this.cachedAttributes ??= this.messages().flatMap((message) => {
      if (message.type === MESSAGE.attribute) return [message];
      return message.type === MESSAGE.attributeInfo ? readDenseOf(this.context, message) : [];
    });
    return this.cachedAttributes;
  }

  private isGroup(): boolean {
    return !this.messages().some((message) => message.type === MESSAGE.layout);
  }

  /** Names with slashes lie as nested groups, so that following the parts finds them. */
  private find(path: string): Group | undefined {
    let here: Group = this;
    for (const part of path.split('/').filter((part) => part !== '')) {
      const address = here.isGroup() ? here.links().get(part) : undefined;
      if (address === undefined) return undefined;
      here = here.child(part, address);
    }
    return here;
  }

  private readonly children = new Map<string, Group>();

  private child(name: string, address: number): Group {
    let child = this.children.get(name);
    if (!child) {
      child = new Group(this.context, this.path === '' ? name : `${this.path}/${name}`, address);
      this.children.set(name, child);
    }
    return child;
  }

  private links(): ReadonlyMap<string, number> {
    this.cachedLinks ??= readLinks(this.context, this.messages());
    return this.cachedLinks;
  }
}

/** The hard links of a group: name to object header. */
function readLinks(context: Hdf5Context, messages: readonly Message[]): Map<string, number> {
  const links = new Map<string, number>();
  for (const message of messages) {
    const reader = context.reader.at(message.start);
    if (message.type === MESSAGE.symbolTable) {
      const tree = readAddress(context, reader);
      const heap = readAddress(context, reader);
      if (tree !== undefined && heap !== undefined) readSymbolTable(context, tree, heap, links);
    } else if (message.type === MESSAGE.link) {
      readLink(context, message, links);
    } else if (message.type === MESSAGE.linkInfo) {
      for (const link of readDenseOf(context, message)) readLink(context, link, links);
    }
  }
  return links;
}

/** Link info and attribute info: they tell the heap and the index of dense storage, if it is. */
function readDenseOf(context: Hdf5Context, message: Message): Message[] {
  const reader = context.reader.at(message.start + 1);
  const flags = reader.u8();
  const isLinks = message.type === MESSAGE.linkInfo;
  if (flags & 1) reader.skip(isLinks ? 8 : 2);
  const heap = readAddress(context, reader);
  const tree = readAddress(context, reader);
  if (heap === undefined || tree === undefined) return [];
  return readDense(context, heap, tree, isLinks ? 'links' : 'attributes');
}

function readLink(context: Hdf5Context, message: Message, links: Map<string, number>): void {
  const reader = context.reader.at(message.start + 1);
  const flags = reader.u8();
  const type = flags & 8 ? reader.u8() : 0;
  if (flags & 4) reader.skip(8);
  if (flags & 16) reader.skip(1);
  const sizeBytes = 1 << (flags & 3);
  const length = sizeBytes === 1 ? reader.u8() : sizeBytes === 2 ? reader.u16() : reader.u32();
  const name = UTF8.decode(reader.take(length));
  const address = type === 0 ? readAddress(context, reader) : undefined;
  if (address !== undefined) links.set(name, address);
}

/** A group of the old kind: a B-tree of symbol nodes, with names in a local heap. */
function readSymbolTable(
  context: Hdf5Context,
  tree: number,
  heapAddress: number,
  links: Map<string, number>,
): void {
  const heap = context.reader.at(heapAddress);
  heap.expectSignature('HEAP', 'local heap');
  heap.skip(4);
  const heapSize = readLength(context, heap);
  heap.skip(context.lengthSize);
  const heapData = readAddress(context, heap);
  if (heapData === undefined) corrupt('The HDF5 file is damaged: a group has no names.');
  const names = context.reader.at(heapData).take(heapSize);

  const visit = (address: number, depth: number): void => {
    spend(context);
    if (depth > 32) corrupt('The HDF5 file is damaged: a group index is too deep.');
    const node = context.reader.at(address);
    node.expectSignature('TREE', 'group index');
    node.skip(1);
    const level = node.u8();
    const entries = node.u16();
    node.skip(2 * context.offsetSize);
    for (let i = 0; i < entries; i++) {
      readLength(context, node);
      const child = readAddress(context, node);
      if (child === undefined) corrupt('The HDF5 file is damaged: a group entry has no address.');
      if (level > 0) visit(child, depth + 1);
      else readSymbolNode(context, child, names, links);
    }
  };
  visit(tree, 0);
}

function readSymbolNode(
  context: Hdf5Context,
  address: number,
  names: Uint8Array,
  links: Map<string, number>,
): void {
  const reader = context.reader.at(address);
  reader.expectSignature('SNOD', 'symbol table');
  reader.skip(2);
  const count = reader.u16();
  for (let i = 0; i < count; i++) {
    spend(context);
    const nameStart = readLength(context, reader);
    const header = readAddress(context, reader);
    const isSoftLink = reader.u32() === 2;
    reader.skip(20);
    const end = names.indexOf(0, nameStart);
    if (nameStart >= names.length || end < 0)
      corrupt('The HDF5 file is damaged: a name is cut off.');
    const name = UTF8.decode(names.subarray(nameStart, end));
    if (header !== undefined && !isSoftLink) links.set(name, header);
  }
}

/** The value of an attribute message, if it has this name. */
function readAttribute(
  context: Hdf5Context,
  message: Message,
  wanted: string,
): AttributeValue | undefined {
  spend(context);
  const reader = context.reader.at(message.start);
  const version = reader.u8();
  const flags = reader.u8();
  if (version < 1 || version > 3) corrupt(`The HDF5 file has an attribute of version ${version}.`);
  if (version > 1 && flags & 3) unsupportedStorage('shared (committed) datatypes');
  const sizes = [reader.u16(), reader.u16(), reader.u16()] as const;
  if (version === 3) reader.skip(1);
  const padded = (size: number) => (version === 1 ? Math.ceil(size / 8) * 8 : size);
  const nameBytes = reader.take(sizes[0]);
  reader.skip(padded(sizes[0]) - sizes[0]);
  const end = nameBytes.indexOf(0);
  const name = UTF8.decode(end < 0 ? nameBytes : nameBytes.subarray(0, end));
  if (name !== wanted) return undefined;
  const typeStart = reader.position;
  const spaceStart = typeStart + padded(sizes[1]);
  const dataStart = spaceStart + padded(sizes[2]);
  const type = readDatatype(context, typeStart);
  const shape = readDataspace(context, spaceStart);
  if (!shape) return [];
  const count = shape.reduce((product, size) => product * size, 1);
  if (count * type.size > MAX_ATTRIBUTE) {
    corrupt(`The HDF5 attribute "${name}" is impossibly large.`);
  }
  const data = context.reader.at(dataStart).take(count * type.size);
  const elements = Array.from({ length: type.size === 0 ? 0 : count }, (_, i) =>
    data.subarray(i * type.size, (i + 1) * type.size),
  );
  if (type.kind === 'string') return elements.map(untilNull);
  if (type.kind === 'vlen-string') {
    return elements.map((_, i) => readHeapString(context, dataStart + i * type.size));
  }
  return Array.from(decodeNumbers(data, type, `The HDF5 attribute "${name}"`), Number);
}

function untilNull(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  return UTF8.decode(end < 0 ? bytes : bytes.subarray(0, end));
}

/** A string of variable length: its size, and its place in a global heap. */
function readHeapString(context: Hdf5Context, start: number): string {
  const reference = context.reader.at(start);
  const length = reference.u32();
  const collection = readAddress(context, reference);
  const wanted = reference.u32();
  if (length === 0 || collection === undefined || collection === 0) return '';
  const heap = context.reader.at(collection);
  heap.expectSignature('GCOL', 'global heap');
  heap.skip(4);
  const end = collection + readLength(context, heap);
  while (heap.position + 16 <= end) {
    spend(context);
    const index = heap.u16();
    heap.skip(6);
    const size = readLength(context, heap);
    if (index === wanted) return untilNull(heap.take(Math.min(size, length)));
    if (index === 0) break;
    heap.skip(Math.ceil(size / 8) * 8);
  }
  return corrupt('The HDF5 file is damaged: a text is missing from its heap.');
}
