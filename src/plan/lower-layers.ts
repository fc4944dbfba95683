/**
 * Layers with weights as kernel calls. Which kernel is a matter of the types alone:
 * `<layer>_<input>_<weights>_<output>`, the output being bits where the epilogue is a sign. The
 * weights' layout follows from the same types (kernels/README.md).
 */
import { elementCount } from '../ir/graph.ts';
import type { ConvWindow, Epilogue, Node, NodeOf, ValueId } from '../ir/ops.ts';
import { activationOf as epilogueActivation, IDENTITY } from '../ir/ops.ts';
import { bitScratchWords, bitStrip } from './bit-patches.ts';
import { bandElements, bandStrip, DENSE_STRIP } from './float-bands.ts';
import { borrows, type Lowering, rowsOf } from './lowering.ts';
import {
  littleEndian,
  packBitBlocks,
  packBitRows,
  packFloatTiles,
  packLaneBits,
  swapLastAxes,
  type WeightMatrix,
  wordsPerRow,
} from './pack.ts';
import type { Argument } from './program.ts';
import { activationSuffix, EPILOGUE_WORDS, typesText } from './summary.ts';
import { hasTriples, tripleElements } from './triple-sums.ts';

type Image = readonly [number, number, number, number];

export function lowerConv2d(node: NodeOf<'conv2d'>, lowering: Lowering): void {
  const [x, w] = node.inputs as [ValueId, ValueId];
  const adds = node.attrs.epilogue.kind === 'add';
  if (!hasConstants(node, lowering, node.inputs.slice(1, adds ? ADDEND : undefined))) return;
  const [kernelHeight, kernelWidth, inChannels, outChannels] = lowering.shape(w) as Image;
  const { groups } = node.attrs;
  const matrix = { taps: kernelHeight * kernelWidth, inChannels, outChannels, groups };
  const grouped = groups === 1 ? '' : ` in ${groups} groups`;
  const [, height, width] = lowering.shape(x) as Image;
  // What was a dense layer over a packed image; see passes/dense-to-conv.ts.
  const isDense =
    kernelHeight * kernelWidth > 1 &&
    kernelHeight === height &&
    kernelWidth === width &&
    node.attrs.pads.every((size) => size === 0);
  const window = `${kernelHeight}x${kernelWidth}`;
  const shape = convShape(node, [kernelHeight, kernelWidth], lowering);
  const { strip, scratch } =
    bitPatches(node, shape, matrix, lowering) ?? floatBand(node, shape, lowering);
  const title = isDense ? `dense over ${window} pixels` : `${window} convolution`;
  lowering.call(node, {
    kernel: `conv2d_${adds ? 'add_' : ''}${kernelTypes(node, lowering)}`,
    struct: 'bn_conv2d_shape',
    shape: {
      ...shape,
      groups,
      ...padAndActivation(node.attrs),
      strip,
    },
    args: [
      ...layerArguments(node, tiledWeights(w, matrix, lowering.isBits(x), lowering), lowering),
      scratch,
    ],
    summary: `${title}, ${inChannels * groups} to ${outChannels}${grouped}, ${describe(node, lowering)}`,
    macs: elementCount(lowering.shape(node.output)) * matrix.taps * inChannels,
    mayOverwrite: adds ? [ADDEND] : [],
  });
}

/** Where among the operands and arguments of a convolution the addend is. */
const ADDEND = 5;

export function lowerDepthwise(node: NodeOf<'depthwiseConv2d'>, lowering: Lowering): void {
  const w = node.inputs[1] as ValueId;
  if (!hasConstants(node, lowering)) return;
  const [kernelHeight, kernelWidth, inChannels, multiplier] = lowering.shape(w) as Image;
  const channels = inChannels * multiplier;
  const { wordBits } = lowering.target;
  const weights = lowering.isBits(w)
    ? lowering.packed(w, 'depthwise bits', 'bn_word', (bits) =>
        packBitRows(bits, channels, wordBits),
      )
    : lowering.read(w);
  lowering.call(node, {
    kernel: `depthwise_conv2d_${kernelTypes(node, lowering)}`,
    struct: 'bn_conv2d_shape',
    shape: {
      ...convShape(node, [kernelHeight, kernelWidth], lowering),
      groups: inChannels,
      ...padAndActivation(node.attrs),
      strip: 0,
    },
    args: layerArguments(node, weights, lowering),
    summary: `${kernelHeight}x${kernelWidth} depthwise convolution, ${inChannels} to ${channels}, ${describe(node, lowering)}`,
    macs: elementCount(lowering.shape(node.output)) * kernelHeight * kernelWidth,
  });
}

