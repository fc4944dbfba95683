import { describe, expect, test } from 'vitest';
import type { Shape } from '../../src/ir/graph.ts';
import type { ValueId } from '../../src/ir/ops.ts';
import { groupNorms } from '../../src/passes/group-norms.ts';
import { expectSame, Source, text } from './support.ts';

/** As PyTorch exports it: an instance norm of [N, groups, …]. */
function exported(s: Source, x: ValueId, groups: number, size: number, back: Shape): ValueId {
  const numbers = s.constant([groups], Array.from(s.quarters([groups])));
  const rows = s.transpose(s.reshape(x, 2, groups, size), 0, 2, 1);
  const normed = s.add('groupNorm', { groups, epsilon: 0.25 }, [rows, numbers, numbers]);
  return s.reshape(s.transpose(normed, 0, 2, 1), ...back);
}

describe('group-norms', () => {
  test('an instance norm of groups is a group norm', () => {
    const s = new Source();
    const x = s.input(2, 4, 2, 3);
    const graph = s.finish(exported(s, x, 2, 12, [2, 4, 2, 3]));
    const found = groupNorms.run(graph);
    expectSame(graph, found, 1e-6);
    expect(text(found)).toMatchInlineSnapshot(`
      "
      %0 = input "x" -> f32[2,4,2,3]
      %1 = transpose(%0) perm=[0,2,3,1] -> f32[2,2,3,4]  # groupNorm
      %2 = groupNorm(%1, gamma: f32[4]{0.25, 0.25, -1, -1}, beta: f32[4]{0.25, 0.25, -1, -1}) groups=2 epsilon=0.25 -> f32[2,2,3,4]  # groupNorm
      %3 = transpose(%2) perm=[0,3,1,2] -> f32[2,4,2,3]  # groupNorm
      return %3
      "
    `);
  });

  test('one of other channels than the groups hold stays', () => {
    const s = new Source();
    const x = s.input(2, 3, 2, 4);
    const graph = s.finish(exported(s, x, 2, 12, [2, 3, 2, 4]));
    expect(groupNorms.run(graph).nodes).toEqual(graph.nodes);
  });

  test('one that ends in another shape stays', () => {
    const s = new Source();
    const x = s.input(2, 4, 2, 3);
    const graph = s.finish(exported(s, x, 2, 12, [2, 4, 3, 2]));
    expect(groupNorms.run(graph).nodes).toEqual(graph.nodes);
  });
});
