import { describe, expect, test } from 'vitest';
import { BinarynetError, type ProblemCode } from '../../src/errors.ts';
import { isNpy, type NpyArray, readNpy, writeNpy } from '../../src/formats/npy.ts';

/** The bytes that numpy.save(np.array([[1.5, -2], [0, 3]], "<f4")) writes. */
function saved(header: string, data: ArrayBuffer): Uint8Array {
  const padded = `${header.padEnd(118 - 1)}\n`;
  const bytes = new Uint8Array(128 + data.byteLength);
  bytes.set([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, 118, 0]);
  bytes.set(new TextEncoder().encode(padded), 10);
  bytes.set(new Uint8Array(data), 128);
  return bytes;
}

const F4 = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 2), }";
const FOUR = Float32Array.of(1.5, -2, 0, 3).buffer;

function codeOf(action: () => unknown): ProblemCode | undefined {
  try {
    action();
    return undefined;
  } catch (error) {
    if (error instanceof BinarynetError) return error.problems[0]?.code;
    throw error;
  }
}

describe('readNpy', () => {
  test('reads what numpy writes', () => {
    const bytes = saved(F4, FOUR);
    expect(isNpy(bytes)).toBe(true);
    expect(readNpy(bytes)).toEqual({
      dtype: 'f4',
      shape: [2, 2],
      data: Float32Array.of(1.5, -2, 0, 3),
    });
  });

  test('reads from an odd offset and from a Node Buffer', () => {
    const bytes = saved(F4, FOUR);
    const shifted = Buffer.alloc(bytes.length + 3);
    shifted.set(bytes, 3);
    expect(readNpy(shifted.subarray(3)).data).toEqual(Float32Array.of(1.5, -2, 0, 3));
  });

  test('a scalar and an empty array have their shapes', () => {
    const scalar = "{'descr': '|u1', 'fortran_order': False, 'shape': (), }";
    expect(readNpy(saved(scalar, Uint8Array.of(7).buffer))).toMatchObject({ shape: [] });
    const empty = "{'descr': '<i8', 'fortran_order': False, 'shape': (0, 3), }";
    expect(readNpy(saved(empty, new ArrayBuffer(0))).data).toHaveLength(0);
  });

  test('a vector in Fortran order is the same as in C order, a matrix is refused', () => {
    const vector = F4.replace('False', 'True').replace('(2, 2)', '(4,)');
    expect(readNpy(saved(vector, FOUR)).shape).toEqual([4]);
    expect(codeOf(() => readNpy(saved(F4.replace('False', 'True'), FOUR)))).toBe('bad-input');
  });

  test.each(['>f4', '<c8', '<U5', '|O', '<f2'])('elements of type %s are refused', (descr) => {
    expect(codeOf(() => readNpy(saved(F4.replace('<f4', descr), FOUR)))).toBe('bad-input');
  });

  test('every truncation is reported, none crashes', () => {
    const bytes = saved(F4, FOUR);
    for (let length = 0; length < bytes.length; length++) {
      const code = codeOf(() => readNpy(bytes.subarray(0, length)));
      expect(code).toBe(length < 6 ? 'bad-input' : 'corrupt');
    }
  });

  test.each([
    '(99999999999999999999, 2)',
    '(1000000000, 1000000000)',
    '(3, 2)',
  ])('a shape of %s that the bytes do not hold allocates nothing', (shape) => {
    const code = codeOf(() => readNpy(saved(F4.replace('(2, 2)', shape), FOUR)));
    expect(['corrupt', 'too-large']).toContain(code);
  });

  test('a header that is no dict is corrupt', () => {
    for (const header of ['', '{}', F4.replace('(2, 2)', '(2, -2)')]) {
      expect(codeOf(() => readNpy(saved(header, FOUR)))).toBe('corrupt');
    }
  });
});

describe('writeNpy', () => {
  const arrays: NpyArray[] = [
    { dtype: 'f4', shape: [2, 3], data: Float32Array.of(1, 2, 3, 4, 5, 6.5) },
    { dtype: 'f8', shape: [2], data: Float64Array.of(0.1, -1e300) },
    { dtype: 'i8', shape: [1], data: BigInt64Array.of(-5n) },
    { dtype: 'u1', shape: [], data: Uint8Array.of(255) },
    { dtype: 'i2', shape: [1, 1, 2], data: Int16Array.of(-1, 7) },
    { dtype: 'u4', shape: [0], data: new Uint32Array(0) },
    { dtype: 'bool', shape: [3], data: Uint8Array.of(0, 1, 1) },
  ];

  test.each(arrays)('$dtype $shape reads back to the same', (array) => {
    const bytes = writeNpy(array);
    expect(readNpy(bytes)).toEqual(array);
    expect(bytes.length % 64).toBe((array.data.byteLength + 64 * 64) % 64);
  });

  test('data begins at a multiple of 64 bytes, as NumPy has it', () => {
    expect(writeNpy(arrays[0] as NpyArray).length).toBe(128 + 24);
  });
});
