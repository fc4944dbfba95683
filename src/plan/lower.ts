/**
 * Kernel choice: one rule per op that writes the op as kernel calls. What a kernel expects is in
 * kernels/README.md; layers with weights are in lower-layers.ts, moves in lower-movement.ts.
 */
import { elementCount, type Shape } from '../ir/graph.ts';
import {
  applyRule,
  type BinaryFn,
  IDENTITY,
  type Node,
  type NodeOf,
  type Rules,
  type ValueId,
} from '../ir/ops.ts';
import { rowMajorStrides } from '../ir/shape-math.ts';
import { type Axis, collapseAxes, rightAligned } from './axes.ts';
import {
  lowerConv2d,
  lowerConv2dTranspose,
  lowerDense,
  lowerDepthwise,
  lowerRecurrent,
} from './lower-layers.ts';
import {
  lowerConcat,
  lowerPad,
  lowerReshape,
  lowerSlice,
  lowerTile,
  lowerTranspose,
} from './lower-movement.ts';
import { type Lowering, reads, rowsOf, type Slot, writes } from './lowering.ts';
import { packBitRows } from './pack.ts';
import type { Argument } from './program.ts';
import { MAX_RANK } from './structs.ts';
import { activationSuffix, BINARY_WORDS, REDUCE_WORDS, words } from './summary.ts';

/** Writes the calls of a node, or refuses it. */
export function lowerNode(node: Node, lowering: Lowering): void {
  applyRule(RULES, node, lowering);
}

const RULES: Rules<void, [Lowering]> = {
  conv2d: lowerConv2d,
  depthwiseConv2d: lowerDepthwise,
  conv2dTranspose: lowerConv2dTranspose,
  dense: lowerDense,
  recurrent: lowerRecurrent,

  batchNorm: (node, lowering) => {
    const { activation } = node.attrs;
    lowering.call(node, {
      kernel: 'batch_norm_f32_f32',
      struct: 'bn_rows_shape',
      shape: { ...rowsOf(lowering.shape(node.output)), activation },
      args: [...node.inputs.map((id) => lowering.read(id)), lowering.write(node)],
      summary: `batch norm${activationSuffix(activation)}`,
      mayOverwrite: [0],
    });
  },
  binary: lowerBinary,
  unary: (node, lowering) => {
    const input = node.inputs[0] as ValueId;
    const { unary } = node.attrs;
    if (unary.fn === 'identity') return lowering.view(node.output, input);
    lowering.call(node, {
      kernel: 'unary_f32_f32',
      struct: 'bn_rows_shape',
      shape: { ...rowsOf(lowering.shape(node.output)), activation: unary },
      args: [lowering.read(input), lowering.write(node)],
      summary: words(unary.fn),
      mayOverwrite: [0],
    });
  },
  binarize: (node, lowering) => {
    lowering.call(node, {
      kernel: 'binarize_f32_b1',
      struct: 'bn_rows_shape',
      shape: { ...rowsOf(lowering.shape(node.output)), activation: IDENTITY },
      args: [...node.inputs.map((id) => lowering.read(id)), lowering.write(node)],
      summary: 'sign, float to bits',
    });
  },
  unpack: (node, lowering) => {
    const input = node.inputs[0] as ValueId;
    lowering.unpack(node, lowering.read(input), lowering.slot(node.output));
  },

  softmax: (node, lowering) => {
    const { variant, axis } = node.attrs;
    const shape = lowering.shape(node.output);
    const parts = axisParts(shape, axis, 1);
    const scratch =
      variant === 'sparsemax'
        ? [writes(lowering.temporary(`${node.name} sorted`, 'f32', [parts.axis]))]
        : [];
    lowering.call(node, {
      kernel: `${variant === 'logSoftmax' ? 'log_softmax' : variant}_f32_f32`,
      struct: 'bn_axis_shape',
      shape: parts,
      args: [lowering.read(node.inputs[0] as ValueId), lowering.write(node), ...scratch],
      summary: `${words(variant)} over ${parts.axis}`,
      mayOverwrite: variant === 'sparsemax' ? [] : [0],
    });
  },
  layerNorm: (node, lowering) => {
    const { axis, epsilon, center } = node.attrs;
    const shape = lowering.shape(node.output);
    const parts = axisParts(shape, axis, shape.length - axis);
    lowering.call(node, {
      kernel: 'layer_norm_f32_f32',
      struct: 'bn_axis_shape',
      shape: { ...parts, epsilon, center: Number(center) },
      args: [...node.inputs.map((id) => lowering.read(id)), lowering.write(node)],
      summary: `${center ? 'layer norm' : 'RMS norm'} over ${parts.axis}`,
    });
  },
  reduce: lowerReduce,

  maxPool2d: (node, lowering) => {
    const [x, orMask] = node.inputs as [ValueId, ValueId | undefined];
    if (!lowering.isBits(x)) {
      lowerPool(node, 'max_pool2d_f32_f32', 'max pool', [lowering.read(x)], lowering);
      return;
    }
    const channels = lowering.shape(x)[3] as number;
    const mask = orMask === undefined ? andMask(channels, lowering) : lowering.read(orMask);
    const title = 'max pool of bits';
    lowerPool(node, 'max_pool2d_b1_b1', title, [lowering.read(x), mask], lowering);
  },
  averagePool2d: (node, lowering) => {
    const x = lowering.read(node.inputs[0] as ValueId);
    lowerPool(node, 'average_pool2d_f32_f32', 'average pool', [x], lowering);
  },
  resize2d: (node, lowering) => {
    const input = node.inputs[0] as ValueId;
    const [batch, height, width, channels] = lowering.shape(input) as Image;
    const [outHeight, outWidth] = node.attrs.size;
    lowering.call(node, {
      kernel: `resize2d_${node.attrs.mode}_f32_f32`,
      struct: 'bn_resize2d_shape',
      shape: {
        batch,
        in_height: height,
        in_width: width,
        channels,
        out_height: outHeight,
        out_width: outWidth,
      },
      args: [lowering.read(input), lowering.write(node)],
      summary: `${node.attrs.mode} resize, ${height}x${width} to ${outHeight}x${outWidth}`,
    });
  },
  gather: (node, lowering) => {
    const [table, indices] = node.inputs as [ValueId, ValueId];
    const [vocabulary, ...entry] = lowering.shape(table) as readonly [number, ...number[]];
    lowering.call(node, {
      kernel: 'gather_f32_f32',
      struct: 'bn_gather_shape',
      shape: {
        vocabulary,
        width: elementCount(entry),
        count: elementCount(lowering.shape(indices)),
      },
      args: [lowering.read(table), lowering.read(indices), lowering.write(node)],
      summary: `rows of a table of ${vocabulary}`,
    });
  },

  groupNorm: unfinished,
  argReduce: unfinished,
  resample: unfinished,
  matmul: unfinished,
  convInteger: unfinished,
  integer: unfinished,
  compare: unfinished,
  where: unfinished,
  cast: unfinished,
  pad: lowerPad,
  slice: lowerSlice,
  reshape: lowerReshape,
  transpose: lowerTranspose,
  concat: lowerConcat,
  tile: lowerTile,
};

