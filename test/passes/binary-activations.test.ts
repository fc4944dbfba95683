import { describe, expect, test } from 'vitest';
import type { Graph } from '../../src/ir/graph.ts';
import { binaryActivations } from '../../src/passes/binary-activations.ts';
import { binaryWeights } from '../../src/passes/binary-weights.ts';
import { denseToConv } from '../../src/passes/dense-to-conv.ts';
import { expectSame, Source, text } from './support.ts';

function lower(source: Source, ...outputs: number[]): Graph {
  const graph = source.finish(...outputs);
  const lowered = binaryActivations.run(binaryWeights.run(graph));
  expectSame(graph, lowered, 'exact');
  return lowered;
}

describe('binary-activations', () => {
  test('a layer reads the sign as bits; the bits keep the value', () => {
    const source = new Source();
    const signs = source.unary(source.input(1, 3), 'sign');
    const lowered = lower(source, source.dense(signs, [3, 2], [1, 1, -1, 1, 1, -1]));
    expect(text(lowered)).toMatchInlineSnapshot(`
      "
      %0 = input "x" -> f32[1,3]
      %1 = binarize(%0, threshold: f32[3]{all 0}, direction: f32[3]{all 1}) -> bit[1,3]  # sign
      %2 = dense(%1, w: bit[3,2]{++-++-}, mean: f32[2]{all 0}, scale: f32[2]{all 1}, offset: f32[2]{all 0}) epilogue=norm -> f32[1,2]  # dense
      return %2
      "
    `);
    expect(lowered.nodes[0]?.output).toBe(signs);
  });

  test('float weights read bits too', () => {
    const source = new Source();
    const signs = source.unary(source.input(1, 3), 'sign');
    const lowered = lower(source, source.dense(signs, [3, 1], [0.5, 0.25, -1]));
    expect(text(lowered)).toMatchInlineSnapshot(`
      "
      %0 = input "x" -> f32[1,3]
      %1 = binarize(%0, threshold: f32[3]{all 0}, direction: f32[3]{all 1}) -> bit[1,3]  # sign
      %2 = dense(%1, w: f32[3,1]{0.5, 0.25, -1}, bias: f32[1]{0}) -> f32[1,1]  # dense
      return %2
      "
    `);
  });

  test('readers that take no bits share one unpack, and an output keeps its value', () => {
    const source = new Source();
    const signs = source.unary(source.input(1, 3), 'sign');
    const dense = source.dense(signs, [3, 1], [1, -1, 1]);
    const [a, b] = [source.unary(signs, 'relu'), source.binary('add', signs, signs)];
    expect(text(lower(source, dense, a, b))).toMatchInlineSnapshot(`
      "
      %0 = input "x" -> f32[1,3]
      %1 = binarize(%0, threshold: f32[3]{all 0}, direction: f32[3]{all 1}) -> bit[1,3]  # sign
      %2 = dense(%1, w: bit[3,1]{+-+}, mean: f32[1]{0}, scale: f32[1]{1}, offset: f32[1]{0}) epilogue=norm -> f32[1,1]  # dense
      %3 = unpack(%1) -> f32[1,3]  # sign
      %4 = unary(%3) unary=relu -> f32[1,3]  # relu
      %5 = binary(%3, %3) fn=add -> f32[1,3]  # add
      return %2, %4, %5
      "
    `);

    const returned = new Source();
    const output = returned.unary(returned.input(1, 3), 'sign');
    const lowered = lower(returned, output, returned.dense(output, [3, 1], [1, -1, 1]));
    expect(text(lowered)).toMatchInlineSnapshot(`
      "
      %0 = input "x" -> f32[1,3]
      %1 = binarize(%0, threshold: f32[3]{all 0}, direction: f32[3]{all 1}) -> bit[1,3]  # sign
      %2 = unpack(%1) -> f32[1,3]  # sign
      %3 = dense(%1, w: bit[3,1]{+-+}, mean: f32[1]{0}, scale: f32[1]{1}, offset: f32[1]{0}) epilogue=norm -> f32[1,1]  # dense
      return %2, %3
      "
    `);
    expect(lowered.outputs[0]).toBe(output);
  });

  test('a sign that no layer reads stays float', () => {
    const source = new Source();
    const graph = source.finish(source.unary(source.unary(source.input(1, 3), 'sign'), 'relu'));
    expect(binaryActivations.run(graph)).toEqual(graph);
  });

  test('pools and reshapes that keep channels work on bits', () => {
    const source = new Source();
    const pooled = source.maxPool(source.unary(source.input(1, 4, 4, 2), 'sign'));
    const rows = source.reshape(pooled, 1, 1, 4, 2);
    expect(
      text(lower(source, source.conv(rows, [1, 2, 2, 1], [1, 1, -1, 1]))),
    ).toMatchInlineSnapshot(`
      "
      %0 = input "x" -> f32[1,4,4,2]
      %1 = binarize(%0, threshold: f32[2]{all 0}, direction: f32[2]{all 1}) -> bit[1,4,4,2]  # sign
      %2 = maxPool2d(%1) size=[2,2] strides=2 -> bit[1,2,2,2]  # pool
      %3 = reshape(%2) shape=[1,1,4,2] -> bit[1,1,4,2]  # reshape
      %4 = conv2d(%3, w: bit[1,2,2,1]{++-+}, mean: f32[1]{0}, scale: f32[1]{1}, offset: f32[1]{0}) epilogue=norm -> f32[1,1,3,1]  # conv
      return %4
      "
    `);
  });

  test('padding by +1, -1 or 0 becomes the pad value of the convolution', () => {
    const build = (value: number) => {
      const source = new Source();
      const padded = source.pad(
        source.unary(source.input(1, 2, 2, 1), 'sign'),
        [1, 1, 0, 0],
        value,
      );
      const lowered = lower(source, source.conv(padded, [2, 2, 1, 1], [1, -1, -1, 1]));
      const conv = lowered.nodes.at(-1);
      return conv?.op === 'conv2d' ? [conv.attrs.pads, conv.attrs.padValue] : [];
    };
    expect(build(1)).toEqual([[1, 1, 0, 0], 1]);
    expect(build(-1)).toEqual([[1, 1, 0, 0], -1]);
    expect(build(0)).toEqual([[1, 1, 0, 0], 0]);
  });

  test('padding by another number leaves the layer float', () => {
    const source = new Source();
    const padded = source.pad(source.unary(source.input(1, 2, 2, 1), 'sign'), [1, 1, 0, 0], 0.5);
    const lowered = lower(source, source.conv(padded, [2, 2, 1, 1], [1, -1, -1, 1]));
    expect(lowered.nodes.map((node) => node.op)).toEqual(['unary', 'pad', 'conv2d']);
  });

  test('a heaviside: bits mean 1, outside is +1, the sums become those of 0 and 1', () => {
    const source = new Source();
    const steps = source.unary(source.input(1, 2, 2, 1), 'heaviside');
    const pads = [1, 1, 0, 0] as const;
    const binary = source.conv(steps, [2, 2, 1, 1], [2, -2, -2, -2], { pads, bias: [0.5] });
    const float = source.conv(steps, [2, 2, 1, 1], [1, 2, 3, -4], { pads, bias: [0.5] });
    expect(
      text(lower(source, binary, float, source.unary(steps, { fn: 'neg' }))),
    ).toMatchInlineSnapshot(`
      "
      %0 = input "x" -> f32[1,2,2,1]
      %1 = binarize(%0, threshold: f32[1]{0}, direction: f32[1]{-1}) -> bit[1,2,2,1]  # heaviside
      %2 = unpack(%1) -> f32[1,2,2,1]  # heaviside
      %3 = batchNorm(%2, mean: f32[1]{1}, scale: f32[1]{-0.5}, offset: f32[1]{0}) -> f32[1,2,2,1]  # heaviside
      %4 = conv2d(%1, w: bit[2,2,1,1]{+---}, mean: f32[1]{-2}, scale: f32[1]{-1}, offset: f32[1]{0.5}) pads=[1,1,0,0] padValue=1 epilogue=norm -> f32[1,2,2,1]  # conv
      %5 = conv2d(%1, w: f32[2,2,1,1]{-0.5, -1, -1.5, 2}, bias: f32[1]{1.5}) pads=[1,1,0,0] padValue=1 -> f32[1,2,2,1]  # conv
      %6 = unary(%3) unary=neg -> f32[1,2,2,1]  # neg
      return %4, %5, %6
      "
    `);
  });

  test('a max pool of 0 and 1 is an OR, and 1 outside is -1', () => {
    const source = new Source();
    const pooled = source.maxPool(source.unary(source.input(1, 4, 4, 2), 'heaviside'));
    const padded = source.pad(pooled, [0, 1, 0, 0], 1);
    expect(
      text(lower(source, source.conv(padded, [2, 2, 2, 1], source.signs([2, 2, 2, 1])))),
    ).toMatchInlineSnapshot(`
      "
      %0 = input "x" -> f32[1,4,4,2]
      %1 = binarize(%0, threshold: f32[2]{all 0}, direction: f32[2]{all -1}) -> bit[1,4,4,2]  # heaviside
      %2 = maxPool2d(%1, orMask: bit[2]{all -}) size=[2,2] strides=2 -> bit[1,2,2,2]  # pool
      %3 = conv2d(%2, w: bit[2,2,2,1]{+-+++-++}, mean: f32[1]{4}, scale: f32[1]{-0.5}, offset: f32[1]{0}) pads=[0,1,0,0] padValue=-1 epilogue=norm -> f32[1,1,2,1]  # conv
      return %3
      "
    `);
  });

  test('what only moves signs about is binarized behind', () => {
    const source = new Source();
    const x = source.input(1, 2, 3);
    const turned = source.transpose(source.unary(x, 'sign'), 0, 2, 1);
    expect(text(lower(source, source.dense(turned, [2, 1], [1, -1])))).toMatchInlineSnapshot(`
      "
      %0 = input "x" -> f32[1,2,3]
      %1 = transpose(%0) perm=[0,2,1] -> f32[1,3,2]  # transpose
      %2 = binarize(%1, threshold: f32[2]{all 0}, direction: f32[2]{all 1}) -> bit[1,3,2]  # transpose
      %3 = dense(%2, w: bit[2,1]{+-}, mean: f32[1]{0}, scale: f32[1]{1}, offset: f32[1]{0}) epilogue=norm -> f32[1,3,1]  # dense
      return %3
      "
    `);

    const two = new Source();
    const a = two.unary(two.input(1, 3), 'sign');
    const b = two.unary(two.input(1, 2), 'sign');
    const joined = two.add('concat', { axis: 1 }, [a, b]);
    const dense = two.dense(joined, [5, 1], [1, -1, 1, 1, 1]);
    expect(text(lower(two, dense, two.dense(a, [3, 1], [1, 1, 1])))).toMatchInlineSnapshot(`
      "
      %0 = input "x" -> f32[1,3]
      %1 = input "x" -> f32[1,2]
      %2 = binarize(%0, threshold: f32[3]{all 0}, direction: f32[3]{all 1}) -> bit[1,3]  # sign
      %3 = unary(%1) unary=sign -> f32[1,2]  # sign
      %4 = unpack(%2) -> f32[1,3]  # sign
      %5 = concat(%4, %3) axis=1 -> f32[1,5]  # concat
      %6 = binarize(%5, threshold: f32[5]{all 0}, direction: f32[5]{all 1}) -> bit[1,5]  # concat
      %7 = dense(%6, w: bit[5,1]{+-+++}, mean: f32[1]{0}, scale: f32[1]{1}, offset: f32[1]{0}) epilogue=norm -> f32[1,1]  # dense
      %8 = dense(%2, w: bit[3,1]{all +}, mean: f32[1]{0}, scale: f32[1]{1}, offset: f32[1]{0}) epilogue=norm -> f32[1,1]  # dense
      return %7, %8
      "
    `);
  });
});

