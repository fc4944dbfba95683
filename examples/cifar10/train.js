/**
 * Trains a network for CIFAR-10, and goes on where it was stopped; see --help.
 */
import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { parseArgs } from 'node:util';
import * as tf from '@tensorflow/tfjs';
import {
  Adam,
  BinarynetError,
  exponentialRate,
  glorotScales,
  readKerasModel,
  softmaxCrossEntropy,
  softTargets,
  squaredHinge,
  startBackend,
  steadyThenLinearRate,
  train,
  warmUp,
} from '../../dist/bnn/index.js';
import {
  fileCheckpoint,
  readCifar10,
  trainingProgress,
  writeModelFolder,
  writeTrainingLog,
} from '../../dist/bnn/node/index.js';
import { binaryNet, residualNet } from './networks.js';
import { whitenStem } from './whitening.js';

const HELP = `Trains a network for CIFAR-10:

  node examples/cifar10/train.js --data <folder with data_batch_1.bin … and test_batch.bin>

  --download          fetch CIFAR-10 into that folder if it isn't there
  --network binarynet|residual
  --width 0.5         times as many filters (1)
  --epochs 30
  --cropped-epochs 0  so many at first on pieces of 24×24, which are faster; residual only
  --batch 100
  --rate 0.01         learning rate at the start
  --teacher file.h5   a Keras model for CIFAR-10, ending in a softmax, to learn from as well; residual only
  --seed 1
  --backend wasm      instead of the fastest that is installed
  --out out/cifar10   gets the model, the log, curves.html, and the checkpoint to go on from
`;

/** How each network is trained. Residual ones take images of any size until they are trained. */
const RECIPES = {
  binarynet: ({ epochs, rate = 3e-3 }) => ({
    build: (size) => binaryNet(size),
    trainingSide: 32,
    optimizer: (model) => new Adam({ scaleOf: glorotScales(model) }),
    schedule: exponentialRate(rate, 2e-6, epochs),
    loss: squaredHinge,
    prepare: (_model, training) => training,
  }),
  residual: ({ epochs, rate = 1e-2, teacher }) => ({
    build: (size) => residualNet(size),
    trainingSide: null,
    optimizer: () => new Adam(),
    schedule: warmUp(0.5, steadyThenLinearRate(rate, epochs, 0.55)),
    loss: softmaxCrossEntropy,
    prepare: async (model, training) => {
      whitenStem(model, training);
      return teacher ? taught(training, teacher) : training;
    },
  }),
};

const GRAY = 128;

/** The data set with what a teacher says of each image, seen from both sides. */
async function taught(training, file) {
  const teacher = await readKerasModel(await readFile(file));
  const logitsOf = (images) => tf.log(tf.add(teacher.predict(images), 1e-8));
  console.log(`Asking ${file} about ${training.labels.length} images`);
  const data = await softTargets(logitsOf, training, { flip: true, corrected: true });
  teacher.dispose();
  return data;
}

function readOptions() {
  const { values } = parseArgs({
    options: {
      help: { type: 'boolean' },
      data: { type: 'string' },
      download: { type: 'boolean', default: false },
      network: { type: 'string', default: 'residual' },
      width: { type: 'string', default: '1' },
      epochs: { type: 'string', default: '30' },
      'cropped-epochs': { type: 'string', default: '0' },
      batch: { type: 'string', default: '100' },
      rate: { type: 'string' },
      teacher: { type: 'string' },
      seed: { type: 'string', default: '1' },
      backend: { type: 'string' },
      out: { type: 'string', default: 'out/cifar10' },
    },
  });
  const numbers = ['width', 'epochs', 'cropped-epochs', 'batch', 'rate', 'seed'];
  const given = numbers.filter((name) => values[name] !== undefined);
  const wrong = given.filter((name) => !(Number(values[name]) >= 0));
  if (values.help || !values.data || !RECIPES[values.network] || wrong.length > 0) {
    console.error(HELP);
    process.exit(values.help ? 0 : 2);
  }
  return { ...values, ...Object.fromEntries(given.map((name) => [name, Number(values[name])])) };
}

async function main() {
  const options = readOptions();
  const { epochs, width, seed, out, teacher } = options;
  const cropped = options['cropped-epochs'];
  const recipe = RECIPES[options.network](options);
  const backend = await startBackend(options.backend);
  const { training, test } = await readCifar10(options.data, { download: options.download });
  const model = recipe.build({ width, seed, side: recipe.trainingSide });
  const images = training.labels.length;
  const { network, batch } = options;
  const facts = { network, width, batch, seed, epochs, cropped, images, backend };
  if (teacher) facts.teacher = basename(teacher);
  console.log(
    Object.entries(facts)
      .map((fact) => fact.join(' '))
      .join(', '),
  );
  const progress = trainingProgress(epochs, process.stdout);
  await train(model, await recipe.prepare(model, training), {
    epochs,
    batchSize: batch,
    seed,
    optimizer: recipe.optimizer(model),
    schedule: recipe.schedule,
    loss: recipe.loss,
    augmentation: (epoch) => ({
      flip: true,
      padValue: GRAY,
      ...(epoch < cropped ? { crop: 24 } : { shift: 2 }),
    }),
    validation: test,
    checkpoint: fileCheckpoint(join(out, 'checkpoint.zip')),
    onStep: progress.onStep,
    onEpoch: async (log, logs) => {
      progress.onEpoch(log);
      await writeTrainingLog(out, facts, logs);
    },
  });
  const trained = recipe.build({ width, seed, side: 32 });
  trained.setWeights(model.getWeights());
  await writeModelFolder(out, trained);
  console.log(`Wrote ${join(out, 'model.json')}; \`npx binarynet compile\` makes C of it.`);
}

await main().catch((error) => {
  if (!(error instanceof BinarynetError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
});
