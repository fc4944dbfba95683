/** Seeded random numbers and tensors for kernel tests. */

export class Random {
  private state: number;

  constructor(seed: number) {
    this.state = seed >>> 0;
  }

  /** In [0, 1) (the generator mulberry32). */
  unit(): number {
    this.state = (this.state + 0x6d2b79f5) >>> 0;
    let t = this.state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  }

  /** An integer from low to high, both included. */
  int(low: number, high: number): number {
    return low + Math.floor(this.unit() * (high - low + 1));
  }

  chance(probability: number): boolean {
    return this.unit() < probability;
  }

  pick<T>(choices: readonly T[]): T {
    return choices[this.int(0, choices.length - 1)] as T;
  }

  /** Mostly small, now and then past one or two words of bits. */
  channels(): number {
    return this.chance(0.7) ? this.int(1, 20) : this.int(21, 140);
  }

  /** Multiples of 1/16 in [-2, 2]: sums of up to 16,384 products of two are exact in f32. */
  dyadics(count: number): Float32Array {
    return Float32Array.from({ length: count }, () => this.int(-32, 32) / 16);
  }

  /** Any reals in [low, high). */
  reals(count: number, low = -2, high = 2): Float32Array {
    return Float32Array.from({ length: count }, () => low + (high - low) * this.unit());
  }

  /** Small ones mostly, and now and then any of 32 bits. */
  integers(count: number): Int32Array {
    const ends = [-(2 ** 31), 2 ** 31 - 1, 0, -1, 1];
    return Int32Array.from({ length: count }, () => {
      if (this.chance(0.7)) return this.int(-9, 9);
      return this.chance(0.5) ? this.pick(ends) : this.int(-(2 ** 31), 2 ** 31 - 1);
    });
  }

  /** Now and then puts a NaN among the numbers, and returns them. */
  withNaNs(data: Float32Array): Float32Array {
    if (this.chance(0.3)) data[this.int(0, data.length - 1)] = Number.NaN;
    return data;
  }

  /** One bit per element. */
  bits(count: number): Uint8Array {
    return Uint8Array.from({ length: count }, () => this.int(0, 1));
  }

  shuffled<T>(items: readonly T[]): T[] {
    return items
      .map((item) => ({ item, key: this.unit() }))
      .sort((a, b) => a.key - b.key)
      .map(({ item }) => item);
  }
}
