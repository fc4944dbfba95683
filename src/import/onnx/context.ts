/**
 * What an operator's rule works with: the node's attributes and operands, and the graph that grows.
 * A rule never asks whether its operands are known: what depends on known operands alone is
 * computed on the spot by the reference interpreter, which is how shapes that a model computes
 * become numbers.
 */
import { fail, type ProblemCode } from '../../errors.ts';
import { checkedCount } from '../../formats/bytes.ts';
import type {
  OnnxAttribute,
  OnnxGraph,
  OnnxNode,
  OnnxTensor,
  OnnxType,
} from '../../formats/onnx/model.ts';
import type { GraphBuilder, Origin } from '../../ir/builder.ts';
import { elementCount, makeNode, type Shape } from '../../ir/graph.ts';
import {
  type BinaryFn,
  type CompareFn,
  IDENTITY,
  type IntegerFn,
  type OpAttrs,
  type OpKind,
  type Unary,
  type UnaryPlain,
  type ValueId,
} from '../../ir/ops.ts';
import { evaluateNode } from '../../ir/reference/interpreter.ts';
import { equalShapes, inferType, MAX_RANK, normalizeAxis } from '../../ir/shapes.ts';
import { workOf } from '../../ir/work.ts';
import { isKnown, type Known, NARROW, type Operand, typeTraits } from './operand.ts';

/** Elements of the largest constant that is made of smaller ones, or of none. */
export const MAX_KNOWN = 2 ** 24;

/** The results of a node, in the order of its outputs; those that it doesn't have are left out. */
export type OperatorRule = (node: NodeContext) => Operand | readonly (Operand | undefined)[];

/** Rules by the operator's name. */
export type OperatorRules = Readonly<Record<string, OperatorRule>>;

/** What a rule can't do from its node alone. */
export interface Importer {
  readonly builder: GraphBuilder;
  /** Imports the body of a branch, in which the names around the node are known. */
  readonly importBranch: (graph: OnnxGraph) => readonly Operand[];
  readonly decode: (tensor: OnnxTensor) => Known;
  /** Counts what is computed while importing, in elements; throws `too-large` when it is too much. */
  readonly spend: (elements: number) => void;
  /** Whether anything reads the value of that name. */
  readonly isRead: (name: string) => boolean;
}

export class NodeContext {
  readonly node: OnnxNode;
  readonly origin: Origin;
  /** Version of the operator's domain. */
  readonly opset: number;
  readonly importer: Importer;
  private readonly operands: readonly (Operand | undefined)[];

  constructor(
    node: OnnxNode,
    origin: Origin,
    operands: readonly (Operand | undefined)[],
    opset: number,
    importer: Importer,
  ) {
    this.node = node;
    this.origin = origin;
    this.operands = operands;
    this.opset = opset;
    this.importer = importer;
  }

  // Operands

  get inputCount(): number {
    return this.operands.length;
  }

  /** An operand that has to be there. */
  input(index: number): Operand {
    return this.optional(index) ?? this.corrupt(`Its input ${index} is missing.`);
  }

  /** An operand that may be left out. */
  optional(index: number): Operand | undefined {
    return this.operands[index];
  }

  /** All operands; none may be left out. */
  inputs(): Operand[] {
    return this.operands.map((_, index) => this.input(index));
  }

  /** An operand of floating-point numbers. */
  float(index: number): Operand {
    const operand = this.input(index);
    if (operand.dtype === 'f32') return operand;
    return this.refuse(`It computes with ${operand.elementType}, which is done for floats only.`);
  }

  /** An operand that must be known when the C is written. `role` says what it is. */
  known(index: number, role: string): Known {
    const operand = this.input(index);
    if (isKnown(operand)) return operand;
    return this.refuse(
      `It needs a constant as its ${role}, but "${operand.name}" depends on an input of the model.`,
      'Export the model with constant weights and fixed shapes; onnxsim can fold what is computed.',
    );
  }

