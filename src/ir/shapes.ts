/**
 * Type inference: the type of what a node computes, from its attributes and the types of its
 * operands. It is also where a node is checked: everything behind it may rely on operand counts,
 * dtypes, shapes and attribute ranges being as `ops.ts` says.
 *
 * Failures name the node. `corrupt` is a node that contradicts itself (its operands don't fit each
 * other), `unsupported` one of a type that the op isn't defined for, `too-large` a result past
 * `MAX_ELEMENTS`.
 */
import { INTEGER_RANGES, type PortType } from './elements.ts';
import { type DType, elementCount, type Shape, type TensorType } from './graph.ts';
import { Operands } from './operands.ts';
import type { IntegerInput, NodeOf, PoolWindow, Rules } from './ops.ts';
import { applyRule, type ConvWindow, type Epilogue, LINEAR, type Node, type Pair } from './ops.ts';
import {
  broadcastShapes,
  convOutputSize,
  equalShapes,
  MAX_ELEMENTS,
  poolOutputSize,
  windowExtent,
} from './shape-math.ts';

export {
  broadcastShapes,
  convOutputSize,
  equalShapes,
  MAX_ELEMENTS,
  MAX_RANK,
  normalizeAxis,
  poolOutputSize,
  rowMajorStrides,
  samePads,
  windowCount,
  windowExtent,
} from './shape-math.ts';

/** The type of a node's output. Throws a `BinarynetError` naming the node when it can't be. */
export function inferType(node: Node, inputs: readonly TensorType[]): TensorType {
  const operands = new Operands(node, inputs);
  const type = applyRule(RULES, node, operands);
  operands.requireSizes(type.shape, 'its result');
  if (elementCount(type.shape) > MAX_ELEMENTS) {
    operands.refuse('too-large', `its result has ${elementCount(type.shape)} elements`);
  }
  return type;
}

