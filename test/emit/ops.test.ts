/** Every op, from a graph through plan and C, against the reference interpreter. */
import { describe, expect, test } from 'vitest';
import type { Graph } from '../../src/ir/graph.ts';
import { IDENTITY, type IntegerFn, type OpAttrs, type Unary } from '../../src/ir/ops.ts';
import { OP_KINDS } from '../../src/ir/traits.ts';
import { targetNamed } from '../../src/plan/targets.ts';
import { compileAndTest, filesOf } from '../support/compile-c.ts';
import { SmallNet } from '../support/small-net.ts';
import { testWith } from '../support/tools.ts';

type Build = (net: SmallNet) => readonly number[];

function graphOf(build: Build): Graph {
  const net = new SmallNet(3);
  return net.finish(build(net));
}

const builds: Build[] = [];

function check(name: string, build: Build, target: 'host' | 'portable' = 'host'): void {
  builds.push(build);
  testWith(['gcc'], name, () => {
    const files = filesOf(graphOf(build), { target: targetNamed(target) });
    const result = compileAndTest(files, 'gcc', ['-O0', '-fsanitize=address,undefined']);
    expect(result.output).toMatch(/2 passed, 0 failed\n$/);
    expect(result.status).toBe(0);
  });
}

test('every op of the vocabulary has a case', () => {
  const tested = new Set(builds.flatMap((build) => graphOf(build).nodes.map(({ op }) => op)));
  expect([...tested].sort()).toEqual([...OP_KINDS].sort());
});

const relu: Unary = { fn: 'relu' };

describe('layers with weights', () => {
  for (const target of ['host', 'portable'] as const) {
    for (const binaryInput of [false, true]) {
      for (const binaryWeights of [false, true]) {
        for (const sign of [false, true]) {
          const hasWords = binaryInput || sign;
          if (target === 'portable' && !hasWords) continue;
          const types = [binaryInput, binaryWeights, sign].map((bit) => (bit ? 'b1' : 'f32'));
          check(
            `all layers, ${types.join(' x ')}, ${target}`,
            layers(binaryInput, binaryWeights, sign),
            target,
          );
        }
      }
    }
  }

  check('convolution of many channels in groups, strides, dilations, one-padding', (net) => {
    const x = net.binarize(net.input([1, 9, 7, 132]));
    const options = { binaryWeights: true, groups: 2, strides: [2, 1], dilations: [1, 2] } as const;
    return [
      net.conv(x, 18, { ...options, padValue: 1 }),
      net.conv(x, 6, { ...options, padValue: -1 }),
    ];
  });

  check('transposed convolution', (net) => {
    const x = net.input([1, 4, 5, 3]);
    const w = net.floats([3, 2, 10, 3]);
    const attrs: OpAttrs['conv2dTranspose'] = {
      strides: [2, 3],
      dilations: [1, 1],
      pads: [1, 0, 0, 0],
      outputSize: [8, 14],
      activation: relu,
    };
    return [net.add('conv2dTranspose', attrs, [x, w, net.floats([10])])];
  });

  check('recurrent cells, all steps and the last', (net) => {
    const x = net.input([1, 4, 6]);
    const cells = [
      { cell: 'simple', gates: 1 },
      { cell: 'gru', gates: 3 },
      { cell: 'lstm', gates: 4 },
    ] as const;
    return cells.flatMap(({ cell, gates }) =>
      [false, true].map((returnSequences) => {
        const resetAfter = cell === 'gru' && returnSequences;
        const bias = resetAfter ? [2, gates * 5] : [gates * 5];
        const operands = [[6, gates * 5], [5, gates * 5], bias].map((shape) => net.floats(shape));
        const attrs: OpAttrs['recurrent'] = {
          cell,
          activation: { fn: 'tanh' },
          recurrentActivation: { fn: 'sigmoid' },
          goBackwards: returnSequences,
          returnSequences,
          resetAfter,
          returnCells: false,
        };
        return net.add('recurrent', attrs, [x, ...operands]);
      }),
    );
  });

  check('recurrent cells that begin in a state, with peepholes and cell states', (net) => {
    const x = net.input([2, 4, 6], 'x');
    const state = net.input([2, 5], 'state');
    const cells = [
      { cell: 'simple', gates: 1 },
      { cell: 'gru', gates: 3 },
      { cell: 'lstm', gates: 4 },
    ] as const;
    return cells.flatMap(({ cell, gates }) => {
      const weights = [[6, gates * 5], [5, gates * 5], [gates * 5]];
      const isLstm = cell === 'lstm';
      const operands = [x, ...weights.map((shape) => net.floats(shape)), state];
      const attrs: OpAttrs['recurrent'] = {
        cell,
        activation: { fn: 'tanh' },
        recurrentActivation: { fn: 'sigmoid' },
        goBackwards: false,
        returnSequences: true,
        resetAfter: false,
        returnCells: isLstm,
      };
      if (!isLstm) return [net.add('recurrent', attrs, operands)];
      const states = [...operands, net.floats([2, 5])];
      return [states, [...states, net.floats([3, 5])]].map((inputs) =>
        net.add('recurrent', attrs, inputs),
      );
    });
  });

  check('products of matrices, of floats and of integers', (net) => {
    const a = net.input([2, 1, 3, 5], 'a');
    const b = net.input([4, 5, 2], 'b');
    const products = [
      net.add('matmul', {}, [a, b]),
      net.add('matmul', {}, [a, net.floats([5, 7])]),
      net.add('matmul', {}, [net.floats([6, 5]), b]),
    ];
    const [integerA, integerB] = [a, b].map((id) => net.toIntegers(id)) as [number, number];
    const integers = [
      net.add('matmul', {}, [integerA, integerB]),
      net.add('matmul', {}, [integerA, net.integers([5, 7])]),
    ];
    return [...products, ...integers.map((id) => net.toFloats(id))];
  });

  check('convolutions of integers', (net) => {
    const x = net.toIntegers(net.input([2, 5, 6, 4]));
    const window = { strides: [1, 2], dilations: [1, 1], pads: [1, 0, 0, 1] } as const;
    const results = [
      net.add('convInteger', { ...window, groups: 1 }, [x, net.integers([3, 2, 4, 3])]),
      net.add('convInteger', { ...window, groups: 2 }, [x, net.integers([2, 3, 2, 6])]),
    ];
    return results.map((id) => net.toFloats(id));
  });
});

