/** Traits of elementwise functions and ops. */
import { describe, expect, it } from 'vitest';
import { GraphBuilder } from '../../src/ir/builder.ts';
import { erf, erfc } from '../../src/ir/erf.ts';
import type { Shape } from '../../src/ir/graph.ts';
import { IDENTITY, LINEAR, type Node, type Unary, type UnaryPlain } from '../../src/ir/ops.ts';
import { evaluateUnary, isIdentity, isMonotone, macsOf } from '../../src/ir/traits.ts';

const MONOTONE: UnaryPlain[] = [
  ...(['identity', 'relu', 'relu6', 'selu', 'sigmoid', 'tanh', 'softplus', 'softsign'] as const),
  ...(['logSigmoid', 'tanhShrink', 'sparsePlus', 'sparseSigmoid', 'exp'] as const),
  ...(['sign', 'heaviside', 'erf', 'floor', 'ceil', 'round', 'atan', 'sinh', 'asinh'] as const),
  ...(['toHalf', 'toBfloat16', 'signum'] as const),
];

const OTHERS: UnaryPlain[] = [
  ...(['gelu', 'geluTanh', 'swish', 'hardSwish', 'mish', 'log', 'sqrt', 'rsqrt'] as const),
  ...(['abs', 'neg', 'square', 'reciprocal', 'sin', 'cos', 'tan', 'cosh'] as const),
  // Monotone where they are defined, which is not everywhere.
  ...(['asin', 'acos', 'acosh', 'atanh'] as const),
];

const WITH_PARAMETERS: [Unary, boolean][] = [
  [{ fn: 'leakyRelu', alpha: 0.3 }, true],
  [{ fn: 'leakyRelu', alpha: -0.3 }, false],
  [{ fn: 'elu', alpha: 1 }, true],
  [{ fn: 'elu', alpha: -1 }, false],
  [{ fn: 'celu', alpha: 2 }, true],
  [{ fn: 'hardSigmoid', alpha: 0.2, beta: 0.5 }, true],
  [{ fn: 'hardSigmoid', alpha: -0.2, beta: 0.5 }, false],
  [{ fn: 'clip', min: -1, max: 2 }, true],
  [{ fn: 'thresholdedRelu', theta: 1, value: 0 }, true],
  [{ fn: 'thresholdedRelu', theta: -1, value: 0 }, false],
  [{ fn: 'hardShrink', lambda: 0.5 }, true],
  [{ fn: 'softShrink', lambda: 0.5 }, true],
  [{ fn: 'softShrink', lambda: -0.5 }, true],
  [{ fn: 'shrink', lambda: 0.5, bias: 0.25 }, true],
  [{ fn: 'shrink', lambda: 0.5, bias: 0.5 }, true],
  [{ fn: 'shrink', lambda: 0.5, bias: -2 }, true],
  [{ fn: 'shrink', lambda: 0.5, bias: 0.75 }, false],
  [{ fn: 'squareplus', b: 4 }, true],
  [{ fn: 'ternary', threshold: 0.5 }, true],
];

/** Steps by the definition: the largest fall of the function over a fine grid. */
function rises(unary: Unary): boolean {
  let before = Number.NEGATIVE_INFINITY;
  for (let x = -12; x <= 12; x += 1 / 64) {
    const value = evaluateUnary(unary, x);
    // Functions that are flat there differ by roundings only.
    if (!(value >= before - 1e-12)) return false;
    before = value;
  }
  return true;
}

describe('isMonotone', () => {
  const plain = (fns: UnaryPlain[], monotone: boolean) =>
    fns.map((fn): [Unary, boolean] => [{ fn }, monotone]);
  const cases = [...plain(MONOTONE, true), ...plain(OTHERS, false), ...WITH_PARAMETERS];

  it.each(cases)('%o: %s', (unary, monotone) => {
    expect(isMonotone(unary)).toBe(monotone);
    expect(rises(unary)).toBe(monotone);
  });
});

