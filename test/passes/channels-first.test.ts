/** Networks as ONNX has them: channels first, each layer between two transposes. */
import { describe, expect, test } from 'vitest';
import type { Graph } from '../../src/ir/graph.ts';
import { LINEAR, type ValueId } from '../../src/ir/ops.ts';
import { optimize } from '../../src/passes/index.ts';
import { moveTransposes, transposedElements } from '../../src/passes/move-transposes.ts';
import { expectSame, Source, text } from './support.ts';

class ChannelsFirst extends Source {
  /** A layer on channels last, between transposes. */
  last(x: ValueId, layer: (x: ValueId) => ValueId): ValueId {
    return this.transpose(layer(this.transpose(x, 0, 2, 3, 1)), 0, 3, 1, 2);
  }

  convolution(x: ValueId, outputs: number, weights: 'signs' | 'quarters' = 'quarters'): ValueId {
    return this.last(x, (image) => {
      const shape = [3, 3, this.builder.shape(image).at(-1) as number, outputs];
      const values = weights === 'signs' ? this.signs(shape) : this.quarters(shape);
      return this.conv(image, shape, values, { pads: [1, 1, 1, 1] });
    });
  }

  batchNorm(x: ValueId, scale: readonly number[]): ValueId {
    const mean = scale.map((_, c) => c / 4);
    return this.last(x, (image) => this.norm(image, mean, scale, mean.toReversed()));
  }
}

function ops(graph: Graph): string {
  return graph.nodes.map((node) => node.op).join(' ');
}

function move(source: Source, output: ValueId): Graph {
  const graph = source.finish(output);
  const moved = moveTransposes.run(graph);
  expectSame(graph, moved, 1e-6);
  return moved;
}

