/**
 * Trains a small binary network for handwritten digits, on any machine with Node.js, in some minutes:
 *
 *     npm run train:mnist -- --data <folder with MNIST's four .gz files> [--epochs 5] [--out out/mnist-trained]
 *
 * All weights are binary, and all activations but the pixels. Writes a TensorFlow.js model, which
 * `binarynet compile` turns into C, and log.csv with what each epoch gave.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { gunzipSync } from 'node:zlib';
import * as tf from '@tensorflow/tfjs';
import {
  Adam,
  BatchNormalization,
  compactModel,
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
    epochs: { type: 'string', default: '5' },
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
      new QuantDense({ ...binary(), inputQuantizer: 'ste_sign', units: 256 }),
      norm(),
      new QuantDense({ ...binary(), inputQuantizer: 'ste_sign', units: 10 }),
      norm(),
    ],
  });
}

function read(part) {
  const file = (kind) => gunzipSync(readFileSync(join(options.data, `${part}-${kind}-ubyte.gz`)));
  return idxDataset(file('images-idx3'), file('labels-idx1'));
}

/** Writes model.json and weights.bin, with a byte for each sign, and log.csv. */
async function save(model, logs, folder) {
  mkdirSync(folder, { recursive: true });
  const { modelJson, weights } = await compactModel(model);
  writeFileSync(join(folder, 'model.json'), modelJson);
  writeFileSync(join(folder, 'weights.bin'), weights);
  const rows = logs.map(({ epoch, loss, accuracy, seconds, imagesPerSecond }) =>
    [epoch, loss.toFixed(5), accuracy, seconds.toFixed(1), imagesPerSecond.toFixed(0)].join(),
  );
  const header = 'epoch,loss,accuracy,seconds,images_per_second';
  writeFileSync(join(folder, 'log.csv'), `${[header, ...rows].join('\n')}\n`);
}

/** "2:05" */
function clock(seconds) {
  const whole = Math.max(0, Math.round(seconds));
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, '0')}`;
}

const backend = await startBackend(options.backend);
const [epochs, seed] = [Number(options.epochs), Number(options.seed)];
const model = buildModel(seed);
const [data, validation] = [read('train'), read('t10k')];
console.log(
  `Back end ${backend}, ${model.countParams()} parameters, seed ${seed}, ${epochs} epochs`,
);

const started = performance.now();
const elapsed = () => (performance.now() - started) / 1000;
const logs = await train(model, data, {
  epochs,
  batchSize: 100,
  seed,
  optimizer: new Adam(),
  schedule: cosineRate(0.005, epochs, 1e-5),
  loss: squaredHinge,
  validation,
  onStep: ({ epoch, step, steps, loss, imagesPerSecond }) => {
    if (!process.stdout.isTTY) return;
    const done = (epoch - 1 + step / steps) / epochs;
    const left = `${clock((elapsed() / done) * (1 - done))} left`;
    const state = `epoch ${epoch} of ${epochs}: ${Math.floor((100 * step) / steps)} %`;
    const speed = `${imagesPerSecond.toFixed(0)} images/s`;
    process.stdout.write(`\r\x1b[K${state}, loss ${loss.toFixed(4)}, ${speed}, ${left}`);
  },
  onEpoch: ({ epoch, loss, accuracy, seconds, imagesPerSecond }) => {
    if (process.stdout.isTTY) process.stdout.write('\r\x1b[K');
    const right = `${(100 * accuracy).toFixed(2)} % of the test images right`;
    const speed = `${seconds.toFixed(0)} s, ${imagesPerSecond.toFixed(0)} images/s`;
    const left = epoch < epochs ? `, ${clock((elapsed() / epoch) * (epochs - epoch))} left` : '';
    console.log(`epoch ${epoch} of ${epochs}: loss ${loss.toFixed(4)}, ${right}, ${speed}${left}`);
  },
});
await save(model, logs, options.out);
console.log(`Wrote ${join(options.out, 'model.json')} after ${clock(elapsed())} minutes.`);
