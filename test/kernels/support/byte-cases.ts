/**
 * Random cases for layers and pools of bytes. All but `norm` is arithmetic of integers or rounded
 * step by step, so every kernel must give the reference's very bits.
 */
import { elementCount, type TensorData } from '../../../src/ir/graph.ts';
import { type Epilogue, IDENTITY, type Unary } from '../../../src/ir/ops.ts';
import { areSmallWeights } from '../../../src/plan/pack-bytes.ts';
import {
  bitTensor,
  evaluate,
  floatTensor,
  integerTensor,
  type KernelCase,
  operand,
  raw,
  type Tensor,
} from './case.ts';
import { convShape, randomWindow } from './layer-cases.ts';
import { bitRows, byteTiles, quadBits, type Weights } from './pack.ts';
import type { Random } from './random.ts';
import { poolShape, randomPool } from './shape-cases.ts';

/** Types of weights and output; the input is i8, or u8 where a kernel takes both. */
export interface ByteLayerTypes {
  readonly w: 'i8' | 'b1';
  readonly y: 'i32' | 'f32' | 'i8' | 'b1';
}

export const BYTE_LAYER_TYPES: readonly ByteLayerTypes[] = (['i8', 'b1'] as const).flatMap((w) =>
  (['i32', 'f32', 'i8', 'b1'] as const).map((y) => ({ w, y })),
);

export function byteTypesName({ w, y }: ByteLayerTypes): string {
  return `i8_${w}_${y}`;
}

export function byteConv2dCase(types: ByteLayerTypes, random: Random): KernelCase {
  const groups = random.pick([1, 1, 1, 2, 3]);
  const inChannels = random.chance(0.3) ? 4 * random.int(1, 12) : random.channels();
  const outChannels = groups * random.int(1, random.chance(0.8) ? 12 : 75);
  const { attrs, size, kernel } = randomWindow({ x: 'f32', w: 'f32', y: 'f32' }, random);
  const isPointwise = random.chance(0.2);
  const window = isPointwise
    ? { ...attrs, strides: [1, 1] as const, pads: [0, 0, 0, 0] as const }
    : attrs;
  const taps = isPointwise ? ([1, 1] as const) : kernel;
  const x = byteInput([random.int(1, 2), ...size, inChannels * groups], true, random);
  const w = weightTensor(types, [...taps, inChannels, outChannels], random);
  const epilogue = randomEpilogue(types, outChannels, taps[0] * taps[1] * inChannels, random);
  const { zeroPoint } = x;
  const operands = [x.tensor, w, ...epilogue.operands];
  const y = evaluate('conv2d', { ...window, groups, zeroPoint, epilogue: epilogue.kind }, operands);
  const weights: Weights = {
    kernelHeight: taps[0],
    kernelWidth: taps[1],
    inChannels,
    outChannels,
    groups,
  };
  const strip = random.pick([4, 4, 8, 16, 64]);
  return {
    kernel: `conv2d_${byteTypesName(types)}`,
    shape: {
      ...convShape(x.tensor, y, taps, window, groups, epilogue.activation),
      pad_value: zeroPoint,
      strip,
      ...byteFields(x, epilogue),
      small_weights: smallWeights(w, weights),
    },
    inputs: tiledOperands(x, w, epilogue, weights),
    ...outputOf(y),
    scratch: () => scratchBytes(weights, strip, types.w === 'b1'),
  };
}

export function byteDenseCase(types: ByteLayerTypes, random: Random): KernelCase {
  const rows = random.chance(0.6) ? 1 : random.int(2, 20);
  const inChannels = random.chance(0.2) ? random.int(141, 2000) : random.channels();
  const outChannels = random.int(1, inChannels > 300 ? 40 : 140);
  const x = byteInput([rows, inChannels], true, random);
  const w = weightTensor(types, [inChannels, outChannels], random);
  const epilogue = randomEpilogue(types, outChannels, inChannels, random);
  const { zeroPoint } = x;
  const operands = [x.tensor, w, ...epilogue.operands];
  const y = evaluate('dense', { zeroPoint, epilogue: epilogue.kind }, operands);
  const weights = { kernelHeight: 1, kernelWidth: 1, inChannels, outChannels, groups: 1 };
  const strip = Math.min(rows, random.pick([4, 16, 64]));
  return {
    kernel: `dense_${byteTypesName(types)}`,
    shape: {
      rows,
      in_channels: inChannels,
      out_channels: outChannels,
      strip,
      ...byteFields(x, epilogue),
      small_weights: smallWeights(w, weights),
      activation: epilogue.activation,
    },
    inputs: tiledOperands(x, w, epilogue, weights),
    ...outputOf(y),
    scratch: () => scratchBytes(weights, strip, types.w === 'b1'),
  };
}

