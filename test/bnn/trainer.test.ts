/** Training: it learns, and goes on where it stopped to the bit. */
import * as tf from '@tensorflow/tfjs';
import '@tensorflow/tfjs-backend-wasm';
import { afterAll, describe, expect, test } from 'vitest';
import {
  Adam,
  accuracyOf,
  BatchNormalization,
  Bop,
  type CheckpointStore,
  cosineRate,
  type Dataset,
  QuantConv2D,
  QuantDense,
  type StepProgress,
  squaredHinge,
  startBackend,
  train,
} from '../../src/bnn/index.ts';
import { Random } from '../../src/bnn/random.ts';

/** Images of 6×6 with a bright row or column; the label says which of the 12. */
function lines(count: number, seed: number): Dataset {
  const random = new Random(seed);
  const images = new Uint8Array(count * 36);
  const labels = new Uint8Array(count);
  for (let i = 0; i < count; i++) {
    const label = random.below(12);
    labels[i] = label;
    for (let pixel = 0; pixel < 36; pixel++) {
      const at = label < 6 ? Math.floor(pixel / 6) : 6 + (pixel % 6);
      images[i * 36 + pixel] = (at === label ? 150 : 40) + random.below(80);
    }
  }
  return { shape: [6, 6, 1], images, labels, classes: 12 };
}

function makeModel(filters = 16): tf.LayersModel {
  const binary = (seed: number) => ({
    kernelQuantizer: 'ste_sign' as const,
    kernelConstraint: 'weight_clip',
    kernelInitializer: tf.initializers.glorotUniform({ seed }),
    useBias: false,
  });
  const norm = () => new BatchNormalization({ scale: false, momentum: 0.8 });
  return tf.sequential({
    layers: [
      new QuantConv2D({ ...binary(1), filters, kernelSize: 3, inputShape: [6, 6, 1] }),
      norm(),
      tf.layers.flatten(),
      new QuantDense({ ...binary(2), inputQuantizer: 'ste_sign', units: 12 }),
      norm(),
    ],
  });
}

const TRAINING = lines(600, 1);
const OTHERS = lines(200, 2);
const OPTIONS = {
  epochs: 4,
  batchSize: 50,
  schedule: cosineRate(0.02, 4),
  loss: squaredHinge,
  seed: 3,
  augmentation: { shift: 0 },
  validation: OTHERS,
};

function weightsOf(model: tf.LayersModel): number[] {
  return model.weights.flatMap((weight) => [...weight.read().dataSync()]);
}

afterAll(async () => {
  await tf.setBackend('cpu');
});

describe.each(['cpu', 'wasm'])('on %s', (backend) => {
  test('a network learns', async () => {
    expect(await startBackend(backend)).toBe(backend);
    const model = makeModel();
    const logs = await train(model, TRAINING, { ...OPTIONS, optimizer: new Adam() });
    const accuracies = logs.map(({ accuracy }) => accuracy as number);
    expect(logs.map(({ epoch }) => epoch)).toEqual([1, 2, 3, 4]);
    expect(accuracies.at(-1)).toBeGreaterThan(0.9);
    expect(await accuracyOf(model, OTHERS, 33)).toBe(accuracies.at(-1));
    expect(logs.at(-1)?.loss).toBeLessThan(logs[0]?.loss as number);
  });

  test('a run that was stopped ends with the same weights', async () => {
    await startBackend(backend);
    const straight = makeModel();
    await train(straight, TRAINING, { ...OPTIONS, optimizer: new Adam() });

    const kept: Uint8Array[] = [];
    const into: CheckpointStore = {
      name: 'memory',
      read: async () => undefined,
      write: async (bytes) => void kept.push(bytes),
    };
    await train(makeModel(), TRAINING, { ...OPTIONS, optimizer: new Adam(), checkpoint: into });

    const resumed = makeModel();
    const checkpoint: CheckpointStore = { ...into, read: async () => kept[1] };
    const logs = await train(resumed, TRAINING, { ...OPTIONS, optimizer: new Adam(), checkpoint });
    expect(weightsOf(resumed)).toEqual(weightsOf(straight));
    expect(logs.map(({ epoch }) => epoch)).toEqual([1, 2, 3, 4]);
  });
});

test('a checkpoint of another run', async () => {
  await startBackend('cpu');
  const kept: Uint8Array[] = [];
  const into = { name: 'run.zip', write: async (bytes: Uint8Array) => void kept.push(bytes) };
  const run = { ...OPTIONS, epochs: 1 };
  const empty = { ...into, read: async () => undefined };
  await train(makeModel(), TRAINING, { ...run, optimizer: new Adam(), checkpoint: empty });
  const checkpoint = { ...into, read: async () => kept[0] };
  const going = (model: tf.LayersModel, changes: object) =>
    train(model, TRAINING, { ...run, optimizer: new Adam(), checkpoint, ...changes });
  await expect(going(makeModel(), { seed: 9, batchSize: 60 })).rejects.toThrow(
    'run.zip: The checkpoint is of another run: it has seed 3, batchSize 50, this one seed 9, batchSize 60.',
  );
  await expect(going(makeModel(20), {})).rejects.toThrow(
    /^run\.zip: The checkpoint is of another model: weight \S+kernel is 3×3×1×20 here and 3×3×1×16 there\./,
  );
  await expect(going(makeModel(), { optimizer: new Bop() })).rejects.toThrow(
    'it has optimizer BinarynetAdam, this one optimizer Bop',
  );
  kept[0] = Uint8Array.of(80, 75, 3, 4);
  await expect(going(makeModel(), {})).rejects.toThrow(
    'run.zip: This is no checkpoint of this version, or not a whole one.',
  );
});

test('a step waits for what is done after the one before, and is not taken when that throws', async () => {
  const told: string[] = [];
  const onStep = async ({ step }: StepProgress) => {
    told.push(`after ${step}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
    told.push(`done ${step}`);
    if (step === 2) throw new Error('enough');
  };
  const options = { ...OPTIONS, optimizer: new Adam(), onStep };
  await expect(train(makeModel(), TRAINING, options)).rejects.toThrow('enough');
  expect(told).toEqual(['after 1', 'done 1', 'after 2', 'done 2']);
});

test('less than a batch of images', async () => {
  const options = { ...OPTIONS, optimizer: new Adam(), batchSize: 700 };
  await expect(train(makeModel(), TRAINING, options)).rejects.toThrow(
    'There are 600 images, but a batch takes 700. Make the batches smaller.',
  );
});

test('a back end that is not there', async () => {
  await expect(startBackend('tensorflow')).rejects.toThrow(
    '@tensorflow/tfjs-node is not installed. It needs @tensorflow/tfjs-node-gpu or @tensorflow/tfjs-node.',
  );
});
