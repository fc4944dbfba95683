/** Reference products of matrices, and integer convolutions: i32 sums wrap at 32 bits. */
import type { Shape } from '../graph.ts';
import type { NodeOf } from '../ops.ts';
import { prepareBroadcast } from './broadcast.ts';
import { floats, imageAt, integers, type Kernel, type Site, typeAt } from './kernel.ts';
import { multiplyRow } from './multiply.ts';

export function matmul(_node: NodeOf<'matmul'>, site: Site): Kernel {
  const [shapeA, shapeB] = [typeAt(site, 0).shape, typeAt(site, 1).shape];
  const [rows, taps] = shapeA.slice(-2) as [number, number];
  const columns = shapeB.at(-1) as number;
  const visitMatrices = prepareMatrices(shapeA, shapeB);
  if (site.output.dtype === 'i32') {
    const sums = new Int32Array(columns);
    return ([aData, bData], output) => {
      const [a, b] = [integers(aData), integers(bData)];
      visitMatrices((matrixA, matrixB, matrix) => {
        for (let row = 0; row < rows; row++) {
          sums.fill(0);
          multiplyIntegers(a, matrixA + row * taps, taps, b, matrixB, columns, sums);
          output.set(sums, matrix + row * columns);
        }
      });
    };
  }
  const sums = new Float64Array(columns);
  return ([aData, bData], output) => {
    const [a, b] = [floats(aData), floats(bData)];
    visitMatrices((matrixA, matrixB, matrix) => {
      const weights = b.subarray(matrixB, matrixB + taps * columns);
      for (let row = 0; row < rows; row++) {
        multiplyRow(a, matrixA + row * taps, taps, weights, columns, sums);
        output.set(sums, matrix + row * columns);
      }
    });
  };
}

/** Visits the pairs of matrices that meet: offsets of the first elements, and of the result's. */
function prepareMatrices(
  a: Shape,
  b: Shape,
): (pair: (matrixA: number, matrixB: number, matrix: number) => void) => void {
  const [rows, taps] = a.slice(-2) as [number, number];
  const columns = b.at(-1) as number;
  const { inner, visit } = prepareBroadcast([a.slice(0, -2), b.slice(0, -2)]);
  const [stepA, stepB] = inner.steps as [number, number];
  return (pair) => {
    let matrix = 0;
    visit(([fromA, fromB]) => {
      for (let i = 0; i < inner.size; i++, matrix += rows * columns) {
        const placeA = (fromA as number) + i * stepA;
        const placeB = (fromB as number) + i * stepB;
        pair(placeA * rows * taps, placeB * taps * columns, matrix);
      }
    });
  };
}

/** Adds a row of taps times the matrix whose rows are `stride` apart: sums.length columns. */
function multiplyIntegers(
  x: Int32Array,
  start: number,
  taps: number,
  weights: Int32Array,
  offset: number,
  stride: number,
  sums: Int32Array,
): void {
  let tap = 0;
  for (; tap + 4 <= taps; tap += 4) {
    const a0 = x[start + tap] as number;
    const a1 = x[start + tap + 1] as number;
    const a2 = x[start + tap + 2] as number;
    const a3 = x[start + tap + 3] as number;
    const row0 = offset + tap * stride;
    const row1 = row0 + stride;
    const row2 = row1 + stride;
    const row3 = row2 + stride;
    for (let o = 0; o < sums.length; o++) {
      const even =
        Math.imul(a0, weights[row0 + o] as number) + Math.imul(a2, weights[row2 + o] as number);
      const odd =
        Math.imul(a1, weights[row1 + o] as number) + Math.imul(a3, weights[row3 + o] as number);
      sums[o] = ((sums[o] as number) + even + odd) | 0;
    }
  }
  for (; tap < taps; tap++) {
    const value = x[start + tap] as number;
    const row = offset + tap * stride;
    for (let o = 0; o < sums.length; o++) {
      sums[o] = (sums[o] as number) + Math.imul(value, weights[row + o] as number);
    }
  }
}

/** A tap of the window is a row of channels, times that tap's matrix of weights. */
export function convInteger(node: NodeOf<'convInteger'>, site: Site): Kernel {
  const [batch, height, width, channels] = imageAt(site, 0);
  const [kernelHeight, kernelWidth, groupChannels, outputs] = imageAt(site, 1);
  const [, outHeight, outWidth] = imageOf(site.output.shape);
  const { strides, dilations, pads, groups } = node.attrs;
  const sums = new Int32Array(outputs / groups);
  return ([xData, weightData], output) => {
    const [x, weights] = [integers(xData), integers(weightData)];
    for (let pixel = 0; pixel < batch * outHeight * outWidth; pixel++) {
      const outX = pixel % outWidth;
      const outY = Math.floor(pixel / outWidth) % outHeight;
      const image = Math.floor(pixel / (outWidth * outHeight));
      for (let group = 0; group < groups; group++) {
        sums.fill(0);
        for (let ky = 0; ky < kernelHeight; ky++) {
          const y = outY * strides[0] + ky * dilations[0] - pads[0];
          if (y < 0 || y >= height) continue;
          for (let kx = 0; kx < kernelWidth; kx++) {
            const column = outX * strides[1] + kx * dilations[1] - pads[1];
            if (column < 0 || column >= width) continue;
            const place = (image * height + y) * width + column;
            const from = place * channels + group * groupChannels;
            const tap = (ky * kernelWidth + kx) * groupChannels * outputs;
            const first = tap + group * sums.length;
            multiplyIntegers(x, from, groupChannels, weights, first, outputs, sums);
          }
        }
        output.set(sums, pixel * outputs + group * sums.length);
      }
    }
  };
}

function imageOf(shape: Shape): readonly [number, number, number, number] {
  return shape as readonly [number, number, number, number];
}
