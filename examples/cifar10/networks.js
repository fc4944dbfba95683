/** Networks for CIFAR-10: the BinaryNet of 2016, and a small residual one. */
import * as tf from '@tensorflow/tfjs';
import { BatchNormalization, binaryLayers, QuantConv2D } from '../../dist/bnn/index.js';

const CLASSES = 10;
/** What the residual network multiplies pixels by first. */
export const PIXEL_SCALE = 1 / 64;

/** Kernels of all layers start from other random numbers, which the seed decides. */
function initializers(seed) {
  let layer = 0;
  return () => tf.initializers.glorotUniform({ seed: seed * 1000 + layer++ });
}

/**
 * BinaryNet (Courbariaux et al., 2016): convolutions of 128, 128, 256, 256, 512 and 512 filters times
 * `width`, a pool after each second one, and dense layers of 1024 and 1024 units times `width`. All weights
 * are binary, and all activations but the image. Pools stand before norms.
 */
export function binaryNet({ width = 1, seed = 1, side = 32 } = {}) {
  const start = initializers(seed);
  const units = (size) => Math.round(size * width);
  const convolution = (size, pool) =>
    binaryLayers(units(size), { kernelSize: 3, pool, kernelInitializer: start() });
  const dense = (size, activation) =>
    binaryLayers(size, { activation, kernelInitializer: start() });
  return tf.sequential({
    layers: [
      tf.layers.rescaling({ scale: 2 / 255, offset: -1, inputShape: [side, side, 3] }),
      ...convolution(128),
      ...convolution(128, 2),
      ...convolution(256),
      ...convolution(256, 2),
      ...convolution(512),
      ...convolution(512, 2),
      tf.layers.flatten(),
      ...dense(units(1024), 'bin'),
      ...dense(units(1024), 'bin'),
      ...dense(CLASSES, 'none'),
    ],
  });
}

/**
 * A residual network: each binary convolution has a shortcut around it, as in Bi-Real Net (Liu et al.,
 * 2018), which carries what the signs leave out; their sum is normalized, so that the next signs divide
 * it in the middle. Between stages a pool halves the image and the
 * channels are taken twice, so that no shortcut needs weights. Only the first convolution, which reads
 * the image, and the last dense layer are of floats. `side` null takes images of any size.
 */
export function residualNet({ width = 1, seed = 1, side = 32, blocks = 2 } = {}) {
  const start = initializers(seed);
  const norm = () => new BatchNormalization({ momentum: 0.9 });
  const input = tf.input({ shape: [side, side, 3] });
  let filters = Math.round(64 * width);
  let x = tf.layers.rescaling({ scale: PIXEL_SCALE, offset: -2 }).apply(input);
  x = tf.layers
    .conv2d({
      filters,
      kernelSize: 5,
      strides: 2,
      padding: 'same',
      kernelInitializer: start(),
      useBias: false,
    })
    .apply(x);
  x = norm().apply(x);
  for (let stage = 0; stage < 3; stage++) {
    if (stage > 0) {
      x = tf.layers.maxPooling2d({ poolSize: 2 }).apply(x);
      x = tf.layers.concatenate().apply([x, x]);
      filters *= 2;
    }
    for (let block = 0; block < blocks; block++) {
      const convolution = new QuantConv2D({
        filters,
        kernelSize: 3,
        padding: 'same',
        inputQuantizer: 'approx_sign',
        kernelQuantizer: 'ste_sign',
        kernelConstraint: 'weight_clip',
        kernelInitializer: start(),
        useBias: false,
      });
      const sum = tf.layers.add().apply([x, norm().apply(convolution.apply(x))]);
      x = norm().apply(sum);
    }
  }
  x = tf.layers.globalAveragePooling2d({}).apply(x);
  // From zeros, all classes are equally likely at first, whatever the norms add up to.
  x = tf.layers.dense({ units: CLASSES, kernelInitializer: 'zeros' }).apply(x);
  return tf.model({ inputs: input, outputs: x });
}
