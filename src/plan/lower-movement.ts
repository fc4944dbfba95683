/**
 * Ops that only move elements: views where nothing has to move, else copies. Bits are moved as
 * floats (unpacked before and packed after), as rows of other widths don't share words.
 */
import { type DType, elementCount, type Shape } from '../ir/graph.ts';
import type { Node, NodeOf, ValueId } from '../ir/ops.ts';
import { rowMajorStrides } from '../ir/shape-math.ts';
import { type Axis, collapseAxes, rightAligned } from './axes.ts';
import type { Lowering } from './lowering.ts';
import type { Argument } from './program.ts';
import { MAX_RANK } from './structs.ts';
import { sizesText } from './summary.ts';

export function lowerReshape(node: NodeOf<'reshape'>, lowering: Lowering): void {
  const summary = `reshape to ${sizesText(node.attrs.shape)}`;
  copyElements(node, [contiguous(lowering.shape(node.output))], 0, summary, lowering);
}

export function lowerTranspose(node: NodeOf<'transpose'>, lowering: Lowering): void {
  const { perm } = node.attrs;
  const shape = lowering.shape(node.inputs[0] as ValueId);
  const strides = rowMajorStrides(shape);
  const axes = perm.map((axis) => copyAxis(shape[axis] as number, strides[axis] as number));
  copyElements(node, axes, 0, `transpose to ${sizesText(lowering.shape(node.output))}`, lowering);
}

export function lowerSlice(node: NodeOf<'slice'>, lowering: Lowering): void {
  const { begin, size, step } = node.attrs;
  const strides = rowMajorStrides(lowering.shape(node.inputs[0] as ValueId));
  const axes = size.map((count, axis) =>
    copyAxis(count, (step[axis] as number) * (strides[axis] as number)),
  );
  const offset = strides.reduce((sum, stride, axis) => sum + stride * (begin[axis] as number), 0);
  copyElements(node, axes, offset, `slice of ${sizesText(size)}`, lowering);
}

export function lowerTile(node: NodeOf<'tile'>, lowering: Lowering): void {
  const { repeats } = node.attrs;
  const shape = lowering.shape(node.inputs[0] as ValueId);
  const strides = rowMajorStrides(shape);
  const axes = shape.map((size, axis): CopyAxis => {
    const count = size * (repeats[axis] as number);
    if (size === 1) return copyAxis(count, 0);
    return { ...copyAxis(count, strides[axis] as number), modulus: size, alone: count !== size };
  });
  copyElements(node, axes, 0, `repeat to ${sizesText(lowering.shape(node.output))}`, lowering);
}

export function lowerConcat(node: NodeOf<'concat'>, lowering: Lowering): void {
  const { axis } = node.attrs;
  const shape = lowering.shape(node.output);
  const outer = elementCount(shape.slice(0, axis));
  const outCount = elementCount(shape.slice(axis));
  const { target, finish } = lowering.writeFloat(node);
  let outOffset = 0;
  node.inputs.forEach((input, index) => {
    const count = elementCount(lowering.shape(input).slice(axis));
    lowering.call(node, {
      kernel: moving('concat', lowering.type(node.output).dtype),
      struct: 'bn_concat_shape',
      shape: { outer, count, out_count: outCount, out_offset: outOffset },
      args: [lowering.readFloat(input, node), target],
      summary: `concatenation, part ${index + 1} of ${node.inputs.length}`,
    });
    outOffset += count;
  });
  finish();
}

export function lowerPad(node: NodeOf<'pad'>, lowering: Lowering): void {
  const { before, value } = node.attrs;
  const input = node.inputs[0] as ValueId;
  const { dtype } = lowering.type(input);
  const axes = mergePadAxes(lowering.shape(input), lowering.shape(node.output), before);
  if (!fitsRank(axes.length, node, lowering)) return;
  const { target, finish } = lowering.writeFloat(node);
  lowering.call(node, {
    kernel: moving('pad', dtype),
    struct: 'bn_pad_shape',
    shape: {
      in_size: rightAligned(
        axes.map((axis) => axis.from),
        1,
      ),
      out_size: rightAligned(
        axes.map((axis) => axis.to),
        1,
      ),
      before: rightAligned(
        axes.map((axis) => axis.before),
        0,
      ),
      value: dtype === 'i32' ? 0 : value,
      integer: dtype === 'i32' ? value : 0,
    },
    args: [lowering.readFloat(input, node), target],
    summary: `padding to ${sizesText(lowering.shape(node.output))}`,
  });
  finish();
}