const RULES: Rules<TensorType, [Operands]> = {
  conv2d,
  depthwiseConv2d,
  conv2dTranspose,
  dense,
  batchNorm: (_node, operands) => {
    operands.requireCount(4);
    const x = operands.float(0, 'x');
    for (const [index, role] of ['mean', 'scale', 'offset'].entries()) {
      operands.floatOfShape(index + 1, role, [lastSize(x)]);
    }
    return f32(x);
  },
  binary: (_node, operands) => {
    operands.requireCount(2);
    return f32(broadcast(operands, [operands.float(0, 'a'), operands.float(1, 'b')]));
  },
  unary: onlyFloat,
  softmax: (node, operands) => {
    const type = onlyFloat(node, operands);
    operands.requireAxis(node.attrs.axis, type.shape);
    return type;
  },
  layerNorm: (node, operands) => {
    operands.requireCount(3);
    const x = operands.float(0, 'x');
    operands.requireAxis(node.attrs.axis, x);
    operands.floatOfShape(1, 'gamma', x.slice(node.attrs.axis));
    operands.floatOfShape(2, 'beta', x.slice(node.attrs.axis));
    return f32(x);
  },
  groupNorm: (node, operands) => {
    operands.requireCount(3);
    const x = operands.float(0, 'x');
    const channels = lastSize(x);
    const { groups } = node.attrs;
    operands.requireInteger(groups, 'groups', 1);
    if (x.length < 2 || channels % groups !== 0) {
      operands.refuse('corrupt', `it normalises ${text(x)} in ${groups} groups of channels`);
    }
    operands.floatOfShape(1, 'gamma', [channels]);
    operands.floatOfShape(2, 'beta', [channels]);
    return f32(x);
  },
  maxPool2d: (node, operands) => {
    const masked = operands.count === 2 && operands.dtype(0) === 'bit';
    operands.requireCount(masked ? 2 : 1);
    const x = operands.oneOf(0, 'x', ['f32', 'i8', 'bit'], 4);
    if (masked) operands.bitsOfShape(1, 'orMask', [lastSize(x)]);
    return { dtype: operands.dtype(0), shape: poolShape(node, operands, x) };
  },
  averagePool2d: (node, operands) => {
    operands.requireCount(1);
    const x = operands.oneOf(0, 'x', ['f32', 'i8'], 4);
    return { dtype: operands.dtype(0), shape: poolShape(node, operands, x) };
  },
  reduce,
  pad,
  slice,
  resize2d: (node, operands) => {
    operands.requireCount(1);
    const [batch, , , channels] = operands.float(0, 'x', 4) as [number, number, number, number];
    return f32([batch, ...node.attrs.size, channels]);
  },
  argReduce: ({ attrs: { axis, keepDims } }, operands) => {
    operands.requireCount(1);
    const x = operands.floatOrInteger(0, 'x');
    operands.requireAxis(axis, x);
    return i32(keepDims ? x.with(axis, 1) : x.toSpliced(axis, 1));
  },
  resample: ({ attrs: { axis } }, operands) => {
    operands.requireCount(3);
    const x = operands.float(0, 'x');
    operands.requireAxis(axis, x);
    const indices = operands.integers(1, 'indices', 2);
    operands.floatOfShape(2, 'weights', indices);
    return f32(x.with(axis, indices[0] as number));
  },
  reshape: (node, operands) => {
    operands.requireCount(1);
    const x = operands.oneOf(0, 'x', ['f32', 'i32', 'i8', 'bit']);
    const { shape } = node.attrs;
    if (elementCount(shape) !== elementCount(x)) {
      operands.refuse('corrupt', `it reshapes ${text(x)} to ${text(shape)}`);
    }
    return { dtype: operands.dtype(0), shape };
  },
  transpose: (node, operands) => {
    operands.requireCount(1);
    const x = operands.movable(0, 'x');
    const { perm } = node.attrs;
    if (perm.length !== x.length || !x.every((_, axis) => perm.includes(axis))) {
      operands.refuse('corrupt', `it permutes the axes of ${text(x)} by ${text(perm)}`);
    }
    return { dtype: operands.dtype(0), shape: perm.map((axis) => x[axis] as number) };
  },
  concat,
  tile: (node, operands) => {
    operands.requireCount(1);
    const x = operands.movable(0, 'x');
    operands.requireEntries(node.attrs.repeats, 'repeats', x, 1);
    const shape = x.map((size, axis) => size * (node.attrs.repeats[axis] as number));
    return { dtype: operands.dtype(0), shape };
  },
  gather: (node, operands) => {
    operands.requireCount(2);
    const table = operands.floatOrInteger(0, 'table');
    const indices = operands.floatOrInteger(1, 'indices');
    const { axis } = node.attrs;
    operands.requireAxis(axis, table);
    const shape = [...table.slice(0, axis), ...indices, ...table.slice(axis + 1)];
    return { dtype: operands.dtype(0), shape };
  },
  matmul,
  convInteger,
  integer: (_node, operands) => {
    operands.requireCount(2);
    return i32(broadcast(operands, [operands.integers(0, 'a'), operands.integers(1, 'b')]));
  },
  compare: (_node, operands) => {
    operands.requireCount(2);
    operands.requireSameType(0, 1);
    const shapes = [operands.floatOrInteger(0, 'a'), operands.floatOrInteger(1, 'b')];
    return i32(broadcast(operands, shapes));
  },
  where: (_node, operands) => {
    operands.requireCount(3);
    operands.requireSameType(1, 2);
    const condition = operands.integers(0, 'condition');
    const shapes = [operands.floatOrInteger(1, 'a'), operands.floatOrInteger(2, 'b')];
    return { dtype: operands.dtype(1), shape: broadcast(operands, [condition, ...shapes]) };
  },
  cast: ({ attrs }, operands) => {
    operands.requireCount(1);
    const shape = operands.any(0, 'x');
    const [from, wide] = [operands.dtype(0), ['f32', 'i32']];
    if (from === 'bit' || !(wide.includes(from) || wide.includes(attrs.to))) {
      operands.refuse('unsupported', `it casts ${from} to ${attrs.to} without f32 or i32 between`);
    }
    return { dtype: attrs.to, shape };
  },
  recurrent,
  binarize: (_node, operands) => {
    operands.requireCount(3);
    const x = operands.float(0, 'x');
    operands.floatOfShape(1, 'threshold', [lastSize(x)]);
    operands.floatOfShape(2, 'direction', [lastSize(x)]);
    return { dtype: 'bit', shape: x };
  },
  unpack: (_node, operands) => {
    operands.requireCount(1);
    return f32(operands.bits(0, 'x'));
  },
};