export function lowerConv2dTranspose(node: NodeOf<'conv2dTranspose'>, lowering: Lowering): void {
  const [x, w, bias] = node.inputs as [ValueId, ValueId, ValueId];
  if (!hasConstants(node, lowering)) return;
  const [kernelHeight, kernelWidth, outChannels, inChannels] = lowering.shape(w) as Image;
  const taps = kernelHeight * kernelWidth;
  const matrix = { taps, inChannels, outChannels, groups: 1 };
  const weights = lowering.packed(w, 'swapped float tiles', 'float', (data) =>
    packFloatTiles(swapLastAxes(data as Float32Array, outChannels, inChannels), matrix),
  );
  const { activation } = node.attrs;
  lowering.call(node, {
    kernel: 'conv2d_transpose_f32_f32_f32',
    struct: 'bn_conv2d_shape',
    shape: {
      ...convShape(node, [kernelHeight, kernelWidth], lowering),
      groups: 1,
      pad_value: 0,
      strip: 0,
      activation,
    },
    args: [lowering.read(x), weights, lowering.read(bias), lowering.write(node)],
    summary: `${kernelHeight}x${kernelWidth} transposed convolution, ${inChannels} to ${outChannels}, float${activationSuffix(activation)}`,
    macs: elementCount(lowering.shape(x)) * taps * outChannels,
  });
}

export function lowerDense(node: NodeOf<'dense'>, lowering: Lowering): void {
  const [x, w] = node.inputs as [ValueId, ValueId];
  if (!hasConstants(node, lowering)) return;
  const [inChannels, outChannels] = lowering.shape(w) as readonly [number, number];
  const matrix = { taps: 1, inChannels, outChannels, groups: 1 };
  const { rows } = rowsOf(lowering.shape(x));
  lowering.call(node, {
    kernel: `dense_${kernelTypes(node, lowering)}`,
    struct: 'bn_dense_shape',
    shape: {
      rows,
      in_channels: inChannels,
      out_channels: outChannels,
      strip: 0,
      ...NOT_BYTES,
      activation: activationOf(node.attrs.epilogue),
    },
    args: [
      ...layerArguments(node, tiledWeights(w, matrix, lowering.isBits(x), lowering), lowering),
      ...unpackedRows(node, rows, inChannels, lowering),
    ],
    summary: `dense, ${inChannels} to ${outChannels}, ${describe(node, lowering)}`,
    macs: rows * inChannels * outChannels,
  });
}

const RECURRENT = {
  simple: { kernel: 'simple_rnn', gates: 1, title: 'simple RNN' },
  gru: { kernel: 'gru', gates: 3, title: 'GRU' },
  lstm: { kernel: 'lstm', gates: 4, title: 'LSTM' },
} as const;

/** Floats of scratch that the recurrent kernels take, per unit. */
const RECURRENT_SCRATCH = 8;

export function lowerRecurrent(node: NodeOf<'recurrent'>, lowering: Lowering): void {
  const { attrs, inputs } = node;
  const [batch, steps, features] = lowering.shape(inputs[0] as ValueId) as readonly number[] as [
    number,
    number,
    number,
  ];
  const units = lowering.shape(inputs[2] as ValueId)[0] as number;
  const { kernel, gates, title } = RECURRENT[attrs.cell];
  const scratch = lowering.temporary(`${node.name} state`, 'f32', [RECURRENT_SCRATCH * units]);
  lowering.call(node, {
    kernel: `${kernel}_f32_f32_f32`,
    struct: 'bn_recurrent_shape',
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
    args: [
      ...inputs.map((id) => lowering.read(id)),
      ...absentStates(node, [batch, units], lowering),
      lowering.write(node),
      borrows(scratch),
    ],
    summary: `${title}, ${steps} steps, ${features} to ${units}`,
    macs: batch * steps * gates * units * (features + units),
  });
}

