/**
 * Trains a small binary network for handwritten digits, on any machine with Node.js:
 *
 *     npm run train:mnist -- --data <folder with MNIST's four .gz files> [--epochs 6] [--out out/mnist-trained]
 *
 * All weights are binary, and all activations but the pixels. Writes a TensorFlow.js model, which
 * `binarynet compile` turns into C.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { gunzipSync } from 'node:zlib';
import * as tf from '@tensorflow/tfjs';
import {
  Adam,
  BatchNormalization,
  cosineRate,
  idxDataset,
  QuantConv2D,
  QuantDense,
  squaredHinge,
  startBackend,
  train,
} from '../../dist/bnn/index.js';

const { values: options } = parseArgs({
  options: {
    data: { type: 'string' },
    epochs: { type: 'string', default: '6' },
    out: { type: 'string', default: 'out/mnist-trained' },
    seed: { type: 'string', default: '1' },
    backend: { type: 'string' },
  },
});
if (!options.data) {
  console.error('Name the folder with MNIST: --data <folder with train-images-idx3-ubyte.gz …>');
  process.exit(2);
}

/** Binary convolutions; pools stand before batch norms, where they run on packed bits. */
function buildModel(seed) {
  let layer = 0;
  const binary = () => ({
    kernelQuantizer: 'ste_sign',
    kernelConstraint: 'weight_clip',
    kernelInitializer: tf.initializers.glorotUniform({ seed: seed * 100 + layer++ }),
    useBias: false,
    padding: 'same',
  });
  const norm = () => new BatchNormalization({ momentum: 0.9, scale: false });
  const pool = () => tf.layers.maxPooling2d({ poolSize: 2 });
  return tf.sequential({
    layers: [
      new QuantConv2D({ ...binary(), filters: 16, kernelSize: 3, inputShape: [28, 28, 1] }),
      pool(),
      norm(),
      new QuantConv2D({ ...binary(), inputQuantizer: 'ste_sign', filters: 32, kernelSize: 3 }),
      pool(),
      norm(),
      new QuantConv2D({ ...binary(), inputQuantizer: 'ste_sign', filters: 64, kernelSize: 3 }),
      pool(),
      norm(),
      tf.layers.flatten(),
      new QuantDense({ ...binary(), inputQuantizer: 'ste_sign', units: 10 }),
      norm(),
    ],
  });
}

function read(part) {
  const file = (kind) => gunzipSync(readFileSync(join(options.data, `${part}-${kind}-ubyte.gz`)));
  return idxDataset(file('images-idx3'), file('labels-idx1'));
}

/** Writes model.json and weights.bin, as TensorFlow.js has them. */
async function save(model, folder) {
  mkdirSync(folder, { recursive: true });
  const handler = tf.io.withSaveHandler(
    async ({ modelTopology, weightSpecs, weightData, format }) => {
      const weightsManifest = [{ paths: ['weights.bin'], weights: weightSpecs }];
      writeFileSync(join(folder, 'weights.bin'), new Uint8Array(weightData));
      writeFileSync(
        join(folder, 'model.json'),
        JSON.stringify({ format, modelTopology, weightsManifest }),
      );
      return { modelArtifactsInfo: { dateSaved: new Date(), modelTopologyType: 'JSON' } };
    },
  );
  await model.save(handler);
}

const backend = await startBackend(options.backend);
const epochs = Number(options.epochs);
const model = buildModel(Number(options.seed));
console.log(`${model.countParams()} parameters, back end ${backend}`);
const started = performance.now();
await train(model, read('train'), {
  epochs,
  batchSize: 100,
  seed: Number(options.seed),
  optimizer: new Adam(),
  schedule: cosineRate(0.01, epochs, 1e-5),
  loss: squaredHinge,
  validation: read('t10k'),
  onStep: ({ epoch, step, steps, loss, imagesPerSecond }) => {
    if (!process.stdout.isTTY) return;
    const state = `epoch ${epoch}: ${step} of ${steps}, loss ${loss.toFixed(4)}`;
    process.stdout.write(`\r${state}, ${imagesPerSecond.toFixed(0)} images/s   `);
  },
  onEpoch: ({ epoch, loss, accuracy, seconds, imagesPerSecond }) => {
    if (process.stdout.isTTY) process.stdout.write('\r\x1b[K');
    const right = `${(100 * accuracy).toFixed(2)} % of the test images right`;
    const speed = `${seconds.toFixed(0)} s, ${imagesPerSecond.toFixed(0)} images/s`;
    console.log(`epoch ${epoch} of ${epochs}: loss ${loss.toFixed(4)}, ${right}, ${speed}`);
  },
});
await save(model, options.out);
const minutes = ((performance.now() - started) / 60000).toFixed(1);
console.log(`Wrote ${join(options.out, 'model.json')} after ${minutes} minutes.`);
