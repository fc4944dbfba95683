import { describe, expect, test } from 'vitest';
import { type Graph, getValue, type TensorData } from '../../src/ir/graph.ts';
import type { Pads, ValueId } from '../../src/ir/ops.ts';
import { expectSame, runUntil, Source, text } from './support.ts';

/** The graph after `thresholds`, for a chain on a binary dense layer of 5 inputs. */
function lowerDense(chain: (source: Source, x: number) => number, weights: number[]): Graph {
  const source = new Source();
  const signs = source.unary(source.input(1, 5), 'sign');
  const channels = weights.length / 5;
  const bits = source.unary(chain(source, source.dense(signs, [5, channels], weights)), 'sign');
  return lower(source, source.dense(bits, [channels, 1], source.signs([channels, 1])));
}

function lower(source: Source, ...outputs: number[]): Graph {
  const graph = source.finish(...outputs);
  const lowered = runUntil('thresholds', graph);
  expectSame(graph, lowered, 'exact');
  return lowered;
}

/** The constant operand of the first node of that op. */
function operand(graph: Graph, op: string, index: number): TensorData | undefined {
  const node = graph.nodes.find((node) => node.op === op);
  return getValue(graph, node?.inputs[index] as ValueId).data;
}

const BIT_OPS = ['binarize', 'dense', 'reshape'];

/** Five equal rows of weights. */
const ROWS = (row: number[]): number[] => Array.from({ length: 5 }, () => row).flat();

