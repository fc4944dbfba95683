/** Resize and Upsample: an axis at a time, by tables of what each place is made of. */
import type { NodeContext, OperatorRule, OperatorRules } from '../context.ts';
import type { Operand } from '../operand.ts';
import {
  type Coordinates,
  type NearestMode,
  type ResizedAxis,
  type ResizeMethod,
  sourceCoordinate,
  tapCount,
  writeTaps,
} from './resize-tables.ts';

const COORDINATES: readonly Coordinates[] = [
  'half_pixel',
  'half_pixel_symmetric',
  'pytorch_half_pixel',
  'align_corners',
  'asymmetric',
  'tf_half_pixel_for_nn',
  'tf_crop_and_resize',
];

const NEAREST: readonly NearestMode[] = [
  'round_prefer_floor',
  'round_prefer_ceil',
  'floor',
  'ceil',
];

function readMethod(node: NodeContext): ResizeMethod {
  const mode = node.choice('mode', 'nearest', ['nearest', 'linear', 'cubic', 'bilinear']);
  const isOld = node.opset < 11 || node.node.opType === 'Upsample';
  return {
    mode: mode === 'bilinear' ? 'linear' : mode,
    coordinates: isOld
      ? 'asymmetric'
      : node.choice('coordinate_transformation_mode', 'half_pixel', COORDINATES),
    nearest: isOld ? 'simple' : node.choice('nearest_mode', 'round_prefer_floor', NEAREST),
    cubicA: node.number('cubic_coeff_a', -0.75),
    excludeOutside: node.flag('exclude_outside', false),
    antialias: node.flag('antialias', false),
  };
}

const MAX_SIZE = 2 ** 31 - 1;

/** The axes that are resized, by their number in x. */
type ResizedAxes = ReadonlyMap<number, ResizedAxis>;

function checkedPlaces(node: NodeContext, places: number, scale: number): number {
  if (Number.isInteger(places) && places >= 1 && places <= MAX_SIZE && scale > 0) return places;
  return node.corrupt(`It resizes an axis by ${scale} to ${places} places.`);
}

function byScales(
  node: NodeContext,
  x: Operand,
  axes: readonly number[],
  scales: ArrayLike<number>,
): ResizedAxes {
  if (scales.length !== axes.length) {
    node.corrupt(`It has ${scales.length} scales for ${axes.length} axes.`);
  }
  return new Map(
    axes.map((axis, i) => {
      const size = x.shape[axis] ?? 1;
      const scale = Math.fround(scales[i] ?? 1);
      const width = Math.fround(size * scale);
      const places = checkedPlaces(node, Math.floor(width), scale);
      return [axis, { size, places, scale, width, start: 0, end: 1 }];
    }),
  );
}

function bySizes(
  node: NodeContext,
  x: Operand,
  axes: readonly number[],
  sizes: readonly number[],
): ResizedAxes {
  if (sizes.length !== axes.length) {
    node.corrupt(`It has ${sizes.length} sizes for ${axes.length} axes.`);
  }
  const policies = ['stretch', 'not_larger', 'not_smaller'] as const;
  const policy = node.choice('keep_aspect_ratio_policy', 'stretch', policies);
  const ratios = axes.map((axis, i) => (sizes[i] ?? 1) / (x.shape[axis] ?? 1));
  const common = policy === 'not_larger' ? Math.min(...ratios) : Math.max(...ratios);
  return new Map(
    axes.map((axis, i) => {
      const size = x.shape[axis] ?? 1;
      const scale = policy === 'stretch' ? (ratios[i] ?? 1) : common;
      const width = policy === 'stretch' ? (sizes[i] ?? 1) : common * size;
      const places = checkedPlaces(node, Math.floor(width + 0.5), scale);
      return [axis, { size, places, scale: Math.fround(scale), width, start: 0, end: 1 }];
    }),
  );
}

/** The parts of the axes that are read: starts, then ends. */
function withRegion(node: NodeContext, axes: ResizedAxes): ResizedAxes {
  const region = node.floats(1, 'region (roi)');
  if (region.length !== 2 * axes.size) {
    node.corrupt(`Its region has ${region.length} numbers for ${axes.size} axes.`);
  }
  if (!region.every(Number.isFinite)) node.corrupt('Its region is not finite.');
  return new Map(
    [...axes].map(([axis, resized], i) => {
      const [start = 0, end = 1] = [region[i], region[axes.size + i]];
      return [axis, { ...resized, start, end }];
    }),
  );
}

