/** Seeded random numbers: the same seed gives the same training, on every machine. */
export class Random {
  #state: number;

  /** Seeds may be several numbers, such as that of a run and an epoch. */
  constructor(...seeds: readonly number[]) {
    this.#state = 0;
    for (const seed of seeds) {
      this.#state = (this.#state ^ seed) >>> 0;
      this.#state = (this.unit() * 2 ** 32) >>> 0;
    }
  }

  /** From 0 to 1, 1 left out (mulberry32). */
  unit(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  /** From 0 to count − 1. */
  below(count: number): number {
    return Math.floor(this.unit() * count);
  }

  /** The numbers 0 to count − 1 in random order (Fisher and Yates). */
  order(count: number): Uint32Array {
    const order = Uint32Array.from({ length: count }, (_, i) => i);
    for (let i = count - 1; i > 0; i--) {
      const j = this.below(i + 1);
      [order[i], order[j]] = [order[j] as number, order[i] as number];
    }
    return order;
  }
}
