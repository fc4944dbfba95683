/** Shape inference op by op: what it gives and what it refuses. */
import { describe, expect, it } from 'vitest';
import { BinarynetError } from '../../src/errors.ts';
import type { DType, TensorType } from '../../src/ir/graph.ts';
import { makeNode } from '../../src/ir/graph.ts';
import { type Epilogue, IDENTITY, LINEAR, type OpAttrs, type OpKind } from '../../src/ir/ops.ts';
import { broadcastShapes, inferType, normalizeAxis, samePads } from '../../src/ir/shapes.ts';

const f32 = (...shape: number[]): TensorType => ({ dtype: 'f32', shape });
const bit = (...shape: number[]): TensorType => ({ dtype: 'bit', shape });
const i32 = (...shape: number[]): TensorType => ({ dtype: 'i32', shape });

function infer<K extends OpKind>(op: K, attrs: OpAttrs[K], ...inputs: TensorType[]): TensorType {
  const ids = inputs.map((_, index) => index);
  const node = makeNode(op, attrs, ids, inputs.length, { name: 'layer_1', sourceOp: 'Layer' });
  return inferType(node, inputs);
}

/** Code and sentence of the problem that inferring reports. */
function refusal<K extends OpKind>(op: K, attrs: OpAttrs[K], ...inputs: TensorType[]): string {
  try {
    infer(op, attrs, ...inputs);
  } catch (error) {
    if (!(error instanceof BinarynetError)) throw error;
    const [problem] = error.problems;
    expect(problem?.node).toEqual({ name: 'layer_1', op: 'Layer' });
    return `${problem?.code}: ${problem?.found}`;
  }
  return 'accepted';
}

const window = {
  strides: [1, 1],
  dilations: [1, 1],
  pads: [0, 0, 0, 0],
  padValue: 0,
  epilogue: LINEAR,
  groups: 1,
} as const;
const pool = { size: [2, 2], strides: [2, 2], dilations: [1, 1], pads: [0, 0, 0, 0] } as const;
const NORM: Epilogue = { kind: 'norm', activation: IDENTITY };
const ADD: Epilogue = { kind: 'add', activation: IDENTITY };
const SIGN: Epilogue = { kind: 'sign' };

