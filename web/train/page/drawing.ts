/** What is drawn, and how the network reads it now. */
import type { LabelledDigit } from '../messages.ts';
import { element, onClick, show } from './dom.ts';
import { Pad, showPixels } from './pad.ts';
import { showError } from './problems.ts';
import { Scores } from './scores.ts';

export interface DrawingCalls {
  readonly classify: (pixels: Uint8Array) => Promise<number[]>;
  readonly heldOutDigit: () => Promise<LabelledDigit>;
}

export class Drawing {
  readonly #calls: DrawingCalls;
  readonly #scores = new Scores(element('scores', HTMLElement), element('answer', HTMLElement));
  readonly #pad: Pad;
  #pixels: Uint8Array | undefined;
  /** The right answer, where it is known. */
  #label: number | undefined;
  #isAsking = false;
  #isStale = false;

  constructor(calls: DrawingCalls) {
    this.#calls = calls;
    const seen = element('seen', HTMLCanvasElement);
    this.#pad = new Pad(element('pad', HTMLCanvasElement), (pixels) => {
      this.#pixels = pixels;
      this.#label = undefined;
      show('pad-hint', pixels === undefined);
      showPixels(seen, pixels);
      void this.read();
    });
    showPixels(seen, undefined);
    onClick('clear', () => this.#pad.clear());
    onClick('held-out', () => {
      this.#takeHeldOut().catch(showError);
    });
  }

  /** Reads the drawing again: it or the network has changed. Asks once at a time. */
  async read(): Promise<void> {
    this.#isStale = true;
    if (this.#isAsking) return;
    this.#isAsking = true;
    try {
      while (this.#isStale) {
        this.#isStale = false;
        const pixels = this.#pixels;
        if (!pixels) {
          this.#scores.clear();
          continue;
        }
        const scores = await this.#calls.classify(pixels);
        if (this.#pixels === pixels) this.#scores.show(scores, this.#label);
      }
    } catch (error) {
      showError(error);
    } finally {
      this.#isAsking = false;
    }
  }

  async #takeHeldOut(): Promise<void> {
    const { pixels, label } = await this.#calls.heldOutDigit();
    this.#pad.show(pixels);
    this.#label = label;
  }
}
