/** Reads a tensor's description; its values are left where they are (see `tensor-data.ts`). */
import { fail } from '../../errors.ts';
import { checkedCount, corrupt } from '../bytes.ts';
import { type ExternalData, ONNX_TYPES, type OnnxTensor, type OnnxType } from './types.ts';
import { type Message, openMessage } from './wire.ts';

const TENSOR = { dims: 1, dataType: 2, name: 8, raw: 9, external: 13, location: 14 };
/** Repeated fields that hold values, in the order of the format's fields. */
export const TYPED_FIELDS = { float: 4, int32: 5, string: 6, int64: 7, double: 10, uint64: 11 };
const TYPED = new Set(Object.values(TYPED_FIELDS));
const ENTRY = { key: 1, value: 2 };
const EXTERNAL_LOCATION = 1;
const MAX_RANK = 64;

/** Reads a file that holds one tensor, as the operators' tests have them. */
export function readTensorProto(bytes: Uint8Array): OnnxTensor {
  return readTensor(openMessage(bytes, 'a tensor'));
}

export function readTensor(message: Message): OnnxTensor {
  const dims: number[] = [];
  const entries = new Map<string, string>();
  let name = '';
  let typeNumber = 0;
  let raw: Uint8Array | undefined;
  let isTyped = false;
  let location = 0;
  while (message.next()) {
    const { field } = message;
    if (field === TENSOR.dims) message.ints(dims);
    else if (field === TENSOR.dataType) typeNumber = message.int();
    else if (field === TENSOR.name) name = message.text();
    else if (field === TENSOR.raw) raw = message.view();
    else if (field === TENSOR.external) readEntry(message.message('an external entry'), entries);
    else if (field === TENSOR.location) location = message.int();
    else if (TYPED.has(field)) isTyped = true;
  }
  const what = `The tensor ${JSON.stringify(name.slice(0, 120))} of the ONNX file`;
  if (dims.length > MAX_RANK) {
    fail({ code: 'too-large', found: `${what} has ${dims.length} axes, more than ${MAX_RANK}.` });
  }
  checkedCount(dims, Number.MAX_SAFE_INTEGER, what);
  const elementType = onnxType(typeNumber) ?? 'unknown';
  return {
    name,
    elementType,
    dims,
    ...(elementType === 'unknown' && { typeNumber }),
    ...(location === EXTERNAL_LOCATION && { external: externalOf(entries, what) }),
    ...(raw && { raw }),
    ...(isTyped && { message: message.bytes }),
  };
}

/** undefined for 0, which stands for none; 'unknown' for a number that is not in the table. */
export function onnxType(typeNumber: number): OnnxType | undefined {
  return typeNumber === 0 ? undefined : (ONNX_TYPES[typeNumber] ?? 'unknown');
}

function readEntry(message: Message, entries: Map<string, string>): void {
  let key = '';
  let value = '';
  while (message.next()) {
    if (message.field === ENTRY.key) key = message.text();
    else if (message.field === ENTRY.value) value = message.text();
  }
  entries.set(key, value);
}

function externalOf(entries: ReadonlyMap<string, string>, what: string): ExternalData {
  const number = (key: string): number | undefined => {
    const text = entries.get(key);
    if (text === undefined || text === '') return undefined;
    const value = Number(text);
    if (/^\d+$/.test(text) && Number.isSafeInteger(value)) return value;
    return corrupt(`${what} has the impossible ${key} ${JSON.stringify(text.slice(0, 40))}.`);
  };
  return {
    location: entries.get('location') ?? '',
    offset: number('offset') ?? 0,
    length: number('length'),
  };
}