describe('conv2d', () => {
  it('counts strides, dilations, asymmetric pads and groups', () => {
    const attrs = { ...window, strides: [2, 3], dilations: [2, 1], pads: [0, 1, 3, 2] } as const;
    expect(
      infer('conv2d', { ...attrs, groups: 2 }, f32(1, 9, 11, 6), f32(3, 4, 3, 8), f32(8)),
    ).toEqual(f32(1, 4, 4, 8));
  });

  it('gives bits with a sign, whose threshold is an integer only for bits times bits', () => {
    const attrs = { ...window, epilogue: SIGN };
    const x = [1, 3, 3, 5] as const;
    const w = [3, 3, 5, 7] as const;
    expect(infer('conv2d', attrs, bit(...x), bit(...w), i32(7))).toEqual(bit(1, 1, 1, 7));
    expect(infer('conv2d', attrs, f32(...x), bit(...w), f32(7))).toEqual(bit(1, 1, 1, 7));
    expect(infer('conv2d', attrs, bit(...x), f32(...w), f32(7))).toEqual(bit(1, 1, 1, 7));
    expect(refusal('conv2d', attrs, bit(...x), bit(...w), f32(7))).toBe(
      'unsupported: its operand threshold has the type f32, where i32 is expected',
    );
  });

  it('takes norm after binary weights only, linear after float weights only', () => {
    const x = f32(1, 3, 3, 5);
    const norm = { ...window, epilogue: NORM };
    expect(infer('conv2d', norm, x, bit(1, 1, 5, 2), f32(2), f32(2), f32(2))).toEqual(
      f32(1, 3, 3, 2),
    );
    expect(refusal('conv2d', norm, x, f32(1, 1, 5, 2), f32(2), f32(2), f32(2))).toMatch(
      /^unsupported: a norm epilogue after float weights/,
    );
    expect(refusal('conv2d', window, x, bit(1, 1, 5, 2), f32(2))).toMatch(
      /^unsupported: a linear epilogue after binary weights/,
    );
  });

  it('adds what is as its result, after bits by bits', () => {
    const attrs = { ...window, epilogue: ADD };
    const w = bit(1, 1, 5, 2);
    const norm = [f32(2), f32(2), f32(2)];
    const x = bit(1, 3, 3, 5);
    expect(infer('conv2d', attrs, x, w, ...norm, f32(1, 3, 3, 2))).toEqual(f32(1, 3, 3, 2));
    expect(refusal('conv2d', attrs, x, w, ...norm, f32(1, 3, 3, 1))).toMatch(
      /^corrupt: its operand addend/,
    );
    const only = 'unsupported: only convolutions of bits by bits have an addend';
    const result = f32(1, 3, 3, 2);
    expect(refusal('conv2d', attrs, f32(1, 3, 3, 5), w, ...norm, result)).toMatch(only);
    const dense = [bit(1, 5), bit(5, 2), ...norm, f32(1, 2)];
    expect(refusal('dense', { epilogue: ADD }, ...dense)).toMatch(only);
  });

  it('refuses what does not fit', () => {
    const x = f32(1, 3, 3, 5);
    expect(refusal('conv2d', window, x, f32(1, 1, 4, 2), f32(2))).toMatch(/^corrupt: weights/);
    expect(refusal('conv2d', window, x, f32(4, 1, 5, 2), f32(2))).toBe(
      'corrupt: its kernel [4, 1] is larger than its image [3, 3]',
    );
    expect(refusal('conv2d', window, x, f32(1, 1, 5, 2))).toBe(
      'corrupt: it has 2 operands, where 3 are expected',
    );
    expect(refusal('conv2d', window, x, f32(1, 1, 5, 2), f32(3))).toBe(
      'corrupt: its operand bias has the shape [3], where [2] is expected',
    );
    expect(refusal('conv2d', { ...window, strides: [0, 1] }, x, f32(1, 1, 5, 2), f32(2))).toBe(
      'corrupt: its stride is 0, where an integer from 1 is expected',
    );
    expect(refusal('conv2d', { ...window, padValue: 1 }, x, f32(1, 1, 5, 2), f32(2))).toBe(
      'unsupported: it pads a float input with 1',
    );
    expect(refusal('conv2d', window, f32(3, 3, 5), f32(1, 1, 5, 2), f32(2))).toBe(
      'corrupt: its operand x has the shape [3, 3, 5], where 4 axes are expected',
    );
  });
});

