/**
 * Transposes move towards the outputs until they meet another one and cancel, or a layer that
 * takes them in:
 *
 *   f(transpose(x))            → transpose(f(x))            elementwise f, pad, slice, concat, reduce
 *   transpose(transpose(x))    → transpose(x)               or nothing
 *   dense(flatten(transpose x)) → dense(flatten x)          with the rows of the weights permuted
 *   transpose(x)               → reshape(x)                 when only axes of size 1 change places
 *
 * Sources with channels first come in as layers between transposes; this is what makes them NHWC
 * throughout. A constant per channel pulls no transpose behind it that would leave it on another
 * axis than the last: that would cost its folding into a layer.
 */
import { elementCount, type Shape } from '../ir/graph.ts';
import type { Node, NodeOf, ValueId } from '../ir/ops.ts';
import { equalShapes, rowMajorStrides } from '../ir/shape-math.ts';
import type { Pass } from './pass.ts';
import { isOp, Rewriter } from './rewrite.ts';

export const moveTransposes: Pass = {
  name: 'move-transposes',
  summary: 'cancel transposes, moving them past elementwise ops',
  run(graph) {
    const rewriter = new Rewriter(graph);
    rewriter.visit((node) => {
      movePast(rewriter, node);
      const current = rewriter.producer(node.output) as Node;
      if (isOp(current, 'transpose')) simplifyTranspose(rewriter, current);
      else if (isOp(current, 'dense')) absorbInDense(rewriter, current);
    });
    return rewriter.finish();
  },
};

type Perm = readonly number[];

function simplifyTranspose(rewriter: Rewriter, node: NodeOf<'transpose'>): void {
  const earlier = rewriter.producerOf(node.inputs[0] as ValueId, 'transpose');
  const perm = earlier
    ? node.attrs.perm.map((axis) => earlier.attrs.perm[axis] as number)
    : node.attrs.perm;
  const inputs = earlier ? earlier.inputs : node.inputs;
  const shape = rewriter.shape(inputs[0] as ValueId);
  const moved = perm.filter((axis) => shape[axis] !== 1);
  if (perm.every((from, axis) => from === axis)) {
    rewriter.update(node, { attrs: { perm }, inputs });
    rewriter.dropIdentity(rewriter.producer(node.output) as Node, inputs[0] as ValueId);
  } else if (moved.every((axis, i) => i === 0 || axis > (moved[i - 1] as number))) {
    const target = perm.map((axis) => shape[axis] as number);
    rewriter.replace(node.output, 'reshape', { shape: target }, inputs, node);
  } else if (earlier) {
    rewriter.update(node, { attrs: { perm }, inputs });
  }
}

/** f(transpose(x)) → transpose(f(x)), where f has a form for the axes of x. */
function movePast(rewriter: Rewriter, node: Node): void {
  const transposes = node.inputs.map((id) => rewriter.producerOf(id, 'transpose'));
  const perm = transposes.find((transpose) => transpose !== undefined)?.attrs.perm;
  const moved = perm && onSource(rewriter, node, transposes, perm);
  if (!moved) return;
  rewriter.replace(node.output, 'transpose', { perm: moved.perm }, [moved.id], node);
}

/** A node's result in the order of axes that its operands have before they are transposed. */
interface Moved {
  readonly id: ValueId;
  /** How to transpose it instead. */
  readonly perm: Perm;
}

type Transposes = readonly (NodeOf<'transpose'> | undefined)[];

function onSource(
  rewriter: Rewriter,
  node: Node,
  transposes: Transposes,
  perm: Perm,
): Moved | undefined {
  const x = transposes[0]?.inputs[0] as ValueId;
  switch (node.op) {
    case 'unary':
      return { id: rewriter.add('unary', node.attrs, [x], node), perm };
    case 'softmax': {
      const axis = perm[node.attrs.axis] as number;
      return { id: rewriter.add('softmax', { ...node.attrs, axis }, [x], node), perm };
    }
    case 'pad': {
      const [before, after] = [toSource(node.attrs.before, perm), toSource(node.attrs.after, perm)];
      return { id: rewriter.add('pad', { ...node.attrs, before, after }, [x], node), perm };
    }
    case 'slice': {
      const attrs = {
        begin: toSource(node.attrs.begin, perm),
        size: toSource(node.attrs.size, perm),
        step: toSource(node.attrs.step, perm),
      };
      return { id: rewriter.add('slice', attrs, [x], node), perm };
    }
    case 'batchNorm': {
      if (perm.at(-1) !== perm.length - 1) return undefined;
      const inputs = [x, ...node.inputs.slice(1)];
      return { id: rewriter.add('batchNorm', node.attrs, inputs, node), perm };
    }
    case 'concat': {
      const inputs = commonSources(transposes, perm);
      const axis = perm[node.attrs.axis] as number;
      return inputs && { id: rewriter.add('concat', { axis }, inputs, node), perm };
    }
    case 'reduce':
      return reduceOnSource(rewriter, node, x, perm);
    case 'binary':
      return binaryOnSource(rewriter, node, transposes, perm);
    default:
      return undefined;
  }
}

