import { describe, expect, test } from 'vitest';
import type { Graph } from '../../src/ir/graph.ts';
import type { ValueId } from '../../src/ir/ops.ts';
import { optimize } from '../../src/passes/index.ts';
import { expectSame, runUntil, Source, text } from './support.ts';

const SHAPE = [1, 3, 3, 2] as const;

/** A 3x3 convolution of the signs of x by signs, and a norm. */
function branch(source: Source, x: ValueId): ValueId {
  const kernel = [3, 3, 2, 2];
  const conv = source.conv(source.unary(x, 'sign'), kernel, source.signs(kernel), {
    pads: [1, 1, 1, 1],
  });
  return source.norm(conv, [0.25, -1], [0.5, 0.75], [1, -0.5]);
}

function epilogues(graph: Graph): string[] {
  return graph.nodes.flatMap((node) =>
    'epilogue' in node.attrs ? [node.attrs.epilogue.kind] : [],
  );
}

describe('fuse-sums', () => {
  test('a binary convolution adds its shortcut, and what follows the sum is its activation', () => {
    const source = new Source();
    const x = source.input(...SHAPE);
    const graph = source.finish(source.unary(source.binary('add', x, branch(source, x)), 'relu'));
    const lowered = runUntil('fuse-sums', graph);
    expect(text(lowered)).toMatchInlineSnapshot(`
      "
      %0 = input "x" -> f32[1,3,3,2]
      %1 = binarize(%0, threshold: f32[2]{all 0}, direction: f32[2]{all 1}) -> bit[1,3,3,2]  # sign
      %2 = conv2d(%1, w: bit[3,3,2,2], mean: f32[2]{0.25, -1}, scale: f32[2]{0.5, 0.75}, offset: f32[2]{1, -0.5}, %0) pads=1 epilogue=add activation=relu -> f32[1,3,3,2]  # conv
      return %2
      "
    `);
    expectSame(graph, lowered, 'exact');
  });

  test('either term may be the convolution; of two it is the second', () => {
    const source = new Source();
    const x = source.input(...SHAPE);
    const first = source.binary('add', branch(source, x), x);
    const both = source.binary('add', branch(source, first), branch(source, x));
    const graph = source.finish(both);
    const lowered = optimize(graph);
    expect(epilogues(lowered).sort()).toEqual(['add', 'add', 'norm']);
    expect(lowered.nodes.some(({ op }) => op === 'binary')).toBe(false);
    expectSame(graph, lowered, 'exact');
  });

  test('not where the convolution is read again, ends in a function, or is spread over the sum', () => {
    const source = new Source();
    const x = source.input(...SHAPE);
    const twice = branch(source, x);
    const doubled = branch(source, x);
    const activated = source.unary(branch(source, x), 'relu');
    const kernel = [3, 3, 2, 2];
    const pixel = source.norm(
      source.conv(source.unary(x, 'sign'), kernel, source.signs(kernel)),
      [0.25, -1],
      [0.5, 0.75],
      [1, -0.5],
    );
    const graph = source.finish(
      source.binary('add', x, twice),
      twice,
      source.binary('add', doubled, doubled),
      source.binary('add', x, activated),
      source.binary('add', x, pixel),
    );
    const lowered = optimize(graph);
    expect(epilogues(lowered)).not.toContain('add');
    expectSame(graph, lowered, 'exact');
  });

  test('not of floats', () => {
    const source = new Source();
    const x = source.input(...SHAPE);
    const conv = source.conv(x, [1, 1, 2, 2], source.signs([1, 1, 2, 2]));
    const graph = source.finish(source.binary('add', x, source.norm(conv, [1, 2], [3, 4], [5, 6])));
    expect(epilogues(optimize(graph))).not.toContain('add');
  });
});