describe('channels first', () => {
  test('a residual network keeps one transpose at each end', () => {
    const s = new ChannelsFirst();
    const first = s.convolution(s.input(1, 2, 4, 5), 3);
    const inner = s.unary(s.batchNorm(s.convolution(first, 3), [1, -1, 2]), 'relu');
    const sum = s.binary('add', first, s.convolution(inner, 3));
    const moved = move(
      s,
      s.last(sum, (image) => s.maxPool(image)),
    );
    expect(ops(moved)).toBe(
      'transpose conv2d conv2d batchNorm unary conv2d binary maxPool2d transpose',
    );
  });

  test('what is added to the input itself costs one transpose, not two', () => {
    const s = new ChannelsFirst();
    const x = s.input(1, 3, 4, 5);
    const y = s.convolution(s.binary('add', x, s.convolution(x, 3)), 2);
    expect(ops(move(s, y))).toBe('transpose conv2d binary conv2d transpose');
  });

  test('concatenations, slices, pads, resampling and squeeze-and-excitation run on channels last', () => {
    const s = new ChannelsFirst();
    let y = s.convolution(s.input(1, 2, 4, 4), 4);
    const half = { begin: [0, 2, 0, 0], size: [1, 2, 4, 4], step: [1, 1, 1, 1] };
    y = s.add('concat', { axis: 1 }, [y, s.add('slice', half, [y])]);
    y = s.add('pad', { before: [0, 0, 1, 0], after: [0, 0, 0, 1], value: 0 }, [y]);
    const places = { dtype: 'i32', shape: [3, 1] } as const;
    const indices = s.builder.constant('places', places, Int32Array.of(0, 2, 4));
    y = s.add('resample', { axis: 2 }, [y, indices, s.constant([3, 1], [1, 0.5, 1])]);
    const mean = s.add('reduce', { fn: 'mean', axes: [2, 3], keepDims: true }, [y]);
    const weights = s.constant([1, 1, 6, 6], Array.from(s.quarters([1, 1, 6, 6])));
    const window = { strides: [1, 1], dilations: [1, 1], pads: [0, 0, 0, 0] } as const;
    const attrs = { ...window, padValue: 0, groups: 1, epilogue: LINEAR } as const;
    const bias = s.constant([6], [0, 1, 2, 3, 4, 5]);
    const gate = s.last(mean, (image) => s.add('conv2d', attrs, [image, weights, bias]));
    y = s.binary('mul', y, s.unary(gate, { fn: 'sigmoid' }));
    expect(text(move(s, s.convolution(y, 2))).replace(/\{[^}]*\}/g, '')).toMatchInlineSnapshot(`
      "
      %0 = input "x" -> f32[1,2,4,4]
      %1 = transpose(%0) perm=[0,2,3,1] -> f32[1,4,4,2]  # transpose
      %2 = conv2d(%1, w: f32[3,3,2,4], bias: f32[4]) pads=1 -> f32[1,4,4,4]  # conv
      %3 = slice(%2) begin=[0,0,0,2] size=[1,4,4,2] -> f32[1,4,4,2]  # slice
      %4 = concat(%2, %3) axis=3 -> f32[1,4,4,6]  # concat
      %5 = pad(%4) before=[0,1,0,0] after=[0,0,1,0] -> f32[1,5,5,6]  # pad
      %6 = resample(%5, indices: i32[3,1], weights: f32[3,1]) axis=1 -> f32[1,3,5,6]  # resample
      %7 = reduce(%6) fn=mean axes=[1,2] keepDims=true -> f32[1,1,1,6]  # reduce
      %8 = reshape(%7) shape=[1,1,1,6] -> f32[1,1,1,6]  # transpose
      %9 = conv2d(%8, w: f32[1,1,6,6], bias: f32[6]) -> f32[1,1,1,6]  # conv2d
      %10 = reshape(%9) shape=[1,1,1,6] -> f32[1,1,1,6]  # transpose
      %11 = unary(%10) unary=sigmoid -> f32[1,1,1,6]  # sigmoid
      %12 = binary(%6, %11) fn=mul -> f32[1,3,5,6]  # mul
      %13 = conv2d(%12, w: f32[3,3,6,2], bias: f32[2]) pads=1 -> f32[1,3,5,2]  # conv
      %14 = transpose(%13) perm=[0,3,1,2] -> f32[1,2,3,5]  # transpose
      return %14
      "
    `);
  });

  test('constants of channels move to the last axis, and fold into the layer', () => {
    const s = new ChannelsFirst();
    let y = s.convolution(s.input(1, 2, 4, 4), 3);
    y = s.binary('add', y, s.constant([1, 3, 1, 1], [1, 2, 3]));
    y = s.binary('mul', y, s.constant([3, 1, 1], [2, 0.5, -1]));
    const graph = s.finish(s.binary('prelu', y, s.constant([3, 1, 1], [0.5, 0.25, 2])));
    const lowered = optimize(graph);
    expectSame(graph, lowered, 1e-5);
    expect(ops(lowered)).toBe('transpose conv2d binary transpose');
  });

  test('a flattened image permutes the rows of the weights, through a sign and a batch norm', () => {
    const s = new ChannelsFirst();
    const image = s.convolution(s.input(1, 2, 2, 3), 4);
    const rows = s.reshape(image, 1, 24);
    const normed = s.norm(
      rows,
      [...s.quarters([24])],
      [...s.quarters([24])],
      [...s.quarters([24])],
    );
    const y = s.dense(s.unary(normed, 'sign'), [24, 3], s.quarters([24, 3]));
    expect(ops(move(s, y))).toBe('transpose conv2d reshape batchNorm unary dense');
  });

  test('so does one that was reshaped in two steps', () => {
    const s = new ChannelsFirst();
    const image = s.convolution(s.input(1, 2, 2, 3), 4);
    const merged = s.unary(s.reshape(image, 1, 4, 6), 'relu');
    const y = s.dense(s.reshape(merged, 1, 24), [24, 3], s.quarters([24, 3]));
    expect(ops(move(s, y))).toBe('transpose conv2d reshape unary reshape dense');
  });

  test('means over the image end in one reshape', () => {
    const s = new ChannelsFirst();
    const image = s.convolution(s.input(1, 2, 3, 3), 4);
    const mean = s.add('reduce', { fn: 'mean', axes: [2, 3], keepDims: true }, [image]);
    const y = s.dense(s.reshape(mean, 1, 4), [4, 2], s.quarters([4, 2]));
    expect(ops(move(s, y))).toBe('transpose conv2d reduce reshape dense');
  });

  test('a shuffle of pixels is one transpose', () => {
    const s = new ChannelsFirst();
    const image = s.convolution(s.input(1, 2, 3, 3), 8);
    const split = s.transpose(s.reshape(image, 1, 2, 2, 2, 3, 3), 0, 3, 4, 1, 5, 2);
    const y = s.convolution(s.reshape(split, 1, 2, 6, 6), 1);
    expect(ops(move(s, y))).toBe('transpose conv2d reshape transpose reshape conv2d reshape');
  });

  test('integers, comparisons and choices move as well', () => {
    const s = new ChannelsFirst();
    const image = s.convolution(s.input(1, 2, 3, 3), 4);
    const limits = s.constant([4, 1, 1], [0, 1, -1, 2]);
    const above = s.add('compare', { fn: 'less' }, [limits, image]);
    const scale = s.builder.constant(
      'c',
      { dtype: 'i32', shape: [4, 1, 1] },
      Int32Array.of(1, 2, 3, 4),
    );
    const counted = s.add('cast', { to: 'f32' }, [s.add('integer', { fn: 'mul' }, [above, scale])]);
    const chosen = s.add('where', {}, [above, image, counted]);
    const best = s.add('argReduce', { fn: 'argMax', axis: 1, keepDims: true, last: false }, [
      chosen,
    ]);
    expect(text(move(s, best)).replace(/\{[^}]*\}/g, '')).toMatchInlineSnapshot(`
      "
      %0 = input "x" -> f32[1,2,3,3]
      %1 = transpose(%0) perm=[0,2,3,1] -> f32[1,3,3,2]  # transpose
      %2 = conv2d(%1, w: f32[3,3,2,4], bias: f32[4]) pads=1 -> f32[1,3,3,4]  # conv
      %3 = compare(a: f32[1,1,1,4], %2) fn=less -> i32[1,3,3,4]  # compare
      %4 = integer(%3, b: i32[1,1,1,4]) fn=mul -> i32[1,3,3,4]  # integer
      %5 = cast(%4) to=f32 -> f32[1,3,3,4]  # cast
      %6 = where(%3, %2, %5) -> f32[1,3,3,4]  # where
      %7 = argReduce(%6) fn=argMax axis=3 keepDims=true -> i32[1,3,3,1]  # argReduce
      %8 = reshape(%7) shape=[1,1,3,3] -> i32[1,1,3,3]  # argReduce
      return %8
      "
    `);
  });

  test('matrix products take transposes of both operands', () => {
    const s = new Source();
    const x = s.input(2, 3, 4);
    const transposed = s.transpose(s.unary(x, 'relu'), 0, 2, 1);
    const w = s.constant([1, 3, 5], Array.from(s.quarters([3, 5])));
    const product = s.add('matmul', {}, [transposed, w]);
    expect(text(move(s, s.transpose(product, 0, 2, 1)))).toMatchInlineSnapshot(`
      "
      %0 = input "x" -> f32[2,3,4]
      %1 = unary(%0) unary=relu -> f32[2,3,4]  # relu
      %2 = matmul(a: f32[1,5,3], %1) -> f32[2,5,4]  # matmul
      return %2
      "
    `);
  });

  test('a transpose that two orders need stays', () => {
    const s = new ChannelsFirst();
    const x = s.input(1, 2, 3, 4);
    const y = s.transpose(x, 0, 2, 3, 1);
    const graph = s.finish(y, s.unary(x, 'relu'), s.unary(y, 'tanh'));
    expect(transposedElements(moveTransposes.run(graph))).toBe(24);
  });

  test('bias, batch norm and pool between binary convolutions become integers', () => {
    const s = new ChannelsFirst();
    let y = s.unary(s.convolution(s.input(1, 2, 6, 6), 4), 'sign');
    y = s.convolution(y, 3, 'signs');
    y = s.binary('add', y, s.constant([1, 3, 1, 1], [0.5, -1, 2]));
    y = s.batchNorm(y, [1, -2, 0.5]);
    y = s.unary(
      s.last(y, (image) => s.maxPool(image)),
      'sign',
    );
    y = s.reshape(y, 1, 27);
    const w = s.constant([27, 2], [...s.signs([27, 2])]);
    const graph = s.finish(s.add('dense', { epilogue: LINEAR }, [y, w, s.constant([2], [0, 1])]));
    const lowered = optimize(graph);
    expectSame(graph, lowered, 'exact');
    expect(text(lowered)).toMatchInlineSnapshot(`
      "
      %0 = input "x" -> f32[1,2,6,6]
      %1 = transpose(%0) perm=[0,2,3,1] -> f32[1,6,6,2]  # transpose
      %2 = conv2d(%1, w: f32[3,3,2,4], threshold: f32[4]{all 0}) pads=1 epilogue=sign -> bit[1,6,6,4]  # conv
      %3 = conv2d(%2, w: bit[3,3,4,3], threshold: i32[3]{all -1}) pads=1 epilogue=sign -> bit[1,6,6,3]  # conv
      %4 = maxPool2d(%3) size=[2,2] strides=2 -> bit[1,3,3,3]  # pool
      %5 = conv2d(%4, w: bit[3,3,3,2], mean: f32[2]{all 0}, scale: f32[2]{all 1}, offset: f32[2]{0, 1}) epilogue=norm -> f32[1,1,1,2]  # dense
      %6 = reshape(%5) shape=[1,2] -> f32[1,2]  # dense
      return %6
      "
    `);
  });
});
