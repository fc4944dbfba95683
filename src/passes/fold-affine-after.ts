/**
 * A batch norm behind a layer moves into it:
 *
 *   float weights     ((Σ x·w + bias) - mean)·scale + offset
 *                     = Σ x·(w·scale) + ((bias - mean)·scale + offset)      in f64, rounded once
 *   binary weights    into the norm epilogue, whose steps are those of a batch norm
 *
 * Behind another batch norm the two become one, and behind a group norm they become its gamma and
 * beta. All of this rounds differently from the source,
 * which is only done where no sign could notice (`exactness.ts`). Integer sums are few, so there a
 * merged epilogue is also taken when it gives equal bits for every sum that can occur.
 */
import type { Epilogue, NodeOf, ValueId } from '../ir/ops.ts';
import { isIdentity } from '../ir/traits.ts';
import {
  type Affine,
  affineOperands,
  constantBatchNorm,
  constantOperand,
  joinExactly,
  joinNearly,
  plainBatchNorm,
  putAffine,
} from './affine.ts';
import { allFinite, mapByChannel } from './channels.ts';
import { type Exactness, findExactness } from './exactness.ts';
import {
  hasBitWeights,
  isIntegerLayer,
  isLayer,
  type Layer,
  productsPerOutput,
  putLayer,
} from './layers.ts';
import type { Pass } from './pass.ts';
import { Rewriter } from './rewrite.ts';

export const foldAffineAfter: Pass = {
  name: 'fold-affine-after',
  summary: 'fold batch norms into the layers and batch norms before them',
  run(graph) {
    const rewriter = new Rewriter(graph);
    const exactness = findExactness(graph);
    rewriter.visit((node) => {
      if (node.op === 'binary') divisionToScale(rewriter, node, exactness);
      const current = rewriter.producerOf(node.output, 'batchNorm');
      const affine = current && constantBatchNorm(rewriter, current);
      if (current && affine) foldBackwards(rewriter, current, affine, exactness);
    });
    return rewriter.finish();
  },
};

/** x / c → x·(1/c) */
function divisionToScale(rewriter: Rewriter, node: NodeOf<'binary'>, exactness: Exactness): void {
  const operand = node.attrs.fn === 'div' ? constantOperand(rewriter, node) : undefined;
  if (!operand || operand.isFirst || exactness.mustKeepRounding(node.output)) return;
  const scale = operand.constant.map((value) => 1 / value);
  if (!scale.every(Number.isFinite)) return;
  const zeros = new Float32Array(scale.length);
  const constants = putAffine(rewriter, node.name, { mean: zeros, scale, offset: zeros });
  const { activation } = node.attrs;
  rewriter.replace(node.output, 'batchNorm', { activation }, [operand.x, ...constants], node);
}

/** Guard: nothing else reads what the batch norm reads, and no activation is in between. */
function foldBackwards(
  rewriter: Rewriter,
  node: NodeOf<'batchNorm'>,
  affine: Affine,
  exactness: Exactness,
): void {
  const x = node.inputs[0] as ValueId;
  const earlier = rewriter.producer(x);
  if (!earlier || !rewriter.hasOneUse(x)) return;
  const mayRound = !exactness.mustKeepRounding(node.output);
  if (earlier.op === 'batchNorm') joinBatchNorms(rewriter, earlier, node, affine, mayRound);
  else if (earlier.op === 'groupNorm') intoGroupNorm(rewriter, earlier, node, affine);
  else if (earlier.op === 'conv2dTranspose') intoTransposed(rewriter, earlier, node, affine);
  else if (isLayer(earlier) && hasBitWeights(rewriter, earlier)) {
    intoNorm(rewriter, earlier, node, affine, mayRound);
  } else if (isLayer(earlier)) intoWeights(rewriter, earlier, node, affine);
  rewriter.dropUnused(x);
}

function joinBatchNorms(
  rewriter: Rewriter,
  earlier: NodeOf<'batchNorm'>,
  node: NodeOf<'batchNorm'>,
  later: Affine,
  mayRound: boolean,
): void {
  const first = plainBatchNorm(rewriter, earlier);
  const joined = first && (joinExactly(first, later) ?? (mayRound && joinNearly(first, later)));
  if (!joined || !hasFiniteParts(joined)) return;
  const constants = putAffine(rewriter, node.name, joined);
  rewriter.update(node, { inputs: [earlier.inputs[0] as ValueId, ...constants] });
}

/** Guard: no function follows, which a group norm has no place for, and finite results. */
function intoGroupNorm(
  rewriter: Rewriter,
  norm: NodeOf<'groupNorm'>,
  node: NodeOf<'batchNorm'>,
  later: Affine,
): void {
  const [x, gammaId, betaId] = norm.inputs as [ValueId, ValueId, ValueId];
  const [gamma, beta] = [rewriter.floats(gammaId), rewriter.floats(betaId)];
  if (!gamma || !beta || !isIdentity(node.attrs.activation)) return;
  const joined = joinNearly(
    { mean: new Float32Array(gamma.length), scale: gamma, offset: beta },
    later,
  );
  if (!hasFiniteParts(joined)) return;
  const inputs = [
    x,
    rewriter.perChannel(rewriter.name(gammaId), joined.scale),
    rewriter.perChannel(rewriter.name(betaId), joined.offset),
  ];
  rewriter.replace(node.output, 'groupNorm', norm.attrs, inputs, norm);
}