describe('dense-to-conv', () => {
  test('a dense layer over flattened bits becomes a convolution', () => {
    const source = new Source();
    const signs = source.unary(source.input(1, 2, 3, 5), 'sign');
    const flat = source.reshape(signs, 1, 30);
    const graph = source.finish(source.dense(flat, [30, 2], source.signs([30, 2]), { name: 'fc' }));
    const lowered = denseToConv.run(binaryActivations.run(binaryWeights.run(graph)));
    expect(text(lowered)).toMatchInlineSnapshot(`
      "
      %0 = input "x" -> f32[1,2,3,5]
      %1 = binarize(%0, threshold: f32[5]{all 0}, direction: f32[5]{all 1}) -> bit[1,2,3,5]  # sign
      %2 = conv2d(%1, w: bit[2,3,5,2], mean: f32[2]{all 0}, scale: f32[2]{all 1}, offset: f32[2]{all 0}) epilogue=norm -> f32[1,1,1,2]  # fc
      %3 = reshape(%2) shape=[1,2] -> f32[1,2]  # fc
      return %3
      "
    `);
    expectSame(graph, lowered, 'exact');
  });

  test('pixels of other ranks stand side by side', () => {
    const source = new Source();
    const signs = source.unary(source.input(1, 6, 5), 'sign');
    const flat = source.reshape(signs, 1, 30);
    const graph = source.finish(source.dense(flat, [30, 2], source.quarters([30, 2])));
    const lowered = denseToConv.run(binaryActivations.run(binaryWeights.run(graph)));
    expect(text(lowered)).toMatchInlineSnapshot(`
      "
      %0 = input "x" -> f32[1,6,5]
      %1 = binarize(%0, threshold: f32[5]{all 0}, direction: f32[5]{all 1}) -> bit[1,6,5]  # sign
      %2 = reshape(%1) shape=[1,1,6,5] -> bit[1,1,6,5]  # dense
      %3 = conv2d(%2, w: f32[1,6,5,2], bias: f32[2]{all 0}) -> f32[1,1,1,2]  # dense
      %4 = reshape(%3) shape=[1,2] -> f32[1,2]  # dense
      return %4
      "
    `);
    expectSame(graph, lowered, 'exact');
  });

  test('a dense layer over a single pixel stays dense', () => {
    const source = new Source();
    const signs = source.unary(source.input(1, 1, 1, 5), 'sign');
    const graph = source.finish(
      source.dense(source.reshape(signs, 1, 5), [5, 1], [1, 1, -1, 1, 1]),
    );
    const lowered = denseToConv.run(binaryActivations.run(binaryWeights.run(graph)));
    expect(lowered.nodes.map((node) => node.op)).toEqual(['binarize', 'reshape', 'dense']);
  });
});
