/** The inputs and outputs of the network: their shapes, their types, and the casts beside them. */
import { fail } from '../../errors.ts';
import { checkedCount } from '../../formats/bytes.ts';
import type { OnnxValueInfo } from '../../formats/onnx/model.ts';
import type { GraphBuilder } from '../../ir/builder.ts';
import type { Shape } from '../../ir/graph.ts';
import type { ValueId } from '../../ir/ops.ts';
import { MAX_ELEMENTS } from '../../ir/shape-math.ts';
import { graphValue } from './context.ts';
import { isKnown, type Operand, typeTraits } from './operand.ts';

/** Full shapes by the input's name. */
export type InputShapes = Readonly<Record<string, readonly number[]>>;

/** Adds an input. Sizes that the model leaves open are taken from `sizes`. */
export function addInput(builder: GraphBuilder, info: OnnxValueInfo, shape: Shape): Operand {
  const { name, elementType = 'unknown' } = info;
  const traits = info.kind === 'tensor' ? typeTraits(elementType) : undefined;
  if (!traits) {
    return fail({
      code: 'unsupported',
      found: `The input "${name}" is ${typeText(info)}.`,
      fix: 'Inputs are tensors of floats, integers or booleans.',
    });
  }
  const { dtype, port } = traits;
  // There is nothing to hand over, so it is no input in C either.
  if (shape.includes(0)) return { name, elementType, dtype, shape, data: noElements(dtype) };
  const id = builder.input(name, { dtype: port, shape });
  const origin = { name, sourceOp: 'Input' };
  const held = port === dtype ? id : builder.add('cast', { to: dtype }, [id], origin);
  return { name, elementType, dtype, shape, id: held };
}

function noElements(dtype: 'f32' | 'i32'): Float32Array | Int32Array {
  return dtype === 'f32' ? new Float32Array(0) : new Int32Array(0);
}

/** The value of the graph that an output is: of the type that the model says, and a node's result. */
export function addOutput(
  builder: GraphBuilder,
  name: string,
  operand: Operand,
  taken: ReadonlySet<ValueId>,
): ValueId {
  if (isKnown(operand) && operand.shape.includes(0)) {
    return fail({
      code: 'unsupported',
      found: `The output "${name}" has the shape [${operand.shape.join(', ')}]: it is empty.`,
    });
  }
  const id = graphValue(builder, operand);
  const port = typeTraits(operand.elementType)?.port ?? operand.dtype;
  const isShared = isKnown(operand) || taken.has(id);
  if (port === operand.dtype && !isShared) return id;
  return builder.add('cast', { to: port }, [id], { name, sourceOp: 'Output' });
}

/**
 * The shapes of all inputs. A size that is left open on the first axis is the batch, 1; so is every
 * other size of that name, unless it also stands behind an open first axis: that is the length of a
 * sequence, or an exporter's one name for whatever is open. Shapes that are given fill the rest, and a name filled once is filled
 * everywhere. Throws one problem per input that still has open sizes.
 */
export function inputShapes(
  inputs: readonly OnnxValueInfo[],
  given: InputShapes,
): ReadonlyMap<string, Shape> {
  checkNames(inputs, given);
  const override = (info: OnnxValueInfo) =>
    Object.hasOwn(given, info.name) ? given[info.name] : undefined;
  const sizes = new Map<string, number>();
  for (const info of inputs) bindSizes(info, override(info), sizes);
  const behindBatch = new Set(
    inputs.flatMap(({ dims = [] }) => (isOpen(dims[0]) ? dims.slice(1) : [])),
  );
  for (const { dims } of inputs) {
    const batch = dims?.[0];
    if (typeof batch !== 'string' || behindBatch.has(batch)) continue;
    if (!sizes.has(batch)) sizes.set(batch, 1);
  }
  return new Map(inputs.map((info) => [info.name, inputShape(info, override(info), sizes)]));
}

function isOpen(dim: number | string | undefined): boolean {
  return typeof dim !== 'number';
}

function checkNames(inputs: readonly OnnxValueInfo[], given: InputShapes): void {
  const names = inputs.map(({ name }) => name);
  const unknown = Object.keys(given).find((name) => !names.includes(name));
  if (unknown === undefined) return;
  fail({
    code: 'usage',
    found: `A shape is given for "${unknown}", which is no input of the model.`,
    fix: `Its inputs are ${names.map((name) => `"${name}"`).join(', ') || '(none)'}.`,
  });
}

/** Learns the sizes that a given shape gives to names, and checks it against the fixed ones. */
function bindSizes(
  { name, dims }: OnnxValueInfo,
  given: readonly number[] | undefined,
  sizes: Map<string, number>,
): void {
  if (!given || !dims) return;
  const mismatch = (): never =>
    fail({
      code: 'usage',
      found:
        `The shape given for the input "${name}", [${given.join(', ')}], ` +
        `doesn't fit its own, ${dimsText(dims)}.`,
    });
  if (given.length !== dims.length) mismatch();
  for (const [axis, dim] of dims.entries()) {
    const size = given[axis] as number;
    if (typeof dim === 'number' && dim > 0 && dim !== size) mismatch();
    if (typeof dim !== 'string') continue;
    if (sizes.has(dim) && sizes.get(dim) !== size) mismatch();
    sizes.set(dim, size);
  }
}

function inputShape(
  { name, dims }: OnnxValueInfo,
  given: readonly number[] | undefined,
  sizes: ReadonlyMap<string, number>,
): Shape {
  const shape = given ?? dims?.map((dim, axis) => knownSize(dim, axis, sizes));
  if (shape?.every((size) => size !== undefined)) {
    const full = shape as readonly number[];
    checkedCount(full, MAX_ELEMENTS, `The input "${name}"`);
    return full;
  }
  const open = shape?.flatMap((size, axis) => (size === undefined ? [dims?.[axis] ?? axis] : []));
  const what = open?.map((dim) => (typeof dim === 'string' ? `"${dim}"` : `axis ${dim}`));
  const example = shape?.map((size) => size ?? 'N') ?? ['1', '…'];
  return fail({
    code: 'unsupported',
    found: what
      ? `The input "${name}" has open sizes (${what.join(', ')}): its shape is ${dimsText(dims ?? [])}.`
      : `The model does not say what shape the input "${name}" has.`,
    fix: `Fix them with --shape ${name}=${example.join(',')}.`,
  });
}

function knownSize(
  dim: number | string | undefined,
  axis: number,
  sizes: ReadonlyMap<string, number>,
): number | undefined {
  if (typeof dim === 'string') return sizes.get(dim);
  // Exporters write an open batch as nothing or as -1.
  if (axis === 0 && (dim === undefined || dim < 0)) return 1;
  return dim !== undefined && dim < 0 ? undefined : dim;
}

function dimsText(dims: readonly (number | string | undefined)[]): string {
  return `[${dims.map((dim) => dim ?? '?').join(', ')}]`;
}

function typeText({ kind, elementType }: OnnxValueInfo): string {
  return kind === 'tensor' ? `of the type ${elementType ?? 'unknown'}` : 'no tensor';
}