describe('evaluateUnary', () => {
  it('keeps NaN, and has sign(0) = +1', () => {
    expect(evaluateUnary({ fn: 'relu' }, Number.NaN)).toBeNaN();
    expect(evaluateUnary({ fn: 'clip', min: 0, max: 1 }, Number.NaN)).toBeNaN();
    expect([-0, 0, -1e-45, Number.NaN].map((x) => evaluateUnary({ fn: 'sign' }, x))).toEqual([
      1, 1, -1, 1,
    ]);
  });

  it('does not overflow on the way', () => {
    expect(evaluateUnary({ fn: 'softplus' }, 1000)).toBe(1000);
    expect(evaluateUnary({ fn: 'logSigmoid' }, -1000)).toBe(-1000);
    expect(evaluateUnary({ fn: 'mish' }, 1000)).toBe(1000);
    expect(evaluateUnary({ fn: 'swish' }, -1000)).toBeCloseTo(0);
    expect(evaluateUnary({ fn: 'gelu' }, -1000)).toBeCloseTo(0);
  });

  it('compares with parameters as f32 holds them', () => {
    const x = Math.fround(0.1);
    expect(evaluateUnary({ fn: 'thresholdedRelu', theta: 0.1, value: 0 }, x)).toBe(0);
  });

  it('rounds, and keeps what is no number', () => {
    const values = [-1.5, -0.5, 0.5, 2.5, Number.POSITIVE_INFINITY, Number.NaN];
    const of = (fn: UnaryPlain) => values.map((x) => evaluateUnary({ fn }, x) + 0);
    expect(of('floor')).toEqual([-2, -1, 0, 2, Number.POSITIVE_INFINITY, Number.NaN]);
    expect(of('ceil')).toEqual([-1, 0, 1, 3, Number.POSITIVE_INFINITY, Number.NaN]);
    expect(of('round')).toEqual([-2, 0, 0, 2, Number.POSITIVE_INFINITY, Number.NaN]);
    expect(of('signum')).toEqual([-1, -1, 1, 1, 1, Number.NaN]);
    expect(evaluateUnary({ fn: 'signum' }, 0)).toBe(0);
    expect(evaluateUnary({ fn: 'toHalf' }, 65520)).toBe(Number.POSITIVE_INFINITY);
    expect(evaluateUnary({ fn: 'toHalf' }, 65519)).toBe(65504);
    expect(evaluateUnary({ fn: 'toBfloat16' }, 1 + 2 ** -8)).toBe(1);
  });

  it('shrinks with a bias past the threshold only', () => {
    const shrink = { fn: 'shrink', lambda: 1.5, bias: 0.5 } as const;
    expect([-2, -1.5, 0, 1.5, 2].map((x) => evaluateUnary(shrink, x))).toEqual([
      -1.5, 0, 0, 0, 1.5,
    ]);
  });

  it('is erf to 13 digits', () => {
    // As Python's math.erf has them.
    const known: [number, number][] = [
      [1e-300, 1.1283791670955126e-300],
      [1e-10, 1.1283791670955126e-10],
      [0.1, 0.1124629160182849],
      [0.5, 0.5204998778130465],
      [1, 0.8427007929497149],
      [1.99, 0.995111413199617],
      [2, 0.9953222650189527],
      [3, 0.9999779095030014],
      [6, 1],
      [-1.5, -0.9661051464753108],
    ];
    for (const [x, value] of known) expect(Math.abs(erf(x) / value - 1)).toBeLessThan(1e-13);
    expect(erf(0)).toBe(0);
    expect(erf(Number.NaN)).toBeNaN();
    expect(erf(Number.POSITIVE_INFINITY)).toBe(1);
    expect(erf(Number.NEGATIVE_INFINITY)).toBe(-1);
  });

  it('is erfc to 13 digits', () => {
    // As Python's math.erfc has them.
    const known: [number, number][] = [
      [0, 1],
      [0.5, 0.4795001221869535],
      [1, 0.15729920705028513],
      [1.99, 0.004888586800383003],
      [2, 0.004677734981047265],
      [3, 2.2090496998585438e-5],
      [10, 2.088487583762545e-45],
      [-1.5, 1.9661051464753108],
    ];
    for (const [x, value] of known) expect(Math.abs(erfc(x) / value - 1)).toBeLessThan(1e-13);
    expect(erfc(Number.NaN)).toBeNaN();
    expect(erfc(Number.POSITIVE_INFINITY)).toBe(0);
    expect(erfc(Number.NEGATIVE_INFINITY)).toBe(2);
  });
});

