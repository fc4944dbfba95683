import { describe, expect, test } from 'vitest';
import { BinarynetError } from '../../src/errors.ts';
import type { Graph } from '../../src/ir/graph.ts';
import { planProgram } from '../../src/plan/plan.ts';
import type { Argument, Buffer, KernelCall, Program } from '../../src/plan/program.ts';
import { type Target, targetNamed } from '../../src/plan/targets.ts';
import { SmallNet } from '../support/small-net.ts';

const HOST = targetNamed('host');
const ALL_KERNELS = { has: (path: string) => path.startsWith('scalar/') };

function plan(graph: Graph, target: Target = HOST, kernels = ALL_KERNELS): Program {
  return planProgram(graph, target, { name: 'net', kernels });
}

function kernelsOf(program: Program): string[] {
  return program.calls.map(({ kernel }) => kernel.replace('__scalar', ''));
}

function buffers(program: Program, call: KernelCall | undefined): Buffer[] {
  return (call?.args ?? []).flatMap((arg: Argument) =>
    arg.kind === 'buffer' ? [program.buffers[arg.buffer] as Buffer] : [],
  );
}

function problemsOf(action: () => unknown) {
  try {
    action();
  } catch (error) {
    if (error instanceof BinarynetError) return error.problems;
    throw error;
  }
  throw new Error('nothing was thrown');
}

describe('places', () => {
  test('inputs are read where they are, outputs computed where they belong', () => {
    const net = new SmallNet();
    const program = plan(net.finish([net.conv(net.input([1, 4, 4, 2]), 3)]));
    const [x, y] = buffers(program, program.calls[0]);
    expect(x?.place).toEqual({ kind: 'input', index: 0 });
    expect(y?.place).toEqual({ kind: 'output', index: 0 });
    // The rows of the image that windows read, with what is outside of it.
    expect(program.arenaBytes).toBe(4 * 6 * 6 * 2);
  });

  test('an input is never overwritten, an arena tensor is when it is read for the last time', () => {
    const net = new SmallNet();
    const x = net.input([1, 64]);
    const a = net.unary(x, { fn: 'relu' });
    const b = net.unary(a, { fn: 'tanh' });
    const c = net.unary(b, { fn: 'neg' });
    const program = plan(net.finish([net.dense(c, 2)]));
    expect(program.arenaBytes).toBe(256);
    const [ab, bc] = [buffers(program, program.calls[1]), buffers(program, program.calls[2])];
    expect([...ab, ...bc].map(({ place }) => place)).toEqual(
      new Array(4).fill({ kind: 'arena', offset: 0 }),
    );
  });

  test('a tensor that is read again is not overwritten', () => {
    const net = new SmallNet();
    const a = net.unary(net.input([1, 64]), { fn: 'relu' });
    const b = net.unary(a, { fn: 'tanh' });
    const sum = net.add('binary', { fn: 'add', activation: { fn: 'identity' } }, [a, b]);
    const program = plan(net.finish([net.dense(sum, 2)]));
    expect(program.arenaBytes).toBe(512);
  });

  test('a broadcast operand is not overwritten', () => {
    const net = new SmallNet();
    const x = net.input([1, 4, 4, 8]);
    const column = net.unary(net.dense(x, 1), { fn: 'relu' });
    const full = net.unary(x, { fn: 'tanh' });
    const product = net.add('binary', { fn: 'mul', activation: { fn: 'identity' } }, [
      column,
      full,
    ]);
    const program = plan(net.finish([net.dense(product, 2)]));
    const call = program.calls.find(({ kernel }) => kernel.startsWith('mul'));
    const [small, large, result] = buffers(program, call);
    expect(result?.place).toEqual(large?.place);
    expect(result?.place).not.toEqual(small?.place);
  });

  test('scratch memory lives for its one call', () => {
    const net = new SmallNet();
    const x = net.unary(net.input([1, 8]), { fn: 'relu' });
    const y = net.add('softmax', { axis: 1, variant: 'sparsemax' }, [x]);
    const program = plan(net.finish([net.unary(y, { fn: 'relu' })]));
    const scratch = program.buffers.find(({ name }) => name.endsWith('sorted'));
    expect(scratch).toMatchObject({ bytes: 32, live: [1, 1], place: { kind: 'arena' } });
  });
});

