/**
 * From an ONNX file to a graph: initializers and inputs become operands by name, and the nodes,
 * in order, look up the rule of their operator (`operators/`). Functions of the model and branches
 * whose condition is known are imported in place.
 *
 * All operators that have no rule are reported at once, and so are all nodes that are refused
 * otherwise; nodes behind one that failed are passed over.
 */
import { BinarynetError, fail, type Problem } from '../../errors.ts';
import { externalBytes, externalPath, readExternalFiles } from '../../formats/onnx/external.ts';
import {
  type OnnxAttribute,
  type OnnxFunction,
  type OnnxGraph,
  type OnnxModel,
  type OnnxNode,
  type OnnxTensor,
  readOnnxModel,
} from '../../formats/onnx/model.ts';
import { tensorValues } from '../../formats/onnx/tensor-data.ts';
import { GraphBuilder } from '../../ir/builder.ts';
import type { Graph } from '../../ir/graph.ts';
import type { ValueId } from '../../ir/ops.ts';
import type { ModelSource } from '../source.ts';
import { type Importer, NodeContext } from './context.ts';
import { heldData, type Known, type Operand, typeTraits } from './operand.ts';
import { checkOpset, ruleOf } from './operators/index.ts';
import { nodeLabel, orderNodes } from './order.ts';
import { addInput, addOutput, type InputShapes, inputShapes } from './ports.ts';

const MAX_DEPTH = 32;

/** Elements that constants may be computed to, beyond a few times those of the weights. */
const MAX_COMPUTED = 2 ** 26;

/** Nodes that functions and branches may be written out to: calls of calls grow without end. */
const MAX_WRITTEN_OUT = 2 ** 17;

/** Throws a `BinarynetError` that names every node that can't be imported. */
export function importOnnx(
  source: ModelSource,
  name: string,
  shapes: InputShapes = {},
): Promise<Graph> {
  return importOnnxModel(readOnnxModel(source.bytes), source, name, shapes);
}

/** The same for a file that has been read; `source` gives the files beside it. */
export async function importOnnxModel(
  model: OnnxModel,
  source: Pick<ModelSource, 'sibling'>,
  name: string,
  shapes: InputShapes = {},
): Promise<Graph> {
  checkOpset(model.opsets.get('') ?? 1);
  const { nodes, reads } = orderNodes(
    model.graph.nodes,
    model.graph.outputs.map((output) => output.name),
  );
  const functionOf = functionsByName(model);
  checkOperators(nodes, functionOf);
  const weights = model.graph.initializers.filter((tensor) => reads.has(tensor.name));
  const files = await readExternalFiles([...nodes.flatMap(attributeTensors), ...weights], (path) =>
    source.sibling(path),
  );
  return new ModelImporter(model, functionOf, files).import(name, shapes, nodes, reads);
}

type Scope = Map<string, Operand>;

/** The function of the model that a node calls. */
type FunctionOf = (node: OnnxNode) => OnnxFunction | undefined;

class ModelImporter {
  private readonly builder = new GraphBuilder();
  private readonly model: OnnxModel;
  private readonly functionOf: FunctionOf;
  private readonly files: ReadonlyMap<string, Uint8Array>;
  private readonly problems: Problem[] = [];
  private reads: ReadonlySet<string> = new Set();
  private depth = 0;
  private writtenOut = 0;
  private computed = 0;
  private stored = 0;

  constructor(model: OnnxModel, functionOf: FunctionOf, files: ReadonlyMap<string, Uint8Array>) {
    this.model = model;
    this.functionOf = functionOf;
    this.files = files;
  }

  import(
    name: string,
    shapes: InputShapes,
    nodes: readonly OnnxNode[],
    reads: ReadonlySet<string>,
  ): Graph {
    const { graph } = this.model;
    const scope: Scope = new Map();
    this.reads = reads;
    refuseSparse(graph, reads);
    this.addInitializers(graph, scope, reads);
    const inputs = graph.inputs.filter((input) => !scope.has(input.name));
    const sizes = inputShapes(inputs, shapes);
    for (const info of inputs) {
      scope.set(info.name, addInput(this.builder, info, sizes.get(info.name) ?? []));
    }
    this.importNodes(nodes, scope, this.model.opsets);
    if (this.problems.length > 0) throw new BinarynetError(this.problems);
    // No value is two outputs, or an input and an output: those are copied.
    const taken = new Set<ValueId>(inputs.flatMap((info) => scope.get(info.name)?.id ?? []));
    const outputs = graph.outputs.map((output) => {
      const operand = scope.get(output.name);
      if (!operand) {
        return fail({ code: 'corrupt', found: `Nothing computes the output "${output.name}".` });
      }
      const id = addOutput(this.builder, output.name, operand, taken);
      taken.add(id);
      return id;
    });
    if (outputs.length === 0) fail({ code: 'corrupt', found: 'The model has no outputs.' });
    return this.builder.finish(name, outputs);
  }

