/**
 * Random cases for convolutions and dense layers. Inputs are multiples of 1/16, so that all sums
 * are exact and float kernels must give the reference's bits, whatever the order; layers of real
 * numbers are in real-layer-cases.ts.
 */
import { elementCount, type TensorData } from '../../../src/ir/graph.ts';
import {
  type ConvWindow,
  type Epilogue,
  IDENTITY,
  type Pair,
  type Unary,
} from '../../../src/ir/ops.ts';
import { windowExtent } from '../../../src/ir/shapes.ts';
import type { ShapeField } from '../../../src/plan/program.ts';
import { type TripleLayer, tripleElements } from '../../../src/plan/triple-sums.ts';
import {
  bitTensor,
  evaluate,
  floatTensor,
  integerTensor,
  type KernelCase,
  type Operand,
  operand,
  raw,
  type Tensor,
} from './case.ts';
import { bitBlocks, bitRows, floatTiles, signBytes, type Weights } from './pack.ts';
import type { Random } from './random.ts';

export type Element = 'f32' | 'b1';

/** Types of input, weights and output: the middle of a kernel's name. */
export interface LayerTypes {
  readonly x: Element;
  readonly w: Element;
  readonly y: Element;
}

export const LAYER_TYPES: readonly LayerTypes[] = (['f32', 'b1'] as const).flatMap((x) =>
  (['f32', 'b1'] as const).flatMap((w) => (['f32', 'b1'] as const).map((y) => ({ x, w, y }))),
);

export function typesName({ x, w, y }: LayerTypes): string {
  return `${x}_${w}_${y}`;
}

/** Functions that are exact in f32. */
const EXACT: readonly Unary[] = [
  IDENTITY,
  { fn: 'relu' },
  { fn: 'leakyRelu', alpha: 0.25 },
  { fn: 'clip', min: -1, max: 1 },
  { fn: 'ternary', threshold: 0.5 },
];

/** Input channels; of bits often whole words, whose windows are read or copied by other ways. */
function bitChannels(types: LayerTypes, random: Random): number {
  const isBits = types.x === 'b1' && types.w === 'b1';
  return isBits && random.chance(0.3) ? random.pick([32, 64, 128, 192]) : random.channels();
}

/** With `adds`, of bits by bits and something to be added, which may lie where the result goes. */
export function conv2dCase(types: LayerTypes, random: Random, adds = false): KernelCase {
  // As first layers are; see kernels/include/triple_sums.h.
  const isWide = types.x === 'f32' && types.w === 'b1' && random.chance(0.4);
  const groups = isWide ? 1 : random.pick([1, 1, 1, 2, 3, 4]);
  const inChannels = isWide
    ? random.int(1, 6)
    : groups === 1
      ? bitChannels(types, random)
      : random.pick([1, 3, 8, 20, 33, 64]);
  // Groups of many channels put the tiles of the second across words of the output.
  const outChannels = groups * random.int(1, isWide ? 80 : random.pick([12, 12, 12, 12, 45, 150]));
  const { attrs, size, kernel } = randomWindow(types, random, isWide ? 70 : 7);
  const x = tensor(types.x, [random.int(1, 2), ...size, inChannels * groups], random);
  const w = tensor(types.w, [...kernel, inChannels, outChannels], random);
  const plain = randomEpilogue(types, outChannels, kernel[0] * kernel[1] * inChannels, random);
  const result = (epilogue: RandomEpilogue): Tensor => {
    const operands = [x, w, ...epilogue.operands];
    return evaluate('conv2d', { ...attrs, groups, epilogue: epilogue.kind }, operands);
  };
  const epilogue = adds ? withAddend(plain, result(plain).type.shape, random) : plain;
  const y = result(epilogue);
  const weights = {
    kernelHeight: kernel[0],
    kernelWidth: kernel[1],
    inChannels,
    outChannels,
    groups,
  };
  const hasPatches = types.x === 'b1' && types.w === 'b1';
  const strip = 4 * random.int(1, 16);
  const shape = { ...convShape(x, y, kernel, attrs, groups, epilogue.activation), strip };
  return {
    kernel: `conv2d_${adds ? 'add_' : ''}${typesName(types)}`,
    shape,
    inputs: [operand(x), packWeights(w, types, weights), ...epilogue.operands.map(operand)],
    ...outputOf(y),
    ...(adds && random.chance(0.5) ? { inPlace: 1 + epilogue.operands.length } : {}),
    scratch: hasPatches ? patchBytes(shape, weights) : () => floatScratchBytes(types, shape),
  };
}

