/**
 * Pools over any number of spatial axes. Windows are products of intervals, so more than two axes
 * are done a pair at a time: a maximum of maxima, a mean of means, a sum of sums.
 */
import { elementCount } from '../../../ir/graph.ts';
import { LINEAR, type PoolWindow, type ReduceFn } from '../../../ir/ops.ts';
import { windowExtent } from '../../../ir/shape-math.ts';
import type { NodeContext, OperatorRule, OperatorRules } from '../context.ts';
import { NARROW, type Operand } from '../operand.ts';
import {
  fromImage,
  imageWindow,
  readSizes,
  readWindow,
  toImage,
  type WindowAxis,
} from './window.ts';

/** One pool over an image [N, H, W, C]. */
type ImagePool = (image: Operand, window: PoolWindow) => Operand;

function poolWindow(node: NodeContext, x: Operand): WindowAxis[] {
  const sizes = x.shape.slice(2);
  if (sizes.length === 0) node.corrupt(`Its input has the shape [${x.shape.join(', ')}].`);
  const kernel = readSizes(node, 'kernel_shape', sizes.length, 1);
  const axes = readWindow(node, sizes, kernel);
  return node.flag('ceil_mode', false) ? axes.map(roundedUp) : axes;
}

/**
 * The axis with as much padding at its end as a last, partial window needs. A window that would
 * start in the padding at the end is left out.
 */
function roundedUp(axis: WindowAxis): WindowAxis {
  const { size, taps, stride, dilation, before, after } = axis;
  const extent = windowExtent(taps, dilation);
  const last = Math.ceil((size + before + after - extent) / stride);
  const starts = last * stride >= size + before ? last - 1 : last;
  return { ...axis, after: Math.max(0, starts * stride + extent - size - before) };
}

function poolAxes(
  node: NodeContext,
  x: Operand,
  axes: readonly WindowAxis[],
  pool: ImagePool,
): Operand {
  if (axes.length <= 2) {
    return fromImage(node, pool(toImage(node, x), imageWindow(axes)), axes.length);
  }
  let y = x;
  for (let last = axes.length + 1; last >= 2; last -= 2) {
    const first = Math.max(last - 1, 2);
    const pair = imageWindow(axes.slice(first - 2, last - 1));
    const [before, between, behind] = [
      y.shape.slice(0, first),
      y.shape.slice(first, last + 1),
      y.shape.slice(last + 1),
    ];
    const image = [1, ...between].slice(-2);
    const flat = node.reshape(y, [elementCount(before), ...image, elementCount(behind)]);
    const pooled = pool(flat, pair);
    const sizes = pooled.shape.slice(1, 3).slice(-between.length);
    y = node.reshape(pooled, [...before, ...sizes, ...behind]);
  }
  return y;
}

const maxPool: OperatorRule = (node) => {
  const x = node.input(0);
  // All integers of up to 16 bits are floats too.
  if (x.dtype === 'i32' && !NARROW[x.elementType]) node.float(0);
  const y = poolAxes(node, node.convert(x, 'f32'), poolWindow(node, x), (image, window) =>
    node.add('maxPool2d', window, [image]),
  );
  return node.convert(y, x.dtype, x.elementType);
};

const averagePool: OperatorRule = (node) => {
  const x = node.float(0);
  const axes = poolWindow(node, x);
  const average: ImagePool = (image, window) => node.add('averagePool2d', window, [image]);
  if (!node.flag('count_include_pad', false)) return poolAxes(node, x, axes, average);
  // Zeros that count are elements; what rounding up adds behind them is not.
  const given = readWindow(
    node,
    axes.map(({ size }) => size),
    axes.map(({ taps }) => taps),
  );
  const before = [0, 0, ...given.map((axis) => axis.before)];
  const after = [0, 0, ...given.map((axis) => axis.after)];
  const isPadded = [...before, ...after].some((size) => size > 0);
  const padded = isPadded ? node.add('pad', { before, after, value: 0 }, [x]) : x;
  const rest = axes.map((axis, i) => {
    const extra = Math.max(0, axis.after - (given[i]?.after ?? 0));
    return { ...axis, size: padded.shape[i + 2] ?? 1, before: 0, after: extra };
  });
  return poolAxes(node, padded, rest, average);
};

const lpPool: OperatorRule = (node) => {
  const x = node.float(0);
  const p = readPower(node);
  const sums = poolAxes(node, power(node, x, p), poolWindow(node, x), (image, window) => {
    const { size, strides, dilations, pads } = window;
    const ones = node.generated([...size, image.shape[3] ?? 1, 1], () => 1);
    const zeros = node.generated([image.shape[3] ?? 1], () => 0);
    const attrs = { strides, dilations, pads, padValue: 0, epilogue: LINEAR } as const;
    return node.add('depthwiseConv2d', attrs, [image, ones, zeros]);
  });
  return root(node, sums, p);
};

function readPower(node: NodeContext): number {
  const p = node.int('p', 2);
  return p >= 1 ? p : node.corrupt(`Its p is ${p}.`);
}

/** |x|^p */
export function power(node: NodeContext, x: Operand, p: number): Operand {
  if (p === 2) return node.unary('square', x);
  const absolute = node.unary('abs', x);
  return p === 1 ? absolute : node.binary('pow', absolute, node.scalar(p));
}

/** The p-th root of what isn't negative. */
export function root(node: NodeContext, x: Operand, p: number): Operand {
  if (p === 1) return x;
  return p === 2 ? node.unary('sqrt', x) : node.binary('pow', x, node.scalar(1 / p));
}

function reduceSpatial(node: NodeContext, x: Operand, fn: ReduceFn): Operand {
  if (x.shape.length < 3) node.corrupt(`Its input has the shape [${x.shape.join(', ')}].`);
  const axes = x.shape.map((_, axis) => axis).slice(2);
  return node.add('reduce', { fn, axes, keepDims: true }, [x]);
}

export const POOLING: OperatorRules = {
  MaxPool: maxPool,
  AveragePool: averagePool,
  LpPool: lpPool,
  GlobalMaxPool: (node) => reduceSpatial(node, node.float(0), 'max'),
  GlobalAveragePool: (node) => reduceSpatial(node, node.float(0), 'mean'),
  GlobalLpPool: (node) => {
    const p = readPower(node);
    return root(node, reduceSpatial(node, power(node, node.float(0), p), 'sum'), p);
  },
};
