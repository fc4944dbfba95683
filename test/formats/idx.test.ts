import { expect, test } from 'vitest';
import { BinarynetError } from '../../src/errors.ts';
import { isIdx, parseIdx } from '../../src/formats/idx.ts';

/** An IDX file of a type with the element bytes given. */
function idx(type: number, shape: readonly number[], elements: readonly number[]): Uint8Array {
  const sizes = shape.flatMap((size) => [
    size >>> 24,
    (size >>> 16) & 255,
    (size >>> 8) & 255,
    size & 255,
  ]);
  return Uint8Array.from([0, 0, type, shape.length, ...sizes, ...elements]);
}

test.each([
  ['u8', 0x08, [1, 255], Uint8Array.of(1, 255)],
  ['i8', 0x09, [1, 255], Int8Array.of(1, -1)],
  ['i16', 0x0b, [1, 2, 255, 254], Int16Array.of(258, -2)],
  ['i32', 0x0c, [0, 0, 1, 0, 255, 255, 255, 255], Int32Array.of(256, -1)],
  ['f32', 0x0d, [0x3f, 0x80, 0, 0, 0xc0, 0, 0, 0], Float32Array.of(1, -2)],
  ['f64', 0x0e, [0x3f, 0xf0, 0, 0, 0, 0, 0, 0, 0xc0, 0, 0, 0, 0, 0, 0, 0], Float64Array.of(1, -2)],
] as const)('reads %s elements, big-endian', (_name, type, elements, data) => {
  const bytes = idx(type, [1, 2], elements);
  expect(isIdx(bytes)).toBe(true);
  expect(parseIdx(bytes)).toEqual({ shape: [1, 2], data });
});

test('every truncation and every extra byte is corrupt', () => {
  const whole = idx(0x08, [2, 3], [1, 2, 3, 4, 5, 6]);
  for (let length = 0; length < whole.length; length++) {
    expect(() => parseIdx(whole.subarray(0, length))).toThrow(BinarynetError);
  }
  expect(() => parseIdx(Uint8Array.from([...whole, 0]))).toThrow(BinarynetError);
});

test('a header that claims an enormous array is refused before anything is allocated', () => {
  expect(() => parseIdx(idx(0x08, [0xffffffff, 0xffffffff], []))).toThrow(/but 0 bytes follow/);
});

test('other files are not taken for IDX', () => {
  expect(isIdx(new TextEncoder().encode('\x93NUMPY'))).toBe(false);
  expect(isIdx(Uint8Array.of(0, 0, 7, 1))).toBe(false);
  expect(isIdx(new Uint8Array(0))).toBe(false);
});
