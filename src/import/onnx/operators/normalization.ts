/** Normalisation by fixed statistics, and by those of channels, groups, trailing axes or a vector. */
import { elementCount } from '../../../ir/graph.ts';
import { IDENTITY, LINEAR } from '../../../ir/ops.ts';
import { broadcastShapes, equalShapes } from '../../../ir/shape-math.ts';
import type { NodeContext, OperatorRule, OperatorRules } from '../context.ts';
import type { Operand } from '../operand.ts';
import { power, root } from './pooling.ts';
import { SOFTMAX } from './softmax.ts';

/** Moves the channels, axis 1, to the end, applies `body` and moves them back. */
function onChannels(node: NodeContext, x: Operand, body: (x: Operand) => Operand): Operand {
  const rank = x.shape.length;
  if (rank < 2) node.corrupt(`Its input has the shape [${x.shape.join(', ')}].`);
  const spatial = x.shape.map((_, axis) => axis).slice(2);
  const back = [0, rank - 1, ...spatial.map((axis) => axis - 1)];
  return node.transpose(body(node.transpose(x, [0, ...spatial, 1])), back);
}

/** 1 / sqrt(variance + epsilon) */
function inverseDeviation(node: NodeContext, variance: Operand, epsilon: number): Operand {
  return node.unary('rsqrt', node.binary('add', variance, node.scalar(epsilon)));
}

function mean(node: NodeContext, x: Operand, axes: readonly number[]): Operand {
  return node.add('reduce', { fn: 'mean', axes, keepDims: true }, [x]);
}

const batchNormalization: OperatorRule = (node) => {
  const isTraining = node.opset >= 14 && node.flag('training_mode', false);
  if (isTraining) {
    node.refuse(
      'It normalises by the statistics of the batch: it is in training mode.',
      'Export the model for inference (in PyTorch, after model.eval()).',
    );
  }
  if (node.opset < 9 && !node.flag('spatial', true)) {
    node.refuse('It has statistics of its own for each place (spatial is 0).');
  }
  const [x, gamma, offset] = [node.float(0), node.float(1), node.float(2)];
  const inverse = inverseDeviation(node, node.float(4), node.number('epsilon', 1e-5));
  const scale = node.binary('mul', gamma, inverse);
  return onChannels(node, x, (moved) =>
    node.add('batchNorm', { activation: IDENTITY }, [moved, node.float(3), scale, offset]),
  );
};

const instanceNormalization: OperatorRule = (node) => {
  const x = node.float(0);
  const attrs = { groups: x.shape[1] ?? 1, epsilon: node.number('epsilon', 1e-5) };
  return onChannels(node, x, (moved) =>
    node.add('groupNorm', attrs, [moved, node.float(1), node.float(2)]),
  );
};

const groupNormalization: OperatorRule = (node) => {
  const x = node.float(0);
  const groups = node.int('num_groups');
  const channels = x.shape[1] ?? 1;
  if (groups < 1 || channels % groups !== 0) {
    node.corrupt(`Its ${channels} channels don't divide into ${groups} groups.`);
  }
  // Before opset 21 the channels of a group shared a scale and a bias.
  const perChannel = (operand: Operand): Operand => {
    if (node.opset >= 21 || channels === groups) return operand;
    const column = node.reshape(operand, [groups, 1]);
    const repeated = node.add('tile', { repeats: [1, channels / groups] }, [column]);
    return node.reshape(repeated, [channels]);
  };
  const operands = [perChannel(node.float(1)), perChannel(node.float(2))];
  const attrs = { groups, epsilon: node.number('epsilon', 1e-5) };
  return onChannels(node, x, (moved) => node.add('groupNorm', attrs, [moved, ...operands]));
};

/**
 * Normalises the trailing axes from `axis` on. A scale or bias that is smaller is spread over them;
 * one that reaches beyond them is applied behind the op.
 */
function normalizeTrailing(
  node: NodeContext,
  x: Operand,
  attrs: { readonly axis: number; readonly center: boolean },
  scale: Operand,
  bias: Operand | undefined,
): Operand {
  const epsilon = node.number('epsilon', 1e-5);
  const shape = x.shape.slice(attrs.axis);
  const zeros = node.generated(shape, () => 0);
  const fits = (operand: Operand): boolean =>
    equalShapes(broadcastShapes(operand.shape, shape) ?? [], shape);
  const spread = (operand: Operand): Operand =>
    equalShapes(operand.shape, shape) ? operand : node.binary('add', operand, zeros);
  if (fits(scale) && (!bias || fits(bias))) {
    const operands = [x, spread(scale), bias ? spread(bias) : zeros];
    return node.add('layerNorm', { ...attrs, epsilon }, operands);
  }
  const ones = node.generated(shape, () => 1);
  const normal = node.add('layerNorm', { ...attrs, epsilon }, [x, ones, zeros]);
  const scaled = node.binary('mul', normal, scale);
  const y = bias ? node.binary('add', scaled, bias) : scaled;
  if (equalShapes(y.shape, x.shape)) return y;
  return node.corrupt(`Its scale [${scale.shape.join(', ')}] doesn't fit its input [${x.shape}].`);
}