/** Zeros for the initial states and peepholes that a recurrent layer could have, but has not. */
function absentStates(
  { attrs, inputs }: NodeOf<'recurrent'>,
  [batch, units]: readonly [number, number],
  lowering: Lowering,
): Argument[] {
  const state = batch * units;
  const counts = attrs.cell === 'lstm' ? [state, state, 3 * units] : [state];
  return counts.slice(inputs.length - 4).map((count) => lowering.filled(0, count, 'states of 0'));
}

/** Integers convolve by weights that may be computed, in the layout of the graph. */
export function lowerConvInteger(node: NodeOf<'convInteger'>, lowering: Lowering): void {
  const [x, w] = node.inputs as [ValueId, ValueId];
  const [kernelHeight, kernelWidth, inChannels, outChannels] = lowering.shape(w) as Image;
  const { groups } = node.attrs;
  const grouped = groups === 1 ? '' : ` in ${groups} groups`;
  lowering.call(node, {
    kernel: 'conv2d_i32_i32_i32',
    struct: 'bn_conv2d_shape',
    shape: {
      ...convShape(node, [kernelHeight, kernelWidth], lowering),
      groups,
      pad_value: 0,
      strip: 0,
      activation: IDENTITY,
    },
    args: [lowering.read(x), lowering.read(w), lowering.write(node)],
    summary: `${kernelHeight}x${kernelWidth} convolution, ${inChannels * groups} to ${outChannels}${grouped}, integers`,
    macs: elementCount(lowering.shape(node.output)) * kernelHeight * kernelWidth * inChannels,
  });
}

/** The windows of a strip of pixels, where bits meet bits. */
function bitPatches(
  node: NodeOf<'conv2d'>,
  shape: ReturnType<typeof convShape>,
  { taps, inChannels }: WeightMatrix,
  lowering: Lowering,
): { readonly strip: number; readonly scratch: Argument } | undefined {
  const [x, w] = node.inputs as [ValueId, ValueId];
  if (!lowering.isBits(x) || !lowering.isBits(w)) return undefined;
  const { wordBits, strip: most } = lowering.target;
  const words = wordsPerRow(taps * inChannels, wordBits);
  const strip = bitStrip(shape, words, wordBits, most);
  const leavesOut = node.attrs.padValue === 0;
  const bits = wordBits * bitScratchWords(shape, words, wordBits, strip, leavesOut);
  const scratch = lowering.temporary(`${node.name} patches`, 'bit', [bits]);
  return { strip, scratch: borrows(scratch) };
}

/**
 * The rows of the image that the windows of a strip read, where these are not all in the image; or
 * sums of three floats, where they take more.
 */
function floatBand(
  node: NodeOf<'conv2d'>,
  shape: ReturnType<typeof convShape>,
  lowering: Lowering,
): { readonly strip: number; readonly scratch: Argument } {
  const [x, w] = node.inputs as [ValueId, ValueId];
  const strip = bandStrip(shape, lowering.target.strip);
  const band = bandElements(shape, strip, lowering.isBits(x));
  const addsTriples =
    !lowering.isBits(x) &&
    lowering.isBits(w) &&
    lowering.isBits(node.output) &&
    hasTriples(lowering.target);
  const layer = { ...shape, groups: node.attrs.groups, strip };
  const triples = addsTriples ? tripleElements(layer) : 0;
  const elements = Math.max(band, triples);
  return { strip, scratch: borrows(lowering.temporary(`${node.name} band`, 'f32', [elements])) };
}

/** Dense layers of bits by floats unpack some rows of their input. */
function unpackedRows(
  node: NodeOf<'dense'>,
  rows: number,
  channels: number,
  lowering: Lowering,
): Argument[] {
  const [x, w] = node.inputs as [ValueId, ValueId];
  if (!lowering.isBits(x) || lowering.isBits(w)) return [];
  const shape = [Math.min(rows, DENSE_STRIP), channels];
  return [borrows(lowering.temporary(`${node.name} unpacked`, 'f32', shape))];
}

