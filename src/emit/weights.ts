/**
 * The weight file: a header of sixteen little-endian 32-bit words, then the sections as planned.
 *
 *     word 0  magic, "BNET"          6  model id: CRC-32 of the program's structure
 *          1  format version         7  model id: CRC-32 of all bytes after the header
 *          2  header size in bytes   8  file size in bytes, low word
 *          3  bits per word          9  file size, high word
 *          4  float tile         10-14  0
 *          5  bit tile              15  CRC-32 of words 0 to 14
 *
 * The program knows all sixteen words, so a file fits when they are equal and the bytes after them
 * have the CRC of word 7. A model of the same architecture with other weights has another id.
 */
import { BIT_TILE, FLOAT_TILE } from '../plan/pack.ts';
import type { Program } from '../plan/program.ts';
import { WEIGHTS_HEADER_BYTES } from '../plan/sections.ts';

const MAGIC = 0x54454e42;
const FORMAT_VERSION = 1;
const HEADER_WORDS = WEIGHTS_HEADER_BYTES / 4;

export interface WeightFile {
  readonly header: Uint32Array;
  readonly bytes: Uint8Array;
}

export function buildWeightFile(program: Program): WeightFile {
  const bytes = new Uint8Array(program.weightsBytes);
  for (const { offset, data } of program.sections) bytes.set(data, offset);
  const payload = bytes.subarray(WEIGHTS_HEADER_BYTES);
  const header = new Uint32Array(HEADER_WORDS);
  header.set([
    MAGIC,
    FORMAT_VERSION,
    WEIGHTS_HEADER_BYTES,
    program.target.wordBits,
    FLOAT_TILE,
    BIT_TILE,
    crc32(new TextEncoder().encode(structureOf(program))),
    crc32(payload),
    program.weightsBytes % 2 ** 32,
    Math.floor(program.weightsBytes / 2 ** 32),
  ]);
  const view = new DataView(bytes.buffer);
  header.forEach((word, index) => {
    view.setUint32(index * 4, word, true);
  });
  const headerCrc = crc32(bytes.subarray(0, WEIGHTS_HEADER_BYTES - 4));
  header[HEADER_WORDS - 1] = headerCrc;
  view.setUint32(WEIGHTS_HEADER_BYTES - 4, headerCrc, true);
  return { header, bytes };
}

/** What the program does with its weights, without the names of a model. */
function structureOf(program: Program): string {
  const { calls, buffers, sections } = program;
  return JSON.stringify({
    calls: calls.map(({ kernel, shape, args }) => ({ kernel, shape, args })),
    buffers: buffers.map(({ dtype, shape, place }) => ({ dtype, shape, place })),
    sections: sections.map(({ ctype, offset }) => ({ ctype, offset })),
  });
}

/** CRC-32 as in zip and PNG, eight bytes at a time. */
export function crc32(bytes: Uint8Array): number {
  const [t0, t1, t2, t3, t4, t5, t6, t7] = TABLES as unknown as readonly [
    Uint32Array,
    Uint32Array,
    Uint32Array,
    Uint32Array,
    Uint32Array,
    Uint32Array,
    Uint32Array,
    Uint32Array,
  ];
  const at = (table: Uint32Array, index: number): number => table[index] as number;
  let crc = ~0;
  let i = 0;
  for (; i + 8 <= bytes.length; i += 8) {
    const low = crc ^ littleWord(bytes, i);
    const high = littleWord(bytes, i + 4);
    crc =
      at(t7, low & 255) ^
      at(t6, (low >>> 8) & 255) ^
      at(t5, (low >>> 16) & 255) ^
      at(t4, low >>> 24) ^
      at(t3, high & 255) ^
      at(t2, (high >>> 8) & 255) ^
      at(t1, (high >>> 16) & 255) ^
      at(t0, high >>> 24);
  }
  for (; i < bytes.length; i++) crc = at(t0, (crc ^ (bytes[i] as number)) & 255) ^ (crc >>> 8);
  return ~crc >>> 0;
}

function littleWord(bytes: Uint8Array, at: number): number {
  return (
    (bytes[at] as number) |
    ((bytes[at + 1] as number) << 8) |
    ((bytes[at + 2] as number) << 16) |
    ((bytes[at + 3] as number) << 24)
  );
}

/** Table n is the CRC of a byte with n zero bytes after it. */
const TABLES: readonly Uint32Array[] = makeTables();

function makeTables(): Uint32Array[] {
  const first = Uint32Array.from({ length: 256 }, (_, byte) => {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
    return crc;
  });
  const tables = [first];
  for (let n = 1; n < 8; n++) {
    const last = tables[n - 1] as Uint32Array;
    tables.push(last.map((crc) => (first[crc & 255] as number) ^ (crc >>> 8)));
  }
  return tables;
}