describe('views', () => {
  test('reshapes, identities and reductions of nothing are no calls', () => {
    const net = new SmallNet();
    const x = net.conv(net.input([1, 4, 4, 2]), 3);
    const flat = net.add('reshape', { shape: [1, 48] }, [x]);
    const same = net.unary(flat, { fn: 'identity' });
    const row = net.add('transpose', { perm: [1, 0] }, [same]);
    const program = plan(net.finish([net.dense(net.add('reshape', { shape: [1, 48] }, [row]), 5)]));
    expect(kernelsOf(program)).toEqual(['conv2d_f32_f32_f32', 'dense_f32_f32_f32']);
    const [first, second] = program.calls.map((call) => buffers(program, call));
    expect(second?.[0]).toBe(first?.[1]);
  });

  test('the memory of a view is kept for its readers', () => {
    const net = new SmallNet();
    const a = net.unary(net.input([1, 2, 32]), { fn: 'relu' });
    const flat = net.add('reshape', { shape: [1, 64] }, [a]);
    const b = net.unary(a, { fn: 'tanh' });
    const program = plan(net.finish([net.dense(b, 2), net.dense(flat, 2)]));
    const [from, to] = buffers(program, program.calls[1]);
    expect(from?.place).not.toEqual(to?.place);
    expect(from?.live[1]).toBe(3);
  });

  test('bits are views only where rows stay whole words', () => {
    const build = (channels: number) => {
      const net = new SmallNet();
      const bits = net.binarize(net.input([1, 2, 2, channels]));
      const flat = net.add('reshape', { shape: [1, 4 * channels] }, [bits]);
      return plan(net.finish([net.dense(flat, 3, { binaryWeights: true })]));
    };
    expect(kernelsOf(build(64))).toEqual(['binarize_f32_b1', 'dense_b1_b1_f32']);
    expect(kernelsOf(build(65))).toEqual([
      'binarize_f32_b1',
      'unpack_b1_f32',
      'binarize_f32_b1',
      'dense_b1_b1_f32',
    ]);
  });
});

describe('outputs', () => {
  test('an input, a constant, a view and a repetition are copied, the first of a kind is not', () => {
    const net = new SmallNet();
    const x = net.input([1, 8]);
    const y = net.unary(x, { fn: 'relu' });
    const view = net.add('reshape', { shape: [8] }, [y]);
    const program = plan(net.finish([x, net.floats([3]), y, view, y]));
    expect(kernelsOf(program)).toEqual([
      'unary_f32_f32',
      'copy_f32_f32',
      'copy_f32_f32',
      'copy_f32_f32',
      'copy_f32_f32',
    ]);
    expect(program.outputs.map(({ buffer }) => program.buffers[buffer]?.place)).toEqual(
      [0, 1, 2, 3, 4].map((index) => ({ kind: 'output', index })),
    );
  });

  test('bits are unpacked', () => {
    const net = new SmallNet();
    const program = plan(net.finish([net.binarize(net.input([1, 70]))]));
    expect(kernelsOf(program)).toEqual(['binarize_f32_b1', 'unpack_b1_f32']);
  });
});

describe('weights', () => {
  test('sections stand in call order, aligned, behind the header', () => {
    const net = new SmallNet();
    const x = net.conv(net.input([1, 4, 4, 3]), 5);
    const program = plan(net.finish([net.conv(x, 7)]));
    let end = 64;
    for (const { offset, data } of program.sections) {
      expect(offset).toBe(end);
      expect(offset % 16).toBe(0);
      end = offset + Math.ceil(data.length / 16) * 16;
    }
    expect(program.weightsBytes).toBe(end);
    const used = program.calls.flatMap(({ args }) =>
      args.flatMap((arg) => (arg.kind === 'weights' ? [arg.section] : [])),
    );
    expect(used).toEqual([0, 1, 2, 3]);
  });

  test('a shared layer and equal constants are stored once', () => {
    const net = new SmallNet();
    const [x, y] = [net.input([1, 8], 'x'), net.input([1, 8], 'y')];
    const w = net.floats([8, 4]);
    const attrs = { epilogue: { kind: 'linear', activation: { fn: 'identity' } } } as const;
    const zeros = () => net.builder.constant('bias', [4], new Float32Array(4));
    const program = plan(
      net.finish([
        net.add('dense', attrs, [x, w, zeros()]),
        net.add('dense', attrs, [y, w, zeros()]),
      ]),
    );
    expect(program.sections.length).toBe(2);
    expect(program.calls[1]?.args.slice(1, 3)).toEqual(program.calls[0]?.args.slice(1, 3));
  });
});

