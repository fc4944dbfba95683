/** Random cases for pools and for kernels that move elements, and for recurrent layers. */
import { elementCount } from '../../../src/ir/graph.ts';
import type { Pair, PoolWindow, RecurrentAttrs, Unary } from '../../../src/ir/ops.ts';
import { windowExtent } from '../../../src/ir/shapes.ts';
import type { ShapeField } from '../../../src/plan/program.ts';
import {
  bitTensor,
  evaluate,
  floatTensor,
  GARBAGE,
  integerTensor,
  type KernelCase,
  operand,
  raw,
  type Tensor,
} from './case.ts';
import { rightAligned } from './elementwise-cases.ts';
import type { Random } from './random.ts';

export function floatPoolCase(kind: 'max' | 'average', random: Random): KernelCase {
  const { attrs, shape } = randomPool(random);
  const x = floatTensor(shape, random.withNaNs(random.dyadics(elementCount(shape))));
  const y = evaluate(kind === 'max' ? 'maxPool2d' : 'averagePool2d', attrs, [x]);
  return {
    kernel: `${kind}_pool2d_f32_f32`,
    shape: poolShape(x, y, attrs),
    inputs: [operand(x)],
    expected: y.data,
  };
}

export function bitPoolCase(random: Random): KernelCase {
  const { attrs, shape } = randomPool(random);
  const channels = shape[3] as number;
  const x = bitTensor(shape, random.bits(elementCount(shape)));
  const mask = bitTensor([channels], random.bits(channels));
  const y = evaluate('maxPool2d', attrs, [x, mask]);
  return {
    kernel: 'max_pool2d_b1_b1',
    shape: poolShape(x, y, attrs),
    inputs: [operand(x), operand(mask)],
    expected: y.data,
    bitChannels: channels,
  };
}

export type Movable = 'f32' | 'i32';

function movable(dtype: Movable, shape: readonly number[], random: Random): Tensor {
  const count = elementCount(shape);
  return dtype === 'f32'
    ? floatTensor(shape, random.reals(count))
    : integerTensor(shape, random.integers(count));
}

/** Slices with steps of either sign, of transposed and repeated axes. */
export function copyCase(dtype: Movable, random: Random): KernelCase {
  const rank = random.int(1, 5);
  const shape = Array.from({ length: rank }, () => random.int(1, 6));
  const strides = shape.map((_, axis) => elementCount(shape.slice(axis + 1)));
  const x = movable(dtype, shape, random);
  const axes = shape.map((_, axis) => axis);
  const kind = random.pick(['transpose', 'slice', 'tile'] as const);
  if (kind === 'transpose') {
    const perm = random.shuffled(axes);
    const size = perm.map((axis) => shape[axis] as number);
    const stride = perm.map((axis) => strides[axis] as number);
    return copyOf(x, size, stride, size, 0, evaluate('transpose', { perm }, [x]));
  }
  if (kind === 'tile') {
    const repeats = axes.map(() => random.int(1, 3));
    const size = shape.map((count, axis) => count * (repeats[axis] as number));
    return copyOf(x, size, strides, shape, 0, evaluate('tile', { repeats }, [x]));
  }
  const step = axes.map(() => random.pick([1, 1, 2, -1, -2]));
  const size = shape.map((count, axis) => {
    return random.int(1, Math.ceil(count / Math.abs(step[axis] as number)));
  });
  const begin = shape.map((count, axis) => {
    const reach = ((size[axis] as number) - 1) * (step[axis] as number);
    return reach < 0 ? random.int(-reach, count - 1) : random.int(0, count - 1 - reach);
  });
  const stride = strides.map((value, axis) => value * (step[axis] as number));
  const offset = strides.reduce((sum, value, axis) => sum + value * (begin[axis] as number), 0);
  return copyOf(x, size, stride, size, offset, evaluate('slice', { begin, size, step }, [x]));
}

function copyOf(
  x: Tensor,
  size: readonly number[],
  stride: readonly number[],
  modulus: readonly number[],
  offset: number,
  y: Tensor,
): KernelCase {
  return {
    kernel: `copy_${x.type.dtype}_${x.type.dtype}`,
    shape: {
      size: rightAligned(size, 1),
      stride: rightAligned(stride, 0),
      modulus: rightAligned(modulus, 1),
      offset,
    },
    inputs: [operand(x)],
    expected: y.data,
  };
}

