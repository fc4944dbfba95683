/**
 * The reference interpreter, op by op, against what TensorFlow and Keras compute, and ONNX Runtime
 * where they lack something (scripts/fixtures/record-reference-ops.py and record-reference-lstm.py).
 */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { GraphBuilder } from '../../src/ir/builder.ts';
import type { DType, TensorData, TensorType } from '../../src/ir/graph.ts';
import { makeNode } from '../../src/ir/graph.ts';
import { IDENTITY, LINEAR, type OpAttrs, type OpKind } from '../../src/ir/ops.ts';
import { evaluateNode, Interpreter } from '../../src/ir/reference/interpreter.ts';
import { inferType } from '../../src/ir/shapes.ts';
import { OP_KINDS } from '../../src/ir/traits.ts';
import { verifyGraph } from '../../src/ir/verify.ts';

interface Recorded {
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly data: string;
}

interface RecordedCase {
  readonly name: string;
  readonly op: OpKind;
  readonly attrs: OpAttrs[OpKind];
  readonly operands: readonly Recorded[];
  readonly output: Recorded;
}

/** Of the largest value of a case's output. */
const TOLERANCE = 1e-5;

const cases = ['reference-ops', 'reference-lstm'].flatMap((name) => {
  const path = new URL(`../fixtures/${name}.json`, import.meta.url);
  return (JSON.parse(readFileSync(path, 'utf8')) as { cases: RecordedCase[] }).cases;
});

const ARRAYS = {
  f32: Float32Array,
  i32: Int32Array,
  i16: Int16Array,
  u16: Uint16Array,
  i8: Int8Array,
  u8: Uint8Array,
  bool: Uint8Array,
  bit: Uint8Array,
} as const;

const from = { name: 'layer', sourceOp: 'Layer' };

function read({ dtype, shape, data }: Recorded): { type: TensorType; data: TensorData } {
  const bytes = Uint8Array.from(Buffer.from(data, 'base64'));
  return { type: { dtype, shape }, data: new ARRAYS[dtype](bytes.buffer) };
}

/** Of floats a tolerance, of everything else all bits. */
function expectSame(actual: TensorData, expected: TensorData): void {
  if (expected instanceof Float32Array) expectClose(actual, expected);
  else expect(actual).toEqual(expected);
}

/** Thresholds of layers and the tables of `resample` can't be computed. */
function canBeInput(op: OpKind, type: TensorType): boolean {
  return type.dtype !== 'i32' || !['conv2d', 'depthwiseConv2d', 'dense', 'resample'].includes(op);
}

function expectClose(actual: ArrayLike<number>, expected: ArrayLike<number>): void {
  const largest = Math.max(...Array.from(expected, Math.abs));
  const differences = Array.from(expected, (value, i) => Math.abs((actual[i] as number) - value));
  expect(actual.length).toBe(expected.length);
  expect(Math.max(...differences)).toBeLessThanOrEqual(TOLERANCE * largest);
}

describe('recorded ops', () => {
  it.each(cases)('$name', ({ op, attrs, operands: recorded, output }) => {
    const operands = recorded.map(read);
    const expected = read(output);
    const ids = operands.map((_, id) => id);
    const node = makeNode(op, attrs, ids, operands.length, from);
    const type = inferType(
      node,
      operands.map((operand) => operand.type),
    );
    expect(type).toEqual(expected.type);
    const result = evaluateNode(node, operands, type);
    expectSame(result, expected.data);
  });

  it.each(cases)('$name, with operands that are not constant', ({ op, attrs, ...recorded }) => {
    const operands = recorded.operands.map(read);
    const builder = new GraphBuilder();
    const isInput = operands.map(({ type }) => canBeInput(op, type));
    const ids = operands.map(({ type, data }, i) =>
      isInput[i] ? builder.input(`input ${i}`, type) : builder.constant('c', type, data),
    );
    const graph = builder.finish('net', [builder.add(op, attrs, ids, from)]);
    const inputs = operands
      .filter((_, i) => isInput[i])
      .map(({ type, data }) =>
        type.dtype === 'bit' ? Float32Array.from(data, (bit) => 1 - 2 * bit) : data,
      );
    const interpreter = new Interpreter(graph);
    interpreter.run(inputs.map((data) => data.map((x) => -x)));
    const [result] = interpreter.run(inputs);
    const expected = read(recorded.output);
    if (expected.type.dtype !== 'bit') expectSame(result as TensorData, expected.data);
    else expect(result).toEqual(Float32Array.from(expected.data, (bit) => 1 - 2 * bit));
  });

  it('cover every op', () => {
    const recorded = new Set(cases.map(({ op }) => op));
    expect([...recorded].sort()).toEqual([...OP_KINDS].sort());
  });
});

