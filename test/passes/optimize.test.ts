import { describe, expect, test } from 'vitest';
import { IDENTITY, type ValueId } from '../../src/ir/ops.ts';
import { optimize, PASSES } from '../../src/passes/index.ts';
import { expectSame, Source, text } from './support.ts';

/** A small binary network as an importer gives it. */
function network() {
  const source = new Source();
  let x = source.norm(source.input(1, 6, 6, 1), [0], [1 / 4], [-0.5], 'rescale');
  x = source.conv(x, [3, 3, 1, 4], source.quarters([3, 3, 1, 4]), { name: 'conv1' });
  x = source.norm(x, [0.1, 0.2, 0.3, 0.4], [1, -1, 0.5, 2], [0, 0.1, 0.2, 0.3], 'norm1');
  x = source.unary(x, 'sign');
  x = source.conv(x, [3, 3, 4, 8], source.signs([3, 3, 4, 8]), {
    name: 'conv2',
    pads: [1, 1, 1, 1],
  });
  x = source.maxPool(x);
  x = source.norm(
    x,
    source.builder
      .shape(x)
      .map(() => 0)
      .concat([1, 1, 1, 1]),
    [1, -1, 1, -1, 2, -2, 2, -2],
    [1, 1, 1, 1, 1, 1, 1, 1],
    'norm2',
  );
  x = source.reshape(x, 1, 32);
  x = source.unary(x, 'sign');
  x = source.dense(x, [32, 3], source.signs([32, 3]), { name: 'fc' });
  x = source.norm(x, [1, 2, 3], [0.5, 0.25, 0.125], [0, 0, 1], 'norm3');
  return source.finish(source.add('softmax', { axis: 1, variant: 'softmax' }, [x]));
}

describe('optimize', () => {
  test('a binary network', () => {
    const graph = network();
    const lowered = optimize(graph);
    expect(text(lowered)).toMatchInlineSnapshot(`
      "
      %0 = input "x" -> f32[1,6,6,1]
      %1 = conv2d(%0, w: f32[3,3,1,4], threshold: f32[4]{0.47500002, 0.57500005, -0.59999996, 0.5}) epilogue=sign -> bit[1,4,4,4]  # conv1
      %2 = conv2d(%1, w: bit[3,3,4,8], threshold: i32[8]{-1, -1, -1, -1, 1, -1, 1, -1}) pads=1 epilogue=sign -> bit[1,4,4,8]  # conv2
      %3 = maxPool2d(%2, orMask: bit[8]{+-+-+-+-}) size=[2,2] strides=2 -> bit[1,2,2,8]  # pool
      %4 = conv2d(%3, w: bit[2,2,8,3], mean: f32[3]{1, 2, 3}, scale: f32[3]{0.5, 0.25, 0.125}, offset: f32[3]{0, 0, 1}) epilogue=norm -> f32[1,1,1,3]  # fc
      %5 = reshape(%4) shape=[1,3] -> f32[1,3]  # fc
      %6 = softmax(%5) axis=1 -> f32[1,3]  # softmax
      return %6
      "
    `);
    expectSame(graph, lowered, 'exact');
  });

  test('the same kept in float', () => {
    const graph = network();
    const lowered = optimize(graph, { binary: false });
    expect(text(lowered)).toMatchInlineSnapshot(`
      "
      %0 = input "x" -> f32[1,6,6,1]
      %1 = conv2d(%0, w: f32[3,3,1,4], bias: f32[4]{-0.475, -0.575, 0.3, -1}) activation=sign -> f32[1,4,4,4]  # conv1
      %2 = conv2d(%1, w: f32[3,3,4,8], bias: f32[8]{all 0}) pads=1 -> f32[1,4,4,8]  # conv2
      %3 = maxPool2d(%2) size=[2,2] strides=2 -> f32[1,2,2,8]  # pool
      %4 = batchNorm(%3, mean: f32[8]{0, 0, 0, 0, 1, 1, 1, 1}, scale: f32[8]{1, -1, 1, -1, 2, -2, 2, -2}, offset: f32[8]{all 1}) activation=sign -> f32[1,2,2,8]  # norm2
      %5 = reshape(%4) shape=[1,32] -> f32[1,32]  # reshape
      %6 = dense(%5, w: f32[32,3], bias: f32[3]{-0.5, -0.5, 0.625}) -> f32[1,3]  # fc
      %7 = softmax(%6) axis=1 -> f32[1,3]  # softmax
      return %7
      "
    `);
    expectSame(graph, lowered, 1e-5);
  });

  test('does not change the graph that it is given', () => {
    const graph = network();
    const before = text(graph);
    optimize(graph);
    expect(text(graph)).toBe(before);
  });

  test('tells of each pass', () => {
    const names: string[] = [];
    const graphs: number[] = [];
    const lowered = optimize(network(), {
      onPass: (name, graph) => {
        names.push(name);
        graphs.push(graph.nodes.length);
      },
    });
    expect(names).toEqual(PASSES.map((pass) => pass.name));
    expect(graphs.at(-1)).toBe(lowered.nodes.length);
  });

  test('a fused layer computes the last value under its own name', () => {
    const source = new Source();
    const dense = source.dense(source.input(1, 2), [2, 1], [1, 2], { name: 'fc' });
    const relu = source.unary(source.norm(dense, [1], [2], [3]), 'relu');
    const [node, ...rest] = optimize(source.finish(relu)).nodes;
    expect(rest).toEqual([]);
    expect(node).toMatchObject({ output: relu, name: 'fc', sourceOp: 'dense' });
  });
});

/** Eight times the nodes take about eight times the time; quadratic passes take 64 times. */
describe('long chains', () => {
  const steps: [string, (source: Source, x: ValueId, i: number) => ValueId][] = [
    ['identities', (s, x) => s.unary(x, IDENTITY)],
    ['functions', (s, x) => s.unary(x, 'tanh')],
    [
      'reshapes and functions',
      (s, x, i) => (i % 2 ? s.unary(x, 'tanh') : s.reshape(x, ...(i % 4 ? [1, 4] : [4, 1]))),
    ],
    ['batch norms', (s, x, i) => s.binary('add', x, s.constant([4], [i, 1, 2, 3]))],
    ['transposes and functions', (s, x, i) => (i % 2 ? s.unary(x, 'tanh') : s.transpose(x, 1, 0))],
    [
      'steps of one value',
      (s, x, i) =>
        i % 2 ? s.unary(x, { fn: 'signum' }) : s.binary('add', x, s.constant([], [0.5])),
    ],
    ['residuals', (s, x, i) => s.binary('add', x, i > 3 && i % 3 === 0 ? x - 1 : x)],
    [
      'binary layers',
      (s, x, i) => (i % 2 ? s.unary(x, 'sign') : s.dense(x, [4, 4], s.signs([4, 4]))),
    ],
  ];

  test.each(steps)('%s', { retry: 2 }, (_, step) => {
    const measure = (length: number): number => {
      const source = new Source();
      let x = source.input(1, 4);
      for (let i = 0; i < length; i++) x = step(source, x, i);
      const graph = source.builder.finish('long', [x]);
      const start = performance.now();
      optimize(graph);
      return performance.now() - start;
    };
    const [short, again, long] = [measure(1000), measure(1000), measure(8000)];
    expect(long / Math.min(short, again)).toBeLessThan(32);
  });
});
