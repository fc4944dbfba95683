/** What the rules of several families need. */
import { checkedCount } from '../../../formats/bytes.ts';
import type { OnnxType } from '../../../formats/onnx/model.ts';
import { elementCount, type Shape } from '../../../ir/graph.ts';
import { MAX_KNOWN, type NodeContext } from '../context.ts';
import { isKnown, type Known, NARROW, type Operand } from '../operand.ts';

/** Two operands of one type. */
export function samePair(node: NodeContext, first = 0): readonly [Operand, Operand] {
  const [a, b] = [node.input(first), node.input(first + 1)];
  checkSameType(node, [a, b]);
  return [a, b];
}

export function checkSameType(node: NodeContext, operands: readonly Operand[]): void {
  const types = [...new Set(operands.map(({ elementType }) => elementType))];
  const isMixed = operands.some(({ dtype }) => dtype !== operands[0]?.dtype);
  if (isMixed) node.corrupt(`Its operands are of the types ${types.join(' and ')}.`);
}

/** A number that is an attribute and not an infinity or NaN. */
export function finite(node: NodeContext, name: string, fallback?: number): number {
  const value = node.number(name, fallback);
  return Number.isFinite(value) ? value : node.corrupt(`Its ${name} is ${value}.`);
}

/** A function of floats for integers too, where f32 holds all of them. */
export function throughFloat(
  node: NodeContext,
  x: Operand,
  apply: (x: Operand) => Operand,
): Operand {
  if (x.dtype === 'f32') return apply(x);
  if (!NARROW[x.elementType]) {
    node.refuse(`It computes with ${x.elementType}, whose numbers a 32-bit float can't hold all.`);
  }
  return node.wrap(node.convert(apply(node.convert(x, 'f32')), 'i32', x.elementType));
}

export function isUnsigned({ elementType }: Operand): boolean {
  return elementType.startsWith('uint') || elementType === 'bool';
}

/** A number of the operand's own type. */
export function numberLike(
  node: NodeContext,
  { elementType, dtype }: Operand,
  value: number,
): Known {
  const data = dtype === 'f32' ? Float32Array.of(value) : Int32Array.of(value);
  return node.constant([], data, elementType);
}

/** A tensor of one number, of the operand's type; bounded, and possibly empty. */
export function filled(
  node: NodeContext,
  shape: Shape,
  { elementType, dtype }: Pick<Operand, 'elementType' | 'dtype'>,
  value: number,
): Known {
  const count = checkedCount(shape, MAX_KNOWN, 'Its result');
  node.importer.spend(count);
  const data = dtype === 'f32' ? new Float32Array(count) : new Int32Array(count);
  return node.constant(shape, data.fill(value), elementType);
}

/** Integers made by a function of their index; bounded. */
export function integerTable(
  node: NodeContext,
  shape: Shape,
  element: (index: number) => number,
  type: OnnxType = 'int64',
): Known {
  const count = checkedCount(shape, MAX_KNOWN, 'A table that it needs');
  node.importer.spend(count);
  const data = new Int32Array(count);
  for (let i = 0; i < count; i++) data[i] = element(i);
  return node.constant(shape, data, type);
}

/** The only element of a known operand. */
export function knownNumber(node: NodeContext, index: number, role: string): number {
  const { data } = node.known(index, role);
  const [value] = data;
  if (value !== undefined && data.length === 1) return value;
  return node.corrupt(`Its ${role} has ${data.length} elements, where one is expected.`);
}

/** As a scalar: shapes [] and [1] are both used for one. */
export function asScalar(node: NodeContext, x: Operand, role: string): Operand {
  if (elementCount(x.shape) === 1) return node.reshape(x, []);
  return node.corrupt(`Its ${role} has the shape [${x.shape.join(', ')}], not one element.`);
}

/** Indices into an axis of that size, of which negative ones count from its end. */
export function fromStart(node: NodeContext, indices: Operand, size: number): Operand {
  if (isUnsigned(indices)) return indices;
  if (isKnown(indices) && indices.data.every((index) => index >= 0)) return indices;
  const isNegative = node.compare('less', indices, numberLike(node, indices, 0));
  if (indices.dtype === 'f32') {
    return node.where(isNegative, node.binary('add', indices, node.scalar(size)), indices);
  }
  const wide = node.convert(indices, 'i32', 'int64');
  return node.where(isNegative, node.integerOp('add', wide, node.integer(size)), wide);
}

/** A tensor without elements, which is known whatever it was made of. */
export function emptyLike(node: NodeContext, x: Operand, shape: Shape): Known {
  return filled(node, shape, x, 0);
}