  private addInitializers(graph: OnnxGraph, scope: Scope, reads: ReadonlySet<string>): void {
    for (const tensor of graph.initializers) {
      if (!reads.has(tensor.name)) continue;
      const weights = this.decode(tensor);
      this.stored += weights.data.length;
      scope.set(tensor.name, weights);
    }
  }

  private importNodes(
    nodes: readonly OnnxNode[],
    scope: Scope,
    opsets: ReadonlyMap<string, number>,
  ): void {
    const failed = new Set<string>();
    for (const node of nodes) {
      if (node.inputs.some((name) => failed.has(name))) {
        for (const name of node.outputs) failed.add(name);
        continue;
      }
      try {
        this.importNode(node, scope, opsets);
      } catch (error) {
        if (!(error instanceof BinarynetError)) throw error;
        const label = nodeLabel(node);
        for (const problem of error.problems) this.problems.push({ node: label, ...problem });
        for (const name of node.outputs) failed.add(name);
      }
    }
    if (this.problems.length > 0 && this.depth > 0)
      throw new BinarynetError(this.problems.splice(0));
  }

  private importNode(node: OnnxNode, scope: Scope, opsets: ReadonlyMap<string, number>): void {
    const { name, op } = nodeLabel(node);
    const operands = node.inputs.map((input) => this.find(input, scope, node));
    const results = this.resultsOf(node, operands, scope, opsets);
    for (const [index, output] of node.outputs.entries()) {
      const result = results[index];
      if (output === '') continue;
      if (result) scope.set(output, { ...result, name: output });
      else if (this.reads.has(output)) {
        const found = `Its output ${index} ("${output}") is not supported.`;
        fail({ code: 'unsupported', found, node: { name, op } });
      }
    }
  }

  private resultsOf(
    node: OnnxNode,
    operands: readonly (Operand | undefined)[],
    scope: Scope,
    opsets: ReadonlyMap<string, number>,
  ): readonly (Operand | undefined)[] {
    const rule = ruleOf(node);
    if (!rule) return this.inline(this.functionOf(node), node, operands);
    const { name, op } = nodeLabel(node);
    const importer: Importer = {
      builder: this.builder,
      importBranch: (graph) => this.importBranch(graph, scope, opsets),
      decode: (tensor) => this.decode(tensor),
      isRead: (output) => this.reads.has(output),
      spend: (elements) => this.spend(elements),
    };
    const opset = opsets.get(node.domain) ?? opsets.get('') ?? 1;
    const origin = { name, sourceOp: op };
    const result = rule(new NodeContext(node, origin, operands, opset, importer));
    return 'elementType' in result ? [result] : result;
  }

  private find(name: string, scope: Scope, node: OnnxNode): Operand | undefined {
    if (name === '') return undefined;
    const operand = scope.get(name);
    if (operand) return operand;
    return fail({
      code: 'corrupt',
      found: `It reads "${name}", which nothing computes.`,
      node: nodeLabel(node),
    });
  }

  /** The body of a function in place of a call of it. */
  private inline(
    called: OnnxFunction | undefined,
    node: OnnxNode,
    operands: readonly (Operand | undefined)[],
  ): readonly (Operand | undefined)[] {
    if (!called) throw new Error(`${node.opType} has neither a rule nor a function`);
    const scope: Scope = new Map();
    for (const [index, name] of called.inputs.entries()) {
      const operand = operands[index];
      if (operand) scope.set(name, operand);
    }
    const body = called.nodes.map((inner) => withAttributes(inner, node, called));
    const opsets = new Map([...this.model.opsets, ...called.opsets]);
    checkOpset(opsets.get('') ?? 1);
    return this.nested(() => this.importBody(body, called.outputs, scope, opsets));
  }

  private importBranch(
    graph: OnnxGraph,
    around: Scope,
    opsets: ReadonlyMap<string, number>,
  ): readonly Operand[] {
    const scope: Scope = new Map(around);
    const outputs = graph.outputs.map(({ name }) => name);
    return this.nested(() => {
      for (const tensor of graph.initializers) scope.set(tensor.name, this.decode(tensor));
      return this.importBody(graph.nodes, outputs, scope, opsets);
    });
  }

