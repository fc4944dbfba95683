import { describe, expect, test } from 'vitest';
import { binaryWeights, channelMagnitudes } from '../../src/passes/binary-weights.ts';
import { expectSame, Source, text } from './support.ts';

describe('binary-weights', () => {
  test('packs weights that are ±s per channel, the scale and bias becoming a norm', () => {
    const source = new Source();
    const weights = [1, -0.25, -1, -0.25, -1, 0.25, 1, 0.25];
    const x = source.input(1, 2, 2, 1);
    const graph = source.finish(source.conv(x, [2, 2, 1, 2], weights, { bias: [0.5, -1] }));
    const lowered = binaryWeights.run(graph);
    expect(text(lowered)).toMatchInlineSnapshot(`
      "
      %0 = input "x" -> f32[1,2,2,1]
      %1 = conv2d(%0, w: bit[2,2,1,2]{+----+++}, mean: f32[2]{all 0}, scale: f32[2]{1, 0.25}, offset: f32[2]{0.5, -1}) epilogue=norm -> f32[1,1,1,2]  # conv
      return %1
      "
    `);
    expectSame(graph, lowered, 'exact');
  });

  test('packs depthwise and dense layers', () => {
    const source = new Source();
    const x = source.input(1, 2, 1, 2);
    const depthwise = source.depthwise(x, [2, 1, 2, 2], [3, 0.5, 1, 1, -3, -0.5, -1, -1]);
    const graph = source.finish(source.dense(depthwise, [4, 1], [-2, 2, 2, -2]));
    const lowered = binaryWeights.run(graph);
    expect(text(lowered)).toMatchInlineSnapshot(`
      "
      %0 = input "x" -> f32[1,2,1,2]
      %1 = depthwiseConv2d(%0, w: bit[2,1,2,2]{++++----}, mean: f32[4]{all 0}, scale: f32[4]{3, 0.5, 1, 1}, offset: f32[4]{all 0}) epilogue=norm -> f32[1,1,1,4]  # depthwise
      %2 = dense(%1, w: bit[4,1]{-++-}, mean: f32[1]{0}, scale: f32[1]{2}, offset: f32[1]{0}) epilogue=norm -> f32[1,1,1,1]  # dense
      return %2
      "
    `);
    expectSame(graph, lowered, 'exact');
  });

  test('layers that share weights go on sharing them', () => {
    const source = new Source();
    const [x, w, bias] = [
      source.input(1, 2),
      source.constant([2, 2], [1, 1, -1, 1]),
      source.constant([2], [0, 0]),
    ];
    const epilogue = { kind: 'linear', activation: { fn: 'identity' } } as const;
    const once = source.add('dense', { epilogue }, [x, w, bias]);
    const graph = source.finish(source.add('dense', { epilogue }, [once, w, bias]));
    const [first, second] = binaryWeights.run(graph).nodes;
    expect(first?.inputs[1]).toBe(second?.inputs[1]);
    expect(first?.inputs[1]).not.toBe(w);
  });

  test.each<[string, number[]]>([
    ['one weight that differs', [1, 1, 1, -1, 1.0000001, 1]],
    ['a channel of zeros', [1, 0, 1, 0, -1, 0]],
    ['ternary weights', [1, 1, 0, -1, -1, 1]],
    ['infinite weights', [1, Number.POSITIVE_INFINITY, 1, Number.POSITIVE_INFINITY, 1, 1]],
    ['NaN', [1, Number.NaN, 1, Number.NaN, 1, Number.NaN]],
  ])('%s: the layer stays float', (_, weights) => {
    const source = new Source();
    const graph = source.finish(source.dense(source.input(1, 3), [3, 2], weights));
    expect(binaryWeights.run(graph)).toEqual(graph);
  });

  test('a single product per output stays float', () => {
    const source = new Source();
    const x = source.input(1, 2, 2, 3);
    const graph = source.finish(source.depthwise(x, [1, 1, 3, 1], [1, -2, 3]));
    expect(binaryWeights.run(graph)).toEqual(graph);
  });

  test('magnitudes are compared exactly', () => {
    expect(channelMagnitudes(Float32Array.of(0.1, -2, -0.1, 2), 2)).toEqual(
      Float32Array.of(0.1, 2),
    );
    expect(channelMagnitudes(Float32Array.of(0.1, 2, -0.10000001, 2), 2)).toBeUndefined();
  });
});