export function byteDepthwiseCase(types: ByteLayerTypes, random: Random): KernelCase {
  const multiplier = random.pick([1, 1, 1, 2, 3]);
  const channels = random.channels();
  const { attrs, size, kernel } = randomWindow({ x: 'f32', w: 'f32', y: 'f32' }, random);
  const outChannels = channels * multiplier;
  const x = byteInput([random.int(1, 2), ...size, channels], false, random);
  const w = weightTensor(types, [...kernel, channels, multiplier], random);
  const taps = kernel[0] * kernel[1];
  const epilogue = randomEpilogue(types, outChannels, taps, random);
  const { zeroPoint } = x;
  const operands = [x.tensor, w, ...epilogue.operands];
  const y = evaluate('depthwiseConv2d', { ...attrs, zeroPoint, epilogue: epilogue.kind }, operands);
  const isBits = types.w === 'b1';
  return {
    kernel: `depthwise_conv2d_${byteTypesName(types)}`,
    shape: {
      ...convShape(x.tensor, y, kernel, attrs, channels, epilogue.activation),
      pad_value: zeroPoint,
      ...byteFields(x, epilogue),
      small_weights: 0,
    },
    inputs: [
      operand(x.tensor),
      isBits ? (wordBits) => bitRows(w.data as Uint8Array, outChannels, wordBits) : raw(w.data),
      startOperand(x, w, epilogue, outChannels),
      ...epilogue.operands.slice(epilogue.bias ? 1 : 0).map(operand),
    ],
    ...outputOf(y),
    scratch: () => wholeBlocks(8 * taps + channels + (isBits ? taps * outChannels : 0)),
  };
}

export function bytePoolCase(kind: 'max' | 'average', random: Random): KernelCase {
  const { attrs, shape } = randomPool(random);
  const x = byteInput(shape, false, random).tensor;
  const y = evaluate(kind === 'max' ? 'maxPool2d' : 'averagePool2d', attrs, [x]);
  return {
    kernel: `${kind}_pool2d_i8_i8`,
    shape: poolShape(x, y, attrs),
    inputs: [operand(x)],
    expected: y.data,
  };
}

interface ByteInput {
  readonly tensor: Tensor;
  readonly zeroPoint: number;
}

function byteInput(shape: readonly number[], mayBeUnsigned: boolean, random: Random): ByteInput {
  const isUnsigned = mayBeUnsigned && random.chance(0.4);
  const [least, most] = isUnsigned ? [0, 255] : [-128, 127];
  const values = bytes(elementCount(shape), least, most, random);
  const tensor: Tensor = {
    type: { dtype: isUnsigned ? 'u8' : 'i8', shape },
    data: isUnsigned ? Uint8Array.from(values) : Int8Array.from(values),
  };
  const zeroPoint = random.chance(0.3) ? 0 : random.int(least, most);
  return { tensor, zeroPoint };
}

/** Now and then all are the ends of the range, whose products are the largest. */
function bytes(count: number, least: number, most: number, random: Random): number[] {
  const atEnds = random.chance(0.3);
  const sameEnd = random.chance(0.5) ? least : most;
  return Array.from({ length: count }, () => {
    if (!atEnds) return random.int(least, most);
    return random.chance(0.9) ? sameEnd : random.pick([least, most]);
  });
}

function weightTensor({ w }: ByteLayerTypes, shape: readonly number[], random: Random): Tensor {
  const count = elementCount(shape);
  if (w === 'b1') {
    const isUniform = random.chance(0.2);
    return bitTensor(shape, isUniform ? new Uint8Array(count).fill(1) : random.bits(count));
  }
  const data = random.chance(0.5)
    ? bytes(count, -127, 127, random)
    : smallBytes(count, shape.at(-1) as number, random);
  return { type: { dtype: 'i8', shape }, data: Int8Array.from(data) };
}

/** Of two neighbours along K, [K][channels], the magnitudes add up to at most 128, often exactly. */
function smallBytes(count: number, channels: number, random: Random): number[] {
  const values: number[] = [];
  const areSigned = random.chance(0.5);
  const isFull = random.chance(0.5);
  for (let i = 0; i < count; i++) {
    const isSecond = Math.floor(i / channels) % 2 === 1;
    const left = isSecond ? 128 - Math.abs(values[i - channels] as number) : 128;
    const size = isSecond && isFull ? left : random.int(0, left);
    values.push(areSigned && random.chance(0.5) ? -size : Math.min(size, 127));
  }
  return values;
}

function smallWeights({ type, data }: Tensor, { outChannels }: Weights): number {
  if (type.dtype === 'bit') return 0;
  const matrix = { taps: 1, inChannels: data.length / outChannels, outChannels, groups: 1 };
  return Number(areSmallWeights(data, matrix));
}