export function padCase(dtype: Movable, random: Random): KernelCase {
  const shape = Array.from({ length: random.int(1, 5) }, () => random.int(1, 5));
  const before = shape.map(() => random.int(0, 2));
  const after = shape.map(() => random.int(0, 2));
  const isFloat = dtype === 'f32';
  const value = random.pick(isFloat ? [0, -1, 0.5] : [0, -1, 2 ** 31 - 1]);
  const x = movable(dtype, shape, random);
  const y = evaluate('pad', { before, after, value }, [x]);
  return {
    kernel: `pad_${dtype}_${dtype}`,
    shape: {
      in_size: rightAligned(shape, 1),
      out_size: rightAligned(y.type.shape, 1),
      before: rightAligned(before, 0),
      value: isFloat ? value : 0,
      integer: isFloat ? 0 : value,
    },
    inputs: [operand(x)],
    expected: y.data,
  };
}

/** One input among others, whose places stay as they were. */
export function concatCase(dtype: Movable, random: Random): KernelCase {
  const [outer, count] = [random.int(1, 5), random.int(1, 30)];
  const [offset, rest] = [random.int(0, 9), random.int(0, 9)];
  const rowSize = offset + count + rest;
  const x = movable(dtype, [outer, count], random).data;
  const expected =
    dtype === 'f32' ? new Float32Array(outer * rowSize) : new Int32Array(outer * rowSize);
  new Uint8Array(expected.buffer).fill(GARBAGE);
  for (let o = 0; o < outer; o++) {
    expected.set(x.subarray(o * count, (o + 1) * count), o * rowSize + offset);
  }
  return {
    kernel: `concat_${dtype}_${dtype}`,
    shape: { outer, count, out_count: rowSize, out_offset: offset },
    inputs: [raw(x)],
    expected,
  };
}

export function resizeCase(mode: 'nearest' | 'bilinear', random: Random): KernelCase {
  const [batch, channels] = [random.int(1, 2), random.int(1, 9)];
  const from: Pair = [random.int(1, 9), random.int(1, 9)];
  const size: Pair = random.chance(0.5)
    ? [from[0] * random.int(1, 3), from[1] * random.int(1, 3)]
    : [random.int(1, 20), random.int(1, 20)];
  const x = floatTensor(
    [batch, ...from, channels],
    random.reals(batch * from[0] * from[1] * channels),
  );
  return {
    kernel: `resize2d_${mode}_f32_f32`,
    shape: {
      batch,
      in_height: from[0],
      in_width: from[1],
      channels,
      out_height: size[0],
      out_width: size[1],
    },
    inputs: [operand(x)],
    expected: evaluate('resize2d', { mode, size }, [x]).data,
    // Three interpolations between values below 2, four roundings each.
    tolerance: () => (mode === 'nearest' ? 0 : 12 * 4 * 2 ** -24),
  };
}

export function gatherCase(index: Movable, dtype: Movable, random: Random): KernelCase {
  const [outer, vocabulary] = [random.int(1, 3), random.int(1, 20)];
  const [width, count] = [random.int(1, 9), random.int(1, 12)];
  const table = movable(dtype, [outer, vocabulary, width], random);
  const odd = [-1, 0.5, 1e10, -1e10, Number.NaN, vocabulary, vocabulary - 1];
  const places = Float32Array.from({ length: count }, () => {
    return random.chance(0.3) ? random.pick(odd) : random.int(0, vocabulary - 1);
  });
  const indices =
    index === 'f32'
      ? floatTensor([count], places)
      : integerTensor([count], Int32Array.from(places));
  return {
    kernel: `gather_${index}_${dtype}`,
    shape: { outer, vocabulary, width, count },
    inputs: [operand(table), operand(indices)],
    expected: evaluate('gather', { axis: 1 }, [table, indices]).data,
  };
}

export function resampleCase(random: Random): KernelCase {
  const [outer, axis, inner] = [random.int(1, 3), random.int(1, 12), random.int(1, 9)];
  const [places, taps] = [random.int(1, 20), random.int(1, 4)];
  const table = [places, taps];
  const x = floatTensor([outer, axis, inner], random.dyadics(outer * axis * inner));
  const weights = floatTensor(table, random.dyadics(places * taps));
  const sources = Int32Array.from({ length: places * taps }, () => random.int(0, axis - 1));
  const operands = [x, integerTensor(table, sources), weights];
  return {
    kernel: 'resample_f32_f32',
    shape: { outer, axis, inner, places, taps },
    inputs: operands.map(operand),
    expected: evaluate('resample', { axis: 1 }, operands).data,
  };
}

const CELLS = { simple: ['simple_rnn', 1], gru: ['gru', 3], lstm: ['lstm', 4] } as const;

