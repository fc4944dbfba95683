/**
 * Reference resizing. `resize2d` has half-pixel centres: pixel i of n covers [i/n, (i+1)/n) of the
 * image. `resample` is told what to read.
 */
import { elementCount } from '../graph.ts';
import type { NodeOf } from '../ops.ts';
import { floats, imageAt, integers, type Kernel, type Site, typeAt } from './kernel.ts';

/** What an output position reads along one axis: two neighbours, and the weight of the second. */
interface Tap {
  readonly low: number;
  readonly high: number;
  readonly weight: number;
}

export function resize2d(node: NodeOf<'resize2d'>, site: Site): Kernel {
  const { mode, size } = node.attrs;
  const [batch, height, width, channels] = imageAt(site, 0);
  const tap = mode === 'nearest' ? nearestTap : bilinearTap;
  const rows = Array.from({ length: size[0] }, (_, i) => tap(i, height, size[0]));
  const columns = Array.from({ length: size[1] }, (_, i) => tap(i, width, size[1]));
  return ([xData], output) => {
    const x = floats(xData);
    let to = 0;
    for (let image = 0; image < batch; image++) {
      for (const row of rows) {
        const upper = (image * height + row.low) * width;
        const lower = (image * height + row.high) * width;
        for (const column of columns) {
          for (let c = 0; c < channels; c++) {
            const at = (line: number, place: number): number =>
              x[(line + place) * channels + c] as number;
            const top = mix(at(upper, column.low), at(upper, column.high), column.weight);
            const bottom = mix(at(lower, column.low), at(lower, column.high), column.weight);
            output[to++] = mix(top, bottom, row.weight);
          }
        }
      }
    }
  };
}

/** floor((i + 1/2) · size / places), in integers. */
function nearestTap(i: number, size: number, places: number): Tap {
  const low = Math.floor(((2 * i + 1) * size) / (2 * places));
  return { low, high: low, weight: 0 };
}

function bilinearTap(i: number, size: number, places: number): Tap {
  const centre = ((i + 0.5) * size) / places - 0.5;
  const low = Math.floor(centre);
  return {
    low: Math.max(low, 0),
    high: Math.min(Math.max(low + 1, 0), size - 1),
    weight: centre - low,
  };
}

function mix(a: number, b: number, weight: number): number {
  return weight === 0 ? a : a + (b - a) * weight;
}

export function resample(node: NodeOf<'resample'>, site: Site): Kernel {
  const { shape } = typeAt(site, 0);
  const { axis } = node.attrs;
  const [places, taps] = typeAt(site, 1).shape as readonly [number, number];
  const outer = elementCount(shape.slice(0, axis));
  const inner = elementCount(shape.slice(axis + 1));
  const step = (shape[axis] as number) * inner;
  return ([xData, indexData, weightData], output) => {
    const [x, weights] = [floats(xData), floats(weightData)];
    const offsets = integers(indexData).map((index) => index * inner);
    let to = 0;
    for (let start = 0; start < outer * step; start += step) {
      for (let first = 0; first < places * taps; first += taps) {
        for (let from = start; from < start + inner; from++) {
          let sum = 0;
          for (let tap = first; tap < first + taps; tap++) {
            sum += (weights[tap] as number) * (x[from + (offsets[tap] as number)] as number);
          }
          output[to++] = sum;
        }
      }
    }
  };
}
