// Medians and spreads: times on a shared machine have long tails, and a mean would follow them.

/** The value below which the given share (0 to 1) of the sorted values lies, between two of them if need be. */
function quantile(sorted, share) {
  const place = (sorted.length - 1) * share;
  const below = Math.floor(place);
  const above = Math.min(below + 1, sorted.length - 1);
  return sorted[below] + (sorted[above] - sorted[below]) * (place - below);
}

/** `{n, median, p10, p90}` of numbers. */
export function summary(values) {
  const sorted = [...values].sort((a, b) => a - b);
  return {
    n: sorted.length,
    median: quantile(sorted, 0.5),
    p10: quantile(sorted, 0.1),
    p90: quantile(sorted, 0.9),
  };
}

/** What `values` has over `base`, pair by pair: both were taken in the same round, under the same load. */
export function over(values, base) {
  return summary(values.map((value, round) => value - base[round]));
}

export function median(values) {
  return summary(values).median;
}
