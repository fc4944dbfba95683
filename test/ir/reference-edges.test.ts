/**
 * What the reference interpreter gives at the edges, where libraries differ or have nothing: NaN,
 * infinities, divisors of 0, shifts past 32 bits, sums past them. The contract is in ops.ts.
 */
import { describe, expect, it } from 'vitest';
import { GraphBuilder } from '../../src/ir/builder.ts';
import { makeNode, type TensorData, type TensorType } from '../../src/ir/graph.ts';
import {
  type BinaryFn,
  type CompareFn,
  IDENTITY,
  type IntegerFn,
  type OpAttrs,
  type OpKind,
} from '../../src/ir/ops.ts';
import { evaluateNode, Interpreter } from '../../src/ir/reference/interpreter.ts';
import { inferType } from '../../src/ir/shapes.ts';

type Operand = readonly [type: TensorType, data: TensorData];

const from = { name: 'layer', sourceOp: 'Layer' };
const MAX = 2 ** 31 - 1;
const MIN = -(2 ** 31);
const [nan, infinity] = [Number.NaN, Number.POSITIVE_INFINITY];

const f32 = (...values: number[]): Operand => [
  { dtype: 'f32', shape: [values.length] },
  Float32Array.from(values),
];
const i32 = (...values: number[]): Operand => [
  { dtype: 'i32', shape: [values.length] },
  Int32Array.from(values),
];
const shaped = ([{ dtype }, data]: Operand, ...shape: number[]): Operand => [
  { dtype, shape },
  data,
];

/** The elements that a node computes; -0 counts as 0. */
function evaluate<K extends OpKind>(op: K, attrs: OpAttrs[K], ...operands: Operand[]): number[] {
  const ids = operands.map((_, id) => id);
  const node = makeNode(op, attrs, ids, operands.length, from);
  const inputs = operands.map(([type, data]) => ({ type, data }));
  const type = inferType(
    node,
    inputs.map((input) => input.type),
  );
  return Array.from(evaluateNode(node, inputs, type), (value) => value + 0);
}

describe('integers', () => {
  const run = (fn: IntegerFn, a: number[], b: number[]) =>
    evaluate('integer', { fn }, i32(...a), i32(...b));

  it('wraps what leaves 32 bits', () => {
    expect(run('add', [MAX, MIN], [1, -1])).toEqual([MIN, MAX]);
    expect(run('sub', [MIN, 0], [1, MIN])).toEqual([MAX, MIN]);
    expect(run('mul', [65537, MAX, MIN], [65537, MAX, -1])).toEqual([131073, 1, MIN]);
    expect(run('pow', [3, -3, 2, 7], [40, 21, 32, MAX])).toEqual([
      Number(BigInt.asIntN(32, 3n ** 40n)),
      Number(BigInt.asIntN(32, (-3n) ** 21n)),
      0,
      -1227133513,
    ]);
    expect(run('div', [MIN], [-1])).toEqual([MIN]);
  });

  it('divides by 0 to 0, and rounds as its name says', () => {
    for (const fn of ['div', 'mod', 'rem'] as const) {
      expect(run(fn, [7, MIN, 0], [0, 0, 0])).toEqual([0, 0, 0]);
    }
    expect(run('div', [7, -7, 7, -7], [2, 2, -2, -2])).toEqual([3, -3, -3, 3]);
    expect(run('rem', [7, -7, 7, -7, MIN], [2, 2, -2, -2, -1])).toEqual([1, -1, 1, -1, 0]);
    expect(run('mod', [7, -7, 7, -7, MIN], [2, 2, -2, -2, -1])).toEqual([1, 1, -1, -1, 0]);
    expect(run('mod', [MIN, MAX, 1], [MAX, MIN, MIN])).toEqual([MAX - 1, -1, MIN + 1]);
  });

  it('shifts everything out from 32 bits on, and by less than 0', () => {
    expect(run('shl', [1, 1, 1, 1], [31, 32, 33, -1])).toEqual([MIN, 0, 0, 0]);
    expect(run('shr', [MIN, MIN, -1, -1], [31, 32, 33, -1])).toEqual([-1, 0, 0, 0]);
  });

  it('has powers with negative exponents of 1 and -1 only', () => {
    expect(run('pow', [1, -1, -1, 2, 0, 0], [-5, -5, -4, -1, -1, 0])).toEqual([1, -1, 1, 0, 0, 1]);
  });

  it('wraps sums and products of an axis, of matrices and of windows', () => {
    const reduce = (fn: 'sum' | 'prod' | 'max' | 'min', ...values: number[]) =>
      evaluate('reduce', { fn, axes: [0], keepDims: false }, i32(...values));
    expect(reduce('sum', MAX, MAX, MAX)).toEqual([MAX - 2]);
    expect(reduce('prod', 65537, 65537, 65537)).toEqual([196609]);
    expect(reduce('max', MIN)).toEqual([MIN]);
    expect(reduce('min', MAX)).toEqual([MAX]);
    const [a, b] = [i32(MAX, MAX), i32(MAX, 2)];
    expect(evaluate('matmul', {}, shaped(a, 1, 2), shaped(b, 2, 1))).toEqual([-1]);
    const window = {
      strides: [1, 1],
      dilations: [1, 1],
      pads: [0, 0, 0, 0],
      groups: 1,
    } as const;
    const conv = evaluate('convInteger', window, shaped(a, 1, 1, 1, 2), shaped(b, 1, 1, 2, 1));
    expect(conv).toEqual([-1]);
  });
});