/** A band, or sums of three floats where these take more. */
function floatScratchBytes(types: LayerTypes, shape: Record<string, ShapeField>): number {
  const addsTriples = types.x === 'f32' && types.w === 'b1' && types.y === 'b1';
  const triples = addsTriples ? 4 * tripleElements(shape as unknown as TripleLayer) : 0;
  return Math.max(bandBytes(shape), triples);
}

/** Floats of the rows that a strip of whole output rows, with at least `strip` pixels, reads. */
function bandBytes(shape: Record<string, ShapeField>): number {
  const size = (name: string): number => shape[name] as number;
  const extent = (places: number, y: 'y' | 'x', taps: number): number =>
    (places - 1) * size(`stride_${y}`) + (taps - 1) * size(`dilation_${y}`) + 1;
  const rows = Math.min(Math.ceil(size('strip') / size('out_width')) || 1, size('out_height'));
  const height = extent(rows, 'y', size('kernel_height'));
  const width = extent(size('out_width'), 'x', size('kernel_width'));
  return 4 * height * width * size('in_channels');
}

export function convIntegerCase(random: Random): KernelCase {
  const groups = random.int(1, 3);
  const [inChannels, outChannels] = [random.int(1, 12), groups * random.int(1, 9)];
  const { attrs, size, kernel } = randomWindow({ x: 'f32', w: 'f32', y: 'f32' }, random);
  const [x, w] = [
    [random.int(1, 2), ...size, inChannels * groups],
    [...kernel, inChannels, outChannels],
  ].map((shape) => integerTensor(shape, random.integers(elementCount(shape)))) as [Tensor, Tensor];
  const { padValue: _, ...window } = attrs;
  const y = evaluate('convInteger', { ...window, groups }, [x, w]);
  return {
    kernel: 'conv2d_i32_i32_i32',
    shape: convShape(x, y, kernel, attrs, groups, IDENTITY),
    inputs: [operand(x), operand(w)],
    expected: y.data,
  };
}

/**
 * bn_word [strip][words(K)] and [strip]; and where a strip is longer than a tile, weights, and edges
 * if any tap is left out.
 */
function patchBytes(shape: Record<string, ShapeField>, { inChannels }: Weights) {
  const size = (name: string): number => shape[name] as number;
  const [height, width, strip] = [size('kernel_height'), size('kernel_width'), size('strip')];
  const edges = leavesTapsOut(shape) ? (height < 5 ? 3 : 5) * (width < 5 ? 3 : 5) : 0;
  return (wordBits: number): number => {
    const words = Math.ceil((height * width * inChannels) / wordBits);
    const prepared = Math.max(128 * words, (3 * 1024 * 64) / wordBits);
    const edgeWords = Math.ceil((7 * 4 + 64 * 6) / (wordBits / 8));
    const others = strip > 4 ? prepared + edges * edgeWords : 0;
    return (strip * (words + 1) + others) * (wordBits / 8);
  };
}

function leavesTapsOut(shape: Record<string, ShapeField>): boolean {
  const size = (name: string): number => shape[name] as number;
  const isOutside = (along: 'y' | 'x', out: number, tap: number, pad: string, pixels: string) => {
    const at = out * size(`stride_${along}`) + tap * size(`dilation_${along}`) - size(pad);
    return at < 0 || at >= size(pixels);
  };
  const some = (count: string, test: (i: number) => boolean): boolean =>
    Array.from({ length: size(count) }, (_, i) => i).some(test);
  return (
    size('pad_value') === 0 &&
    (some('out_height', (out) =>
      some('kernel_height', (tap) => isOutside('y', out, tap, 'pad_top', 'in_height')),
    ) ||
      some('out_width', (out) =>
        some('kernel_width', (tap) => isOutside('x', out, tap, 'pad_left', 'in_width')),
      ))
  );
}

export function depthwiseCase(types: LayerTypes, random: Random): KernelCase {
  const multiplier = random.pick([1, 1, 1, 2, 3]);
  const channels = random.channels();
  const { attrs, size, kernel } = randomWindow(types, random);
  const x = tensor(types.x, [random.int(1, 2), ...size, channels], random);
  const w = tensor(types.w, [...kernel, channels, multiplier], random);
  const epilogue = randomEpilogue(types, channels * multiplier, kernel[0] * kernel[1], random);
  const operands = [x, w, ...epilogue.operands];
  const y = evaluate('depthwiseConv2d', { ...attrs, epilogue: epilogue.kind }, operands);
  const rows: Operand = (wordBits) =>
    bitRows(w.data as Uint8Array, channels * multiplier, wordBits);
  return {
    kernel: `depthwise_conv2d_${typesName(types)}`,
    shape: convShape(x, y, kernel, attrs, channels, epilogue.activation),
    inputs: [operand(x), types.w === 'b1' ? rows : raw(w.data), ...epilogue.operands.map(operand)],
    ...outputOf(y),
  };
}

