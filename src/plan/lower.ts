/**
 * Kernel choice: one rule per op that writes the op as kernel calls. What a kernel expects is in
 * kernels/README.md; layers with weights are in lower-layers.ts, moves in lower-movement.ts,
 * what broadcasts in lower-broadcast.ts, what looks along an axis in lower-axes.ts.
 */
import type { DType } from '../ir/graph.ts';
import {
  applyRule,
  IDENTITY,
  type Node,
  type NodeOf,
  type Rules,
  type ValueId,
} from '../ir/ops.ts';
import {
  lowerArgReduce,
  lowerGather,
  lowerGroupNorm,
  lowerLayerNorm,
  lowerReduce,
  lowerResample,
  lowerSoftmax,
} from './lower-axes.ts';
import {
  lowerBinary,
  lowerCompare,
  lowerInteger,
  lowerMatmul,
  lowerWhere,
} from './lower-broadcast.ts';
import {
  isByteLayer,
  lowerByteConv2d,
  lowerByteDense,
  lowerByteDepthwise,
} from './lower-byte-layers.ts';
import {
  lowerConv2d,
  lowerConv2dTranspose,
  lowerConvInteger,
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
import { type Lowering, reads, rowsOf, writes } from './lowering.ts';
import { packBitRows } from './pack.ts';
import type { Argument } from './program.ts';
import { activationSuffix, words } from './summary.ts';

/** Writes the calls of a node, or refuses it. */
export function lowerNode(node: Node, lowering: Lowering): void {
  applyRule(RULES, node, lowering);
}

const RULES: Rules<void, [Lowering]> = {
  conv2d: (node, lowering) =>
    isByteLayer(node, lowering) ? lowerByteConv2d(node, lowering) : lowerConv2d(node, lowering),
  depthwiseConv2d: (node, lowering) =>
    isByteLayer(node, lowering)
      ? lowerByteDepthwise(node, lowering)
      : lowerDepthwise(node, lowering),
  conv2dTranspose: lowerConv2dTranspose,
  dense: (node, lowering) =>
    isByteLayer(node, lowering) ? lowerByteDense(node, lowering) : lowerDense(node, lowering),
  recurrent: lowerRecurrent,
  convInteger: lowerConvInteger,

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
  integer: lowerInteger,
  compare: lowerCompare,
  where: lowerWhere,
  matmul: lowerMatmul,
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

  softmax: lowerSoftmax,
  layerNorm: lowerLayerNorm,
  groupNorm: lowerGroupNorm,
  reduce: lowerReduce,
  argReduce: lowerArgReduce,
  resample: lowerResample,
  gather: lowerGather,

  maxPool2d: (node, lowering) => {
    const [x, orMask] = node.inputs as [ValueId, ValueId | undefined];
    if (!lowering.isBits(x)) {
      const { dtype } = lowering.type(x);
      const kernel = `max_pool2d_${dtype}_${dtype}`;
      lowerPool(node, kernel, 'max pool', [lowering.read(x)], lowering);
      return;
    }
    const channels = lowering.shape(x)[3] as number;
    const mask = orMask === undefined ? andMask(channels, lowering) : lowering.read(orMask);
    const title = 'max pool of bits';
    lowerPool(node, 'max_pool2d_b1_b1', title, [lowering.read(x), mask], lowering);
  },
  averagePool2d: (node, lowering) => {
    const x = node.inputs[0] as ValueId;
    const { dtype } = lowering.type(x);
    const kernel = `average_pool2d_${dtype}_${dtype}`;
    lowerPool(node, kernel, 'average pool', [lowering.read(x)], lowering);
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
  cast: lowerCast,
  pad: lowerPad,
  slice: lowerSlice,
  reshape: lowerReshape,
  transpose: lowerTranspose,
  concat: lowerConcat,
  tile: lowerTile,
};

type Image = readonly [number, number, number, number];

/** Between f32 and a narrower integer lies i32. */
function lowerCast(node: NodeOf<'cast'>, lowering: Lowering): void {
  const input = node.inputs[0] as ValueId;
  const { to } = node.attrs;
  const { dtype: from, shape } = lowering.type(input);
  if (from === to) {
    lowering.view(node.output, input);
  } else if (from === 'f32' && to !== 'i32' && to !== 'bool') {
    const integers = lowering.temporary(`${node.name} as integers`, 'i32', shape);
    castCall(node, ['f32', 'i32'], [lowering.read(input), writes(integers)], lowering);
    castCall(node, ['i32', to], [reads(integers), lowering.write(node)], lowering);
  } else {
    castCall(node, [from, to], [lowering.read(input), lowering.write(node)], lowering);
  }
}

function castCall(
  node: NodeOf<'cast'>,
  [from, to]: readonly [DType, DType],
  args: readonly Argument[],
  lowering: Lowering,
): void {
  // A bool is a byte of 0 or 1.
  const kernel = `cast_${from === 'bool' ? 'u8' : from}_${to}`;
  const shape = { ...rowsOf(lowering.shape(node.output)), activation: IDENTITY };
  lowering.call(node, {
    kernel,
    struct: 'bn_rows_shape',
    shape,
    args,
    summary: `${from} to ${to}`,
  });
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
