/** How a value comes to hold exact zeros: what tells a sign of floats from one of anything else. */
import type { Node, NodeOf, Unary, ValueId } from '../ir/ops.ts';
import { jumps, unaryFunction } from '../ir/traits.ts';
import { channelMagnitudes } from './binary-weights.ts';
import { linksOf, type Step } from './chain.ts';
import { type Domain, domainOf } from './domains.ts';
import { isLayer, type Layer, outputChannels, weightsOf } from './layers.ts';
import type { Rewriter } from './rewrite.ts';

/**
 * - chance: no more often than any other float
 * - often: 0 stands out, as after a relu or in padding
 * - discrete: integers, or a few numbers that 0 may be one of
 * - of sums: whole multiples of one number per channel, and steps after them
 */
export type Zero = 'chance' | 'often' | 'discrete' | 'of sums';

/** Ops whose elements are all elements of their operands. */
export function copiesElements(node: Node): boolean {
  switch (node.op) {
    case 'reshape':
    case 'transpose':
    case 'slice':
    case 'tile':
    case 'concat':
    case 'pad':
    case 'maxPool2d':
      return true;
    case 'resize2d':
      return node.attrs.mode === 'nearest';
    default:
      return false;
  }
}

export class ZeroFinder {
  private readonly rewriter: Rewriter;
  private readonly domains = new Map<ValueId, Domain>();
  private readonly zeros = new Map<ValueId, Zero>();

  constructor(rewriter: Rewriter) {
    this.rewriter = rewriter;
  }

  /** Guard: nodes are visited producers first. */
  visit(node: Node): void {
    const domain = domainOf(node, this.domains, this.rewriter);
    if (domain) this.domains.set(node.output, domain);
    this.zeros.set(node.output, this.zeroOf(node, domain));
  }

  of(id: ValueId): Zero {
    const data = this.rewriter.floats(id);
    if (data) return data.includes(0) ? 'often' : 'chance';
    const { dtype } = this.rewriter.type(id);
    return this.zeros.get(id) ?? (dtype === 'f32' ? 'chance' : 'discrete');
  }

  /** Which two numbers a value holds. */
  domainOf(id: ValueId): Domain | undefined {
    return this.domains.get(id);
  }

  private zeroOf(node: Node, domain: Domain | undefined): Zero {
    if (domain) return domain === 'zeroOne' ? 'discrete' : 'chance';
    if (this.rewriter.type(node.output).dtype !== 'f32') return 'discrete';
    if (isLayer(node)) return this.sumsTwoNumbers(node) ? 'of sums' : 'chance';
    const links = linksOf(this.rewriter, node);
    const data = node.inputs.filter((id) => !this.rewriter.isConstant(id));
    if (links && data.length === 1) {
      const steps = links.filter((link) => link.kind === 'step').reverse();
      return this.afterSteps(node, this.of(data[0] as ValueId), steps);
    }
    switch (node.op) {
      case 'unary':
        return afterFunction(node.attrs.unary, this.of(node.inputs[0] as ValueId));
      case 'pad':
        return node.attrs.value === 0 ? 'often' : this.of(node.inputs[0] as ValueId);
      case 'binary':
        return this.ofBinary(node);
      case 'where':
        return worst(node.inputs.slice(1).map((id) => this.of(id)));
      case 'cast':
        return 'discrete';
      default:
        return this.ofOther(node);
    }
  }

  private ofOther(node: Node): Zero {
    const zero = worst(node.inputs.map((id) => this.of(id)));
    if (copiesElements(node)) return zero;
    return zero === 'chance' || zero === 'often' ? 'chance' : 'discrete';
  }

  /** A sum is as random as the more random of its terms; one with a constant is moved by that. */
  private ofBinary({ attrs, inputs }: NodeOf<'binary'>): Zero {
    const zeros = inputs.map((id) => this.of(id));
    if (attrs.fn !== 'add' && attrs.fn !== 'sub') return worst(zeros);
    const constant = inputs.findIndex((id) => this.rewriter.isConstant(id));
    const data = zeros.filter((_, index) => index !== constant);
    if (data.includes('chance')) return 'chance';
    if (constant >= 0 && data.includes('often')) return zeros[constant] as Zero;
    return 'discrete';
  }

  /** A layer that adds two numbers, or a number and 0, as many times as it has products. */
  private sumsTwoNumbers(layer: Layer): boolean {
    const { rewriter } = this;
    const x = layer.inputs[0] as ValueId;
    const inner = rewriter.producerOf(x, 'pad')?.inputs[0] ?? x;
    const weights = rewriter.floats(weightsOf(layer));
    if (!weights || !(this.domains.has(x) || this.domains.has(inner))) return false;
    return channelMagnitudes(weights, outputChannels(rewriter, layer)) !== undefined;
  }

  private afterSteps(node: Node, before: Zero, steps: readonly Step[]): Zero {
    if (node.op === 'unary' && jumps(node.attrs.unary)) return 'discrete';
    if (before === 'discrete' || before === 'of sums') return before;
    const channels = this.rewriter.shape(node.output).at(-1) ?? 1;
    for (let c = 0; c < channels; c++) {
      const evaluate = (x: number): number => steps.reduce((y, step) => step.evaluate(y, c), x);
      if (isFlatAtZero(evaluate) || (before === 'often' && evaluate(0) === 0)) return 'often';
    }
    return 'chance';
  }
}

function afterFunction(unary: Unary, before: Zero): Zero {
  if (jumps(unary)) return 'discrete';
  if (before === 'discrete' || before === 'of sums') return before;
  const evaluate = unaryFunction(unary);
  return isFlatAtZero(evaluate) || (before === 'often' && evaluate(0) === 0) ? 'often' : 'chance';
}

/** Functions that are 0 for more than single numbers. */
function isFlatAtZero(evaluate: (x: number) => number): boolean {
  return [-2, -1 / 1024, 1 / 1024, 2].filter((x) => evaluate(x) === 0).length > 1;
}

function worst(zeros: readonly Zero[]): Zero {
  const known: readonly Zero[] = ['discrete', 'of sums', 'often'];
  return known.find((zero) => zeros.includes(zero)) ?? 'chance';
}
