/** Reads a graph with its nodes, and the attributes of nodes, which may hold graphs again. */
import { corrupt } from '../bytes.ts';
import { readTensor } from './tensor.ts';
import type { OnnxAttribute, OnnxGraph, OnnxNode, OnnxTensor, OnnxValueInfo } from './types.ts';
import { readValueInfo } from './value-info.ts';
import type { Message } from './wire.ts';

const GRAPH = {
  node: 1,
  name: 2,
  initializer: 5,
  input: 11,
  output: 12,
  valueInfo: 13,
  sparseInitializer: 15,
};
const SPARSE = { values: 1 };
const NODE = { input: 1, output: 2, name: 3, opType: 4, attribute: 5, domain: 7, overload: 8 };
const ATTRIBUTE = {
  name: 1,
  float: 2,
  int: 3,
  string: 4,
  tensor: 5,
  graph: 6,
  floats: 7,
  ints: 8,
  strings: 9,
  type: 20,
  reference: 21,
};
/** The numbers of attribute types, which are not those of the fields. */
const KINDS = [
  undefined,
  'float',
  'int',
  'string',
  'tensor',
  'graph',
  'floats',
  'ints',
  'strings',
] as const;

type Kind = Exclude<OnnxAttribute['kind'], 'other'>;

export function readGraph(message: Message): OnnxGraph {
  const nodes: OnnxNode[] = [];
  const initializers: OnnxTensor[] = [];
  const sparseInitializers: string[] = [];
  const inputs: OnnxValueInfo[] = [];
  const outputs: OnnxValueInfo[] = [];
  const valueInfo: OnnxValueInfo[] = [];
  let name = '';
  const value = () => readValueInfo(message.message('a value'));
  while (message.next()) {
    const { field } = message;
    if (field === GRAPH.node) nodes.push(readNode(message.message('a node')));
    else if (field === GRAPH.name) name = message.text();
    else if (field === GRAPH.initializer) {
      initializers.push(readTensor(message.message('an initializer')));
    } else if (field === GRAPH.sparseInitializer) {
      sparseInitializers.push(readSparseName(message.message('a sparse initializer')));
    } else if (field === GRAPH.input) inputs.push(value());
    else if (field === GRAPH.output) outputs.push(value());
    else if (field === GRAPH.valueInfo) valueInfo.push(value());
  }
  return { name, nodes, initializers, sparseInitializers, inputs, outputs, valueInfo };
}

function readSparseName(message: Message): string {
  let name = '';
  while (message.next()) {
    if (message.field === SPARSE.values) name = readTensor(message.message('a tensor')).name;
  }
  return name;
}

export function readNode(message: Message): OnnxNode {
  const inputs: string[] = [];
  const outputs: string[] = [];
  const attributes = new Map<string, OnnxAttribute>();
  let name = '';
  let opType = '';
  let domain = '';
  let overload = '';
  while (message.next()) {
    const { field } = message;
    if (field === NODE.input) inputs.push(message.text());
    else if (field === NODE.output) outputs.push(message.text());
    else if (field === NODE.name) name = message.text();
    else if (field === NODE.opType) opType = message.text();
    else if (field === NODE.domain) domain = standardDomain(message.text());
    else if (field === NODE.overload) overload = message.text();
    else if (field === NODE.attribute) readAttribute(message.message('an attribute'), attributes);
  }
  return { name, opType, domain, inputs, outputs, attributes, ...(overload && { overload }) };
}

/** The standard operators' domain has two spellings. */
export function standardDomain(domain: string): string {
  return domain === 'ai.onnx' ? '' : domain;
}

/** Everything that an attribute may hold; what its type says decides which of it counts. */
interface Fields {
  name: string;
  typeNumber: number;
  reference: string;
  float?: number;
  int?: number;
  string?: string;
  tensor?: OnnxTensor;
  graph?: OnnxGraph;
  readonly floats: number[];
  readonly ints: number[];
  readonly strings: string[];
}

export function readAttribute(message: Message, into: Map<string, OnnxAttribute>): void {
  const fields: Fields = {
    name: '',
    typeNumber: 0,
    reference: '',
    floats: [],
    ints: [],
    strings: [],
  };
  while (message.next()) {
    const { field } = message;
    if (field === ATTRIBUTE.name) fields.name = message.text();
    else if (field === ATTRIBUTE.float) fields.float = message.float();
    else if (field === ATTRIBUTE.int) fields.int = message.int();
    else if (field === ATTRIBUTE.string) fields.string = message.text();
    else if (field === ATTRIBUTE.tensor) fields.tensor = readTensor(message.message('a tensor'));
    else if (field === ATTRIBUTE.graph) fields.graph = readGraph(message.nested('a subgraph'));
    else if (field === ATTRIBUTE.floats) message.floats(fields.floats);
    else if (field === ATTRIBUTE.ints) message.ints(fields.ints);
    else if (field === ATTRIBUTE.strings) fields.strings.push(message.text());
    else if (field === ATTRIBUTE.type) fields.typeNumber = message.int();
    else if (field === ATTRIBUTE.reference) fields.reference = message.text();
  }
  into.set(fields.name, attributeOf(fields));
}

function attributeOf(fields: Fields): OnnxAttribute {
  const { name, typeNumber, reference, floats, ints, strings, tensor, graph } = fields;
  if (reference !== '') return { kind: 'other', reference };
  const kind = typeNumber === 0 ? kindOfFields(fields) : KINDS[typeNumber];
  // Writers of proto3 leave out fields that are zero.
  if (kind === 'float') return { kind, value: fields.float ?? 0 };
  if (kind === 'int') return { kind, value: fields.int ?? 0 };
  if (kind === 'string') return { kind, value: fields.string ?? '' };
  if (kind === 'floats') return { kind, values: floats };
  if (kind === 'ints') return { kind, values: ints };
  if (kind === 'strings') return { kind, values: strings };
  if (kind === 'tensor' && tensor) return { kind, value: tensor };
  if (kind === 'graph' && graph) return { kind, value: graph };
  if (kind === undefined) return { kind: 'other' };
  return corrupt(
    `The ONNX file is damaged: the attribute ${JSON.stringify(name.slice(0, 120))} of a node ` +
      `should hold a ${kind} and has none.`,
  );
}

/** Files of the first versions of the format don't say which of the fields is meant. */
function kindOfFields(fields: Fields): Kind | undefined {
  const single = (['float', 'int', 'string', 'tensor', 'graph'] as const).find(
    (kind) => fields[kind] !== undefined,
  );
  return single ?? (['floats', 'ints', 'strings'] as const).find((kind) => fields[kind].length > 0);
}
