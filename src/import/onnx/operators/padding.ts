/** Padding: with a value, or with what the tensor itself holds. */
import type { NodeContext, OperatorRules } from '../context.ts';
import { isKnown, type Operand } from '../operand.ts';
import { asScalar, emptyLike, filled, integerTable } from './shared.ts';

export const PADDING: OperatorRules = { Pad: pad };

const MODES = ['constant', 'reflect', 'edge', 'wrap'] as const;
type Mode = (typeof MODES)[number];

/** Negative pads cut places off, before the others add some. */
function pad(node: NodeContext): Operand {
  const mode = node.choice('mode', 'constant', MODES);
  const { before, after } = padsOf(node, node.input(0).shape.length);
  const x = cropped(node, node.input(0), before, after);
  const grown = {
    before: before.map((count) => Math.max(count, 0)),
    after: after.map((count) => Math.max(count, 0)),
  };
  if ([...grown.before, ...grown.after].every((count) => count === 0)) return x;
  return mode === 'constant' ? padConstant(node, x, grown) : padOwn(node, x, grown, mode);
}

interface Pads {
  readonly before: readonly number[];
  readonly after: readonly number[];
}

/** Attributes before opset 11, operands from then on. */
function padsOf(node: NodeContext, rank: number): Pads {
  const pads = node.opset < 11 ? (node.intList('pads') ?? []) : node.integers(1, 'pads');
  const given = node.optional(3) && node.axes(node.integers(3, 'axes'), rank);
  const axes = given ?? Array.from({ length: rank }, (_, axis) => axis);
  if (pads.length !== 2 * axes.length) {
    node.corrupt(`It has ${pads.length} pads for ${axes.length} axes.`);
  }
  const before = new Array<number>(rank).fill(0);
  const after = new Array<number>(rank).fill(0);
  for (const [index, axis] of axes.entries()) {
    before[axis] = pads[index] as number;
    after[axis] = pads[axes.length + index] as number;
  }
  return { before, after };
}

function cropped(
  node: NodeContext,
  x: Operand,
  before: readonly number[],
  after: readonly number[],
): Operand {
  const begin = before.map((count) => Math.max(-count, 0));
  const size = x.shape.map(
    (full, axis) => full - (begin[axis] as number) - Math.max(-(after[axis] as number), 0),
  );
  if (size.every((count, axis) => count === x.shape[axis])) return x;
  if (size.some((count) => count < 0)) {
    node.corrupt(`Its pads cut more off than [${x.shape.join(', ')}] has.`);
  }
  if (size.includes(0)) return emptyLike(node, x, size);
  return node.add('slice', { begin, size, step: size.map(() => 1) }, [x], x.elementType);
}

/** A value that is computed is chosen where a mask of ones, padded alike, is 0. */
function padConstant(node: NodeContext, x: Operand, { before, after }: Pads): Operand {
  const value = paddedWith(node, x);
  if (x.shape.includes(0)) return padNothing(node, x, { before, after }, value);
  const padded = (of: Operand, by: number) =>
    node.add('pad', { before, after, value: by }, [of], of.elementType);
  if (isKnown(value)) return padded(x, value.data[0] ?? 0);
  const isInside = filled(node, x.shape, { elementType: 'bool', dtype: 'i32' }, 1);
  return node.where(padded(isInside, 0), padded(x, 0), value);
}

/** What pads a tensor without elements is all that there is. */
function padNothing(
  node: NodeContext,
  x: Operand,
  { before, after }: Pads,
  value: Operand,
): Operand {
  const shape = x.shape.map(
    (size, axis) => size + (before[axis] as number) + (after[axis] as number),
  );
  if (isKnown(value)) return filled(node, shape, x, value.data[0] ?? 0);
  return node.refuse('It pads a tensor without elements with a value that is computed.');
}

/** The value, as a scalar. */
function paddedWith(node: NodeContext, x: Operand): Operand {
  if (node.opset < 11) return node.scalar(node.number('value', 0));
  const value = node.optional(2);
  if (!value) return filled(node, [], x, 0);
  if (value.dtype !== x.dtype) {
    node.corrupt(`It pads ${x.elementType} with a value of the type ${value.elementType}.`);
  }
  return asScalar(node, value, 'constant_value');
}

/** Gathers, axis by axis, the places that the mode repeats. */
function padOwn(
  node: NodeContext,
  x: Operand,
  { before, after }: Pads,
  mode: Exclude<Mode, 'constant'>,
): Operand {
  if (x.shape.includes(0)) node.corrupt('It repeats places of a tensor without elements.');
  return x.shape.reduce((grown, size, axis) => {
    const [first, last] = [before[axis] as number, after[axis] as number];
    if (first === 0 && last === 0) return grown;
    const table = integerTable(node, [first + size + last], (index) =>
      SOURCES[mode](index - first, size),
    );
    return node.add('gather', { axis }, [grown, table], x.elementType);
  }, x);
}

/** The place of an axis of that size that a place before, in or behind it repeats. */
const SOURCES: {
  readonly [M in Exclude<Mode, 'constant'>]: (place: number, size: number) => number;
} = {
  edge: (place, size) => Math.min(Math.max(place, 0), size - 1),
  wrap: (place, size) => ((place % size) + size) % size,
  reflect: (place, size) => {
    const period = Math.max(2 * (size - 1), 1);
    const within = ((place % period) + period) % period;
    return Math.min(within, period - within) % size;
  },
};