describe('other layers with weights', () => {
  it('infers depthwise convolutions with a channel multiplier', () => {
    const { groups: _, ...attrs } = window;
    expect(infer('depthwiseConv2d', attrs, f32(2, 5, 5, 3), f32(3, 3, 3, 2), f32(6))).toEqual(
      f32(2, 3, 3, 6),
    );
    expect(refusal('depthwiseConv2d', attrs, f32(2, 5, 5, 3), f32(3, 3, 2, 3), f32(6))).toMatch(
      /^corrupt: weights/,
    );
  });

  it('infers transposed convolutions, also with strides longer than the kernel', () => {
    const attrs = { strides: [3, 2], dilations: [1, 1], pads: [0, 1, 0, 0] } as const;
    const operands = [f32(1, 4, 4, 5), f32(1, 4, 2, 5), f32(2)];
    const transposed = (height: number, width: number) =>
      [{ ...attrs, outputSize: [height, width] as const, activation: IDENTITY }] as const;
    expect(infer('conv2dTranspose', ...transposed(12, 8), ...operands)).toEqual(f32(1, 12, 8, 2));
    expect(refusal('conv2dTranspose', ...transposed(14, 8), ...operands)).toMatch(
      /^corrupt: it crops/,
    );
  });

  it('infers dense layers over any leading axes', () => {
    expect(infer('dense', { epilogue: LINEAR }, f32(2, 3, 4), f32(4, 5), f32(5))).toEqual(
      f32(2, 3, 5),
    );
    expect(infer('dense', { epilogue: SIGN }, bit(1, 4), bit(4, 5), i32(5))).toEqual(bit(1, 5));
    expect(refusal('dense', { epilogue: LINEAR }, f32(), f32(4, 5), f32(5))).toMatch(/^corrupt/);
  });

  it('infers recurrent layers by cell', () => {
    const attrs = {
      activation: IDENTITY,
      recurrentActivation: IDENTITY,
      goBackwards: false,
      resetAfter: true,
      returnCells: false,
    };
    const gru = { ...attrs, cell: 'gru', returnSequences: true } as const;
    expect(infer('recurrent', gru, f32(1, 7, 3), f32(3, 12), f32(4, 12), f32(2, 12))).toEqual(
      f32(1, 7, 4),
    );
    expect(refusal('recurrent', gru, f32(1, 7, 3), f32(3, 12), f32(4, 12), f32(12))).toMatch(
      /bias/,
    );
    const lstm = { ...attrs, cell: 'lstm', returnSequences: false } as const;
    expect(infer('recurrent', lstm, f32(1, 7, 3), f32(3, 16), f32(4, 16), f32(16))).toEqual(
      f32(1, 4),
    );
  });

  it('infers recurrent layers with states, and an lstm with peepholes and cells', () => {
    const attrs = {
      activation: IDENTITY,
      recurrentActivation: IDENTITY,
      goBackwards: false,
      resetAfter: false,
      returnSequences: true,
      returnCells: false,
    };
    const gru = { ...attrs, cell: 'gru' } as const;
    const gruOperands = [f32(2, 7, 3), f32(3, 12), f32(4, 12), f32(12)];
    const state = f32(2, 4);
    expect(infer('recurrent', gru, ...gruOperands, state)).toEqual(f32(2, 7, 4));
    expect(refusal('recurrent', gru, ...gruOperands, state, state)).toBe(
      'corrupt: it has 6 operands',
    );
    expect(refusal('recurrent', gru, ...gruOperands, f32(1, 4))).toMatch(/^corrupt: .*initialH/);
    expect(refusal('recurrent', gru, ...gruOperands.slice(0, 3))).toBe(
      'corrupt: it has 3 operands',
    );
    expect(refusal('recurrent', { ...gru, returnCells: true }, ...gruOperands)).toMatch(
      /^unsupported: it returns cell states/,
    );

    const lstm = { ...attrs, cell: 'lstm', returnCells: true } as const;
    const operands = [f32(2, 7, 3), f32(3, 16), f32(4, 16), f32(16)];
    expect(infer('recurrent', lstm, ...operands)).toEqual(f32(2, 7, 8));
    expect(infer('recurrent', lstm, ...operands, state, state)).toEqual(f32(2, 7, 8));
    expect(infer('recurrent', lstm, ...operands, state, state, f32(3, 4))).toEqual(f32(2, 7, 8));
    expect(refusal('recurrent', lstm, ...operands, state)).toBe('corrupt: it has 5 operands');
    expect(refusal('recurrent', lstm, ...operands, state, f32(2, 5))).toMatch(/initialC/);
    expect(refusal('recurrent', lstm, ...operands, state, state, f32(4, 3))).toMatch(/peepholes/);
    expect(refusal('recurrent', { ...lstm, returnSequences: false }, ...operands)).toMatch(
      /^unsupported: it returns cell states/,
    );
  });
});

