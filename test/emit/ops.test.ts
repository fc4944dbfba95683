/** Every op, from a graph through plan and C, against the reference interpreter. */
import { describe, expect, test } from 'vitest';
import type { Graph } from '../../src/ir/graph.ts';
import { IDENTITY, type OpAttrs, type Unary } from '../../src/ir/ops.ts';
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
    return (['add', 'sub', 'mul', 'div', 'max', 'min', 'prelu'] as const).flatMap((fn) => {
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

  const functions: readonly Unary[] = [
    ...(
      `relu relu6 selu gelu geluTanh sigmoid tanh softplus softsign swish hardSwish mish logSigmoid
      tanhShrink sparsePlus sparseSigmoid exp abs neg square sign heaviside`.split(/\s+/) as never[]
    ).map((fn): Unary => ({ fn })),
    { fn: 'leakyRelu', alpha: 0.3 },
    { fn: 'elu', alpha: 0.7 },
    { fn: 'celu', alpha: 0.6 },
    { fn: 'hardSigmoid', alpha: 0.2, beta: 0.5 },
    { fn: 'clip', min: -0.5, max: Number.POSITIVE_INFINITY },
    { fn: 'thresholdedRelu', theta: 0.4, value: 0.1 },
    { fn: 'hardShrink', lambda: 0.5 },
    { fn: 'softShrink', lambda: 0.5 },
    { fn: 'squareplus', b: 0.3 },
    { fn: 'ternary', threshold: 0.5 },
  ];

  check('every activation', (net) => {
    const x = net.input([1, 50]);
    const positive = net.unary(net.unary(x, { fn: 'square' }), { fn: 'exp' });
    const onPositive: Unary[] = [{ fn: 'log' }, { fn: 'sqrt' }, { fn: 'rsqrt' }];
    return [
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

  check('reductions over axes side by side and apart', (net) => {
    const x = net.input([1, 4, 5, 3]);
    return (['mean', 'sum', 'max', 'min'] as const).flatMap((fn) => [
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
    return [net.add('gather', { axis: 0 }, [net.floats([3, 2, 5]), indices])];
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
