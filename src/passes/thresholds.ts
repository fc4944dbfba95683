/**
 * Sign after a chain of monotone steps: one comparison per channel.
 *
 * 1. Before a `binarize` stands, with no other use of anything between, a chain of steps (bias,
 *    batch norm, scale, monotone function), max pools and reshapes that keep the last axis. At its
 *    top is a layer's sum, or any other tensor. Call that number a, and the steps in order, each
 *    with its own rounding to f32, F. The bit is
 *
 *        bit(a) = F(a)·direction < threshold
 *
 *    Rounding is monotone, so every step and hence F is: per channel it rises, falls or, when a
 *    slope is 0, is constant. Its sense is the product of the senses of its steps.
 *
 * 2. Max pools choose elements, so they commute with what is monotone. Let g be the part of F behind
 *    a pool, and f the part before:
 *
 *        bit of g(max f(aᵢ)) = AND of the bits of g(f(aᵢ))   where bit∘g is set for small numbers
 *                            = OR of them                    where it is set for large ones
 *
 *    since the bit of the largest number is set, in the first case, only if all are; in the second,
 *    if any is. Whether f rises or falls doesn't matter: it decides bits, not how they join. So the
 *    bit is found first, at the top, and pools pool packed bits; their OR mask is the second case.
 *
 * 3. If bit(a) is set for small a, the threshold t is the least a where it is not set, found by
 *    bisection with F as it is, over the integers [-K, K] where bits are multiplied with bits, over
 *    all floats elsewhere: bit = a < t, with equal bits for every a, ties included.
 *
 * 4. If it is set for large a, the layer's weights of that channel are negated (bits flipped). Then
 *    the sum is -a, exactly: a sum of ±1 or of rounded floats negates without error, a tap outside
 *    contributes padValue·w, which negates too, or nothing. With a' = -a the bit is set for small
 *    a', and 3. applies to F(-a'). Where the top is no layer, `binarize` has a direction for this.
 *
 * 5. A constant channel needs no search: its threshold is beyond every sum.
 */
import type { NodeOf, ValueId } from '../ir/ops.ts';
import {
  chainOperand,
  type Direction,
  epilogueLinks,
  type Link,
  linksOf,
  type Passage,
} from './chain.ts';
import { mapByChannel } from './channels.ts';
import {
  isIntegerLayer,
  isLayer,
  type Layer,
  outputChannels,
  productsPerOutput,
  putLayer,
  weightsOf,
} from './layers.ts';
import type { Pass } from './pass.ts';
import { Rewriter } from './rewrite.ts';
import { floatThreshold, integerThreshold } from './search.ts';

export const thresholds: Pass = {
  name: 'thresholds',
  summary: 'turn a chain of monotone steps before a sign into one comparison per channel',
  binary: true,
  run(graph) {
    const rewriter = new Rewriter(graph);
    rewriter.visit((node) => {
      if (node.op === 'binarize') absorbChain(rewriter, node);
    });
    return rewriter.finish();
  },
};

/** A chain from a `binarize` back to its top. */
interface Chain {
  /** In the order of the data: the first is next to the top. */
  readonly links: readonly Link[];
  readonly top: ValueId;
  /** The layer that computes the top, when it can take the comparison into its epilogue. */
  readonly layer?: Layer;
}

/** Per channel: whether the bit is set for small numbers at the top, large ones, or regardless. */
interface Senses {
  readonly atTop: readonly Direction[];
  /** One mask per max pool, in the order of the data: 1 where bits are joined by OR. */
  readonly orMasks: readonly Uint8Array[];
}

function absorbChain(rewriter: Rewriter, node: NodeOf<'binarize'>): void {
  const [threshold, direction] = [1, 2].map((i) => rewriter.floats(node.inputs[i] as ValueId));
  if (!threshold || !direction || !threshold.every(Number.isFinite)) return;
  const chain = findChain(rewriter, node.inputs[0] as ValueId);
  if (!chain.layer && chain.links.length === 0) return;
  const steps = chain.links.filter((link) => link.kind === 'step');
  const isSet = (a: number, c: number): boolean => {
    let value = a;
    for (const step of steps) value = step.evaluate(value, c);
    return value * (direction[c] as number) < (threshold[c] as number);
  };
  const senses = findSenses(chain.links, direction);
  const passages = chain.links.filter((link) => link.kind !== 'step');
  const output = passages.length === 0 ? node.output : undefined;
  const bits = chain.layer
    ? compareInLayer(rewriter, chain.layer, isSet, senses.atTop, output)
    : compareAlone(rewriter, node, chain.top, isSet, senses.atTop, output);
  putPassages(rewriter, passages, senses.orMasks, bits, node.output);
  rewriter.dropUnused(node.inputs[0] as ValueId);
}

