// What a series is like at this hour of the day: its mean there, and the range it has kept to in that hour and the two
// beside it. Hours of the day are enough for a detector of single metrics; bursts of counts use hours of the week.

/** A mean counts after this many samples in its hour; until then the level of the series stands in for it. */
const FEWEST = 3;
/** The hour's mean remembers about 84 samples: a week at five minutes. */
const MEMORY = 84;
/** Each visit draws the range together by this share, so that an old extreme is forgotten in months. */
const SHRINK = 0.0001;

export interface Hour {
  readonly mean: number;
  readonly seen: number;
  readonly low: number;
  readonly high: number;
}

export type Season = readonly Hour[];

export const noSeason: Season = Array.from({ length: 24 }, () => ({ mean: 0, seen: 0, low: 0, high: 0 }));

const hourOf = (at: number): number => ((Math.floor(at / 3_600_000) % 24) + 24) % 24;

/** The mean of this hour, or `otherwise` while too little is known of it. */
export function seasonalMean(season: Season, at: number, otherwise: number): number {
  const hour = season[hourOf(at)];
  return hour && hour.seen >= FEWEST ? hour.mean : otherwise;
}

/** How far the value is above, or below, anything seen in this hour or the hours beside it. */
export function outOfRange(season: Season, at: number, value: number): { above: number; below: number } {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  const middle = hourOf(at);
  for (let offset = 23; offset <= 25; offset++) {
    const hour = season[(middle + offset) % 24];
    if (!hour || hour.seen === 0) continue;
    low = Math.min(low, hour.low);
    high = Math.max(high, hour.high);
  }
  return high < low ? { above: 0, below: 0 } : { above: Math.max(0, value - high), below: Math.max(0, low - value) };
}

export function learnSeason(season: Season, at: number, value: number): Season {
  const index = hourOf(at);
  const next = season.slice();
  const hour = season[index];
  if (!hour || hour.seen === 0) {
    next[index] = { mean: value, seen: 1, low: value, high: value };
    return next;
  }
  const half = ((hour.high - hour.low) / 2) * SHRINK;
  next[index] = {
    mean: hour.mean + (value - hour.mean) * Math.max(1 / MEMORY, 1 / (hour.seen + 1)),
    seen: hour.seen + 1,
    low: Math.min(hour.low + half, value),
    high: Math.max(hour.high - half, value),
  };
  return next;
}
