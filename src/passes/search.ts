/**
 * Finding where a monotone yes-no question changes its answer, over integers and over floats.
 *
 * A question is asked as "is the bit set at a?" and is set for small a: true, then false. The
 * threshold is the least a where it is not, so that bit = a < threshold.
 */

/** Thresholds of channels whose bit is always, or never, set: no accumulator reaches them. */
const ALWAYS_I32 = 2 ** 31 - 1;
const NEVER_I32 = -(2 ** 31 - 1);

/** The threshold over the integers from -limit to limit. */
export function integerThreshold(isSet: (a: number) => boolean, limit: number): number {
  if (!isSet(-limit)) return NEVER_I32;
  if (isSet(limit)) return ALWAYS_I32;
  return firstUnset(isSet, -limit, limit);
}

/** The threshold over all finite f32 values; infinite for a constant answer. */
export function floatThreshold(isSet: (a: number) => boolean): number {
  const isSetAt = (key: number): boolean => isSet(floatOfKey(key));
  if (!isSetAt(-LARGEST_KEY)) return Number.NEGATIVE_INFINITY;
  if (isSetAt(LARGEST_KEY)) return Number.POSITIVE_INFINITY;
  return floatOfKey(firstUnset(isSetAt, -LARGEST_KEY, LARGEST_KEY));
}

/** Bisection: set at `low`, not set at `high`. */
function firstUnset(isSet: (a: number) => boolean, low: number, high: number): number {
  let [set, unset] = [low, high];
  while (unset - set > 1) {
    const middle = Math.floor((set + unset) / 2);
    if (isSet(middle)) set = middle;
    else unset = middle;
  }
  return unset;
}

// Finite floats in order, as integers from -LARGEST_KEY to LARGEST_KEY: the bits of the magnitude,
// with the float's sign. 0 and -0 share a key.
const LARGEST_KEY = 0x7f7fffff;
const bitsView = new DataView(new ArrayBuffer(4));

function floatOfKey(key: number): number {
  bitsView.setUint32(0, Math.abs(key));
  const magnitude = bitsView.getFloat32(0);
  return key < 0 ? -magnitude : magnitude;
}
