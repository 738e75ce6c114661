import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  type Profile,
  type Series,
  normalise,
  optimiseThreshold,
  probationRows,
  readCorpus,
  readProfiles,
  scoreCorpus,
  scoreFile,
} from '../../../bench/nab-scorer.ts';

const folder = join(process.env['HUGOPS_SHARED_DATA'] ?? '../shared/data', 'nab');
const standard: Profile = { name: 'standard', tpWeight: 1, fpWeight: 0.11, fnWeight: 1 };

/** 100 rows, so that the first 15 are probation, with one window of ten rows. */
const series = (windows: [number, number][] = [[50, 59]]): Series => ({
  file: 'a.csv',
  at: Float64Array.from({ length: 100 }, (_, i) => i * 60_000),
  value: new Float64Array(100),
  windows,
});
const alertsAt = (...rows: number[]): Float64Array => {
  const scores = new Float64Array(100);
  for (const row of rows) scores[row] = 1;
  return scores;
};
const scoreOf = (...rows: number[]): number => scoreFile(series(), alertsAt(...rows), 1, standard).score;

describe('scoring by hand', () => {
  test('the first row of a window earns all, later ones less, and only the best of a window counts', () => {
    expect(scoreOf(50)).toBeCloseTo(1, 12);
    expect(scoreOf(59)).toBeGreaterThan(0);
    expect(scoreOf(59)).toBeLessThan(0.3);
    expect(scoreOf(50, 55, 59)).toBe(scoreOf(50));
  });

  test('silence costs one miss; an alert before any window costs a full false alarm; one just after costs little', () => {
    expect(scoreOf()).toBe(-1);
    expect(scoreOf(20)).toBeCloseTo(-1.11, 12);
    const justAfter = -1 - scoreOf(60);
    expect(justAfter).toBeGreaterThan(0);
    expect(justAfter).toBeLessThan(0.04);
    expect(scoreOf(99)).toBeCloseTo(-1.11, 12);
  });

  test('alerts in probation count for nothing', () => {
    expect(probationRows(100)).toBe(15);
    expect(probationRows(22_695)).toBe(750);
    expect(scoreOf(0, 14)).toBe(-1);
    expect(scoreOf(15)).toBeCloseTo(-1.11, 12);
  });

  test('silence is 0 and perfection 100 in every profile', () => {
    for (const fnWeight of [1, 2]) {
      const profile = { ...standard, fnWeight };
      expect(normalise(-fnWeight * 3, 3, profile)).toBe(0);
      expect(normalise(3, 3, profile)).toBe(100);
    }
  });

  test('the threshold that is chosen is the best of all thresholds', () => {
    const scores = Float64Array.from({ length: 100 }, (_, i) => ((i * 37) % 100) / 100);
    const chosen = optimiseThreshold([series()], () => scores, standard);
    const all = Array.from(scores, (threshold) => scoreFile(series(), scores, threshold, standard).score);
    expect(chosen.score).toBeCloseTo(Math.max(-1, ...all), 9);
    expect(scoreFile(series(), scores, chosen.threshold, standard).score).toBeCloseTo(chosen.score, 9);
  });
});

describe.skipIf(!existsSync(folder))('against the published scores of windowedGaussian (needs the shared data)', () => {
  const corpus = existsSync(folder) ? readCorpus(folder) : [];
  const profiles = existsSync(folder) ? readProfiles(folder) : [];
  const reference = join(folder, 'reference-windowedGaussian');
  const published = existsSync(folder)
    ? new Map<string, Float64Array>(
        corpus.map(({ file }) => {
          const lines = readFileSync(join(reference, file), 'utf8').trim().split('\n').slice(1);
          return [file, Float64Array.from(lines, (line) => Number(line.split(',')[1]))];
        }),
      )
    : new Map<string, Float64Array>();
  const scoresOf = ({ file }: Series): Float64Array => published.get(file) ?? new Float64Array(0);
  const totals: Record<string, number> = {
    standard: 39.649523496077585,
    reward_low_FP_rate: 20.86798582474138,
    reward_low_FN_rate: 47.4100271583046,
  };

  test.each(Object.keys(totals))('%s: total, threshold and each of the 58 files', (name) => {
    const profile = profiles.find((candidate) => candidate.name === name) ?? standard;
    const chosen = optimiseThreshold(corpus, scoresOf, profile);
    expect(scoreCorpus(corpus, scoresOf, chosen.threshold, profile).figure).toBeCloseTo(totals[profile.name] ?? 0, 6);
    const text = readFileSync(join(reference, `windowedGaussian_${profile.name}_scores.csv`), 'utf8');
    let seen = 0;
    for (const line of text.trim().split('\n').slice(1)) {
      const [, , file, threshold, score, tp, tn, fp, fn] = line.split(',');
      const one = corpus.find((candidate) => candidate.file === file);
      if (!one) continue;
      seen += 1;
      expect(chosen.threshold).toBeCloseTo(Number(threshold), 9);
      const mine = scoreFile(one, scoresOf(one), chosen.threshold, profile);
      expect({ file, off: Math.abs(mine.score - Number(score)) < 1e-8 ? 0 : mine.score }).toEqual({ file, off: 0 });
      const counts = [mine.truePositives, mine.trueNegatives, mine.falsePositives, mine.falseNegatives];
      expect({ file, counts }).toEqual({ file, counts: [tp, tn, fp, fn].map(Number) });
    }
    expect(seen).toBe(58);
  });
});