function layers(binaryInput: boolean, binaryWeights: boolean, sign: boolean): Build {
  return (net) => {
    const image = net.input([1, 5, 6, 35]);
    const x = binaryInput ? net.binarize(image) : image;
    const options = { binaryWeights, sign, activation: relu };
    const results = [
      net.conv(x, 13, options),
      net.conv(x, 10, { ...options, groups: 5, kernel: [2, 3], pads: [0, 1, 0, 2] }),
      net.depthwise(x, { ...options, strides: [2, 2] }),
      net.depthwise(x, { ...options, multiplier: 2, kernel: [1, 1], pads: [0, 0, 0, 0] }),
      net.dense(x, 9, options),
    ];
    return sign ? results.map((result) => net.add('unpack', {}, [result])) : results;
  };
}

describe('elementwise', () => {
  check('functions of two operands, all kinds of broadcast', (net) => {
    const x = net.input([1, 4, 3, 5], 'x');
    const y = net.input([1, 4, 3, 5], 'y');
    return (['add', 'sub', 'mul', 'div', 'max', 'min', 'prelu', 'fmod'] as const).flatMap((fn) => {
      const join = (a: number, b: number) => net.add('binary', { fn, activation: relu }, [a, b]);
      return [
        join(x, y),
        join(x, net.floats([5])),
        join(net.floats([4, 1, 1]), x),
        join(net.unary(x, { fn: 'relu6' }), net.floats([])),
        join(net.floats([7, 1, 1, 3, 1]), net.unary(y, { fn: 'square' })),
      ];
    });
  });

  check('powers', (net) => {
    const base = net.unary(net.input([1, 4, 3]), { fn: 'exp' });
    return [
      net.add('binary', { fn: 'pow', activation: IDENTITY }, [base, net.floats([3])]),
      net.add('binary', { fn: 'pow', activation: IDENTITY }, [net.input([1, 4, 3]), base]),
    ];
  });

  check('functions of integers, comparisons and choices, in place and broadcast', (net) => {
    const [x, y] = [net.input([2, 4, 3, 5], 'x'), net.input([2, 4, 3, 5], 'y')];
    const [a, b] = [x, y].map((id) => net.toIntegers(id)) as [number, number];
    const names = 'add sub mul div mod rem max min pow and or xor shl shr'.split(
      ' ',
    ) as IntegerFn[];
    const integers = names.flatMap((fn) => [
      net.add('integer', { fn }, [net.toIntegers(net.unary(x, { fn: 'neg' })), b]),
      net.add('integer', { fn }, [a, net.integers([4, 1, 5])]),
    ]);
    const compared = (['equal', 'less', 'lessOrEqual'] as const).flatMap((fn) => [
      net.add('compare', { fn }, [x, net.floats([3, 1])]),
      net.add('compare', { fn }, [a, b]),
    ]);
    const condition = net.add('compare', { fn: 'less' }, [x, y]);
    const chosen = [
      net.add('where', {}, [condition, net.unary(x, { fn: 'neg' }), net.floats([])]),
      net.add('where', {}, [net.integers([5]), x, y]),
    ];
    const choices = [
      net.add('where', {}, [a, a, b]),
      net.add('where', {}, [a, b, net.integers([5])]),
    ];
    return [...chosen, ...[...integers, ...compared, ...choices].map((id) => net.toFloats(id))];
  });

  check('casts', (net) => {
    const x = net.add('binary', { fn: 'mul', activation: IDENTITY }, [
      net.input([3, 20]),
      net.floats([20]),
    ]);
    const narrow = (['u8', 'i8', 'u16', 'i16', 'bool'] as const).flatMap((to) => {
      const from = [x, net.toIntegers(x)].map((id) => net.add('cast', { to }, [id]));
      return from.flatMap((id) => [
        net.toFloats(id),
        net.toFloats(net.add('cast', { to: 'i32' }, [id])),
      ]);
    });
    return [net.toFloats(x), net.toFloats(net.toIntegers(x)), ...narrow];
  });

  check('batch norm, in place and not', (net) => {
    const x = net.input([1, 3, 7]);
    const norm = (value: number) => {
      const operands = [1, 2, 3].map(() => net.floats([7]));
      return net.add('batchNorm', { activation: { fn: 'leakyRelu', alpha: 0.1 } }, [
        value,
        ...operands,
      ]);
    };
    return [norm(norm(net.unary(norm(x), { fn: 'tanh' })))];
  });

  check('kinds of softmax over each axis', (net) => {
    const x = net.input([1, 4, 5, 3]);
    return (['softmax', 'logSoftmax', 'sparsemax'] as const).flatMap((variant) =>
      [1, 2, 3].map((axis) => net.add('softmax', { axis, variant }, [x])),
    );
  });

  check('layer norm and RMS norm', (net) => {
    const x = net.input([1, 4, 6]);
    return [
      net.add('layerNorm', { axis: 2, epsilon: 1e-3, center: true }, [
        x,
        net.floats([6]),
        net.floats([6]),
      ]),
      net.add('layerNorm', { axis: 1, epsilon: 1e-5, center: false }, [
        x,
        net.floats([4, 6]),
        net.floats([4, 6]),
      ]),
    ];
  });

  check('group norm, of all channels, of some and of each', (net) => {
    const x = net.input([2, 5, 4, 6]);
    const norm = (input: number, groups: number) =>
      net.add('groupNorm', { groups, epsilon: 1e-3 }, [input, net.floats([6]), net.floats([6])]);
    return [...[1, 3, 6].map((groups) => norm(x, groups)), norm(net.unary(x, { fn: 'relu' }), 2)];
  });

  const functions: readonly Unary[] = [
    ...(
      `relu relu6 selu gelu geluTanh sigmoid tanh softplus softsign swish hardSwish mish logSigmoid
      tanhShrink sparsePlus sparseSigmoid exp abs neg square sign heaviside reciprocal erf floor
      ceil round sin cos tan atan sinh cosh asinh toHalf toBfloat16 signum`.split(/\s+/) as never[]
    ).map((fn): Unary => ({ fn })),
    { fn: 'leakyRelu', alpha: 0.3 },
    { fn: 'elu', alpha: 0.7 },
    { fn: 'celu', alpha: 0.6 },
    { fn: 'hardSigmoid', alpha: 0.2, beta: 0.5 },
    { fn: 'clip', min: -0.5, max: Number.POSITIVE_INFINITY },
    { fn: 'thresholdedRelu', theta: 0.4, value: 0.1 },
    { fn: 'hardShrink', lambda: 0.5 },
    { fn: 'softShrink', lambda: 0.5 },
    { fn: 'shrink', lambda: 0.5, bias: 0.25 },
    { fn: 'squareplus', b: 0.3 },
    { fn: 'ternary', threshold: 0.5 },
  ];

  check('every activation', (net) => {
    const x = net.input([1, 50]);
    const positive = net.unary(net.unary(x, { fn: 'square' }), { fn: 'exp' });
    const onPositive: Unary[] = [{ fn: 'log' }, { fn: 'sqrt' }, { fn: 'rsqrt' }, { fn: 'acosh' }];
    const bounded = net.unary(net.unary(x, { fn: 'tanh' }), { fn: 'sin' });
    const onBounded: Unary[] = [{ fn: 'asin' }, { fn: 'acos' }, { fn: 'atanh' }];
    return [
      ...onBounded.map((unary) => net.unary(bounded, unary)),
      ...functions.map((unary) => net.unary(x, unary)),
      ...onPositive.map((unary) => net.unary(positive, unary)),
    ];
  });
});

