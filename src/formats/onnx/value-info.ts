/** Reads what a file says of a value: its name, element type and sizes, as far as they are known. */
import { onnxType } from './tensor.ts';
import type { OnnxValueInfo } from './types.ts';
import type { Message } from './wire.ts';

const VALUE_INFO = { name: 1, type: 2 };
const TYPE = { tensor: 1, opaque: 7, sequence: 4, map: 5, optional: 9, sparseTensor: 8 };
const KINDS = new Set(Object.values(TYPE));
const TENSOR_TYPE = { elementType: 1, shape: 2 };
const SHAPE = { dim: 1 };
const DIM = { size: 1, symbol: 2 };

type ValueType = Omit<OnnxValueInfo, 'name'>;
type Dim = number | string | undefined;

/** A value without a type is taken for a tensor of which nothing is known. */
const UNTYPED: ValueType = { kind: 'tensor', elementType: undefined, dims: undefined };

export function readValueInfo(message: Message): OnnxValueInfo {
  let name = '';
  let type = UNTYPED;
  while (message.next()) {
    if (message.field === VALUE_INFO.name) name = message.text();
    else if (message.field === VALUE_INFO.type) type = readType(message.message('a type'));
  }
  return { name, ...type };
}

function readType(message: Message): ValueType {
  let type = UNTYPED;
  while (message.next()) {
    if (message.field === TYPE.tensor) type = readTensorType(message.message('a tensor type'));
    else if (KINDS.has(message.field)) type = { ...UNTYPED, kind: 'other' };
  }
  return type;
}

function readTensorType(message: Message): ValueType {
  let elementType: ValueType['elementType'];
  let dims: readonly Dim[] | undefined;
  while (message.next()) {
    if (message.field === TENSOR_TYPE.elementType) elementType = onnxType(message.int());
    else if (message.field === TENSOR_TYPE.shape) dims = readShape(message.message('a shape'));
  }
  return { kind: 'tensor', elementType, dims };
}

function readShape(message: Message): Dim[] {
  const dims: Dim[] = [];
  while (message.next()) {
    if (message.field === SHAPE.dim) dims.push(readDim(message.message('a dimension')));
  }
  return dims;
}

/** Some exporters write -1 or an empty symbol for a size that they don't know. */
function readDim(message: Message): Dim {
  let dim: Dim;
  while (message.next()) {
    if (message.field === DIM.size) {
      const size = message.int();
      dim = size < 0 ? undefined : size;
    } else if (message.field === DIM.symbol) dim = message.text() || undefined;
  }
  return dim;
}
