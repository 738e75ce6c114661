// The scoring of the Numenta Anomaly Benchmark, written from its description: Lavin and Ahmad, "Evaluating Real-time
// Anomaly Detection Algorithms: the Numenta Anomaly Benchmark", 2015 (arXiv 1510.03336), sections III.B to III.D.
// test/unit/detect/nab-scorer.test.ts proves it against the published per-file scores of a reference detector.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Profile {
  readonly name: string;
  readonly tpWeight: number;
  readonly fpWeight: number;
  readonly fnWeight: number;
}

export interface Series {
  /** For example `realTweets/Twitter_volume_AAPL.csv`. */
  readonly file: string;
  readonly at: Float64Array;
  readonly value: Float64Array;
  /** Labelled windows as row indexes, both ends included, in order. */
  readonly windows: readonly (readonly [number, number])[];
}

/** What one row is worth when it is an alert. */
interface Row {
  score: number;
  worth: number;
  /** A number unique in the corpus, or -1 outside every window. */
  window: number;
}

export interface FileScore {
  readonly score: number;
  readonly truePositives: number;
  readonly falsePositives: number;
  readonly trueNegatives: number;
  readonly falseNegatives: number;
}

/** Rows that a detector may learn on without being scored: 15% of the file, at most 750. */
export const probationRows = (rows: number): number => Math.min(Math.floor(rows * 0.15), 750);

const scaledSigmoid = (position: number): number => (position > 3 ? -1 : 2 / (1 + Math.exp(5 * position)) - 1);

/** Early in a window is worth most; after a window an alert gets worse with distance, measured in window widths. */
function worthOfRows(series: Series, scores: ArrayLike<number>, profile: Profile, firstWindow: number): Row[] {
  const rows: Row[] = [];
  const probation = probationRows(series.at.length);
  const most = scaledSigmoid(-1);
  let next = 0;
  let previous: readonly [number, number] | undefined;
  for (let i = 0; i < series.at.length; i++) {
    let window = series.windows[next];
    while (window && i > window[1]) {
      previous = window;
      next += 1;
      window = series.windows[next];
    }
    if (i < probation) continue;
    const score = scores[i] ?? 0;
    if (window && i >= window[0]) {
      const position = -(window[1] - i + 1) / (window[1] - window[0] + 1);
      rows.push({ score, worth: (scaledSigmoid(position) * profile.tpWeight) / most, window: firstWindow + next });
    } else {
      const unweighted = previous ? scaledSigmoid((i - previous[1]) / (previous[1] - previous[0])) : -1;
      rows.push({ score, worth: unweighted * profile.fpWeight, window: -1 });
    }
  }
  return rows;
}

interface Sweep {
  readonly threshold: number;
  readonly score: number;
}

/** The best total over every threshold that separates two rows of the corpus; the highest threshold wins a tie. */
function sweepThresholds(rows: Row[], windows: number, profile: Profile): Sweep {
  const sorted = rows.toSorted((a, b) => b.score - a.score);
  const best = new Float64Array(windows).fill(-profile.fnWeight);
  let total = -profile.fnWeight * windows;
  let found: Sweep = { threshold: Number.POSITIVE_INFINITY, score: total };
  for (let i = 0; i < sorted.length; i++) {
    const row = sorted[i];
    if (!row) continue;
    if (row.window < 0) total += row.worth;
    else {
      const before = best[row.window] ?? 0;
      if (row.worth > before) {
        total += row.worth - before;
        best[row.window] = row.worth;
      }
    }
    if (sorted[i + 1]?.score !== row.score && total > found.score + 1e-9)
      found = { threshold: row.score, score: total };
  }
  return found;
}

/** The threshold, one for all the series, that this profile likes best. */
export function optimiseThreshold(
  corpus: readonly Series[],
  scoresOf: (series: Series) => ArrayLike<number>,
  profile: Profile,
): Sweep {
  const rows: Row[] = [];
  let windows = 0;
  for (const series of corpus) {
    for (const row of worthOfRows(series, scoresOf(series), profile, windows)) rows.push(row);
    windows += series.windows.length;
  }
  return sweepThresholds(rows, windows, profile);
}

