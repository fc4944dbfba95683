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
import type { Happening } from '../messages.ts';
import { type Lock, nextTask } from './lock.ts';
import type { Mnist } from './mnist.ts';
import { Reporter } from './reporter.ts';

const BATCH = 50;
const FIRST_RATE = 0.02;
const LAST_RATE = 1e-5;
/** Accuracy is measured on so many held-out digits every so many steps, on all after an epoch. */
const MEASURED = 1000;
const MEASURE_EVERY = 50;
/** Held-out digits between which others have their turn. */
const CHUNK = 500;

/** Ends a training that is given up. */
export class Stopped extends Error {}

export class Run {
  readonly #model: tf.LayersModel;
  readonly #data: Mnist;
  readonly #epochs: number;
  readonly #lock: Lock;
  readonly #tell: (happening: Happening) => void;
  readonly #reporter: Reporter;
  #release: () => void = () => {};
  #isStopped = false;
  #isPaused = false;
  #wake: () => void = () => {};

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
    this.#reporter = new Reporter(epochs, BATCH, tell);
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
    this.#reporter.pace.begin();
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
      await this.#reporter.showFilters(this.#model, true);
      this.#tell({ kind: 'state', state: 'done' });
    } finally {
      optimizer.dispose();
      this.#release();
    }
  }

  async #afterStep(step: StepProgress): Promise<void> {
    this.#reporter.stepDone(step);
    await this.#reporter.showFilters(this.#model);
    const isLast = step.step === step.steps;
    if (step.step % MEASURE_EVERY === 0 && !isLast) await this.#measure(MEASURED);
    await this.#giveWay();
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
    const point = { images: this.#reporter.images, value: right / of };
    this.#tell({ kind: 'accuracy', point, of });
  }

  /** Lets others use the network, and waits while training is paused. */
  async #giveWay(): Promise<void> {
    this.#reporter.pace.end();
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
    this.#reporter.pace.begin();
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
