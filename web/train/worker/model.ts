/** The network that the page trains: 1-bit weights everywhere, 1-bit activations but for the pixels. */
import * as tf from '@tensorflow/tfjs';
import { BatchNormalization, QuantConv2D, QuantDense } from '../../../src/bnn/index.ts';
import { type Filters, SIDE } from '../messages.ts';

const FILTERS = 16;
const FILTER_SIDE = 5;

/**
 * Strides instead of pools: a quarter of the work. The pixels come in as 0 to 255 and meet weights of
 * ±1, so the first layer's sums are integers, and the C computes the same signs.
 */
export function buildModel(seed: number): tf.LayersModel {
  let layer = 0;
  const binary = (name: string) => ({
    name,
    kernelQuantizer: 'ste_sign' as const,
    kernelConstraint: 'weight_clip',
    kernelInitializer: tf.initializers.glorotUniform({ seed: 100 * seed + layer++ }),
    useBias: false,
  });
  const hidden = { inputQuantizer: 'ste_sign' as const };
  const image = { strides: 2, padding: 'same' as const };
  const first = { filters: FILTERS, kernelSize: FILTER_SIDE, inputShape: [SIDE, SIDE, 1] };
  const norm = (name: string) => new BatchNormalization({ name, momentum: 0.9, scale: false });
  return tf.sequential({
    name: 'digits',
    layers: [
      new QuantConv2D({ ...binary('strokes'), ...image, ...first }),
      norm('strokes_norm'),
      new QuantConv2D({ ...binary('corners'), ...image, ...hidden, filters: 32, kernelSize: 3 }),
      norm('corners_norm'),
      new QuantConv2D({ ...binary('shapes'), ...image, ...hidden, filters: 64, kernelSize: 3 }),
      norm('shapes_norm'),
      tf.layers.flatten({ name: 'flatten' }),
      new QuantDense({ ...binary('digits'), ...hidden, units: 10 }),
      norm('digits_norm'),
    ],
  });
}

/** The first layer's weights as they are multiplied. */
export async function firstFilters(model: tf.LayersModel): Promise<Filters> {
  const kernel = model.layers[0]?.weights[0]?.read() as tf.Tensor4D;
  const latent = await kernel.data();
  const taps = FILTER_SIDE * FILTER_SIDE;
  const bits = new Uint8Array(FILTERS * taps);
  for (let filter = 0; filter < FILTERS; filter++)
    for (let tap = 0; tap < taps; tap++)
      bits[filter * taps + tap] = (latent[tap * FILTERS + filter] as number) < 0 ? 1 : 0;
  return { count: FILTERS, side: FILTER_SIDE, bits };
}

/** The ten scores of one image. */
export async function scoresOf(model: tf.LayersModel, pixels: Uint8Array): Promise<number[]> {
  const scores = tf.tidy(() => {
    const image = tf.tensor4d(Float32Array.from(pixels), [1, SIDE, SIDE, 1]);
    return model.predict(image) as tf.Tensor;
  });
  const values = Array.from(await scores.data());
  scores.dispose();
  return values;
}
