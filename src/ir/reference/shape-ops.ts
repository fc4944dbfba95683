/** Reference ops that only move elements: they work on every dtype. */
import { elementCount, type Shape } from '../graph.ts';
import type { NodeOf } from '../ops.ts';
import { rowMajorStrides } from '../shapes.ts';
import { type Kernel, present, type Site, typeAt } from './kernel.ts';

export function reshape(): Kernel {
  return ([x], output) => output.set(present(x));
}

export function transpose(node: NodeOf<'transpose'>, site: Site): Kernel {
  const strides = rowMajorStrides(typeAt(site, 0).shape);
  const steps = node.attrs.perm.map((axis) => strides[axis] as number);
  return copyFrom(site.output.shape, steps, 0);
}

export function slice(node: NodeOf<'slice'>, site: Site): Kernel {
  const { begin, step } = node.attrs;
  const strides = rowMajorStrides(typeAt(site, 0).shape);
  const steps = strides.map((stride, axis) => stride * (step[axis] as number));
  const offset = strides.reduce((sum, stride, axis) => sum + stride * (begin[axis] as number), 0);
  return copyFrom(site.output.shape, steps, offset);
}

/** An operand of size S repeated r times is one of shape [r, S] whose first axis stands still. */
export function tile(node: NodeOf<'tile'>, site: Site): Kernel {
  const { shape } = typeAt(site, 0);
  const sizes = shape.flatMap((size, axis) => [node.attrs.repeats[axis] as number, size]);
  const steps = rowMajorStrides(shape).flatMap((stride) => [0, stride]);
  return copyFrom(sizes, steps, 0);
}

export function pad(node: NodeOf<'pad'>, site: Site): Kernel {
  const { before, value } = node.attrs;
  const { dtype, shape } = typeAt(site, 0);
  const strides = rowMajorStrides(site.output.shape);
  const offset = strides.reduce((sum, stride, axis) => sum + stride * (before[axis] as number), 0);
  const places = offsets(shape, strides, offset);
  const filling = dtype === 'bit' ? (value < 0 ? 1 : 0) : value;
  return ([xData], output) => {
    const x = present(xData);
    output.fill(filling);
    for (let i = 0; i < x.length; i++) output[places[i] as number] = x[i] as number;
  };
}

export function concat(node: NodeOf<'concat'>, site: Site): Kernel {
  const { axis } = node.attrs;
  const sizes = site.inputs.map(({ shape }) => elementCount(shape.slice(axis)));
  const rowSize = elementCount(site.output.shape.slice(axis));
  return (inputs, output) => {
    let offset = 0;
    for (const [index, input] of inputs.entries()) {
      const size = sizes[index] as number;
      for (let from = 0, to = offset; from < input.length; from += size, to += rowSize) {
        output.set(input.subarray(from, from + size), to);
      }
      offset += size;
    }
  };
}

/** Fractions of an index are cut off, it is clamped to the axis, and NaN is the first place. */
export function gather(node: NodeOf<'gather'>, site: Site): Kernel {
  const { shape } = typeAt(site, 0);
  const { axis } = node.attrs;
  const places = shape[axis] as number;
  const outer = elementCount(shape.slice(0, axis));
  const width = elementCount(shape.slice(axis + 1));
  return ([tableData, indices], output) => {
    const table = present(tableData);
    const rows = Int32Array.from(present(indices), (index) =>
      Math.min(Math.max(Math.trunc(index) || 0, 0), places - 1),
    );
    let to = 0;
    for (let o = 0; o < outer; o++) {
      for (const row of rows) {
        const from = (o * places + row) * width;
        output.set(table.subarray(from, from + width), to);
        to += width;
      }
    }
  };
}

/** Fills the output with x[offset + Σ index·step], in row-major order of `sizes`. */
function copyFrom(sizes: Shape, steps: readonly number[], offset: number): Kernel {
  const places = offsets(sizes, steps, offset);
  return ([xData], output) => {
    const x = present(xData);
    for (let i = 0; i < output.length; i++) output[i] = x[places[i] as number] as number;
  };
}

/** The offsets that the steps lead to, in row-major order of `sizes`. */
function offsets(sizes: Shape, steps: readonly number[], offset: number): Int32Array {
  const places = new Int32Array(elementCount(sizes));
  const index = new Array<number>(sizes.length).fill(0);
  let place = offset;
  for (let i = 0; i < places.length; i++) {
    places[i] = place;
    for (let axis = sizes.length - 1; axis >= 0; axis--) {
      index[axis] = (index[axis] as number) + 1;
      place += steps[axis] as number;
      if (index[axis] !== sizes[axis]) break;
      place -= (steps[axis] as number) * (sizes[axis] as number);
      index[axis] = 0;
    }
  }
  return places;
}
