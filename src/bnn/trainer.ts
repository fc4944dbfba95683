/**
 * Training: batches in an order that the seed decides, steps, constraints, and after each epoch the
 * accuracy on other images. What an epoch does depends on the seed, its number and the state that it
 * begins with, so that a run that goes on from a checkpoint ends with the same weights as one that
 * never stopped, on the same back end.
 */
import * as tf from '@tensorflow/tfjs';
import { fail, withFile } from '../errors.ts';
import { applyConstraints } from './binary-weights.ts';
import {
  type CheckpointStore,
  type Run,
  restoreCheckpoint,
  writeCheckpoint,
} from './checkpoints.ts';
import { type Augmentation, augmentedBatch, batchOf, type Dataset } from './dataset.ts';
import type { Loss } from './losses.ts';
import { Random } from './random.ts';
import type { Schedule } from './schedules.ts';

/** An optimizer whose rate the schedule sets. */
export interface RatedOptimizer extends tf.Optimizer {
  learningRate: number;
}

export interface TrainOptions {
  readonly epochs: number;
  readonly batchSize: number;
  readonly optimizer: RatedOptimizer;
  readonly schedule: Schedule;
  readonly loss: Loss;
  /** Decides the order of images and their augmentation; 1 unless told otherwise. */
  readonly seed?: number;
  /** The same in each epoch, or by its number, counted from 0. */
  readonly augmentation?: Augmentation | ((epoch: number) => Augmentation);
  /** What accuracy is measured on after each epoch. */
  readonly validation?: Dataset;
  /** Written after each epoch, and gone on from where there is one. */
  readonly checkpoint?: CheckpointStore;
  /** Waited for; a place to measure, to pause, or to give up by throwing. */
  readonly onStep?: (progress: StepProgress) => void | Promise<void>;
  /** Called with all epochs so far, those before a checkpoint too, and waited for. */
  readonly onEpoch?: (log: EpochLog, logs: readonly EpochLog[]) => void | Promise<void>;
}

export interface StepProgress {
  readonly epoch: number;
  readonly step: number;
  readonly steps: number;
  /** Means over the epoch so far. */
  readonly loss: number;
  /** With the time that `onStep` takes. */
  readonly imagesPerSecond: number;
  /** Until the last epoch is over, at the speed of this epoch so far. */
  readonly secondsLeft: number;
}

export interface EpochLog {
  /** Counted from 1. */
  readonly epoch: number;
  readonly learningRate: number;
  readonly loss: number;
  /** Of the validation images; absent without them. */
  readonly accuracy?: number;
  readonly seconds: number;
  readonly imagesPerSecond: number;
}

/**
 * Trains a model whose input are images [batch, height, width, channels] of 0 to 255 and whose output
 * the loss takes, and returns what there is to say of each epoch. The last images of an epoch that
 * don't fill a batch are left out of it. Throws a `BinarynetError` when there is no whole batch, or for a
 * checkpoint of another run.
 */
export async function train(
  model: tf.LayersModel,
  data: Dataset,
  options: TrainOptions,
): Promise<EpochLog[]> {
  const count = data.labels.length;
  if (count < options.batchSize) {
    fail({
      code: 'bad-input',
      found: `There are ${count} images, but a batch takes ${options.batchSize}.`,
      fix: 'Make the batches smaller.',
    });
  }
  const { optimizer, checkpoint } = options;
  const run = runOf(data, options);
  const logs = [...(await resume(model, optimizer, run, checkpoint))];
  for (let epoch = logs.length; epoch < options.epochs; epoch++) {
    const log = await trainEpoch(model, data, options, epoch);
    logs.push(log);
    await checkpoint?.write(await writeCheckpoint(model, optimizer, run, logs));
    await options.onEpoch?.(log, logs);
  }
  return logs;
}

/** The epochs that the last checkpoint has behind it, the state of which model and optimizer get. */
async function resume(
  model: tf.LayersModel,
  optimizer: tf.Optimizer,
  run: Run,
  checkpoint: CheckpointStore | undefined,
): Promise<readonly EpochLog[]> {
  const last = await checkpoint?.read();
  if (!checkpoint || !last) return [];
  return withFile(checkpoint.name, () => restoreCheckpoint(last, model, optimizer, run));
}

function runOf(data: Dataset, { optimizer, batchSize, seed = 1 }: TrainOptions): Run {
  return { seed, batchSize, images: data.labels.length, optimizer: optimizer.getClassName() };
}

async function trainEpoch(
  model: tf.LayersModel,
  data: Dataset,
  options: TrainOptions,
  epoch: number,
): Promise<EpochLog> {
  const { batchSize, optimizer, schedule, seed = 1 } = options;
  const order = new Random(seed, epoch).order(data.labels.length);
  const steps = Math.floor(order.length / batchSize);
  const start = performance.now();
  let sum = 0;
  let imagesPerSecond = 0;
  for (let step = 0; step < steps; step++) {
    optimizer.learningRate = schedule(epoch + step / steps);
    sum += await trainStep(
      model,
      data,
      options,
      epoch,
      order.subarray(step * batchSize, (step + 1) * batchSize),
    );
    imagesPerSecond = ((step + 1) * batchSize) / ((performance.now() - start) / 1000);
    const stepsLeft = (options.epochs - epoch) * steps - step - 1;
    await options.onStep?.({
      epoch: epoch + 1,
      step: step + 1,
      steps,
      loss: sum / (step + 1),
      imagesPerSecond,
      secondsLeft: (stepsLeft * batchSize) / imagesPerSecond,
    });
  }
  const { validation } = options;
  return {
    epoch: epoch + 1,
    learningRate: optimizer.learningRate,
    loss: sum / steps,
    ...(validation ? { accuracy: await accuracyOf(model, validation, batchSize) } : {}),
    seconds: (performance.now() - start) / 1000,
    imagesPerSecond,
  };
}

/** One step; returns its loss. */
async function trainStep(
  model: tf.LayersModel,
  data: Dataset,
  { optimizer, loss, augmentation, seed = 1 }: TrainOptions,
  epoch: number,
  places: Iterable<number>,
): Promise<number> {
  const changes = typeof augmentation === 'function' ? augmentation(epoch) : augmentation;
  const batch = changes
    ? augmentedBatch(data, places, changes, seed, epoch)
    : batchOf(data, places);
  const cost = tf.tidy(() => {
    const variables = model.trainableWeights.map((weight) => weight.read() as tf.Variable);
    const { value, grads } = tf.variableGrads(() => {
      const outputs = model.apply(batch.images, { training: true }) as tf.Tensor;
      const regularization = model.calculateLosses();
      return tf.addN([loss(batch.labels, outputs), ...regularization]) as tf.Scalar;
    }, variables);
    optimizer.applyGradients(grads);
    return value;
  });
  applyConstraints(model);
  const [value = Number.NaN] = await cost.data();
  tf.dispose([cost, batch.images, batch.labels]);
  return value;
}

/** The share of images whose label has the largest output. */
export async function accuracyOf(
  model: tf.LayersModel,
  data: Dataset,
  batchSize = 256,
): Promise<number> {
  const count = data.labels.length;
  let right = 0;
  for (let first = 0; first < count; first += batchSize) {
    const size = Math.min(batchSize, count - first);
    const places = Array.from({ length: size }, (_, i) => first + i);
    const batch = batchOf(data, places);
    const answers = tf.tidy(() => tf.argMax(model.predict(batch.images) as tf.Tensor, -1));
    const found = await answers.data();
    right += places.filter((place, i) => found[i] === data.labels[place]).length;
    tf.dispose([answers, batch.images, batch.labels]);
  }
  return right / count;
}
