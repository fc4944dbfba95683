import { describe, expect, test } from 'vitest';
import { IDENTITY, LINEAR } from '../../src/ir/ops.ts';
import { foldAffineAfter, joinForIntegers } from '../../src/passes/fold-affine-after.ts';
import { foldAffineBefore } from '../../src/passes/fold-affine-before.ts';
import { expectSame, runUntil, Source, text } from './support.ts';

describe('fold-affine-before', () => {
  test('scale into the weights, shift into the bias', () => {
    const source = new Source();
    const x = source.norm(source.input(1, 1, 2, 2), [1, 2], [0.5, 4], [0, 1]);
    const graph = source.finish(source.conv(x, [1, 2, 2, 1], [1, 2, 3, 4], { bias: [10] }));
    const lowered = foldAffineBefore.run(graph);
    expect(text(lowered)).toMatchInlineSnapshot(`
      "
      %0 = input "x" -> f32[1,1,2,2]
      %1 = conv2d(%0, w: f32[1,2,2,1]{0.5, 8, 1.5, 16}, bias: f32[1]{-34}) -> f32[1,1,1,1]  # conv
      return %1
      "
    `);
    expectSame(graph, lowered, 1e-6);
  });

  test('groups and depthwise layers take the channels that they read', () => {
    const source = new Source();
    const x = source.input(1, 3, 3, 4);
    const [mean, scale, offset] = [
      [1, 2, 3, 4],
      [2, 3, 5, 7],
      [0, 1, 0, 1],
    ] as const;
    const grouped = source.conv(
      source.norm(x, mean, scale, offset),
      [2, 2, 2, 4],
      source.quarters([2, 2, 2, 4]),
      { groups: 2 },
    );
    const depthwise = source.depthwise(
      source.norm(x, mean, scale, offset),
      [2, 2, 4, 2],
      source.quarters([2, 2, 4, 2]),
    );
    const graph = source.finish(grouped, depthwise);
    const lowered = foldAffineBefore.run(graph);
    expect(lowered.nodes.map((node) => node.op)).toEqual(['conv2d', 'depthwiseConv2d']);
    expectSame(graph, lowered, 1e-6);
  });

  test('passes the flattening of whole pixels, and any reshape when all channels are alike', () => {
    const source = new Source();
    const pixels = source.reshape(
      source.norm(source.input(1, 2, 3), [1, 2, 3], [4, 5, 6], [0, 0, 1]),
      1,
      6,
    );
    const rescaled = source.norm(
      source.input(1, 4),
      [0, 0, 0, 0],
      [0.5, 0.5, 0.5, 0.5],
      [-1, -1, -1, -1],
    );
    const image = source.conv(source.reshape(rescaled, 1, 2, 2, 1), [2, 2, 1, 1], [1, 2, 3, 4]);
    const graph = source.finish(source.dense(pixels, [6, 2], source.quarters([6, 2])), image);
    const lowered = foldAffineBefore.run(graph);
    const ops = lowered.nodes.map((node) => node.op);
    expect(ops.toSorted()).toEqual(['conv2d', 'dense', 'reshape', 'reshape']);
    expectSame(graph, lowered, 1e-6);
  });

  test('a shift stays in front of zero padding; a scale does not', () => {
    const source = new Source();
    const x = source.input(1, 3, 3, 1);
    const pads = [1, 1, 1, 1] as const;
    const shifted = source.conv(source.norm(x, [0], [2], [1]), [3, 3, 1, 1], source.quarters([9]), {
      pads,
    });
    const scaled = source.conv(source.norm(x, [0], [2], [0]), [3, 3, 1, 1], source.quarters([9]), {
      pads,
    });
    const graph = source.finish(shifted, scaled);
    const lowered = foldAffineBefore.run(graph);
    expect(lowered.nodes.map((node) => node.op)).toEqual(['batchNorm', 'conv2d', 'conv2d']);
    expectSame(graph, lowered, 1e-6);
  });

  test('binary weights stay binary', () => {
    const source = new Source();
    const x = source.norm(source.input(1, 3), [1, 2, 3], [0.3, 0.4, 0.5], [0, 0, 0]);
    const lowered = runUntil(
      'fold-affine-before',
      source.finish(source.dense(x, [3, 1], [1, -1, 1])),
    );
    expect(lowered.nodes.map((node) => node.op)).toEqual(['batchNorm', 'dense']);
  });
});

