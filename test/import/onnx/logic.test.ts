/** Logic, comparisons, bits and casts where types matter. */
import { describe, expect, test } from 'vitest';
import { importNode, type OneNode, problemOf, runNode } from '../../support/onnx-operator.ts';
import { intTensor, onnxNode } from '../../support/onnx-writer.ts';

const TYPES = { float: 1, uint8: 2, int8: 3, int32: 6, int64: 7, bool: 9, half: 10, bfloat16: 16 };
const [INT4, UINT4, FLOAT8] = [22, 21, 17];

function cast(to: number, size: number, from?: number): OneNode {
  if (from === undefined)
    return { op: 'Cast', operands: ['x'], inputs: { x: [size] }, attributes: { to } };
  const before = [onnxNode('Cast', ['x'], ['xc'], { to: from })];
  return { op: 'Cast', operands: ['xc'], inputs: { x: [size] }, attributes: { to }, before };
}

describe('casts', () => {
  test.each<[string, OneNode, number[], number[]]>([
    ['floats to integers truncate', cast(TYPES.int32, 3), [-1.9, 1.9, 2], [-1, 1, 2]],
    [
      'integers to narrower ones wrap',
      cast(TYPES.int8, 3, TYPES.int32),
      [200, -129, 5],
      [-56, 127, 5],
    ],
    ['integers to unsigned ones wrap', cast(TYPES.uint8, 2, TYPES.int32), [-1, 300], [255, 44]],
    ['integers to 4 bits wrap', cast(INT4, 3, TYPES.int32), [7, 8, -9], [7, -8, 7]],
    ['integers to 4 unsigned bits wrap', cast(UINT4, 2, TYPES.int32), [16, 15], [0, 15]],
    ['all but 0 is true', cast(TYPES.bool, 4), [0, -0, 0.25, Number.NaN], [0, 0, 1, 1]],
    ['half precision rounds', cast(TYPES.half, 3), [2049, 70000, 1e-9], [2048, Infinity, 0]],
    ['bfloat16 rounds', cast(TYPES.bfloat16, 2), [257, -1.01], [256, -1.0078125]],
    ['half of a byte is exact', cast(TYPES.half, 2, TYPES.uint8), [255, 1], [255, 1]],
    ['half of an integer rounds', cast(TYPES.half, 2, TYPES.int32), [2049, 1], [2048, 1]],
  ])('%s', async (_name, one, x, expected) => {
    expect((await runNode(one, x))[0]?.data).toEqual(expected);
  });

  test('to the type that it has is nothing', async () => {
    const graph = await importNode({
      op: 'Abs',
      operands: ['c'],
      inputs: { x: [2] },
      before: [onnxNode('Cast', ['x'], ['c'], { to: TYPES.float })],
    });
    expect(graph.nodes.map(({ op }) => op)).toEqual(['unary']);
  });

  test('like an operand take its type, not its values', async () => {
    const tensors = [intTensor('like', [2], [5, 6])];
    const one: OneNode = { op: 'CastLike', operands: ['x', 'like'], inputs: { x: [1] }, tensors };
    expect((await runNode(one, [2.75]))[0]).toEqual({ shape: [1], data: [2] });
  });

  test('to 8-bit floats, texts and unknown types are problems', async () => {
    expect(await problemOf(cast(FLOAT8, 1))).toMatchObject({
      code: 'unsupported',
      found: 'Its attribute to is the type float8e4m3fn.',
    });
    expect((await problemOf(cast(8, 1))).found).toContain('string');
    expect(await problemOf(cast(99, 1))).toMatchObject({
      code: 'corrupt',
      found: 'Its attribute to is 99, which is no type.',
    });
  });
});

function pairOf(
  op: string,
  type: number,
  attributes: OneNode['attributes'] = {},
  opset = 18,
): OneNode {
  return {
    op,
    operands: ['ac', 'bc'],
    inputs: { a: [4], b: [4] },
    before: ['a', 'b'].map((name) => onnxNode('Cast', [name], [`${name}c`], { to: type })),
    attributes: attributes ?? {},
    opset,
  };
}

describe('bits', () => {
  test.each<[string, OneNode, number[], number[], number[]]>([
    [
      'left shifts leave the type',
      pairOf('BitShift', TYPES.uint8, { direction: 'LEFT' }),
      [255, 1, 1, 3],
      [1, 7, 8, 40],
      [254, 128, 0, 0],
    ],
    [
      'right shifts',
      pairOf('BitShift', TYPES.uint8, { direction: 'RIGHT' }),
      [255, 128, 1, 3],
      [1, 7, 8, 40],
      [127, 1, 0, 0],
    ],
    [
      'right shifts extend a sign',
      pairOf('BitShift', TYPES.int32, { direction: 'RIGHT' }, 28),
      [-8, -8, 8, -8],
      [1, 40, 40, -1],
      [-4, -1, 0, -1],
    ],
    ['xor', pairOf('BitwiseXor', TYPES.int8), [-1, 5, 0, 1], [1, 3, 0, 1], [-2, 6, 0, 0]],
    [
      'exclusive or of booleans',
      pairOf('Xor', TYPES.bool),
      [1, 1, 0, 0],
      [1, 0, 1, 0],
      [0, 1, 1, 0],
    ],
  ])('%s', async (_name, one, a, b, expected) => {
    expect((await runNode(one, a, b))[0]?.data).toEqual(expected);
  });

  test('of an unsigned byte are turned around within it', async () => {
    const before = [onnxNode('Cast', ['x'], ['c'], { to: TYPES.uint8 })];
    const one: OneNode = { op: 'BitwiseNot', operands: ['c'], inputs: { x: [2] }, before };
    expect((await runNode(one, [0, 200]))[0]?.data).toEqual([255, 55]);
  });

  test('of floats are a problem', async () => {
    const one: OneNode = { op: 'And', operands: ['a', 'a'], inputs: { a: [4] } };
    expect((await problemOf(one)).found).toBe('Its input 0 is of the type float.');
  });

  test('shift in a direction that is known', async () => {
    expect((await problemOf(pairOf('BitShift', TYPES.uint8))).found).toContain(
      'direction is missing',
    );
    const up = pairOf('BitShift', TYPES.uint8, { direction: 'UP' });
    expect((await problemOf(up)).found).toBe('Its direction is "UP".');
  });
});

describe('floats that are no numbers', () => {
  const one = (op: string, attributes: OneNode['attributes'] = {}): OneNode => ({
    op,
    operands: ['x'],
    inputs: { x: [4] },
    attributes: attributes ?? {},
  });
  const x = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 1];

  test.each<[OneNode, number[]]>([
    [one('IsNaN'), [1, 0, 0, 0]],
    [one('IsInf'), [0, 1, 1, 0]],
    [one('IsInf', { detect_negative: 0 }), [0, 1, 0, 0]],
    [one('IsInf', { detect_positive: 0, detect_negative: 0 }), [0, 0, 0, 0]],
  ])('%j', async (node, expected) => {
    expect((await runNode(node, x))[0]?.data).toEqual(expected);
  });
});

test('Where(x >= 0, 1, -1) is a choice', async () => {
  const before = [onnxNode('GreaterOrEqual', ['x', 'zero'], ['c'])];
  const tensors = [intTensor('one', [], [1]), intTensor('minus', [], [-1])];
  const one: OneNode = {
    op: 'Where',
    operands: ['c', 'one', 'minus'],
    inputs: { x: [3], zero: [] },
    before,
    tensors,
  };
  expect((await runNode(one, [-1, 0, 1], [0]))[0]?.data).toEqual([-1, 1, 1]);
});