function conv2d(node: NodeOf<'conv2d'>, operands: Operands): TensorType {
  const { groups } = node.attrs;
  operands.requireEpilogueCount(node.attrs.epilogue);
  const { x, w: weights } = operands.layer(LAYER_INPUTS, 4);
  const [batch, height, width, channels] = x as ImageShape;
  const w = weights as ImageShape;
  const outputs = w[3];
  operands.requireInteger(groups, 'groups', 1);
  if (channels % groups !== 0 || outputs % groups !== 0 || w[2] !== channels / groups) {
    const found = `weights ${text(w)} in ${groups} groups don't fit an input of ${channels} channels`;
    operands.refuse('corrupt', found);
  }
  const size = convSize(node.attrs, operands, [height, width], [w[0], w[1]]);
  requireIntegerInput(node.attrs, operands, w[0] * w[1] * w[2]);
  return afterEpilogue(node, operands, [batch, ...size, outputs]);
}

function depthwiseConv2d(node: NodeOf<'depthwiseConv2d'>, operands: Operands): TensorType {
  operands.requireEpilogueCount(node.attrs.epilogue);
  const { x, w: weights } = operands.layer(['f32', 'bit', 'i8'], 4);
  const [batch, height, width, channels] = x as ImageShape;
  const w = weights as ImageShape;
  if (w[2] !== channels) {
    operands.refuse('corrupt', `weights ${text(w)} don't fit an input of ${channels} channels`);
  }
  const size = convSize(node.attrs, operands, [height, width], [w[0], w[1]]);
  requireIntegerInput(node.attrs, operands, w[0] * w[1]);
  return afterEpilogue(node, operands, [batch, ...size, channels * w[3]]);
}

function conv2dTranspose(node: NodeOf<'conv2dTranspose'>, operands: Operands): TensorType {
  const { strides, dilations, pads, outputSize } = node.attrs;
  operands.requireCount(3);
  const [batch, height, width, channels] = operands.float(0, 'x', 4) as ImageShape;
  const w = operands.float(1, 'w', 4) as ImageShape;
  if (w[3] !== channels) {
    operands.refuse('corrupt', `weights ${text(w)} don't fit an input of ${channels} channels`);
  }
  operands.floatOfShape(2, 'bias', [w[2]]);
  operands.requireWindow(node.attrs);
  for (const axis of [0, 1] as const) {
    const size = axis === 0 ? height : width;
    const full = (size - 1) * strides[axis] + windowExtent(w[axis], dilations[axis]);
    operands.requireInteger(outputSize[axis], 'outputSize', 1);
    // A stride longer than the kernel leaves that many places at the end to the bias alone.
    if (pads[axis] + outputSize[axis] > full + strides[axis]) {
      const wanted = `it crops ${outputSize[axis]} places after ${pads[axis]}`;
      operands.refuse('corrupt', `${wanted} from a result of ${full}`);
    }
  }
  return f32([batch, ...outputSize, w[2]]);
}

function dense(node: NodeOf<'dense'>, operands: Operands): TensorType {
  operands.requireEpilogueCount(node.attrs.epilogue);
  const { x, w: weights } = operands.layer(LAYER_INPUTS);
  const w = weights as readonly [number, number];
  if (x.length === 0 || w[0] !== lastSize(x)) {
    operands.refuse('corrupt', `weights ${text(w)} don't fit an input of shape ${text(x)}`);
  }
  requireIntegerInput(node.attrs, operands, w[0]);
  return afterEpilogue(node, operands, [...x.slice(0, -1), w[1]]);
}

const LAYER_INPUTS: readonly DType[] = ['f32', 'bit', 'i8', 'u8'];

/** Sums of more products of a byte and 127 might not fit an i32. */
const MAX_INTEGER_TERMS = 65_535;

/** What holds of an input of integers, and of no other. */
function requireIntegerInput(
  { zeroPoint = 0 }: IntegerInput,
  operands: Operands,
  terms: number,
): void {
  const dtype = operands.dtype(0);
  if (!operands.isIntegerLayer) {
    if (zeroPoint !== 0) operands.refuse('corrupt', `its input of ${dtype} has a zero point`);
    return;
  }
  operands.requireInRange(zeroPoint, 'zero point', INTEGER_RANGES[dtype as PortType] ?? [0, 0]);
  if (terms > MAX_INTEGER_TERMS) {
    const found = `it sums ${terms} products of integers`;
    operands.refuse('too-large', `${found}, where sums of ${MAX_INTEGER_TERMS} fit 32 bits`);
  }
}

