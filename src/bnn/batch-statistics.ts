/** Normalization by what a batch has itself, which batch normalization does while it is trained. */
import * as tf from '@tensorflow/tfjs';
import { normalizeInTensorflow, tensorflowBackend } from './tensorflow-batch-norm.ts';
import { runFused } from './wasm-fused.ts';

/** What is normalized, and by what. */
export interface Normalized {
  readonly y: tf.Tensor;
  readonly mean: tf.Tensor;
  readonly variance: tf.Tensor;
}

/** x with mean 0 and variance 1 along all axes but the last, times gamma, plus beta. */
export function normalizeBatch(
  x: tf.Tensor,
  gamma: tf.Tensor | undefined,
  beta: tf.Tensor | undefined,
  epsilon: number,
): Normalized {
  const channels = x.shape.at(-1) as number;
  const [factor, offset] = [gamma ?? tf.ones([channels]), beta ?? tf.zeros([channels])];
  const tensorflow = tensorflowBackend();
  if (tensorflow) return normalizeInTensorflow(tensorflow, x, factor, offset, epsilon);
  const [mean, variance] = (channels % 4 === 0 && runFused('BatchMoments', { x })) || [];
  if (mean && variance) return normalizeFused(x, factor, offset, mean, variance, epsilon);
  return normalizeStepwise(x, factor, offset, epsilon);
}

/** (x − mean) / √(variance + ε) · gamma + beta */
export function normalize(
  x: tf.Tensor,
  mean: tf.Tensor,
  variance: tf.Tensor,
  gamma: tf.Tensor | undefined,
  beta: tf.Tensor | undefined,
  epsilon: number,
): tf.Tensor {
  const deviation = tf.sqrt(tf.add(variance, epsilon));
  const normal = tf.div(tf.sub(x, mean), deviation);
  const scaled = gamma ? tf.mul(normal, gamma) : normal;
  return beta ? tf.add(scaled, beta) : scaled;
}

/** The same in one kernel; mean and variance are those of x, and its gradient knows that. */
function normalizeFused(
  x: tf.Tensor,
  gamma: tf.Tensor,
  beta: tf.Tensor,
  mean: tf.Tensor,
  variance: tf.Tensor,
  epsilon: number,
): Normalized {
  const one = ([tensor]: tf.Tensor[] = []) => tensor as tf.Tensor;
  const operation = tf.customGrad((...given) => {
    const [image, factor, offset, save] = given as [
      tf.Tensor,
      tf.Tensor,
      tf.Tensor,
      tf.GradSaveFunc,
    ];
    save([image, mean, variance, factor]);
    const operands = { x: image, mean, variance, gamma: factor, beta: offset };
    return {
      value: one(runFused('BatchNormalize', operands, { epsilon })),
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => {
        const [x, mean, variance, gamma] = saved as [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor];
        const upstream = { x, dy, mean, variance, gamma };
        return runFused('BatchNormalizeGrad', upstream, { epsilon }) as tf.Tensor[];
      },
    };
  });
  return { y: operation(x, gamma, beta), mean, variance };
}

/**
 * The same of operations that every back end has. With d = x − mean, n the number of values of a
 * channel, and s = 1/√(mean(d²) + ε):
 *   y  = γ·s·d + β
 *   ∂β = Σ dy
 *   ∂γ = s·Σ dy·d
 *   ∂x = γ·s·(dy − ∂β/n − d·s²·Σ(dy·d)/n)
 * Written out, because automatic gradients read the batch several times as often.
 */
function normalizeStepwise(
  x: tf.Tensor,
  gamma: tf.Tensor,
  beta: tf.Tensor,
  epsilon: number,
): Normalized {
  const axes = Array.from({ length: x.rank - 1 }, (_, axis) => axis);
  const count = x.size / (x.shape.at(-1) as number);
  const { mean, variance } = tf.moments(x, axes);
  const operation = tf.customGrad((...given) => {
    const [image, factor, offset, save] = given as [
      tf.Tensor,
      tf.Tensor,
      tf.Tensor,
      tf.GradSaveFunc,
    ];
    const distance = tf.sub(image, mean);
    const inverse = tf.rsqrt(tf.add(variance, epsilon));
    save([distance, inverse, factor]);
    return {
      value: tf.add(tf.mul(distance, tf.mul(inverse, factor)), offset),
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => {
        const [d, s, g] = saved as [tf.Tensor, tf.Tensor, tf.Tensor];
        const sum = tf.sum(dy, axes);
        const product = tf.sum(tf.mul(dy, d), axes);
        const slope = tf.mul(tf.square(s), tf.div(product, -count));
        const centred = tf.add(tf.mul(d, slope), tf.div(sum, -count));
        return [tf.mul(tf.add(dy, centred), tf.mul(s, g)), tf.mul(product, s), sum];
      },
    };
  });
  return { y: operation(x, gamma, beta), mean, variance };
}