describe('pools and resizes', () => {
  const window = {
    size: [3, 2],
    strides: [2, 1],
    dilations: [1, 2],
    pads: [1, 0, 1, 1],
  } as const;

  check('pools of floats', (net) => {
    const x = net.input([1, 7, 6, 5]);
    return [net.add('maxPool2d', window, [x]), net.add('averagePool2d', window, [x])];
  });

  check('max pools of bits, with and without a mask', (net) => {
    const x = net.binarize(net.input([1, 7, 6, 70]));
    const pools = [[x], [x, net.bits([70])]].map((operands) =>
      net.add('maxPool2d', window, operands),
    );
    return pools.map((pool) => net.add('unpack', {}, [pool]));
  });

  check('resizes', (net) => {
    const x = net.input([1, 4, 3, 2]);
    return (['nearest', 'bilinear'] as const).flatMap((mode) => [
      net.add('resize2d', { mode, size: [8, 6] }, [x]),
      net.add('resize2d', { mode, size: [3, 7] }, [x]),
    ]);
  });

  check('interpolation along an axis', (net) => {
    const x = net.input([2, 4, 3]);
    const places = (count: number, taps: number, size: number) =>
      net.builder.constant(
        'places',
        { dtype: 'i32', shape: [count, taps] },
        Int32Array.from({ length: count * taps }, (_, i) => (i * 7) % size),
      );
    return [
      net.add('resample', { axis: 1 }, [x, places(6, 4, 4), net.floats([6, 4])]),
      net.add('resample', { axis: 2 }, [x, places(2, 1, 3), net.floats([2, 1])]),
    ];
  });

  check('reductions of integers, and places of extremes', (net) => {
    const x = net.input([1, 4, 5, 3]);
    const integers = net.toIntegers(x);
    const reduced = (['sum', 'prod', 'max', 'min'] as const).flatMap((fn) => [
      net.add('reduce', { fn, axes: [1, 2], keepDims: false }, [integers]),
      net.add('reduce', { fn, axes: [1, 3], keepDims: true }, [integers]),
    ]);
    const places = (['argMax', 'argMin'] as const).flatMap((fn) =>
      [x, integers].flatMap((from) => [
        net.add('argReduce', { fn, axis: 2, keepDims: true, last: false }, [from]),
        net.add('argReduce', { fn, axis: 3, keepDims: false, last: true }, [from]),
      ]),
    );
    return [...reduced, ...places].map((id) => net.toFloats(id));
  });

  check('reductions over axes side by side and apart', (net) => {
    const x = net.input([1, 4, 5, 3]);
    return (['mean', 'sum', 'max', 'min', 'prod'] as const).flatMap((fn) => [
      net.add('reduce', { fn, axes: [1, 2], keepDims: false }, [x]),
      net.add('reduce', { fn, axes: [3], keepDims: true }, [x]),
      net.add('reduce', { fn, axes: [1, 3], keepDims: false }, [x]),
    ]);
  });
});