  /** The integers of a known operand. */
  integers(index: number, role: string): number[] {
    const { data, dtype } = this.known(index, role);
    if (dtype !== 'i32') this.corrupt(`Its ${role} holds floats, where integers are expected.`);
    return Array.from(data);
  }

  /** The floats of a known operand. */
  floats(index: number, role: string): Float32Array {
    const { data } = this.known(index, role);
    if (data instanceof Float32Array) return data;
    return this.corrupt(`Its ${role} holds integers, where floats are expected.`);
  }

  /** Whether the output of that index is there and read by anything. */
  isUsed(output: number): boolean {
    const name = this.node.outputs[output];
    return name !== undefined && name !== '' && this.importer.isRead(name);
  }

  // Attributes

  has(name: string): boolean {
    return this.node.attributes.has(name);
  }

  int(name: string, fallback?: number): number {
    return this.attribute(name, 'int')?.value ?? fallback ?? this.missing(name);
  }

  /** An attribute of 0 or 1. */
  flag(name: string, fallback: boolean): boolean {
    return this.int(name, Number(fallback)) !== 0;
  }

  number(name: string, fallback?: number): number {
    return this.attribute(name, 'float')?.value ?? fallback ?? this.missing(name);
  }

  text(name: string, fallback?: string): string {
    return this.attribute(name, 'string')?.value ?? fallback ?? this.missing(name);
  }

  /** One of the words that are known; anything else is refused. */
  choice<T extends string>(name: string, fallback: T, known: readonly T[]): T {
    const text = this.text(name, fallback);
    const found = known.find((word) => word === text);
    return found ?? this.refuse(`Its ${name} is "${text.slice(0, 60)}".`);
  }

  intList(name: string): readonly number[] | undefined {
    return this.attribute(name, 'ints')?.values;
  }

  numberList(name: string): readonly number[] | undefined {
    return this.attribute(name, 'floats')?.values;
  }

  textList(name: string): readonly string[] | undefined {
    return this.attribute(name, 'strings')?.values;
  }

  tensor(name: string): OnnxTensor | undefined {
    return this.attribute(name, 'tensor')?.value;
  }

  graph(name: string): OnnxGraph {
    return this.attribute(name, 'graph')?.value ?? this.missing(name);
  }

  /** An axis of a tensor of that rank; negative ones count from the end. */
  axis(axis: number, rank: number): number {
    const normal = normalizeAxis(axis, rank);
    return normal ?? this.corrupt(`It names axis ${axis} of a tensor of rank ${rank}.`);
  }

  axes(axes: readonly number[], rank: number): number[] {
    this.checkRank(axes.length);
    const normal = axes.map((axis) => this.axis(axis, rank));
    if (new Set(normal).size !== axes.length) this.corrupt(`Its axes ${axes.join(', ')} repeat.`);
    return normal;
  }

  /** Axes of an attribute in older opsets, of an operand in newer ones; undefined when left out. */
  axesOf(index: number, rank: number): number[] | undefined {
    const axes = this.operands[index] ? this.integers(index, 'axes') : this.intList('axes');
    return axes && this.axes(axes, rank);
  }

  // Constants

  /** A known tensor; `type` is what the model would call its elements. */
  constant(shape: Shape, data: Float32Array | Int32Array, type?: OnnxType): Known {
    this.checkRank(shape.length);
    const dtype = data instanceof Float32Array ? 'f32' : 'i32';
    const elementType = type ?? (dtype === 'f32' ? 'float' : 'int64');
    return { name: this.origin.name, elementType, dtype, shape, data };
  }

  scalar(value: number): Known {
    return this.constant([], Float32Array.of(value));
  }

  integer(value: number, type: OnnxType = 'int64'): Known {
    return this.constant([], Int32Array.of(value), type);
  }

  /** `count` elements made by a function of their index; bounded, as no file holds them. */
  generated(shape: Shape, element: (index: number) => number): Known {
    const count = checkedCount(shape, MAX_KNOWN, 'A constant that it needs');
    this.importer.spend(count);
    const data = new Float32Array(count);
    for (let i = 0; i < count; i++) data[i] = element(i);
    return this.constant(shape, data);
  }

