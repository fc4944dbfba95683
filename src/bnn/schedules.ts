/** Learning rates: what each epoch (counted from 0, fractions of it too) is trained with. */

export type Schedule = (epoch: number) => number;

export function constantRate(rate: number): Schedule {
  return () => rate;
}

/** From `first` in epoch 0 to `last` in epoch `epochs` − 1 by equal factors, as BinaryNet has it. */
export function exponentialRate(first: number, last: number, epochs: number): Schedule {
  const factor = epochs > 1 ? (last / first) ** (1 / (epochs - 1)) : 1;
  return (epoch) => first * factor ** Math.floor(epoch);
}

/** Half a cosine from `first` down to `last`, reached after `epochs` (Loshchilov & Hutter, 2017). */
export function cosineRate(first: number, epochs: number, last = 0): Schedule {
  return (epoch) => {
    const part = Math.min(1, epoch / epochs);
    return last + ((first - last) * (1 + Math.cos(Math.PI * part))) / 2;
  };
}

/**
 * `rate` for the first part of `epochs`, then in a straight line down to 0 at their end. Until it goes
 * down, a checkpoint serves longer training too.
 */
export function steadyThenLinearRate(rate: number, epochs: number, steadyPart = 0.5): Schedule {
  return (epoch) => rate * Math.max(0, Math.min(1, (1 - epoch / epochs) / (1 - steadyPart)));
}

/** `rates[i]` before epoch `ends[i]`; the last rate, one more than there are ends, from then on. */
export function steppedRate(ends: readonly number[], rates: readonly number[]): Schedule {
  if (rates.length !== ends.length + 1) {
    throw new RangeError(
      `${ends.length} ends divide ${ends.length + 1} rates, not ${rates.length}.`,
    );
  }
  return (epoch) => {
    const step = ends.findIndex((end) => epoch < end);
    return rates.at(step) as number;
  };
}

/** Rises from 0 to that of `schedule` in the first `epochs`, in proportion. */
export function warmUp(epochs: number, schedule: Schedule): Schedule {
  return (epoch) => Math.min(1, epoch / epochs) * schedule(epoch);
}
