/**
 * The layouts that Keras knows, brought to the graph's [N, H, W, C] and back: channels first, and
 * sequences [N, T, C], which are images of height 1.
 */
import type { Pads, Pair, ValueId } from '../../../ir/ops.ts';
import { samePads, windowExtent } from '../../../ir/shape-math.ts';
import type { LayerConfig } from '../config.ts';
import type { LayerContext } from '../context.ts';

export type Rank = 1 | 2;
export type Padding = 'valid' | 'same' | 'causal';

export interface Image {
  readonly x: ValueId;
  readonly size: Pair;
  readonly channels: number;
}

/** The input as [N, H, W, C]. */
export function toImage(
  layer: LayerContext,
  x: ValueId,
  rank: Rank,
  channelsFirst: boolean,
): Image {
  const shape = layer.shape(x);
  if (shape.length !== rank + 2) {
    layer.config.corrupt(`Its input has the shape [${shape.join(', ')}], not ${rank + 2} axes.`);
  }
  const perm = rank === 2 ? [0, 2, 3, 1] : [0, 2, 1];
  const last = channelsFirst ? layer.transpose(x, perm) : x;
  const [batch = 1, ...rest] = layer.shape(last);
  const image = rank === 2 ? last : layer.reshape(last, [batch, 1, ...rest]);
  const [, height = 1, width = 1, channels = 1] = layer.shape(image);
  return { x: image, size: [height, width], channels };
}

/** An [N, H, W, C] result in the layout that the layer gives. */
export function fromImage(
  layer: LayerContext,
  y: ValueId,
  rank: Rank,
  channelsFirst: boolean,
): ValueId {
  const [batch = 1, height = 1, width = 1, channels = 1] = layer.shape(y);
  const last = rank === 2 ? y : layer.reshape(y, [batch, height * width, channels]);
  if (!channelsFirst) return last;
  return layer.transpose(last, rank === 2 ? [0, 3, 1, 2] : [0, 2, 1]);
}

/** A setting with one value per spatial axis; the height of a sequence takes `unit`. */
export function spatial(
  config: LayerConfig,
  key: string,
  rank: Rank,
  least: number,
  fallback?: number,
): Pair {
  if (rank === 2) {
    return config.pair(key, least, fallback === undefined ? undefined : [fallback, fallback]);
  }
  return [1, config.single(key, least, fallback)];
}

export function paddingOf(config: LayerConfig, choices: readonly Padding[]): Padding {
  return config.oneOf('padding', choices, 'valid');
}

/** Zeros around the image: [top, left, bottom, right]. */
export function padsFor(
  padding: Padding,
  size: Pair,
  window: { readonly kernel: Pair; readonly strides: Pair; readonly dilations: Pair },
): Pads {
  const { kernel, strides, dilations } = window;
  if (padding === 'same') return samePads(size, kernel, strides, dilations);
  if (padding === 'causal') return [0, windowExtent(kernel[1], dilations[1]) - 1, 0, 0];
  return [0, 0, 0, 0];
}