describe('what is refused', () => {
  test('nodes without a kernel, all at once', () => {
    const net = new SmallNet();
    const x = net.conv(net.input([1, 4, 4, 3]), 5, { name: 'first', activation: { fn: 'mish' } });
    const graph = net.finish([net.unary(net.conv(x, 2, { name: 'second' }), { fn: 'selu' })]);
    const none = { has: (path: string) => path.startsWith('scalar/unary') };
    const problems = problemsOf(() => plan(graph, HOST, none));
    expect(problems.map(({ code, node }) => [code, node?.name])).toEqual([
      ['unsupported', 'first'],
      ['unsupported', 'second'],
      ['unsupported', 'unary_3'],
    ]);
    expect(problems[2]?.found).toBe('there is no kernel for the activation selu.');
  });

  test('weights that the network computes', () => {
    const net = new SmallNet();
    const x = net.input([4, 4]);
    const attrs = { epilogue: { kind: 'linear', activation: { fn: 'identity' } } } as const;
    const graph = net.finish([net.add('dense', attrs, [x, x, net.floats([4])])]);
    expect(problemsOf(() => plan(graph))[0]).toMatchObject({
      code: 'unsupported',
      found: 'its weights are computed by the network instead of being constants.',
    });
  });

  test('more axes than kernels have, after those that can be joined are', () => {
    const net = new SmallNet();
    const shape = [1, 2, 2, 2, 2, 2, 2, 2];
    const x = net.input(shape);
    const joined = net.add('transpose', { perm: [0, 4, 5, 6, 7, 1, 2, 3] }, [x]);
    expect(plan(net.finish([joined])).calls[0]?.shape).toMatchObject({
      size: [1, 1, 1, 1, 16, 8],
      stride: [0, 0, 0, 0, 1, 16],
    });
    const reversed = net.add('transpose', { perm: [0, 7, 6, 5, 4, 3, 2, 1] }, [x]);
    expect(problemsOf(() => plan(net.finish([reversed])))[0]).toMatchObject({
      code: 'unsupported',
      found: 'it works on 7 axes at once; the kernels have at most 6.',
    });
  });
});

describe('kernel folders', () => {
  test('the first folder that has the kernel is taken, scalar at last', () => {
    const net = new SmallNet();
    const graph = net.finish([net.unary(net.conv(net.input([1, 4, 4, 3]), 5), { fn: 'relu' })]);
    const target = { ...HOST, kernels: ['avx512', 'avx2', 'scalar'] };
    const paths = [
      'avx2/conv2d_f32_f32_f32__avx2.c',
      'scalar/conv2d_f32_f32_f32__scalar.c',
      'scalar/unary_f32_f32__scalar.c',
      'scalar/activations/relu_f32__scalar.c',
    ];
    const program = plan(graph, target, new Set(paths));
    expect(program.calls.map(({ kernel }) => kernel)).toEqual([
      'conv2d_f32_f32_f32__avx2',
      'unary_f32_f32__scalar',
    ]);
  });
});

test('calls say what they do', () => {
  const net = new SmallNet();
  let x = net.conv(net.input([1, 8, 8, 3]), 64, { sign: true });
  x = net.conv(x, 64, { sign: true, binaryWeights: true, groups: 2 });
  x = net.depthwise(x, { activation: { fn: 'leakyRelu', alpha: 0.1 }, multiplier: 2 });
  x = net.dense(net.add('reshape', { shape: [1, 8192] }, [x]), 10);
  const program = plan(net.finish([x]));
  expect(program.calls.map(({ summary, macs }) => [summary, macs])).toEqual([
    ['3x3 convolution, 3 to 64, float, sign', 110592],
    ['3x3 convolution, 64 to 64 in 2 groups, binary x binary, sign', 1179648],
    ['3x3 depthwise convolution, 64 to 128, binary x float, leaky relu', 73728],
    ['dense, 8192 to 10, float', 81920],
  ]);
});
