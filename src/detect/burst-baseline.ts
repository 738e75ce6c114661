// What a count should be at this hour of this weekday, learnt from the series' own past, and how sure that is.
// Three layers, each shrunk towards the one above it: level, hour of the day, hour of the week. A fourth follows the
// last hours, so that a busy day is not a burst all day long. Hours are UTC.

const HOUR_MS = 3_600_000;
const WEEK_HOURS = 168;
/** Bins the level remembers: four weeks of five minutes. */
const LEVEL_MEMORY = 8064;
/** Bins an hour of the day remembers: twelve a day for five weeks. */
const DAY_MEMORY = 420;
/** Bins an hour of the week remembers: twelve a week for ten weeks. */
const WEEK_MEMORY = 120;
/** Bins the recent ratio remembers: three hours. */
const RECENT_MEMORY = 36;
/** Events that an hour of the day, of the week, or the last hours must show before they outweigh the layer above. */
const DAY_PRIOR = 2;
const WEEK_PRIOR = 10;
const RECENT_PRIOR = 10;
/** And bins: however many posts one Saturday evening had, it was one Saturday evening. */
const DAY_PRIOR_BINS = 6;
const WEEK_PRIOR_BINS = 12;
const RECENT_MOST = 4;
/** 1 / size of the negative binomial before anything is known, held with the weight of this much squared mean. */
const SPREAD_PRIOR = 0.1;
const SPREAD_PRIOR_WEIGHT = 100;
const SPREAD_LEAST = 0.01;
const SPREAD_MEMORY = 4032;
/** A bin teaches no more than its mean and this many deviations: a surge must not become the norm. */
const WINSOR = 3;
/** Bins in an hour, and a week of bins until the baseline stops saying that it is learning. */
export const FEWEST_BINS = 12;
const LEARNING_BINS = 2016;

export interface Baseline {
  /** Clean bins learnt, without limit. */
  readonly bins: number;
  /** Forgetting sums of counts, and of what the season alone would have made of a level of one. */
  readonly count: number;
  readonly exposure: number;
  readonly dayCount: readonly number[];
  readonly dayExposure: readonly number[];
  readonly weekCount: readonly number[];
  readonly weekExposure: readonly number[];
  readonly recentCount: number;
  readonly recentExposure: number;
  /** Sums that estimate 1 / size. */
  readonly spread: number;
  readonly spreadWeight: number;
  /** And the part of it that one bin has in common with the bin before. */
  readonly shared: number;
  readonly sharedWeight: number;
  readonly before: { readonly at: number; readonly mean: number; readonly residual: number };
}

export interface Expectation {
  /** Events in a whole bin. */
  readonly mean: number;
  /** Of the negative binomial for one bin; small when the mean itself is uncertain. */
  readonly size: number;
  /** The part of 1 / size that more bins do not average out, and the part that they do. */
  readonly lasting: number;
  readonly passing: number;
  readonly learning: boolean;
}

/** Shared by all that have learnt nothing: whoever learns makes a copy. */
const noDay: readonly number[] = Array.from({ length: 24 }, () => 0);
const noWeek: readonly number[] = Array.from({ length: WEEK_HOURS }, () => 0);

export const createBaseline = (): Baseline => ({
  bins: 0,
  count: 0,
  exposure: 0,
  dayCount: noDay,
  dayExposure: noDay,
  weekCount: noWeek,
  weekExposure: noWeek,
  recentCount: 0,
  recentExposure: 0,
  spread: SPREAD_PRIOR * SPREAD_PRIOR_WEIGHT,
  spreadWeight: SPREAD_PRIOR_WEIGHT,
  shared: SPREAD_PRIOR * SPREAD_PRIOR_WEIGHT,
  sharedWeight: SPREAD_PRIOR_WEIGHT,
  before: { at: 0, mean: 0, residual: 0 },
});

/** Hours since a Monday, 00:00 UTC: 1970 began on a Thursday. */
const hourOfWeek = (at: number): number => {
  const hour = Math.floor(at / HOUR_MS) + 72;
  return ((hour % WEEK_HOURS) + WEEK_HOURS) % WEEK_HOURS;
};

const levelOf = (b: Baseline): number => (b.count + 0.5) / (b.exposure + 1);

function dayFactor(b: Baseline, hour: number): number {
  const prior = DAY_PRIOR + DAY_PRIOR_BINS * levelOf(b);
  return ((b.dayCount[hour % 24] ?? 0) + prior) / ((b.dayExposure[hour % 24] ?? 0) + prior);
}

function weekFactor(b: Baseline, hour: number): number {
  const prior = WEEK_PRIOR + WEEK_PRIOR_BINS * levelOf(b) * dayFactor(b, hour);
  return ((b.weekCount[hour] ?? 0) + prior) / ((b.weekExposure[hour] ?? 0) + prior);
}

const seasonOf = (b: Baseline, hour: number): number => dayFactor(b, hour) * weekFactor(b, hour);

/** Between the middles of two hours the season goes in a straight line. */
function seasonAt(b: Baseline, at: number): number {
  const position = at / HOUR_MS - 0.5;
  const share = position - Math.floor(position);
  const hour = hourOfWeek(Math.floor(position) * HOUR_MS);
  return seasonOf(b, hour) * (1 - share) + seasonOf(b, (hour + 1) % WEEK_HOURS) * share;
}

