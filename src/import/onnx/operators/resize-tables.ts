/**
 * What each place of a resized axis is made of: places of the source, and their weights. Coordinates
 * are those of the specification; where it divides by a scale, each step is rounded to f32, as
 * runtimes do it, since the nearest place depends on that.
 */

export type Coordinates =
  | 'half_pixel'
  | 'half_pixel_symmetric'
  | 'pytorch_half_pixel'
  | 'align_corners'
  | 'asymmetric'
  | 'tf_half_pixel_for_nn'
  | 'tf_crop_and_resize';

/** `simple` is what nearest was before it could be chosen: down, or up where the axis shrinks. */
export type NearestMode = 'round_prefer_floor' | 'round_prefer_ceil' | 'floor' | 'ceil' | 'simple';

export interface ResizeMethod {
  readonly mode: 'nearest' | 'linear' | 'cubic';
  readonly coordinates: Coordinates;
  readonly nearest: NearestMode;
  readonly cubicA: number;
  readonly excludeOutside: boolean;
  readonly antialias: boolean;
}

export interface ResizedAxis {
  readonly size: number;
  readonly places: number;
  /** An f32. */
  readonly scale: number;
  /** size · scale, which `places` was rounded from. */
  readonly width: number;
  /** Where the result begins and ends in the source, from 0 to 1; for tf_crop_and_resize. */
  readonly start: number;
  readonly end: number;
}

/** Where place i of the result lies in the source. */
export function sourceCoordinate(i: number, axis: ResizedAxis, coordinates: Coordinates): number {
  const { size, places, scale, width, start, end } = axis;
  const f32 = Math.fround;
  const halfPixel = (): number => f32(f32((i + 0.5) / scale) - 0.5);
  switch (coordinates) {
    case 'half_pixel':
      return halfPixel();
    case 'pytorch_half_pixel':
      return places > 1 ? halfPixel() : 0;
    case 'half_pixel_symmetric':
      return f32((size / 2) * (1 - places / width) + halfPixel());
    case 'asymmetric':
      return f32(i / scale);
    case 'tf_half_pixel_for_nn':
      return f32((i + 0.5) / scale);
    case 'align_corners':
      return places === 1 ? 0 : f32((i * (size - 1)) / (places - 1));
    case 'tf_crop_and_resize': {
      if (places === 1) return f32(0.5 * f32(start + end) * (size - 1));
      const step = f32(f32(f32(i * f32(end - start)) * (size - 1)) / (places - 1));
      return f32(f32(start * (size - 1)) + step);
    }
  }
}

/** How many places of the source one place of the result is made of. */
export function tapCount({ mode, antialias }: ResizeMethod, scale: number): number {
  if (mode === 'nearest') return 1;
  return 2 * Math.ceil(reach(mode) / (antialias ? Math.min(scale, 1) : 1));
}

/** Half the width of the filter. */
function reach(mode: 'linear' | 'cubic'): number {
  return mode === 'linear' ? 1 : 2;
}

/** Writes the taps of the place at coordinate x: `count` indices and weights from `at` on. */
export function writeTaps(
  method: ResizeMethod,
  { size, scale }: ResizedAxis,
  x: number,
  count: number,
  at: number,
  table: { readonly indices: Int32Array; readonly weights: Float32Array },
): void {
  const { mode } = method;
  const inside = (index: number): number => Math.min(Math.max(index, 0), size - 1);
  if (mode === 'nearest') {
    table.indices[at] = inside(nearestPlace(x, method.nearest, scale));
    table.weights[at] = 1;
    return;
  }
  const narrow = method.antialias ? Math.min(scale, 1) : 1;
  const first = Math.floor(x) + 1 - count / 2;
  const weights = Array.from({ length: count }, (_, tap) => {
    const index = first + tap;
    if (method.excludeOutside && index !== inside(index)) return 0;
    const distance = Math.abs(index - x) * narrow;
    return mode === 'linear' ? Math.max(0, 1 - distance) : cubic(distance, method.cubicA);
  });
  const sum = weights.reduce((total, weight) => total + weight, 0) || 1;
  for (const [tap, weight] of weights.entries()) {
    table.indices[at + tap] = inside(first + tap);
    table.weights[at + tap] = weight / sum;
  }
}

function nearestPlace(x: number, mode: NearestMode, scale: number): number {
  switch (mode) {
    case 'round_prefer_floor':
      return Math.ceil(x - 0.5);
    case 'round_prefer_ceil':
      return Math.floor(x + 0.5);
    case 'floor':
      return Math.floor(x);
    case 'ceil':
      return Math.ceil(x);
    case 'simple':
      return scale < 1 ? Math.ceil(x) : Math.floor(x);
  }
}

/** Keys' kernel. */
function cubic(distance: number, a: number): number {
  const [square, cube] = [distance ** 2, distance ** 3];
  if (distance <= 1) return (a + 2) * cube - (a + 3) * square + 1;
  return distance < 2 ? a * cube - 5 * a * square + 8 * a * distance - 4 * a : 0;
}