function unfinished(node: Node, lowering: Lowering): void {
  lowering.refuse(node, 'there is no kernel for it yet.');
}

type Image = readonly [number, number, number, number];

const BINARY_KERNELS: Readonly<Record<BinaryFn, string>> = {
  add: 'add_f32_f32',
  sub: 'sub_f32_f32',
  mul: 'mul_f32_f32',
  div: 'div_f32_f32',
  max: 'max_f32_f32',
  min: 'min_f32_f32',
  prelu: 'prelu_f32_f32',
  pow: 'pow_f32_f32',
  fmod: 'fmod_f32_f32',
};

function lowerBinary(node: NodeOf<'binary'>, lowering: Lowering): void {
  const { fn, activation } = node.attrs;
  const [a, b] = node.inputs as [ValueId, ValueId];
  const shape = lowering.shape(node.output);
  const strides = [a, b].map((id) => broadcastStrides(lowering.shape(id), shape));
  const axes = collapseAxes([
    ...shape.map(
      (size, axis): Axis => ({ size, strides: strides.map((list) => list[axis] as number) }),
    ),
  ]);
  if (axes.length > MAX_RANK) {
    lowering.refuse(node, `it broadcasts over ${axes.length} axes; the kernels have ${MAX_RANK}.`);
    return;
  }
  const count = elementCount(shape);
  const whole = [a, b].flatMap((id, index) =>
    elementCount(lowering.shape(id)) === count ? [index] : [],
  );
  lowering.call(node, {
    kernel: BINARY_KERNELS[fn],
    struct: 'bn_binary_shape',
    shape: {
      size: rightAligned(
        axes.map((axis) => axis.size),
        1,
      ),
      a_stride: operandStrides(axes, 0),
      b_stride: operandStrides(axes, 1),
      activation,
    },
    args: [lowering.read(a), lowering.read(b), lowering.write(node)],
    summary: `${BINARY_WORDS[fn]}${activationSuffix(activation)}`,
    mayOverwrite: whole,
  });
}