/** Rows of bits are now and then so long that counts of their bytes would not fit in bytes. */
function rowLength(types: LayerTypes, random: Random): number {
  const isBinary = types.x === 'b1' && types.w === 'b1';
  return isBinary && random.chance(0.2) ? random.int(500, 18000) : random.int(64, 300);
}

export function denseCase(types: LayerTypes, random: Random): KernelCase {
  const rows = random.chance(0.6) ? 1 : random.int(2, random.chance(0.2) ? 30 : 5);
  const inChannels = random.chance(0.5) ? random.channels() : rowLength(types, random);
  const outChannels = random.int(1, inChannels > 300 ? 9 : 70);
  const x = tensor(types.x, [rows, inChannels], random);
  const w = tensor(types.w, [inChannels, outChannels], random);
  const epilogue = randomEpilogue(types, outChannels, inChannels, random);
  const y = evaluate('dense', { epilogue: epilogue.kind }, [x, w, ...epilogue.operands]);
  const weights = { kernelHeight: 1, kernelWidth: 1, inChannels, outChannels, groups: 1 };
  return {
    kernel: `dense_${typesName(types)}`,
    shape: {
      rows,
      in_channels: inChannels,
      out_channels: outChannels,
      strip: 0,
      ...NOT_BYTES,
      activation: epilogue.activation,
    },
    inputs: [operand(x), packWeights(w, types, weights), ...epilogue.operands.map(operand)],
    ...outputOf(y),
    // float [at most 24 rows][K]
    ...(types.x === 'b1' && types.w === 'f32'
      ? { scratch: () => 4 * Math.min(rows, 24) * inChannels }
      : {}),
  };
}

export function conv2dTransposeCase(random: Random): KernelCase {
  const size: Pair = [random.int(1, 6), random.int(1, 6)];
  const kernel: Pair = [random.int(1, 4), random.int(1, 4)];
  const strides: Pair = [random.int(1, 3), random.int(1, 3)];
  const dilations: Pair = [random.int(1, 2), random.int(1, 2)];
  const [inChannels, outChannels] = [random.channels(), random.int(1, 20)];
  const fullSize = [0, 1].map((axis) => {
    const extent = windowExtent(kernel[axis] as number, dilations[axis] as number);
    return ((size[axis] as number) - 1) * (strides[axis] as number) + extent;
  });
  const pads = fullSize.map((full) => random.int(0, Math.min(2, full - 1))) as unknown as Pair;
  const outputSize = fullSize.map((full, axis) => {
    const rest = full - (pads[axis] as number);
    return Math.max(1, rest - random.int(-1, 2) * random.int(0, 1));
  }) as unknown as Pair;
  const activation = random.pick(EXACT);
  const attrs = {
    strides,
    dilations,
    pads: [pads[0], pads[1], 0, 0] as const,
    outputSize,
    activation,
  };
  const x = tensor('f32', [random.int(1, 2), ...size, inChannels], random);
  const w = tensor('f32', [...kernel, outChannels, inChannels], random);
  const bias = tensor('f32', [outChannels], random);
  const y = evaluate('conv2dTranspose', attrs, [x, w, bias]);
  const weights = {
    kernelHeight: kernel[0],
    kernelWidth: kernel[1],
    inChannels,
    outChannels,
    groups: 1,
  };
  const swapped = new Float32Array(w.data.length);
  for (let i = 0; i < swapped.length; i++) {
    const [tap, o] = [Math.floor(i / (inChannels * outChannels)), i % outChannels];
    const c = Math.floor(i / outChannels) % inChannels;
    swapped[i] = w.data[(tap * outChannels + o) * inChannels + c] as number;
  }
  return {
    kernel: 'conv2d_transpose_f32_f32_f32',
    shape: convShape(x, y, kernel, { ...attrs, padValue: 0 }, 1, activation),
    inputs: [operand(x), () => floatTiles(swapped, weights), operand(bias)],
    ...outputOf(y),
  };
}

function tensor(element: Element, shape: readonly number[], random: Random): Tensor {
  const count = elementCount(shape);
  return element === 'b1'
    ? bitTensor(shape, random.bits(count))
    : floatTensor(shape, random.dyadics(count));
}

