/** Labelled images in memory, and the batches that training takes of them. */
import * as tf from '@tensorflow/tfjs';
import { fail } from '../errors.ts';
import { parseIdx } from '../formats/idx.ts';
import { Random } from './random.ts';

export interface Dataset {
  /** Of an image: height, width, channels. */
  readonly shape: readonly [height: number, width: number, channels: number];
  /** [count, height, width, channels], 0 to 255. */
  readonly images: Uint8Array;
  /** [count], 0 to classes − 1. */
  readonly labels: Uint8Array;
  readonly classes: number;
  /** [count, classes]: probabilities to learn in place of the labels; see `softTargets`. */
  readonly targets?: Float32Array;
}

/** What is done to images while training; each image is treated anew in each epoch. */
export interface Augmentation {
  /** Mirrors every other image. */
  readonly flip?: boolean;
  /** Shifts images by up to so many pixels; what comes in from outside is `padValue`. */
  readonly shift?: number;
  /** Cuts a square of so many pixels a side out of the image, anywhere; the whole image unless given. */
  readonly crop?: number;
  readonly padValue?: number;
}

export interface Batch {
  /** [batch, height, width, channels], 0 to 255. */
  readonly images: tf.Tensor4D;
  /** [batch, classes], 0 and 1, or the data set's targets. */
  readonly labels: tf.Tensor2D;
}

/**
 * MNIST and its relatives: IDX files of images [count, height, width] and labels [count], bytes.
 * Throws a `BinarynetError` where they don't belong together.
 */
export function idxDataset(images: Uint8Array, labels: Uint8Array, classes = 10): Dataset {
  const [pixels, answers] = [parseIdx(images), parseIdx(labels)];
  const [count, height, width] = pixels.shape;
  const isImages = pixels.shape.length === 3 && pixels.data instanceof Uint8Array;
  const isLabels = answers.shape.length === 1 && answers.data instanceof Uint8Array;
  if (!isImages || !isLabels || count !== answers.shape[0] || !height || !width) {
    return fail({
      code: 'bad-input',
      found: `Images ${pixels.shape.join('×')} and labels ${answers.shape.join('×')} do not belong together.`,
      fix: 'Give images of bytes, count×height×width, and as many labels of bytes.',
    });
  }
  return datasetOf(
    [height, width, 1],
    pixels.data as Uint8Array,
    answers.data as Uint8Array,
    classes,
  );
}

/**
 * CIFAR-10's binary format: for each image a byte with its label, then 32×32 bytes of each red, green
 * and blue. Throws a `BinarynetError` for files that are not whole.
 */
export function cifarDataset(...files: readonly Uint8Array[]): Dataset {
  const side = 32;
  const plane = side * side;
  const record = 1 + 3 * plane;
  const count = files.reduce((sum, bytes) => sum + bytes.length / record, 0);
  if (!Number.isInteger(count) || files.some((bytes) => bytes.length % record !== 0)) {
    return fail({
      code: 'corrupt',
      found: `A file of CIFAR-10 is not whole: its length is no multiple of ${record} bytes.`,
      fix: 'Get it anew.',
    });
  }
  const images = new Uint8Array(count * 3 * plane);
  const labels = new Uint8Array(count);
  let i = 0;
  for (const bytes of files) {
    for (let at = 0; at < bytes.length; at += record, i++) {
      labels[i] = bytes[at] as number;
      for (let pixel = 0; pixel < plane; pixel++)
        for (let channel = 0; channel < 3; channel++)
          images[(i * plane + pixel) * 3 + channel] = bytes[
            at + 1 + channel * plane + pixel
          ] as number;
    }
  }
  return datasetOf([side, side, 3], images, labels, 10);
}

function datasetOf(
  shape: Dataset['shape'],
  images: Uint8Array,
  labels: Uint8Array,
  classes: number,
): Dataset {
  const largest = labels.reduce((most, label) => Math.max(most, label), 0);
  if (largest < classes) return { shape, images, labels, classes };
  return fail({
    code: 'bad-input',
    found: `There is a label ${largest}, but ${classes} classes.`,
    fix: 'Say how many classes there are.',
  });
}

/** Some of a data set, by their places, as tensors. */
export function batchOf(data: Dataset, places: Iterable<number>): Batch {
  return makeBatch(data, [...places], data.shape, (image, to) => to.set(image));
}

/**
 * The same, augmented: what happens to an image depends on `seed`, the epoch and its place. Throws a
 * `BinarynetError` when what is cut out of images is larger than they are.
 */
export function augmentedBatch(
  data: Dataset,
  places: Iterable<number>,
  augmentation: Augmentation,
  seed: number,
  epoch: number,
): Batch {
  const { flip = false, shift = 0, crop } = augmentation;
  const [height, width, channels] = data.shape;
  const [rows, columns] = [crop ?? height, crop ?? width];
  if (rows > height || columns > width) {
    return fail({
      code: 'bad-input',
      found: `Images are ${height}×${width}; a square of ${crop} pixels a side can't be cut out of them.`,
      fix: 'Cut out less.',
    });
  }
  return makeBatch(data, [...places], [rows, columns, channels], (image, to, place) => {
    const random = new Random(seed, epoch, place);
    const isFlipped = flip && random.below(2) === 1;
    const top = random.below(height - rows + 2 * shift + 1) - shift;
    const left = random.below(width - columns + 2 * shift + 1) - shift;
    to.fill(augmentation.padValue ?? 0);
    for (let y = Math.max(0, -top); y < Math.min(rows, height - top); y++)
      for (let x = Math.max(0, -left); x < Math.min(columns, width - left); x++) {
        const column = isFlipped ? width - 1 - (x + left) : x + left;
        const from = ((y + top) * width + column) * channels;
        for (let c = 0; c < channels; c++) {
          to[(y * columns + x) * channels + c] = image[from + c] as number;
        }
      }
  });
}

function makeBatch(
  { shape, images, labels, classes, targets }: Dataset,
  places: readonly number[],
  cut: Dataset['shape'],
  copy: (image: Uint8Array, to: Float32Array, place: number) => void,
): Batch {
  const size = shape[0] * shape[1] * shape[2];
  const cutSize = cut[0] * cut[1] * cut[2];
  const pixels = new Float32Array(places.length * cutSize);
  const answers = new Float32Array(places.length * classes);
  places.forEach((place, i) => {
    const image = images.subarray(place * size, (place + 1) * size);
    copy(image, pixels.subarray(i * cutSize, (i + 1) * cutSize), place);
    if (targets) answers.set(targets.subarray(place * classes, (place + 1) * classes), i * classes);
    else answers[i * classes + (labels[place] as number)] = 1;
  });
  return {
    images: tf.tensor4d(pixels, [places.length, ...cut]),
    labels: tf.tensor2d(answers, [places.length, classes]),
  };
}
