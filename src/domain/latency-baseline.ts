/**
 * What a check usually takes, learnt as it goes in constant memory: the median and the usual distance from it, of the logarithm of the time, each
 * moved a small step towards what is seen (a stochastic approximation of the quantile, Robbins and Monro 1951). One wild value moves it no further
 * than a tame one, and a lasting change is learnt within a few hundred runs.
 */
export interface LatencyBaseline {
  /** Of ln(milliseconds). */
  median: number;
  /** The median distance from it, of ln(milliseconds). */
  spread: number;
  /** Runs it has learnt from, counted up to `learnt`. */
  count: number;
}

/** So many runs until the baseline is asked. */
const learnt = 60;
const firstStep = 0.2;
const lastStep = 0.005;
const smallestSpread = 0.02;
/** Slower than three times the median, and further off than eight times the usual distance. */
const times = Math.log(3);
const distances = 8;
/** What a person does not notice is not slow, whatever the proportion. */
const noticeableMs = 100;

const leastMs = 0.05;

/** The baseline after one more successful run. */
export function learnLatency(before: LatencyBaseline | undefined, totalMs: number): LatencyBaseline {
  const value = Math.log(Math.max(totalMs, leastMs));
  if (before === undefined) return { median: value, spread: 0.3, count: 1 };
  const step = Math.max(lastStep, firstStep / before.count);
  const off = value - before.median;
  return {
    median: before.median + step * Math.sign(off),
    spread: Math.max(smallestSpread, before.spread + step * Math.sign(Math.abs(off) - before.spread)),
    count: Math.min(before.count + 1, learnt),
  };
}

/** The longest time that is still usual, in milliseconds; undefined until enough was seen. */
export function usualMs(baseline: LatencyBaseline | undefined): number | undefined {
  if (baseline === undefined || baseline.count < learnt) return undefined;
  const medianMs = Math.exp(baseline.median);
  return Math.max(Math.exp(baseline.median + Math.max(times, distances * baseline.spread)), medianMs + noticeableMs);
}

export const isSlower = (baseline: LatencyBaseline | undefined, totalMs: number): boolean =>
  totalMs > (usualMs(baseline) ?? Infinity);
