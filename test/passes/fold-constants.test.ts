import { describe, expect, test } from 'vitest';
import { foldConstants } from '../../src/passes/fold-constants.ts';
import { expectSame, Source, text } from './support.ts';

describe('fold-constants', () => {
  test('computes what depends on constants alone, a chain at once', () => {
    const source = new Source();
    const x = source.input(1, 2);
    const latent = source.constant([2, 2], [0.3, -0.2, 0, -5]);
    const signs = source.unary(latent, 'sign');
    const scaled = source.binary('mul', signs, source.constant([], [0.5]));
    const graph = source.finish(source.binary('add', x, scaled));
    const lowered = foldConstants.run(graph);
    expect(text(lowered)).toMatchInlineSnapshot(`
      "
      %0 = input "x" -> f32[1,2]
      %1 = binary(%0, b: f32[2,2]{0.5, -0.5, 0.5, -0.5}) fn=add -> f32[2,2]  # add
      return %1
      "
    `);
    expectSame(graph, lowered, 'exact');
  });

  test('leaves a constant output to a node', () => {
    const source = new Source();
    source.input(1);
    const graph = source.finish(source.unary(source.constant([2], [-1, 1]), 'relu'));
    expect(text(foldConstants.run(graph))).toMatchInlineSnapshot(`
      "
      %0 = input "x" -> f32[1]
      %1 = unary(x: f32[2]{-1, 1}) unary=relu -> f32[2]  # relu
      return %1
      "
    `);
  });
});
