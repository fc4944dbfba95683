import { describe, expect, test } from 'vitest';
import { foldPads } from '../../src/passes/fold-pads.ts';
import { hoist } from '../../src/passes/hoist.ts';
import { expectSame, Source, text } from './support.ts';

describe('hoist', () => {
  test('functions and batch norms move above reshapes, up to the layer', () => {
    const source = new Source();
    const conv = source.conv(source.input(1, 1, 4, 1), [1, 1, 1, 2], [1, -2]);
    let x = source.reshape(conv, 1, 4, 2);
    x = source.norm(x, [0, 1], [2, -2], [0, 0]);
    x = source.unary(x, 'sign');
    x = source.unary(source.reshape(x, 1, 8), 'relu');
    const graph = source.finish(x);
    const lowered = hoist.run(graph);
    expect(text(lowered)).toMatchInlineSnapshot(`
      "
      %0 = input "x" -> f32[1,1,4,1]
      %1 = conv2d(%0, w: f32[1,1,1,2]{1, -2}, bias: f32[2]{all 0}) -> f32[1,1,4,2]  # conv
      %2 = batchNorm(%1, mean: f32[2]{0, 1}, scale: f32[2]{2, -2}, offset: f32[2]{all 0}) -> f32[1,1,4,2]  # norm
      %3 = unary(%2) unary=sign -> f32[1,1,4,2]  # sign
      %4 = unary(%3) unary=relu -> f32[1,1,4,2]  # relu
      %5 = reshape(%4) shape=[1,8] -> f32[1,8]  # reshape
      return %5
      "
    `);
    expectSame(graph, lowered, 'exact');
  });

  test('a sign stays behind a reshape that splits or joins pixels, but for a dense layer', () => {
    const source = new Source();
    const x = source.unary(source.input(1, 2, 2, 6), 'tanh');
    const split = source.unary(source.reshape(x, 1, 4, 2, 3), 'sign');
    const y = source.unary(source.input(1, 2, 2, 6), 'tanh');
    const flat = source.unary(source.reshape(y, 1, 24), 'sign');
    const graph = source.finish(split, flat);
    expect(hoist.run(graph).nodes.map((node) => node.op)).toEqual([
      'unary',
      'reshape',
      'unary',
      'unary',
      'unary',
      'reshape',
    ]);
  });

  test('a batch norm stays behind a reshape that changes channels', () => {
    const source = new Source();
    const x = source.reshape(source.unary(source.input(1, 2, 2), 'tanh'), 1, 4);
    const graph = source.finish(source.norm(x, [1, 2, 3, 4], [1, 2, 3, 4], [0, 0, 0, 0]));
    expect(hoist.run(graph)).toEqual(graph);
  });

  test('a reshape with another reader stays above', () => {
    const source = new Source();
    const x = source.reshape(source.input(1, 2, 2), 1, 4);
    const graph = source.finish(source.binary('add', x, source.unary(x, 'relu')));
    expect(hoist.run(graph)).toEqual(graph);
  });

  test('a sign moves above padding, which becomes +1; a heaviside makes it 0', () => {
    const source = new Source();
    const x = source.input(1, 2, 2, 1);
    const signs = source.unary(source.pad(x, [1, 0, 0, 1], 0), 'sign');
    const steps = source.unary(source.pad(x, [1, 0, 0, 1], 0), 'heaviside');
    const graph = source.finish(signs, steps);
    const lowered = hoist.run(graph);
    expect(text(lowered)).toMatchInlineSnapshot(`
      "
      %0 = input "x" -> f32[1,2,2,1]
      %1 = unary(%0) unary=sign -> f32[1,2,2,1]  # sign
      %2 = pad(%1) before=[0,1,0,0] after=[0,0,1,0] value=1 -> f32[1,3,3,1]  # pad
      %3 = unary(%0) unary=heaviside -> f32[1,2,2,1]  # heaviside
      %4 = pad(%3) before=[0,1,0,0] after=[0,0,1,0] -> f32[1,3,3,1]  # pad
      return %2, %4
      "
    `);
    expectSame(graph, lowered, 'exact');
  });
});

describe('fold-pads', () => {
  test('adds zero padding to that of the convolution', () => {
    const source = new Source();
    const x = source.pad(source.input(1, 3, 3, 1), [1, 2, 0, 1], 0);
    const y = source.conv(x, [2, 2, 1, 1], [1, 2, 3, 4], { pads: [0, 1, 1, 0] });
    const graph = source.finish(
      source.depthwise(source.pad(y, [1, 1, 1, 1], 0), [3, 3, 1, 1], source.quarters([9])),
    );
    const lowered = foldPads.run(graph);
    expect(text(lowered)).toMatchInlineSnapshot(`
      "
      %0 = input "x" -> f32[1,3,3,1]
      %1 = conv2d(%0, w: f32[2,2,1,1]{1, 2, 3, 4}, bias: f32[1]{0}) pads=[1,3,1,1] -> f32[1,4,6,1]  # conv
      %2 = depthwiseConv2d(%1, w: f32[3,3,1,1], bias: f32[1]{0}) pads=1 -> f32[1,4,6,1]  # depthwise
      return %2
      "
    `);
    expectSame(graph, lowered, 'exact');
  });

  test('leaves other padding', () => {
    const source = new Source();
    const ones = source.pad(source.input(1, 3, 3, 1), [1, 1, 1, 1], 1);
    const conv = source.conv(ones, [2, 2, 1, 1], [1, 2, 3, 4]);
    const channels = { before: [0, 0, 0, 1], after: [0, 0, 0, 0], value: 0 };
    const wider = source.add('pad', channels, [conv]);
    const graph = source.finish(source.conv(wider, [1, 1, 2, 1], [1, 2]));
    expect(foldPads.run(graph)).toEqual(graph);
  });

  test('moves into a max pool over what is nowhere negative', () => {
    const source = new Source();
    const x = source.input(1, 4, 4, 2);
    const pooled = source.maxPool(source.pad(source.unary(x, 'relu'), [1, 1, 1, 1], 0), 3, 2);
    const lowest = source.maxPool(source.pad(x, [1, 1, 1, 1], Number.NEGATIVE_INFINITY), 2);
    const graph = source.finish(pooled, lowest);
    const lowered = foldPads.run(graph);
    expect(text(lowered)).toMatchInlineSnapshot(`
      "
      %0 = input "x" -> f32[1,4,4,2]
      %1 = unary(%0) unary=relu -> f32[1,4,4,2]  # relu
      %2 = maxPool2d(%1) size=[3,3] strides=2 pads=1 -> f32[1,2,2,2]  # pool
      %3 = maxPool2d(%0) size=[2,2] strides=2 pads=1 -> f32[1,3,3,2]  # pool
      return %2, %3
      "
    `);
    expectSame(graph, lowered, 'exact');
  });

  test('stays before a pool of negative numbers, and where a window would lie outside', () => {
    const source = new Source();
    const x = source.input(1, 4, 4, 1);
    const negative = source.maxPool(source.pad(x, [1, 1, 1, 1], 0), 3);
    const outside = source.maxPool(source.pad(source.unary(x, 'relu'), [2, 2, 2, 2], 0), 2);
    const graph = source.finish(negative, outside);
    expect(foldPads.run(graph)).toEqual(graph);
  });
});
