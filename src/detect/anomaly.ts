// Anomalies in one metric, streaming, in constant memory: no training, no look-ahead, one set of parameters for every
// series. docs/detection.md explains the method and its figures; `npm run bench -- nab` measures it.
import { type Episode, noEpisode, weighEvidence } from './anomaly-episode.ts';
import { type Shapes, noShapes, visitShape } from './anomaly-novelty.ts';
import { type Ranks, addRank, noRanks, surpriseOf } from './anomaly-rank.ts';
import { type Season, learnSeason, noSeason, outOfRange, seasonalMean } from './anomaly-season.ts';

export interface AnomalySample {
  /** When it was measured, epoch milliseconds. */
  readonly at: number;
  readonly value: number;
}

/** What speaks for an anomaly. */
export type AnomalyReason = 'new-step' | 'new-movement' | 'new-turn' | 'above-hours' | 'below-hours' | 'low-for-hour';

export interface AnomalySignal {
  readonly kind: 'anomaly';
  readonly at: number;
  readonly score: number;
  readonly value: number;
  /** The mean of this hour of the day, or of the series while that is not known. */
  readonly expected: number;
  /** The mean absolute deviation of the series from its level, in its own units. */
  readonly deviation: number;
  readonly direction: 'up' | 'down';
  /** Strongest first; `rarity` is the share of this series' past that was as unusual, below 0.08. */
  readonly reasons: readonly { readonly reason: AnomalyReason; readonly rarity: number }[];
}

export interface AnomalyState {
  readonly version: 1;
  /** Of the newest sample taken; 0 before the first. */
  readonly at: number;
  readonly intervalMs: number;
  readonly samples: number;
  /** Samples in a row that were older than what was already seen. */
  readonly late: number;
  readonly last: number;
  readonly level: number;
  readonly deviation: number;
  /** Moving means over about 4, 12, 48 and 144 samples. */
  readonly means: readonly number[];
  readonly season: Season;
  readonly shapes: readonly Shapes[];
  readonly ranks: readonly Ranks[];
  readonly episode: Episode;
  /** Of the newest sample. */
  readonly score: number;
}

export interface AnomalyOptions {
  /** Alert from this score on. The default is what the NAB development half likes best in the standard profile. */
  readonly threshold: number;
}

export const anomalyDefaults: AnomalyOptions = { threshold: 4.8 };

const SCALES: readonly number[] = [4, 12, 48, 144];
/** The level and its deviation remember about 3,000 samples: ten days at five minutes. */
const LEVEL_MEMORY = 3000;
/** A day at five minutes: before that, a range of values is not known. */
const FIRST_DAY = 288;
/** A sample older than this behind the newest cannot be put in order any more. */
const LATE_MS = 3_600_000;
/** So many late samples in a row mean that the clock went back, not that the samples are late. */
const CLOCK_WENT_BACK = 12;

const FEATURES: readonly { readonly reason: AnomalyReason; readonly weight: number }[] = [
  { reason: 'new-step', weight: 0.3 },
  { reason: 'new-movement', weight: 0.3 },
  { reason: 'new-turn', weight: 0.3 },
  { reason: 'above-hours', weight: 0.6 },
  { reason: 'below-hours', weight: 0.6 },
  { reason: 'low-for-hour', weight: 0.3 },
];

export const createAnomaly = (): AnomalyState => ({
  version: 1,
  at: 0,
  intervalMs: 0,
  samples: 0,
  late: 0,
  last: 0,
  level: 0,
  deviation: 0,
  means: SCALES.map(() => 0),
  season: noSeason,
  shapes: [noShapes, noShapes, noShapes],
  ranks: FEATURES.map(() => noRanks),
  episode: noEpisode,
  score: 0,
});

/** The first sample only sets the scene. */
const begin = (state: AnomalyState, at: number, value: number): AnomalyState => ({
  ...state,
  at,
  samples: 1,
  last: value,
  level: value,
  means: SCALES.map(() => value),
  season: learnSeason(state.season, at, value),
});

/** Means over `memory` samples, which after a gap forget what they would have forgotten had samples come. */
const follow = (mean: number, value: number, memory: number, samples: number, steps: number): number =>
  mean + (value - mean) * Math.max(steps > 2 ? 1 - (1 - 1 / memory) ** steps : 1 / memory, 1 / (samples + 1));

interface Look {
  readonly shapes: readonly Shapes[];
  /** One for each of FEATURES, in units of the usual deviation. */
  readonly magnitudes: readonly number[];
  readonly means: readonly number[];
  readonly expected: number;
}

