/** Which kernels ops become, beyond what runs of the C show; and what is refused. */
import { describe, expect, test } from 'vitest';
import { BinarynetError } from '../../src/errors.ts';
import { IDENTITY, type OpAttrs } from '../../src/ir/ops.ts';
import { planProgram } from '../../src/plan/plan.ts';
import type { Program } from '../../src/plan/program.ts';
import { targetNamed } from '../../src/plan/targets.ts';
import { loadKernelSources } from '../../src/toolchain/kernel-sources.ts';
import { SmallNet } from '../support/small-net.ts';

const kernels = loadKernelSources();

function plan(build: (net: SmallNet) => readonly number[]): Program {
  const net = new SmallNet();
  const graph = net.finish(build(net));
  return planProgram(graph, targetNamed('portable'), { name: 'net', kernels });
}

function kernelsOf(program: Program): string[] {
  return program.calls.map(({ kernel }) => kernel.replace('__scalar', ''));
}

function refusalOf(build: (net: SmallNet) => readonly number[]): string {
  try {
    plan(build);
  } catch (error) {
    if (error instanceof BinarynetError) return error.problems.map(({ found }) => found).join();
    throw error;
  }
  throw new Error('nothing was refused');
}

describe('casts', () => {
  test('floats become narrow integers by way of i32, and bools at once', () => {
    const program = plan((net) => {
      const x = net.input([1, 4]);
      return (['i8', 'bool'] as const).map((to) => net.toFloats(net.add('cast', { to }, [x])));
    });
    expect(kernelsOf(program)).toEqual([
      ...['cast_f32_i32', 'cast_i32_i8', 'cast_i8_f32'],
      ...['cast_f32_bool', 'cast_u8_f32'],
    ]);
  });

  test('a cast to the same type is nothing', () => {
    const program = plan((net) => [net.toFloats(net.unary(net.input([1, 4]), { fn: 'neg' }))]);
    expect(kernelsOf(program)).toEqual(['unary_f32_f32']);
  });
});

describe('broadcasting', () => {
  const wide = [2, 2, 2, 2, 2, 2, 2];
  const odd = [2, 1, 2, 1, 2, 1, 2];

  test('axes that every operand walks alike count as one', () => {
    const program = plan((net) => {
      const x = net.toIntegers(net.input(wide));
      return [net.toFloats(net.add('integer', { fn: 'add' }, [x, net.integers([2, 2])]))];
    });
    const call = program.calls.find(({ kernel }) => kernel.startsWith('add_i32'));
    expect(call?.shape).toMatchObject({ size: [1, 1, 1, 1, 32, 4], b_stride: [0, 0, 0, 0, 0, 1] });
  });

  test.each([
    ['integer', (net: SmallNet) => net.add('integer', { fn: 'add' }, operands(net))],
    ['compare', (net: SmallNet) => net.add('compare', { fn: 'less' }, operands(net))],
    ['where', (net: SmallNet) => net.add('where', {}, [...operands(net), net.integers([])])],
    [
      'matmul',
      (net: SmallNet) => {
        const [a, b] = operands(net) as [number, number];
        const stack = (x: number, shape: readonly number[]) =>
          net.add('reshape', { shape: [...shape, 1, 1] }, [x]);
        return net.add('matmul', {}, [stack(a, wide), stack(b, odd)]);
      },
    ],
  ] as const)('%s over more axes than the kernels have is refused', (_op, add) => {
    expect(refusalOf((net) => [net.toFloats(add(net))])).toBe(
      'it broadcasts over 7 axes; the kernels have 6.',
    );
  });

  function operands(net: SmallNet): number[] {
    return [net.toIntegers(net.input(wide)), net.integers(odd)];
  }
});

describe('recurrent layers', () => {
  const attrs: OpAttrs['recurrent'] = {
    cell: 'lstm',
    activation: { fn: 'tanh' },
    recurrentActivation: { fn: 'sigmoid' },
    goBackwards: false,
    returnSequences: false,
    resetAfter: false,
    returnCells: false,
  };

  test('states that a layer has not are zeros among the weights', () => {
    const sizes = [0, 2, 3].map((given) => {
      const program = plan((net) => {
        const weights = [[3, 20], [5, 20], [20]];
        const states = [
          [1, 5],
          [1, 5],
          [3, 5],
        ].slice(0, given);
        const constants = [...weights, ...states].map((shape) => net.floats(shape));
        return [net.add('recurrent', attrs, [net.input([1, 4, 3]), ...constants])];
      });
      return program.sections.filter(({ data }) => data.every((byte) => byte === 0)).length;
    });
    expect(sizes).toEqual([2, 1, 0]);
  });

  test('weights may be computed', () => {
    const program = plan((net) => {
      const kernel = net.unary(net.input([3, 20], 'kernel'), { fn: 'tanh' });
      const constants = [[5, 20], [20]].map((shape) => net.floats(shape));
      return [net.add('recurrent', attrs, [net.input([1, 4, 3]), kernel, ...constants])];
    });
    expect(kernelsOf(program)).toEqual(['unary_f32_f32', 'lstm_f32_f32_f32']);
  });
});

test('an integer result may take the place of an operand, a comparison of floats may not', () => {
  const program = plan((net) => {
    const a = net.unary(net.input([1, 8]), { fn: 'neg' });
    const b = net.add('binary', { fn: 'mul', activation: IDENTITY }, [a, net.floats([8])]);
    const less = net.add('compare', { fn: 'less' }, [b, net.floats([])]);
    return [net.toFloats(net.add('integer', { fn: 'xor' }, [less, net.integers([])]))];
  });
  const places = program.calls.map(({ args }) =>
    args.flatMap((arg) => (arg.kind === 'buffer' ? [program.buffers[arg.buffer]?.place] : [])),
  );
  const [, , compare, integer] = places;
  expect(compare?.[0]).not.toEqual(compare?.[1]);
  expect(integer?.[0]).toEqual(integer?.[1]);
});
