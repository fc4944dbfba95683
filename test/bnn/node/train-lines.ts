/**
 * A run that a test kills: trains a tiny network on images with a bright line, with a checkpoint in the
 * file that is its argument, and prints each epoch and in the end a hash of the weights.
 */
import { createHash } from 'node:crypto';
import * as tf from '@tensorflow/tfjs';
import {
  Adam,
  BatchNormalization,
  binaryLayers,
  cosineRate,
  type Dataset,
  squaredHinge,
  startBackend,
  train,
} from '../../../src/bnn/index.ts';
import { fileCheckpoint } from '../../../src/bnn/node/index.ts';
import { Random } from '../../../src/bnn/random.ts';

/** Images of 6×6 with a bright row; the label says which. */
function lines(count: number): Dataset {
  const random = new Random(1);
  const labels = Uint8Array.from({ length: count }, () => random.below(6));
  const images = Uint8Array.from({ length: count * 36 }, (_, i) => {
    const isBright = Math.floor((i % 36) / 6) === labels[Math.floor(i / 36)];
    return (isBright ? 150 : 40) + random.below(80);
  });
  return { shape: [6, 6, 1], images, labels, classes: 6 };
}

await startBackend('wasm');
const seeded = (seed: number) => tf.initializers.glorotUniform({ seed });
const model = tf.sequential({
  layers: [
    ...binaryLayers(8, { kernelSize: 3, inputShape: [6, 6, 1], kernelInitializer: seeded(1) }),
    tf.layers.flatten(),
    ...binaryLayers(6, { activation: 'none', norm: false, kernelInitializer: seeded(2) }),
    new BatchNormalization(),
  ],
});
const [file] = process.argv.slice(2);
await train(model, lines(500), {
  epochs: 4,
  batchSize: 50,
  optimizer: new Adam(),
  schedule: cosineRate(0.02, 4),
  loss: squaredHinge,
  augmentation: { flip: true },
  ...(file ? { checkpoint: fileCheckpoint(file) } : {}),
  onStep: ({ epoch, step }) => console.log(`epoch ${epoch} step ${step}`),
});
const hash = createHash('sha256');
for (const weight of model.weights) hash.update(new Uint8Array(weight.read().dataSync().buffer));
console.log(`weights ${hash.digest('hex')}`);