/** The layer takes the place of the batch norm, with its own name and the latter's activation. */
function intoWeights(
  rewriter: Rewriter,
  layer: Layer,
  node: NodeOf<'batchNorm'>,
  affine: Affine,
): void {
  const { epilogue } = layer.attrs;
  if (epilogue.kind !== 'linear' || !isIdentity(epilogue.activation)) return;
  const [x, w, bias] = layer.inputs as [ValueId, ValueId, ValueId];
  const operands = scaledWeights(rewriter, w, bias, affine, (c) => c);
  if (!operands) return;
  const { activation } = node.attrs;
  const change = { inputs: [x, ...operands], epilogue: { kind: 'linear', activation } as const };
  putLayer(rewriter, layer, change, node.output);
}

/** Weights [kh, kw, O, C]. */
function intoTransposed(
  rewriter: Rewriter,
  layer: NodeOf<'conv2dTranspose'>,
  node: NodeOf<'batchNorm'>,
  affine: Affine,
): void {
  if (!isIdentity(layer.attrs.activation)) return;
  const [x, w, bias] = layer.inputs as [ValueId, ValueId, ValueId];
  const [, , outputs, inputs] = rewriter.shape(w) as [number, number, number, number];
  const channelOf = (_: number, i: number): number => Math.floor(i / inputs) % outputs;
  const operands = scaledWeights(rewriter, w, bias, affine, channelOf);
  if (!operands) return;
  const attrs = { ...layer.attrs, activation: node.attrs.activation };
  rewriter.replace(node.output, 'conv2dTranspose', attrs, [x, ...operands], layer);
}

/** Guard: constants that no other layer shares, and finite results. */
function scaledWeights(
  rewriter: Rewriter,
  w: ValueId,
  biasId: ValueId,
  { mean, scale, offset }: Affine,
  channelOf: (fastest: number, index: number) => number,
): ValueId[] | undefined {
  const weights = rewriter.floats(w);
  const bias = rewriter.floats(biasId);
  if (!weights || !bias || !rewriter.hasOneUse(w)) return undefined;
  const scaled = mapByChannel(weights, scale.length, (value, c, i) => {
    return value * (scale[channelOf(c, i)] as number);
  });
  const shifted = bias.map((value, c) => {
    return (value - (mean[c] as number)) * (scale[c] as number) + (offset[c] as number);
  });
  if (!allFinite(scaled) || !allFinite(shifted)) return undefined;
  return [
    rewriter.constant(rewriter.name(w), rewriter.type(w), scaled),
    rewriter.perChannel(rewriter.name(biasId), shifted),
  ];
}

function intoNorm(
  rewriter: Rewriter,
  layer: Layer,
  node: NodeOf<'batchNorm'>,
  later: Affine,
  mayRound: boolean,
): void {
  const { epilogue } = layer.attrs;
  const earlier = affineOperands(rewriter, layer.inputs, 2);
  if (!earlier || epilogue.kind !== 'norm' || !isIdentity(epilogue.activation)) return;
  const limit = isIntegerLayer(rewriter, layer) ? productsPerOutput(rewriter, layer) : undefined;
  const joined = joinNorms(earlier, later, limit, mayRound);
  if (!joined || !hasFiniteParts(joined)) return;
  const inputs = [...layer.inputs.slice(0, 2), ...putAffine(rewriter, layer.name, joined)];
  const merged: Epilogue = { kind: 'norm', activation: node.attrs.activation };
  putLayer(rewriter, layer, { inputs, epilogue: merged }, node.output);
}

/** `limit` is the largest sum where sums are integers. */
function joinNorms(
  earlier: Affine,
  later: Affine,
  limit: number | undefined,
  mayRound: boolean,
): Affine | undefined {
  const exactly = joinExactly(earlier, later);
  if (exactly) return exactly;
  return (
    (limit !== undefined ? joinForIntegers(earlier, later, limit) : undefined) ??
    (mayRound ? joinNearly(earlier, later) : undefined)
  );
}

/** Above this many sums over all channels trying them all takes too long. */
const MOST_TRIALS = 20_000_000;

/** One affine op with equal results for every integer from -limit to limit, if one is found. */
export function joinForIntegers(earlier: Affine, later: Affine, limit: number): Affine | undefined {
  if (limit * earlier.scale.length * 2 > MOST_TRIALS) return undefined;
  const candidates = [joinNearly(earlier, later), joinIntoMean(earlier, later)];
  const channels = Array.from(earlier.scale, (_, c) =>
    candidates.find((candidate) => agrees(earlier, later, candidate, c, limit)),
  );
  if (channels.some((found) => found === undefined)) return undefined;
  const pick = (part: keyof Affine): Float32Array =>
    Float32Array.from(channels as Affine[], (found, c) => found[part][c] as number);
  return { mean: pick('mean'), scale: pick('scale'), offset: pick('offset') };
}

/** The later mean, brought in front of the earlier scale. */
function joinIntoMean(earlier: Affine, later: Affine): Affine {
  const mean = earlier.mean.map((value, c) => {
    const shift = (later.mean[c] as number) - (earlier.offset[c] as number);
    return value + shift / (earlier.scale[c] as number);
  });
  const scale = earlier.scale.map((value, c) => value * (later.scale[c] as number));
  return { mean, scale, offset: later.offset };
}

function agrees(
  earlier: Affine,
  later: Affine,
  candidate: Affine,
  c: number,
  limit: number,
): boolean {
  for (let sum = -limit; sum <= limit; sum++) {
    if (apply(later, c, apply(earlier, c, sum)) !== apply(candidate, c, sum)) return false;
  }
  return true;
}

function apply({ mean, scale, offset }: Affine, c: number, x: number): number {
  const centred = Math.fround(x - (mean[c] as number));
  return Math.fround(Math.fround(centred * (scale[c] as number)) + (offset[c] as number));
}

function hasFiniteParts(affine: Affine): boolean {
  return [affine.mean, affine.scale, affine.offset].every((part) => allFinite(part));
}