  private importBody(
    nodes: readonly OnnxNode[],
    outputs: readonly string[],
    scope: Scope,
    opsets: ReadonlyMap<string, number>,
  ): readonly Operand[] {
    const order = orderNodes(nodes, outputs);
    checkOperators(order.nodes, this.functionOf);
    this.writtenOut += order.nodes.length;
    if (this.writtenOut > MAX_WRITTEN_OUT) {
      const found = `Functions and branches make more than ${MAX_WRITTEN_OUT} nodes.`;
      fail({ code: 'too-large', found });
    }
    const outside = this.reads;
    this.reads = order.reads;
    try {
      this.importNodes(order.nodes, scope, opsets);
    } finally {
      this.reads = outside;
    }
    return outputs.map(
      (name) =>
        scope.get(name) ?? fail({ code: 'corrupt', found: `Nothing computes "${name}" in it.` }),
    );
  }

  private nested<T>(action: () => T): T {
    if (this.depth >= MAX_DEPTH) {
      fail({ code: 'too-large', found: `Functions or branches are nested ${MAX_DEPTH} deep.` });
    }
    this.depth++;
    try {
      return action();
    } finally {
      this.depth--;
    }
  }

  private spend(elements: number): void {
    this.computed += elements;
    if (this.computed <= MAX_COMPUTED + 8 * this.stored) return;
    fail({
      code: 'too-large',
      found: 'What the model computes of constants alone takes too long.',
      fix: 'Fold it before, for instance with onnxsim.',
    });
  }

  private decode(tensor: OnnxTensor): Known {
    const { name, elementType, dims } = tensor;
    const traits = typeTraits(elementType);
    if (!traits) {
      return fail({
        code: 'unsupported',
        found: `The tensor "${name}" is of the type ${elementType}.`,
        fix: 'Tensors of floats, integers and booleans are supported.',
      });
    }
    const file = tensor.external && this.files.get(externalPath(tensor));
    const values = tensorValues(tensor, file && externalBytes(tensor, file));
    const { dtype } = traits;
    return { name, elementType, dtype, shape: dims, data: heldData(values, dtype) };
  }
}

function refuseSparse(graph: OnnxGraph, reads: ReadonlySet<string>): void {
  const sparse = graph.sparseInitializers.find((name) => reads.has(name));
  if (sparse === undefined) return;
  fail({
    code: 'unsupported',
    found: `The weights "${sparse}" are stored as a sparse tensor.`,
    fix: 'Export the model with dense weights.',
  });
}

/** Reports all operators that can't be imported, before anything else is done. */
function checkOperators(nodes: readonly OnnxNode[], functionOf: FunctionOf): void {
  const problems = nodes.flatMap((node): Problem[] => {
    if (ruleOf(node) || functionOf(node)) return [];
    const operator = node.domain ? `${node.domain}.${node.opType}` : node.opType;
    const found = `The operator ${operator.slice(0, 100)} is not supported.`;
    const fix = 'docs/onnx.md lists those that are.';
    return [{ code: 'unsupported', found, fix, node: nodeLabel(node) }];
  });
  if (problems.length > 0) throw new BinarynetError(problems);
}

function functionsByName({ functions }: OnnxModel): FunctionOf {
  const keyOf = (...names: readonly string[]): string => JSON.stringify(names);
  const table = new Map<string, OnnxFunction>();
  for (const called of functions) {
    const key = keyOf(called.domain, called.name, called.overload);
    if (!table.has(key)) table.set(key, called);
  }
  return ({ domain, opType, overload = '' }) => table.get(keyOf(domain, opType, overload));
}

/** A node of a function's body with the attributes that the call gives it. */
function withAttributes(inner: OnnxNode, call: OnnxNode, called: OnnxFunction): OnnxNode {
  const attributes = new Map<string, OnnxAttribute>();
  for (const [name, attribute] of inner.attributes) {
    const { reference } = attribute;
    if (reference === undefined) attributes.set(name, attribute);
    else {
      const given = call.attributes.get(reference) ?? called.defaults.get(reference);
      if (given) attributes.set(name, given);
    }
  }
  return { ...inner, name: inner.name || nodeLabel(call).name, attributes };
}

/** Tensors in a node's attributes, which may lie in files of their own as well. */
function attributeTensors(node: OnnxNode): OnnxTensor[] {
  return [...node.attributes.values()].flatMap((attribute): OnnxTensor[] => {
    if (attribute.kind === 'tensor') return [attribute.value];
    if (attribute.kind !== 'graph') return [];
    return [...attribute.value.initializers, ...attribute.value.nodes.flatMap(attributeTensors)];
  });
}