describe('fold-affine-after', () => {
  test('a batch norm becomes the gamma and beta of a group norm', () => {
    const source = new Source();
    const constants = [source.constant([4], [1, 2, -1, 0.5]), source.constant([4], [0, 1, 2, 3])];
    const attrs = { groups: 2, epsilon: 0.25 };
    const x = source.add('groupNorm', attrs, [source.input(1, 3, 2, 4), ...constants]);
    const graph = source.finish(source.norm(x, [0, 1, 0, 2], [1, -1, 2, 4], [0, 0, 5, 1]));
    const lowered = foldAffineAfter.run(graph);
    expect(text(lowered)).toMatchInlineSnapshot(`
      "
      %0 = input "x" -> f32[1,3,2,4]
      %1 = groupNorm(%0, gamma: f32[4]{1, -2, -2, 2}, beta: f32[4]{0, 0, 9, 5}) groups=2 epsilon=0.25 -> f32[1,3,2,4]  # groupNorm
      return %1
      "
    `);
    expectSame(graph, lowered, 1e-6);
  });

  test('into the weights and bias of every float layer', () => {
    const source = new Source();
    const x = source.input(1, 2, 2, 2);
    const conv = source.norm(
      source.conv(x, [1, 1, 2, 2], [1, 2, 3, 4], { bias: [1, 1] }),
      [0, 1],
      [2, -1],
      [0, 5],
    );
    const depthwise = source.norm(
      source.depthwise(conv, [1, 1, 2, 1], [1, 2]),
      [0, 1],
      [2, -1],
      [0, 5],
    );
    const dense = source.norm(source.dense(depthwise, [2, 1], [1, 2]), [1], [2], [0.5]);
    const transposed = {
      strides: [1, 1],
      dilations: [1, 1],
      pads: [0, 0, 0, 0],
      outputSize: [2, 2],
    } as const;
    const up = source.add('conv2dTranspose', { ...transposed, activation: IDENTITY }, [
      dense,
      source.constant([1, 1, 2, 1], [1, 2]),
      source.constant([2], [0, 1]),
    ]);
    const graph = source.finish(source.norm(up, [0, 1], [2, -1], [0, 5]));
    const lowered = foldAffineAfter.run(graph);
    expect(text(lowered)).toMatchInlineSnapshot(`
      "
      %0 = input "x" -> f32[1,2,2,2]
      %1 = conv2d(%0, w: f32[1,1,2,2]{2, -2, 6, -4}, bias: f32[2]{2, 5}) -> f32[1,2,2,2]  # conv
      %2 = depthwiseConv2d(%1, w: f32[1,1,2,1]{2, -2}, bias: f32[2]{0, 6}) -> f32[1,2,2,2]  # depthwise
      %3 = dense(%2, w: f32[2,1]{2, 4}, bias: f32[1]{-1.5}) -> f32[1,2,2,1]  # dense
      %4 = conv2dTranspose(%3, w: f32[1,1,2,1]{2, -2}, bias: f32[2]{0, 5}) outputSize=[2,2] -> f32[1,2,2,2]  # conv2dTranspose
      return %4
      "
    `);
    expectSame(graph, lowered, 1e-6);
  });

  test('batch norms and divisions on a float path become one', () => {
    const source = new Source();
    let x = source.unary(source.input(1, 2), 'tanh');
    x = source.norm(x, [1, 2], [3, 4], [5, 6]);
    x = source.binary('div', x, source.constant([2], [3, 7]));
    const graph = source.finish(source.norm(x, [0.5, 0.5], [0.1, 0.2], [0.3, 0.4]));
    const lowered = foldAffineAfter.run(graph);
    expect(lowered.nodes.map((node) => node.op)).toEqual(['unary', 'batchNorm']);
    expectSame(graph, lowered, 1e-6);
  });

  test('but not between exact values and a sign', () => {
    const source = new Source();
    let x = source.norm(source.input(1, 2), [1, 2], [3, 4], [5, 6]);
    x = source.binary('div', x, source.constant([2], [3, 7]));
    x = source.norm(x, [0.5, 0.5], [0.1, 0.2], [0.3, 0.4]);
    const graph = source.finish(source.unary(source.binary('add', x, x), 'sign'));
    expect(foldAffineAfter.run(graph)).toEqual(graph);
  });

  test('into a norm epilogue when it is the same for every sum, else not', () => {
    const build = (weight: number) => {
      const source = new Source();
      const signs = source.unary(source.input(1, 5), 'sign');
      const dense = source.dense(signs, [5, 2], source.signs([5, 2], weight));
      const graph = source.finish(source.norm(dense, [0.1, 0.2], [0.3, -0.4], [0.5, 0.6]));
      const lowered = runUntil('fold-affine-after', graph);
      expectSame(graph, lowered, 'exact');
      return lowered;
    };
    expect(text(build(1))).toMatchInlineSnapshot(`
      "
      %0 = input "x" -> f32[1,5]
      %1 = binarize(%0, threshold: f32[5]{all 0}, direction: f32[5]{all 1}) -> bit[1,5]  # sign
      %2 = dense(%1, w: bit[5,2], mean: f32[2]{0.1, 0.2}, scale: f32[2]{0.3, -0.4}, offset: f32[2]{0.5, 0.6}) epilogue=norm -> f32[1,2]  # dense
      return %2
      "
    `);
    expect(build(0.37).nodes.map((node) => node.op)).toEqual(['binarize', 'dense', 'batchNorm']);
  });

  test('finds a merged epilogue by trying all integers', () => {
    const affine = (mean: number, scale: number, offset: number) => ({
      mean: Float32Array.of(mean),
      scale: Float32Array.of(scale),
      offset: Float32Array.of(offset),
    });
    // (n/2 + 1 - 3)·4 + 5 is n·2 - 3 exactly.
    expect(joinForIntegers(affine(0, 0.5, 1), affine(3, 4, 5), 100)).toEqual(affine(0, 2, -3));
    expect(joinForIntegers(affine(0, 0.1, 0.7), affine(0.3, 0.9, 0.11), 100)).toBeUndefined();
  });

  test('a float sum of ±1 weights takes the batch norm in', () => {
    const source = new Source();
    const dense = source.dense(source.input(1, 4), [4, 1], [0.3, -0.3, 0.3, 0.3], { bias: [0.1] });
    const graph = source.finish(source.norm(dense, [0.1], [0.7], [0.5]));
    const lowered = runUntil('fold-affine-after', graph);
    expect(lowered.nodes.map((node) => node.op)).toEqual(['dense']);
    expectSame(graph, lowered, 1e-6);
  });

  test('weights that another layer shares stay', () => {
    const source = new Source();
    const [x, w, bias] = [
      source.input(1, 2),
      source.constant([2, 2], [1, 2, 3, 4]),
      source.constant([2], [0, 0]),
    ];
    const first = source.norm(
      source.add('dense', { epilogue: LINEAR }, [x, w, bias]),
      [1, 2],
      [3, 4],
      [5, 6],
    );
    const graph = source.finish(source.add('dense', { epilogue: LINEAR }, [first, w, bias]));
    expect(foldAffineAfter.run(graph)).toEqual(graph);
  });
});
