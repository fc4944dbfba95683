/**
 * Reads an ONNX file into plain objects. Field numbers are those of the ONNX format; fields that
 * nothing here needs (documentation, training, devices) are skipped, and so are unknown ones.
 */
import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';
import { corrupt } from '../bytes.ts';
import { readAttribute, readGraph, readNode, standardDomain } from './graph.ts';
import type { OnnxAttribute, OnnxFunction, OnnxGraph, OnnxModel, OnnxNode } from './types.ts';
import { type Message, openMessage } from './wire.ts';

export { readTensorProto } from './tensor.ts';
export type {
  ExternalData,
  OnnxAttribute,
  OnnxFunction,
  OnnxGraph,
  OnnxModel,
  OnnxNode,
  OnnxTensor,
  OnnxType,
  OnnxValueInfo,
} from './types.ts';

const MODEL = { irVersion: 1, producer: 2, graph: 7, opset: 8, function: 25 };
const OPSET = { domain: 1, version: 2 };
const FUNCTION = {
  name: 1,
  input: 4,
  output: 5,
  attribute: 6,
  node: 7,
  opset: 9,
  domain: 10,
  default: 11,
  overload: 13,
};

export function readOnnxModel(bytes: Uint8Array): OnnxModel {
  const message = openMessage(bytes, 'the model');
  const opsets = new Map<string, number>();
  const functions: OnnxFunction[] = [];
  let irVersion = 0;
  let producer = '';
  let graph: OnnxGraph | undefined;
  while (message.next()) {
    const { field } = message;
    if (field === MODEL.irVersion) irVersion = message.int();
    else if (field === MODEL.producer) producer = message.text();
    else if (field === MODEL.graph) graph = readGraph(message.message('the graph'));
    else if (field === MODEL.opset) readOpset(message.message('an opset'), opsets);
    else if (field === MODEL.function) functions.push(readFunction(message.message('a function')));
  }
  if (!graph) {
    return corrupt(
      'The ONNX file is truncated or damaged: it has no graph.',
      'Copy or download the file again, or export the model anew.',
    );
  }
  return { irVersion, producer, opsets, graph, functions };
}

function readOpset(message: Message, opsets: Map<string, number>): void {
  let domain = '';
  let version = 0;
  while (message.next()) {
    if (message.field === OPSET.domain) domain = standardDomain(message.text());
    else if (message.field === OPSET.version) version = message.int();
  }
  opsets.set(domain, version);
}

function readFunction(message: Message): OnnxFunction {
  const inputs: string[] = [];
  const outputs: string[] = [];
  const attributes: string[] = [];
  const defaults = new Map<string, OnnxAttribute>();
  const nodes: OnnxNode[] = [];
  const opsets = new Map<string, number>();
  let name = '';
  let domain = '';
  let overload = '';
  while (message.next()) {
    const { field } = message;
    if (field === FUNCTION.name) name = message.text();
    else if (field === FUNCTION.input) inputs.push(message.text());
    else if (field === FUNCTION.output) outputs.push(message.text());
    else if (field === FUNCTION.attribute) attributes.push(message.text());
    else if (field === FUNCTION.default) readAttribute(message.message('a default'), defaults);
    else if (field === FUNCTION.node) nodes.push(readNode(message.message('a node')));
    else if (field === FUNCTION.opset) readOpset(message.message('an opset'), opsets);
    else if (field === FUNCTION.domain) domain = standardDomain(message.text());
    else if (field === FUNCTION.overload) overload = message.text();
  }
  return { name, domain, overload, inputs, outputs, attributes, defaults, nodes, opsets };
}

/** The wire type of every field that a model of any version may have. */
const MODEL_WIRE: ReadonlyMap<number, WireType> = new Map([
  ...[1, 5].map((field) => [field, WireType.Varint] as const),
  ...[2, 3, 4, 6, 7, 8, 14, 20, 25, 26].map((field) => [field, WireType.LengthDelimited] as const),
]);
const MAX_IR_VERSION = 1000;

/**
 * Whether the outermost fields are those of an ONNX model, up to the graph; a file that is
 * truncated after that still counts. Other protobufs differ: a TensorFlow SavedModel also starts
 * with a version but has no field 7, and neither its graph, Caffe nor Core ML has all of these.
 */
export function looksLikeOnnx(bytes: Uint8Array): boolean {
  const reader = new BinaryReader(bytes);
  let hasVersion = false;
  try {
    while (reader.pos < reader.len) {
      const [field, wire] = reader.tag();
      if (MODEL_WIRE.get(field) !== wire) return false;
      if (field === MODEL.graph && hasVersion) return true;
      if (field === MODEL.irVersion) {
        const version = Number(reader.int64());
        if (version < 1 || version > MAX_IR_VERSION) return false;
        hasVersion = true;
      } else reader.skip(wire, field);
    }
  } catch {
    return false;
  }
  return false;
}