/** The type of an accumulating layer's result; its epilogue operands are from index 2 on. */
function afterEpilogue(
  node: NodeOf<'conv2d' | 'depthwiseConv2d' | 'dense'>,
  operands: Operands,
  shape: Shape,
): TensorType {
  const { epilogue } = node.attrs;
  const perChannel = [lastSize(shape)];
  const [x, w] = [operands.dtype(0), operands.dtype(1)];
  switch (epilogue.kind) {
    case 'linear':
      operands.floatOfShape(2, 'bias', perChannel);
      if (w !== 'f32') {
        const weights = w === 'bit' ? 'binary' : w;
        operands.refuse('unsupported', `a linear epilogue after ${weights} weights is not defined`);
      }
      return f32(shape);
    case 'norm':
      for (const [index, role] of ['mean', 'scale', 'offset'].entries()) {
        operands.floatOfShape(index + 2, role, perChannel);
      }
      if (w === 'f32') {
        operands.refuse('unsupported', 'a norm epilogue after float weights is not defined');
      }
      return f32(shape);
    case 'add':
      for (const [index, role] of ['mean', 'scale', 'offset'].entries()) {
        operands.floatOfShape(index + 2, role, perChannel);
      }
      operands.floatOfShape(5, 'addend', shape);
      if (node.op !== 'conv2d' || x !== 'bit' || w !== 'bit') {
        operands.refuse('unsupported', 'only convolutions of bits by bits have an addend');
      }
      return f32(shape);
    case 'sign':
      operands.ofType(2, 'threshold', {
        dtype: x === 'f32' || w === 'f32' ? 'f32' : 'i32',
        shape: perChannel,
      });
      return { dtype: 'bit', shape };
    case 'integer':
    case 'requantize':
      return afterIntegers(epilogue, operands, shape);
  }
}

function afterIntegers(
  epilogue: Extract<Epilogue, { kind: 'integer' | 'requantize' }>,
  operands: Operands,
  shape: Shape,
): TensorType {
  const perChannel = [lastSize(shape)];
  if (!operands.isIntegerLayer) {
    const found = `an epilogue of integers after an input of ${operands.dtype(0)}`;
    operands.refuse('unsupported', `${found} is not defined`);
  }
  operands.ofType(2, 'bias', { dtype: 'i32', shape: perChannel });
  if (epilogue.kind === 'integer') return i32(shape);
  operands.floatOfShape(3, 'scale', perChannel);
  const { min, max, zeroPoint } = epilogue;
  operands.requireInRange(zeroPoint, "result's zero point", [-128, 127]);
  operands.requireInRange(min, 'least result', [-128, 127]);
  operands.requireInRange(max, 'greatest result', [min, 127]);
  return { dtype: 'i8', shape };
}

function convSize(window: ConvWindow, operands: Operands, image: Pair, kernel: Pair): Pair {
  operands.requireWindow(window);
  if (window.padValue !== 0 && operands.dtype(0) !== 'bit') {
    operands.refuse('unsupported', `it pads a float input with ${window.padValue}`);
  }
  const size = convOutputSize(image, kernel, window);
  if (size[0] < 1 || size[1] < 1) {
    operands.refuse(
      'corrupt',
      `its kernel ${text(kernel)} is larger than its image ${text(image)}`,
    );
  }
  return size;
}

