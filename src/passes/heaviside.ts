/**
 * Layers that read 0 and 1, by bits.
 *
 * A heaviside h is 1 for x > 0, else 0. Its bit is 1 where h = 1, so the bit's number is s = 1 - 2h,
 * and a layer that sums h·w over its K taps, outside ones being 0, that is s = +1, does it by
 *
 *   Σ h·w = Σ w·(1 - s)/2 = (W - Σ s·w)/2      W = Σ w over all taps of the channel
 *
 * With w = ±1: f32(n·scale) = f32((Σ s·w - W)·(-scale/2)), since n = (W - Σ s·w)/2 is an integer and
 * halving is exact: mean W, scale -scale/2, the same offset, and equal bits. With float w: weights
 * -w/2, bias + W/2.
 */
import type { ValueId } from '../ir/ops.ts';
import { putAffine } from './affine.ts';
import { mapByChannel, sumByChannel } from './channels.ts';
import {
  hasBitWeights,
  type Layer,
  outputChannels,
  productsPerOutput,
  weightsOf,
} from './layers.ts';
import type { Rewriter } from './rewrite.ts';

/**
 * Whether a layer can be given bits: its epilogue is the source's with a constant bias, or the one
 * of packed weights, with no mean and no scale too tiny to halve.
 */
export function canReadBits(rewriter: Rewriter, layer: Layer): boolean {
  if (layer.attrs.epilogue.kind === 'linear') {
    return rewriter.floats(layer.inputs[2] as ValueId) !== undefined;
  }
  if (layer.attrs.epilogue.kind === 'sign') return false;
  const [mean, scale] = [2, 3].map((index) => rewriter.floats(layer.inputs[index] as ValueId));
  const isHalvable = (value: number) => Math.abs(value) >= 2 ** -125;
  return Boolean(mean?.every((value) => value === 0) && scale?.every(isHalvable));
}

/** The operands of a layer that read 0 and 1, for the bits of them; see the file's head. */
export function heavisideOperands(rewriter: Rewriter, layer: Layer, bits: ValueId): ValueId[] {
  const id = weightsOf(layer);
  const channels = outputChannels(rewriter, layer);
  if (hasBitWeights(rewriter, layer)) {
    const [, scale, offset] = layer.inputs
      .slice(2)
      .map((operand) => rewriter.requireFloats(operand));
    const affine = {
      mean: bitSums(rewriter, layer),
      scale: (scale as Float32Array).map((value) => -value / 2),
      offset: offset as Float32Array,
    };
    return [bits, id, ...putAffine(rewriter, layer.name, affine)];
  }
  const weights = rewriter.requireFloats(id);
  const sums = sumByChannel(weights, channels);
  const bias = rewriter
    .requireFloats(layer.inputs[2] as ValueId)
    .map((value, c) => value + (sums[c] as number) / 2);
  const halved = mapByChannel(weights, channels, (value) => -value / 2);
  return [
    bits,
    rewriter.constant(rewriter.name(id), rewriter.type(id), halved),
    rewriter.perChannel(`${layer.name}/bias`, bias),
  ];
}

/** Σ w of each channel of packed weights. */
function bitSums(rewriter: Rewriter, layer: Layer): Float32Array {
  const channels = outputChannels(rewriter, layer);
  const products = productsPerOutput(rewriter, layer);
  const negative = sumByChannel(rewriter.requireBits(weightsOf(layer)), channels);
  return Float32Array.from(negative, (count) => products - 2 * count);
}
