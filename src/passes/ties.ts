/**
 * `Sign` as other frameworks have it gives 0 at 0. Where a layer reads it, a binary network is meant,
 * and it becomes a sign with +1 there, if 0 comes about by chance at most:
 *
 * - behind a layer that sums ±1 times ±s, the chain from the sum to the sign is computed for every
 *   sum there can be, and none may give 0: then both are equal in every bit;
 * - elsewhere it is a sum of floats, or an input. That is 0 with no more chance than any other float,
 *   and counts as +1 then, which is not what the source says. A function that is 0 on a whole
 *   interval, as relu is, leaves the sign as it is.
 */
import type { Node, NodeOf, ValueId } from '../ir/ops.ts';
import { unaryFunction } from '../ir/traits.ts';
import { channelMagnitudes } from './binary-weights.ts';
import { chainOperand, epilogueLinks, type Link, linksOf } from './chain.ts';
import { type Domain, domainOf } from './domains.ts';
import { isLayer, type Layer, outputChannels, productsPerOutput, weightsOf } from './layers.ts';
import type { Pass } from './pass.ts';
import { Rewriter } from './rewrite.ts';

export const ties: Pass = {
  name: 'ties',
  summary: 'count a 0 as +1 in signs that layers read, where it is nothing but chance',
  binary: true,
  run(graph) {
    const rewriter = new Rewriter(graph);
    const read = readByLayers(rewriter);
    const domains = new Map<ValueId, Domain>();
    rewriter.visit((node) => {
      const mayDecide = isSignum(node) && read.has(node.output);
      if (mayDecide && !isOftenZero(rewriter, node.inputs[0] as ValueId, domains)) {
        rewriter.update(node, { attrs: { unary: { fn: 'sign' } } });
      }
      const current = rewriter.producer(node.output) as Node;
      const domain = domainOf(current, domains, rewriter);
      if (domain) domains.set(node.output, domain);
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

function copiesElements(node: Node): boolean {
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

/** Above this many sums over all channels trying them all takes too long. */
const MOST_TRIALS = 20_000_000;

function isOftenZero(
  rewriter: Rewriter,
  from: ValueId,
  domains: ReadonlyMap<ValueId, Domain>,
): boolean {
  const backwards: Link[] = [];
  let id = from;
  for (;;) {
    const node = rewriter.producer(id);
    if (!node) return false;
    if (isLayer(node)) return layerGivesZero(rewriter, node, backwards, domains);
    if (isFlatAtZero(node)) return true;
    const links = linksOf(rewriter, node) ?? (copiesElements(node) ? [] : undefined);
    if (!links) return false;
    backwards.push(...links);
    id = chainOperand(rewriter, node);
  }
}

/** Functions that are 0 for more than single numbers, and what comes in integers. */
function isFlatAtZero(node: Node): boolean {
  if (node.op === 'pad') return node.attrs.value === 0;
  if (node.op === 'cast') return true;
  const activation = 'activation' in node.attrs ? node.attrs.activation : undefined;
  const unary = node.op === 'unary' ? node.attrs.unary : activation;
  if (!unary) return false;
  const evaluate = unaryFunction(unary);
  return [-2, -1 / 1024, 1 / 1024, 2].some((x) => evaluate(x) === 0);
}

/** Whether one of the sums that are made of two numbers becomes 0. */
function layerGivesZero(
  rewriter: Rewriter,
  layer: Layer,
  backwards: readonly Link[],
  domains: ReadonlyMap<ValueId, Domain>,
): boolean {
  const weights = rewriter.floats(weightsOf(layer));
  const channels = outputChannels(rewriter, layer);
  const scales = weights && channelMagnitudes(weights, channels);
  const domain = domains.get(inputBehindPad(rewriter, layer));
  if (!scales || !domain) return false;
  const epilogue = epilogueLinks(rewriter, layer);
  const products = productsPerOutput(rewriter, layer);
  if (!epilogue || products * channels * 2 > MOST_TRIALS) return true;
  const steps = [...backwards, ...epilogue].reverse().filter((link) => link.kind === 'step');
  // As many ±1 as there are products: their sum is odd or even as their number is.
  const stride = domain === 'plusMinusOne' && !hasPads(rewriter, layer) ? 2 : 1;
  for (const [c, scale] of scales.entries()) {
    for (let sum = -products; sum <= products; sum += stride) {
      let value = Math.fround(sum * scale);
      for (const step of steps) value = step.evaluate(value, c);
      if (value === 0) return true;
    }
  }
  return false;
}

function inputBehindPad(rewriter: Rewriter, layer: Layer): ValueId {
  const x = layer.inputs[0] as ValueId;
  return rewriter.producerOf(x, 'pad')?.inputs[0] ?? x;
}

function hasPads(rewriter: Rewriter, layer: Layer): boolean {
  const isOutside = layer.op !== 'dense' && layer.attrs.pads.some((size) => size > 0);
  return isOutside || inputBehindPad(rewriter, layer) !== layer.inputs[0];
}
