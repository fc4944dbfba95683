/** Resize: which places are read, in the older opsets too, and sizes that can't be. */
import { describe, expect, test } from 'vitest';
import { importNode, type OneNode, problemOf, runNode } from '../../support/onnx-operator.ts';
import { floatTensor, intTensor, onnxNode } from '../../support/onnx-writer.ts';

function byScales(scale: number, attributes: OneNode['attributes'] = {}): OneNode {
  return {
    op: 'Resize',
    operands: ['x', '', 'scales'],
    inputs: { x: [1, 4] },
    tensors: [floatTensor('scales', [2], [1, scale])],
    attributes,
  };
}

function bySizes(sizes: readonly number[], attributes: OneNode['attributes'] = {}): OneNode {
  return {
    op: 'Resize',
    operands: ['x', '', '', 'sizes'],
    inputs: { x: [4, 2] },
    tensors: [intTensor('sizes', [sizes.length], sizes)],
    attributes,
    opset: 19,
  };
}

const VALUES = [1, 2, 3, 4];

describe('nearest', () => {
  test.each([
    ['round_prefer_floor', [1, 3]],
    ['round_prefer_ceil', [2, 4]],
    ['floor', [1, 3]],
    ['ceil', [2, 4]],
  ])('%s', async (nearest_mode, expected) => {
    const [y] = await runNode(byScales(0.5, { nearest_mode }), VALUES);
    expect(y?.data).toEqual(expected);
  });

  test('has half pixels of its own in the versions 11 and 12', async () => {
    const attributes = {
      coordinate_transformation_mode: 'tf_half_pixel_for_nn',
      nearest_mode: 'floor',
    };
    const [y] = await runNode({ ...byScales(1.5, attributes), opset: 11 }, VALUES);
    expect(y?.data).toEqual([1, 2, 2, 3, 4, 4]);
  });

  test('was down when growing and up when shrinking, before it could be chosen', async () => {
    const old = (scale: number): OneNode => {
      return { ...byScales(scale), operands: ['x', 'scales'], opset: 10 };
    };
    expect((await runNode(old(0.6), VALUES))[0]?.data).toEqual([1, 3]);
    expect((await runNode(old(1.5), VALUES))[0]?.data).toEqual([1, 1, 2, 3, 3, 4]);
  });

  test('takes the place that f32 gives', async () => {
    // 3 / 0.6f is 4.9999998 in f64, but 5 in f32.
    const one = { ...byScales(0.6, { coordinate_transformation_mode: 'asymmetric' }) };
    const attributes = { ...one.attributes, nearest_mode: 'floor' };
    const [y] = await runNode({ ...one, inputs: { x: [1, 7] }, attributes }, [0, 1, 2, 3, 4, 5, 6]);
    expect(y?.data).toEqual([0, 1, 3, 5]);
  });

  test('moves integers of any size as they are', async () => {
    const before = [onnxNode('Cast', ['x'], ['i'], { to: 6 })];
    const graph = await importNode({ ...byScales(2), operands: ['i', '', 'scales'], before });
    expect(graph.nodes.map(({ op }) => op)).toEqual(['cast', 'gather']);
  });
});

describe('sizes', () => {
  test('that stay leave the copy that an output is', async () => {
    const graph = await importNode(bySizes([4, 2]));
    expect(graph.nodes.map(({ op }) => op)).toEqual(['cast']);
  });

  test.each([
    ['stretch', [6, 4]],
    ['not_larger', [6, 3]],
    ['not_smaller', [8, 4]],
  ])('%s', async (keep_aspect_ratio_policy, shape) => {
    const graph = await importNode(bySizes([6, 4], { keep_aspect_ratio_policy }));
    expect(graph.values.get(graph.outputs[0] ?? -1)?.type.shape).toEqual(shape);
  });

  test.each<[string, OneNode]>([
    ['neither scales nor sizes', { ...byScales(1), operands: ['x'] }],
    ['2 scales for 1 axes', { ...byScales(1, { axes: [1] }), opset: 18 }],
    ['3 sizes for 2 axes', bySizes([4, 2, 1])],
    ['to 0 places', bySizes([0, 2])],
    ['by -1', byScales(-1)],
    ['by Infinity', byScales(Number.POSITIVE_INFINITY)],
    ['by NaN', byScales(Number.NaN)],
    ['axes 1, -1 repeat', bySizes([1, 1], { axes: [1, -1] })],
    ['region has 2 numbers', { ...region(0, 1) }],
    ['not finite', { ...region(0, 0, 1, Number.NaN) }],
    ['antialiased, but its mode is nearest', { ...byScales(2, { antialias: 1 }), opset: 18 }],
  ])('corrupt: %s', async (text, one) => {
    const problem = await problemOf(one);
    expect(problem.code).toBe('corrupt');
    expect(problem.found).toContain(text);
  });

  test('beyond what is computed while importing are too large', async () => {
    const problem = await problemOf(bySizes([2 ** 28, 2], { mode: 'linear' }));
    expect(problem.code).toBe('too-large');
  });
});

function region(...numbers: readonly number[]): OneNode {
  const one = byScales(1, { coordinate_transformation_mode: 'tf_crop_and_resize' });
  const roi = floatTensor('roi', [numbers.length], numbers);
  return { ...one, operands: ['x', 'roi', 'scales'], tensors: [...(one.tensors ?? []), roi] };
}