function staysAsItIs({ size, places, scale, start, end }: ResizedAxis): boolean {
  return size === places && scale === 1 && start === 0 && end === 1;
}

/** Elements of a constant that could be computed while a tap is found. */
const TAP_WORK = 16;

function resizeAxis(
  node: NodeContext,
  x: Operand,
  axis: number,
  resized: ResizedAxis,
  method: ResizeMethod,
): Operand {
  const { places, scale } = resized;
  const count = tapCount(method, scale);
  node.importer.spend(TAP_WORK * places * count);
  const weights = node.generated([places, count], () => 0);
  const table = { indices: new Int32Array(places * count), weights: new Float32Array(0) };
  const filled = { ...table, weights: weights.data as Float32Array };
  for (let i = 0; i < places; i++) {
    const from = sourceCoordinate(i, resized, method.coordinates);
    writeTaps(method, resized, from, count, i * count, filled);
  }
  if (x.dtype === 'i32') {
    const indices = node.constant([places], filled.indices);
    return node.add('gather', { axis }, [x, indices], x.elementType);
  }
  const indices = node.constant([places, count], filled.indices);
  return node.add('resample', { axis }, [x, indices, weights]);
}

/** Puts a value where the region leaves the source. */
function extrapolate(node: NodeContext, y: Operand, axes: ResizedAxes): Operand {
  const value = node.scalar(node.number('extrapolation_value', 0));
  return [...axes].reduce((result, [axis, resized]) => {
    const { size, places } = resized;
    const outside = Int32Array.from({ length: places }, (_, i) => {
      const x = sourceCoordinate(i, resized, 'tf_crop_and_resize');
      return x < 0 || x > size - 1 ? 1 : 0;
    });
    if (!outside.includes(1)) return result;
    const shape = result.shape.map((_, i) => (i === axis ? places : 1));
    return node.where(node.constant(shape, outside, 'bool'), value, result);
  }, y);
}

function resizeAll(node: NodeContext, x: Operand, axes: ResizedAxes): Operand {
  const method = readMethod(node);
  if (method.mode !== 'nearest' || method.coordinates === 'tf_crop_and_resize') node.float(0);
  if (method.mode === 'nearest' && method.antialias) {
    node.corrupt('It is antialiased, but its mode is nearest.');
  }
  const isCrop = method.coordinates === 'tf_crop_and_resize';
  const regions = isCrop ? withRegion(node, axes) : axes;
  // Axes that shrink go first, which leaves less to do for the others.
  const changed = [...regions].filter(([, resized]) => !staysAsItIs(resized));
  const order = changed.sort(([, a], [, b]) => a.places / a.size - b.places / b.size);
  const y = order.reduce(
    (result, [axis, resized]) => resizeAxis(node, result, axis, resized, method),
    x,
  );
  return isCrop ? extrapolate(node, y, new Map(order)) : y;
}

const resize: OperatorRule = (node) => {
  const x = node.input(0);
  const rank = x.shape.length;
  const all = x.shape.map((_, axis) => axis);
  const axes = node.has('axes') ? node.axes(node.intList('axes') ?? [], rank) : all;
  const scaleIndex = node.opset < 11 ? 1 : 2;
  const isGiven = (index: number): boolean => {
    const operand = node.optional(index);
    return operand !== undefined && !operand.shape.includes(0);
  };
  if (isGiven(scaleIndex)) {
    return resizeAll(node, x, byScales(node, x, axes, node.floats(scaleIndex, 'list of scales')));
  }
  if (!isGiven(3)) node.corrupt('It has neither scales nor sizes.');
  return resizeAll(node, x, bySizes(node, x, axes, node.integers(3, 'list of sizes')));
};

const upsample: OperatorRule = (node) => {
  const x = node.input(0);
  const axes = x.shape.map((_, axis) => axis);
  const scales = node.opset < 9 ? node.numberList('scales') : node.floats(1, 'list of scales');
  return resizeAll(node, x, byScales(node, x, axes, scales ?? []));
};

export const RESIZE: OperatorRules = { Resize: resize, Upsample: upsample };