/** Values per axis of a transposed tensor, in the order of the axes of its operand. */
function toSource(values: readonly number[], perm: Perm): number[] {
  const result = new Array<number>(perm.length).fill(0);
  for (const [axis, from] of perm.entries()) result[from] = values[axis] as number;
  return result;
}

/** The operands of transposes that all permute alike. */
function commonSources(transposes: Transposes, perm: Perm): ValueId[] | undefined {
  const sources: ValueId[] = [];
  for (const transpose of transposes) {
    if (!transpose || !equalShapes(transpose.attrs.perm, perm)) return undefined;
    sources.push(transpose.inputs[0] as ValueId);
  }
  return sources;
}

function reduceOnSource(rewriter: Rewriter, node: NodeOf<'reduce'>, x: ValueId, perm: Perm): Moved {
  const axes = node.attrs.axes.map((axis) => perm[axis] as number).sort((a, b) => a - b);
  const id = rewriter.add('reduce', { ...node.attrs, axes }, [x], node);
  if (node.attrs.keepDims) return { id, perm };
  const left = perm.filter((axis) => !axes.includes(axis));
  const ranks = [...left].sort((a, b) => a - b);
  return { id, perm: left.map((axis) => ranks.indexOf(axis)) };
}

/** Both operands permute alike, or one is a constant that can be permuted back. */
function binaryOnSource(
  rewriter: Rewriter,
  node: NodeOf<'binary'>,
  transposes: Transposes,
  perm: Perm,
): Moved | undefined {
  const inputs = node.inputs.map((id, index) => {
    const transpose = transposes[index];
    if (transpose) return equalShapes(transpose.attrs.perm, perm) ? transpose.inputs[0] : undefined;
    return permutedConstant(rewriter, id, perm);
  });
  if (inputs.some((id) => id === undefined)) return undefined;
  return { id: rewriter.add('binary', node.attrs, inputs as ValueId[], node), perm };
}

/** Guard: the constant is a scalar, or it doesn't lie along the last axis alone until now. */
function permutedConstant(rewriter: Rewriter, id: ValueId, perm: Perm): ValueId | undefined {
  const data = rewriter.floats(id);
  const shape = rewriter.shape(id);
  if (!data || shape.length > perm.length) return undefined;
  if (data.length === 1) return id;
  const aligned = [...new Array<number>(perm.length - shape.length).fill(1), ...shape];
  const isPerChannel = aligned.slice(0, -1).every((size) => size === 1);
  if (isPerChannel && perm.at(-1) !== perm.length - 1) return undefined;
  const target = toSource(aligned, perm);
  const order = permutedOrder(aligned, toSource([...perm.keys()], perm));
  const permuted = Float32Array.from(order, (from) => data[from] as number);
  return rewriter.constant(rewriter.name(id), { dtype: 'f32', shape: target }, permuted);
}

/** Where each row-major element of a transposed tensor stands in the tensor before. */
function permutedOrder(shape: Shape, perm: Perm): Uint32Array {
  const strides = rowMajorStrides(shape);
  const sizes = perm.map((axis) => shape[axis] as number);
  const steps = perm.map((axis) => strides[axis] as number);
  const order = new Uint32Array(elementCount(shape));
  const index = new Array<number>(perm.length).fill(0);
  let from = 0;
  for (let to = 0; to < order.length; to++) {
    order[to] = from;
    for (let axis = perm.length - 1; axis >= 0; axis--) {
      from += steps[axis] as number;
      index[axis] = (index[axis] as number) + 1;
      if ((index[axis] as number) < (sizes[axis] as number)) break;
      from -= (steps[axis] as number) * (sizes[axis] as number);
      index[axis] = 0;
    }
  }
  return order;
}

/** Guard: constant weights; the flattening keeps the first axis, and so does the transpose. */
function absorbInDense(rewriter: Rewriter, node: NodeOf<'dense'>): void {
  const flatten = rewriter.producerOf(node.inputs[0] as ValueId, 'reshape');
  const transpose = flatten && rewriter.producerOf(flatten.inputs[0] as ValueId, 'transpose');
  const weights = rewriter.floats(node.inputs[1] as ValueId);
  if (!flatten || !transpose || !weights) return;
  const { perm } = transpose.attrs;
  const x = transpose.inputs[0] as ValueId;
  const { shape } = flatten.attrs;
  if (shape.length !== 2 || perm[0] !== 0 || shape[0] !== rewriter.shape(x)[0]) return;
  const id = node.inputs[1] as ValueId;
  const [taps, outputs] = rewriter.shape(id) as readonly [number, number];
  const order = permutedOrder(
    rewriter.shape(x).slice(1),
    perm.slice(1).map((axis) => axis - 1),
  );
  const rows = new Float32Array(weights.length);
  for (let row = 0; row < taps; row++) {
    const from = row * outputs;
    rows.set(weights.subarray(from, from + outputs), (order[row] as number) * outputs);
  }
  const type = { dtype: 'f32', shape: [taps, outputs] } as const;
  const w = rewriter.constant(rewriter.name(id), type, rows);
  const flat = rewriter.add('reshape', { shape }, [x], flatten);
  rewriter.update(node, { inputs: [flat, w, ...node.inputs.slice(2)] });
}
