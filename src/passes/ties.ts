/**
 * `Sign` as other frameworks have it gives 0 at 0. Where a layer reads it, a binary network is meant,
 * and it becomes a sign with +1 there, if 0 comes about by chance at most:
 *
 * - behind a layer that sums ±1 times ±s, the chain from the sum to the sign is computed for every
 *   sum there can be, and none may give 0: then both are equal in every bit;
 * - behind a sign of that kind the same is done with its three numbers, as in Sign(Sign(x) + c);
 * - elsewhere it is a sum of floats, or an input. That is 0 with no more chance than any other float,
 *   and counts as +1 then, which is not what the source says. A sign of what is often 0, as a relu
 *   is, or of integers, stays as it is (`zeros.ts`).
 */
import type { Node, NodeOf, ValueId } from '../ir/ops.ts';
import { channelMagnitudes } from './binary-weights.ts';
import { chainOperand, epilogueLinks, type Link, linksOf } from './chain.ts';
import { isLayer, type Layer, outputChannels, productsPerOutput, weightsOf } from './layers.ts';
import type { Pass } from './pass.ts';
import { Rewriter } from './rewrite.ts';
import { copiesElements, ZeroFinder } from './zeros.ts';

export const ties: Pass = {
  name: 'ties',
  summary: 'count a 0 as +1 in signs that layers read, where it is nothing but chance',
  binary: true,
  run(graph) {
    const rewriter = new Rewriter(graph);
    const read = readByLayers(rewriter);
    const zeros = new ZeroFinder(rewriter);
    rewriter.visit((node) => {
      if (isSignum(node) && read.has(node.output) && !isOftenZero(rewriter, node, zeros)) {
        rewriter.update(node, { attrs: { unary: { fn: 'sign' } } });
      }
      zeros.visit(rewriter.producer(node.output) as Node);
    });
    return rewriter.finish();
  },
};

function isSignum(node: Node): node is Node & NodeOf<'unary'> {
  return node.op === 'unary' && node.attrs.unary.fn === 'signum';
}

/** The values whose elements a layer reads, some of them as they are. */
function readByLayers(rewriter: Rewriter): Set<ValueId> {
  const read = new Set<ValueId>();
  rewriter.visitBackwards((node) => {
    if (isLayer(node)) read.add(node.inputs[0] as ValueId);
    if (read.has(node.output) && copiesElements(node)) for (const id of node.inputs) read.add(id);
  });
  return read;
}

function isOftenZero(rewriter: Rewriter, node: NodeOf<'unary'>, zeros: ZeroFinder): boolean {
  const x = node.inputs[0] as ValueId;
  const zero = zeros.of(x);
  if (zero === 'chance' || zero === 'often') return zero === 'often';
  return chainGivesZero(rewriter, x, zeros);
}

/** Whether a chain gives 0 for one of the numbers that there may be above it. */
function chainGivesZero(rewriter: Rewriter, from: ValueId, zeros: ZeroFinder): boolean {
  const backwards: Link[] = [];
  for (let node = rewriter.producer(from); node; ) {
    if (isLayer(node)) {
      const epilogue = epilogueLinks(rewriter, node);
      const links = [...backwards, ...(epilogue ?? [])].reverse();
      return !epilogue || layerGivesZero(rewriter, node, links, zeros);
    }
    const numbers = numbersOf(node);
    if (numbers) return numbersGiveZero(rewriter, from, numbers, backwards.toReversed());
    const links = linksOf(rewriter, node);
    if (!links && (!copiesElements(node) || !keepsChannels(node))) return true;
    backwards.push(...(links ?? []));
    node = rewriter.producer(chainOperand(rewriter, node));
  }
  return true;
}

/** The numbers that a function gives, where it gives a few only. */
function numbersOf(node: Node): readonly number[] | undefined {
  if (node.op !== 'unary') return undefined;
  switch (node.attrs.unary.fn) {
    case 'sign':
      return [-1, 1];
    case 'heaviside':
      return [0, 1];
    case 'signum':
    case 'ternary':
      return [-1, 0, 1];
    default:
      return undefined;
  }
}

/** Guard: a chain follows one operand. */
function keepsChannels(node: Node): boolean {
  return node.op === 'maxPool2d' || node.op === 'resize2d';
}

function numbersGiveZero(
  rewriter: Rewriter,
  id: ValueId,
  numbers: readonly number[],
  links: readonly Link[],
): boolean {
  const channels = rewriter.shape(id).at(-1) ?? 1;
  for (let c = 0; c < channels; c++) {
    if (numbers.some((number) => through(links, number, c) === 0)) return true;
  }
  return false;
}

/** A number at the end of a chain. */
function through(links: readonly Link[], start: number, channel: number): number {
  let value = start;
  for (const link of links) if (link.kind === 'step') value = link.evaluate(value, channel);
  return value;
}

/** Above this many sums over all channels trying them all takes too long. */
const MOST_TRIALS = 20_000_000;

function layerGivesZero(
  rewriter: Rewriter,
  layer: Layer,
  links: readonly Link[],
  zeros: ZeroFinder,
): boolean {
  const channels = outputChannels(rewriter, layer);
  const weights = rewriter.floats(weightsOf(layer));
  const scales = weights && channelMagnitudes(weights, channels);
  const products = productsPerOutput(rewriter, layer);
  if (!scales || products * channels * 2 > MOST_TRIALS) return true;
  // As many ±1 as there are products: their sum is odd or even as their number is.
  const input = layer.inputs[0] as ValueId;
  const isFull = layer.op === 'dense' || layer.attrs.pads.every((size) => size === 0);
  const stride = isFull && zeros.domainOf(input) === 'plusMinusOne' ? 2 : 1;
  for (const [c, scale] of scales.entries()) {
    for (let sum = -products; sum <= products; sum += stride) {
      if (through(links, Math.fround(sum * scale), c) === 0) return true;
    }
  }
  return false;
}