/** Copies a whole tensor of a type that can be moved from one place to another. */
export function copyWhole(
  from: Argument,
  to: Argument,
  count: number,
  dtype: DType = 'f32',
): CopyParts {
  return copyCall([contiguous([count])], 0, [from, to], dtype, 'copy to the output');
}

interface CopyAxis extends Axis {
  /** Where an index wraps; the size where it doesn't. */
  readonly modulus?: number;
}

export function copyAxis(size: number, stride: number): CopyAxis {
  return { size, strides: [stride] };
}

function contiguous(shape: Shape): CopyAxis {
  return copyAxis(elementCount(shape), 1);
}

/** y's elements in order are x's elements at `offset` plus a stride per axis. */
function copyElements(
  node: Node,
  axes: readonly CopyAxis[],
  offset: number,
  summary: string,
  lowering: Lowering,
): void {
  const input = node.inputs[0] as ValueId;
  const collapsed = collapseAxes(axes) as CopyAxis[];
  if (isWhole(collapsed, offset, lowering.shape(input))) {
    if (isView(node, input, lowering)) lowering.view(node.output, input);
    else lowering.repack(node, lowering.readFloat(input, node));
    return;
  }
  if (!fitsRank(collapsed.length, node, lowering)) return;
  const { target, finish } = lowering.writeFloat(node);
  const args = [lowering.readFloat(input, node), target];
  lowering.call(node, copyCall(collapsed, offset, args, lowering.type(input).dtype, summary));
  finish();
}

/** A transposed copy; undefined, and refused, where that takes too many axes. */
export function moveCall(
  node: Node,
  axes: readonly CopyAxis[],
  args: readonly [Argument, Argument],
  dtype: DType,
  lowering: Lowering,
): CopyParts | undefined {
  const collapsed = collapseAxes(axes);
  if (!fitsRank(collapsed.length, node, lowering)) return undefined;
  return copyCall(collapsed, 0, args, dtype, 'axes moved to the end');
}

type CopyParts = ReturnType<typeof copyCall>;

function copyCall(
  axes: readonly CopyAxis[],
  offset: number,
  args: readonly Argument[],
  dtype: DType,
  summary: string,
) {
  const sizes = axes.map((axis) => axis.size);
  const strides = axes.map((axis) => axis.strides[0] as number);
  const moduli = axes.map((axis) => axis.modulus ?? axis.size);
  return {
    kernel: moving('copy', dtype),
    struct: 'bn_copy_shape' as const,
    shape: {
      size: rightAligned(sizes, 1),
      stride: rightAligned(strides, 0),
      modulus: rightAligned(moduli, 1),
      offset,
    },
    args,
    summary,
  };
}

/** The kernel for elements of a type; bits move as floats. */
function moving(what: 'copy' | 'concat' | 'pad', dtype: DType): string {
  return dtype === 'i32' ? `${what}_i32_i32` : `${what}_f32_f32`;
}

/** Is it all of x in x's order? */
function isWhole(collapsed: readonly CopyAxis[], offset: number, input: Shape): boolean {
  const [axis, ...others] = collapsed;
  if (others.length > 0 || offset !== 0) return false;
  if (!axis) return elementCount(input) === 1;
  return axis.strides[0] === 1 && axis.size === elementCount(input) && axis.alone !== true;
}

/** Numbers keep their order under any shape; bits only where the rows stay whole. */
function isView(node: Node, input: ValueId, lowering: Lowering): boolean {
  if (!lowering.isBits(input)) return true;
  const { wordBits } = lowering.target;
  const from = lowering.shape(input).at(-1) ?? 1;
  const to = lowering.shape(node.output).at(-1) ?? 1;
  return from === to || (from % wordBits === 0 && to % wordBits === 0);
}

function fitsRank(rank: number, node: Node, lowering: Lowering): boolean {
  if (rank <= MAX_RANK) return true;
  lowering.refuse(node, `it works on ${rank} axes at once; the kernels have at most ${MAX_RANK}.`);
  return false;
}

interface PadAxis {
  readonly from: number;
  readonly to: number;
  readonly before: number;
}

/** Axes with nothing to pad join the axis before them. */
function mergePadAxes(input: Shape, output: Shape, before: readonly number[]): PadAxis[] {
  const merged: PadAxis[] = [];
  input.forEach((from, axis) => {
    const to = output[axis] as number;
    const last = merged.at(-1);
    if (last && from === to) {
      merged[merged.length - 1] = {
        from: last.from * from,
        to: last.to * to,
        before: last.before * to,
      };
    } else if (from !== 1 || to !== 1) {
      merged.push({ from, to, before: before[axis] as number });
    }
  });
  return merged;
}