describe('moves', () => {
  check('transposes', (net) => {
    const x = net.input([2, 3, 4, 5]);
    return [
      [0, 3, 1, 2],
      [3, 2, 1, 0],
      [1, 0, 2, 3],
    ].map((perm) => net.add('transpose', { perm }, [x]));
  });

  check('slices, also backwards', (net) => {
    const x = net.input([1, 8, 6, 3]);
    return [
      net.add('slice', { begin: [0, 1, 2, 0], size: [1, 3, 4, 3], step: [1, 2, 1, 1] }, [x]),
      net.add('slice', { begin: [0, 7, 5, 2], size: [1, 8, 2, 3], step: [1, -1, -3, -1] }, [x]),
      net.add('slice', { begin: [0, 4, 0, 0], size: [1, 4, 6, 3], step: [1, 1, 1, 1] }, [x]),
    ];
  });

  check('tiles', (net) => {
    const x = net.input([1, 2, 3, 4]);
    return [
      [1, 2, 1, 3],
      [2, 1, 1, 1],
      [1, 1, 1, 1],
    ].map((repeats) => net.add('tile', { repeats }, [x]));
  });

  check('pads', (net) => {
    const x = net.input([1, 2, 3, 4]);
    return [
      net.add('pad', { before: [0, 1, 2, 0], after: [0, 0, 1, 0], value: 0.5 }, [x]),
      net.add('pad', { before: [0, 0, 0, 2], after: [0, 0, 0, 1], value: -1e10 }, [x]),
    ];
  });

  check('concatenations', (net) => {
    const x = net.input([1, 2, 3, 4], 'x');
    const y = net.input([1, 2, 3, 2], 'y');
    const wide = net.add('concat', { axis: 3 }, [x, y, x]);
    return [wide, net.add('concat', { axis: 1 }, [wide, wide])];
  });

  check('gather', (net) => {
    const indices = net.input([1, 4]);
    const table = net.floats([3, 2, 5]);
    return [
      net.add('gather', { axis: 0 }, [table, indices]),
      net.add('gather', { axis: 1 }, [table, net.toIntegers(indices)]),
      net.add('gather', { axis: 2 }, [table, net.integers([2, 2])]),
      net.toFloats(net.add('gather', { axis: 1 }, [net.integers([3, 2, 5]), indices])),
      net.toFloats(net.add('gather', { axis: 0 }, [net.toIntegers(table), net.integers([])])),
    ];
  });

  check('moves of integers', (net) => {
    const x = net.toIntegers(net.input([1, 2, 3, 4]));
    const value = 2 ** 31 - 1;
    const moved = [
      net.add('reshape', { shape: [2, 12] }, [x]),
      net.add('transpose', { perm: [0, 3, 1, 2] }, [x]),
      net.add('tile', { repeats: [1, 2, 1, 3] }, [x]),
      net.add('concat', { axis: 2 }, [x, net.integers([1, 2, 2, 4]), x]),
      net.add('pad', { before: [0, 1, 0, 3], after: [0, 0, 1, 0], value }, [x]),
      net.add('slice', { begin: [0, 1, 2, 3], size: [1, 1, 3, 2], step: [1, 1, -1, -2] }, [x]),
    ];
    return moved.map((id) => net.toFloats(id));
  });

  check('moves of bits', (net) => {
    const x = net.binarize(net.input([1, 2, 3, 70]));
    const moved = [
      net.add('reshape', { shape: [1, 420] }, [x]),
      net.add('reshape', { shape: [6, 70] }, [x]),
      net.add('transpose', { perm: [0, 3, 1, 2] }, [x]),
      net.add('concat', { axis: 3 }, [x, x]),
      net.add('pad', { before: [0, 1, 0, 3], after: [0, 0, 1, 0], value: -1 }, [x]),
      net.add('slice', { begin: [0, 1, 0, 3], size: [1, 1, 3, 60], step: [1, 1, 1, 1] }, [x]),
    ];
    return moved.map((value) => net.add('unpack', {}, [value]));
  });
});

describe('outputs', () => {
  check('inputs, constants, views and repetitions as outputs', (net) => {
    const x = net.input([1, 2, 3, 4], 'x');
    net.input([1, 2], 'unused');
    const y = net.conv(x, 2);
    const flat = net.add('reshape', { shape: [1, 12] }, [y]);
    return [x, net.floats([3]), y, flat, y, net.unary(flat, { fn: 'identity' })];
  });

  check('an output that later layers read', (net) => {
    const y = net.conv(net.input([1, 4, 4, 2]), 3, { activation: relu });
    return [y, net.unary(net.unary(y, IDENTITY), { fn: 'neg' })];
  });
});
