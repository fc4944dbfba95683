import { describe, expect, test } from 'vitest';
import type { Unary, ValueId } from '../../src/ir/ops.ts';
import { ties } from '../../src/passes/ties.ts';
import { expectSame, Source } from './support.ts';

const SIGNUM: Unary = { fn: 'signum' };

/** The sign's function after the pass, in a network that reads it by a layer. */
function signOf(make: (source: Source) => ValueId): string {
  const source = new Source();
  const sign = source.unary(make(source), SIGNUM);
  const channels = source.builder.shape(sign).at(-1) as number;
  const read = source.dense(sign, [channels, 2], source.signs([channels, 2]), { name: 'reader' });
  const graph = source.finish(read);
  const lowered = ties.run(graph);
  const node = lowered.nodes.find(({ output }) => output === sign);
  return node?.op === 'unary' ? node.attrs.unary.fn : '';
}

/** A binary dense layer of 3 inputs: its sums are ±1 and ±3. */
function sums(s: Source, count = 3, bias?: number[]): ValueId {
  const bits = s.unary(s.input(1, count), 'sign');
  return s.dense(bits, [count, 2], s.signs([count, 2]), bias ? { bias } : {});
}

describe('ties', () => {
  test('a sum of floats is 0 by chance', () => {
    expect(signOf((s) => s.dense(s.input(1, 3), [3, 2], s.quarters([3, 2])))).toBe('sign');
    expect(signOf((s) => s.input(1, 3))).toBe('sign');
    expect(signOf((s) => s.norm(s.input(1, 2), [0, 1], [1, 2], [0, 3]))).toBe('sign');
  });

  test('a relu, a padding and integers are 0 often', () => {
    expect(signOf((s) => s.unary(s.input(1, 3), 'relu'))).toBe('signum');
    expect(signOf((s) => s.binary('max', s.input(1, 3), s.constant([], [0])))).toBe('signum');
    expect(signOf((s) => s.pad(s.input(1, 3, 3, 2), [1, 1, 1, 1], 0))).toBe('signum');
    expect(signOf((s) => s.unary(s.input(1, 3), { fn: 'round' }))).toBe('signum');
    expect(signOf((s) => s.unary(s.input(1, 3), 'heaviside'))).toBe('signum');
    const integers = (s: Source) => s.add('cast', { to: 'i32' }, [s.input(1, 3)]);
    expect(signOf((s) => s.add('cast', { to: 'f32' }, [integers(s)]))).toBe('signum');
  });

  test('what is added to a relu may take its zeros away', () => {
    const relu = (s: Source) => s.unary(s.input(1, 2), 'relu');
    expect(signOf((s) => s.norm(relu(s), [0, 0], [1, 1], [1, 1]))).toBe('sign');
    expect(signOf((s) => s.norm(relu(s), [0, 0], [1, 1], [1, 0]))).toBe('signum');
    expect(signOf((s) => s.binary('add', relu(s), relu(s)))).toBe('signum');
  });

  test('every sum of bits is tried', () => {
    expect(signOf((s) => sums(s))).toBe('sign');
    expect(signOf((s) => sums(s, 4))).toBe('signum');
    expect(signOf((s) => sums(s, 4, [0.5, 0.25]))).toBe('sign');
    expect(signOf((s) => sums(s, 3, [0.5, 1]))).toBe('signum');
    expect(signOf((s) => s.norm(sums(s, 4), [1, 1], [0.5, -2], [0, 0]))).toBe('sign');
    expect(signOf((s) => s.norm(sums(s, 4), [1, 1], [0.5, -2], [0, 2]))).toBe('signum');
    expect(signOf((s) => s.unary(sums(s), 'relu'))).toBe('signum');
  });

  test('so are the three numbers of another sign', () => {
    const shifted = (s: Source, by: number[]) =>
      s.norm(s.unary(s.input(1, 2), SIGNUM), [0, 0], [1, 1], by);
    expect(signOf((s) => shifted(s, [0.5, -0.25]))).toBe('sign');
    expect(signOf((s) => shifted(s, [0.5, -1]))).toBe('signum');
  });

  test('a sign that no layer reads stays', () => {
    const source = new Source();
    const graph = source.finish(source.unary(source.input(1, 3), SIGNUM));
    expect(ties.run(graph).nodes).toEqual(graph.nodes);
  });

  test('where it is proven, every number stays', () => {
    const source = new Source();
    const sign = source.unary(sums(source, 4, [0.5, 0.25]), SIGNUM);
    const graph = source.finish(source.dense(sign, [2, 2], source.signs([2, 2])));
    expectSame(graph, ties.run(graph), 'exact');
  });
});
