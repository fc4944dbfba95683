/** Joining tensors and taking parts of them. */
import type { NodeContext, OperatorRules } from '../context.ts';
import type { Operand } from '../operand.ts';
import { checkSameType, emptyLike } from './shared.ts';

export const PARTS: OperatorRules = {
  Concat: (node) => {
    const parts = node.inputs();
    const [first] = parts;
    if (!first) return node.corrupt('It has no operands.');
    checkSameType(node, parts);
    const axis = node.axis(node.int('axis'), first.shape.length);
    const full = parts.filter(({ shape }) => !shape.includes(0));
    if (full.length > 0) return node.concat(full, axis);
    const joined = parts.reduce((sum, { shape }) => sum + (shape[axis] ?? 0), 0);
    return emptyLike(node, first, first.shape.with(axis, joined));
  },
  Split: split,
  Slice: slice,
};

function split(node: NodeContext): readonly (Operand | undefined)[] {
  const x = node.input(0);
  const axis = node.axis(node.int('axis', 0), x.shape.length);
  const size = x.shape[axis] as number;
  const sizes = splitSizes(node, size);
  const isWhole = sizes.reduce((sum, part) => sum + part, 0) === size;
  if (sizes.length !== node.node.outputs.length || !isWhole || sizes.some((part) => part < 0)) {
    const outputs = `${node.node.outputs.length} outputs`;
    node.corrupt(`It splits ${size} places into [${sizes.slice(0, 8).join(', ')}] for ${outputs}.`);
  }
  let begin = 0;
  return sizes.map((part, index) => {
    const from = begin;
    begin += part;
    if (!node.isUsed(index)) return undefined;
    if (part === size) return x;
    return part === 0 ? emptyLike(node, x, x.shape.with(axis, 0)) : node.cut(x, axis, from, part);
  });
}

/** As given, or even: of parts that don't divide the axis the last one is smaller. */
function splitSizes(node: NodeContext, size: number): readonly number[] {
  const count = node.node.outputs.length;
  const given = node.optional(1) ? node.integers(1, 'split') : node.intList('split');
  if (given) return given;
  const wanted = node.int('num_outputs', count);
  if (wanted !== count) node.corrupt(`Its num_outputs is ${wanted}, where it has ${count}.`);
  const even = Math.ceil(size / count);
  return Array.from({ length: count }, (_, index) =>
    Math.max(0, Math.min(even, size - index * even)),
  );
}

/** Part of one axis, as the slice op has it. */
interface Range {
  readonly begin: number;
  readonly size: number;
  readonly step: number;
}

function slice(node: NodeContext): Operand {
  const x = node.input(0);
  const { starts, ends, axes, steps } = sliceOperands(node, x.shape.length);
  const ranges = x.shape.map((size): Range => ({ begin: 0, size, step: 1 }));
  for (const [index, axis] of axes.entries()) {
    const [start, end, step] = [starts[index], ends[index], steps[index]] as number[];
    ranges[axis] = sliceRange(node, x.shape[axis] ?? 0, start ?? 0, end ?? 0, step ?? 1);
  }
  const size = ranges.map((range) => range.size);
  if (size.includes(0)) return emptyLike(node, x, size);
  const isWhole = ranges.every(
    ({ begin, step }, axis) => begin === 0 && step === 1 && size[axis] === x.shape[axis],
  );
  if (isWhole) return x;
  const attrs = {
    begin: ranges.map((range) => range.begin),
    size,
    step: ranges.map((range) => range.step),
  };
  return node.add('slice', attrs, [x], x.elementType);
}

/** Attributes before opset 10, operands from then on. */
function sliceOperands(node: NodeContext, rank: number) {
  const isOld = node.opset < 10;
  const listOf = (index: number, name: string) => {
    if (isOld) return node.intList(name);
    return node.optional(index) && node.integers(index, name);
  };
  const starts = listOf(1, 'starts') ?? [];
  const ends = listOf(2, 'ends') ?? [];
  const axes = node.axes(listOf(3, 'axes') ?? starts.map((_, axis) => axis), rank);
  const steps = (isOld ? undefined : listOf(4, 'steps')) ?? starts.map(() => 1);
  const lengths = [starts, ends, axes, steps].map((list) => list.length);
  if (new Set(lengths).size > 1) {
    node.corrupt(`Its starts, ends, axes and steps number ${lengths.join(', ')}.`);
  }
  return { starts, ends, axes, steps };
}

/** Python's rule: negative places count from the end, and those outside are moved to the ends. */
function sliceRange(
  node: NodeContext,
  size: number,
  start: number,
  end: number,
  step: number,
): Range {
  if (step === 0) node.corrupt('One of its steps is 0.');
  const [least, most] = step > 0 ? [0, size] : [-1, size - 1];
  const place = (at: number) => Math.min(Math.max(at < 0 ? at + size : at, least), most);
  const begin = place(start);
  const count = Math.max(0, Math.ceil((place(end) - begin) / step));
  return { begin, size: count, step: count === 1 ? 1 : step };
}
