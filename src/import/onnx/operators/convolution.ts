/**
 * Convolutions and transposed convolutions over sequences and images, with constant weights. A
 * convolution with a group per channel is a depthwise one.
 */
import { IDENTITY, LINEAR, type Pads } from '../../../ir/ops.ts';
import { windowExtent } from '../../../ir/shape-math.ts';
import type { NodeContext, OperatorRule, OperatorRules } from '../context.ts';
import type { Operand } from '../operand.ts';
import {
  fromImage,
  imagePair,
  imageWindow,
  knownFloats,
  perChannel,
  readAutoPad,
  readSizes,
  readWindow,
  spatialSizes,
  toImage,
} from './window.ts';

interface Weights {
  /** [a, b, kh, kw], a and b being channels. */
  readonly data: Operand;
  readonly kernel: readonly number[];
}

function readWeights(node: NodeContext, spatialRank: number): Weights {
  const weights = knownFloats(node, 1, 'weight tensor', spatialRank + 2);
  const [a = 1, b = 1, ...kernel] = weights.shape;
  checkKernelShape(node, kernel);
  return { data: node.reshape(weights, [a, b, ...imagePair(kernel, 1)]), kernel };
}

export function checkKernelShape(node: NodeContext, kernel: readonly number[]): void {
  const told = node.intList('kernel_shape');
  if (!told || told.join() === kernel.join()) return;
  node.corrupt(`Its kernel_shape is [${told.join(', ')}], its weights are [${kernel.join(', ')}].`);
}

export function readGroups(node: NodeContext, ...channels: readonly number[]): number {
  const groups = node.int('group', 1);
  if (groups >= 1 && channels.every((count) => count % groups === 0)) return groups;
  return node.corrupt(`Its ${channels.join(' and ')} channels don't divide into ${groups} groups.`);
}

const conv: OperatorRule = (node) => {
  const x = node.float(0);
  const sizes = spatialSizes(node, x);
  const { data: w, kernel } = readWeights(node, sizes.length);
  const channels = x.shape[1] ?? 1;
  const [outputs = 1, perGroup = 1] = w.shape;
  const groups = readGroups(node, channels, outputs);
  if (perGroup * groups !== channels) {
    node.corrupt(`Its weights are for ${perGroup * groups} channels, its input has ${channels}.`);
  }
  const bias = perChannel(node, 2, 'bias', outputs, 0);
  const { strides, dilations, pads } = imageWindow(readWindow(node, sizes, kernel));
  const attrs = { strides, dilations, pads, padValue: 0, epilogue: LINEAR } as const;
  const image = toImage(node, x);
  if (groups > 1 && perGroup === 1) {
    const [kh = 1, kw = 1] = w.shape.slice(2);
    const split = node.reshape(w, [channels, outputs / channels, kh, kw]);
    const depthwise = node.transpose(split, [2, 3, 0, 1]);
    const y = node.add('depthwiseConv2d', attrs, [image, depthwise, bias]);
    return fromImage(node, y, sizes.length);
  }
  const moved = node.transpose(w, [2, 3, 1, 0]);
  const y = node.add('conv2d', { ...attrs, groups }, [image, moved, bias]);
  return fromImage(node, y, sizes.length);
};

interface TransposedAxis {
  readonly stride: number;
  readonly dilation: number;
  readonly before: number;
  readonly after: number;
  readonly output: number;
}

const FLAT: TransposedAxis = { stride: 1, dilation: 1, before: 0, after: 0, output: 1 };

/** How far each axis of the full result is cropped, and what is left of it. */
function transposedAxes(
  node: NodeContext,
  sizes: readonly number[],
  kernel: readonly number[],
): TransposedAxis[] {
  const rank = sizes.length;
  const strides = readSizes(node, 'strides', rank, 1, 1);
  const dilations = readSizes(node, 'dilations', rank, 1, 1);
  const pads = readSizes(node, 'pads', 2 * rank, 0, 0);
  const extra = readSizes(node, 'output_padding', rank, 0, 0);
  const autoPad = readAutoPad(node);
  const told = node.has('output_shape') ? outputShape(node, rank) : undefined;
  return sizes.map((size, i) => {
    const [stride, dilation] = [strides[i] as number, dilations[i] as number];
    const full = (size - 1) * stride + windowExtent(kernel[i] as number, dilation);
    const padded = full + (extra[i] as number);
    const same = autoPad === 'SAME_UPPER' || autoPad === 'SAME_LOWER';
    const wanted = told?.[i] ?? (same ? size * stride : undefined);
    if (wanted === undefined) {
      const [before, after] = [pads[i] as number, pads[rank + i] as number];
      const crop = autoPad === 'VALID' ? [0, 0] : [before, after];
      const output = padded - (crop[0] as number) - (crop[1] as number);
      return { stride, dilation, before: crop[0] as number, after: crop[1] as number, output };
    }
    const total = Math.max(0, padded - wanted);
    const half = Math.floor(total / 2);
    const before = autoPad === 'SAME_UPPER' ? half : total - half;
    return { stride, dilation, before, after: total - before, output: wanted };
  });
}

/** Some exporters give the batch and the channels as well. */
function outputShape(node: NodeContext, rank: number): readonly number[] {
  const given = node.intList('output_shape') ?? [];
  if (given.length === rank + 2) return given.slice(2);
  return readSizes(node, 'output_shape', rank, 1);
}

const convTranspose: OperatorRule = (node) => {
  const x = node.float(0);
  const sizes = spatialSizes(node, x);
  const { data: w, kernel } = readWeights(node, sizes.length);
  const channels = x.shape[1] ?? 1;
  if (w.shape[0] !== channels) {
    node.corrupt(`Its weights are for ${w.shape[0]} channels, its input has ${channels}.`);
  }
  const groups = readGroups(node, channels);
  const [inputs, outputs] = [channels / groups, w.shape[1] ?? 1];
  const [y, across] = imagePair(transposedAxes(node, sizes, kernel), FLAT);
  const pads: Pads = [y.before, across.before, y.after, across.after];
  const attrs = {
    strides: [y.stride, across.stride],
    dilations: [y.dilation, across.dilation],
    pads,
    outputSize: [y.output, across.output],
    activation: IDENTITY,
  } as const;
  const image = toImage(node, x);
  const moved = node.transpose(w, [2, 3, 1, 0]);
  const bias = perChannel(node, 2, 'bias', outputs * groups, 0);
  const parts = Array.from({ length: groups }, (_, group) => {
    if (groups === 1) return node.add('conv2dTranspose', attrs, [image, moved, bias]);
    return node.add('conv2dTranspose', attrs, [
      node.cut(image, 3, group * inputs, inputs),
      node.cut(moved, 3, group * inputs, inputs),
      node.cut(bias, 0, group * outputs, outputs),
    ]);
  });
  return fromImage(node, node.concat(parts, 3), sizes.length);
};

export const CONVOLUTION: OperatorRules = { Conv: conv, ConvTranspose: convTranspose };
