/** Arithmetic and activations: integers, edges, older forms, and what is refused. */
import { describe, expect, test } from 'vitest';
import { importNode, type OneNode, problemOf, runNode } from '../../support/onnx-operator.ts';
import { floatTensor, intTensor, onnxNode } from '../../support/onnx-writer.ts';

const INT8 = 3;
const UINT8 = 2;
const INT32 = 6;

/** A node over x, y, … which are cast to a type before. */
function typed(
  op: string,
  to: number,
  sizes: readonly number[],
  attributes: OneNode['attributes'] = {},
): OneNode {
  const names = sizes.map((_, i) => `x${i}`);
  return {
    op,
    operands: names.map((name) => `${name}c`),
    inputs: Object.fromEntries(sizes.map((size, i) => [`x${i}`, [size]])),
    before: names.map((name) => onnxNode('Cast', [name], [`${name}c`], { to })),
    attributes,
  };
}

describe('integers', () => {
  test.each<[string, number, number[][], number[]]>([
    [
      'Add',
      INT8,
      [
        [100, -100],
        [100, -100],
      ],
      [-56, 56],
    ],
    [
      'Sub',
      UINT8,
      [
        [1, 5],
        [2, 2],
      ],
      [255, 3],
    ],
    [
      'Mul',
      UINT8,
      [
        [16, 20],
        [16, 20],
      ],
      [0, 144],
    ],
    [
      'Div',
      INT32,
      [
        [7, -7],
        [2, 2],
      ],
      [3, -3],
    ],
    [
      'Max',
      INT8,
      [
        [7, -7],
        [2, 2],
      ],
      [7, 2],
    ],
    [
      'Pow',
      INT32,
      [
        [3, -2],
        [4, 3],
      ],
      [81, -8],
    ],
    ['Abs', INT8, [[-128, -3]], [-128, 3]],
    ['Neg', INT8, [[-128, 3]], [-128, -3]],
    ['Sign', INT32, [[-9, 0]], [-1, 0]],
    ['Relu', INT32, [[-9, 4]], [0, 4]],
  ])('%s of the type %i', async (op, type, data, expected) => {
    const [y] = await runNode(
      typed(
        op,
        type,
        data.map((values) => values.length),
      ),
      ...data,
    );
    expect(y?.data).toEqual(expected);
  });

  test('shrink in f32 where that is exact', async () => {
    const one = typed('Shrink', INT8, [3], { lambd: { float: 1.5 }, bias: { float: 1 } });
    expect((await runNode(one, [-3, 1, 100]))[0]?.data).toEqual([-2, 0, 99]);
    const wide = typed('Shrink', INT32, [3], { lambd: { float: 1.5 } });
    expect(await problemOf(wide)).toMatchObject({
      code: 'unsupported',
      found: "It computes with int32, whose numbers a 32-bit float can't hold all.",
    });
  });

  test('have no square roots', async () => {
    expect((await problemOf(typed('Sqrt', INT32, [2]))).found).toContain('int32');
  });
});

describe('remainders', () => {
  const one = (fmod: number): OneNode => ({
    op: 'Mod',
    operands: ['a', 'b'],
    inputs: { a: [6], b: [6] },
    attributes: { fmod },
    opset: 28,
  });
  const a = [5.5, -5.5, 5.5, -5.5, 0, 4];
  const b = [3, 3, -3, -3, -3, -2];

  test('of floats have the sign of the divisor', async () => {
    expect((await runNode(one(0), a, b))[0]?.data).toEqual([2.5, 0.5, -0.5, -2.5, 0, 0]);
  });

  test('of floats have the sign of the dividend with fmod', async () => {
    expect((await runNode(one(1), a, b))[0]?.data).toEqual([2.5, -2.5, 2.5, -2.5, 0, 0]);
  });

  test('of integers have the sign that fmod says', async () => {
    const of = (fmod: number) => typed('Mod', INT32, [2, 2], { fmod });
    expect((await runNode(of(0), [-7, 7], [3, -3]))[0]?.data).toEqual([2, -2]);
    expect((await runNode(of(1), [-7, 7], [3, -3]))[0]?.data).toEqual([-1, 1]);
  });
});

describe('Pow', () => {
  test('of integers by a whole float is exact', async () => {
    const one = typed('Pow', INT32, [2]);
    const operands = [...one.operands, 'e'];
    const [y] = await runNode(
      { ...one, operands, tensors: [floatTensor('e', [], [3])] },
      [1001, -3],
    );
    expect(y?.data).toEqual([1003003001, -27]);
  });

  test('by 2 is a square', async () => {
    const graph = await importNode({
      op: 'Pow',
      operands: ['x', 'e'],
      inputs: { x: [2] },
      tensors: [intTensor('e', [], [2])],
    });
    expect(graph.nodes.map(({ attrs }) => attrs)).toEqual([{ unary: { fn: 'square' } }]);
  });

  test('by an exponent of more axes broadcasts', async () => {
    const one: OneNode = {
      op: 'Pow',
      operands: ['x', 'e'],
      inputs: { x: [2] },
      tensors: [floatTensor('e', [1, 1], [2])],
    };
    expect((await runNode(one, [3, -4]))[0]).toEqual({ shape: [1, 2], data: [9, 16] });
  });
});

