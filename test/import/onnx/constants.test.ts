/** Constants, shapes, and operators that are gone when the network runs. */
import { describe, expect, test } from 'vitest';
import { importNode, type OneNode, problemOf, runNode } from '../../support/onnx-operator.ts';
import { floatTensor, intTensor, onnxNode } from '../../support/onnx-writer.ts';

describe('Dropout', () => {
  const dropout = (training: number, ratio?: number): OneNode => ({
    op: 'Dropout',
    operands: ['x', ratio === undefined ? '' : 'ratio', 'training'],
    inputs: { x: [2] },
    tensors: [
      intTensor('training', [], [training]),
      ...(ratio === undefined ? [] : [floatTensor('ratio', [], [ratio])]),
    ],
    outputs: ['y', 'mask'],
  });

  test('lets everything through and says so in its mask', async () => {
    const [y, mask] = await runNode(dropout(0, 0.9), [3, -4]);
    expect([y?.data, mask?.data]).toEqual([
      [3, -4],
      [1, 1],
    ]);
  });

  test('that drops nothing may train', async () => {
    expect((await runNode(dropout(1, 0), [3, -4]))[0]?.data).toEqual([3, -4]);
  });

  test('that drops something is refused', async () => {
    expect(await problemOf(dropout(1))).toMatchObject({
      code: 'unsupported',
      found: 'It drops elements at random: its training_mode is on.',
    });
  });
});

describe('shapes', () => {
  const shapeOf = (attributes: OneNode['attributes']): OneNode => ({
    op: 'Shape',
    operands: ['x'],
    inputs: { x: [2, 3, 4] },
    attributes: attributes ?? {},
  });

  test.each<[OneNode['attributes'], number[]]>([
    [{}, [2, 3, 4]],
    [{ start: 1 }, [3, 4]],
    [{ start: -1, end: 99 }, [4]],
    [{ start: -99, end: -1 }, [2, 3]],
  ])('%j', async (attributes, expected) => {
    const zeros = new Array<number>(24).fill(0);
    expect((await runNode(shapeOf(attributes), zeros))[0]?.data).toEqual(expected);
  });

  test('that a model computes are numbers to those who need them', async () => {
    const before = [
      onnxNode('Shape', ['x'], ['s']),
      onnxNode('Gather', ['s', 'first'], ['n']),
      onnxNode('Unsqueeze', ['n', 'zero'], ['u']),
      onnxNode('Concat', ['u', 'rest'], ['shape'], { axis: 0 }),
    ];
    const tensors = [
      intTensor('first', [], [0]),
      intTensor('zero', [1], [0]),
      intTensor('rest', [1], [-1]),
    ];
    const one: OneNode = {
      op: 'Reshape',
      operands: ['x', 'shape'],
      inputs: { x: [2, 3, 4] },
      before,
      tensors,
    };
    const graph = await importNode(one);
    expect(graph.nodes.map(({ op, attrs }) => [op, attrs])).toEqual([
      ['reshape', { shape: [2, 12] }],
    ]);
  });

  test('that depend on an input are refused', async () => {
    const before = [onnxNode('Cast', ['s'], ['shape'], { to: 7 })];
    const one: OneNode = {
      op: 'Reshape',
      operands: ['x', 'shape'],
      inputs: { x: [4], s: [1] },
      before,
    };
    const { code, found, fix } = await problemOf(one);
    expect(code).toBe('unsupported');
    expect(found).toBe(
      'It needs a constant as its shape, but "shape" depends on an input of the model.',
    );
    expect(fix).toContain('onnxsim');
  });
});

describe('OneHot', () => {
  const oneHot = (depth: number, axis = -1): OneNode => ({
    op: 'OneHot',
    operands: ['x', 'depth', 'values'],
    inputs: { x: [3] },
    tensors: [intTensor('depth', [1], [depth]), floatTensor('values', [2], [-1, 5])],
    attributes: { axis },
  });

  test('counts negative indices from the end and ignores those outside', async () => {
    const [y] = await runNode(oneHot(3), [-1, 0, 7]);
    expect(y).toEqual({ shape: [3, 3], data: [-1, -1, 5, 5, -1, -1, -1, -1, -1] });
  });

  test('has its new axis where it says', async () => {
    const [y] = await runNode(oneHot(2, 0), [1, 0, 0]);
    expect(y).toEqual({ shape: [2, 3], data: [-1, 5, 5, 5, -1, -1] });
  });

  test('has a depth', async () => {
    expect((await problemOf(oneHot(0))).found).toBe('Its depth is 0.');
    expect((await problemOf(oneHot(2 ** 30))).code).toBe('too-large');
  });
});

describe('constants', () => {
  const range = (start: number, limit: number, delta: number): OneNode => ({
    op: 'Range',
    operands: ['a', 'b', 'c'],
    inputs: { x: [1] },
    tensors: [
      intTensor('a', [], [start]),
      intTensor('b', [], [limit]),
      intTensor('c', [], [delta]),
    ],
  });

  test('run from a start to a limit', async () => {
    expect((await runNode(range(5, -2, -3), [0]))[0]?.data).toEqual([5, 2, -1]);
  });

  test('that would never end or are too long are problems', async () => {
    expect(await problemOf(range(0, 5, 0))).toMatchObject({
      code: 'corrupt',
      found: 'It goes from 0 to 5 by 0.',
    });
    expect((await problemOf(range(0, 2 ** 31 - 1, 1))).code).toBe('too-large');
  });

  test('of a huge shape are refused', async () => {
    const one: OneNode = {
      op: 'ConstantOfShape',
      operands: ['s'],
      inputs: { x: [1] },
      tensors: [intTensor('s', [2], [2 ** 20, 2 ** 20])],
    };
    expect((await problemOf(one)).code).toBe('too-large');
  });

  test('without a value, or with a text, are problems', async () => {
    const constant = (attributes: OneNode['attributes']): OneNode => ({
      op: 'Constant',
      operands: [],
      inputs: { x: [1] },
      attributes: attributes ?? {},
    });
    expect((await problemOf(constant({}))).code).toBe('corrupt');
    expect((await problemOf(constant({ value_string: 'a' }))).found).toBe(
      'Its value is given as value_string, not as numbers.',
    );
    expect((await runNode(constant({ value_ints: [4, -5] }), [0]))[0]).toEqual({
      shape: [2],
      data: [4, -5],
    });
  });

  test('of ones stand on a diagonal', async () => {
    const one: OneNode = {
      op: 'EyeLike',
      operands: ['x'],
      inputs: { x: [2, 3] },
      attributes: { k: -1 },
    };
    expect((await runNode(one, [0, 0, 0, 0, 0, 0]))[0]?.data).toEqual([0, 0, 0, 1, 0, 0]);
  });
});

test('Trilu leaves infinities outside the triangle behind', async () => {
  const one: OneNode = {
    op: 'Trilu',
    operands: ['x'],
    inputs: { x: [2, 2] },
    attributes: { upper: 0 },
  };
  expect((await runNode(one, [1, Infinity, 2, 3]))[0]?.data).toEqual([1, 0, 2, 3]);
});