export function recurrentCase(cell: keyof typeof CELLS, random: Random): KernelCase {
  const [name, gates] = CELLS[cell];
  const [batch, steps] = [random.int(1, 2), random.int(1, 5)];
  const [features, units] = [random.int(1, 12), random.int(1, 12)];
  const activation = random.pick<Unary>([{ fn: 'tanh' }, { fn: 'relu' }, { fn: 'identity' }]);
  const returnSequences = random.chance(0.5);
  const attrs: RecurrentAttrs = {
    cell,
    activation: cell === 'lstm' ? { fn: 'tanh' } : activation,
    recurrentActivation: random.pick<Unary>([
      { fn: 'sigmoid' },
      { fn: 'hardSigmoid', alpha: 0.2, beta: 0.5 },
    ]),
    goBackwards: random.chance(0.5),
    returnSequences,
    resetAfter: cell === 'gru' && random.chance(0.5),
    returnCells: cell === 'lstm' && returnSequences && random.chance(0.5),
  };
  const columns = gates * units;
  const draw = (...shape: number[]): Tensor => {
    return floatTensor(shape, random.reals(elementCount(shape), -0.4, 0.4));
  };
  const operands = [
    draw(batch, steps, features),
    draw(features, columns),
    draw(units, columns),
    attrs.resetAfter ? draw(2, columns) : draw(columns),
    draw(batch, units),
    ...(cell === 'lstm' ? [draw(batch, units), draw(3, units)] : []),
  ];
  const y = evaluate('recurrent', attrs, operands);
  const largest = Math.max(1, ...Array.from(y.data, Math.abs));
  return {
    kernel: `${name}_f32_f32_f32`,
    shape: {
      batch,
      steps,
      features,
      units,
      go_backwards: Number(attrs.goBackwards),
      return_sequences: Number(attrs.returnSequences),
      reset_after: Number(attrs.resetAfter),
      return_cells: Number(attrs.returnCells),
      activation: attrs.activation,
      recurrent_activation: attrs.recurrentActivation,
    },
    inputs: operands.map(operand),
    expected: y.data,
    scratch: () => 4 * 8 * units,
    // A step rounds features + units + 8 times; its slope in the state is below 12 * 0.4.
    tolerance: () => (features + units + 8) * steps * 5 * 2 ** -24 * largest,
  };
}

interface Pool {
  readonly attrs: PoolWindow;
  /** Of the image. */
  readonly shape: readonly number[];
}

/** A window with an image that it fits into, none of its places having padding alone. */
export function randomPool(random: Random): Pool {
  for (;;) {
    const pool = anyPool(random);
    if ([0, 1].every((axis) => isTapInEveryPlace(pool, axis as 0 | 1))) return pool;
  }
}

function anyPool(random: Random): Pool {
  const size: Pair = [random.int(1, 4), random.int(1, 4)];
  const strides: Pair = [random.int(1, 3), random.int(1, 3)];
  const dilations: Pair = random.chance(0.8) ? [1, 1] : [random.int(1, 2), random.int(1, 3)];
  const pads = [0, 1, 0, 1].map((axis) => random.int(0, (size[axis] as number) - 1));
  const image = [0, 1].map((axis) => {
    const extent = windowExtent(size[axis] as number, dilations[axis] as number);
    const needed = extent - (pads[axis] as number) - (pads[axis + 2] as number);
    return Math.max(1, needed) + random.int(0, 7);
  });
  const attrs = { size, strides, dilations, pads: pads as unknown as PoolWindow['pads'] };
  return { attrs, shape: [random.int(1, 2), ...image, random.channels()] };
}

function isTapInEveryPlace({ attrs, shape }: Pool, axis: 0 | 1): boolean {
  const image = shape[axis + 1] as number;
  const extent = windowExtent(attrs.size[axis], attrs.dilations[axis]);
  const last = image + attrs.pads[axis] + (attrs.pads[axis + 2] as number) - extent;
  for (let start = 0; start <= last; start += attrs.strides[axis]) {
    const taps = Array.from({ length: attrs.size[axis] }, (_, k) => {
      return start - attrs.pads[axis] + k * attrs.dilations[axis];
    });
    if (!taps.some((tap) => tap >= 0 && tap < image)) return false;
  }
  return true;
}

export function poolShape(x: Tensor, y: Tensor, attrs: PoolWindow): Record<string, ShapeField> {
  const [batch, height, width, channels] = x.type.shape as [number, number, number, number];
  const [, outHeight, outWidth] = y.type.shape as [number, number, number];
  return {
    batch,
    in_height: height,
    in_width: width,
    channels,
    out_height: outHeight,
    out_width: outWidth,
    kernel_height: attrs.size[0],
    kernel_width: attrs.size[1],
    stride_y: attrs.strides[0],
    stride_x: attrs.strides[1],
    dilation_y: attrs.dilations[0],
    dilation_x: attrs.dilations[1],
    pad_top: attrs.pads[0],
    pad_left: attrs.pads[1],
  };
}
