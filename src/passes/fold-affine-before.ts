/**
 * A batch norm before a layer with float weights (rescaled or normalised inputs, pre-activation
 * networks) moves into its weights and bias. With x' = x·scale + shift, shift = offset - mean·scale:
 *
 *   Σ x'·w + bias = Σ x·(scale·w) + (bias + Σ shift·w)
 *
 * A tap outside the image is 0 before and after, so with pads the shift has to be 0. Reshapes in
 * between are passed when channels stay together. Sums in f64, rounded once: float weights only,
 * and the result differs by rounding. Comes before thresholds, which are found from the new bias.
 */
import type { NodeOf, ValueId } from '../ir/ops.ts';
import { type Affine, plainBatchNorm, uniformValue } from './affine.ts';
import { allFinite, mapByChannel } from './channels.ts';
import { isLayer, type Layer, outputChannels, putLayer, weightsOf } from './layers.ts';
import type { Pass } from './pass.ts';
import { Rewriter } from './rewrite.ts';

export const foldAffineBefore: Pass = {
  name: 'fold-affine-before',
  summary: 'fold batch norms into the float layers that follow them',
  run(graph) {
    const rewriter = new Rewriter(graph);
    rewriter.visit((node) => {
      if (isLayer(node)) foldIntoLayer(rewriter, node);
    });
    return rewriter.finish();
  },
};

/** Guard: constant float weights of this layer only; a batch norm for this layer only. */
function foldIntoLayer(rewriter: Rewriter, layer: Layer): void {
  const [x, w, biasId] = layer.inputs as [ValueId, ValueId, ValueId];
  const weights = rewriter.floats(w);
  const bias = rewriter.floats(biasId);
  const found = batchNormBehind(rewriter, x);
  if (layer.attrs.epilogue.kind !== 'linear' || !weights || !bias || !found) return;
  const map = channelMap(rewriter, layer, found.affine);
  if (!map || !rewriter.hasOneUse(w)) return;
  const { scale, shift } = scaleAndShift(found.affine);
  const hasPads = layer.op !== 'dense' && layer.attrs.pads.some((size) => size > 0);
  if (hasPads && shift.some((value) => value !== 0)) return;
  const channels = outputChannels(rewriter, layer);
  const newBias = Float64Array.from(bias);
  const newWeights = mapByChannel(weights, channels, (value, o, i) => {
    const c = map(i);
    newBias[o] = (newBias[o] as number) + value * (shift[c] as number);
    return value * (scale[c] as number);
  });
  if (!allFinite(newWeights) || !allFinite(newBias)) return;
  const inputs = [
    found.rewire(),
    rewriter.constant(rewriter.name(w), rewriter.type(w), newWeights),
    rewriter.perChannel(rewriter.name(biasId), Float32Array.from(newBias)),
  ];
  putLayer(rewriter, layer, { inputs }, layer.output);
  rewriter.dropUnused(x);
}

interface FoundBatchNorm {
  readonly affine: Affine;
  /** The layer's operand without the batch norm. */
  readonly rewire: () => ValueId;
}

/** Guard: nothing on the way has another use. */
function batchNormBehind(rewriter: Rewriter, x: ValueId): FoundBatchNorm | undefined {
  if (!rewriter.hasOneUse(x)) return undefined;
  const reshape = rewriter.producerOf(x, 'reshape');
  const normed = reshape ? (reshape.inputs[0] as ValueId) : x;
  const node = rewriter.producer(normed);
  const affine = rewriter.hasOneUse(normed) && plainBatchNorm(rewriter, node);
  if (!affine || !node) return undefined;
  const source = node.inputs[0] as ValueId;
  const rewire = (): ValueId => (reshape ? reshapeOf(rewriter, reshape, source) : source);
  return { affine, rewire };
}

function reshapeOf(rewriter: Rewriter, reshape: NodeOf<'reshape'>, x: ValueId): ValueId {
  return rewriter.add('reshape', reshape.attrs, [x], reshape);
}

function scaleAndShift(affine: Affine): { scale: Float32Array; shift: Float64Array } {
  const { mean, scale, offset } = affine;
  const shift = Float64Array.from(
    offset,
    (value, c) => value - (mean[c] as number) * (scale[c] as number),
  );
  return { scale, shift };
}

/** Which of the affine op's channels each weight is multiplied with. */
function channelMap(
  rewriter: Rewriter,
  layer: Layer,
  affine: Affine,
): ((weight: number) => number) | undefined {
  const normed = affine.scale.length;
  const inputs = rewriter.shape(layer.inputs[0] as ValueId).at(-1) as number;
  const isUniform = [affine.mean, affine.scale, affine.offset].every(
    (values) => uniformValue(values) !== undefined,
  );
  if (isUniform) return () => 0;
  if (inputs % normed !== 0) return undefined;
  const inputChannel = inputChannelOf(rewriter, layer);
  return (weight) => inputChannel(weight) % normed;
}

function inputChannelOf(rewriter: Rewriter, layer: Layer): (weight: number) => number {
  const outputs = outputChannels(rewriter, layer);
  const shape = rewriter.shape(weightsOf(layer));
  switch (layer.op) {
    case 'dense':
      return (i) => Math.floor(i / outputs);
    case 'depthwiseConv2d': {
      const multiplier = shape[3] as number;
      return (i) => Math.floor((i % outputs) / multiplier);
    }
    case 'conv2d': {
      const perGroup = shape[2] as number;
      const outputsPerGroup = outputs / layer.attrs.groups;
      return (i) => {
        const group = Math.floor((i % outputs) / outputsPerGroup);
        return group * perGroup + (Math.floor(i / outputs) % perGroup);
      };
    }
  }
}
