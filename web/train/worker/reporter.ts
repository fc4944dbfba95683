/** Tells of a training what is drawn: losses, speed, filters; no more often than one can see. */
import type * as tf from '@tensorflow/tfjs';
import type { StepProgress } from '../../../src/bnn/index.ts';
import type { Happening, Point } from '../messages.ts';
import { firstFilters } from './model.ts';
import { Pace } from './pace.ts';

const REPORT_EVERY_MS = 100;
const FILTERS_EVERY_MS = 500;

export class Reporter {
  readonly pace = new Pace();
  readonly #epochs: number;
  readonly #batch: number;
  readonly #tell: (happening: Happening) => void;
  #images = 0;
  /** Of the epoch's losses so far. */
  #lossSum = 0;
  #losses: Point[] = [];
  #lastReport = Number.NEGATIVE_INFINITY;
  #lastFilters = Number.NEGATIVE_INFINITY;

  constructor(epochs: number, batch: number, tell: (happening: Happening) => void) {
    this.#epochs = epochs;
    this.#batch = batch;
    this.#tell = tell;
  }

  /** Trained on so far. */
  get images(): number {
    return this.#images;
  }

  stepDone(step: StepProgress): void {
    this.pace.step(this.#batch);
    this.#images += this.#batch;
    // The trainer tells the mean of the epoch so far; what is drawn is that of the step.
    const sum = step.loss * step.step;
    const before = step.step === 1 ? 0 : this.#lossSum;
    this.#losses.push({ images: this.#images, value: sum - before });
    this.#lossSum = sum;
    const isDue = performance.now() - this.#lastReport > REPORT_EVERY_MS;
    if (isDue || step.step === step.steps) this.#report(step);
  }

  /** When it is time to draw them again. */
  async showFilters(model: tf.LayersModel, isLast = false): Promise<void> {
    if (performance.now() - this.#lastFilters < FILTERS_EVERY_MS && !isLast) return;
    this.#tell({ kind: 'filters', filters: await firstFilters(model) });
    this.#lastFilters = performance.now();
  }

  #report({ epoch, steps }: StepProgress): void {
    const allImages = this.#epochs * steps * this.#batch;
    this.#tell({
      kind: 'progress',
      progress: {
        epoch,
        epochs: this.#epochs,
        images: this.#images,
        allImages,
        imagesPerSecond: this.pace.imagesPerSecond,
        secondsLeft: this.pace.secondsLeft(allImages - this.#images),
        losses: this.#losses,
      },
    });
    this.#losses = [];
    this.#lastReport = performance.now();
  }
}
