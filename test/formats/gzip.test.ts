import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { BinarynetError } from '../../src/errors.ts';
import { gunzip, isGzip } from '../../src/formats/gzip.ts';
import { Random } from '../support/random.ts';

const MIB = 2 ** 20;
/** Half of it noise, so that it spans several chunks also when it is packed. */
const CONTENT = Uint8Array.from({ length: 100_000 }, (_, i) =>
  i % 2 === 0 ? 0 : Math.imul(i, 2654435761) >>> 24,
);
const TRAILER = 8;

function zipped(content: Uint8Array, level = 6): Uint8Array {
  return new Uint8Array(gzipSync(content, { level }));
}

/** Compares by itself, since that of the test runner takes a second. */
function unpacksToContent(bytes: Uint8Array): boolean {
  return Buffer.compare(gunzip(bytes), CONTENT) === 0;
}

/** The file with another length in its last four bytes. */
function claiming(bytes: Uint8Array, size: number): Uint8Array {
  const copy = bytes.slice();
  new DataView(copy.buffer).setUint32(copy.length - 4, size, true);
  return copy;
}

function codeOf(bytes: Uint8Array): string {
  try {
    gunzip(bytes);
  } catch (error) {
    if (!(error instanceof BinarynetError)) throw error;
    expect(error.problems[0]?.found).toContain('gzip file');
    return error.problems[0]?.code ?? 'none';
  }
  return 'ok';
}

test('is told from the content', () => {
  expect(isGzip(zipped(CONTENT))).toBe(true);
  expect(isGzip(CONTENT)).toBe(false);
  expect(isGzip(new Uint8Array(0))).toBe(false);
});

describe('unpacks', () => {
  test.each([0, 1, 6, 9])('what zlib packed at level %i', (level) => {
    expect(unpacksToContent(zipped(CONTENT, level))).toBe(true);
    expect(gunzip(zipped(new Uint8Array(0), level))).toEqual(new Uint8Array(0));
    expect(gunzip(zipped(Uint8Array.of(7), level))).toEqual(Uint8Array.of(7));
  });

  test('what is in the middle of another array', () => {
    const bytes = zipped(CONTENT);
    const moved = new Uint8Array(bytes.length + 5);
    moved.set(bytes, 5);
    expect(unpacksToContent(moved.subarray(5))).toBe(true);
  });

  test('a header with every optional part', () => {
    const plain = zipped(CONTENT);
    const optional = [4, 0, 1, 2, 3, 4, ...Buffer.from('name\0'), ...Buffer.from('note\0'), 9, 9];
    const bytes = Uint8Array.from([...plain.subarray(0, 10), ...optional, ...plain.subarray(10)]);
    bytes[3] = 2 + 4 + 8 + 16;
    expect(unpacksToContent(bytes)).toBe(true);
  });
});

describe('a damaged file', () => {
  const bytes = zipped(CONTENT);

  test('cut off anywhere is a problem', () => {
    const random = new Random(1);
    const cuts = Array.from({ length: 100 }, () => random.integer(2, bytes.length - 1));
    for (const cut of [2, 3, 9, 10, 11, 17, 18, bytes.length - 1, ...cuts]) {
      expect(codeOf(bytes.subarray(0, cut))).toMatch(/^(corrupt|too-large)$/);
    }
  });

  test('with any byte of the data or trailer changed is a problem', () => {
    const random = new Random(2);
    for (let i = 0; i < 200; i++) {
      const copy = bytes.slice();
      const at = random.integer(10, copy.length - 1);
      copy[at] = (copy[at] as number) ^ (1 << random.integer(0, 7));
      expect(codeOf(copy)).toMatch(/^(corrupt|too-large)$/);
    }
  });

  test('that states a shorter or longer length is a problem', () => {
    for (const size of [0, 1, CONTENT.length - 1, CONTENT.length + 1]) {
      expect(codeOf(claiming(bytes, size))).toBe('corrupt');
    }
  });

  test('of two members is a problem, not half a file', () => {
    expect(codeOf(Uint8Array.from([...bytes, ...bytes]))).toBe('corrupt');
  });

  test('with another signature is a problem', () => {
    const copy = bytes.slice();
    copy[1] = 9;
    expect(codeOf(copy)).toBe('corrupt');
  });

  test('with an endless name is a problem', () => {
    const copy = new Uint8Array(1000).fill(0x41);
    copy.set(bytes.subarray(0, 10));
    copy[3] = 8;
    expect(codeOf(copy)).toBe('corrupt');
  });
});

describe('a bomb', () => {
  test('that says how large it is, is refused', () => {
    const bomb = zipped(new Uint8Array(80 * MIB));
    expect(bomb.length).toBeLessThan(MIB);
    expect(codeOf(bomb)).toBe('too-large');
    expect(codeOf(claiming(zipped(CONTENT), 0xffffffff))).toBe('corrupt');
  });

  test('that claims to be small is left at once', () => {
    const time = (bytes: Uint8Array, code: string) => {
      const start = performance.now();
      expect(codeOf(bytes)).toBe(code);
      return performance.now() - start;
    };
    const honest = zipped(new Uint8Array(60 * MIB), 1);
    const whole = time(honest, 'ok');
    expect(time(claiming(honest, 16), 'corrupt')).toBeLessThan(whole / 2);
  });
});

test('the checksum is looked at', () => {
  const bytes = zipped(CONTENT);
  const at = bytes.length - TRAILER;
  bytes[at] = (bytes[at] as number) ^ 1;
  expect(codeOf(bytes)).toBe('corrupt');
});
