/** Constants, what the shapes of operands tell, and operators that do nothing when a network runs. */
import type { OnnxType } from '../../../formats/onnx/model.ts';
import type { NodeContext, OperatorRules } from '../context.ts';
import { heldData, type Known, type Operand, typeTraits } from '../operand.ts';
import { typeAttribute } from './cast.ts';
import { asScalar, filled, fromStart, integerTable, knownNumber, numberLike } from './shared.ts';

export const CONSTANTS: OperatorRules = {
  Constant: constant,
  ConstantOfShape: constantOfShape,
  Shape: (node) => {
    const { shape } = node.input(0);
    const sizes = Int32Array.from(shape.slice(node.int('start', 0), node.int('end', shape.length)));
    return node.constant([sizes.length], sizes);
  },
  Size: (node) => node.integer(node.input(0).shape.reduce((count, size) => count * size, 1)),
  Range: range,
  EyeLike: eyeLike,
  Identity: (node) => node.input(0),
  Dropout: dropout,
  OneHot: oneHot,
  Trilu: triangle,
  If: (node) => {
    const condition = knownNumber(node, 0, 'condition');
    const branch = node.graph(condition === 0 ? 'else_branch' : 'then_branch');
    return node.importer.importBranch(branch);
  },
};

function constant(node: NodeContext): Known {
  const tensor = node.tensor('value');
  if (tensor) return node.importer.decode(tensor);
  if (node.has('value_float')) return node.scalar(node.number('value_float'));
  if (node.has('value_int')) return integers(node, [], [node.int('value_int')]);
  const floats = node.numberList('value_floats');
  if (floats) return node.constant([floats.length], Float32Array.from(floats));
  const ints = node.intList('value_ints');
  if (ints) return integers(node, [ints.length], ints);
  const [form] = node.node.attributes.keys();
  if (form === undefined) return node.corrupt('It has no value.');
  return node.refuse(`Its value is given as ${form.slice(0, 60)}, not as numbers.`);
}

function constantOfShape(node: NodeContext): Known {
  const shape = node.integers(0, 'shape');
  const tensor = node.tensor('value');
  const value = tensor ? node.importer.decode(tensor) : node.scalar(0);
  const [first] = value.data;
  if (first !== undefined && value.data.length === 1) return filled(node, shape, value, first);
  return node.corrupt(`Its value has ${value.data.length} elements, where one is expected.`);
}

function integers(node: NodeContext, shape: readonly number[], values: readonly number[]): Known {
  return node.constant(shape, heldData(Float64Array.from(values), 'i32'));
}

/** start, start + delta, … up to the limit. */
function range(node: NodeContext): Known {
  const start = knownNumber(node, 0, 'start');
  const limit = knownNumber(node, 1, 'limit');
  const delta = knownNumber(node, 2, 'delta');
  const count = Math.max(Math.ceil((limit - start) / delta), 0);
  if (!Number.isFinite(count)) node.corrupt(`It goes from ${start} to ${limit} by ${delta}.`);
  const { dtype, elementType } = node.input(0);
  if (dtype === 'i32') return integerTable(node, [count], (i) => start + i * delta, elementType);
  return { ...node.generated([count], (i) => start + i * delta), elementType };
}

function eyeLike(node: NodeContext): Known {
  const { shape, elementType } = node.input(0);
  const [rows, columns] = shape;
  if (shape.length !== 2 || rows === undefined || columns === undefined) {
    node.corrupt(`Its operand has the rank ${shape.length}, not 2.`);
  }
  const type = typeAttribute(node, 'dtype', elementType);
  const zeros = filled(node, shape, { elementType: type, dtype: heldAs(type) }, 0);
  const diagonal = node.int('k', 0);
  for (let row = Math.max(0, -diagonal); row < rows; row++) {
    const column = row + diagonal;
    if (column >= columns) break;
    zeros.data[row * columns + column] = 1;
  }
  return zeros;
}

function heldAs(type: OnnxType): 'f32' | 'i32' {
  return typeTraits(type)?.dtype ?? 'f32';
}

/** Does nothing outside training; its mask then lets everything through. */
function dropout(node: NodeContext): readonly (Operand | undefined)[] {
  const x = node.input(0);
  const isTraining = node.optional(2) !== undefined && knownNumber(node, 2, 'training_mode') !== 0;
  if (isTraining) {
    const ratio = node.optional(1) ? knownNumber(node, 1, 'ratio') : 0.5;
    if (ratio !== 0) {
      const fix = 'Export the model for inference: in PyTorch, call model.eval() before.';
      node.refuse('It drops elements at random: its training_mode is on.', fix);
    }
  }
  if (!node.isUsed(1)) return [x];
  const type = node.opset < 10 ? x.elementType : 'bool';
  return [x, filled(node, x.shape, { elementType: type, dtype: heldAs(type) }, 1)];
}

/** Compares the indices with 0, 1, … along a new axis. */
function oneHot(node: NodeContext): Operand {
  const indices = node.input(0);
  const depth = knownNumber(node, 1, 'depth');
  const values = node.input(2);
  if (!Number.isInteger(depth) || depth < 1) node.corrupt(`Its depth is ${depth}.`);
  if (values.shape.length !== 1 || values.shape[0] !== 2) {
    node.corrupt(`Its values have the shape [${values.shape.join(', ')}], not [2].`);
  }
  const axis = node.axis(node.int('axis', -1), indices.shape.length + 1);
  const behind = indices.shape.slice(axis).map(() => 1);
  const places = node.convert(
    integerTable(node, [depth, ...behind], (index) => index, indices.elementType),
    indices.dtype,
  );
  const spread = node.reshape(fromStart(node, indices, depth), indices.shape.toSpliced(axis, 0, 1));
  const [off, on] = [0, 1].map((at) => asScalar(node, node.cut(values, 0, at, 1), 'value'));
  if (!off || !on) throw new Error('a cut gave nothing');
  return node.where(node.compare('equal', spread, places), on, off);
}

/** Keeps the upper or lower triangle of the last two axes; what is outside becomes 0. */
function triangle(node: NodeContext): Operand {
  const x = node.input(0);
  const [rows, columns] = x.shape.slice(-2);
  if (x.shape.length < 2 || rows === undefined || columns === undefined) {
    node.corrupt(`Its operand has the rank ${x.shape.length}, where 2 is the least.`);
  }
  const diagonal = node.optional(1) ? knownNumber(node, 1, 'k') : 0;
  const isUpper = node.flag('upper', true);
  const isKept = integerTable(
    node,
    [rows, columns],
    (index) => {
      const above = (index % columns) - Math.floor(index / columns);
      return Number(isUpper ? above >= diagonal : above <= diagonal);
    },
    'bool',
  );
  return node.where(isKept, x, numberLike(node, x, 0));
}
