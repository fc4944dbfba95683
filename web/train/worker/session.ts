/** A network and its training: started, paused, forgotten; and who else uses the network meanwhile. */
import type * as tf from '@tensorflow/tfjs';
import type { Happening } from '../messages.ts';
import { Lock } from './lock.ts';
import type { Mnist } from './mnist.ts';
import { buildModel, firstFilters } from './model.ts';
import { Run, Stopped } from './run.ts';

const SEED = 1;

export class Session {
  readonly #tell: (happening: Happening) => void;
  readonly #lock = new Lock();
  #model: tf.LayersModel = buildModel(SEED);
  /** The training that runs or is paused. */
  #run: Run | undefined;
  #finished: Promise<void> = Promise.resolve();

  constructor(tell: (happening: Happening) => void) {
    this.#tell = tell;
  }

  /** Uses the network as it is between two steps. */
  use<T>(action: (model: tf.LayersModel) => Promise<T>): Promise<T> {
    return this.#lock.run(() => action(this.#model));
  }

  /** Tells what the first layer looks like. */
  async showFilters(): Promise<void> {
    this.#tell({ kind: 'filters', filters: await this.use(firstFilters) });
  }

  /** Starts to train or goes on; what goes wrong later is told to `onError`. */
  start(data: Mnist, epochs: number, onError: (error: unknown) => void): void {
    if (this.#run) {
      this.#run.resume();
      return;
    }
    const run = new Run(this.#model, data, epochs, this.#lock, this.#tell);
    this.#run = run;
    this.#finished = run
      .train()
      .catch((error: unknown) => {
        if (!(error instanceof Stopped)) onError(error);
      })
      .finally(() => {
        this.#run = undefined;
      });
  }

  pause(): void {
    this.#run?.pause();
  }

  /** A new network in place of the one that learned. */
  async reset(): Promise<void> {
    this.#run?.stop();
    await this.#finished;
    await this.#lock.run(async () => {
      this.#model.dispose();
      this.#model = buildModel(SEED);
    });
    this.#tell({ kind: 'state', state: 'idle' });
    await this.showFilters();
  }
}
