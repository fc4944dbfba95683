/**
 * Trains a small binary network for handwritten digits, on any machine with Node.js, in some minutes:
 *
 *     npm run train:mnist -- --data <folder with MNIST's four .gz files> [--download] [--epochs 5]
 *
 * All weights are binary, and all activations but the pixels. Writes into out/mnist-trained, or `--out`, a
 * TensorFlow.js model, which `binarynet compile` turns into C, the log, curves.html, and the checkpoint that
 * a run goes on from which was stopped.
 */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import * as tf from '@tensorflow/tfjs';
import {
  Adam,
  BatchNormalization,
  BinarynetError,
  cosineRate,
  QuantConv2D,
  QuantDense,
  squaredHinge,
  startBackend,
  train,
} from '../../dist/bnn/index.js';
import {
  fileCheckpoint,
  readMnist,
  trainingProgress,
  writeModelFolder,
  writeTrainingLog,
} from '../../dist/bnn/node/index.js';

const { values: options } = parseArgs({
  options: {
    data: { type: 'string' },
    download: { type: 'boolean', default: false },
    epochs: { type: 'string', default: '5' },
    out: { type: 'string', default: 'out/mnist-trained' },
    seed: { type: 'string', default: '1' },
    backend: { type: 'string' },
  },
});
if (!options.data) {
  console.error(
    'Name the folder with MNIST, or that it is to be fetched into: --data <folder> [--download]',
  );
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

async function main() {
  const { data, download, out } = options;
  const [epochs, seed] = [Number(options.epochs), Number(options.seed)];
  const backend = await startBackend(options.backend);
  const { training, test } = await readMnist(data, { download });
  const model = buildModel(seed);
  const facts = { backend, parameters: model.countParams(), seed, epochs };
  console.log(
    Object.entries(facts)
      .map((fact) => fact.join(' '))
      .join(', '),
  );
  const progress = trainingProgress(epochs, process.stdout);
  await train(model, training, {
    epochs,
    batchSize: 100,
    seed,
    optimizer: new Adam(),
    schedule: cosineRate(0.005, epochs, 1e-5),
    loss: squaredHinge,
    validation: test,
    checkpoint: fileCheckpoint(join(out, 'checkpoint.zip')),
    onStep: progress.onStep,
    onEpoch: async (log, logs) => {
      progress.onEpoch(log);
      await writeTrainingLog(out, facts, logs);
    },
  });
  await writeModelFolder(out, model);
  console.log(`Wrote ${join(out, 'model.json')}; \`npx binarynet compile\` makes C of it.`);
}

await main().catch((error) => {
  if (!(error instanceof BinarynetError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
});
