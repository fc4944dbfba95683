/** Reference pools. Taps outside the image do not take part. */
import type { TensorData } from '../graph.ts';
import type { NodeOf, Pair, PoolWindow } from '../ops.ts';
import { imageAt, type Kernel, present, type Site, typeAt } from './kernel.ts';

/** Taps along one axis that lie inside the image: the first one and how many. */
interface TapRange {
  readonly start: number;
  readonly count: number;
}

/** Visits the taps inside the image: offset of the output pixel, and of each input pixel. */
function prepareWindows(
  attrs: PoolWindow,
  site: Site,
): (begin: () => void, tap: (from: number) => void, end: (to: number) => void) => void {
  const [batch, height, width, channels] = imageAt(site, 0);
  const [, outHeight, outWidth] = site.output.shape as readonly [number, number, number];
  const rows = tapRanges(attrs, 0, height, outHeight);
  const columns = tapRanges(attrs, 1, width, outWidth);
  const [stepY, stepX] = attrs.dilations;
  return (begin, tap, end) => {
    let to = 0;
    for (let image = 0; image < batch; image++) {
      for (const row of rows) {
        for (const column of columns) {
          begin();
          for (let ky = 0; ky < row.count; ky++) {
            const line = (image * height + row.start + ky * stepY) * width;
            for (let kx = 0; kx < column.count; kx++) {
              tap((line + column.start + kx * stepX) * channels);
            }
          }
          end(to);
          to += channels;
        }
      }
    }
  };
}

function tapRanges(attrs: PoolWindow, axis: 0 | 1, image: number, places: number): TapRange[] {
  const { size, strides, pads }: { size: Pair; strides: Pair; pads: readonly number[] } = attrs;
  const dilation = attrs.dilations[axis];
  return Array.from({ length: places }, (_, place) => {
    const origin = place * strides[axis] - (pads[axis] as number);
    const first = Math.max(0, Math.ceil(-origin / dilation));
    const end = Math.min(size[axis], Math.ceil((image - origin) / dilation));
    return { start: origin + first * dilation, count: end - first };
  });
}

/** Of floats, of integers, or of bits, where +1 is 0: an AND, or an OR in the channels that the mask names. */
export function maxPool2d(node: NodeOf<'maxPool2d'>, site: Site): Kernel {
  const channels = imageAt(site, 0)[3];
  const visit = prepareWindows(node.attrs, site);
  const best = new Float64Array(channels);
  if (typeAt(site, 0).dtype === 'bit') {
    return ([x, orMask], output) => {
      const isOr = Array.from({ length: channels }, (_, c) => (orMask ? orMask[c] === 1 : false));
      poolBits(visit, x as TensorData, isOr, output);
    };
  }
  return ([xData], output) => {
    const x = present(xData);
    visit(
      () => best.fill(Number.NEGATIVE_INFINITY),
      (from) => {
        for (let c = 0; c < channels; c++) {
          best[c] = Math.max(best[c] as number, x[from + c] as number);
        }
      },
      (to) => {
        for (let c = 0; c < channels; c++) output[to + c] = best[c] as number;
      },
    );
  };
}

function poolBits(
  visit: ReturnType<typeof prepareWindows>,
  x: TensorData,
  isOr: readonly boolean[],
  output: TensorData,
): void {
  const start = Uint8Array.from(isOr, (or) => (or ? 0 : 1));
  const bits = new Uint8Array(isOr.length);
  visit(
    () => bits.set(start),
    (from) => {
      for (let c = 0; c < bits.length; c++) {
        const bit = x[from + c] as number;
        bits[c] = isOr[c] ? (bits[c] as number) | bit : (bits[c] as number) & bit;
      }
    },
    (to) => {
      for (let c = 0; c < bits.length; c++) output[to + c] = bits[c] as number;
    },
  );
}

export function averagePool2d(node: NodeOf<'averagePool2d'>, site: Site): Kernel {
  const channels = imageAt(site, 0)[3];
  const visit = prepareWindows(node.attrs, site);
  const sums = new Float64Array(channels);
  const mean = site.output.dtype === 'i8' ? integerMean : (sum: number, taps: number) => sum / taps;
  return ([xData], output) => {
    const x = present(xData);
    let taps = 0;
    visit(
      () => {
        sums.fill(0);
        taps = 0;
      },
      (from) => {
        taps++;
        for (let c = 0; c < channels; c++) sums[c] = (sums[c] as number) + (x[from + c] as number);
      },
      (to) => {
        for (let c = 0; c < channels; c++) output[to + c] = mean(sums[c] as number, taps);
      },
    );
  };
}

/** Halves go away from 0. */
function integerMean(sum: number, taps: number): number {
  return Math.sign(sum) * Math.floor((2 * Math.abs(sum) + taps) / (2 * taps));
}