  // Nodes

  /** Adds a node, or computes it where all operands are known. `type` is that of its elements. */
  add<K extends OpKind>(
    op: K,
    attrs: OpAttrs[K],
    inputs: readonly Operand[],
    type?: OnnxType,
  ): Operand {
    if (inputs.every(isKnown)) return this.evaluate(op, attrs, inputs, type);
    const { builder } = this.importer;
    const ids = inputs.map((operand) => this.idOf(operand));
    const id = builder.add(op, attrs, ids, this.origin);
    const { dtype, shape } = builder.type(id);
    const held = dtype === 'f32' ? dtype : 'i32';
    return {
      name: this.origin.name,
      elementType: typeOf(held, inputs, type),
      dtype: held,
      shape,
      id,
    };
  }

  unary(unary: Unary | UnaryPlain, x: Operand): Operand {
    const full = typeof unary === 'string' ? { fn: unary } : unary;
    return full.fn === 'identity' ? x : this.add('unary', { unary: full }, [x]);
  }

  binary(fn: BinaryFn, a: Operand, b: Operand): Operand {
    return this.add('binary', { fn, activation: IDENTITY }, [a, b]);
  }

  /** Arithmetic on integers; results of narrow types wrap as those types do. */
  integerOp(fn: IntegerFn, a: Operand, b: Operand, type: OnnxType = a.elementType): Operand {
    return this.wrap(this.add('integer', { fn }, [a, b], type));
  }

  compare(fn: CompareFn, a: Operand, b: Operand): Operand {
    return this.add('compare', { fn }, [a, b], 'bool');
  }

  not(x: Operand): Operand {
    return this.add('integer', { fn: 'xor' }, [x, this.integer(1, 'bool')], 'bool');
  }

  where(condition: Operand, a: Operand, b: Operand): Operand {
    return this.add('where', {}, [condition, a, b], a.elementType);
  }

  reshape(x: Operand, shape: Shape): Operand {
    if (equalShapes(x.shape, shape)) return x;
    this.checkRank(shape.length);
    // Tensors without elements are only ever known, and have nothing to compute.
    if (isKnown(x) && elementCount(shape) === x.data.length) return { ...x, shape };
    return this.add('reshape', { shape }, [x], x.elementType);
  }

  transpose(x: Operand, perm: readonly number[]): Operand {
    if (perm.every((axis, i) => axis === i)) return x;
    return this.add('transpose', { perm }, [x], x.elementType);
  }

  /** x[begin : begin + size] along one axis. */
  cut(x: Operand, axis: number, begin: number, size: number): Operand {
    const zeros = x.shape.map(() => 0);
    const attrs = {
      begin: zeros.with(axis, begin),
      size: x.shape.with(axis, size),
      step: x.shape.map(() => 1),
    };
    return this.add('slice', attrs, [x], x.elementType);
  }

  concat(parts: readonly Operand[], axis: number): Operand {
    const [first] = parts;
    if (first && parts.length === 1) return first;
    return this.add('concat', { axis }, parts, first?.elementType);
  }

  /** Between the two ways in which numbers are held. */
  convert(x: Operand, dtype: 'f32' | 'i32', type?: OnnxType): Operand {
    if (x.dtype === dtype) return type === undefined ? x : { ...x, elementType: type };
    return this.add('cast', { to: dtype }, [x], type);
  }

  /** Brings an i32 back into the range of the narrow type that it stands for. */
  wrap(x: Operand): Operand {
    const narrow = NARROW[x.elementType];
    if (!narrow) return x;
    const type = x.elementType;
    if (!narrow.signed) {
      const mask = this.integer(2 ** narrow.bits - 1, type);
      return this.add('integer', { fn: 'and' }, [x, mask], type);
    }
    const shift = this.integer(32 - narrow.bits, type);
    const up = this.add('integer', { fn: 'shl' }, [x, shift], type);
    return this.add('integer', { fn: 'shr' }, [up, shift], type);
  }

