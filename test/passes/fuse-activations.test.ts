import { describe, expect, test } from 'vitest';
import { IDENTITY } from '../../src/ir/ops.ts';
import { fuseActivations } from '../../src/passes/fuse-activations.ts';
import { shareConstants } from '../../src/passes/share-constants.ts';
import { singleSteps } from '../../src/passes/single-steps.ts';
import { expectSame, Source, text } from './support.ts';

describe('fuse-activations', () => {
  test('into layers, batch norms and binary ops', () => {
    const source = new Source();
    let x = source.unary(source.conv(source.input(1, 1, 1, 1), [1, 1, 1, 1], [2]), 'relu');
    x = source.unary(source.norm(x, [1], [2], [3]), { fn: 'leakyRelu', alpha: 0.1 });
    const transposed = {
      strides: [1, 1],
      dilations: [1, 1],
      pads: [0, 0, 0, 0],
      outputSize: [1, 1],
    } as const;
    const operands = [x, source.constant([1, 1, 1, 1], [1]), source.constant([1], [0])];
    const up = source.add('conv2dTranspose', { ...transposed, activation: IDENTITY }, operands);
    x = source.unary(up, 'sign');
    x = source.unary(source.unary(source.binary('add', x, x), 'tanh'), 'relu');
    const graph = source.finish(x);
    const lowered = fuseActivations.run(graph);
    expect(text(lowered)).toMatchInlineSnapshot(`
      "
      %0 = input "x" -> f32[1,1,1,1]
      %1 = conv2d(%0, w: f32[1,1,1,1]{2}, bias: f32[1]{0}) activation=relu -> f32[1,1,1,1]  # conv
      %2 = batchNorm(%1, mean: f32[1]{1}, scale: f32[1]{2}, offset: f32[1]{3}) activation=leakyRelu(alpha=0.1) -> f32[1,1,1,1]  # norm
      %3 = conv2dTranspose(%2, w: f32[1,1,1,1]{1}, bias: f32[1]{0}) outputSize=[1,1] activation=sign -> f32[1,1,1,1]  # conv2dTranspose
      %4 = binary(%3, %3) fn=add activation=tanh -> f32[1,1,1,1]  # add
      %5 = unary(%4) unary=relu -> f32[1,1,1,1]  # relu
      return %5
      "
    `);
    expectSame(graph, lowered, 'exact');
  });

  test('a layer with another reader stays as it is', () => {
    const source = new Source();
    const dense = source.dense(source.input(1, 1), [1, 1], [2]);
    const graph = source.finish(source.unary(dense, 'relu'), dense);
    expect(fuseActivations.run(graph)).toEqual(graph);
  });
});

describe('single-steps', () => {
  test('one number for all channels becomes a scalar', () => {
    const source = new Source();
    let x = source.norm(source.input(1, 2), [0, 0], [0.5, 0.5], [0, 0]);
    x = source.unary(source.norm(x, [3, 3], [1, 1], [0, 0]), 'tanh');
    x = source.norm(x, [0, 0], [1, 1], [2, 2]);
    x = source.norm(x, [0, 0], [1, 1], [2, 3]);
    const graph = source.finish(source.norm(x, [0, 0], [2, 2], [2, 2]));
    const lowered = singleSteps.run(graph);
    expect(text(lowered)).toMatchInlineSnapshot(`
      "
      %0 = input "x" -> f32[1,2]
      %1 = binary(%0, b: f32[]{0.5}) fn=mul -> f32[1,2]  # norm
      %2 = binary(%1, b: f32[]{3}) fn=sub -> f32[1,2]  # norm
      %3 = unary(%2) unary=tanh -> f32[1,2]  # tanh
      %4 = binary(%3, b: f32[]{2}) fn=add -> f32[1,2]  # norm
      %5 = batchNorm(%4, mean: f32[2]{all 0}, scale: f32[2]{all 1}, offset: f32[2]{2, 3}) -> f32[1,2]  # norm
      %6 = batchNorm(%5, mean: f32[2]{all 0}, scale: f32[2]{all 2}, offset: f32[2]{all 2}) -> f32[1,2]  # norm
      return %6
      "
    `);
    expectSame(graph, lowered, 'exact');
  });
});

describe('share-constants', () => {
  test('equal constants become one, others stay', () => {
    const source = new Source();
    const long = (last: number) => source.constant([20], [...new Array<number>(19).fill(1), last]);
    let x = source.input(1, 20);
    const constants = [
      long(2),
      long(2),
      long(3),
      source.constant([1, 20], new Array<number>(20).fill(1)),
    ];
    for (const constant of constants) x = source.binary('add', x, constant);
    const graph = source.finish(x);
    const lowered = shareConstants.run(graph);
    const [a, b, c, d] = lowered.nodes.map((node) => node.inputs[1]);
    expect([a, b]).toEqual([constants[0], constants[0]]);
    expect([c, d]).toEqual(constants.slice(2));
    expectSame(graph, lowered, 'exact');
  });

  test('0 and -0 are not the same constant', () => {
    const source = new Source();
    const x = source.binary('add', source.input(1), source.constant([1], [0]));
    const graph = source.finish(source.binary('div', x, source.constant([1], [-0])));
    expect(shareConstants.run(graph)).toEqual(graph);
  });
});
