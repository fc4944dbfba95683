/** Medians and quartiles. */
export function median(values) {
  return quantile(values, 0.5);
}

/** The lower and the upper one. */
export function quartiles(values) {
  return [quantile(values, 0.25), quantile(values, 0.75)];
}

function quantile(values, share) {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (sorted.length - 1) * share;
  const [low, high] = [sorted[Math.floor(at)], sorted[Math.ceil(at)]];
  return low + (high - low) * (at - Math.floor(at));
}