/** Guard: every value on the way is read once and not returned. */
function findChain(rewriter: Rewriter, from: ValueId): Chain {
  const backwards: Link[] = [];
  let top = from;
  while (rewriter.hasOneUse(top)) {
    const node = rewriter.producer(top);
    if (isLayer(node) && rewriter.isConstant(weightsOf(node))) {
      const links = epilogueLinks(rewriter, node);
      if (links) return { links: [...backwards, ...links].reverse(), top, layer: node };
    }
    const links = node && linksOf(rewriter, node);
    if (!node || !links) break;
    for (const link of links) backwards.push(link);
    top = chainOperand(rewriter, node);
  }
  return { links: backwards.reverse(), top };
}

/** Steps 1 and 2 of the file's head, from the sign upwards. */
function findSenses(links: readonly Link[], direction: Float32Array): Senses {
  const senses = Array.from(direction, (value) => Math.sign(value) as Direction);
  const orMasks: Uint8Array[] = [];
  for (const link of links.toReversed()) {
    if (link.kind === 'step') {
      for (const [c, sense] of senses.entries()) senses[c] = times(sense, link.direction(c));
    } else if (link.kind === 'pool') {
      orMasks.unshift(Uint8Array.from(senses, (sense) => (sense < 0 ? 1 : 0)));
    }
  }
  return { atTop: senses, orMasks };
}

function times(a: Direction, b: Direction): Direction {
  return (a * b || 0) as Direction;
}

type Question = (a: number, channel: number) => boolean;

/** Steps 3 to 5: the threshold of each channel, for -a where the bit is set for large a. */
function findThresholds(
  senses: readonly Direction[],
  isSet: Question,
  search: (isSet: (a: number) => boolean) => number,
): number[] {
  return senses.map((sense, c) => {
    if (sense === 0) {
      const constant = isSet(0, c);
      return search(() => constant);
    }
    return search((a) => isSet(sense < 0 ? -a : a, c));
  });
}

function compareInLayer(
  rewriter: Rewriter,
  layer: Layer,
  isSet: Question,
  senses: readonly Direction[],
  output: ValueId | undefined,
): ValueId {
  const channels = outputChannels(rewriter, layer);
  const name = `${layer.name}/threshold`;
  const threshold = isIntegerLayer(rewriter, layer)
    ? rewriter.constant(
        name,
        { dtype: 'i32', shape: [channels] },
        Int32Array.from(
          findThresholds(senses, isSet, (question) =>
            integerThreshold(question, productsPerOutput(rewriter, layer)),
          ),
        ),
      )
    : rewriter.perChannel(name, Float32Array.from(findThresholds(senses, isSet, floatThreshold)));
  const weights = negateChannels(rewriter, layer, senses);
  const inputs = [layer.inputs[0] as ValueId, weights, threshold];
  return putLayer(rewriter, layer, { inputs, epilogue: { kind: 'sign' } }, output);
}

/** The weights with the channels negated whose sense is falling. Bits are flipped. */
function negateChannels(rewriter: Rewriter, layer: Layer, senses: readonly Direction[]): ValueId {
  const id = weightsOf(layer);
  if (!senses.includes(-1)) return id;
  const floats = rewriter.floats(id);
  const channels = senses.length;
  const data = floats
    ? mapByChannel(floats, channels, (value, c) => (senses[c] === -1 ? -value : value))
    : mapByChannel(rewriter.requireBits(id), channels, (bit, c) => {
        return senses[c] === -1 ? 1 - bit : bit;
      });
  return rewriter.constant(rewriter.name(id), rewriter.type(id), data);
}

function compareAlone(
  rewriter: Rewriter,
  node: NodeOf<'binarize'>,
  top: ValueId,
  isSet: Question,
  senses: readonly Direction[],
  output: ValueId | undefined,
): ValueId {
  const threshold = Float32Array.from(findThresholds(senses, isSet, floatThreshold));
  const direction = Float32Array.from(senses, (sense) => (sense < 0 ? -1 : 1));
  const inputs = [
    top,
    rewriter.perChannel(`${node.name}/threshold`, threshold),
    rewriter.perChannel(`${node.name}/direction`, direction),
  ];
  return rewriter.put('binarize', {}, inputs, node, output);
}

/** The pools and reshapes of the chain, now of bits; the last one computes `output`. */
function putPassages(
  rewriter: Rewriter,
  passages: readonly Passage[],
  orMasks: readonly Uint8Array[],
  bits: ValueId,
  output: ValueId,
): void {
  const masks = orMasks.values();
  let current = bits;
  for (const [index, passage] of passages.entries()) {
    const to = index === passages.length - 1 ? output : undefined;
    if (passage.kind === 'reshape') {
      current = rewriter.put('reshape', passage.node.attrs, [current], passage.node, to);
    } else {
      const mask = orMaskOperand(rewriter, passage.node.name, masks.next().value);
      const inputs = [current, ...mask];
      current = rewriter.put('maxPool2d', passage.node.attrs, inputs, passage.node, to);
    }
  }
}

/** Left out where all bits are joined by AND. */
function orMaskOperand(rewriter: Rewriter, name: string, mask: Uint8Array | undefined): ValueId[] {
  if (!mask?.includes(1)) return [];
  const type = { dtype: 'bit', shape: [mask.length] } as const;
  return [rewriter.constant(`${name}/or`, type, mask)];
}