/** Refuses a layer whose weights are computed by the network itself. */
export function hasConstants(
  node: Node,
  lowering: Lowering,
  weights: readonly ValueId[] = node.inputs.slice(1),
): boolean {
  if (weights.every((id) => lowering.constant(id))) return true;
  lowering.refuse(
    node,
    'its weights are computed by the network instead of being constants.',
    'Save the model with its weights as variables or constants.',
  );
  return false;
}

/** `b1_f32_b1`: the types of input, weights and output, as kernels are named. */
function kernelTypes(node: Node, lowering: Lowering): string {
  const [x, w] = node.inputs as [ValueId, ValueId];
  return [x, w, node.output].map((id) => (lowering.isBits(id) ? 'b1' : 'f32')).join('_');
}

/** x, w, the epilogue's operands, y. */
function layerArguments(node: Node, weights: Argument, lowering: Lowering): Argument[] {
  const epilogue = node.inputs.slice(2).map((id) => perChannel(id, lowering));
  return [lowering.read(node.inputs[0] as ValueId), weights, ...epilogue, lowering.write(node)];
}

function perChannel(id: ValueId, lowering: Lowering): Argument {
  if (lowering.type(id).dtype !== 'i32') return lowering.read(id);
  return lowering.packed(id, 'integers', 'int32_t', (data) => littleEndian(data as Int32Array));
}

function tiledWeights(
  w: ValueId,
  matrix: WeightMatrix,
  inputIsBits: boolean,
  lowering: Lowering,
): Argument {
  const grouping = `in ${matrix.groups} groups`;
  if (!lowering.isBits(w)) {
    return lowering.packed(w, `float tiles ${grouping}`, 'float', (data) =>
      packFloatTiles(data as Float32Array, matrix),
    );
  }
  if (!inputIsBits) {
    return lowering.packed(w, `lane bits ${grouping}`, 'uint8_t', (bits) =>
      packLaneBits(bits, matrix),
    );
  }
  const { wordBits } = lowering.target;
  return lowering.packed(w, `bit blocks ${grouping}`, 'bn_word', (bits) =>
    packBitBlocks(bits, matrix, wordBits),
  );
}

/** What only layers of bytes have; see lower-byte-layers.ts. */
const NOT_BYTES = { unsigned_input: 0, zero_point: 0, low: 0, high: 0, small_weights: 0 };

type AnyConv = NodeOf<'conv2d' | 'depthwiseConv2d' | 'conv2dTranspose' | 'convInteger'>;

/** The fields that all convolutions fill alike. */
export function convShape(
  node: AnyConv,
  [height, width]: readonly [number, number],
  lowering: Lowering,
) {
  const input = lowering.shape(node.inputs[0] as ValueId) as Image;
  const output = lowering.shape(node.output) as Image;
  const { strides, dilations, pads } = node.attrs;
  return {
    batch: input[0],
    in_height: input[1],
    in_width: input[2],
    in_channels: input[3],
    out_height: output[1],
    out_width: output[2],
    out_channels: output[3],
    kernel_height: height,
    kernel_width: width,
    stride_y: strides[0],
    stride_x: strides[1],
    dilation_y: dilations[0],
    dilation_x: dilations[1],
    pad_top: pads[0],
    pad_left: pads[1],
    ...NOT_BYTES,
  };
}

function padAndActivation({ padValue, epilogue }: ConvWindow) {
  return { pad_value: padValue, activation: activationOf(epilogue) };
}

function activationOf(epilogue: Epilogue) {
  return epilogueActivation(epilogue) ?? IDENTITY;
}

/** "binary x binary, sign" */
function describe(
  node: NodeOf<'conv2d'> | NodeOf<'depthwiseConv2d'> | NodeOf<'dense'>,
  lowering: Lowering,
): string {
  const [x, w] = node.inputs as [ValueId, ValueId];
  const { epilogue } = node.attrs;
  const types = typesText(lowering.isBits(x), lowering.isBits(w));
  return `${types}${EPILOGUE_WORDS[epilogue.kind]}${activationSuffix(activationOf(epilogue))}`;
}
