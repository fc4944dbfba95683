/**
 * One call of a kernel with what it must give: the unit that case generators make, runners run and
 * tests check. Expected values come from the reference interpreter.
 */
import { makeNode, type TensorData, type TensorType } from '../../../src/ir/graph.ts';
import type { OpAttrs, OpKind, Unary } from '../../../src/ir/ops.ts';
import { evaluateNode } from '../../../src/ir/reference/interpreter.ts';
import { inferType } from '../../../src/ir/shapes.ts';
import type { ShapeField } from '../../../src/plan/program.ts';
import { bitRows, type WordBits } from './pack.ts';

/** What every byte of a kernel's output and of its surroundings is before it runs. */
export const GARBAGE = 0xa5;

/** An operand as the kernel reads it. */
export type Operand = (wordBits: WordBits) => Uint8Array;

export interface KernelCase {
  /** Without its folder: "conv2d_f32_f32_f32". */
  readonly kernel: string;
  readonly shape: Readonly<Record<string, ShapeField>>;
  readonly inputs: readonly Operand[];
  readonly expected: TensorData;
  /** Set where the output is bits: the length of its rows. */
  readonly bitChannels?: number;
  /** Largest error allowed per element; none when absent. */
  readonly tolerance?: (index: number) => number;
  /** The input whose memory is the output's as well. */
  readonly inPlace?: number;
  /** Bytes of scratch memory. */
  readonly scratch?: (wordBits: WordBits) => number;
}

export interface Tensor {
  readonly type: TensorType;
  readonly data: TensorData;
}

export function floatTensor(shape: readonly number[], data: Float32Array): Tensor {
  return { type: { dtype: 'f32', shape }, data };
}

export function integerTensor(shape: readonly number[], data: Int32Array): Tensor {
  return { type: { dtype: 'i32', shape }, data };
}

export function bitTensor(shape: readonly number[], data: Uint8Array): Tensor {
  return { type: { dtype: 'bit', shape }, data };
}

/** What the reference computes for one node. */
export function evaluate<K extends OpKind>(
  op: K,
  attrs: OpAttrs[K],
  inputs: readonly Tensor[],
): Tensor {
  const ids = inputs.map((_, index) => index);
  const node = makeNode(op, attrs, ids, inputs.length, { name: 'case', sourceOp: op });
  const type = inferType(
    node,
    inputs.map((input) => input.type),
  );
  return { type, data: evaluateNode(node, inputs, type) };
}

/** Floats and integers as they are in memory, bits in rows of words. */
export function operand({ type, data }: Tensor): Operand {
  if (type.dtype === 'bit') {
    const channels = type.shape.at(-1) as number;
    return (wordBits) => bitRows(data as Uint8Array, channels, wordBits);
  }
  return raw(data);
}

export function raw(data: TensorData): Operand {
  return () => new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

export function bytesOf(count: number, test: KernelCase, wordBits: WordBits): number {
  if (test.bitChannels === undefined) return test.expected.BYTES_PER_ELEMENT * count;
  const words = Math.ceil(test.bitChannels / wordBits);
  return (count / test.bitChannels) * words * (wordBits / 8);
}

/** What differs from what is expected, in words; undefined when all is right. */
export function findDifference(
  test: KernelCase,
  output: Uint8Array,
  wordBits: WordBits,
): string | undefined {
  const { expected, tolerance } = test;
  if (test.bitChannels !== undefined) {
    const wanted = bitRows(expected as Uint8Array, test.bitChannels, wordBits);
    const at = wanted.findIndex((byte, index) => byte !== output[index]);
    return at < 0 ? undefined : describe(test, `byte ${at}`, output[at], wanted[at]);
  }
  const actual = elementsLike(expected, output);
  for (let i = 0; i < expected.length; i++) {
    const [a, e] = [actual[i] as number, expected[i] as number];
    const allowed = tolerance ? tolerance(i) : 0;
    const same = a === e || (Number.isNaN(a) && Number.isNaN(e)) || Math.abs(a - e) <= allowed;
    if (!same) return describe(test, `element ${i} (± ${allowed})`, a, e);
  }
  return undefined;
}

/** The bytes as elements of another tensor's type. */
function elementsLike(expected: TensorData, bytes: Uint8Array): TensorData {
  const elements = expected.slice();
  new Uint8Array(elements.buffer).set(bytes);
  return elements;
}

function describe(test: KernelCase, what: string, actual: unknown, expected: unknown): string {
  return `${test.kernel}: ${what} is ${actual}, not ${expected}, for ${JSON.stringify(test.shape)}`;
}

/** The parameters of a function in the order of its type, as kernels take them. */
export function parametersOf(unary: Unary): number[] {
  return Object.values(unary).filter((value): value is number => typeof value === 'number');
}