/** Strides of an operand along the axes of the result; 0 where it is broadcast. */
function broadcastStrides(shape: Shape, result: Shape): number[] {
  const strides = rowMajorStrides(shape).map((stride, axis) => (shape[axis] === 1 ? 0 : stride));
  return [...new Array<number>(result.length - shape.length).fill(0), ...strides];
}

function operandStrides(axes: readonly Axis[], operand: number): number[] {
  return rightAligned(
    axes.map((axis) => axis.strides[operand] as number),
    0,
  );
}

/** Axes that don't stand side by side are moved to the end first. */
function lowerReduce(node: NodeOf<'reduce'>, lowering: Lowering): void {
  const { fn } = node.attrs;
  const input = node.inputs[0] as ValueId;
  const shape = lowering.shape(input);
  const axes = node.attrs.axes.filter((axis) => shape[axis] !== 1).sort((a, b) => a - b);
  const first = axes[0];
  if (first === undefined) {
    lowering.view(node.output, input);
    return;
  }
  const between = shape.slice(first, (axes.at(-1) as number) + 1);
  const adjacent =
    elementCount(between) === elementCount(axes.map((axis) => shape[axis] as number));
  let from = lowering.read(input);
  let parts = axisParts(shape, first, between.length);
  if (!adjacent) {
    const kept = shape.flatMap((_, axis) => (axes.includes(axis) ? [] : [axis]));
    const moved = moveAxes(node, input, [...kept, ...axes], lowering);
    from = reads(moved);
    parts = axisParts(moved.type.shape, kept.length, axes.length);
  }
  lowering.call(node, {
    kernel: `reduce_${fn}_f32_f32`,
    struct: 'bn_axis_shape',
    shape: parts,
    args: [from, lowering.write(node)],
    summary: `${REDUCE_WORDS[fn]} over ${parts.axis}`,
  });
}

/** A transposed copy of a float tensor, in a temporary. */
function moveAxes(node: Node, input: ValueId, perm: readonly number[], lowering: Lowering): Slot {
  const shape = lowering.shape(input);
  const strides = rowMajorStrides(shape);
  const moved = lowering.temporary(
    `${node.name} transposed`,
    'f32',
    perm.map((axis) => shape[axis] as number),
  );
  const axes = collapseAxes(
    perm.map((axis) => ({ size: shape[axis] as number, strides: [strides[axis] as number] })),
  );
  const size = rightAligned(
    axes.map((axis) => axis.size),
    1,
  );
  lowering.call(node, {
    kernel: 'copy_f32_f32',
    struct: 'bn_copy_shape',
    shape: { size, stride: operandStrides(axes, 0), modulus: size, offset: 0 },
    args: [lowering.read(input), writes(moved)],
    summary: 'axes moved to the end',
  });
  return moved;
}

/** A tensor as [outer][axis][inner], `count` axes from `first` on being the one in the middle. */
function axisParts(shape: Shape, first: number, count: number) {
  return {
    outer: elementCount(shape.slice(0, first)),
    axis: elementCount(shape.slice(first, first + count)),
    inner: elementCount(shape.slice(first + count)),
    epsilon: 0,
    center: 0,
  };
}

function lowerPool(
  node: NodeOf<'maxPool2d'> | NodeOf<'averagePool2d'>,
  kernel: string,
  title: string,
  operands: readonly Argument[],
  lowering: Lowering,
): void {
  const { size, strides, dilations, pads } = node.attrs;
  const [batch, height, width, channels] = lowering.shape(node.inputs[0] as ValueId) as Image;
  const [, outHeight, outWidth] = lowering.shape(node.output) as Image;
  lowering.call(node, {
    kernel,
    struct: 'bn_pool2d_shape',
    shape: {
      batch,
      in_height: height,
      in_width: width,
      channels,
      out_height: outHeight,
      out_width: outWidth,
      kernel_height: size[0],
      kernel_width: size[1],
      stride_y: strides[0],
      stride_x: strides[1],
      dilation_y: dilations[0],
      dilation_x: dilations[1],
      pad_top: pads[0],
      pad_left: pads[1],
    },
    args: [...operands, lowering.write(node)],
    summary: `${size[0]}x${size[1]} ${title}`,
  });
}

/** A mask that makes every channel's pool an AND: the maximum of ±1. */
function andMask(channels: number, lowering: Lowering): Argument {
  return lowering.section(`and mask ${channels}`, 'pool mask', 'bn_word', () =>
    packBitRows(new Uint8Array(channels), channels, lowering.target.wordBits),
  );
}
