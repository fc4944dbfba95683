/**
 * Trains a binary network on MNIST that Larq in Python trains too:
 *
 *     node examples/larq/train.js --data <folder with MNIST's four .gz files> --out out/here.h5
 *     node examples/larq/train.js --data <folder> --model out/cluster.h5 --epochs 0
 *
 * Says how many test images the model has right when it is opened, and after training.
 */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { gunzipSync } from 'node:zlib';
import * as tf from '@tensorflow/tfjs';
import {
  Adam,
  accuracyOf,
  BatchNormalization,
  constantRate,
  idxDataset,
  QuantConv2D,
  QuantDense,
  readKerasModel,
  squaredHinge,
  startBackend,
  train,
  writeKerasModel,
} from '../../dist/bnn/index.js';

const { values: options } = parseArgs({
  options: {
    data: { type: 'string' },
    model: { type: 'string' },
    out: { type: 'string' },
    epochs: { type: 'string', default: '1' },
  },
});
if (!options.data) {
  console.error('Name the folder with MNIST: --data <folder with train-images-idx3-ubyte.gz …>');
  process.exit(2);
}

function newModel() {
  const binary = {
    kernelQuantizer: 'ste_sign',
    kernelConstraint: 'weight_clip',
    useBias: false,
  };
  const norm = () => new BatchNormalization({ momentum: 0.9, scale: false });
  const pool = () => tf.layers.maxPooling2d({ poolSize: 2 });
  return tf.sequential({
    layers: [
      new QuantConv2D({ ...binary, filters: 16, kernelSize: 3, inputShape: [28, 28, 1] }),
      pool(),
      norm(),
      new QuantConv2D({ ...binary, inputQuantizer: 'ste_sign', filters: 32, kernelSize: 3 }),
      pool(),
      norm(),
      tf.layers.flatten(),
      new QuantDense({ ...binary, inputQuantizer: 'ste_sign', units: 10 }),
      norm(),
    ],
  });
}

function read(part) {
  const file = (kind) => gunzipSync(readFileSync(join(options.data, `${part}-${kind}-ubyte.gz`)));
  return idxDataset(file('images-idx3'), file('labels-idx1'));
}

/** Under another name first, so that a file of that name is a whole one. */
function write(file, bytes) {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(`${file}.part`, bytes);
  renameSync(`${file}.part`, file);
}

await startBackend();
const others = read('t10k');
const model = options.model ? await readKerasModel(readFileSync(options.model)) : newModel();
const report = async (when) => {
  const right = 100 * (await accuracyOf(model, others));
  console.log(`${when}: ${right.toFixed(2)} % of the test images right`);
};
await report(options.model ? `${options.model}, opened` : 'a new model');
const epochs = Number(options.epochs);
if (epochs > 0) {
  await train(model, read('train'), {
    epochs,
    batchSize: 100,
    optimizer: new Adam(),
    schedule: constantRate(0.005),
    loss: squaredHinge,
  });
  await report('after training here');
}
if (options.out) {
  write(options.out, await writeKerasModel(model));
  console.log(`Wrote ${options.out}.`);
}
