/** Constraints that weights are held to after every step; names and configuration are Larq's. */
import * as tf from '@tensorflow/tfjs';

type TfConstraint = ReturnType<typeof tf.constraints.nonNeg>;

/** TensorFlow.js does not export the class that its constraints extend. */
const Constraint = Object.getPrototypeOf(
  tf.constraints.nonNeg().constructor,
) as abstract new () => TfConstraint;

/**
 * Clips weights to [−clipValue, clipValue], so that none moves so far beyond the straight-through
 * estimator's range that it never changes its sign again.
 */
export class WeightClip extends Constraint {
  static readonly className = 'WeightClip';
  static readonly fromConfig = tf.serialization.Serializable.fromConfig;
  readonly #clipValue: number;

  constructor({ clipValue = 1 }: { readonly clipValue?: number } = {}) {
    super();
    this.#clipValue = clipValue;
  }

  override apply(w: tf.Tensor): tf.Tensor {
    return tf.clipByValue(w, -this.#clipValue, this.#clipValue);
  }

  override getConfig(): tf.serialization.ConfigDict {
    return { clipValue: this.#clipValue };
  }
}
tf.serialization.registerClass(WeightClip, 'Larq');
