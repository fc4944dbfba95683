import { describe, expect, test } from 'vitest';
import type { Graph } from '../../src/ir/graph.ts';
import { moveTransposes } from '../../src/passes/move-transposes.ts';
import { expectSame, Source, text } from './support.ts';

const TO_NCHW = [0, 3, 1, 2];
const TO_NHWC = [0, 2, 3, 1];

function lower(source: Source, ...outputs: number[]): Graph {
  const graph = source.finish(...outputs);
  const lowered = moveTransposes.run(graph);
  expectSame(graph, lowered, 'exact');
  return lowered;
}

describe('move-transposes', () => {
  test('cancels them around elementwise ops, pads, slices and concatenations', () => {
    const source = new Source();
    const x = source.transpose(source.input(1, 4, 3, 2), ...TO_NCHW);
    let y = source.binary('mul', x, source.constant([1, 2, 1, 1], [2, 3]));
    y = source.unary(y, 'relu');
    y = source.add('pad', { before: [0, 0, 1, 0], after: [0, 1, 0, 2], value: 0.5 }, [y]);
    const part = { begin: [0, 1, 0, 0], size: [1, 2, 4, 3], step: [1, 1, 1, 1] };
    y = source.add('slice', part, [y]);
    y = source.add('concat', { axis: 1 }, [y, source.unary(y, 'tanh')]);
    const lowered = lower(source, source.transpose(y, ...TO_NHWC));
    expect(text(lowered)).toMatchInlineSnapshot(`
      "
      %0 = input "x" -> f32[1,4,3,2]
      %1 = binary(%0, b: f32[1,1,1,2]{2, 3}) fn=mul -> f32[1,4,3,2]  # mul
      %2 = unary(%1) unary=relu -> f32[1,4,3,2]  # relu
      %3 = pad(%2) before=[0,1,0,0] after=[0,0,2,1] value=0.5 -> f32[1,5,5,3]  # pad
      %4 = slice(%3) begin=[0,0,0,1] size=[1,4,3,2] -> f32[1,4,3,2]  # slice
      %5 = unary(%4) unary=tanh -> f32[1,4,3,2]  # tanh
      %6 = concat(%4, %5) axis=3 -> f32[1,4,3,4]  # concat
      return %6
      "
    `);
  });

  test('moves past an average over the image, and then there is none', () => {
    const source = new Source();
    const x = source.transpose(source.input(1, 4, 3, 2), ...TO_NCHW);
    const mean = source.add('reduce', { fn: 'max', axes: [2, 3], keepDims: false }, [x]);
    const kept = source.add('reduce', { fn: 'max', axes: [1], keepDims: true }, [x]);
    expect(text(lower(source, mean, source.transpose(kept, ...TO_NHWC)))).toMatchInlineSnapshot(`
      "
      %0 = input "x" -> f32[1,4,3,2]
      %1 = reduce(%0) fn=max axes=[1,2] -> f32[1,2]  # reduce
      %2 = reduce(%0) fn=max axes=[3] keepDims=true -> f32[1,4,3,1]  # reduce
      %3 = reshape(%2) shape=[1,4,3,1] -> f32[1,4,3,1]  # transpose
      return %1, %3
      "
    `);
  });

  test('moves past a softmax and a sum of two tensors', () => {
    const source = new Source();
    const x = source.input(1, 4, 3, 2);
    const [a, b] = [
      source.transpose(x, ...TO_NCHW),
      source.transpose(source.unary(x, 'relu'), ...TO_NCHW),
    ];
    const soft = source.add('softmax', { axis: 1, variant: 'softmax' }, [
      source.binary('add', a, b),
    ]);
    expect(text(lower(source, source.transpose(soft, ...TO_NHWC)))).toMatchInlineSnapshot(`
      "
      %0 = input "x" -> f32[1,4,3,2]
      %1 = unary(%0) unary=relu -> f32[1,4,3,2]  # relu
      %2 = binary(%0, %1) fn=add -> f32[1,4,3,2]  # add
      %3 = softmax(%2) axis=3 -> f32[1,4,3,2]  # softmax
      return %3
      "
    `);
  });

  test('leaves a constant per channel where it can be folded', () => {
    const source = new Source();
    const x = source.transpose(source.input(1, 2, 4, 3), ...TO_NHWC);
    const lowered = lower(source, source.binary('add', x, source.constant([2], [1, 2])));
    expect(lowered.nodes.map((node) => node.op)).toEqual(['transpose', 'binary']);
  });

  test('permutes the rows of a dense layer that reads a flattened transpose', () => {
    const source = new Source();
    const x = source.transpose(source.input(1, 2, 1, 3), ...TO_NCHW);
    const weights = [10, 11, 12, 13, 14, 15];
    const graph = source.finish(source.dense(source.reshape(x, 1, 6), [6, 1], weights));
    const lowered = moveTransposes.run(graph);
    expect(text(lowered)).toMatchInlineSnapshot(`
      "
      %0 = input "x" -> f32[1,2,1,3]
      %1 = reshape(%0) shape=[1,6] -> f32[1,6]  # reshape
      %2 = dense(%1, w: f32[6,1]{10, 12, 14, 11, 13, 15}, bias: f32[1]{0}) -> f32[1,1]  # dense
      return %2
      "
    `);
    expectSame(graph, lowered, 1e-6);
  });

  test('is a reshape when only axes of size 1 change places', () => {
    const source = new Source();
    const x = source.transpose(source.input(1, 1, 5, 3), 0, 2, 1, 3);
    expect(text(lower(source, x))).toMatchInlineSnapshot(`
      "
      %0 = input "x" -> f32[1,1,5,3]
      %1 = reshape(%0) shape=[1,5,1,3] -> f32[1,5,1,3]  # transpose
      return %1
      "
    `);
  });

  test('joins two that do not cancel', () => {
    const source = new Source();
    const x = source.transpose(source.transpose(source.input(2, 3, 4), 1, 2, 0), 1, 2, 0);
    expect(text(lower(source, x))).toMatchInlineSnapshot(`
      "
      %0 = input "x" -> f32[2,3,4]
      %1 = transpose(%0) perm=[2,0,1] -> f32[4,2,3]  # transpose
      return %1
      "
    `);
  });
});