/** The sample from every side, against what was known before it. */
function look(state: AnomalyState, at: number, value: number, steps: number): Look {
  const unit = Math.max(state.deviation, 1e-9 * Math.abs(state.level), 1e-12);
  const means = state.means.map((mean, i) => follow(mean, value, SCALES[i] ?? 1, state.samples, steps));
  const [before4 = 0, before12 = 0, before48 = 0, before144 = 0] = state.means;
  const [mean4 = 0, mean12 = 0] = means;
  const inUnits = (difference: number): number => Math.asinh(difference / unit);
  const fast = inUnits(value - before4);
  const middle = inUnits(mean4 - before12);
  const slow = inUnits(mean12 - before48);
  const points = [
    [inUnits(value - before12), inUnits(mean12 - before144)],
    [Math.abs(fast), Math.abs(middle), Math.abs(slow)],
    [fast, middle, slow],
  ];
  const visited = points.map((point, i) => visitShape(state.shapes[i] ?? noShapes, point));
  const range = state.samples > FIRST_DAY ? outOfRange(state.season, at, value) : { above: 0, below: 0 };
  const expected = seasonalMean(state.season, at, state.level);
  return {
    shapes: visited.map(({ shapes }) => shapes),
    magnitudes: [
      ...visited.map(({ novelty }) => novelty),
      range.above / unit,
      range.below / unit,
      (expected - mean4) / unit,
    ],
    means,
    expected,
  };
}

function stepsSince(state: AnomalyState, at: number): { steps: number; intervalMs: number } {
  const passed = Math.max(0, at - state.at);
  if (state.intervalMs === 0) return { steps: 1, intervalMs: passed };
  const intervalMs = state.intervalMs + 0.01 * (Math.min(passed, 3 * state.intervalMs) - state.intervalMs);
  return { steps: Math.max(1, Math.round(passed / state.intervalMs)), intervalMs };
}

/**
 * Takes one sample. `at` in the future counts as `now`. A sample more than an hour older than the newest is passed over,
 * unless twelve in a row are: then the clock has gone back, and the detector goes with it.
 * Throws RangeError when `at`, `value` or `now` is not finite.
 */
export function stepAnomaly(
  state: AnomalyState,
  sample: AnomalySample,
  now: number,
  options: AnomalyOptions = anomalyDefaults,
): [AnomalyState, AnomalySignal[]] {
  const { value } = sample;
  if (![sample.at, value, now].every(Number.isFinite)) throw new RangeError('A sample needs a finite time and value');
  const at = Math.min(sample.at, now);
  if (state.samples === 0) return [begin(state, at, value), []];
  if (at < state.at - LATE_MS && state.late < CLOCK_WENT_BACK)
    return [{ ...state, late: state.late + 1, score: 0 }, []];
  const { steps, intervalMs } = stepsSince(state, at);
  const seen = look(state, at, value, steps);
  const surprises = seen.magnitudes.map((magnitude, i) => surpriseOf(state.ranks[i] ?? noRanks, magnitude));
  const evidence = surprises.reduce((sum, surprise, i) => sum + surprise * (FEATURES[i]?.weight ?? 0), 0);
  const { episode, score } = weighEvidence(state.episode, evidence);
  const pace = Math.max(1 / LEVEL_MEMORY, 1 / (state.samples + 1));
  const next: AnomalyState = {
    version: 1,
    at: at < state.at - LATE_MS ? at : Math.max(at, state.at),
    intervalMs,
    samples: state.samples + 1,
    late: 0,
    last: value,
    level: state.level + pace * (value - state.level),
    deviation: state.deviation + pace * (Math.abs(value - state.level) - state.deviation),
    means: seen.means,
    season: learnSeason(state.season, at, value),
    shapes: seen.shapes,
    ranks: seen.magnitudes.map((magnitude, i) => addRank(state.ranks[i] ?? noRanks, magnitude)),
    episode,
    score,
  };
  if (score < options.threshold) return [next, []];
  const reasons = FEATURES.map(({ reason }, i) => ({ reason, rarity: 10 ** -(surprises[i] ?? 0) }))
    .filter(({ rarity }) => rarity < 1)
    .toSorted((a, b) => a.rarity - b.rarity);
  const { expected } = seen;
  const direction = value >= expected ? 'up' : 'down';
  return [next, [{ kind: 'anomaly', at, score, value, expected, deviation: state.deviation, direction, reasons }]];
}
