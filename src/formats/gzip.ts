/**
 * Unpacks a gzip file of one member, as gzip and Python write it. The size that the file claims is
 * bounded before anything is allocated, and inflating stops as soon as there is more than that;
 * length and CRC-32 are checked.
 */
import { Inflate } from 'fflate';
import { fail } from '../errors.ts';
import { ByteReader, corrupt } from './bytes.ts';
import { crc32 } from './crc32.ts';

const WHAT = 'gzip file';
const DEFLATED = 8;
const FLAGS = { headerCrc: 2, extra: 4, name: 8, comment: 16 };
const TRAILER = 8;
/** A file that claims to inflate by more than this, and to more than a little, is a bomb. */
const MAX_COMPRESSION = 100;
const ALWAYS_ALLOWED = 2 ** 26;
/** Deflate packs at most 1032 to 1. */
const MAX_POSSIBLE = 1032;
const MAX_SIZE = 2 ** 31 - 1;
/** Small, since one byte may become a thousand before the total can be looked at. */
const CHUNK = 2 ** 14;

export function isGzip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b;
}

export function gunzip(bytes: Uint8Array): Uint8Array {
  const start = skipHeader(bytes);
  const end = bytes.length - TRAILER;
  if (end <= start) return truncated();
  const trailer = new ByteReader(bytes, WHAT, end);
  const crc = trailer.u32();
  const size = trailer.u32();
  if (size > MAX_POSSIBLE * bytes.length) return damaged('it claims more than fits in it');
  if (size > MAX_SIZE || size > Math.max(ALWAYS_ALLOWED, MAX_COMPRESSION * bytes.length)) {
    fail({
      code: 'too-large',
      found: `The gzip file has ${bytes.length} bytes and claims to hold ${size}.`,
      fix: 'If it is not truncated, unpack it with gunzip and use the file that comes out.',
    });
  }
  const content = inflate(bytes.subarray(start, end), size);
  if (crc32(content) !== crc) return damaged('its checksum does not match');
  return content;
}

/** The offset of the compressed data. */
function skipHeader(bytes: Uint8Array): number {
  const reader = new ByteReader(bytes, WHAT, 2);
  if (reader.u8() !== DEFLATED) return damaged('it is not compressed in the way gzip does');
  const flags = reader.u8();
  reader.skip(6);
  if (flags & FLAGS.extra) reader.skip(reader.u16());
  if (flags & FLAGS.name) skipText(reader);
  if (flags & FLAGS.comment) skipText(reader);
  if (flags & FLAGS.headerCrc) reader.skip(2);
  return reader.position;
}

function skipText(reader: ByteReader): void {
  while (reader.u8() !== 0) {
    // the text ends with a zero
  }
}

function inflate(compressed: Uint8Array, size: number): Uint8Array {
  const content = new Uint8Array(size);
  let length = 0;
  let isTooLong = false;
  const stream = new Inflate((chunk) => {
    isTooLong ||= length + chunk.length > size;
    if (!isTooLong) content.set(chunk, length);
    length += chunk.length;
  });
  try {
    for (let at = 0; at < compressed.length && !isTooLong; at += CHUNK) {
      stream.push(compressed.subarray(at, at + CHUNK), at + CHUNK >= compressed.length);
    }
  } catch {
    return damaged('its data can not be unpacked');
  }
  if (length !== size) return damaged('its length is not the one it states');
  return content;
}

function truncated(): never {
  return corrupt('The gzip file is truncated.', 'Copy or download it again.');
}

function damaged(how: string): never {
  return corrupt(
    `The gzip file is truncated or damaged: ${how}.`,
    'Copy or download it again, or unpack it with gunzip first.',
  );
}