const layerNormalization: OperatorRule = (node) => {
  const x = node.float(0);
  const axis = node.axis(node.int('axis', -1), x.shape.length);
  const bias = node.optional(2) && node.float(2);
  const y = normalizeTrailing(node, x, { axis, center: true }, node.float(1), bias);
  if (!node.isUsed(1) && !node.isUsed(2)) return y;
  const axes = x.shape.map((_, i) => i).slice(axis);
  const average = mean(node, x, axes);
  const variance = mean(node, node.unary('square', node.binary('sub', x, average)), axes);
  return [y, average, inverseDeviation(node, variance, node.number('epsilon', 1e-5))];
};

const rmsNormalization: OperatorRule = (node) => {
  const x = node.float(0);
  const axis = node.axis(node.int('axis', -1), x.shape.length);
  return normalizeTrailing(node, x, { axis, center: false }, node.float(1), undefined);
};

/** x / (bias + alpha / size · sum)^beta, with the sum of squares over neighbouring channels. */
const localResponse: OperatorRule = (node) => {
  const x = node.float(0);
  if (x.shape.length < 2) node.corrupt(`Its input has the shape [${x.shape.join(', ')}].`);
  const size = node.int('size');
  if (size < 1) node.corrupt(`Its size is ${size}.`);
  const [batch = 1, channels = 1] = x.shape;
  const before = Math.min(Math.floor((size - 1) / 2), channels - 1);
  const after = Math.min(Math.ceil((size - 1) / 2), channels - 1);
  // Channels are the rows of an image; the sum is a convolution down its columns.
  const rows = node.reshape(x, [batch, channels, elementCount(x.shape.slice(2)), 1]);
  const attrs = {
    strides: [1, 1],
    dilations: [1, 1],
    pads: [before, 0, after, 0],
    padValue: 0,
    epilogue: LINEAR,
    groups: 1,
  } as const;
  const ones = node.generated([before + 1 + after, 1, 1, 1], () => 1);
  const zero = node.generated([1], () => 0);
  const sums = node.add('conv2d', attrs, [node.unary('square', rows), ones, zero]);
  const share = node.scalar(node.number('alpha', 1e-4) / size);
  const scaled = node.binary('mul', node.reshape(sums, x.shape), share);
  const base = node.binary('add', scaled, node.scalar(node.number('bias', 1)));
  return node.binary('div', x, node.binary('pow', base, node.scalar(node.number('beta', 0.75))));
};

/** x / norm along an axis, and 0 where the norm is 0. */
const lpNormalization: OperatorRule = (node) => {
  const x = node.float(0);
  const axis = node.axis(node.int('axis', -1), x.shape.length);
  const p = node.int('p', 2);
  if (p !== 1 && p !== 2) node.corrupt(`Its p is ${p}.`);
  const sum = node.add('reduce', { fn: 'sum', axes: [axis], keepDims: true }, [power(node, x, p)]);
  const norm = root(node, sum, p);
  const isZero = node.compare('equal', norm, node.scalar(0));
  const divisor = node.where(isZero, node.scalar(1), norm);
  return node.binary('div', x, divisor);
};

const meanVariance: OperatorRule = (node) => {
  const x = node.float(0);
  const axes = node.axes(node.intList('axes') ?? [0, 2, 3], x.shape.length);
  const centred = node.binary('sub', x, mean(node, x, axes));
  const variance = mean(node, node.unary('square', centred), axes);
  const deviation = node.binary('add', node.unary('sqrt', variance), node.scalar(1e-9));
  return node.binary('div', centred, deviation);
};

export const NORMALIZATION: OperatorRules = {
  ...SOFTMAX,
  BatchNormalization: batchNormalization,
  InstanceNormalization: instanceNormalization,
  GroupNormalization: groupNormalization,
  LayerNormalization: layerNormalization,
  RMSNormalization: rmsNormalization,
  LRN: localResponse,
  LpNormalization: lpNormalization,
  MeanVarianceNormalization: meanVariance,
};