/** One file at a threshold: a row at or above it is an alert. */
export function scoreFile(series: Series, scores: ArrayLike<number>, threshold: number, profile: Profile): FileScore {
  const best = new Float64Array(series.windows.length).fill(-profile.fnWeight);
  const count = { truePositives: 0, falsePositives: 0, trueNegatives: 0, falseNegatives: 0 };
  let falseAlarms = 0;
  for (const row of worthOfRows(series, scores, profile, 0)) {
    const alert = row.score >= threshold;
    if (row.window < 0) {
      if (alert) falseAlarms += row.worth;
      count[alert ? 'falsePositives' : 'trueNegatives'] += 1;
    } else {
      if (alert) best[row.window] = Math.max(best[row.window] ?? 0, row.worth);
      count[alert ? 'truePositives' : 'falseNegatives'] += 1;
    }
  }
  return { score: best.reduce((sum, worth) => sum + worth, falseAlarms), ...count };
}

/** 0 is a detector that never alerts, 100 one that alerts at the first row of every window and nowhere else. */
export function normalise(total: number, windows: number, profile: Profile): number {
  const silent = -profile.fnWeight * windows;
  const perfect = profile.tpWeight * windows;
  return windows === 0 ? Number.NaN : (100 * (total - silent)) / (perfect - silent);
}

/** Total over `corpus` at `threshold`, normalised. */
export function scoreCorpus(
  corpus: readonly Series[],
  scoresOf: (series: Series) => ArrayLike<number>,
  threshold: number,
  profile: Profile,
): { figure: number; falseAlerts: number; missed: number; windows: number } {
  let total = 0;
  let windows = 0;
  let falseAlerts = 0;
  let missed = 0;
  for (const series of corpus) {
    const scores = scoresOf(series);
    const one = scoreFile(series, scores, threshold, profile);
    total += one.score;
    windows += series.windows.length;
    falseAlerts += one.falsePositives;
    const probation = probationRows(series.at.length);
    for (const [from, to] of series.windows) {
      let hit = false;
      for (let i = Math.max(from, probation); i <= to && !hit; i++) hit = (scores[i] ?? 0) >= threshold;
      if (!hit) missed += 1;
    }
  }
  return { figure: normalise(total, windows, profile), falseAlerts, missed, windows };
}

const toMs = (stamp: string): number => Date.parse(`${stamp.slice(0, 19).replace(' ', 'T')}Z`);

function readSeries(folder: string, file: string, labels: readonly (readonly [string, string])[]): Series {
  const lines = readFileSync(join(folder, 'data', file), 'utf8')
    .trim()
    .split('\n')
    .slice(1);
  const at = Float64Array.from(lines, (line) => toMs(line));
  const value = Float64Array.from(lines, (line) => Number(line.slice(line.indexOf(',') + 1)));
  const windows = labels.map(([from, to]) => [at.indexOf(toMs(from)), at.indexOf(toMs(to))] as const);
  return { file, at, value, windows };
}

/** The 58 series in the order of their names. Throws when the folder is not there. */
export function readCorpus(folder: string): Series[] {
  const labels: Record<string, [string, string][]> = JSON.parse(
    readFileSync(join(folder, 'labels/combined_windows.json'), 'utf8'),
  );
  return Object.keys(labels)
    .toSorted()
    .map((file) => readSeries(folder, file, labels[file] ?? []));
}

/** standard, reward_low_FP_rate, reward_low_FN_rate, as published with the benchmark. */
export function readProfiles(folder: string): Profile[] {
  const text = readFileSync(join(folder, 'config/profiles.json'), 'utf8');
  const published: Record<string, { CostMatrix: Omit<Profile, 'name'> }> = JSON.parse(text);
  return Object.entries(published).map(([name, { CostMatrix: cost }]) => ({
    name,
    tpWeight: cost.tpWeight,
    fpWeight: cost.fpWeight,
    fnWeight: cost.fnWeight,
  }));
}
