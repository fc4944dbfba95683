/**
 * Layers of bytes as kernel calls: x is i8 or u8, weights are i8 or bits. The kernels are
 * `<layer>_i8_<weights>_<output>`, for both signs of x. They add x · w as they are stored; what the
 * zero point takes off is in the bias, because taps outside the image read the zero point.
 */
import { elementCount, type TensorData } from '../ir/graph.ts';
import { activationOf, IDENTITY, type NodeOf, type ValueId } from '../ir/ops.ts';
import { convShape, hasConstants } from './lower-layers.ts';
import { borrows, type Lowering, rowsOf } from './lowering.ts';
import { littleEndian, PIXEL_TILE, packBitRows, type WeightMatrix } from './pack.ts';
import {
  areSmallWeights,
  BYTE_BLOCK,
  packBitQuads,
  packByteTiles,
  quadsOf,
  signedWeights,
} from './pack-bytes.ts';
import type { Argument } from './program.ts';
import { activationSuffix, EPILOGUE_WORDS } from './summary.ts';

type ByteLayer = NodeOf<'conv2d'> | NodeOf<'depthwiseConv2d'> | NodeOf<'dense'>;
type Image = readonly [number, number, number, number];

export function isByteLayer({ inputs }: ByteLayer, lowering: Lowering): boolean {
  const { dtype } = lowering.type(inputs[0] as ValueId);
  return dtype === 'i8' || dtype === 'u8';
}

export function lowerByteConv2d(node: NodeOf<'conv2d'>, lowering: Lowering): void {
  if (!hasConstants(node, lowering)) return;
  const w = node.inputs[1] as ValueId;
  const [kernelHeight, kernelWidth, inChannels, outChannels] = lowering.shape(w) as Image;
  const { groups, zeroPoint = 0 } = node.attrs;
  const matrix = { taps: kernelHeight * kernelWidth, inChannels, outChannels, groups };
  const shape = convShape(node, [kernelHeight, kernelWidth], lowering);
  const pixels = shape.batch * shape.out_height * shape.out_width;
  const strip = stripOf(pixels, mostPixels(w, lowering));
  const grouped = groups === 1 ? '' : ` in ${groups} groups`;
  lowering.call(node, {
    kernel: `conv2d_${kernelTypes(node, lowering)}`,
    struct: 'bn_conv2d_shape',
    shape: {
      ...shape,
      groups,
      pad_value: zeroPoint,
      strip,
      ...byteFields(node, lowering),
      small_weights: smallWeights(node, matrix, lowering),
    },
    args: tiledArguments(node, matrix, strip, lowering),
    summary: `${kernelHeight}x${kernelWidth} convolution, ${inChannels * groups} to ${outChannels}${grouped}, ${describe(node, lowering)}`,
    macs: elementCount(lowering.shape(node.output)) * matrix.taps * inChannels,
  });
}

export function lowerByteDense(node: NodeOf<'dense'>, lowering: Lowering): void {
  if (!hasConstants(node, lowering)) return;
  const [x, w] = node.inputs as [ValueId, ValueId];
  const [inChannels, outChannels] = lowering.shape(w) as readonly [number, number];
  const { rows } = rowsOf(lowering.shape(x));
  const strip = Math.min(lowering.target.strip, rows);
  const matrix = { taps: 1, inChannels, outChannels, groups: 1 };
  lowering.call(node, {
    kernel: `dense_${kernelTypes(node, lowering)}`,
    struct: 'bn_dense_shape',
    shape: {
      rows,
      in_channels: inChannels,
      out_channels: outChannels,
      strip,
      ...byteFields(node, lowering),
      small_weights: smallWeights(node, matrix, lowering),
    },
    args: tiledArguments(node, matrix, strip, lowering),
    summary: `dense, ${inChannels} to ${outChannels}, ${describe(node, lowering)}`,
    macs: rows * inChannels * outChannels,
  });
}

export function lowerByteDepthwise(node: NodeOf<'depthwiseConv2d'>, lowering: Lowering): void {
  if (!hasConstants(node, lowering)) return;
  const w = node.inputs[1] as ValueId;
  const [kernelHeight, kernelWidth, inChannels, multiplier] = lowering.shape(w) as Image;
  const [taps, channels] = [kernelHeight * kernelWidth, inChannels * multiplier];
  const { wordBits } = lowering.target;
  const isBits = lowering.isBits(w);
  const weights = isBits
    ? lowering.packed(w, 'depthwise bits', 'bn_word', (bits) =>
        packBitRows(bits, channels, wordBits),
      )
    : lowering.read(w);
  // Pointers of at most 8 bytes, a row outside the image, and bits as bytes.
  const bytes = 8 * taps + inChannels + (isBits ? taps * channels : 0);
  lowering.call(node, {
    kernel: `depthwise_conv2d_${kernelTypes(node, lowering)}`,
    struct: 'bn_conv2d_shape',
    shape: {
      ...convShape(node, [kernelHeight, kernelWidth], lowering),
      groups: inChannels,
      pad_value: node.attrs.zeroPoint ?? 0,
      strip: 0,
      ...byteFields(node, lowering),
      small_weights: 0,
    },
    args: [
      lowering.read(node.inputs[0] as ValueId),
      weights,
      ...epilogueArguments(node, channels, lowering),
      lowering.write(node),
      borrows(lowering.temporary(`${node.name} taps`, 'i8', [bytes])),
    ],
    summary: `${kernelHeight}x${kernelWidth} depthwise convolution, ${inChannels} to ${channels}, ${describe(node, lowering)}`,
    macs: elementCount(lowering.shape(node.output)) * taps,
  });
}