interface ByteEpilogue {
  readonly kind: Epilogue;
  readonly activation: Unary;
  readonly operands: readonly Tensor[];
  /** The first operand, where it is a bias. */
  readonly bias?: Int32Array;
}

function randomEpilogue(
  types: ByteLayerTypes,
  channels: number,
  terms: number,
  random: Random,
): ByteEpilogue {
  const spread = Math.ceil(9000 * Math.sqrt(terms) * (types.w === 'i8' ? 1 : 1 / 64));
  const near = (): Int32Array =>
    Int32Array.from({ length: channels }, () =>
      random.chance(0.95) ? random.int(-spread, spread) : random.pick([-(2 ** 31), 2 ** 31 - 1]),
    );
  switch (types.y) {
    case 'b1':
      return {
        kind: { kind: 'sign' },
        activation: IDENTITY,
        operands: [integerTensor([channels], near())],
      };
    case 'i32': {
      const bias = near();
      const operands = [integerTensor([channels], bias)];
      return { kind: { kind: 'integer' }, activation: IDENTITY, operands, bias };
    }
    case 'f32': {
      const activation = random.pick([IDENTITY, { fn: 'relu' }] as const);
      const operands = ['mean', 'scale', 'offset'].map(() =>
        floatTensor([channels], random.reals(channels)),
      );
      return { kind: { kind: 'norm', activation }, activation, operands };
    }
    case 'i8':
      return requantizeEpilogue(near(), channels, spread, random);
  }
}

/** Some scales are powers of 2, so that halves are met. */
function requantizeEpilogue(
  bias: Int32Array,
  channels: number,
  spread: number,
  random: Random,
): ByteEpilogue {
  const zeroPoint = random.int(-128, 127);
  const min = random.chance(0.5) ? -128 : random.int(-128, 127);
  const max = random.chance(0.5) ? 127 : random.int(min, 127);
  const scale = Float32Array.from({ length: channels }, () => {
    if (random.chance(0.3)) return 2 ** -Math.max(1, Math.round(Math.log2(spread / 128)));
    return ((random.unit() + 0.1) * 128) / spread;
  });
  return {
    kind: { kind: 'requantize', zeroPoint, min, max },
    activation: IDENTITY,
    operands: [integerTensor([channels], bias), floatTensor([channels], scale)],
    bias,
  };
}

function byteFields({ tensor }: ByteInput, { kind }: ByteEpilogue) {
  const isBytes = kind.kind === 'requantize';
  return {
    unsigned_input: Number(tensor.type.dtype === 'u8'),
    zero_point: isBytes ? kind.zeroPoint : 0,
    low: isBytes ? kind.min : 0,
    high: isBytes ? kind.max : 0,
  };
}

/** x, weights, their sums, the bias that takes off the zero point, and what the epilogue has. */
function tiledOperands(x: ByteInput, w: Tensor, epilogue: ByteEpilogue, weights: Weights) {
  const pack = w.type.dtype === 'bit' ? quadBits : byteTiles;
  return [
    operand(x.tensor),
    () => pack(w.data, weights),
    raw(sumsOf(w, weights.outChannels)),
    startOperand(x, w, epilogue, weights.outChannels),
    ...epilogue.operands.slice(epilogue.bias ? 1 : 0).map(operand),
  ];
}

function sumsOf({ type, data }: Tensor, channels: number): Int32Array {
  const sums = new Int32Array(channels);
  const value = (i: number): number => (type.dtype === 'bit' ? 1 - 2 * at(data, i) : at(data, i));
  for (let i = 0; i < data.length; i++) sums[i % channels] = at(sums, i % channels) + value(i);
  return sums;
}

function startOperand(x: ByteInput, w: Tensor, { bias }: ByteEpilogue, channels: number) {
  const sums = sumsOf(w, channels);
  return raw(sums.map((sum, o) => (bias ? at(bias, o) : 0) - x.zeroPoint * sum));
}

function at(data: TensorData, index: number): number {
  return data[index] as number;
}

/** As int8_scratch.h has it. */
function scratchBytes(weights: Weights, strip: number, isBits: boolean): number {
  const depth = weights.kernelHeight * weights.kernelWidth * weights.inChannels;
  const quads = Math.ceil(depth / 4);
  const room = isBits && strip > 1 ? 32 * quads : 0;
  return wholeBlocks(128 * strip + 8 * quads * strip + 8 * quads + room);
}

/** Memory begins at a multiple of 16 only where its size is one. */
function wholeBlocks(size: number): number {
  return Math.ceil(size / 16) * 16;
}

function outputOf(y: Tensor): Pick<KernelCase, 'expected' | 'bitChannels'> {
  if (y.type.dtype !== 'bit') return { expected: y.data };
  return { expected: y.data, bitChannels: y.type.shape.at(-1) as number };
}
