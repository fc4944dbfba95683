/** Start, pause and reset, and the numbers of a training. */
import type { Backend, Progress, State } from '../messages.ts';
import { element, onClick, setText, show } from './dom.ts';
import { duration, percent, whole } from './format.ts';

export interface TrainingActions {
  /** Starts or goes on. */
  readonly start: (epochs: number) => void;
  readonly pause: () => void;
  readonly reset: () => void;
  /** Forgets and starts. */
  readonly again: (epochs: number) => void;
}

const TITLES: Readonly<Record<State, string>> = {
  idle: 'Start',
  training: 'Pause',
  paused: 'Go on',
  done: 'Train again',
};

export class TrainingPanel {
  readonly #actions: TrainingActions;
  readonly #start: HTMLButtonElement;
  readonly #reset: HTMLButtonElement;
  #state: State = 'idle';
  #hasData = false;

  constructor(actions: TrainingActions) {
    this.#actions = actions;
    this.#start = onClick('start', () => this.#act());
    this.#reset = onClick('reset', () => actions.reset());
  }

  showBackend({ name, detail, reason }: Backend): void {
    setText('backend', `${name === 'webgpu' ? 'WebGPU' : 'WebAssembly'} · ${detail}`);
    setText('backend-reason', reason ?? '');
    show('backend-reason', reason !== undefined);
  }

  setStatus(text: string): void {
    setText('status', text);
  }

  /** Digits and a back end are there. */
  setReady(): void {
    this.#hasData = true;
    this.setState(this.#state);
  }

  setState(state: State): void {
    this.#state = state;
    this.#start.textContent = TITLES[state];
    this.#start.disabled = !this.#hasData;
    this.#reset.disabled = state === 'idle';
    element('epochs', HTMLSelectElement).disabled = state === 'training' || state === 'paused';
    document.body.dataset.state = state;
    if (state === 'paused') this.setStatus('Paused.');
    if (state === 'training') this.setStatus('Learning …');
    if (state === 'done') this.setStatus('Done. Draw a digit, or download the C.');
  }

  showProgress({ epoch, epochs, images, allImages, imagesPerSecond, secondsLeft }: Progress): void {
    element('progress', HTMLProgressElement).value = images / allImages;
    setText('epoch', `${epoch} of ${epochs}`);
    setText('speed', whole(imagesPerSecond));
    setText('left', duration(secondsLeft));
  }

  showLoss(loss: number): void {
    setText('loss', loss.toFixed(3));
  }

  showAccuracy(accuracy: number): void {
    setText('accuracy', percent(accuracy));
  }

  clear(): void {
    element('progress', HTMLProgressElement).value = 0;
    for (const id of ['epoch', 'speed', 'loss', 'accuracy', 'left']) setText(id, '–');
  }

  #act(): void {
    const epochs = Number(element('epochs', HTMLSelectElement).value);
    if (this.#state === 'training') this.#actions.pause();
    else if (this.#state === 'done') this.#actions.again(epochs);
    else this.#actions.start(epochs);
  }
}
