/** How fast training is and how long it still takes; waiting, such as when paused, does not count. */
export class Pace {
  #since = 0;
  #activeMs = 0;
  #images = 0;
  #stepMs = 0;

  /** Work begins, or goes on after waiting. */
  begin(): void {
    this.#since = performance.now();
  }

  /** A step on so many images is done. */
  step(images: number): void {
    const ms = performance.now() - this.#since;
    const recent = ms / images;
    this.#stepMs = this.#images === 0 ? recent : this.#stepMs + 0.1 * (recent - this.#stepMs);
    this.#images += images;
  }

  /** Work is interrupted; what was done since it began counts. */
  end(): void {
    this.#activeMs += performance.now() - this.#since;
  }

  /** Of the last steps. */
  get imagesPerSecond(): number {
    return this.#stepMs > 0 ? 1000 / this.#stepMs : 0;
  }

  /** With all that is done beside steps. */
  secondsLeft(images: number): number {
    const spent = this.#activeMs + performance.now() - this.#since;
    return this.#images > 0 ? (images * spent) / this.#images / 1000 : Number.NaN;
  }
}
