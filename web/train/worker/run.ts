/**
 * One training from its first step to its last, with what happens between steps: reports, accuracy on
 * held-out digits, a pause, and others' turns with the network.
 */
import type * as tf from '@tensorflow/tfjs';
import {
  Adam,
  accuracyOf,
  cosineRate,
  type Dataset,
  type StepProgress,
  squaredHinge,
  train,
} from '../../../src/bnn/index.ts';
import type { Happening, Point } from '../messages.ts';
import { type Lock, nextTask } from './lock.ts';
import type { Mnist } from './mnist.ts';
import { firstFilters } from './model.ts';
import { Pace } from './pace.ts';

const BATCH = 50;
const FIRST_RATE = 0.02;
const LAST_RATE = 1e-5;
/** Accuracy is measured on so many held-out digits every so many steps, on all after an epoch. */
const MEASURED = 1000;
const MEASURE_EVERY = 50;
/** Held-out digits between which others have their turn. */
const CHUNK = 500;
const REPORT_EVERY_MS = 100;
const FILTERS_EVERY_MS = 500;

/** Ends a training that is given up. */
export class Stopped extends Error {}

export class Run {
  readonly #model: tf.LayersModel;
  readonly #data: Mnist;
  readonly #epochs: number;
  readonly #lock: Lock;
  readonly #tell: (happening: Happening) => void;
  readonly #pace = new Pace();
  #release: () => void = () => {};
  #isStopped = false;
  #isPaused = false;
  #wake: () => void = () => {};
  #images = 0;
  /** Of the epoch's losses so far. */
  #lossSum = 0;
  #losses: Point[] = [];
  #lastReport = 0;
  #lastFilters = 0;

  constructor(
    model: tf.LayersModel,
    data: Mnist,
    epochs: number,
    lock: Lock,
    tell: (happening: Happening) => void,
  ) {
    this.#model = model;
    this.#data = data;
    this.#epochs = epochs;
    this.#lock = lock;
    this.#tell = tell;
  }

  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    this.#wake();
  }

  stop(): void {
    this.#isStopped = true;
    this.#wake();
  }

  /** Throws `Stopped` when it is stopped. */
  async train(): Promise<void> {
    this.#release = await this.#lock.acquire();
    this.#tell({ kind: 'state', state: 'training' });
    const optimizer = new Adam();
    this.#pace.begin();
    try {
      await train(this.#model, this.#data.training, {
        epochs: this.#epochs,
        batchSize: BATCH,
        optimizer,
        schedule: cosineRate(FIRST_RATE, this.#epochs, LAST_RATE),
        loss: squaredHinge,
        onStep: (progress) => this.#afterStep(progress),
        onEpoch: () => this.#measure(this.#data.heldOut.labels.length),
      });
      this.#tell({ kind: 'filters', filters: await firstFilters(this.#model) });
      this.#tell({ kind: 'state', state: 'done' });
    } finally {
      optimizer.dispose();
      this.#release();
    }
  }

  async #afterStep(step: StepProgress): Promise<void> {
    this.#pace.step(BATCH);
    this.#images += BATCH;
    // The trainer tells the mean of the epoch so far; what is drawn is that of the step.
    const sum = step.loss * step.step;
    const before = step.step === 1 ? 0 : this.#lossSum;
    this.#losses.push({ images: this.#images, value: sum - before });
    this.#lossSum = sum;
    const isLast = step.step === step.steps;
    if (performance.now() - this.#lastReport > REPORT_EVERY_MS || isLast) this.#report(step);
    if (performance.now() - this.#lastFilters > FILTERS_EVERY_MS) {
      this.#tell({ kind: 'filters', filters: await firstFilters(this.#model) });
      this.#lastFilters = performance.now();
    }
    if (step.step % MEASURE_EVERY === 0 && !isLast) await this.#measure(MEASURED);
    await this.#giveWay();
  }

  #report({ epoch, step, steps }: StepProgress): void {
    const allImages = this.#epochs * steps * BATCH;
    const images = ((epoch - 1) * steps + step) * BATCH;
    this.#tell({
      kind: 'progress',
      progress: {
        epoch,
        epochs: this.#epochs,
        images,
        allImages,
        imagesPerSecond: this.#pace.imagesPerSecond,
        secondsLeft: this.#pace.secondsLeft(allImages - images),
        losses: this.#losses,
      },
    });
    this.#losses = [];
    this.#lastReport = performance.now();
  }

  /** Accuracy on the first so many held-out digits. */
  async #measure(count: number): Promise<void> {
    const { heldOut } = this.#data;
    const of = Math.min(count, heldOut.labels.length);
    let right = 0;
    for (let first = 0; first < of; first += CHUNK) {
      const part = slice(heldOut, first, Math.min(first + CHUNK, of));
      right += (await accuracyOf(this.#model, part, CHUNK)) * part.labels.length;
      await this.#giveWay();
    }
    const point = { images: this.#images, value: right / of };
    this.#tell({ kind: 'accuracy', point, of });
  }

  /** Lets others use the network, and waits while training is paused. */
  async #giveWay(): Promise<void> {
    this.#pace.end();
    this.#release();
    await nextTask();
    if (this.#isPaused && !this.#isStopped) {
      this.#tell({ kind: 'state', state: 'paused' });
      while (this.#isPaused && !this.#isStopped) {
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
      if (!this.#isStopped) this.#tell({ kind: 'state', state: 'training' });
    }
    if (this.#isStopped) throw new Stopped();
    this.#release = await this.#lock.acquire();
    this.#pace.begin();
  }
}

function slice(data: Dataset, first: number, end: number): Dataset {
  const size = data.images.length / data.labels.length;
  return {
    ...data,
    images: data.images.subarray(first * size, end * size),
    labels: data.labels.subarray(first, end),
  };
}