describe('thresholds', () => {
  test('bias, batch norm and sign become one integer per channel', () => {
    const lowered = lowerDense((s, x) => s.norm(x, [0.5, 1], [2, 3], [0, 3]), ROWS([1, 1]));
    expect(text(lowered)).toMatchInlineSnapshot(`
      "
      %0 = input "x" -> f32[1,5]
      %1 = binarize(%0, threshold: f32[5]{all 0}, direction: f32[5]{all 1}) -> bit[1,5]  # sign
      %2 = dense(%1, w: bit[5,2]{all +}, threshold: i32[2]{1, 0}) epilogue=sign -> bit[1,2]  # dense
      %3 = dense(%2, w: bit[2,1]{+-}, mean: f32[1]{0}, scale: f32[1]{1}, offset: f32[1]{0}) epilogue=norm -> f32[1,1]  # dense
      return %3
      "
    `);
  });

  test('a sum that lands on the threshold is +1, as in the source', () => {
    const thresholds = (mean: number) =>
      operand(
        lowerDense((s, x) => s.norm(x, [mean], [1], [0]), ROWS([1])),
        'dense',
        2,
      );
    expect(thresholds(1)).toEqual(Int32Array.of(1));
    expect(thresholds(0.999)).toEqual(Int32Array.of(1));
    expect(thresholds(1.001)).toEqual(Int32Array.of(2));
  });

  test('a negative slope flips the weights of its channel; a slope of 0 is a constant', () => {
    const lowered = lowerDense(
      (s, x) => s.norm(x, [1, 1, 0, 0], [1, -1, 0, 0], [0, 0, 1, -1]),
      ROWS([1, 1, 1, 1]),
    );
    expect(operand(lowered, 'dense', 1)).toEqual(Uint8Array.from(ROWS([0, 1, 0, 0])));
    const largest = 2 ** 31 - 1;
    expect(operand(lowered, 'dense', 2)).toEqual(Int32Array.of(1, -1, -largest, largest));
  });

  test("rounding is the source's: an offset that swallows the sum decides alone", () => {
    const lowered = lowerDense(
      (s, x) => s.norm(x, [0, 0], [1, 1], [2 ** 26, -(2 ** 26)]),
      ROWS([1, 1]),
    );
    const largest = 2 ** 31 - 1;
    expect(operand(lowered, 'dense', 2)).toEqual(Int32Array.of(-largest, largest));
  });

  test('monotone functions of every kind are passed, what is not monotone is not', () => {
    const passes = (chain: (source: Source, x: number) => number): boolean =>
      lowerDense(chain, ROWS([1, 1])).nodes.every((node) => BIT_OPS.includes(node.op));
    expect(passes((s, x) => s.unary(x, 'relu'))).toBe(true);
    expect(passes((s, x) => s.unary(x, { fn: 'neg' }))).toBe(true);
    expect(
      passes((s, x) => s.unary(s.binary('sub', s.unary(x, 'tanh'), s.constant([], [0.9])), 'tanh')),
    ).toBe(true);
    expect(passes((s, x) => s.binary('prelu', x, s.constant([2], [0.5, 0])))).toBe(true);
    expect(passes((s, x) => s.binary('div', x, s.constant([2], [3, -3])))).toBe(true);
    expect(passes((s, x) => s.binary('max', s.constant([], [-2]), x))).toBe(true);
    expect(passes((s, x) => s.binary('min', x, s.constant([2], [1, -1])))).toBe(true);
    expect(passes((s, x) => s.reshape(x, 1, 1, 2))).toBe(true);
    expect(passes((s, x) => s.unary(x, { fn: 'abs' }))).toBe(false);
    expect(passes((s, x) => s.unary(x, { fn: 'swish' }))).toBe(false);
    expect(passes((s, x) => s.binary('prelu', x, s.constant([2], [0.5, -1])))).toBe(false);
    expect(passes((s, x) => s.binary('div', s.constant([], [1]), x))).toBe(false);
  });

  test('pools pool bits: AND where the sign rises behind the pool, OR where it falls', () => {
    const source = new Source();
    const signs = source.unary(source.input(1, 4, 4, 1), 'sign');
    const conv = source.conv(signs, [1, 2, 1, 4], [1, 1, 1, 1, -1, 1, 1, 1]);
    const before = source.norm(conv, [0, 0, 0, 0], [1, -1, 1, -1], [1, 1, 1, 1], 'before');
    const pooled = source.maxPool(before, 2, 1);
    const behind = source.norm(pooled, [1, 1, 1, 1], [1, 1, -1, -1], [0, 0, 0, 0], 'behind');
    const bits = source.unary(behind, 'sign');
    const lowered = lower(source, source.conv(bits, [1, 1, 4, 1], [1, 1, -1, 1]));
    expect(text(lowered)).toMatchInlineSnapshot(`
      "
      %0 = input "x" -> f32[1,4,4,1]
      %1 = binarize(%0, threshold: f32[1]{0}, direction: f32[1]{1}) -> bit[1,4,4,1]  # sign
      %2 = conv2d(%1, w: bit[1,2,1,4]{+--+---+}, threshold: i32[4]{all 0}) epilogue=sign -> bit[1,4,3,4]  # conv
      %3 = maxPool2d(%2, orMask: bit[4]{++--}) size=[2,2] -> bit[1,3,2,4]  # pool
      %4 = conv2d(%3, w: bit[1,1,4,1]{++-+}, mean: f32[1]{0}, scale: f32[1]{1}, offset: f32[1]{0}) epilogue=norm -> f32[1,3,2,1]  # conv
      return %4
      "
    `);
  });

  test.each<[string, number]>([
    ['zeros', 0],
    ['ones', 1],
  ])('flipped weights and padding with %s', (_, value) => {
    const source = new Source();
    const signs = source.unary(source.input(1, 3, 3, 1), 'sign');
    const pads: Pads = [1, 1, 1, 1];
    const padded = value === 0 ? signs : source.pad(signs, pads, value);
    const conv = source.conv(
      padded,
      [3, 3, 1, 2],
      source.signs([3, 3, 1, 2]),
      value === 0 ? { pads } : {},
    );
    const bits = source.unary(source.norm(conv, [0.5, -0.5], [-1, -2], [0, 0]), 'sign');
    lower(source, source.conv(bits, [3, 3, 2, 1], source.signs([3, 3, 2, 1])));
  });

  test('a float sum gets a float threshold, and float weights a flipped sign', () => {
    const source = new Source();
    const dense = source.dense(source.input(1, 2), [2, 2], [0.5, 0.25, -1, 2], { bias: [0.25, 0] });
    const bits = source.unary(source.norm(dense, [0, 0], [3, -0.3], [0, 0.6]), 'sign');
    expect(text(lower(source, source.dense(bits, [2, 1], [1, -1])))).toMatchInlineSnapshot(`
      "
      %0 = input "x" -> f32[1,2]
      %1 = dense(%0, w: f32[2,2]{0.5, -0.25, -1, -2}, threshold: f32[2]{-0.25, -2}) epilogue=sign -> bit[1,2]  # dense
      %2 = dense(%1, w: bit[2,1]{+-}, mean: f32[1]{0}, scale: f32[1]{1}, offset: f32[1]{0}) epilogue=norm -> f32[1,1]  # dense
      return %2
      "
    `);
  });

  test('without a layer the sign keeps the chain as thresholds and directions', () => {
    const source = new Source();
    const x = source.input(1, 2, 2, 2);
    const sum = source.binary('add', x, source.unary(x, 'relu'));
    const pooled = source.maxPool(source.norm(sum, [1, 1], [2, -2], [0, 0]));
    const bits = source.unary(pooled, 'sign');
    expect(text(lower(source, source.conv(bits, [1, 1, 2, 1], [1, 1])))).toMatchInlineSnapshot(`
      "
      %0 = input "x" -> f32[1,2,2,2]
      %1 = unary(%0) unary=relu -> f32[1,2,2,2]  # relu
      %2 = binary(%0, %1) fn=add -> f32[1,2,2,2]  # add
      %3 = binarize(%2, threshold: f32[2]{1, -1}, direction: f32[2]{1, -1}) -> bit[1,2,2,2]  # sign
      %4 = maxPool2d(%3) size=[2,2] strides=2 -> bit[1,1,1,2]  # pool
      %5 = conv2d(%4, w: bit[1,1,2,1]{all +}, mean: f32[1]{0}, scale: f32[1]{1}, offset: f32[1]{0}) epilogue=norm -> f32[1,1,1,1]  # conv
      return %5
      "
    `);
  });

  test('a value with another reader is left to it', () => {
    const source = new Source();
    const signs = source.unary(source.input(1, 5), 'sign');
    const normed = source.norm(
      source.dense(signs, [5, 2], source.signs([5, 2])),
      [1, 2],
      [0.3, -2],
      [0, 1],
    );
    const next = source.dense(source.unary(normed, 'sign'), [2, 2], [1, 1, -1, 1]);
    expect(text(lower(source, source.binary('add', normed, next)))).toMatchInlineSnapshot(`
      "
      %0 = input "x" -> f32[1,5]
      %1 = binarize(%0, threshold: f32[5]{all 0}, direction: f32[5]{all 1}) -> bit[1,5]  # sign
      %2 = dense(%1, w: bit[5,2], mean: f32[2]{all 0}, scale: f32[2]{all 1}, offset: f32[2]{all 0}) epilogue=norm -> f32[1,2]  # dense
      %3 = batchNorm(%2, mean: f32[2]{1, 2}, scale: f32[2]{0.3, -2}, offset: f32[2]{0, 1}) -> f32[1,2]  # norm
      %4 = binarize(%3, threshold: f32[2]{all 0}, direction: f32[2]{all 1}) -> bit[1,2]  # sign
      %5 = dense(%4, w: bit[2,2]{++-+}, mean: f32[2]{all 0}, scale: f32[2]{all 1}, offset: f32[2]{all 0}) epilogue=norm -> f32[1,2]  # dense
      %6 = binary(%3, %5) fn=add -> f32[1,2]  # add
      return %6
      "
    `);
  });

  test('a heaviside is a comparison with > 0', () => {
    const source = new Source();
    const signs = source.unary(source.input(1, 5), 'sign');
    const steps = source.unary(
      source.norm(source.dense(signs, [5, 2], ROWS([1, 1])), [1, 1], [1, -1], [0, 0]),
      'heaviside',
    );
    const lowered = lower(source, source.dense(steps, [2, 1], [1, -1]));
    // Set for sums above 1, that is, negated sums below -1; set for sums below 1.
    expect(operand(lowered, 'dense', 1)).toEqual(Uint8Array.from(ROWS([1, 0])));
    expect(operand(lowered, 'dense', 2)).toEqual(Int32Array.of(-1, 1));
  });
});