describe('elementwise ops', () => {
  it('broadcasts like NumPy', () => {
    const attrs = { fn: 'add', activation: IDENTITY } as const;
    expect(infer('binary', attrs, f32(2, 1, 4), f32(3, 1))).toEqual(f32(2, 3, 4));
    expect(infer('binary', attrs, f32(), f32(3, 1))).toEqual(f32(3, 1));
    expect(refusal('binary', attrs, f32(2, 3), f32(2))).toBe(
      "corrupt: its operands [2, 3] and [2] don't broadcast",
    );
    expect(broadcastShapes([2], [3])).toBeUndefined();
  });

  it('refuses bits where floats are meant, and the reverse', () => {
    expect(refusal('unary', { unary: IDENTITY }, bit(3))).toMatch(/^unsupported: its operand x/);
    expect(refusal('unpack', {}, f32(3))).toMatch(/^unsupported: its operand x/);
    expect(infer('unpack', {}, bit(3))).toEqual(f32(3));
    expect(infer('binarize', {}, f32(2, 3), f32(3), f32(3))).toEqual(bit(2, 3));
  });

  it('wants axes counted from the front', () => {
    expect(infer('softmax', { axis: 1, variant: 'softmax' }, f32(2, 3))).toEqual(f32(2, 3));
    expect(refusal('softmax', { axis: -1, variant: 'softmax' }, f32(2, 3))).toBe(
      'corrupt: it names axis -1 of a tensor of rank 2',
    );
    expect([normalizeAxis(-1, 3), normalizeAxis(3, 3), normalizeAxis(0.5, 3)]).toEqual([
      2,
      undefined,
      undefined,
    ]);
  });

  it('wants per-channel operands of the last axis', () => {
    const activation = IDENTITY;
    expect(infer('batchNorm', { activation }, f32(2, 3), f32(3), f32(3), f32(3))).toEqual(
      f32(2, 3),
    );
    expect(refusal('batchNorm', { activation }, f32(2, 3), f32(3), f32(2), f32(3))).toMatch(
      /scale/,
    );
    const norm = { axis: 1, epsilon: 1e-3, center: true };
    expect(infer('layerNorm', norm, f32(2, 3, 4), f32(3, 4), f32(3, 4))).toEqual(f32(2, 3, 4));
    expect(refusal('layerNorm', norm, f32(2, 3, 4), f32(4), f32(3, 4))).toMatch(/gamma/);
  });
});

