/**
 * The metadata of an HDF5 file: superblock, object headers, datatypes and dataspaces, as the HDF5
 * file format specification (version 3.0) lays them out. Reads what h5py and Keras write, and what
 * `h5repack` makes of it; other storage is refused by name.
 *
 * Every structure costs one step of a budget, so a file whose pointers form a loop ends in an error.
 */
import { fail } from '../../errors.ts';
import { ByteReader, corrupt } from '../bytes.ts';

/** The context that every structure of one file is read in. */
export interface Hdf5Context {
  readonly reader: ByteReader;
  readonly offsetSize: number;
  readonly lengthSize: number;
  /** Added to every address in the file. */
  readonly budget: { steps: number };
}

export type Hdf5Type =
  | { readonly kind: 'int'; readonly size: number; readonly signed: boolean; readonly big: boolean }
  | { readonly kind: 'float'; readonly size: number; readonly big: boolean }
  | { readonly kind: 'bfloat16'; readonly size: 2; readonly big: boolean }
  | { readonly kind: 'string'; readonly size: number }
  | { readonly kind: 'vlen-string'; readonly size: number }
  | { readonly kind: 'other'; readonly size: number; readonly name: string };

/** One message of an object header: where its body lies. */
export interface Message {
  readonly type: number;
  readonly start: number;
  readonly size: number;
}

export const MESSAGE = {
  dataspace: 0x01,
  linkInfo: 0x02,
  datatype: 0x03,
  link: 0x06,
  layout: 0x08,
  filters: 0x0b,
  attribute: 0x0c,
  continuation: 0x10,
  symbolTable: 0x11,
  attributeInfo: 0x15,
} as const;

const SIGNATURE = [0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a];
const WHAT = 'HDF5 file';

export function isHdf5(bytes: Uint8Array): boolean {
  return SIGNATURE.every((byte, i) => bytes[i] === byte);
}

export function spend(context: Hdf5Context, steps = 1): void {
  context.budget.steps -= steps;
  if (context.budget.steps < 0) corrupt('The HDF5 file is damaged: its structures form a loop.');
}

export function unsupportedStorage(found: string): never {
  fail({
    code: 'unsupported',
    found: `The HDF5 file uses ${found}, which is not read yet.`,
    fix: 'Save the model again with Keras, or rewrite the file with `h5repack`.',
  });
}

/** Reads an address; undefined where the file says "none" (all bits set). */
export function readAddress(context: Hdf5Context, reader: ByteReader): number | undefined {
  const bytes = reader.bytes.subarray(reader.position, reader.position + context.offsetSize);
  if (bytes.length === context.offsetSize && bytes.every((byte) => byte === 0xff)) {
    reader.skip(context.offsetSize);
    return undefined;
  }
  return readSized(reader, context.offsetSize);
}

export function readLength(context: Hdf5Context, reader: ByteReader): number {
  return readSized(reader, context.lengthSize);
}

function readSized(reader: ByteReader, size: number): number {
  if (size === 8) return reader.u64();
  return size === 4 ? reader.u32() : reader.u16();
}

/** Reads the superblock: the context for everything else, and the address of the root group. */
export function readSuperblock(bytes: Uint8Array): { context: Hdf5Context; root: number } {
  const reader = new ByteReader(bytes, WHAT, 8);
  const version = reader.u8();
  if (version > 3) unsupportedStorage(`superblock version ${version}`);
  const old = version < 2;
  reader.skip(old ? 4 : 0);
  const offsetSize = reader.u8();
  const lengthSize = reader.u8();
  for (const size of [offsetSize, lengthSize]) {
    if (![2, 4, 8].includes(size)) corrupt(`The HDF5 file has addresses of ${size} bytes.`);
  }
  reader.skip(old ? (version === 1 ? 13 : 9) : 1);
  const budget = { steps: 100_000 + Math.ceil(bytes.length / 4) };
  const context: Hdf5Context = { reader, offsetSize, lengthSize, budget };
  const base = readAddress(context, reader);
  if (base !== 0) unsupportedStorage('a user block');
  readAddress(context, reader);
  const end = readAddress(context, reader);
  if (end !== undefined && end > bytes.length) {
    corrupt(
      `The file is truncated: it has ${bytes.length} bytes of ${end}.`,
      'Copy or download it again.',
    );
  }
  if (old) reader.skip(2 * offsetSize);
  const root = readAddress(context, reader);
  if (root === undefined) corrupt('The HDF5 file has no root group.');
  return { context, root };
}

