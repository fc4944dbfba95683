/** Reductions: which axes are meant, integers, infinities, and places of extremes. */
import { describe, expect, test } from 'vitest';
import { importNode, type OneNode, problemOf, runNode } from '../../support/onnx-operator.ts';
import { intTensor, onnxNode } from '../../support/onnx-writer.ts';

const SIX = [1, 2, 3, 4, 5, 6];

function over(
  op: string,
  attributes: OneNode['attributes'] = {},
  axes?: readonly number[],
  opset = 18,
): OneNode {
  return {
    op,
    operands: axes ? ['x', 'axes'] : ['x'],
    inputs: { x: [2, 3] },
    tensors: axes ? [intTensor('axes', [axes.length], axes)] : [],
    attributes: attributes ?? {},
    opset,
  };
}

describe('axes', () => {
  test.each<[string, OneNode, number[], number[]]>([
    ['all by default', over('ReduceSum'), [1, 1], [21]],
    ['all when there are none', over('ReduceSum', { keepdims: 0 }, []), [], [21]],
    ['none when the node says so', over('ReduceSum', { noop_with_empty_axes: 1 }, []), [2, 3], SIX],
    [
      'squares of none',
      over('ReduceSumSquare', { noop_with_empty_axes: 1 }),
      [2, 3],
      [1, 4, 9, 16, 25, 36],
    ],
    ['from the end', over('ReduceMax', {}, [-1]), [2, 1], [3, 6]],
    [
      'of an attribute',
      over('ReduceMin', { axes: [0], keepdims: 0 }, undefined, 11),
      [3],
      [1, 2, 3],
    ],
  ])('%s', async (_name, one, shape, data) => {
    expect((await runNode(one, SIX))[0]).toEqual({ shape, data });
  });

  test('that are wrong or computed are problems', async () => {
    expect((await problemOf(over('ReduceSum', {}, [2]))).found).toBe(
      'It names axis 2 of a tensor of rank 2.',
    );
    expect((await problemOf(over('ReduceSum', {}, [0, -2]))).found).toBe('Its axes 0, -2 repeat.');
    const computed: OneNode = {
      ...over('ReduceSum'),
      operands: ['x', 'i'],
      before: [onnxNode('Cast', ['x'], ['i'], { to: 7 })],
    };
    expect((await problemOf(computed)).found).toContain('It needs a constant as its axes');
  });
});

describe('integers', () => {
  const bytes = (op: string): OneNode => ({
    ...over(op, { keepdims: 0 }),
    operands: ['c'],
    before: [onnxNode('Cast', ['x'], ['c'], { to: 3 })],
  });

  test.each<[string, number]>([
    ['ReduceSum', 44],
    ['ReduceMean', -35],
    ['ReduceMax', 100],
    ['ReduceMin', -128],
    ['ReduceL1', 44],
  ])('%s', async (op, expected) => {
    const x =
      op === 'ReduceMean' || op === 'ReduceMin'
        ? [-128, -90, 1, 0, 2, 1]
        : [100, 100, 100, 0, 0, 0];
    expect((await runNode(bytes(op), x))[0]?.data).toEqual([expected]);
  });

  test('have no logarithms', async () => {
    expect((await problemOf(bytes('ReduceLogSum'))).found).toContain('int8');
    expect((await problemOf(bytes('ReduceLogSumExp'))).found).toContain('int8');
  });
});

describe('log of a sum of powers', () => {
  const one: OneNode = { ...over('ReduceLogSumExp', { keepdims: 0 }), inputs: { x: [2] } };

  test.each<[number[], number]>([
    [[1000, 1000], 1000 + Math.LN2],
    [[-1000, -1000], -1000 + Math.LN2],
    [[-Infinity, -Infinity], -Infinity],
    [[-Infinity, 3], 3],
    [[Infinity, 3], Infinity],
  ])('%j', async (x, expected) => {
    expect((await runNode(one, x))[0]?.data).toEqual([Math.fround(expected)]);
  });
});

describe('extremes', () => {
  const row = (op: string, attributes: OneNode['attributes'], opset = 13): OneNode => ({
    ...over(op, attributes, undefined, opset),
    inputs: { x: [1, 4] },
  });
  const x = [3, 7, 7, 3];

  test.each<[OneNode, number[]]>([
    [row('ArgMax', { axis: 1 }), [1]],
    [row('ArgMax', { axis: -1, select_last_index: 1 }), [2]],
    [row('ArgMin', { axis: 1 }), [0]],
    [row('ArgMin', { axis: 1, select_last_index: 1 }), [3]],
    [row('Hardmax', {}), [0, 1, 0, 0]],
  ])('%#', async (one, expected) => {
    expect((await runNode(one, x))[0]?.data).toEqual(expected);
  });

  test('are places of the type int32 in C', async () => {
    const graph = await importNode(row('ArgMax', { axis: 1, keepdims: 0 }));
    expect(graph.values.get(graph.outputs[0] ?? -1)?.type).toEqual({ dtype: 'i32', shape: [1] });
  });

  test('of all axes behind one, in old models', async () => {
    const old: OneNode = { ...row('Hardmax', {}, 11), inputs: { x: [1, 2, 2] } };
    expect((await runNode(old, x))[0]).toEqual({ shape: [1, 2, 2], data: [0, 1, 0, 0] });
    const current: OneNode = { ...old, opset: 13 };
    expect((await runNode(current, x))[0]?.data).toEqual([0, 1, 1, 0]);
  });
});
