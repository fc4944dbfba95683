/** Filters for a first convolution that tell pixels apart from the first step on. */
import * as tf from '@tensorflow/tfjs';
import { EigenvalueDecomposition, Matrix } from 'ml-matrix';
import { PIXEL_SCALE } from './networks.js';

const IMAGES = 2000;
/** Of a pixel's range, 0 to 255: directions that vary less are not made louder than that. */
const QUIET = 6;

/** Starts the first convolution of a residual network with the whitening filters of `training`. */
export function whitenStem(model, training) {
  const [stem] = model.trainableWeights;
  const [size, , , filters] = stem.shape;
  const kernel = whiteningFilters(training, size, filters, PIXEL_SCALE);
  stem.write(tf.tensor4d(kernel, stem.shape));
}

/**
 * The `filters` directions in which patches of `size`×`size` pixels vary most, each scaled to a variance
 * of 1: principal components, whitened, as fast training for CIFAR-10 begins with (Jordan, "94% on
 * CIFAR-10 in 3.29 Seconds on a Single GPU", 2024). Neighbouring pixels are much alike; filters of
 * random numbers all see the brightness, and their signs are one bit.
 *
 * Returns [size, size, channels, filters] for pixels that are 0 to 255 times `scale`.
 */
function whiteningFilters({ shape, images, labels }, size, filters, scale) {
  const [height, width, channels] = shape;
  const length = size * size * channels;
  const step = Math.max(1, Math.floor(labels.length / IMAGES));
  const mean = new Float64Array(length);
  const products = new Float64Array(length * length);
  let count = 0;
  const patch = new Float64Array(length);
  for (let image = 0; image < labels.length; image += step) {
    for (let top = 0; top <= height - size; top += size)
      for (let left = 0; left <= width - size; left += size) {
        for (let y = 0, i = 0; y < size; y++) {
          const from = ((image * height + top + y) * width + left) * channels;
          for (let x = 0; x < size * channels; x++) patch[i++] = images[from + x];
        }
        for (let i = 0; i < length; i++) {
          mean[i] += patch[i];
          for (let j = 0; j <= i; j++) products[i * length + j] += patch[i] * patch[j];
        }
        count++;
      }
  }
  const covariance = Matrix.zeros(length, length);
  for (let i = 0; i < length; i++)
    for (let j = 0; j <= i; j++) {
      const value = products[i * length + j] / count - (mean[i] / count) * (mean[j] / count);
      covariance.set(i, j, value);
      covariance.set(j, i, value);
    }
  const { realEigenvalues, eigenvectorMatrix } = new EigenvalueDecomposition(covariance, {
    assumeSymmetric: true,
  });
  const order = realEigenvalues
    .map((_, i) => i)
    .sort((a, b) => realEigenvalues[b] - realEigenvalues[a]);
  const kernel = new Float32Array(length * filters);
  for (let i = 0; i < length; i++)
    for (let filter = 0; filter < filters; filter++) {
      const component = order[filter % length];
      const deviation = Math.sqrt(realEigenvalues[component] + QUIET ** 2);
      kernel[i * filters + filter] = eigenvectorMatrix.get(i, component) / deviation / scale;
    }
  return kernel;
}
