/**
 * Binary weights: float weights whose every output channel holds ±s with one s > 0 become bits, and
 * s becomes the scale of a norm epilogue.
 *
 *   source    y = f32(Σ x·w) + bias                    w = ±s
 *   here      y = f32(f32(Σ ±x - 0) · s) + bias        mean 0, scale s, offset bias
 *
 * With x = ±1 both are the same bits: the source's sum is s times an integer n, |n| <= K < 2^24. It
 * is exact in f64 (24 bits of s, 24 of n), so the source rounds s·n once; here n is exact and s·n
 * is rounded once as well. With other x the two sums differ by rounding.
 *
 * A channel whose weights are all 0 has no s; its layer stays float. So does a layer with a single
 * product per output, whose weights are trivially ±s: bits would gain nothing there.
 */
import type { ValueId } from '../ir/ops.ts';
import { putAffine } from './affine.ts';
import { signBits } from './channels.ts';
import {
  isLayer,
  type Layer,
  outputChannels,
  productsPerOutput,
  putLayer,
  weightsOf,
} from './layers.ts';
import type { Pass } from './pass.ts';
import { Rewriter } from './rewrite.ts';

export const binaryWeights: Pass = {
  name: 'binary-weights',
  summary: 'pack weights that are ±s per output channel into bits',
  binary: true,
  run(graph) {
    const rewriter = new Rewriter(graph);
    const packed: PackedByKey = new Map();
    rewriter.visit((node) => {
      if (isLayer(node)) packLayer(rewriter, node, packed);
    });
    return rewriter.finish();
  },
};

interface PackedWeights {
  readonly bits: ValueId;
  readonly scales: Float32Array;
}

/** By weights and channels: layers may share weights, and must go on sharing them. */
type PackedByKey = Map<string, PackedWeights | undefined>;

/** From here on a sum of ±1 is no longer exact in f32. */
const TOO_MANY_PRODUCTS = 2 ** 24;

/** Guard: constant float weights, and an epilogue that still is the source's. */
function packLayer(rewriter: Rewriter, layer: Layer, packed: PackedByKey): void {
  const { epilogue } = layer.attrs;
  const bias = rewriter.floats(layer.inputs[2] as ValueId);
  const products = productsPerOutput(rewriter, layer);
  if (epilogue.kind !== 'linear' || !bias || products < 2 || products >= TOO_MANY_PRODUCTS) return;
  const id = weightsOf(layer);
  const channels = outputChannels(rewriter, layer);
  const key = `${id}/${channels}`;
  if (!packed.has(key)) packed.set(key, packWeights(rewriter, id, channels));
  const weights = packed.get(key);
  if (!weights) return;
  const affine = { mean: new Float32Array(channels), scale: weights.scales, offset: bias };
  const norm = putAffine(rewriter, layer.name, affine);
  putLayer(
    rewriter,
    layer,
    {
      inputs: [layer.inputs[0] as ValueId, weights.bits, ...norm],
      epilogue: { kind: 'norm', activation: epilogue.activation },
    },
    layer.output,
  );
}

function packWeights(rewriter: Rewriter, id: ValueId, channels: number): PackedWeights | undefined {
  const data = rewriter.floats(id);
  const scales = data && channelMagnitudes(data, channels);
  if (!data || !scales) return undefined;
  const bits = signBits(data);
  const type = { dtype: 'bit', shape: rewriter.shape(id) } as const;
  return { bits: rewriter.constant(rewriter.name(id), type, bits), scales };
}

/** The s of each channel; undefined unless every weight of the channel is ±s, 0 < s < infinity. */
export function channelMagnitudes(data: Float32Array, channels: number): Float32Array | undefined {
  const scales = data.slice(0, channels).map(Math.abs);
  if (!scales.every((scale) => scale > 0 && scale < Number.POSITIVE_INFINITY)) return undefined;
  for (let i = 0, c = 0; i < data.length; i++, c++) {
    if (c === channels) c = 0;
    if (Math.abs(data[i] as number) !== scales[c]) return undefined;
  }
  return scales;
}