/** All messages of the object header at `address`, continuation blocks included. */
export function readMessages(context: Hdf5Context, address: number): Message[] {
  spend(context);
  const reader = context.reader.at(address);
  const messages: Message[] = [];
  if (context.reader.bytes[address] === 1) readHeaderV1(context, reader, messages);
  else readHeaderV2(context, reader, messages);
  return messages;
}

function readHeaderV1(context: Hdf5Context, reader: ByteReader, messages: Message[]): void {
  reader.skip(2);
  let remaining = reader.u16();
  reader.skip(4);
  const size = reader.u32();
  reader.skip(4);
  const blocks = [{ start: reader.position, size }];
  for (const block of blocks) {
    const body = context.reader.at(block.start);
    const end = block.start + block.size;
    while (remaining > 0 && body.position + 8 <= end) {
      spend(context);
      remaining--;
      const type = body.u16();
      const length = body.u16();
      const flags = body.u8();
      body.skip(3);
      addMessage(context, { type, start: body.position, size: length }, flags, messages, blocks);
      body.skip(length);
    }
  }
}

function readHeaderV2(context: Hdf5Context, reader: ByteReader, messages: Message[]): void {
  reader.expectSignature('OHDR', 'object header');
  reader.skip(1);
  const flags = reader.u8();
  if (flags & 0x20) reader.skip(16);
  if (flags & 0x10) reader.skip(4);
  const sizeBytes = 1 << (flags & 3);
  const size = sizeBytes === 1 ? reader.u8() : readSized(reader, sizeBytes);
  const blocks = [{ start: reader.position, size }];
  for (const [index, block] of blocks.entries()) {
    const body = context.reader.at(block.start);
    if (index > 0) body.expectSignature('OCHK', 'continuation of an object header');
    const end = block.start + block.size - (index > 0 ? 4 : 0);
    const prefix = flags & 4 ? 6 : 4;
    while (body.position + prefix <= end) {
      spend(context);
      const type = body.u8();
      const length = body.u16();
      const messageFlags = body.u8();
      body.skip(prefix - 4);
      const message = { type, start: body.position, size: length };
      addMessage(context, message, messageFlags, messages, blocks);
      body.skip(length);
    }
  }
}

function addMessage(
  context: Hdf5Context,
  message: Message,
  flags: number,
  messages: Message[],
  blocks: { start: number; size: number }[],
): void {
  if (message.type === MESSAGE.continuation) {
    const reader = context.reader.at(message.start);
    const start = readAddress(context, reader);
    if (start === undefined) corrupt('The HDF5 file is damaged: an object header breaks off.');
    blocks.push({ start, size: readLength(context, reader) });
    return;
  }
  const isRead = Object.values<number>(MESSAGE).includes(message.type);
  if (isRead && flags & 2) unsupportedStorage('shared (committed) datatypes');
  messages.push(message);
}

/** The sizes of a dataspace; empty for a scalar, undefined for "no data". */
export function readDataspace(context: Hdf5Context, start: number): number[] | undefined {
  const reader = context.reader.at(start);
  const version = reader.u8();
  const rank = reader.u8();
  reader.skip(1);
  if (version === 1) reader.skip(5);
  else if (version !== 2) corrupt(`The HDF5 file has a dataspace of version ${version}.`);
  else if (reader.u8() === 2) return undefined;
  if (rank > 32) corrupt(`The HDF5 file has an array of ${rank} dimensions.`);
  return Array.from({ length: rank }, () => readLength(context, reader));
}

export function readDatatype(context: Hdf5Context, start: number): Hdf5Type {
  spend(context);
  const reader = context.reader.at(start);
  const kind = reader.u8() & 15;
  const bits = reader.u8();
  reader.skip(2);
  const size = reader.u32();
  const big = (bits & 1) === 1;
  if (kind === 0) return { kind: 'int', size, signed: (bits & 8) !== 0, big };
  if (kind === 1) {
    reader.skip(5);
    const exponentBits = reader.u8();
    if (size === 2 && exponentBits === 8) return { kind: 'bfloat16', size, big };
    const usual = { 2: 5, 4: 8, 8: 11 }[size];
    if (exponentBits === usual) return { kind: 'float', size, big };
    return { kind: 'other', size, name: `a float of ${size} bytes` };
  }
  if (kind === 3) return { kind: 'string', size };
  if (kind === 8) return readDatatype(context, reader.position); // an enum is its base type
  if (kind === 9 && (bits & 15) === 1) return { kind: 'vlen-string', size };
  return { kind: 'other', size, name: `datatype class ${kind}` };
}