it('knows the identity', () => {
  expect(isIdentity(IDENTITY)).toBe(true);
  expect(isIdentity({ fn: 'relu' })).toBe(false);
});

describe('macsOf', () => {
  const builder = new GraphBuilder();
  const from = { name: 'layer', sourceOp: 'Layer' };
  const zeros = (...shape: Shape) =>
    builder.constant('c', shape, new Float32Array(shape.reduce((a, b) => a * b, 1)));
  const x = builder.input('x', { dtype: 'f32', shape: [1, 5, 5, 4] });
  const sequence = builder.input('s', { dtype: 'f32', shape: [1, 7, 3] });
  const attrs = {
    ...({ strides: [2, 2], dilations: [1, 1], pads: [1, 1, 1, 1], padValue: 0 } as const),
    epilogue: LINEAR,
  };
  const { epilogue: _, padValue: __, ...place } = attrs;
  builder.add('conv2d', { ...attrs, groups: 2 }, [x, zeros(3, 3, 2, 6), zeros(6)], from);
  builder.add('depthwiseConv2d', attrs, [x, zeros(3, 3, 4, 2), zeros(8)], from);
  const transposed = { ...place, outputSize: [9, 9], activation: IDENTITY } as const;
  builder.add('conv2dTranspose', transposed, [x, zeros(3, 3, 6, 4), zeros(6)], from);
  builder.add('dense', { epilogue: LINEAR }, [sequence, zeros(3, 5), zeros(5)], from);
  const cell = {
    ...({ cell: 'lstm', activation: IDENTITY, recurrentActivation: IDENTITY } as const),
    ...{ goBackwards: false, returnSequences: false, resetAfter: false, returnCells: false },
  };
  builder.add('recurrent', cell, [sequence, zeros(3, 8), zeros(2, 8), zeros(8)], from);
  builder.add('unary', { unary: { fn: 'relu' } }, [x], from);
  builder.add('matmul', {}, [zeros(2, 3, 4, 5), zeros(3, 5, 6)], from);
  const integers = (...shape: [number, number, number, number]) =>
    builder.input('i', { dtype: 'i32', shape });
  const { strides, dilations, pads } = attrs;
  const conv = { strides, dilations, pads, groups: 2 };
  builder.add('convInteger', conv, [integers(1, 5, 5, 4), integers(3, 3, 2, 6)], from);
  const graph = builder.finish('net', []);

  it.each([
    ['conv2d', 3 * 3 * 6 * (3 * 3 * 2)],
    ['depthwiseConv2d', 3 * 3 * 8 * (3 * 3)],
    ['conv2dTranspose', 5 * 5 * 4 * (3 * 3 * 6)],
    ['dense', 7 * 3 * 5],
    ['recurrent', 7 * (3 + 2) * 8],
    ['unary', 0],
    ['matmul', 2 * 3 * 4 * 6 * 5],
    ['convInteger', 3 * 3 * 6 * (3 * 3 * 2)],
  ])('%s', (op, macs) => {
    const node = graph.nodes.find((candidate) => candidate.op === op) as Node;
    expect(macsOf(node, graph)).toBe(macs);
  });
});
