/**
 * The reference interpreter: runs any graph, of any stage, and is the definition of what a graph
 * computes. Compiled programs are compared with it, so it is written to be obviously right first;
 * the inner loops of convolutions are all that is tuned. `kernel.ts` states the numeric contract.
 */
import { fail } from '../../errors.ts';
import { elementCount, type Graph, getValue, type TensorData, type TensorType } from '../graph.ts';
import { applyRule, type Node, type Rules, type ValueId } from '../ops.ts';
import { conv2d, conv2dTranspose, dense, depthwiseConv2d } from './conv.ts';
import { batchNorm, binarize, binary, unary, unpack } from './elementwise.ts';
import { allocate, type Kernel, type Site } from './kernel.ts';
import { cast, compare, integer, where } from './logic.ts';
import { convInteger, matmul } from './matmul.ts';
import { averagePool2d, maxPool2d } from './pool.ts';
import { recurrent } from './recurrent.ts';
import { argReduce, groupNorm, layerNorm, reduce, softmax } from './reductions.ts';
import { resample, resize2d } from './resize.ts';
import { concat, gather, pad, reshape, slice, tile, transpose } from './shape-ops.ts';

const PREPARE: Rules<Kernel, [Site]> = {
  conv2d,
  depthwiseConv2d,
  conv2dTranspose,
  dense,
  batchNorm,
  binary,
  unary,
  softmax,
  layerNorm,
  maxPool2d,
  averagePool2d,
  reduce,
  pad,
  slice,
  resize2d,
  reshape,
  transpose,
  concat,
  tile,
  gather,
  recurrent,
  groupNorm,
  argReduce,
  resample,
  matmul,
  convInteger,
  integer,
  compare,
  where,
  cast,
  binarize,
  unpack,
};

interface PreparedNode {
  readonly kernel: Kernel;
  readonly inputs: readonly TensorData[];
  readonly output: TensorData;
}

/**
 * Prepared once for a graph, then run for many samples. Every value has one buffer that all runs
 * share; nodes that depend on constants alone are computed here, once.
 */
export class Interpreter {
  private readonly graph: Graph;
  private readonly buffers = new Map<ValueId, TensorData>();
  private readonly nodes: PreparedNode[] = [];

  constructor(graph: Graph) {
    this.graph = graph;
    const constants = new Map<ValueId, TensorData>();
    for (const { id, data } of graph.values.values()) {
      if (data) constants.set(id, data);
    }
    for (const [id, data] of constants) this.buffers.set(id, data);
    for (const id of [...graph.inputs, ...graph.nodes.map((node) => node.output)]) {
      this.buffers.set(id, allocate(this.type(id)));
    }
    for (const node of graph.nodes) {
      const kernel = applyRule(PREPARE, node, this.siteOf(node, constants));
      const inputs = node.inputs.map((id) => this.buffer(id));
      const output = this.buffer(node.output);
      if (node.inputs.every((id) => constants.has(id))) {
        kernel(inputs, output);
        constants.set(node.output, output);
      } else {
        this.nodes.push({ kernel, inputs, output });
      }
    }
  }

  /**
   * The outputs for one set of inputs, in the graph's order, each in an array of its type. Bits
   * come and go as ±1. Throws `bad-input` when the inputs don't fit the graph.
   */
  run(inputs: readonly ArrayLike<number>[]): TensorData[] {
    this.compute(inputs);
    return this.graph.outputs.map((id) => {
      const buffer = this.buffer(id);
      if (this.type(id).dtype !== 'bit') return buffer.slice();
      return Float32Array.from(buffer, (bit) => 1 - 2 * bit);
    });
  }

  /** Every value of one run, inputs and constants included, as copies; bits as 0 and 1. */
  runAll(inputs: readonly ArrayLike<number>[]): Map<ValueId, TensorData> {
    this.compute(inputs);
    return new Map([...this.buffers].map(([id, data]) => [id, data.slice()]));
  }

  private compute(inputs: readonly ArrayLike<number>[]): void {
    const expected = this.graph.inputs;
    if (inputs.length !== expected.length) {
      const found = `${inputs.length} inputs were given, where the model has ${expected.length}`;
      fail({ code: 'bad-input', found });
    }
    for (const [index, id] of expected.entries()) {
      this.load(id, inputs[index] as ArrayLike<number>);
    }
    for (const { kernel, inputs, output } of this.nodes) kernel(inputs, output);
  }

  private load(id: ValueId, data: ArrayLike<number>): void {
    const { name, type } = getValue(this.graph, id);
    const count = elementCount(type.shape);
    if (data.length !== count) {
      const shape = `[${type.shape.join(', ')}]`;
      const found = `${data.length} elements were given for the input "${name}"`;
      fail({ code: 'bad-input', found: `${found}, whose shape ${shape} has ${count}` });
    }
    const buffer = this.buffer(id);
    if (type.dtype === 'bit') for (let i = 0; i < count; i++) buffer[i] = at(data, i) < 0 ? 1 : 0;
    else if (type.dtype === 'bool') buffer.set(Uint8Array.from(data, (x) => (x === 0 ? 0 : 1)));
    else buffer.set(data);
  }

  private siteOf(node: Node, constants: ReadonlyMap<ValueId, TensorData>): Site {
    return {
      inputs: node.inputs.map((id) => this.type(id)),
      output: this.type(node.output),
      known: (index) => constants.get(node.inputs[index] as ValueId),
    };
  }

  private type(id: ValueId): TensorType {
    return getValue(this.graph, id).type;
  }

  private buffer(id: ValueId): TensorData {
    const buffer = this.buffers.get(id);
    if (!buffer) throw new Error(`graph has no value %${id}`);
    return buffer;
  }
}

/** The result of one node alone: what constant folding puts in its place. */
export function evaluateNode(
  node: Node,
  inputs: readonly { readonly type: TensorType; readonly data: TensorData }[],
  outputType: TensorType,
): TensorData {
  const site: Site = {
    inputs: inputs.map(({ type }) => type),
    output: outputType,
    known: (index) => inputs[index]?.data,
  };
  const output = allocate(outputType);
  const operands = inputs.map(({ data }) => data);
  applyRule(PREPARE, node, site)(operands, output);
  return output;
}

function at(data: ArrayLike<number>, index: number): number {
  return data[index] as number;
}