describe('rounding', () => {
  const constant = (builder: GraphBuilder, ...values: number[]) =>
    builder.constant('c', [values.length], Float32Array.from(values));

  it('rounds after each step of a batch norm', () => {
    const run = (...values: readonly [number, number, number, number]) => {
      const builder = new GraphBuilder();
      const x = builder.input('x', { dtype: 'f32', shape: [1] });
      const operands = [x, ...values.slice(1).map((value) => constant(builder, value))];
      const y = builder.add('batchNorm', { activation: IDENTITY }, operands, from);
      const [result] = new Interpreter(builder.finish('n', [y])).run([Float32Array.of(values[0])]);
      return result?.[0];
    };
    // Exactly these are -1 and 2^-46.
    expect(run(1, 2 ** -25, 2 ** 25, -(2 ** 25))).toBe(0);
    expect(run(1 + 2 ** -23, 0, 1 + 2 ** -23, -(1 + 2 ** -22))).toBe(0);
  });

  it('sums exactly, rounds once, then adds the bias', () => {
    const builder = new GraphBuilder();
    const x = builder.input('x', { dtype: 'f32', shape: [1, 4] });
    const w = builder.constant('w', [4, 1], new Float32Array(4).fill(1));
    const y = builder.add('dense', { epilogue: LINEAR }, [x, w, constant(builder, 1)], from);
    const interpreter = new Interpreter(builder.finish('n', [y]));
    expect(interpreter.run([Float32Array.of(2 ** 30, 1, 0.5, -(2 ** 30))])).toEqual([
      Float32Array.of(2.5),
    ]);
    // 2^24 + 1 rounds to 2^24 before the bias of 1 rounds away as well.
    expect(interpreter.run([Float32Array.of(2 ** 24, 1, 0, 0)])).toEqual([
      Float32Array.of(2 ** 24),
    ]);
  });
});

describe('Interpreter', () => {
  const builder = new GraphBuilder();
  const x = builder.input('x', { dtype: 'f32', shape: [2] });
  const c = builder.constant('c', [2], Float32Array.of(1, 4));
  const root = builder.add('unary', { unary: { fn: 'sqrt' } }, [c], from);
  const sum = builder.add('binary', { fn: 'add', activation: IDENTITY }, [x, root], from);
  const graph = builder.finish('net', [sum, x, root, c]);

  it('returns outputs that later runs do not change, inputs and constants among them', () => {
    verifyGraph(graph, 'source');
    const interpreter = new Interpreter(graph);
    const first = interpreter.run([Float32Array.of(10, 20)]);
    interpreter.run([Float32Array.of(0, 0)]);
    expect(first.map((output) => [...output])).toEqual([
      [11, 22],
      [10, 20],
      [1, 2],
      [1, 4],
    ]);
  });

  it('gives every value of a run', () => {
    const values = new Interpreter(graph).runAll([Float32Array.of(1, 1)]);
    expect([x, c, root, sum].map((id) => [...(values.get(id) ?? [])])).toEqual([
      [1, 1],
      [1, 4],
      [1, 2],
      [2, 3],
    ]);
  });

  it('refuses inputs that do not fit', () => {
    const interpreter = new Interpreter(graph);
    expect(() => interpreter.run([])).toThrow('0 inputs were given, where the model has 1');
    expect(() => interpreter.run([new Float32Array(3)])).toThrow(
      '3 elements were given for the input "x", whose shape [2] has 2',
    );
  });
});
