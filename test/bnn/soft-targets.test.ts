/** A teacher's answers as targets. */
import * as tf from '@tensorflow/tfjs';
import { expect, test } from 'vitest';
import { augmentedBatch, batchOf, cifarDataset, softTargets } from '../../src/bnn/index.ts';

const LABELS = [3, 9, 0, 3, 1];
/** Images that tell their place by their first pixel, and are not symmetric. */
const data = cifarDataset(
  ...LABELS.map((label, place) =>
    Uint8Array.from({ length: 3073 }, (_, i) => (i === 0 ? label : i === 1 ? 50 * place : 0)),
  ),
);

/** Logits of which the first pixel's red is the first, the last one's of the first row the second. */
function logitsOf(images: tf.Tensor4D): tf.Tensor {
  const row = tf.slice(images, [0, 0, 0, 0], [-1, 1, 32, 1]).reshape([-1, 32]);
  const ends = tf.concat([tf.slice(row, [0, 0], [-1, 1]), tf.slice(row, [0, 31], [-1, 1])], 1);
  return tf.pad(tf.div(ends, 100) as tf.Tensor2D, [
    [0, 0],
    [0, 8],
  ]);
}

/** softmax([z/T, 0 …]) of ten classes. */
function softmax(logits: readonly number[], temperature: number): number[] {
  const powers = Array.from({ length: 10 }, (_, i) => Math.exp((logits[i] ?? 0) / temperature));
  const sum = powers.reduce((a, b) => a + b);
  return powers.map((power) => power / sum);
}

test('labels and softened answers, by their shares', async () => {
  const options = { temperature: 3, share: 0.25, batchSize: 2 };
  const { targets, labels } = await softTargets(logitsOf, data, options);
  expect(labels).toBe(data.labels);
  LABELS.forEach((label, place) => {
    const soft = softmax([place / 2], 3);
    for (let i = 0; i < 10; i++) {
      const expected = 0.25 * (soft[i] as number) + 0.75 * Number(i === label);
      expect(targets?.[place * 10 + i]).toBeCloseTo(expected, 6);
    }
  });
});

test('seen from both sides', async () => {
  const { targets } = await softTargets(logitsOf, data, { share: 1, temperature: 1, flip: true });
  const soft = softmax([4 / 4, 4 / 4], 1);
  for (let i = 0; i < 10; i++) expect(targets?.[40 + i]).toBeCloseTo(soft[i] as number, 6);
});

test('a wrong answer and the label change places', async () => {
  const options = { share: 1, temperature: 1, corrected: true };
  const { targets } = await softTargets(logitsOf, data, options);
  LABELS.forEach((label, place) => {
    const soft = softmax([place / 2], 1);
    [soft[0], soft[label]] = [soft[label] as number, soft[0] as number];
    for (let i = 0; i < 10; i++) {
      expect(targets?.[place * 10 + i]).toBeCloseTo(soft[i] as number, 6);
    }
  });
});

test('batches have the targets in place of the labels', async () => {
  const taught = await softTargets(logitsOf, data, { share: 0.5 });
  const expected = [...(taught.targets?.subarray(20, 30) ?? [])];
  expect([...batchOf(taught, [4, 2]).labels.dataSync()].slice(10)).toEqual(expected);
  const { labels } = augmentedBatch(taught, [2], { flip: true, crop: 24 }, 1, 0);
  expect([...labels.dataSync()]).toEqual(expected);
});

test('what was taught before is not a label', async () => {
  const once = await softTargets(logitsOf, data);
  const twice = await softTargets(logitsOf, once);
  expect(twice.targets).toEqual(once.targets);
});

test('a teacher of other classes is refused', async () => {
  const narrow = (images: tf.Tensor4D) => tf.zeros([images.shape[0], 7]);
  await expect(softTargets(narrow, data)).rejects.toThrow(
    'The teacher tells 7 classes apart, the data set 10.',
  );
});
