/** Layers of bytes: against outputs recorded from ONNX Runtime, and by hand; what is refused. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { BinarynetError } from '../../src/errors.ts';
import { makeNode, type TensorData, type TensorType } from '../../src/ir/graph.ts';
import { type Epilogue, IDENTITY, type OpAttrs, type OpKind } from '../../src/ir/ops.ts';
import { evaluateNode } from '../../src/ir/reference/interpreter.ts';
import { inferType } from '../../src/ir/shapes.ts';

interface Listed {
  readonly shape: readonly number[];
  readonly data: readonly number[];
}

interface Recorded {
  readonly name: string;
  readonly dtype: 'i8' | 'u8';
  readonly zeroPoint: number;
  readonly strides?: readonly [number, number];
  readonly dilations?: readonly [number, number];
  readonly pads?: readonly [number, number, number, number];
  readonly group?: number;
  readonly x: Listed;
  readonly w: Listed;
  readonly bias?: readonly number[];
  readonly scale?: readonly number[];
  readonly outputZeroPoint?: number;
  readonly y: Listed;
}

interface Operand {
  readonly type: TensorType;
  readonly data: TensorData;
}

const recorded = JSON.parse(
  readFileSync(new URL('../fixtures/byte-layers.json', import.meta.url), 'utf8'),
) as readonly Recorded[];

function bytes(dtype: 'i8' | 'u8', { shape, data }: Listed): Operand {
  return { type: { dtype, shape }, data: (dtype === 'i8' ? Int8Array : Uint8Array).from(data) };
}

function bits(shape: readonly number[], data: readonly number[]): Operand {
  return { type: { dtype: 'bit', shape }, data: Uint8Array.from(data) };
}

function floats(data: readonly number[]): Operand {
  return { type: { dtype: 'f32', shape: [data.length] }, data: Float32Array.from(data) };
}

function integers(data: readonly number[]): Operand {
  return { type: { dtype: 'i32', shape: [data.length] }, data: Int32Array.from(data) };
}

function evaluate<K extends OpKind>(op: K, attrs: OpAttrs[K], operands: readonly Operand[]) {
  const ids = operands.map((_, index) => index);
  const node = makeNode(op, attrs, ids, ids.length, { name: 'layer', sourceOp: 'Layer' });
  const types = operands.map(({ type }) => type);
  return evaluateNode(node, operands, inferType(node, types));
}

describe('as ONNX Runtime has it', () => {
  test.each(recorded.map((one) => [one.name, one] as const))('%s', (_name, one) => {
    const { zeroPoint, scale, strides, dilations, pads, group: groups = 1 } = one;
    const channels = one.w.shape.at(-1) as number;
    const bias = integers(one.bias ?? new Array<number>(channels).fill(0));
    const output = one.outputZeroPoint;
    const epilogue: Epilogue =
      output === undefined
        ? { kind: 'integer' }
        : { kind: 'requantize', zeroPoint: output, min: -128, max: 127 };
    const operands = [
      bytes(one.dtype, one.x),
      bytes('i8', one.w),
      bias,
      ...(scale ? [floats(scale)] : []),
    ];
    const y =
      strides && dilations && pads
        ? evaluate(
            'conv2d',
            {
              strides,
              dilations,
              pads,
              padValue: 0,
              zeroPoint,
              groups,
              epilogue,
            },
            operands,
          )
        : evaluate('dense', { zeroPoint, epilogue }, operands);
    expect(Array.from(y)).toEqual(one.y.data);
  });
});

const window = {
  strides: [1, 1],
  dilations: [1, 1],
  pads: [0, 0, 0, 0],
  padValue: 0,
} as const;
const INTEGER: Epilogue = { kind: 'integer' };

function requantize(zeroPoint: number, min = -128, max = 127): Epilogue {
  return { kind: 'requantize', zeroPoint, min, max };
}

describe('by hand', () => {
  const x = bytes('i8', { shape: [1, 3], data: [10, -128, 127] });
  const w = bytes('i8', { shape: [3, 1], data: [127, -127, 3] });

  test('the zero point is taken off before products are', () => {
    const sum = 12 * 127 + 126 * 127 + 129 * 3;
    expect([
      ...evaluate('dense', { zeroPoint: -2, epilogue: INTEGER }, [x, w, integers([1])]),
    ]).toEqual([sum + 1]);
  });

  test('halves go to the even neighbour, and results stay within the limits', () => {
    const one = bytes('i8', { shape: [5, 1], data: [1, 3, 5, -1, -3] });
    const unit = bytes('i8', { shape: [1, 1], data: [1] });
    const halves = (epilogue: Epilogue) => [
      ...evaluate('dense', { epilogue }, [one, unit, integers([0]), floats([0.5])]),
    ];
    expect(halves(requantize(0))).toEqual([0, 2, 2, 0, -2]);
    expect(halves(requantize(10, 10, 11))).toEqual([10, 11, 11, 10, 10]);
  });

  test('the bias wraps as i32 does', () => {
    const y = evaluate('dense', { epilogue: INTEGER }, [x, w, integers([2 ** 31 - 1])]);
    const sum = 10 * 127 + 128 * 127 + 127 * 3;
    expect([...y]).toEqual([-(2 ** 31) + sum - 1]);
  });

  test('bits are -1 and 1, and signs compare integers', () => {
    const signs = bits([3, 1], [1, 0, 0]);
    const sign: Epilogue = { kind: 'sign' };
    for (const [threshold, bit] of [
      [-11, 0],
      [-10, 1],
    ] as const) {
      const y = evaluate('dense', { epilogue: sign }, [x, signs, integers([threshold])]);
      expect([...y]).toEqual([bit]);
    }
  });

  test('taps outside the image are the zero point', () => {
    const image = bytes('u8', { shape: [1, 1, 1, 1], data: [9] });
    const kernel = bytes('i8', { shape: [3, 3, 1, 1], data: [1, 2, 3, 4, 5, 6, 7, 8, 9] });
    const attrs = { ...window, pads: [1, 1, 1, 1], groups: 1, zeroPoint: 200 } as const;
    const y = evaluate('conv2d', { ...attrs, epilogue: INTEGER }, [image, kernel, integers([0])]);
    expect([...y]).toEqual([5 * (9 - 200)]);
  });

  test('pools keep bytes; means round halves away from 0', () => {
    const image = bytes('i8', { shape: [1, 1, 4, 1], data: [-3, -2, 3, 4] });
    const attrs = { size: [1, 2], strides: [1, 2], dilations: [1, 1], pads: [0, 0, 0, 0] } as const;
    expect([...evaluate('averagePool2d', attrs, [image])]).toEqual([-3, 4]);
    expect([...evaluate('maxPool2d', attrs, [image])]).toEqual([-2, 4]);
  });
});

describe('refuses', () => {
  const i8 = (...shape: number[]): TensorType => ({ dtype: 'i8', shape });
  const u8 = (...shape: number[]): TensorType => ({ dtype: 'u8', shape });
  const f32 = (...shape: number[]): TensorType => ({ dtype: 'f32', shape });
  const i32 = (...shape: number[]): TensorType => ({ dtype: 'i32', shape });

  function refusal<K extends OpKind>(op: K, attrs: OpAttrs[K], ...types: TensorType[]): string {
    const ids = types.map((_, index) => index);
    const node = makeNode(op, attrs, ids, ids.length, { name: 'layer', sourceOp: 'Layer' });
    try {
      inferType(node, types);
    } catch (error) {
      if (error instanceof BinarynetError) return String(error.problems[0]?.found);
      throw error;
    }
    return 'accepted';
  }

  const dense = (epilogue: Epilogue, zeroPoint: number, ...types: TensorType[]): string =>
    refusal('dense', { epilogue, zeroPoint }, ...types);

  test.each([
    [
      'bytes with float weights',
      dense(INTEGER, 0, i8(1, 4), f32(4, 2), i32(2)),
      'its operand w has the type f32, where i8 or bit is expected',
    ],
    [
      'floats with weights of bytes',
      dense(INTEGER, 0, f32(1, 4), i8(4, 2), i32(2)),
      'its operand w has the type i8, where f32 or bit is expected',
    ],
    [
      'a zero point of floats',
      dense({ kind: 'linear', activation: IDENTITY }, 1, f32(1, 4), f32(4, 2), f32(2)),
      'its input of f32 has a zero point',
    ],
    [
      'a zero point that is no element',
      dense(INTEGER, -1, u8(1, 4), i8(4, 2), i32(2)),
      'its zero point is -1, where an integer from 0 to 255 is expected',
    ],
    [
      'a float bias',
      dense({ kind: 'linear', activation: IDENTITY }, 0, i8(1, 4), i8(4, 2), f32(2)),
      'a linear epilogue after i8 weights is not defined',
    ],
    [
      'limits that leave nothing',
      dense(requantize(0, 5, 4), 0, i8(1, 4), i8(4, 2), i32(2), f32(2)),
      'its greatest result is 4, where an integer from 5 to 127 is expected',
    ],
    [
      'sums that may not fit',
      dense(INTEGER, 0, i8(1, 65536), i8(65536, 2), i32(2)),
      'it sums 65536 products of integers, where sums of 65535 fit 32 bits',
    ],
    [
      'integers of floats',
      dense(INTEGER, 0, f32(1, 4), f32(4, 2), i32(2)),
      'an epilogue of integers after an input of f32 is not defined',
    ],
    [
      'depthwise convolutions of unsigned bytes',
      refusal(
        'depthwiseConv2d',
        { ...window, epilogue: INTEGER },
        u8(1, 3, 3, 2),
        i8(3, 3, 2, 1),
        i32(2),
      ),
      'its operand x has the type u8, where f32 or bit or i8 is expected',
    ],
  ])('%s', (_what, found, expected) => {
    expect(found).toBe(expected);
  });
});