describe('casts', () => {
  it('truncates, saturates, and takes NaN to 0', () => {
    const x = f32(1.9, -1.9, nan, infinity, -infinity, 3e9, -3e9, 2 ** 31, -(2 ** 31));
    expect(evaluate('cast', { to: 'i32' }, x)).toEqual([
      ...[1, -1, 0, MAX, MIN, MAX, MIN, MAX, MIN],
    ]);
    expect(evaluate('cast', { to: 'u8' }, f32(300.7, -1.5, nan))).toEqual([44, 255, 0]);
  });

  it('rounds to f32 and keeps low bits', () => {
    expect(evaluate('cast', { to: 'f32' }, i32(2 ** 24 + 1, MAX))).toEqual([2 ** 24, 2 ** 31]);
    expect(evaluate('cast', { to: 'i8' }, i32(128, -129, 257))).toEqual([-128, 127, 1]);
    expect(evaluate('cast', { to: 'u16' }, i32(-1, 65536))).toEqual([65535, 0]);
  });

  it('asks for bool whether it is not 0', () => {
    expect(evaluate('cast', { to: 'bool' }, i32(0, 256, -1))).toEqual([0, 1, 1]);
    expect(evaluate('cast', { to: 'bool' }, f32(0, -0, 0.5, nan))).toEqual([0, 0, 1, 1]);
  });
});

describe('NaN', () => {
  it('compares false, and equal to nothing', () => {
    for (const fn of ['equal', 'less', 'lessOrEqual'] as CompareFn[]) {
      expect(evaluate('compare', { fn }, f32(nan, nan, 1), f32(nan, 1, nan))).toEqual([0, 0, 0]);
    }
    expect(evaluate('compare', { fn: 'equal' }, f32(-0), f32(0))).toEqual([1]);
  });

  it('is chosen or not, like any value', () => {
    expect(evaluate('where', {}, i32(1, 0, -3), f32(nan, nan, 5), f32(7, 8, nan))).toEqual([
      ...[nan, 8, 5],
    ]);
  });

  it('is the extreme of its axis, the first of several or the last', () => {
    const place = (fn: 'argMax' | 'argMin', last: boolean, ...values: number[]) =>
      evaluate('argReduce', { fn, axis: 0, keepDims: true, last }, f32(...values))[0];
    for (const fn of ['argMax', 'argMin'] as const) {
      expect(place(fn, false, 1, nan, infinity, nan, -infinity)).toBe(1);
      expect(place(fn, true, 1, nan, infinity, nan, -infinity)).toBe(3);
      expect(place(fn, false, nan, 2)).toBe(0);
      expect(place(fn, false, -0, 0)).toBe(0);
      expect(place(fn, true, -0, 0)).toBe(1);
    }
    expect(place('argMin', false, infinity, infinity)).toBe(0);
    const reduce = (fn: 'max' | 'min', ...values: number[]) =>
      evaluate('reduce', { fn, axes: [0], keepDims: false }, f32(...values))[0];
    expect(reduce('max', 1, nan, 3)).toBeNaN();
    expect(reduce('min', 1, nan, 3)).toBeNaN();
  });

  it('is an index of the first place; indices are cut off and clamped', () => {
    const table = f32(10, 11, 12);
    const indices = f32(nan, -5, 1.9, 2.5, infinity);
    expect(evaluate('gather', { axis: 0 }, table, indices)).toEqual([10, 10, 11, 12, 12]);
    expect(evaluate('gather', { axis: 0 }, table, i32(MIN, MAX))).toEqual([10, 12]);
  });
});

describe('powers and remainders', () => {
  const run = (fn: BinaryFn, a: number[], b: number[]) =>
    evaluate('binary', { fn, activation: IDENTITY }, f32(...a), f32(...b));

  it("are C's", () => {
    expect(run('pow', [1, 1, -1, -1, nan, -8], [nan, infinity, -infinity, nan, 0, 1 / 3])).toEqual([
      ...[1, 1, 1, nan, 1, nan],
    ]);
    expect(run('fmod', [-7, 7, 5.5, 1, infinity, 1], [3, -3, 2, 0, 1, infinity])).toEqual([
      ...[-1, 1, 1.5, nan, nan, 1],
    ]);
  });
});

it('multiplies out in f64 and rounds once', () => {
  const product = evaluate(
    'matmul',
    {},
    shaped(f32(2 ** 30, 1, 0.5, -(2 ** 30)), 1, 4),
    shaped(f32(1, 1, 1, 1), 4, 1),
  );
  expect(product).toEqual([1.5]);
});

it('takes inputs of every type, and gives outputs of theirs', () => {
  const builder = new GraphBuilder();
  const flags = builder.input('flags', { dtype: 'bool', shape: [3] });
  const bytes = builder.input('bytes', { dtype: 'i8', shape: [3] });
  const wide = [flags, bytes].map((id) => builder.add('cast', { to: 'i32' }, [id], from));
  const sum = builder.add('integer', { fn: 'add' }, wide, from);
  const narrow = builder.add('cast', { to: 'u16' }, [sum], from);
  const interpreter = new Interpreter(builder.finish('net', [sum, narrow]));
  expect(interpreter.run([[0, 5, 1], Int8Array.of(-128, 127, -1)])).toEqual([
    Int32Array.of(-128, 128, 0),
    Uint16Array.of(65408, 128, 0),
  ]);
});
