import { describe, expect, test } from 'vitest';
import { IDENTITY } from '../../src/ir/ops.ts';
import { deadCode } from '../../src/passes/dead-code.ts';
import { shareDuplicates } from '../../src/passes/share-duplicates.ts';
import { simplify } from '../../src/passes/simplify.ts';
import { expectSame, Source, text } from './support.ts';

describe('simplify', () => {
  test('drops every form of doing nothing', () => {
    const source = new Source();
    let x = source.input(1, 4, 4, 2);
    x = source.unary(x, 'relu');
    x = source.unary(x, IDENTITY);
    x = source.pad(x, [0, 0, 0, 0], 3);
    x = source.reshape(x, 1, 4, 4, 2);
    x = source.transpose(x, 0, 1, 2, 3);
    const all = { begin: [0, 0, 0, 0], size: [1, 4, 4, 2], step: [1, 1, 1, 1] };
    x = source.add('slice', all, [x]);
    x = source.add('tile', { repeats: [1, 1, 1, 1] }, [x]);
    x = source.add('concat', { axis: 3 }, [x]);
    x = source.add('resize2d', { mode: 'bilinear', size: [4, 4] }, [x]);
    x = source.maxPool(x, 1);
    x = source.norm(x, [0, 0], [1, 1], [0, 0]);
    x = source.binary('add', source.constant([1], [0]), x);
    x = source.binary('div', x, source.constant([2], [1, 1]));
    x = source.unary(x, { fn: 'tanh' });
    const graph = source.finish(x);
    const lowered = simplify.run(graph);
    expect(text(lowered)).toMatchInlineSnapshot(`
      "
      %0 = input "x" -> f32[1,4,4,2]
      %1 = unary(%0) unary=relu -> f32[1,4,4,2]  # relu
      %2 = unary(%1) unary=tanh -> f32[1,4,4,2]  # tanh
      return %2
      "
    `);
    expectSame(graph, lowered, 'exact');
  });

  test('keeps what only looks like nothing', () => {
    const source = new Source();
    const x = source.input(1, 1);
    const wider = source.binary('add', x, source.constant([3], [0, 0, 0]));
    const negated = source.binary('sub', source.constant([], [0]), x);
    const reversed = source.add('slice', { begin: [0, 2], size: [1, 3], step: [1, -1] }, [wider]);
    const graph = source.finish(negated, reversed);
    expect(simplify.run(graph).nodes.map((node) => node.op)).toEqual(['binary', 'binary', 'slice']);
  });

  test('joins reshapes, and drops them when they come back to where they started', () => {
    const source = new Source();
    const x = source.unary(source.input(1, 2, 3), 'relu');
    const flat = source.reshape(source.reshape(x, 3, 2), 6);
    const back = source.unary(source.reshape(source.reshape(x, 6), 1, 2, 3), 'tanh');
    const lowered = simplify.run(source.finish(flat, back));
    expect(text(lowered)).toMatchInlineSnapshot(`
      "
      %0 = input "x" -> f32[1,2,3]
      %1 = unary(%0) unary=relu -> f32[1,2,3]  # relu
      %2 = reshape(%1) shape=[6] -> f32[6]  # reshape
      %3 = unary(%1) unary=tanh -> f32[1,2,3]  # tanh
      return %2, %3
      "
    `);
  });

  test('a mean over axes of size 1 is a reshape', () => {
    const source = new Source();
    const x = source.input(1, 1, 1, 5);
    const mean = source.add('reduce', { fn: 'mean', axes: [1, 2], keepDims: false }, [x]);
    expect(text(simplify.run(source.finish(mean)))).toMatchInlineSnapshot(`
      "
      %0 = input "x" -> f32[1,1,1,5]
      %1 = reshape(%0) shape=[1,5] -> f32[1,5]  # reduce
      return %1
      "
    `);
  });

  test('the sign of signs is no work, also behind a pool and a reshape', () => {
    const source = new Source();
    const signs = source.unary(source.input(1, 2, 2, 3), 'sign');
    const pooled = source.reshape(source.maxPool(signs), 1, 3);
    const graph = source.finish(source.unary(source.unary(pooled, 'sign'), 'heaviside'));
    expect(text(simplify.run(graph))).toMatchInlineSnapshot(`
      "
      %0 = input "x" -> f32[1,2,2,3]
      %1 = unary(%0) unary=sign -> f32[1,2,2,3]  # sign
      %2 = maxPool2d(%1) size=[2,2] strides=2 -> f32[1,1,1,3]  # pool
      %3 = reshape(%2) shape=[1,3] -> f32[1,3]  # reshape
      %4 = unary(%3) unary=heaviside -> f32[1,3]  # heaviside
      return %4
      "
    `);
  });

  test('outputs keep their values, and an input that is returned its node', () => {
    const source = new Source();
    const x = source.input(1, 2);
    const same = source.unary(x, IDENTITY);
    const relu = source.unary(x, 'relu');
    const alias = source.unary(relu, IDENTITY);
    const lowered = simplify.run(source.finish(same, alias));
    expect(lowered.outputs).toEqual([same, alias]);
    expect(text(lowered)).toMatchInlineSnapshot(`
      "
      %0 = input "x" -> f32[1,2]
      %1 = unary(%0) -> f32[1,2]  # identity
      %2 = unary(%0) unary=relu -> f32[1,2]  # relu
      return %1, %2
      "
    `);
  });
});

describe('share-duplicates', () => {
  test('makes two quantizers of one tensor one', () => {
    const source = new Source();
    const x = source.unary(source.input(1, 2), 'tanh');
    const [a, b] = [source.unary(x, 'sign'), source.unary(x, 'sign')];
    const graph = source.finish(source.binary('add', a, source.unary(b, 'relu')));
    expect(text(shareDuplicates.run(graph))).toMatchInlineSnapshot(`
      "
      %0 = input "x" -> f32[1,2]
      %1 = unary(%0) unary=tanh -> f32[1,2]  # tanh
      %2 = unary(%1) unary=sign -> f32[1,2]  # sign
      %3 = unary(%2) unary=relu -> f32[1,2]  # relu
      %4 = binary(%2, %3) fn=add -> f32[1,2]  # add
      return %4
      "
    `);
  });

  test('tells infinities and zeros apart', () => {
    const source = new Source();
    const x = source.input(1, 2);
    const above = source.unary(x, { fn: 'clip', min: 0, max: Number.POSITIVE_INFINITY });
    const all = source.unary(x, {
      fn: 'clip',
      min: Number.NEGATIVE_INFINITY,
      max: Number.POSITIVE_INFINITY,
    });
    const graph = source.finish(source.binary('add', above, all));
    expect(shareDuplicates.run(graph).nodes.length).toBe(3);
  });
});

describe('dead-code', () => {
  test('drops nodes and constants that no output needs', () => {
    const source = new Source();
    const x = source.input(1, 2);
    source.binary('add', source.unary(x, 'tanh'), source.constant([2], [1, 2]));
    const lowered = deadCode.run(source.finish(source.unary(x, 'relu')));
    expect(text(lowered)).toMatchInlineSnapshot(`
      "
      %0 = input "x" -> f32[1,2]
      %1 = unary(%0) unary=relu -> f32[1,2]  # relu
      return %1
      "
    `);
    expect(lowered.values.size).toBe(2);
  });
});