function poolShape(node: { attrs: PoolWindow }, operands: Operands, x: Shape): Shape {
  const [batch, height, width, channels] = x as ImageShape;
  const { size, strides, dilations, pads } = node.attrs;
  operands.requireWindow(node.attrs);
  operands.requireInteger(size[0], 'size', 1);
  operands.requireInteger(size[1], 'size', 1);
  const output = poolOutputSize([height, width], node.attrs);
  if (output[0] < 1 || output[1] < 1) {
    const found = `its window ${text(size)} is larger than its image ${text([height, width])}`;
    operands.refuse('corrupt', found);
  }
  for (const axis of [0, 1] as const) {
    const image = axis === 0 ? height : width;
    const places = output[axis];
    const startOf = (place: number) => place * strides[axis] - pads[axis];
    const window = [size[axis], dilations[axis], image] as const;
    // Windows before the image reach it at one of `dilation` places, and the first reaches least.
    const different = image < dilations[axis] ? Math.min(places, dilations[axis]) : 1;
    for (let place = 0; place < different && startOf(place) < 0; place++) {
      requireTapInside(operands, startOf(place), ...window);
    }
    const last = startOf(places - 1);
    if (last >= image) requireTapInside(operands, last, ...window);
  }
  return [batch, ...output, channels];
}

/** A pool has no value where its whole window lies in the padding. */
function requireTapInside(
  operands: Operands,
  start: number,
  taps: number,
  dilation: number,
  image: number,
): void {
  const first = start < 0 ? start + Math.ceil(-start / dilation) * dilation : start;
  if (first < image && first <= start + (taps - 1) * dilation) return;
  operands.refuse('unsupported', 'one of its windows lies in the padding alone');
}

function reduce(node: NodeOf<'reduce'>, operands: Operands): TensorType {
  const { fn, axes, keepDims } = node.attrs;
  operands.requireCount(1);
  const x = fn === 'mean' ? operands.float(0, 'x') : operands.floatOrInteger(0, 'x');
  const dtype = operands.dtype(0);
  for (const axis of axes) operands.requireAxis(axis, x);
  if (new Set(axes).size !== axes.length) {
    operands.refuse('corrupt', `its axes ${text(axes)} name one twice`);
  }
  if (keepDims) return { dtype, shape: x.map((size, axis) => (axes.includes(axis) ? 1 : size)) };
  return { dtype, shape: x.filter((_, axis) => !axes.includes(axis)) };
}

function pad(node: NodeOf<'pad'>, operands: Operands): TensorType {
  const { before, after, value } = node.attrs;
  operands.requireCount(1);
  const x = operands.movable(0, 'x');
  operands.requireEntries(before, 'before', x, 0);
  operands.requireEntries(after, 'after', x, 0);
  if (operands.dtype(0) === 'bit' && value !== 1 && value !== -1) {
    operands.refuse('unsupported', `it pads bits with ${value}, not 1 or -1`);
  }
  if (operands.dtype(0) === 'i32' && value !== (value | 0)) {
    operands.refuse('unsupported', `it pads integers of 32 bits with ${value}`);
  }
  const shape = x.map((size, axis) => (before[axis] as number) + size + (after[axis] as number));
  return { dtype: operands.dtype(0), shape };
}

function slice(node: NodeOf<'slice'>, operands: Operands): TensorType {
  const { begin, size, step } = node.attrs;
  operands.requireCount(1);
  const x = operands.movable(0, 'x');
  operands.requireEntries(begin, 'begin', x, 0);
  operands.requireEntries(size, 'size', x, 1);
  operands.requireEntries(step, 'step', x, Number.NEGATIVE_INFINITY);
  for (const [axis, available] of x.entries()) {
    const first = begin[axis] as number;
    const last = first + ((size[axis] as number) - 1) * (step[axis] as number);
    if (first >= available || last < 0 || last >= available || step[axis] === 0) {
      operands.refuse('corrupt', `it reads ${first} to ${last} of axis ${axis} of ${text(x)}`);
    }
  }
  return { dtype: operands.dtype(0), shape: size };
}

function concat(node: NodeOf<'concat'>, operands: Operands): TensorType {
  const { axis } = node.attrs;
  if (operands.count === 0) operands.refuse('corrupt', 'it joins no inputs');
  const first = operands.movable(0, 'input 0');
  operands.requireAxis(axis, first);
  let joined = 0;
  for (let index = 0; index < operands.count; index++) {
    const shape = operands.movable(index, `input ${index}`, first.length);
    if (operands.dtype(index) !== operands.dtype(0)) {
      operands.refuse('unsupported', 'it joins tensors of different types');
    }
    if (!equalShapes(shape.with(axis, 1), first.with(axis, 1))) {
      operands.refuse('corrupt', `its inputs ${fits(first, shape)} don't join along axis ${axis}`);
    }
    joined += shape[axis] as number;
  }
  return { dtype: operands.dtype(0), shape: first.with(axis, joined) };
}

