/**
 * Ops that look along axes: normalisations, reductions, interpolation, lookups. Their kernels see a
 * tensor as [outer][axis][inner].
 */
import { elementCount, type Shape } from '../ir/graph.ts';
import type { Node, NodeOf, ValueId } from '../ir/ops.ts';
import { rowMajorStrides } from '../ir/shape-math.ts';
import { copyAxis, moveCall } from './lower-movement.ts';
import { borrows, type Lowering, reads, type Slot, writes } from './lowering.ts';
import { REDUCE_WORDS, words } from './summary.ts';

export function lowerSoftmax(node: NodeOf<'softmax'>, lowering: Lowering): void {
  const { variant, axis } = node.attrs;
  const shape = lowering.shape(node.output);
  const parts = axisParts(shape, axis, 1);
  const scratch =
    variant === 'sparsemax'
      ? [borrows(lowering.temporary(`${node.name} sorted`, 'f32', [parts.axis]))]
      : [];
  lowering.call(node, {
    kernel: `${variant === 'logSoftmax' ? 'log_softmax' : variant}_f32_f32`,
    struct: 'bn_axis_shape',
    shape: { ...parts, epsilon: 0, center: 0 },
    args: [lowering.read(node.inputs[0] as ValueId), lowering.write(node), ...scratch],
    summary: `${words(variant)} over ${parts.axis}`,
    mayOverwrite: variant === 'sparsemax' ? [] : [0],
  });
}

export function lowerLayerNorm(node: NodeOf<'layerNorm'>, lowering: Lowering): void {
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
}

export function lowerGroupNorm(node: NodeOf<'groupNorm'>, lowering: Lowering): void {
  const { groups, epsilon } = node.attrs;
  const shape = lowering.shape(node.output);
  const [batch, channels] = [shape[0] as number, shape.at(-1) as number];
  const pixels = elementCount(shape.slice(1, -1));
  const statistics = lowering.temporary(`${node.name} statistics`, 'f32', [2 * channels]);
  lowering.call(node, {
    kernel: 'group_norm_f32_f32',
    struct: 'bn_group_norm_shape',
    shape: { batch, pixels, channels, groups, epsilon },
    args: [
      ...node.inputs.map((id) => lowering.read(id)),
      lowering.write(node),
      borrows(statistics),
    ],
    summary: `group norm, ${groups} ${groups === 1 ? 'group' : 'groups'} of ${channels / groups}`,
    mayOverwrite: [0],
  });
}

/** Axes that don't stand side by side are moved to the end first. */
export function lowerReduce(node: NodeOf<'reduce'>, lowering: Lowering): void {
  const { fn } = node.attrs;
  const input = node.inputs[0] as ValueId;
  const { dtype, shape } = lowering.type(input);
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
    if (!moved) return;
    from = reads(moved);
    parts = axisParts(moved.type.shape, kept.length, axes.length);
  }
  lowering.call(node, {
    kernel: `reduce_${fn}_${dtype}_${dtype}`,
    struct: 'bn_axis_shape',
    shape: { ...parts, epsilon: 0, center: 0 },
    args: [from, lowering.write(node)],
    summary: `${REDUCE_WORDS[fn]} over ${parts.axis}`,
  });
}

/** A transposed copy of a tensor, in a temporary. */
function moveAxes(
  node: Node,
  input: ValueId,
  perm: readonly number[],
  lowering: Lowering,
): Slot | undefined {
  const { dtype, shape } = lowering.type(input);
  const strides = rowMajorStrides(shape);
  const sizes = perm.map((axis) => shape[axis] as number);
  const axes = perm.map((axis) => copyAxis(shape[axis] as number, strides[axis] as number));
  const moved = lowering.temporary(`${node.name} transposed`, dtype, sizes);
  const args = [lowering.read(input), writes(moved)] as const;
  const parts = moveCall(node, axes, args, dtype, lowering);
  if (!parts) return undefined;
  lowering.call(node, parts);
  return moved;
}

export function lowerArgReduce(node: NodeOf<'argReduce'>, lowering: Lowering): void {
  const { fn, axis, last } = node.attrs;
  const input = node.inputs[0] as ValueId;
  const { dtype, shape } = lowering.type(input);
  const parts = axisParts(shape, axis, 1);
  lowering.call(node, {
    kernel: `${fn === 'argMax' ? 'arg_max' : 'arg_min'}_${dtype}_i32`,
    struct: 'bn_arg_shape',
    shape: { ...parts, last: Number(last) },
    args: [lowering.read(input), lowering.write(node)],
    summary: `place of the ${fn === 'argMax' ? 'maximum' : 'minimum'} of ${parts.axis}`,
  });
}

export function lowerResample(node: NodeOf<'resample'>, lowering: Lowering): void {
  const [x, indices, weights] = node.inputs as [ValueId, ValueId, ValueId];
  const parts = axisParts(lowering.shape(x), node.attrs.axis, 1);
  const [places, taps] = lowering.shape(indices) as readonly [number, number];
  lowering.call(node, {
    kernel: 'resample_f32_f32',
    struct: 'bn_resample_shape',
    shape: { ...parts, places, taps },
    args: [lowering.read(x), lowering.read(indices), lowering.read(weights), lowering.write(node)],
    summary: `interpolation, ${parts.axis} to ${places}`,
  });
}

export function lowerGather(node: NodeOf<'gather'>, lowering: Lowering): void {
  const [table, indices] = node.inputs as [ValueId, ValueId];
  const { dtype, shape } = lowering.type(table);
  const { outer, axis: vocabulary, inner: width } = axisParts(shape, node.attrs.axis, 1);
  lowering.call(node, {
    kernel: `gather_${lowering.type(indices).dtype}_${dtype}`,
    struct: 'bn_gather_shape',
    shape: { outer, vocabulary, width, count: elementCount(lowering.shape(indices)) },
    args: [lowering.read(table), lowering.read(indices), lowering.write(node)],
    summary: `rows of a table of ${vocabulary}`,
  });
}

/** A tensor as [outer][axis][inner], `count` axes from `first` on being the one in the middle. */
function axisParts(shape: Shape, first: number, count: number) {
  return {
    outer: elementCount(shape.slice(0, first)),
    axis: elementCount(shape.slice(first, first + count)),
    inner: elementCount(shape.slice(first + count)),
  };
}
