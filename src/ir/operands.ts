/**
 * The operands of one node, as shape inference asks for them: each question checks and, when the
 * answer is no, throws a `BinarynetError` that names the node, what was found and what was expected.
 */
import { fail, type ProblemCode } from '../errors.ts';
import type { DType, Shape, TensorType } from './graph.ts';
import type { Epilogue, Node, Pads, Pair } from './ops.ts';
import { equalShapes, MAX_RANK } from './shape-math.ts';

const EPILOGUE_OPERANDS = {
  linear: 1,
  norm: 3,
  add: 4,
  sign: 1,
  integer: 1,
  requantize: 2,
} as const;

export class Operands {
  private readonly node: Node;
  private readonly types: readonly TensorType[];

  constructor(node: Node, types: readonly TensorType[]) {
    this.node = node;
    this.types = types;
  }

  get count(): number {
    return this.types.length;
  }

  requireCount(expected: number): void {
    if (this.count === expected) return;
    this.refuse('corrupt', `it has ${this.count} operands, where ${expected} are expected`);
  }

  requireEpilogueCount(epilogue: Epilogue): void {
    this.requireCount(2 + EPILOGUE_OPERANDS[epilogue.kind]);
  }

  dtype(index: number): DType {
    return this.at(index).dtype;
  }

  /** The shape of an f32 operand. */
  float(index: number, role: string, rank?: number): Shape {
    return this.shapeOf(index, role, ['f32'], rank);
  }

  /** The shape of a bit operand. */
  bits(index: number, role: string, rank?: number): Shape {
    return this.shapeOf(index, role, ['bit'], rank);
  }

  /** The shape of the input and the weights of a layer that accumulates. */
  layer(inputs: readonly DType[], rank?: number): { readonly x: Shape; readonly w: Shape } {
    const x = this.shapeOf(0, 'x', inputs, rank);
    const weights: readonly DType[] = this.isIntegerLayer ? ['i8', 'bit'] : ['f32', 'bit'];
    return { x, w: this.shapeOf(1, 'w', weights, rank ?? 2) };
  }

  /** Whether a layer sums integers that aren't bits. */
  get isIntegerLayer(): boolean {
    return this.dtype(0) === 'i8' || this.dtype(0) === 'u8';
  }

  /** The shape of an operand of one of several types. */
  oneOf(index: number, role: string, dtypes: readonly DType[], rank?: number): Shape {
    return this.shapeOf(index, role, dtypes, rank);
  }

  /** What ops that only move elements take. */
  movable(index: number, role: string, rank?: number): Shape {
    return this.shapeOf(index, role, ['f32', 'i32', 'bit'], rank);
  }

  floatOrInteger(index: number, role: string): Shape {
    return this.shapeOf(index, role, ['f32', 'i32'], undefined);
  }

  integers(index: number, role: string, rank?: number): Shape {
    return this.shapeOf(index, role, ['i32'], rank);
  }

  /** The shape of an operand of any type. */
  any(index: number, role: string): Shape {
    return this.shapeOf(index, role, [this.dtype(index)]);
  }

  /** Two operands are of one type. */
  requireSameType(a: number, b: number): void {
    if (this.dtype(a) === this.dtype(b)) return;
    this.refuse('unsupported', `it takes ${this.dtype(a)} and ${this.dtype(b)} together`);
  }

  floatOfShape(index: number, role: string, shape: Shape): void {
    this.ofType(index, role, { dtype: 'f32', shape });
  }

  bitsOfShape(index: number, role: string, shape: Shape): void {
    this.ofType(index, role, { dtype: 'bit', shape });
  }

  ofType(index: number, role: string, expected: TensorType): void {
    const shape = this.shapeOf(index, role, [expected.dtype]);
    if (equalShapes(shape, expected.shape)) return;
    const found = `its operand ${role} has the shape [${shape.join(', ')}]`;
    this.refuse('corrupt', `${found}, where [${expected.shape.join(', ')}] is expected`);
  }

  /** Axes in attributes are counted from the front. */
  requireAxis(axis: number, shape: Shape): void {
    if (Number.isInteger(axis) && axis >= 0 && axis < shape.length) return;
    this.refuse('corrupt', `it names axis ${axis} of a tensor of rank ${shape.length}`);
  }

  requireInteger(value: number, role: string, least: number): void {
    if (Number.isSafeInteger(value) && value >= least) return;
    this.refuse('corrupt', `its ${role} is ${value}, where an integer from ${least} is expected`);
  }

  /** One integer per axis. */
  requireEntries(values: readonly number[], role: string, shape: Shape, least: number): void {
    if (values.length !== shape.length) {
      const expected = `where a tensor of rank ${shape.length} needs one per axis`;
      this.refuse('corrupt', `its ${role} has ${values.length} entries, ${expected}`);
    }
    for (const value of values) this.requireInteger(value, role, least);
  }

  /** Strides, dilations and pads are integers in range. */
  requireWindow(window: {
    readonly strides: Pair;
    readonly dilations: Pair;
    readonly pads: Pads;
  }): void {
    for (const stride of window.strides) this.requireInteger(stride, 'stride', 1);
    for (const dilation of window.dilations) this.requireInteger(dilation, 'dilation', 1);
    for (const pad of window.pads) this.requireInteger(pad, 'padding', 0);
  }

  /** A number is one of the integers of a narrow type. */
  requireInRange(value: number, role: string, [least, most]: readonly [number, number]): void {
    if (Number.isInteger(value) && value >= least && value <= most) return;
    const expected = `where an integer from ${least} to ${most} is expected`;
    this.refuse('corrupt', `its ${role} is ${value}, ${expected}`);
  }

  /** Tensors have at least one element, and no more axes than real ones. */
  requireSizes(shape: Shape, role: string): void {
    if (shape.length > MAX_RANK) this.refuse('too-large', `${role} has ${shape.length} axes`);
    if (shape.every((size) => Number.isSafeInteger(size) && size >= 1)) return;
    const isEmpty = shape.every((size) => Number.isSafeInteger(size) && size >= 0);
    if (isEmpty) this.refuse('unsupported', `${role} is empty: its shape is [${shape.join(', ')}]`);
    this.refuse('corrupt', `${role} has the shape [${shape.join(', ')}]`);
  }

  refuse(code: ProblemCode, found: string): never {
    return fail({ code, found, node: { name: this.node.name, op: this.node.sourceOp } });
  }

  private shapeOf(index: number, role: string, dtypes: readonly DType[], rank?: number): Shape {
    const { dtype, shape } = this.at(index);
    if (!dtypes.includes(dtype)) {
      const expected = `where ${dtypes.join(' or ')} is expected`;
      this.refuse('unsupported', `its operand ${role} has the type ${dtype}, ${expected}`);
    }
    if (rank !== undefined && shape.length !== rank) {
      const found = `its operand ${role} has the shape [${shape.join(', ')}]`;
      this.refuse('corrupt', `${found}, where ${rank} axes are expected`);
    }
    this.requireSizes(shape, `its operand ${role}`);
    return shape;
  }

  private at(index: number): TensorType {
    const type = this.types[index];
    if (type) return type;
    return this.refuse('corrupt', `its operand ${index} is missing`);
  }
}