/** x, weights, their sums per channel, the epilogue's operands, y, scratch. */
function tiledArguments(
  node: ByteLayer,
  matrix: WeightMatrix,
  strip: number,
  lowering: Lowering,
): Argument[] {
  const [x, w] = node.inputs as [ValueId, ValueId];
  const grouping = `in ${matrix.groups} groups`;
  const isBits = lowering.isBits(w);
  const weights = isBits
    ? lowering.packed(w, `bit quads ${grouping}`, 'uint8_t', (bits) => packBitQuads(bits, matrix))
    : lowering.packed(w, `byte tiles ${grouping}`, 'int8_t', (data) => packByteTiles(data, matrix));
  const sums = lowering.packed(w, 'sums', 'int32_t', (data) =>
    littleEndian(weightSums(data, isBits, matrix.outChannels)),
  );
  const bytes = scratchBytes(quadsOf(matrix), strip, isBits);
  const scratch = lowering.temporary(`${node.name} patches`, 'i8', [bytes]);
  return [
    lowering.read(x),
    weights,
    sums,
    ...epilogueArguments(node, matrix.outChannels, lowering),
    lowering.write(node),
    borrows(scratch),
  ];
}

/** For each strip AVX-512 makes bytes of weights of bits, and has memory to do so less often. */
function mostPixels(w: ValueId, lowering: Lowering): number {
  const { strip, kernels } = lowering.target;
  return lowering.isBits(w) && kernels.includes('avx512') ? 4 * strip : strip;
}

/** Strips as even as they can be: each reads all weights. */
function stripOf(pixels: number, most: number): number {
  const even = pixels / Math.ceil(pixels / most);
  return Math.ceil(even / PIXEL_TILE) * PIXEL_TILE;
}

/** As kernels/include/int8_scratch.h has it. */
function scratchBytes(quads: number, strip: number, weightsAreBits: boolean): number {
  const room = weightsAreBits && strip > 1 ? 32 * quads : 0;
  return strip * BYTE_BLOCK * 4 + (2 * strip + 2) * 4 * quads + room;
}

/** The bias, less what the zero point adds to sums, and what else the epilogue has. */
function epilogueArguments(node: ByteLayer, channels: number, lowering: Lowering): Argument[] {
  const { epilogue, zeroPoint = 0 } = node.attrs;
  const [, w, ...operands] = node.inputs as [ValueId, ValueId, ...ValueId[]];
  const hasBias = epilogue.kind === 'integer' || epilogue.kind === 'requantize';
  const given = hasBias ? operands[0] : undefined;
  const name = given === undefined ? 'none' : String(lowering.root(given));
  const bias = lowering.packed(w, `bias ${name} at ${zeroPoint}`, 'int32_t', (data) => {
    const sums = weightSums(data, lowering.isBits(w), channels);
    const start = given === undefined ? new Int32Array(channels) : lowering.constant(given);
    const offset = sums.map((sum, o) => (start?.[o] as number) - Math.imul(zeroPoint, sum));
    return littleEndian(offset);
  });
  return [bias, ...operands.slice(hasBias ? 1 : 0).map((id) => lowering.read(id))];
}

function weightSums(data: TensorData, isBits: boolean, channels: number): Int32Array {
  const weights = isBits ? signedWeights(data) : data;
  const sums = new Int32Array(channels);
  for (let i = 0; i < weights.length; i++) {
    const o = i % channels;
    sums[o] = (sums[o] as number) + (weights[i] as number);
  }
  return sums;
}

const OUTPUTS = { i32: 'i32', f32: 'f32', i8: 'i8', bit: 'b1' } as const;

function kernelTypes(node: ByteLayer, lowering: Lowering): string {
  const weights = lowering.isBits(node.inputs[1] as ValueId) ? 'b1' : 'i8';
  return `i8_${weights}_${OUTPUTS[lowering.type(node.output).dtype as keyof typeof OUTPUTS]}`;
}

function byteFields(node: ByteLayer, lowering: Lowering) {
  const { epilogue } = node.attrs;
  const isBytes = epilogue.kind === 'requantize';
  return {
    unsigned_input: Number(lowering.type(node.inputs[0] as ValueId).dtype === 'u8'),
    zero_point: isBytes ? epilogue.zeroPoint : 0,
    low: isBytes ? epilogue.min : 0,
    high: isBytes ? epilogue.max : 0,
    activation: activationOf(epilogue) ?? IDENTITY,
  };
}

/** Kernels of some processors take faster instructions for such. */
function smallWeights(node: ByteLayer, matrix: WeightMatrix, lowering: Lowering): number {
  const w = node.inputs[1] as ValueId;
  const data = lowering.isBits(w) ? undefined : lowering.constant(w);
  return Number(data !== undefined && areSmallWeights(data, matrix));
}

/** "8-bit x binary, requantized" */
function describe(node: ByteLayer, lowering: Lowering): string {
  const { epilogue } = node.attrs;
  const types = lowering.isBits(node.inputs[1] as ValueId) ? '8-bit x binary' : '8-bit';
  return `${types}${EPILOGUE_WORDS[epilogue.kind]}${activationSuffix(activationOf(epilogue) ?? IDENTITY)}`;
}
