/**
 * What the parts of the reference interpreter share. Each op has a rule that prepares a kernel
 * once per node (reads attributes, converts constant weights); the kernel then runs per sample.
 *
 * The numeric contract: sums are accumulated in f64 and rounded to f32 once; elementwise functions
 * are computed in f64 and rounded once; where an op is a chain of steps (bias then activation,
 * batch norm) each step is rounded to f32. i32 is exact modulo 2^32. Comparisons with NaN are false;
 * the larger and the smaller of NaN and anything is NaN, and so is the extreme of an axis that holds
 * one. Bits are a Uint8Array of 0 (+1) and 1 (-1).
 */
import { ARRAYS } from '../elements.ts';
import { type DType, elementCount, type TensorData, type TensorType } from '../graph.ts';

/** Computes one node: reads the operands, fills the output. */
export type Kernel = (inputs: readonly TensorData[], output: TensorData) => void;

/** What is known of a node before it runs. */
export interface Site {
  readonly inputs: readonly TensorType[];
  readonly output: TensorType;
  /** The operand's elements, when they are the same in every run. */
  readonly known: (index: number) => TensorData | undefined;
}

export function allocate({ dtype, shape }: TensorType): TensorData {
  const count = elementCount(shape);
  return dtype === 'bit' ? new Uint8Array(count) : new ARRAYS[dtype](count);
}

/** The elements of an f32 tensor; anything else is a defect of the graph. */
export function floats(data: TensorData | undefined): Float32Array {
  if (data instanceof Float32Array) return data;
  throw new Error('the interpreter met a tensor that is not f32 where f32 is defined');
}

/** The elements of an i32 tensor; anything else is a defect of the graph. */
export function integers(data: TensorData | undefined): Int32Array {
  if (data instanceof Int32Array) return data;
  throw new Error('the interpreter met a tensor that is not i32 where i32 is defined');
}

/** The elements of an operand of any type; a missing one is a defect of the graph. */
export function present(data: TensorData | undefined): TensorData {
  if (data) return data;
  throw new Error('the interpreter met a node without its operand');
}

/**
 * An f32 tensor as it is, bits as the ±1 that they mean, bytes as what they are more than the zero
 * point; into `scratch` where one is given.
 */
export function reals(
  data: TensorData | undefined,
  dtype: DType,
  scratch?: Float32Array,
  zeroPoint = 0,
): Float32Array {
  if (dtype === 'f32') return floats(data);
  if (!['bit', 'i8', 'u8'].includes(dtype) || !data)
    throw new Error(`the interpreter met ${dtype} where reals are meant`);
  const values = scratch ?? new Float32Array(data.length);
  if (dtype === 'bit') {
    for (let i = 0; i < data.length; i++) values[i] = 1 - 2 * (data[i] as number);
  } else {
    for (let i = 0; i < data.length; i++) values[i] = (data[i] as number) - zeroPoint;
  }
  return values;
}

/** Scratch that `reals` needs for an operand. */
export function realScratch(type: TensorType): Float32Array | undefined {
  return type.dtype === 'f32' ? undefined : new Float32Array(elementCount(type.shape));
}

/** The type of an operand; a missing one is a defect of the graph. */
export function typeAt(site: Site, index: number): TensorType {
  const type = site.inputs[index];
  if (!type) throw new Error(`the interpreter met a node without operand ${index}`);
  return type;
}

/** The shape of an operand of rank 4. */
export function imageAt(site: Site, index: number): readonly [number, number, number, number] {
  return typeAt(site, index).shape as readonly [number, number, number, number];
}
