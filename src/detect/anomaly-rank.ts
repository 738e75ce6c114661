// How rare is a magnitude among all that this series has shown: a rank, not a distribution. No assumption about tails,
// and the same meaning for every series, which is what lets one threshold serve them all.

/** Bins of 10% from e^-6 to e^10, in units of the series' own usual deviation. */
const BINS = 160;
const LOWEST = -6;
const WIDTH = 0.1;
/** Below this many samples nothing is rare. */
const FEWEST = 50;
/** Only the upper 8% is worth a surprise; the bulk of a series must not add up to one. */
const UPPER = 0.08;
/** At 50,000 samples (half a year of five minutes) the past is halved, so that it can be outgrown. */
const MOST = 50_000;

export interface Ranks {
  readonly counts: readonly number[];
  readonly seen: number;
}

export const noRanks: Ranks = { counts: Array.from({ length: BINS }, () => 0), seen: 0 };

const binOf = (magnitude: number): number =>
  Math.max(0, Math.min(BINS - 1, Math.floor((Math.log(magnitude) - LOWEST) / WIDTH)));

/** -log10 of the share of the past that was at least this large; 0 for what is common or not positive. */
export function surpriseOf(ranks: Ranks, magnitude: number): number {
  if (ranks.seen < FEWEST || magnitude <= 0) return 0;
  let atLeast = 0;
  for (let bin = binOf(magnitude); bin < BINS; bin++) atLeast += ranks.counts[bin] ?? 0;
  const share = (atLeast + 1) / (ranks.seen + 2);
  return share < UPPER ? -Math.log10(share) : 0;
}

export function addRank(ranks: Ranks, magnitude: number): Ranks {
  const full = ranks.seen >= MOST;
  if (magnitude <= 0 && !full) return { counts: ranks.counts, seen: ranks.seen + 1 };
  const counts = full ? ranks.counts.map((count) => count / 2) : ranks.counts.slice();
  if (magnitude > 0) {
    const bin = binOf(magnitude);
    counts[bin] = (counts[bin] ?? 0) + 1;
  }
  return { counts, seen: (full ? ranks.seen / 2 : ranks.seen) + 1 };
}
