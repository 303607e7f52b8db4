/** Figures of many values, and whether a line through measurements rises. */

export interface Summary {
  n: number;
  median: number;
  p99: number;
  max: number;
}

export function summary(values: readonly number[]): Summary {
  const sorted = [...values].sort((one, other) => one - other);
  const at = (share: number): number => sorted[Math.ceil(share * sorted.length) - 1] ?? Number.NaN;
  return { n: sorted.length, median: at(0.5), p99: at(0.99), max: at(1) };
}

/** `n=200 median 312 ms, p99 504 ms, max 611 ms` */
export function inWords({ n, median, p99, max }: Summary, unit = 'ms', digits = 1): string {
  const [middle, high, top] = [median, p99, max].map((value) => `${value.toFixed(digits)} ${unit}`);
  return `n=${n} median ${middle ?? ''}, p99 ${high ?? ''}, max ${top ?? ''}`;
}

export interface Slope {
  /** By least squares. */
  perUnit: number;
  standardError: number;
  /** With 97.5 % confidence the true slope is not above this one (Student's t, for 20 points and more). */
  atMost: number;
}

/** Student's t for 18 degrees of freedom; it only falls with more. */
const T_97_5 = 2.101;

/** The slope of y over x. Needs 20 points, so that the confidence is the one that {@link Slope.atMost} says. */
export function slope(points: readonly (readonly [x: number, y: number])[]): Slope {
  const n = points.length;
  if (n < 20) throw new Error(`A slope takes 20 points at least, and these are ${n}`);
  const meanX = points.reduce((sum, [x]) => sum + x, 0) / n;
  const meanY = points.reduce((sum, [, y]) => sum + y, 0) / n;
  const spread = points.reduce((sum, [x]) => sum + (x - meanX) ** 2, 0);
  const perUnit = points.reduce((sum, [x, y]) => sum + (x - meanX) * (y - meanY), 0) / spread;
  const rest = points.reduce((sum, [x, y]) => sum + (y - meanY - perUnit * (x - meanX)) ** 2, 0);
  const standardError = Math.sqrt(rest / (n - 2) / spread);
  return { perUnit, standardError, atMost: perUnit + T_97_5 * standardError };
}
