import { strToU8, zipSync } from 'fflate';
import { describe, expect, test } from 'vitest';
import { BinarynetError } from '../../src/errors.ts';
import { crc32 } from '../../src/formats/crc32.ts';
import { isZip, openZip } from '../../src/formats/zip.ts';
import { Random } from '../support/random.ts';

const CONTENT = strToU8('{"a": [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]}'.repeat(20));

function archive(level: 0 | 6): Uint8Array {
  return zipSync({ 'config.json': CONTENT, 'a/b': strToU8('xyz') }, { level });
}

/** Changes a little-endian number in the first entry of the central directory. */
function patched(bytes: Uint8Array, field: number, value: number): Uint8Array {
  const copy = bytes.slice();
  const view = new DataView(copy.buffer);
  const directory = view.getUint32(copy.length - 22 + 16, true);
  view.setUint32(directory + field, value, true);
  return copy;
}

const CRC = 16;
const COMPRESSED_SIZE = 20;
const SIZE = 24;
const LOCAL_HEADER = 42;

describe.each([0, 6] as const)('an archive of level %i', (level) => {
  test('is read', () => {
    const bytes = archive(level);
    expect(isZip(bytes)).toBe(true);
    const entries = openZip(bytes);
    expect([...entries.keys()]).toEqual(['config.json', 'a/b']);
    expect(entries.get('config.json')?.read()).toEqual(CONTENT);
    expect(entries.get('a/b')?.read()).toEqual(strToU8('xyz'));
  });

  test('every truncation is a problem, none crashes', () => {
    const bytes = archive(level);
    for (let length = 0; length < bytes.length; length++) {
      expect(() => openZip(bytes.subarray(0, length))).toThrow(BinarynetError);
    }
  });

  test('no flipped bit changes what is read', () => {
    const bytes = archive(level);
    const random = new Random(1);
    let refused = 0;
    for (let i = 0; i < 500; i++) {
      const copy = bytes.slice();
      const at = random.integer(0, copy.length - 1);
      copy[at] = (copy[at] as number) ^ (1 << random.integer(0, 7));
      try {
        const content = openZip(copy).get('config.json')?.read();
        if (content !== undefined) expect(content).toEqual(CONTENT);
      } catch (error) {
        expect(error).toBeInstanceOf(BinarynetError);
        refused++;
      }
    }
    expect(refused).toBeGreaterThan(50);
  });
});

test('an entry that claims to inflate a hundredfold is refused before it is inflated', () => {
  const bytes = patched(archive(6), SIZE, 0xfffffff0);
  expect(() => openZip(bytes)).toThrow(/claims to inflate/);
});

test('a wrong checksum, size or place is refused', () => {
  for (const [field, value] of [
    [CRC, 1],
    [SIZE, CONTENT.length + 1],
    [SIZE, CONTENT.length - 1],
    [COMPRESSED_SIZE, 3],
    [LOCAL_HEADER, 5],
    [LOCAL_HEADER, 0xfffffff0],
  ] as const) {
    const bytes = patched(archive(6), field, value);
    expect(() => openZip(bytes).get('config.json')?.read()).toThrow(BinarynetError);
  }
});

test('CRC-32 of the usual check text, of every length and alignment', () => {
  expect(crc32(strToU8('123456789'))).toBe(0xcbf43926);
  expect(crc32(new Uint8Array(0))).toBe(0);
  const long = strToU8('123456789'.repeat(5));
  const bitwise = (bytes: Uint8Array): number => {
    let crc = 0xffffffff;
    for (const byte of bytes) {
      crc ^= byte;
      for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
    }
    return ~crc >>> 0;
  };
  for (let start = 0; start < 9; start++) {
    for (let end = start; end < long.length; end++) {
      const part = long.subarray(start, end);
      expect(crc32(part)).toBe(bitwise(part));
    }
  }
});
