import { describe, expect, test } from 'vitest';
import { GraphBuilder } from '../../src/ir/builder.ts';
import { IDENTITY } from '../../src/ir/ops.ts';
import { Interpreter } from '../../src/ir/reference/interpreter.ts';
import { verifyGraph } from '../../src/ir/verify.ts';
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

  test('computes integers, choices and what they lead to', () => {
    const builder = new GraphBuilder();
    const from = { name: 'fold', sourceOp: 'Layer' };
    const integers = (shape: number[], ...values: number[]) =>
      builder.constant('c', { dtype: 'i32', shape }, Int32Array.from(values));
    const x = builder.input('x', { dtype: 'i32', shape: [2, 2] });
    const a = integers([2, 2], 1, -2, 9, 2 ** 31 - 1);
    const sum = builder.add('integer', { fn: 'add' }, [a, integers([], 1)], from);
    const less = builder.add('compare', { fn: 'less' }, [sum, integers([], 0)], from);
    const chosen = builder.add('where', {}, [less, integers([], 7), sum], from);
    const product = builder.add('matmul', {}, [chosen, integers([2, 2], 0, 1, 1, 0)], from);
    const most = { fn: 'argMax', axis: 1, keepDims: true, last: false } as const;
    const place = builder.add('argReduce', most, [product], from);
    const moved = builder.add('transpose', { perm: [1, 0] }, [place], from);
    const scale = builder.add('cast', { to: 'f32' }, [place], from);
    const y = builder.add('integer', { fn: 'mul' }, [x, product], from);
    const z = builder.add('integer', { fn: 'sub' }, [y, moved], from);
    const widened = builder.add('cast', { to: 'f32' }, [z], from);
    const last = { fn: 'mul', activation: IDENTITY } as const;
    const graph = builder.finish('net', [builder.add('binary', last, [widened, scale], from), y]);
    const lowered = foldConstants.run(graph);
    verifyGraph(lowered, 'source');
    expect(text(lowered)).toMatchInlineSnapshot(`
      "
      %0 = input "x" -> i32[2,2]
      %1 = integer(%0, b: i32[2,2]{7, 2, 7, 10}) fn=mul -> i32[2,2]  # fold
      %2 = integer(%1, b: i32[1,2]{0, 1}) fn=sub -> i32[2,2]  # fold
      %3 = cast(%2) to=f32 -> f32[2,2]  # fold
      %4 = binary(%3, b: f32[2,1]{0, 1}) fn=mul -> f32[2,2]  # fold
      return %4, %1
      "
    `);
    const run = (of: typeof graph) => new Interpreter(of).run([Int32Array.of(1, 2, 3, 4)]);
    expect(run(lowered)).toEqual(run(graph));
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