describe('sums and means', () => {
  test('take any number of operands, which broadcast', async () => {
    const one: OneNode = {
      op: 'Mean',
      operands: ['a', 'b', 'c'],
      inputs: { a: [2, 1], b: [2], c: [1] },
    };
    expect((await runNode(one, [3, 6], [0, 3], [6]))[0]).toEqual({
      shape: [2, 2],
      data: [3, 4, 4, 5],
    });
  });

  test('of one operand are that operand', async () => {
    const one: OneNode = { op: 'Sum', operands: ['x'], inputs: { x: [2] } };
    expect((await runNode(one, [1, 2]))[0]?.data).toEqual([1, 2]);
  });
});

test('Sign of 0 is 0', async () => {
  const one: OneNode = { op: 'Sign', operands: ['x'], inputs: { x: [3] } };
  expect((await runNode(one, [-0.5, 0, 2]))[0]?.data).toEqual([-1, 0, 1]);
});

describe('Clip', () => {
  const clip = (attributes: OneNode['attributes'], opset: number): OneNode => ({
    op: 'Clip',
    operands: ['x'],
    inputs: { x: [4] },
    attributes: attributes ?? {},
    opset,
  });
  const x = [-9, -0.5, 2, 9];

  test('has attributes before opset 11, and may lack either', async () => {
    const both = { min: { float: -1 }, max: { float: 1.5 } };
    expect((await runNode(clip(both, 10), x))[0]?.data).toEqual([-1, -0.5, 1.5, 1.5]);
    const upper = { max: { float: 1.5 } };
    expect((await runNode(clip(upper, 10), x))[0]?.data).toEqual([-9, -0.5, 1.5, 1.5]);
    expect((await runNode(clip({}, 10), x))[0]?.data).toEqual(x);
  });

  test('has bounds that may be computed', async () => {
    const one = { ...clip({}, 13), operands: ['x', '', 'max'], inputs: { x: [4], max: [] } };
    expect((await runNode(one, x, [1.5]))[0]?.data).toEqual([-9, -0.5, 1.5, 1.5]);
  });

  test('between 0 and 6 is relu6', async () => {
    const tensors = [floatTensor('lo', [], [0]), floatTensor('hi', [1], [6])];
    const graph = await importNode({ ...clip({}, 13), operands: ['x', 'lo', 'hi'], tensors });
    expect(graph.nodes.map(({ attrs }) => attrs)).toEqual([{ unary: { fn: 'relu6' } }]);
  });
});

describe('activations', () => {
  test.each<[string, OneNode['attributes'], number[]]>([
    ['Selu', { alpha: { float: 2 }, gamma: { float: 3 } }, [6 * Math.expm1(-1), 3]],
    ['Swish', { alpha: { float: 2 } }, [-1 / (1 + Math.exp(2)), 1 / (1 + Math.exp(-2))]],
    ['ThresholdedRelu', {}, [0, 0]],
    ['HardSigmoid', {}, [0.3, 0.7]],
    ['LeakyRelu', {}, [-0.01, 1]],
  ])('%s', async (op, attributes, expected) => {
    const one: OneNode = { op, operands: ['x'], inputs: { x: [2] }, attributes: attributes ?? {} };
    const [y] = await runNode(one, [-1, 1]);
    for (const [i, value] of expected.entries()) expect(y?.data[i]).toBeCloseTo(value, 6);
  });

  test.each<[string, OneNode]>([
    [
      'Its alpha is NaN.',
      {
        op: 'Elu',
        operands: ['x'],
        inputs: { x: [2] },
        attributes: { alpha: { float: Number.NaN } },
      },
    ],
    [
      'Its alpha is 0.',
      { op: 'Celu', operands: ['x'], inputs: { x: [2] }, attributes: { alpha: { float: 0 } } },
    ],
    [
      'Its lambd is negative: -1.',
      { op: 'Shrink', operands: ['x'], inputs: { x: [2] }, attributes: { lambd: { float: -1 } } },
    ],
    [
      'Its approximate is "quick".',
      { op: 'Gelu', operands: ['x'], inputs: { x: [2] }, attributes: { approximate: 'quick' } },
    ],
    [
      'Its slope has the shape [3, 2] for an input of [2].',
      { op: 'PRelu', operands: ['x', 'a'], inputs: { x: [2], a: [3, 2] } },
    ],
    [
      'Its operands are of the types float and int64.',
      { op: 'Add', operands: ['x', 'b'], inputs: { x: [2] }, tensors: [intTensor('b', [], [1])] },
    ],
    ['It has no operands.', { op: 'Sum', operands: [], inputs: { x: [2] } }],
  ])('%s', async (found, one) => {
    expect((await problemOf(one)).found).toBe(found);
  });
});