describe('integers and logic', () => {
  it('takes integers for integer arithmetic, one type for comparisons', () => {
    expect(infer('integer', { fn: 'shl' }, i32(2, 1, 4), i32(3, 1))).toEqual(i32(2, 3, 4));
    expect(refusal('integer', { fn: 'add' }, i32(2), f32(2))).toBe(
      'unsupported: its operand b has the type f32, where i32 is expected',
    );
    expect(refusal('integer', { fn: 'add' }, i32(2), i32(3))).toMatch(/^corrupt: .*broadcast/);
    expect(infer('compare', { fn: 'less' }, f32(3), f32(2, 1))).toEqual(i32(2, 3));
    expect(infer('compare', { fn: 'less' }, i32(), i32(2))).toEqual(i32(2));
    expect(refusal('compare', { fn: 'less' }, i32(2), f32(2))).toBe(
      'unsupported: it takes i32 and f32 together',
    );
    expect(refusal('compare', { fn: 'equal' }, bit(2), bit(2))).toMatch(/^unsupported/);
  });

  it('broadcasts all three operands of where', () => {
    expect(infer('where', {}, i32(4, 1, 1), f32(3, 1), f32(2))).toEqual(f32(4, 3, 2));
    expect(infer('where', {}, i32(), i32(2), i32(2))).toEqual(i32(2));
    expect(refusal('where', {}, f32(2), f32(2), f32(2))).toMatch(/condition has the type f32/);
    expect(refusal('where', {}, i32(2), f32(2), i32(2))).toMatch(/^unsupported: it takes/);
    expect(refusal('where', {}, i32(2), f32(3), f32(3))).toMatch(/^corrupt: .*broadcast/);
    expect(refusal('where', {}, i32(2), f32(2))).toMatch(/^corrupt: it has 2 operands/);
  });

  it('casts from or to f32 and i32', () => {
    for (const to of ['f32', 'i32', 'i16', 'u16', 'i8', 'u8', 'bool'] as const) {
      for (const dtype of ['f32', 'i32'] as const) {
        expect(infer('cast', { to }, { dtype, shape: [2, 3] })).toEqual({
          dtype: to,
          shape: [2, 3],
        });
      }
    }
    expect(infer('cast', { to: 'f32' }, { dtype: 'u8', shape: [] })).toEqual(f32());
    expect(refusal('cast', { to: 'i8' }, { dtype: 'bool', shape: [2] })).toBe(
      'unsupported: it casts bool to i8 without f32 or i32 between',
    );
    expect(refusal('cast', { to: 'f32' }, bit(2))).toMatch(/^unsupported: it casts bit/);
  });

  it('multiplies matrices of one type, whose leading axes broadcast', () => {
    expect(infer('matmul', {}, f32(2, 1, 3, 4), f32(5, 4, 6))).toEqual(f32(2, 5, 3, 6));
    expect(infer('matmul', {}, i32(3, 4), i32(4, 1))).toEqual(i32(3, 1));
    expect(refusal('matmul', {}, f32(3, 4), f32(3, 4))).toBe(
      "corrupt: its operands [3, 4] and [3, 4] don't multiply",
    );
    expect(refusal('matmul', {}, f32(4), f32(4, 2))).toMatch(/^corrupt: .*don't multiply/);
    expect(refusal('matmul', {}, f32(2, 3, 4), f32(3, 4, 5))).toMatch(/^corrupt: .*broadcast/);
    expect(refusal('matmul', {}, f32(3, 4), i32(4, 2))).toMatch(/^unsupported: it takes/);
    expect(refusal('matmul', {}, f32(2 ** 16, 1), f32(1, 2 ** 16))).toMatch(/^too-large/);
  });

  it('infers integer convolutions as others', () => {
    const { padValue: _, epilogue: __, ...attrs } = window;
    const conv = { ...attrs, strides: [2, 1], pads: [1, 0, 1, 0], groups: 2 } as const;
    expect(infer('convInteger', conv, i32(1, 5, 6, 4), i32(3, 2, 2, 8))).toEqual(i32(1, 3, 5, 8));
    expect(refusal('convInteger', conv, i32(1, 5, 6, 4), i32(3, 2, 4, 8))).toMatch(
      /^corrupt: weights/,
    );
    expect(refusal('convInteger', conv, i32(1, 5, 6, 4), i32(3, 7, 2, 8))).toMatch(
      /^corrupt: its kernel/,
    );
    expect(refusal('convInteger', conv, f32(1, 5, 6, 4), i32(3, 2, 2, 8))).toMatch(/^unsupported/);
    expect(
      refusal('convInteger', { ...conv, dilations: [0, 1] }, i32(1, 5, 6, 4), i32(3, 2, 2, 8)),
    ).toMatch(/^corrupt: its dilation/);
  });
});

describe('ops along an axis', () => {
  it('finds places as integers', () => {
    const attrs = { fn: 'argMax', axis: 1, keepDims: false, last: false } as const;
    expect(infer('argReduce', attrs, f32(2, 3, 4))).toEqual(i32(2, 4));
    expect(infer('argReduce', { ...attrs, keepDims: true }, i32(2, 3))).toEqual(i32(2, 1));
    expect(refusal('argReduce', attrs, f32(2))).toMatch(/^corrupt: it names axis 1/);
  });

  it('resamples to as many places as there are rows of indices', () => {
    const operands = [f32(2, 3, 4), i32(7, 2), f32(7, 2)] as const;
    expect(infer('resample', { axis: 2 }, ...operands)).toEqual(f32(2, 3, 7));
    expect(refusal('resample', { axis: 3 }, ...operands)).toMatch(/^corrupt: it names axis 3/);
    expect(refusal('resample', { axis: 0 }, f32(2), i32(7, 2), f32(7, 3))).toMatch(/weights/);
    expect(refusal('resample', { axis: 0 }, f32(2), i32(7), f32(7))).toMatch(/indices/);
  });

  it('gathers along any axis', () => {
    expect(infer('gather', { axis: 1 }, f32(9, 5, 2), i32(3, 4))).toEqual(f32(9, 3, 4, 2));
    expect(infer('gather', { axis: 2 }, i32(9, 5, 2), f32())).toEqual(i32(9, 5));
    expect(refusal('gather', { axis: 1 }, f32(9), i32(2))).toMatch(/^corrupt: it names axis 1/);
    expect(refusal('gather', { axis: 0 }, bit(9), i32(2))).toMatch(/^unsupported/);
  });

  it('normalises groups that divide the channels', () => {
    const attrs = { groups: 3, epsilon: 1e-5 };
    expect(infer('groupNorm', attrs, f32(2, 5, 6), f32(6), f32(6))).toEqual(f32(2, 5, 6));
    expect(refusal('groupNorm', attrs, f32(2, 5, 4), f32(4), f32(4))).toMatch(/in 3 groups/);
    expect(refusal('groupNorm', attrs, f32(6), f32(6), f32(6))).toMatch(/^corrupt/);
    expect(refusal('groupNorm', { ...attrs, groups: 0 }, f32(2, 6), f32(6), f32(6))).toMatch(
      /^corrupt: its groups is 0/,
    );
    expect(refusal('groupNorm', attrs, f32(2, 6), f32(6), f32(3))).toMatch(/beta/);
  });

  it('reduces integers, but has no mean of them', () => {
    const attrs = { fn: 'prod', axes: [0], keepDims: false } as const;
    expect(infer('reduce', attrs, i32(2, 3))).toEqual(i32(3));
    expect(refusal('reduce', { ...attrs, fn: 'mean' }, i32(2, 3))).toMatch(/^unsupported/);
  });
});

describe('pools', () => {
  it('keeps the dtype and takes an OR mask for bits only', () => {
    expect(infer('maxPool2d', pool, f32(1, 5, 5, 3))).toEqual(f32(1, 2, 2, 3));
    expect(infer('maxPool2d', pool, bit(1, 5, 5, 3), bit(3))).toEqual(bit(1, 2, 2, 3));
    expect(infer('averagePool2d', pool, f32(1, 4, 5, 3))).toEqual(f32(1, 2, 2, 3));
    expect(refusal('maxPool2d', pool, f32(1, 5, 5, 3), bit(3))).toMatch(/^corrupt: it has 2/);
    expect(refusal('averagePool2d', pool, bit(1, 4, 5, 3))).toMatch(/^unsupported/);
  });

  it('takes no time for the places of a window that is mostly padding', () => {
    const size = 2 ** 30 + 1;
    const pads = [size - 1, 0, size - 1, 0] as const;
    const wide = { ...pool, size: [size, 1], strides: [1, 1], pads } as const;
    expect(infer('maxPool2d', wide, f32(1, 4, 1, 1))).toEqual(f32(1, size + 3, 1, 1));
  });

  it('refuses windows that lie in the padding alone', () => {
    const found = 'unsupported: one of its windows lies in the padding alone';
    expect(refusal('maxPool2d', { ...pool, pads: [2, 0, 0, 0] }, f32(1, 4, 4, 1))).toBe(found);
    expect(refusal('maxPool2d', { ...pool, pads: [0, 0, 0, 3] }, f32(1, 4, 4, 1))).toBe(found);
    const gap = { ...pool, size: [2, 1], dilations: [3, 1], pads: [1, 0, 1, 0] } as const;
    expect(refusal('averagePool2d', { ...gap, strides: [1, 1] }, f32(1, 2, 1, 1))).toBe(found);
    expect(refusal('averagePool2d', { ...gap, strides: [2, 1] }, f32(1, 2, 1, 1))).toBe(found);
    expect(refusal('maxPool2d', { ...pool, pads: [1, 1, 1, 1] }, f32(1, 4, 4, 1))).toBe('accepted');
  });

  it('answers fast for enormous windows', () => {
    const size = 2 ** 31;
    const huge = { ...pool, size: [size, 1], strides: [1, 1], pads: [size / 2, 0, size / 2, 0] };
    expect(refusal('maxPool2d', huge as never, f32(1, 4, 1, 1))).toBe('accepted');
  });
});

describe('ops that move elements', () => {
  const each: [string, TensorType, TensorType][] = (['f32', 'i32', 'bit'] as DType[]).flatMap(
    (dtype) => {
      const x: TensorType = { dtype, shape: [2, 3, 4] };
      const slice = { begin: [0, 2, 3], size: [1, 3, 2], step: [1, -1, -2] };
      const cases: [string, TensorType, number[]][] = [
        ['reshape', infer('reshape', { shape: [6, 4] }, x), [6, 4]],
        ['transpose', infer('transpose', { perm: [2, 0, 1] }, x), [4, 2, 3]],
        ['slice', infer('slice', slice, x), [1, 3, 2]],
        ['pad', infer('pad', { before: [0, 1, 0], after: [0, 0, 2], value: 1 }, x), [2, 4, 6]],
        ['concat', infer('concat', { axis: 1 }, x, x), [2, 6, 4]],
      ];
      return cases.map(([op, type, shape]): [string, TensorType, TensorType] => [
        `${op} of ${dtype}`,
        type,
        { dtype, shape },
      ]);
    },
  );

  it.each(each)('%s', (_name, actual, expected) => {
    expect(actual).toEqual(expected);
  });

  it('infers tile, gather, resize and reduce', () => {
    expect(infer('tile', { repeats: [2, 1] }, f32(3, 4))).toEqual(f32(6, 4));
    expect(infer('gather', { axis: 0 }, f32(9, 5), f32(1, 7))).toEqual(f32(1, 7, 5));
    const resize = { mode: 'nearest', size: [4, 9] } as const;
    expect(infer('resize2d', resize, f32(1, 2, 3, 5))).toEqual(f32(1, 4, 9, 5));
    const reduce = { fn: 'sum', axes: [0, 2] } as const;
    expect(infer('reduce', { ...reduce, keepDims: true }, f32(2, 3, 4))).toEqual(f32(1, 3, 1));
    expect(infer('reduce', { ...reduce, keepDims: false }, f32(2, 3, 4))).toEqual(f32(3));
  });

  it('refuses what is out of range', () => {
    const x = f32(2, 3);
    expect(refusal('reshape', { shape: [7] }, x)).toBe('corrupt: it reshapes [2, 3] to [7]');
    expect(refusal('reshape', { shape: [-1, -6] }, x)).toMatch(/^corrupt/);
    expect(refusal('transpose', { perm: [0, 0] }, x)).toMatch(/^corrupt/);
    expect(refusal('slice', { begin: [0, 0], size: [2, 4], step: [1, 1] }, x)).toMatch(/^corrupt/);
    expect(refusal('slice', { begin: [0, 0], size: [2, 2], step: [1, -1] }, x)).toMatch(/^corrupt/);
    expect(refusal('slice', { begin: [0, 0], size: [2, 1], step: [1, 0] }, x)).toMatch(/^corrupt/);
    expect(refusal('pad', { before: [0], after: [0, 0], value: 0 }, x)).toMatch(/^corrupt/);
    expect(refusal('pad', { before: [0, 0], after: [0, 0], value: 0 }, bit(2, 3))).toMatch(
      /^unsupp/,
    );
    expect(refusal('pad', { before: [0, 0], after: [0, 0], value: 0.5 }, i32(2, 3))).toBe(
      'unsupported: it pads integers of 32 bits with 0.5',
    );
    expect(refusal('concat', { axis: 0 })).toMatch(/^corrupt/);
    expect(refusal('concat', { axis: 0 }, x, f32(2, 4))).toMatch(/^corrupt/);
    expect(refusal('concat', { axis: 0 }, x, bit(2, 3))).toMatch(/^unsupported/);
    expect(refusal('reduce', { fn: 'sum', axes: [1, 1], keepDims: true }, x)).toMatch(/^corrupt/);
    expect(refusal('tile', { repeats: [2 ** 31, 1] }, x)).toMatch(/^too-large/);
    expect(refusal('unary', { unary: IDENTITY }, f32(0, 3))).toMatch(/^unsupported/);
  });
});

it('gives the pads of TensorFlow for same', () => {
  expect(samePads([5, 6], [3, 3], [2, 2], [1, 1])).toEqual([1, 0, 1, 1]);
  expect(samePads([4, 4], [1, 3], [3, 1], [1, 2])).toEqual([0, 2, 0, 2]);
});