export function packWeights(w: Tensor, types: LayerTypes, weights: Weights): Operand {
  if (types.w === 'f32') return () => floatTiles(w.data as Float32Array, weights);
  if (types.x === 'f32') return () => signBytes(w.data as Uint8Array, weights);
  return (wordBits) => bitBlocks(w.data as Uint8Array, weights, wordBits);
}

function outputOf(y: Tensor): Pick<KernelCase, 'expected' | 'bitChannels'> {
  if (y.type.dtype !== 'bit') return { expected: y.data };
  return { expected: y.data, bitChannels: y.type.shape.at(-1) as number };
}

/** What only layers of bytes have; see byte-cases.ts. */
export const NOT_BYTES = { unsigned_input: 0, zero_point: 0, low: 0, high: 0, small_weights: 0 };

export type WindowAttrs = Omit<ConvWindow, 'epilogue'>;

/** A window with an image that it fits into at least once. */
export function randomWindow(
  types: LayerTypes,
  random: Random,
  moreWidth = 7,
): { readonly attrs: WindowAttrs; readonly size: Pair; readonly kernel: Pair } {
  const kernel: Pair = [random.int(1, 4), random.int(1, 4)];
  const strides: Pair = [random.int(1, 2), random.int(1, 3)];
  const dilations: Pair = random.chance(0.7) ? [1, 1] : [random.int(1, 3), random.int(1, 3)];
  const pads = [0, 1, 0, 1].map((axis) => random.int(0, kernel[axis] as number));
  const size = [0, 1].map((axis) => {
    const extent = windowExtent(kernel[axis] as number, dilations[axis] as number);
    const needed = extent - (pads[axis] as number) - (pads[axis + 2] as number);
    return Math.max(1, needed) + random.int(0, axis === 1 ? moreWidth : 7);
  }) as unknown as Pair;
  const padValue = types.x === 'b1' ? random.pick([0, 0, 1, -1] as const) : 0;
  const attrs = { strides, dilations, pads: pads as unknown as WindowAttrs['pads'], padValue };
  return { attrs, size, kernel };
}

interface RandomEpilogue {
  readonly kind: Epilogue;
  readonly activation: Unary;
  readonly operands: readonly Tensor[];
}

/** Which epilogue it is follows from the types; thresholds are such that ties happen. */
function randomEpilogue(
  types: LayerTypes,
  channels: number,
  terms: number,
  random: Random,
): RandomEpilogue {
  if (types.y === 'b1') {
    const integers = types.x === 'b1' && types.w === 'b1';
    const spread = Math.ceil(Math.sqrt(terms)) + 1;
    const data: TensorData = integers
      ? Int32Array.from({ length: channels }, () => random.int(-spread, spread))
      : random.dyadics(channels);
    const threshold: Tensor = {
      type: { dtype: integers ? 'i32' : 'f32', shape: [channels] },
      data,
    };
    return { kind: { kind: 'sign' }, activation: IDENTITY, operands: [threshold] };
  }
  const activation = random.pick(EXACT);
  if (types.w === 'f32') {
    const bias = floatTensor([channels], random.dyadics(channels));
    return { kind: { kind: 'linear', activation }, activation, operands: [bias] };
  }
  const operands = ['mean', 'scale', 'offset'].map(() => {
    return floatTensor([channels], random.reals(channels));
  });
  return { kind: { kind: 'norm', activation }, activation, operands };
}

function withAddend(
  { activation, operands }: RandomEpilogue,
  shape: readonly number[],
  random: Random,
): RandomEpilogue {
  return {
    kind: { kind: 'add', activation },
    activation,
    operands: [...operands, tensor('f32', shape, random)],
  };
}

export function convShape(
  x: Tensor,
  y: Tensor,
  kernel: Pair,
  attrs: WindowAttrs,
  groups: number,
  activation: Unary,
): Record<string, ShapeField> {
  const [batch, height, width, channels] = x.type.shape as [number, number, number, number];
  const [, outHeight, outWidth, outChannels] = y.type.shape as [number, number, number, number];
  return {
    batch,
    in_height: height,
    in_width: width,
    in_channels: channels,
    out_height: outHeight,
    out_width: outWidth,
    out_channels: outChannels,
    kernel_height: kernel[0],
    kernel_width: kernel[1],
    stride_y: attrs.strides[0],
    stride_x: attrs.strides[1],
    dilation_y: attrs.dilations[0],
    dilation_x: attrs.dilations[1],
    pad_top: attrs.pads[0],
    pad_left: attrs.pads[1],
    groups,
    pad_value: attrs.padValue,
    strip: 0,
    ...NOT_BYTES,
    activation,
  };
}