const recentRatio = (b: Baseline): number => {
  const ratio = (b.recentCount + RECENT_PRIOR) / (b.recentExposure + RECENT_PRIOR);
  return Math.max(1 / RECENT_MOST, Math.min(RECENT_MOST, ratio));
};

/**
 * What a bin whose middle is `at` should hold. The size carries, beside the learnt spread, how little is known: of the
 * level (few events so far), of the hour of the day (give or take a factor of two) and of the weekday (a third).
 */
export function expectCount(b: Baseline, at: number): Expectation {
  const hour = hourOfWeek(at);
  const spread = Math.max(SPREAD_LEAST, b.spread / b.spreadWeight);
  const unknownLevel = 1 / (0.5 + b.count);
  const unknownHour = 1 / (2 + (b.dayCount[hour % 24] ?? 0));
  const visits = (b.weekExposure[hour] ?? 0) / (WEEK_PRIOR_BINS * levelOf(b) * dayFactor(b, hour));
  const unknownWeekday = 1 / (10 + Math.min(b.weekCount[hour] ?? 0, 10 * visits));
  const shared = Math.max(SPREAD_LEAST, Math.min(spread, b.shared / b.sharedWeight));
  const lasting = shared + unknownLevel + unknownHour + unknownWeekday;
  const passing = spread - shared;
  return {
    mean: levelOf(b) * seasonAt(b, at) * recentRatio(b),
    size: 1 / (lasting + passing),
    lasting,
    passing,
    learning: b.bins < LEARNING_BINS,
  };
}

/** The size for the sum of so many bins. */
export const sizeOfSum = (expected: Expectation, bins: number): number =>
  1 / (expected.lasting + expected.passing / Math.max(1, bins));

const fade = (values: readonly number[], index: number, memory: number, add: number): number[] => {
  const next = values.slice();
  next[index] = (next[index] ?? 0) * (1 - 1 / memory) + add;
  return next;
};

/**
 * Learns one whole bin whose middle was `at`. Bins that nobody watched must not come here: a gap is no zero. A bin of a
 * burst teaches the season its bounded count, so that what comes every Saturday becomes expected; it teaches neither
 * the last hours nor the spread.
 */
export function learnCount(b: Baseline, at: number, count: number, burst: boolean, binMs: number): Baseline {
  const { mean, size } = expectCount(b, at);
  const deviation = Math.sqrt(mean + (mean * mean) / size);
  // Until there is a level to speak of, everything is taken as it comes.
  const bounded =
    b.bins < FEWEST_BINS ? count : Math.max(mean - WINSOR * deviation, Math.min(count, mean + WINSOR * deviation + 1));
  const hour = hourOfWeek(at);
  const level = levelOf(b);
  const byDay = level * dayFactor(b, hour);
  const season = seasonAt(b, at);
  const keepSpread = burst ? 1 : 1 - 1 / SPREAD_MEMORY;
  const keepRecent = burst ? 1 : 1 - 1 / RECENT_MEMORY;
  const calm = burst ? 0 : 1;
  const keepLevel = 1 - 1 / LEVEL_MEMORY;
  const knowsSpread = b.bins >= LEARNING_BINS / 2;
  const residual = bounded - mean;
  const paired = !burst && b.before.at === at - binMs ? mean * b.before.mean : 0;
  const keepShared = paired > 0 ? 1 - 1 / SPREAD_MEMORY : 1;
  const together = knowsSpread ? residual * b.before.residual : SPREAD_PRIOR * paired;
  return {
    bins: b.bins + 1,
    count: b.count * keepLevel + bounded,
    exposure: b.exposure * keepLevel + season,
    dayCount: fade(b.dayCount, hour % 24, DAY_MEMORY, bounded),
    dayExposure: fade(b.dayExposure, hour % 24, DAY_MEMORY, level),
    weekCount: fade(b.weekCount, hour, WEEK_MEMORY, bounded),
    weekExposure: fade(b.weekExposure, hour, WEEK_MEMORY, byDay),
    recentCount: b.recentCount * keepRecent + calm * bounded,
    recentExposure: b.recentExposure * keepRecent + calm * level * season,
    spread: b.spread * keepSpread + calm * (knowsSpread ? (bounded - mean) ** 2 - mean : SPREAD_PRIOR * mean * mean),
    spreadWeight: b.spreadWeight * keepSpread + calm * mean * mean,
    shared: b.shared * keepShared + (paired > 0 ? together : 0),
    sharedWeight: b.sharedWeight * keepShared + paired,
    before: burst ? b.before : { at, mean, residual },
  };
}

/** A bin that nobody watched teaches nothing, and what was recent grows old. */
export function missCount(b: Baseline): Baseline {
  const keep = 1 - 1 / RECENT_MEMORY;
  return { ...b, recentCount: b.recentCount * keep, recentExposure: b.recentExposure * keep };
}

/** After a long silence nothing is recent. */
export const forgetRecent = (b: Baseline): Baseline => ({ ...b, recentCount: 0, recentExposure: 0 });

/** After a burst that would not end: what was a burst is the level from now on. */
export function acceptLevel(b: Baseline, ratio: number): Baseline {
  return {
    ...b,
    count: b.count * ratio,
    recentCount: 0,
    recentExposure: 0,
    bins: Math.min(b.bins, LEARNING_BINS - 288),
  };
}
