/**
 * Reads a zip archive from bytes. Entries that are stored uncompressed (as Keras writes them) are
 * handed out as views. Sizes come from the central directory, are bounded before anything is
 * inflated, and every entry's CRC-32 is checked.
 */
import { inflateSync } from 'fflate';
import { fail } from '../errors.ts';
import { ByteReader, corrupt, UTF8 } from './bytes.ts';
import { crc32 } from './crc32.ts';

export interface ZipEntry {
  readonly name: string;
  readonly size: number;
  /** The uncompressed bytes; a view of the archive for stored entries. */
  readonly read: () => Uint8Array;
}

const WHAT = 'zip archive';
const END_SIZE = 22;
const MAX_COMMENT = 0xffff;
const MAX_ENTRIES = 100_000;
/** An entry that claims to inflate by more than this, and to more than a little, is a bomb. */
const MAX_COMPRESSION = 100;
const ALWAYS_ALLOWED = 2 ** 24;
const MAX_TOTAL = 2 ** 32;
const METHOD = { stored: 0, deflated: 8 };

export function isZip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x50 && bytes[1] === 0x4b && (bytes[2] === 3 || bytes[2] === 5);
}

/** The entries by name; of two with the same name the later one counts, as in Python. */
export function openZip(bytes: Uint8Array): ReadonlyMap<string, ZipEntry> {
  const end = findEnd(bytes);
  const reader = new ByteReader(bytes, WHAT, end + 10);
  const count = reader.u16();
  reader.skip(4);
  const directory = reader.u32();
  if (count > MAX_ENTRIES || count === 0xffff) {
    fail({ code: 'too-large', found: 'The zip archive has too many entries (zip64).' });
  }
  const entries = new Map<string, ZipEntry>();
  let total = 0;
  reader.position = directory;
  for (let i = 0; i < count; i++) {
    const entry = readEntry(reader);
    total += entry.size;
    if (total > MAX_TOTAL) {
      fail({ code: 'too-large', found: 'The zip archive would inflate to more than 4 GiB.' });
    }
    entries.set(entry.name, entry);
  }
  return entries;
}

function findEnd(bytes: Uint8Array): number {
  const last = Math.max(0, bytes.length - END_SIZE - MAX_COMMENT);
  for (let at = bytes.length - END_SIZE; at >= last; at--) {
    const isEnd = bytes[at] === 0x50 && bytes[at + 1] === 0x4b && bytes[at + 2] === 5;
    if (isEnd && bytes[at + 3] === 6) return at;
  }
  return corrupt(
    'The zip archive is truncated: its directory is missing.',
    'Copy or download it again.',
  );
}

/** Reads one entry of the central directory and moves on to the next. */
function readEntry(reader: ByteReader): ZipEntry {
  if (reader.u32() !== 0x02014b50) corrupt('The directory of the zip archive is damaged.');
  reader.skip(4);
  const flags = reader.u16();
  const method = reader.u16();
  reader.skip(4);
  const crc = reader.u32();
  const compressedSize = reader.u32();
  const size = reader.u32();
  const nameLength = reader.u16();
  const extraLength = reader.u16();
  const commentLength = reader.u16();
  reader.skip(8);
  const header = reader.u32();
  const name = UTF8.decode(reader.take(nameLength));
  reader.skip(extraLength + commentLength);
  if (flags & 1) fail({ code: 'unsupported', found: `The zip entry "${name}" is encrypted.` });
  if (size === 0xffffffff || compressedSize === 0xffffffff || header === 0xffffffff) {
    fail({ code: 'too-large', found: `The zip entry "${name}" is larger than 4 GiB.` });
  }
  if (method !== METHOD.stored && method !== METHOD.deflated) {
    fail({ code: 'unsupported', found: `The zip entry "${name}" uses method ${method}.` });
  }
  if (size > Math.max(ALWAYS_ALLOWED, MAX_COMPRESSION * compressedSize)) {
    corrupt(`The zip entry "${name}" claims to inflate ${compressedSize} bytes to ${size}.`);
  }
  const local = reader.at(header);
  const read = () => {
    const data = local.at(header);
    if (data.u32() !== 0x04034b50) corrupt(`The zip entry "${name}" is damaged.`);
    data.skip(22);
    const skip = data.u16() + data.u16();
    data.skip(skip);
    const raw = data.take(compressedSize);
    const content = method === METHOD.stored ? raw : inflate(raw, size, name);
    if (content.length !== size || crc32(content) !== crc) {
      corrupt(`The zip entry "${name}" is damaged: its checksum does not match.`);
    }
    return content;
  };
  return { name, size, read };
}

function inflate(raw: Uint8Array, size: number, name: string): Uint8Array {
  try {
    return inflateSync(raw, { out: new Uint8Array(size) });
  } catch {
    return corrupt(`The compressed data of the zip entry "${name}" is damaged.`);
  }
}