  // Problems

  refuse(found: string, fix?: string): never {
    return this.problem('unsupported', found, fix);
  }

  corrupt(found: string): never {
    return this.problem('corrupt', found);
  }

  problem(code: ProblemCode, found: string, fix?: string): never {
    const node = { name: this.origin.name, op: this.origin.sourceOp };
    return fail(fix === undefined ? { code, found, node } : { code, found, fix, node });
  }

  /** The graph's value of an operand; known ones become constants, once each. */
  idOf(operand: Operand): ValueId {
    return graphValue(this.importer.builder, operand);
  }

  private attribute<K extends OnnxAttribute['kind']>(name: string, kind: K) {
    const attribute = this.node.attributes.get(name);
    if (!attribute) return undefined;
    if (attribute.kind === kind) return attribute as Extract<OnnxAttribute, { kind: K }>;
    return this.corrupt(`Its attribute ${name} is a ${attribute.kind}, not a ${kind}.`);
  }

  private checkRank(rank: number): void {
    if (rank > MAX_RANK) this.problem('too-large', `It makes ${rank} axes, more than ${MAX_RANK}.`);
  }

  private missing(name: string): never {
    return this.corrupt(`Its attribute ${name} is missing.`);
  }

  private evaluate<K extends OpKind>(
    op: K,
    attrs: OpAttrs[K],
    inputs: readonly Known[],
    type: OnnxType | undefined,
  ): Known {
    const types = inputs.map(({ dtype, shape }) => ({ dtype, shape }));
    const node = makeNode(
      op,
      attrs,
      inputs.map((_, index) => index),
      inputs.length,
      this.origin,
    );
    const output = inferType(node, types);
    const count = elementCount(output.shape);
    const read = inputs.reduce((sum, { data }) => sum + data.length, 0);
    const work = workOf(node, types, output);
    // What only makes the weights larger is left to the network.
    if (count > Math.max(MAX_KNOWN, read)) {
      const found = `It gives a constant of ${count} elements, from constants of ${read}.`;
      this.problem('too-large', found, 'Compute it outside of the model.');
    }
    this.importer.spend(work);
    const operands = inputs.map(({ data }, index) => {
      const operandType = types[index];
      if (!operandType) throw new Error('an operand has no type');
      return { type: operandType, data };
    });
    const data = evaluateNode(node, operands, output);
    const held = data instanceof Float32Array ? data : Int32Array.from(data);
    const dtype = held instanceof Float32Array ? 'f32' : 'i32';
    return {
      name: this.origin.name,
      elementType: typeOf(dtype, inputs, type),
      dtype,
      shape: output.shape,
      data: held,
    };
  }
}

/** What the elements are called: as told, as those of the first operand, or the usual type. */
function typeOf(
  dtype: 'f32' | 'i32',
  inputs: readonly Operand[],
  told: OnnxType | undefined,
): OnnxType {
  const type = told ?? inputs[0]?.elementType;
  if (type && typeTraits(type)?.dtype === dtype) return type;
  return dtype === 'f32' ? 'float' : 'int64';
}

const constants = new WeakMap<GraphBuilder, WeakMap<object, ValueId>>();

/** The value of an operand in the graph that `builder` grows. */
export function graphValue(builder: GraphBuilder, operand: Operand): ValueId {
  if (operand.id !== undefined) return operand.id;
  if (!isKnown(operand)) throw new Error(`the operand "${operand.name}" is nowhere`);
  const made = constants.get(builder) ?? new WeakMap<object, ValueId>();
  constants.set(builder, made);
  const { name, dtype, shape, data } = operand;
  const known = made.get(operand);
  if (known !== undefined) return known;
  const id = builder.constant(name, { dtype, shape }, data);
  made.set(operand, id);
  return id;
}
