import { describe, expect, test } from 'vitest';
import type { BinaryFn } from '../../src/ir/ops.ts';
import { toBatchNorm } from '../../src/passes/to-batch-norm.ts';
import { expectSame, Source, text } from './support.ts';

function lower(build: (source: Source, x: number) => number): string {
  const source = new Source();
  const graph = source.finish(build(source, source.input(1, 2, 3)));
  const lowered = toBatchNorm.run(graph);
  expectSame(graph, lowered, 'exact');
  return text(lowered);
}

describe('to-batch-norm', () => {
  test('x + c', () => {
    const found = lower((s, x) => s.binary('add', x, s.constant([3], [0.1, 0.2, 0.3])));
    expect(found).toMatchInlineSnapshot(`
      "
      %0 = input "x" -> f32[1,2,3]
      %1 = batchNorm(%0, mean: f32[3]{all 0}, scale: f32[3]{all 1}, offset: f32[3]{0.1, 0.2, 0.3}) -> f32[1,2,3]  # add
      return %1
      "
    `);
  });

  test('x - c', () => {
    const found = lower((s, x) => s.binary('sub', x, s.constant([1, 1, 3], [0.1, 0.2, 0.3])));
    expect(found).toMatchInlineSnapshot(`
      "
      %0 = input "x" -> f32[1,2,3]
      %1 = batchNorm(%0, mean: f32[3]{0.1, 0.2, 0.3}, scale: f32[3]{all 1}, offset: f32[3]{all 0}) -> f32[1,2,3]  # sub
      return %1
      "
    `);
  });

  test('c - x', () => {
    const found = lower((s, x) => s.binary('sub', s.constant([], [0.7]), x));
    expect(found).toMatchInlineSnapshot(`
      "
      %0 = input "x" -> f32[1,2,3]
      %1 = batchNorm(%0, mean: f32[3]{all 0}, scale: f32[3]{all -1}, offset: f32[3]{all 0.7}) -> f32[1,2,3]  # sub
      return %1
      "
    `);
  });

  test('x / c for powers of two', () => {
    const found = lower((s, x) => s.binary('div', x, s.constant([3], [4, 0.5, -8])));
    expect(found).toMatchInlineSnapshot(`
      "
      %0 = input "x" -> f32[1,2,3]
      %1 = batchNorm(%0, mean: f32[3]{all 0}, scale: f32[3]{0.25, 2, -0.125}, offset: f32[3]{all 0}) -> f32[1,2,3]  # div
      return %1
      "
    `);
  });

  test('multiplied, then added: one batch norm with the roundings of the two', () => {
    const found = lower((s, x) => {
      const scaled = s.binary('mul', x, s.constant([1], [1 / 255]));
      return s.binary('add', scaled, s.constant([3], [-0.1, -0.2, -0.3]));
    });
    expect(found).toMatchInlineSnapshot(`
      "
      %0 = input "x" -> f32[1,2,3]
      %1 = batchNorm(%0, mean: f32[3]{all 0}, scale: f32[3]{all 0.003921569}, offset: f32[3]{-0.1, -0.2, -0.3}) -> f32[1,2,3]  # add
      return %1
      "
    `);
  });

  test('added, then multiplied, then added', () => {
    const found = lower((s, x) => {
      const centred = s.binary('add', x, s.constant([3], [0.1, 0.2, 0.3]));
      return s.norm(centred, [0, 0, 0], [0.3, 0.4, 0.5], [1, 2, 3]);
    });
    expect(found).toMatchInlineSnapshot(`
      "
      %0 = input "x" -> f32[1,2,3]
      %1 = batchNorm(%0, mean: f32[3]{-0.1, -0.2, -0.3}, scale: f32[3]{0.3, 0.4, 0.5}, offset: f32[3]{1, 2, 3}) -> f32[1,2,3]  # norm
      return %1
      "
    `);
  });

  test.each<[string, (s: Source, x: number) => number]>([
    ['two multiplications', (s, x) => chain(s, x, ['mul', 'mul'])],
    ['two additions', (s, x) => chain(s, x, ['add', 'add'])],
    ['a division that rounds', (s, x) => chain(s, x, ['div'])],
    ['c / x', (s, x) => s.binary('div', s.constant([], [2]), x)],
    [
      'a constant that is not per channel',
      (s, x) => s.binary('add', x, s.constant([2, 1], [1, 2])),
    ],
    [
      'a constant that makes x larger',
      (s, x) => s.binary('add', x, s.constant([4, 1, 1], [1, 2, 3, 4])),
    ],
  ])('%s stays as it is', (_, build) => {
    const source = new Source();
    const graph = source.finish(build(source, source.input(1, 2, 3)));
    const [before, after] = [graph, toBatchNorm.run(graph)].map((g) => g.nodes.length);
    expect(after).toBe(before);
    expectSame(graph, toBatchNorm.run(graph), 'exact');
  });
});

function chain(source: Source, x: number, fns: readonly BinaryFn[]): number {
  return fns.reduce((y, fn) => source.binary(fn, y, source.constant([3], [0.1, 0.7, 1.3])), x);
}