const GATES = { simple: 1, gru: 3, lstm: 4 } as const;

function recurrent(node: NodeOf<'recurrent'>, operands: Operands): TensorType {
  const { cell, resetAfter, returnSequences, returnCells } = node.attrs;
  const most = cell === 'lstm' ? 7 : 5;
  if (operands.count < 4 || operands.count > most || (cell === 'lstm' && operands.count === 5)) {
    operands.refuse('corrupt', `it has ${operands.count} operands`);
  }
  if (returnCells && (cell !== 'lstm' || !returnSequences)) {
    operands.refuse('unsupported', 'it returns cell states that it does not have step by step');
  }
  const [batch, steps, features] = operands.float(0, 'x', 3) as readonly [number, number, number];
  const units = operands.float(2, 'recurrentKernel', 2)[0] as number;
  const columns = GATES[cell] * units;
  operands.floatOfShape(1, 'kernel', [features, columns]);
  operands.floatOfShape(2, 'recurrentKernel', [units, columns]);
  operands.floatOfShape(3, 'bias', cell === 'gru' && resetAfter ? [2, columns] : [columns]);
  for (let state = 4; state < Math.min(operands.count, 6); state++) {
    operands.floatOfShape(state, state === 4 ? 'initialH' : 'initialC', [batch, units]);
  }
  if (operands.count === 7) operands.floatOfShape(6, 'peepholes', [3, units]);
  if (!returnSequences) return f32([batch, units]);
  return f32([batch, steps, returnCells ? 2 * units : units]);
}

function onlyFloat(_node: Node, operands: Operands): TensorType {
  operands.requireCount(1);
  return f32(operands.float(0, 'x'));
}

type ImageShape = readonly [number, number, number, number];

function matmul(_node: NodeOf<'matmul'>, operands: Operands): TensorType {
  operands.requireCount(2);
  operands.requireSameType(0, 1);
  const a = operands.floatOrInteger(0, 'a');
  const b = operands.floatOrInteger(1, 'b');
  if (a.length < 2 || b.length < 2 || a.at(-1) !== b.at(-2)) {
    operands.refuse('corrupt', `its operands ${fits(a, b)} don't multiply`);
  }
  const batch = broadcast(operands, [a.slice(0, -2), b.slice(0, -2)]);
  return { dtype: operands.dtype(0), shape: [...batch, a.at(-2) as number, b.at(-1) as number] };
}

function convInteger(node: NodeOf<'convInteger'>, operands: Operands): TensorType {
  const { groups } = node.attrs;
  operands.requireCount(2);
  const [batch, height, width, channels] = operands.integers(0, 'x', 4) as ImageShape;
  const w = operands.integers(1, 'w', 4) as ImageShape;
  operands.requireInteger(groups, 'groups', 1);
  if (channels % groups !== 0 || w[3] % groups !== 0 || w[2] !== channels / groups) {
    const found = `weights ${text(w)} in ${groups} groups don't fit an input of ${channels} channels`;
    operands.refuse('corrupt', found);
  }
  const window = { ...node.attrs, padValue: 0, epilogue: LINEAR } as const;
  return i32([batch, ...convSize(window, operands, [height, width], [w[0], w[1]]), w[3]]);
}

/** The common shape of operands that broadcast. */
function broadcast(operands: Operands, shapes: readonly Shape[]): Shape {
  return shapes.reduce((joined, shape) => {
    const common = broadcastShapes(joined, shape);
    if (common) return common;
    return operands.refuse('corrupt', `its operands ${fits(joined, shape)} don't broadcast`);
  });
}

function i32(shape: Shape): TensorType {
  return { dtype: 'i32', shape };
}

function f32(shape: Shape): TensorType {
  return { dtype: 'f32', shape };
}

/** Size of the last axis; 1 for a scalar. */
function lastSize(shape: Shape): number {
  return shape.at(-1) ?? 1;
}

function text(sizes: readonly number[]): string {
  return `[${sizes.join(', ')}]`;
}

function fits(a: Shape, b: Shape): string {
  return `${text(a)} and ${text(b)}`;
}
