/**
 * What layers with a window share: reading strides, dilations and paddings, and the way between
 * ONNX's [N, C, spatial…] and the graph's images [N, H, W, C]. Sequences are images of height 1.
 */
import type { Pads, Pair } from '../../../ir/ops.ts';
import { windowExtent } from '../../../ir/shape-math.ts';
import type { NodeContext } from '../context.ts';
import type { Known, Operand } from '../operand.ts';

/** A window along one axis. */
export interface WindowAxis {
  readonly size: number;
  readonly taps: number;
  readonly stride: number;
  readonly dilation: number;
  readonly before: number;
  readonly after: number;
}

/** An axis that a window doesn't see. */
const FLAT: WindowAxis = { size: 1, taps: 1, stride: 1, dilation: 1, before: 0, after: 0 };

const MAX_SIZE = 2 ** 31 - 1;

export type AutoPad = 'NOTSET' | 'VALID' | 'SAME_UPPER' | 'SAME_LOWER';

export function readAutoPad(node: NodeContext): AutoPad {
  const known: readonly AutoPad[] = ['NOTSET', 'VALID', 'SAME_UPPER', 'SAME_LOWER'];
  return node.choice('auto_pad', 'NOTSET', known);
}

/** A list of integers, one per spatial axis; each is `fallback` when it is left out. */
export function readSizes(
  node: NodeContext,
  name: string,
  count: number,
  least: number,
  fallback?: number,
): readonly number[] {
  const values = node.intList(name) ?? fallbackSizes(node, name, count, fallback);
  if (values.length !== count) {
    node.corrupt(`Its ${name} has ${values.length} entries, where ${count} are expected.`);
  }
  for (const value of values) {
    if (!Number.isInteger(value) || value < least || value > MAX_SIZE) {
      node.corrupt(`Its ${name} contains ${value}.`);
    }
  }
  return values;
}

function fallbackSizes(
  node: NodeContext,
  name: string,
  count: number,
  fallback: number | undefined,
): readonly number[] {
  if (fallback === undefined) return node.corrupt(`Its attribute ${name} is missing.`);
  return new Array<number>(count).fill(fallback);
}

/** The window of a node over spatial axes of these sizes, with its paddings worked out. */
export function readWindow(
  node: NodeContext,
  sizes: readonly number[],
  kernel: readonly number[],
): WindowAxis[] {
  const strides = readSizes(node, 'strides', sizes.length, 1, 1);
  const dilations = readSizes(node, 'dilations', sizes.length, 1, 1);
  const pads = readSizes(node, 'pads', 2 * sizes.length, 0, 0);
  const autoPad = readAutoPad(node);
  return sizes.map((size, i) => {
    const [taps, stride] = [kernel[i] as number, strides[i] as number];
    const dilation = dilations[i] as number;
    const given = [pads[i] as number, pads[sizes.length + i] as number] as const;
    const reach = (Math.ceil(size / stride) - 1) * stride + windowExtent(taps, dilation);
    const [before, after] = resolvePads(autoPad, given, Math.max(0, reach - size));
    return { size, taps, stride, dilation, before, after };
  });
}

/** `same` is what SAME adds in total; the odd one goes to the end or, with SAME_LOWER, the start. */
function resolvePads(autoPad: AutoPad, given: Pair, same: number): Pair {
  if (autoPad === 'NOTSET') return given;
  if (autoPad === 'VALID') return [0, 0];
  const less = Math.floor(same / 2);
  return autoPad === 'SAME_UPPER' ? [less, same - less] : [same - less, less];
}

/** One or two axes as the attributes of an op on images. */
export function imageWindow(axes: readonly WindowAxis[]): {
  readonly size: Pair;
  readonly strides: Pair;
  readonly dilations: Pair;
  readonly pads: Pads;
} {
  const [y, x] = imagePair(axes, FLAT);
  return {
    size: [y.taps, x.taps],
    strides: [y.stride, x.stride],
    dilations: [y.dilation, x.dilation],
    pads: [y.before, x.before, y.after, x.after],
  };
}

/** The entries for height and width; a sequence has `flat` as its height's. */
export function imagePair<T>(entries: readonly T[], flat: T): readonly [T, T] {
  const padded = entries.length === 1 ? [flat, ...entries] : entries;
  return padded as unknown as readonly [T, T];
}

/** Sizes of the spatial axes of x [N, C, spatial…]; others than one or two are refused. */
export function spatialSizes(node: NodeContext, x: Operand): readonly number[] {
  const sizes = x.shape.slice(2);
  if (sizes.length === 1 || sizes.length === 2) return sizes;
  const shape = `[${x.shape.join(', ')}]`;
  if (x.shape.length < 3) return node.corrupt(`Its input has the shape ${shape}.`);
  return node.refuse(`It works on ${sizes.length} spatial axes (its input is ${shape}).`);
}

/** [N, C, spatial…] as an image [N, H, W, C]. */
export function toImage(node: NodeContext, x: Operand): Operand {
  const [batch = 1, channels = 1, ...sizes] = x.shape;
  const flat = node.reshape(x, [batch, channels, ...imagePair(sizes, 1)]);
  return node.transpose(flat, [0, 2, 3, 1]);
}

/** An image [N, H, W, C] as [N, C, spatial…] with that many spatial axes. */
export function fromImage(node: NodeContext, y: Operand, spatialRank: number): Operand {
  const moved = node.transpose(y, [0, 3, 1, 2]);
  const [batch = 1, channels = 1, ...sizes] = moved.shape;
  return node.reshape(moved, [batch, channels, ...sizes.slice(2 - spatialRank)]);
}

/** Constant floats of a layer: of that rank, when one is given. */
export function knownFloats(node: NodeContext, index: number, role: string, rank?: number): Known {
  node.floats(index, role);
  const known = node.known(index, role);
  if (rank === undefined || known.shape.length === rank) return known;
  return node.corrupt(
    `Its ${role} has the shape [${known.shape.join(', ')}], where ${rank} axes are expected.`,
  );
}

/** One float per channel; `fallback` for each when the operand is left out. */
export function perChannel(
  node: NodeContext,
  index: number,
  role: string,
  channels: number,
  fallback: number,
): Known {
  if (!node.optional(index)) return node.generated([channels], () => fallback);
  const known = knownFloats(node, index, role, 1);
  if (known.shape[0] === channels) return known;
  return node.corrupt(`Its ${role} has ${known.shape[0]} entries, where ${channels} are expected.`);
}
