/**
 * The textual form of a graph: one line per input and node. It is what tests of passes compare, so
 * it shows all that matters and nothing that varies: values are numbered in print order, attributes
 * are left out where they have their usual value, constants stand where they are used.
 *
 *     %0 = input "x" -> f32[1,28,28,1]
 *     %1 = conv2d(%0, w: f32[3,3,1,32], bias: f32[32]{all 0}) strides=2 activation=relu -> f32[…]  # conv_1
 *     return %1
 *
 * Small constants and those with one value show their elements; bits show as + and -.
 */
import type { Graph, TensorData, TensorType, Value } from './graph.ts';
import {
  activationOf,
  type Epilogue,
  type Node,
  type OpKind,
  type Unary,
  type ValueId,
} from './ops.ts';

/** Larger constants show their elements only when all are the same. */
const MAX_SHOWN = 8;

export function printGraph(graph: Graph): string {
  const names = new Map<ValueId, string>();
  const name = (id: ValueId): string => {
    names.set(id, `%${names.size}`);
    return names.get(id) as string;
  };
  const lines = graph.inputs.map((id) => {
    const value = graph.values.get(id);
    return `${name(id)} = input ${JSON.stringify(value?.name)} -> ${typeText(value?.type)}`;
  });
  for (const node of graph.nodes) {
    const operands = node.inputs.map((id, index) => {
      return names.get(id) ?? `${operandName(node, index)}: ${constantText(graph, id)}`;
    });
    const call = [`${node.op}(${operands.join(', ')})`, ...attributeTexts(node)].join(' ');
    const type = typeText(graph.values.get(node.output)?.type);
    lines.push(`${name(node.output)} = ${call} -> ${type}  # ${plainText(node.name)}`);
  }
  const outputs = graph.outputs.map((id) => names.get(id) ?? constantText(graph, id));
  return [...lines, `return ${outputs.join(', ')}`, ''].join('\n');
}

const EPILOGUE_OPERANDS = {
  linear: ['bias'],
  norm: ['mean', 'scale', 'offset'],
  add: ['mean', 'scale', 'offset', 'addend'],
  sign: ['threshold'],
  integer: ['bias'],
  requantize: ['bias', 'scale'],
} as const;

/** What constants are called; ops whose operands are all alike have none here. */
const OPERANDS: { readonly [K in OpKind]?: readonly string[] } = {
  conv2d: ['x', 'w'],
  depthwiseConv2d: ['x', 'w'],
  dense: ['x', 'w'],
  conv2dTranspose: ['x', 'w', 'bias'],
  batchNorm: ['x', 'mean', 'scale', 'offset'],
  binary: ['a', 'b'],
  layerNorm: ['x', 'gamma', 'beta'],
  maxPool2d: ['x', 'orMask'],
  groupNorm: ['x', 'gamma', 'beta'],
  resample: ['x', 'indices', 'weights'],
  gather: ['table', 'indices'],
  matmul: ['a', 'b'],
  convInteger: ['x', 'w'],
  integer: ['a', 'b'],
  compare: ['a', 'b'],
  where: ['condition', 'a', 'b'],
  recurrent: ['x', 'kernel', 'recurrentKernel', 'bias', 'initialH', 'initialC', 'peepholes'],
  binarize: ['x', 'threshold', 'direction'],
};

function operandName(node: Node, index: number): string {
  const fused = 'epilogue' in node.attrs ? EPILOGUE_OPERANDS[node.attrs.epilogue.kind] : [];
  return [...(OPERANDS[node.op] ?? []), ...fused][index] ?? 'x';
}

function constantText(graph: Graph, id: ValueId): string {
  const value: Value | undefined = graph.values.get(id);
  if (!value?.data) return `undefined(${id})`;
  return `${typeText(value.type)}${elementsText(value.type, value.data)}`;
}

function elementsText(type: TensorType, data: TensorData): string {
  const isUniform = data.every((element: number) => Object.is(element, data[0]));
  const text = (element: number): string => {
    if (type.dtype === 'bit') return element === 0 ? '+' : '-';
    return type.dtype === 'f32' ? floatText(element) : String(element);
  };
  if (isUniform && data.length > 1) return `{all ${text(data[0] as number)}}`;
  if (data.length > MAX_SHOWN) return '';
  return `{${Array.from(data, text).join(type.dtype === 'bit' ? '' : ', ')}}`;
}

/** The shortest decimal that reads back as the same f32. */
function floatText(value: number): string {
  if (Object.is(value, -0)) return '-0';
  for (let digits = 1; digits < 9; digits++) {
    const short = Number(value.toPrecision(digits));
    if (Math.fround(short) === value) return String(short);
  }
  return String(value);
}

function typeText(type: TensorType | undefined): string {
  return type ? `${type.dtype}[${type.shape.join(',')}]` : 'undefined';
}

/** Attributes that are left out when all their elements have this value. */
const USUAL: Readonly<Record<string, unknown>> = {
  strides: 1,
  dilations: 1,
  pads: 0,
  padValue: 0,
  zeroPoint: 0,
  groups: 1,
  begin: 0,
  step: 1,
  value: 0,
  variant: 'softmax',
  center: true,
  keepDims: false,
  goBackwards: false,
  returnSequences: false,
  resetAfter: false,
  returnCells: false,
  last: false,
};

/** Attributes that are written as one number when they are the same in all directions. */
const DIRECTIONAL = ['strides', 'dilations', 'pads'];

function attributeTexts(node: Node): string[] {
  return Object.entries(node.attrs).flatMap(([key, value]: [string, unknown]) => {
    if (isEpilogue(value)) return epilogueTexts(value);
    if (isUnary(value)) return value.fn === 'identity' ? [] : [`${key}=${unaryText(value)}`];
    if (!Array.isArray(value)) return value === USUAL[key] ? [] : [`${key}=${value}`];
    if (value.every((element) => element === USUAL[key])) return [];
    const isEven = DIRECTIONAL.includes(key) && value.every((element) => element === value[0]);
    return [`${key}=${isEven ? value[0] : `[${value.join(',')}]`}`];
  });
}

function epilogueTexts(epilogue: Epilogue): string[] {
  const kind = epilogue.kind === 'linear' ? [] : [`epilogue=${epilogue.kind}`];
  if (epilogue.kind === 'requantize') {
    const { zeroPoint, min, max } = epilogue;
    return [...kind, `to=${zeroPoint}[${min},${max}]`];
  }
  const activation = activationOf(epilogue);
  if (!activation || activation.fn === 'identity') return kind;
  return [...kind, `activation=${unaryText(activation)}`];
}

function unaryText(unary: Unary): string {
  const { fn, ...parameters } = unary;
  const texts = Object.entries(parameters).map(([key, value]) => `${key}=${value}`);
  return texts.length > 0 ? `${fn}(${texts.join(',')})` : fn;
}

function isEpilogue(value: unknown): value is Epilogue {
  return typeof value === 'object' && value !== null && 'kind' in value;
}

function isUnary(value: unknown): value is Unary {
  return typeof value === 'object' && value !== null && 'fn' in value;
}

/** A name of the model on one line, whatever it holds. */
function plainText(name: string): string {
  return JSON.stringify(name).slice(1, -1);
}
