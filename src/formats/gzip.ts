/**
 * Unpacks a gzip file of one member, as gzip and Python write it. The size that the file claims is
 * bounded before anything is allocated, and inflating stops as soon as there is more than that;
 * length and CRC-32 are checked.
 */
import { Gunzip } from 'fflate';
import { fail } from '../errors.ts';
import { ByteReader, corrupt } from './bytes.ts';
import { crc32 } from './crc32.ts';

/** The smallest: a header, a block that holds nothing, and the trailer. */
const MIN_LENGTH = 20;
const TRAILER = 8;
/** A file that claims to inflate by more than this, and to more than a little, is a bomb. */
const MAX_COMPRESSION = 100;
const ALWAYS_ALLOWED = 2 ** 26;
/** Deflate packs at most 1032 to 1. */
const MAX_POSSIBLE = 1032;
const MAX_SIZE = 2 ** 31 - 1;
/** Small, since one byte may become a thousand before the total can be looked at. */
const CHUNK = 2 ** 12;

export function isGzip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b;
}

export function gunzip(bytes: Uint8Array): Uint8Array {
  if (bytes.length < MIN_LENGTH) return damaged('it ends too early');
  const trailer = new ByteReader(bytes, 'gzip file', bytes.length - TRAILER);
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
  const content = inflate(bytes, size);
  if (crc32(content) !== crc) return damaged('its checksum does not match');
  return content;
}

function inflate(bytes: Uint8Array, size: number): Uint8Array {
  const content = new Uint8Array(size);
  let length = 0;
  let isTooLong = false;
  let members = 1;
  const stream = new Gunzip((chunk) => {
    isTooLong ||= length + chunk.length > size;
    if (!isTooLong) content.set(chunk, length);
    length += chunk.length;
  });
  stream.onmember = () => {
    members++;
  };
  try {
    for (let at = 0; at < bytes.length && !isTooLong && members === 1; at += CHUNK) {
      stream.push(bytes.subarray(at, at + CHUNK), at + CHUNK >= bytes.length);
    }
  } catch {
    return damaged('its data can not be unpacked');
  }
  if (members > 1) return damaged('it consists of several members');
  if (length !== size) return damaged('its length is not the one it states');
  return content;
}

function damaged(how: string): never {
  return corrupt(
    `The gzip file is truncated or damaged: ${how}.`,
    'Copy or download it again, or unpack it with gunzip first.',
  );
}
