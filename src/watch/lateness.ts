import { Histogram, type Registry } from 'prom-client';

export interface LatenessFigures {
  count: number;
  p50Ms: number;
  p99Ms: number;
  maxMs: number;
}

/** How late checks start against their due times. */
export interface Lateness {
  add(ms: number): void;
  /** Of the last 10,000 starts. */
  figures(): LatenessFigures;
}

const remembered = 10_000;
const metricName = 'hugops_check_start_delay_seconds';

export function createLateness(registry: Registry): Lateness {
  const known = registry.getSingleMetric(metricName);
  const histogram =
    known instanceof Histogram
      ? known
      : new Histogram({
          name: metricName,
          help: 'From the due time of a check to its start.',
          buckets: [0.005, 0.025, 0.1, 0.25, 1, 5, 30],
          registers: [registry],
        });
  const recent = new Float64Array(remembered);
  let count = 0;
  return {
    add(ms) {
      const late = Math.max(0, ms);
      recent[count++ % remembered] = late;
      histogram.observe(late / 1000);
    },
    figures() {
      const sorted = recent.slice(0, Math.min(count, remembered)).toSorted();
      const at = (share: number): number => sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? 0;
      return { count, p50Ms: at(0.5), p99Ms: at(0.99), maxMs: at(1) };
    },
  };
}
