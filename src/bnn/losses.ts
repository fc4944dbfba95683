/** Losses for training binary networks; all are means over a batch, as scalars. */
import * as tf from '@tensorflow/tfjs';

/** Labels [batch, classes] of 0 and 1, or of −1 and +1; predictions of the same shape. */
export type Loss = (labels: tf.Tensor, predictions: tf.Tensor) => tf.Scalar;

/**
 * The mean of max(0, 1 − y·ŷ)², y being ±1; labels of 0 count as −1. As Keras has it, and as
 * BinaryNet was trained.
 */
export function squaredHinge(labels: tf.Tensor, predictions: tf.Tensor): tf.Scalar {
  return tf.tidy(() => {
    const signs = tf.sub(tf.mul(tf.cast(tf.greater(labels, 0), 'float32'), 2), 1);
    return tf.mean(tf.square(tf.relu(tf.sub(1, tf.mul(signs, predictions)))));
  });
}

/** Cross-entropy of labels that are probabilities and predictions before their softmax. */
export function softmaxCrossEntropy(labels: tf.Tensor, predictions: tf.Tensor): tf.Scalar {
  return tf.tidy(() => tf.neg(tf.mean(tf.sum(tf.mul(labels, tf.logSoftmax(predictions)), -1))));
}

export interface DistillationOptions {
  /** Both networks' logits are divided by it before their softmax; 4 unless told otherwise. */
  readonly temperature?: number;
  /** The share of the teacher's part, the rest being `loss`; 0.5 unless told otherwise. */
  readonly alpha?: number;
  /** What the labels' part is; `softmaxCrossEntropy` unless told otherwise. */
  readonly loss?: Loss;
}

/**
 * Learns from labels and from the logits of a teacher: (1 − α)·loss + α·T²·KL(teacher ‖ student), both
 * softened by T (Hinton et al., "Distilling the Knowledge in a Neural Network", 2015).
 */
export function distillation(
  labels: tf.Tensor,
  teacherLogits: tf.Tensor,
  logits: tf.Tensor,
  { temperature = 4, alpha = 0.5, loss = softmaxCrossEntropy }: DistillationOptions = {},
): tf.Scalar {
  return tf.tidy(() => {
    const teacher = tf.logSoftmax(tf.div(teacherLogits, temperature));
    const student = tf.logSoftmax(tf.div(logits, temperature));
    const divergence = tf.mean(tf.sum(tf.mul(tf.exp(teacher), tf.sub(teacher, student)), -1));
    return tf.add(
      tf.mul(1 - alpha, loss(labels, logits)),
      tf.mul(alpha * temperature ** 2, divergence),
    ) as tf.Scalar;
  });
}
