/** What a teacher says of a data set, once and for all its epochs. */
import * as tf from '@tensorflow/tfjs';
import { fail } from '../errors.ts';
import { batchOf, type Dataset } from './dataset.ts';

export interface SoftTargetOptions {
  /** The teacher's logits are divided by it before their softmax; 2 unless told otherwise. */
  readonly temperature?: number;
  /** The teacher's share of a target, the rest being the label's; 0.5 unless told otherwise. */
  readonly share?: number;
  /** Takes the mean of the logits of each image and of its mirror image. */
  readonly flip?: boolean;
  /**
   * Where the teacher is wrong, its answer's probability and the label's change places (Wen et al.,
   * "Preparing Lessons: Improve Knowledge Distillation with Better Supervision", 2019).
   */
  readonly corrected?: boolean;
  readonly batchSize?: number;
  readonly onBatch?: (done: number, count: number) => void;
}

/**
 * The data set with `targets` that are partly its labels and partly what a teacher answers for its
 * images as they are, without augmentation (Hinton et al., "Distilling the Knowledge in a Neural
 * Network", 2015, with the answers computed in advance, so that they cost no time in training).
 *
 * `logitsOf` is the teacher: from images [batch, height, width, channels] of 0 to 255 to
 * [batch, classes], what it has before its softmax, or the logarithm of what it has after it. Throws
 * a `BinarynetError` where the classes are not those of the data set.
 */
export async function softTargets(
  logitsOf: (images: tf.Tensor4D) => tf.Tensor,
  data: Dataset,
  options: SoftTargetOptions = {},
): Promise<Dataset> {
  const { temperature = 2, share = 0.5, flip, corrected, batchSize = 500, onBatch } = options;
  const { targets: _, ...labelled } = data;
  const { classes, labels } = data;
  const count = labels.length;
  const targets = new Float32Array(count * classes);
  for (let first = 0; first < count; first += batchSize) {
    const places = Array.from({ length: Math.min(batchSize, count - first) }, (_, i) => first + i);
    const soft = tf.tidy(() => {
      const batch = batchOf(labelled, places);
      const views = flip ? [batch.images, tf.reverse(batch.images, 2)] : [batch.images];
      const logits = tf.div(tf.addN(views.map((view) => logitsOf(view))), views.length);
      if (logits.shape[1] !== classes) {
        fail({
          code: 'bad-input',
          found: `The teacher tells ${logits.shape[1]} classes apart, the data set ${classes}.`,
          fix: 'Take a teacher that was trained for these classes.',
        });
      }
      const said = tf.softmax(tf.div(logits, temperature)) as tf.Tensor2D;
      const answers = corrected ? correct(said, batch.labels) : said;
      return tf.add(tf.mul(answers, share), tf.mul(batch.labels, 1 - share));
    });
    targets.set(await soft.data(), first * classes);
    soft.dispose();
    onBatch?.(first + places.length, count);
  }
  return { ...data, targets };
}

/** Probabilities whose largest is the label's: where it is another's, the two change places. */
function correct(answers: tf.Tensor2D, labels: tf.Tensor): tf.Tensor {
  const largest = tf.oneHot(tf.argMax(answers, 1), answers.shape[1]);
  const lead = tf.sum(tf.mul(answers, tf.sub(largest, labels)), 1, true);
  return tf.add(answers, tf.mul(lead, tf.sub(labels, largest)));
}
