/**
 * Finds the values of a graph that are step functions of another value, however they are written:
 * a comparison with a constant, a sign or a heaviside is one, and so is what elementwise ops make of
 * steps of one base and of numbers. What an op makes of them the reference interpreter says.
 *
 * The straight-through estimator of a trained step, x + (step - x), is that step up to rounding.
 *
 * A NaN falls in no cell. Comparisons with it are false, and its sign is +1.
 */
import { GraphBuilder } from '../../ir/builder.ts';
import type { Graph } from '../../ir/graph.ts';
import { getValue, producersOf } from '../../ir/graph.ts';
import type { Node, NodeOf, ValueId } from '../../ir/ops.ts';
import { Interpreter } from '../../ir/reference/interpreter.ts';
import { isIdentity } from '../../ir/traits.ts';
import { uniformValue } from '../affine.ts';
import {
  type Base,
  commonBreaks,
  type Step,
  sameBase,
  simplified,
  stepAt,
  valuesOver,
} from './step.ts';

export function findSteps(graph: Graph): Map<ValueId, Step> {
  const finder = new Finder(graph);
  for (const node of graph.nodes) finder.visit(node);
  return finder.steps;
}

type Elementwise = Node &
  (
    | NodeOf<'unary'>
    | NodeOf<'binary'>
    | NodeOf<'integer'>
    | NodeOf<'compare'>
    | NodeOf<'where'>
    | NodeOf<'cast'>
  );

class Finder {
  readonly steps = new Map<ValueId, Step>();
  private readonly graph: Graph;
  private readonly producers: ReadonlyMap<ValueId, Node>;
  private readonly numbers = new Map<ValueId, number | undefined>();

  constructor(graph: Graph) {
    this.graph = graph;
    this.producers = producersOf(graph);
  }

  visit(node: Node): void {
    if (!isElementwise(node)) return;
    const found = this.straightThrough(node) ?? this.mapped(node) ?? this.seed(node);
    if (found) this.steps.set(node.output, simplified(found));
  }

  /** A step that is the first one on its way. */
  private seed(node: Elementwise): Step | undefined {
    if (node.op === 'unary') {
      const base = { x: node.inputs[0] as ValueId };
      if (node.attrs.unary.fn === 'signum') return stepAt(base, 0, [-1, 0, 1]);
      if (node.attrs.unary.fn === 'sign') return stepAt(base, 0, [-1, 1, 1]);
      if (node.attrs.unary.fn === 'heaviside') return stepAt(base, 0, [0, 0, 1]);
    }
    return node.op === 'compare' ? this.comparison(node) : undefined;
  }

  /**
   * Guard: f32. The order of two numbers is that of their difference and 0, since the difference of
   * unequal numbers never rounds to 0.
   */
  private comparison(node: NodeOf<'compare'>): Step | undefined {
    const [a, b] = node.inputs as readonly [ValueId, ValueId];
    if (getValue(this.graph, a).type.dtype !== 'f32') return undefined;
    const less = node.attrs.fn === 'equal' ? 0 : 1;
    const equal = node.attrs.fn === 'less' ? 0 : 1;
    const [left, right] = [this.number(a), this.number(b)];
    if (right !== undefined && Number.isFinite(right)) {
      return stepAt({ x: a }, right, [less, equal, 0]);
    }
    if (left !== undefined && Number.isFinite(left)) {
      return stepAt({ x: b }, left, [0, equal, less]);
    }
    return stepAt({ x: a, minus: b }, 0, [less, equal, 0]);
  }

  /** Guard: all operands are numbers or steps of one base, one of them at least a step. */
  private mapped(node: Elementwise): Step | undefined {
    const operands: (Step | number)[] = [];
    let base: Base | undefined;
    for (const id of node.inputs) {
      const operand = this.steps.get(id) ?? this.number(id);
      if (operand === undefined) return undefined;
      if (typeof operand !== 'number') {
        if (base && !sameBase(base, operand.base)) return undefined;
        base = operand.base;
      }
      operands.push(operand);
    }
    const breaks = commonBreaks(operands.filter((operand) => typeof operand !== 'number'));
    if (!base || !breaks) return undefined;
    const cells = operands.map((operand) => {
      const count = 2 * breaks.length + 1;
      return typeof operand === 'number'
        ? new Array<number>(count).fill(operand)
        : valuesOver(operand, breaks);
    });
    return { base, breaks, values: this.evaluate(node, cells) };
  }

  /** The node on a row of numbers for each operand. */
  private evaluate(node: Elementwise, rows: readonly (readonly number[])[]): number[] {
    const builder = new GraphBuilder();
    const inputs = rows.map((row, index) => {
      const { dtype } = getValue(this.graph, node.inputs[index] as ValueId).type;
      const data = dtype === 'f32' ? Float32Array.from(row) : Int32Array.from(row);
      return builder.constant('', { dtype, shape: [row.length] }, data);
    });
    const result = put(builder, node, inputs);
    const [data] = new Interpreter(builder.finish('', [result])).run([]);
    return Array.from(data ?? []);
  }

  private straightThrough(node: Elementwise): Step | undefined {
    if (node.op !== 'binary' || !isIdentity(node.attrs.activation)) return undefined;
    const [a, b] = node.inputs.map((id) => this.source(id)) as [ValueId, ValueId];
    if (node.attrs.fn === 'add') return this.differenceFrom(a, b) ?? this.differenceFrom(b, a);
    return undefined;
  }

  /** The step s where b is s - a. */
  private differenceFrom(a: ValueId, b: ValueId): Step | undefined {
    const node = this.producers.get(b);
    if (node?.op !== 'binary' || node.attrs.fn !== 'sub') return undefined;
    const [s, x] = node.inputs.map((id) => this.source(id)) as [ValueId, ValueId];
    return x === a && isIdentity(node.attrs.activation) ? this.steps.get(s) : undefined;
  }

  /** Behind identities, which exporters leave where gradients were stopped. */
  private source(id: ValueId): ValueId {
    let current = id;
    for (;;) {
      const node = this.producers.get(current);
      if (node?.op !== 'unary' || !isIdentity(node.attrs.unary)) return current;
      current = node.inputs[0] as ValueId;
    }
  }

  /** The one number that a constant holds. */
  private number(id: ValueId): number | undefined {
    if (!this.numbers.has(id)) {
      const { data } = getValue(this.graph, id);
      this.numbers.set(id, data && uniformValue(data));
    }
    return this.numbers.get(id);
  }
}

/** Guard: no types besides f32 and i32, which have one meaning everywhere. */
function isElementwise(node: Node): node is Elementwise {
  switch (node.op) {
    case 'unary':
    case 'binary':
    case 'integer':
    case 'compare':
    case 'where':
      return true;
    case 'cast':
      return node.attrs.to === 'f32' || node.attrs.to === 'i32';
    default:
      return false;
  }
}

function put(builder: GraphBuilder, node: Elementwise, inputs: readonly ValueId[]): ValueId {
  switch (node.op) {
    case 'unary':
      return builder.add('unary', node.attrs, inputs, node);
    case 'binary':
      return builder.add('binary', node.attrs, inputs, node);
    case 'integer':
      return builder.add('integer', node.attrs, inputs, node);
    case 'compare':
      return builder.add('compare', node.attrs, inputs, node);
    case 'where':
      return builder.add('where', node.attrs, inputs, node);
    case 'cast':
      return builder.add('cast', node.attrs, inputs, node);
  }
}
