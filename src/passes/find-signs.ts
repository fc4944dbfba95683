/**
 * Signs, however they are written: Sign(Sign(x) + c), x >= 0 ? 1 : -1, 2·(x > 0) - 1, with clips and
 * casts around them. A value that is a step function of another one (`steps/`) and takes two numbers
 * becomes one sign or heaviside, of which the other passes know what bits are:
 *
 *   -1 below, +1 from 0 on            sign(x)             with +1 below: sign(-x), and so on
 *   -1 up to 0, +1 above              -sign(-x)
 *   0 up to 0, 1 above                heaviside(x)
 *   0 below, 1 from 0 on              1 - heaviside(-x)
 *   lo and hi                         (hi - lo)/2 · sign + (hi + lo)/2, when that is exact
 *   -1, 0 at 0, +1                    signum(x)
 *
 * For a threshold other than 0 it is the sign of x - t: the difference of unequal numbers never
 * rounds to 0, and has their order. A NaN is one of the two numbers afterwards, too: it counts as
 * what `sign` and `heaviside` make of it, which need not be what the source's form would.
 */

import type { Node, Unary, ValueId } from '../ir/ops.ts';
import { IDENTITY } from '../ir/ops.ts';
import { equalShapes } from '../ir/shape-math.ts';
import { broadcastShapes } from '../ir/shapes.ts';
import type { Pass } from './pass.ts';
import { Rewriter } from './rewrite.ts';
import { findSteps } from './steps/find.ts';
import type { Base, Step } from './steps/step.ts';

export const findSigns: Pass = {
  name: 'find-signs',
  summary: 'write step functions of two values as signs',
  binary: true,
  run(graph) {
    const steps = findSteps(graph);
    if (steps.size === 0) return graph;
    const rewriter = new Rewriter(graph);
    rewriter.visit((node) => {
      const step = steps.get(node.output);
      const isRead =
        rewriter.isOutput(node.output) ||
        rewriter.consumers(node.output).some((reader) => !steps.has(reader.output));
      if (step && isRead && !isWrittenAsSign(rewriter, node, steps)) rewrite(rewriter, node, step);
    });
    return rewriter.finish();
  },
};

type Steps = ReadonlyMap<ValueId, Step>;

const SIGNS: readonly Unary['fn'][] = ['sign', 'heaviside', 'signum'];

/** A sign, or a function of one that the patterns above give. */
function isWrittenAsSign(rewriter: Rewriter, node: Node, steps: Steps): boolean {
  if (isFirstSign(node, steps)) return true;
  const isNegation = node.op === 'unary' && node.attrs.unary.fn === 'neg';
  if (!isNegation && node.op !== 'binary') return false;
  const operands = node.inputs.filter((id) => !rewriter.isConstant(id));
  const [only] = operands.map((id) => rewriter.producer(id));
  return operands.length === 1 && only !== undefined && isFirstSign(only, steps);
}

/** A sign of something that isn't a step. */
function isFirstSign(node: Node, steps: Steps): boolean {
  const isSign = node.op === 'unary' && SIGNS.includes(node.attrs.unary.fn);
  return isSign && !steps.has(node.inputs[0] as ValueId);
}

/** Guard: f32, in the shape of what it is a function of. */
function rewrite(rewriter: Rewriter, node: Node, step: Step): void {
  const { dtype, shape } = rewriter.type(node.output);
  const [below, at, above] = step.values;
  if (dtype !== 'f32' || step.breaks.length !== 1) return;
  if (below === undefined || at === undefined || above === undefined) return;
  const known = baseShape(rewriter, step.base);
  if (!known || !equalShapes(known, shape)) return;
  new Writer(rewriter, node, step).write(below, at, above);
}

function baseShape(rewriter: Rewriter, { x, minus }: Base): readonly number[] | undefined {
  const shape = rewriter.shape(x);
  return minus === undefined ? shape : broadcastShapes(shape, rewriter.shape(minus));
}

class Writer {
  private readonly rewriter: Rewriter;
  private readonly node: Node;
  private readonly base: Base;
  private readonly threshold: number;

  constructor(rewriter: Rewriter, node: Node, { base, breaks }: Step) {
    this.rewriter = rewriter;
    this.node = node;
    this.base = base;
    this.threshold = breaks[0] as number;
  }

  write(below: number, at: number, above: number): void {
    const { output } = this.node;
    if (below === -1 && at === 0 && above === 1) {
      this.unary('signum', this.argument(1), output);
      return;
    }
    if (below === above || (at !== below && at !== above)) return;
    const [low, high] = below < above ? [below, above] : [above, below];
    // A sign counts a tie as high, a heaviside as low.
    const direction = below < above ? 1 : -1;
    if (low === 0 && high === 1) this.heaviside(direction, at === low, output);
    else if (low === -1 && high === 1) this.sign(direction, at === high, output);
    else this.scaled(direction, at === high, low, high);
  }

  /** ±1 for a falling or rising step, with its ties where they belong. */
  private sign(direction: 1 | -1, tiesAreHigh: boolean, output?: ValueId): ValueId {
    if (tiesAreHigh) return this.unary('sign', this.argument(direction), output);
    const negative = this.unary('sign', this.argument(direction === 1 ? -1 : 1));
    return this.unary('neg', negative, output);
  }

  private heaviside(direction: 1 | -1, tiesAreLow: boolean, output?: ValueId): ValueId {
    if (tiesAreLow) return this.unary('heaviside', this.argument(direction), output);
    const opposite = this.unary('heaviside', this.argument(direction === 1 ? -1 : 1));
    return this.binary('sub', this.number(1), opposite, output);
  }

  /** Guard: it gives the two numbers exactly. */
  private scaled(direction: 1 | -1, tiesAreHigh: boolean, low: number, high: number): void {
    const scale = Math.fround((high - low) / 2);
    const shift = Math.fround((high + low) / 2);
    const value = (sign: number): number => Math.fround(Math.fround(sign * scale) + shift);
    if (value(-1) !== low || value(1) !== high) return;
    const { output } = this.node;
    const sign = this.sign(direction, tiesAreHigh);
    if (shift === 0) {
      this.binary('mul', sign, this.number(scale), output);
      return;
    }
    this.binary('add', this.binary('mul', sign, this.number(scale)), this.number(shift), output);
  }

  /** x - t, or t - x. */
  private argument(direction: 1 | -1): ValueId {
    const { x, minus } = this.base;
    if (minus !== undefined) {
      return direction === 1 ? this.binary('sub', x, minus) : this.binary('sub', minus, x);
    }
    if (this.threshold !== 0) {
      const t = this.number(this.threshold);
      return direction === 1 ? this.binary('sub', x, t) : this.binary('sub', t, x);
    }
    return direction === 1 ? x : this.unary('neg', x);
  }

  private unary(fn: 'sign' | 'heaviside' | 'signum' | 'neg', x: ValueId, output?: ValueId) {
    return this.rewriter.put('unary', { unary: { fn } }, [x], this.node, output);
  }

  private binary(fn: 'add' | 'sub' | 'mul', a: ValueId, b: ValueId, output?: ValueId): ValueId {
    return this.rewriter.put('binary', { fn, activation: IDENTITY }, [a, b], this.node, output);
  }

  private number(value: number): ValueId {
    const type = { dtype: 'f32', shape: [] } as const;
    return this.rewriter.constant(this.node.name, type, Float32Array.of(value));
  }
}
