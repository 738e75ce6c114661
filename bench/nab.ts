// The anomaly detector on the Numenta Anomaly Benchmark: strictly streaming, one set of parameters for all 58 series.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createAnomaly, stepAnomaly } from '../src/detect/anomaly.ts';
import type { Bench } from './bench.ts';
import { type Profile, type Series, optimiseThreshold, readCorpus, readProfiles, scoreCorpus } from './nab-scorer.ts';

const FLOOR = { all: 62, tweets: 75 };
const PROFILES: readonly string[] = ['standard', 'reward_low_FP_rate', 'reward_low_FN_rate'];
/** Published beside the benchmark, not in its results file. */
const BEST_ON_TWEETS = 'ARTime 81.8 / 70.1 / 87.9';

/** The parameters were chosen on these files only: the lowest bit of the first byte of the name's SHA-256 is 0. */
const isDevelopment = ({ file }: Series): boolean => ((createHash('sha256').update(file).digest()[0] ?? 0) & 1) === 0;

const isTweets = ({ file }: Series): boolean => file.startsWith('realTweets/');

/** Each row is scored before the next is read. */
function detect(series: Series): Float64Array {
  let state = createAnomaly();
  return Float64Array.from(series.at, (at, i) => {
    [state] = stepAnomaly(state, { at, value: series.value[i] ?? 0 }, at);
    return state.score;
  });
}

interface Judged {
  readonly profile: Profile;
  readonly threshold: number;
  readonly figureOf: (series: readonly Series[], threshold?: number) => ReturnType<typeof scoreCorpus>;
}

function judge(corpus: readonly Series[], folder: string): Judged[] {
  const scores = new Map(corpus.map((series) => [series, detect(series)]));
  const scoresOf = (series: Series): Float64Array => scores.get(series) ?? new Float64Array(0);
  const profiles = readProfiles(folder);
  return PROFILES.flatMap((name) => profiles.filter((profile) => profile.name === name)).map((profile) => {
    const { threshold } = optimiseThreshold(corpus, scoresOf, profile);
    return {
      profile,
      threshold,
      figureOf: (series, at = threshold) => scoreCorpus(series, scoresOf, at, profile),
    };
  });
}

/** What the threshold of one part of the files makes of another. */
function crossed(corpus: readonly Series[], judged: Judged, from: readonly Series[], to: readonly Series[]): number {
  const scores = new Map(corpus.map((series) => [series, detect(series)]));
  const scoresOf = (series: Series): Float64Array => scores.get(series) ?? new Float64Array(0);
  return judged.figureOf(to, optimiseThreshold(from, scoresOf, judged.profile).threshold).figure;
}

const cell = (value: number): string => (Number.isNaN(value) ? '-' : value.toFixed(1)).padStart(8);
const line = (title: string, figures: readonly number[], more = ''): void =>
  console.log(`${title.padEnd(34)}${figures.map(cell).join('')}${more}`);

function printPublished(folder: string): void {
  const text = readFileSync(join(folder, 'results/final_results.json'), 'utf8');
  const published: Record<string, Record<string, number>> = JSON.parse(text);
  const detectors = Object.entries(published).toSorted(([, a], [, b]) => (b['standard'] ?? 0) - (a['standard'] ?? 0));
  for (const [name, figures] of detectors)
    line(
      `  ${name}`,
      PROFILES.map((profile) => figures[profile] ?? Number.NaN),
    );
}

async function run(): ReturnType<Bench['run']> {
  const folder = join(process.env['HUGOPS_SHARED_DATA'] ?? '../shared/data', 'nab');
  const corpus = readCorpus(folder);
  const judged = judge(corpus, folder);
  const development = corpus.filter(isDevelopment);
  const heldOut = corpus.filter((series) => !isDevelopment(series));
  const tweets = corpus.filter(isTweets);
  const figures = (series: readonly Series[]): number[] => judged.map(({ figureOf }) => figureOf(series).figure);
  const counts = (series: readonly Series[]): string => {
    const standard = judged[0]?.figureOf(series);
    return standard ? `   ${standard.falseAlerts} false, ${standard.missed} of ${standard.windows} missed` : '';
  };
  console.log(`${''.padEnd(34)}standard  low FP  low FN   alerts in the standard profile`);
  line('HugOps, all 58 files', figures(corpus), counts(corpus));
  const groups = new Set(corpus.map(({ file }) => file.split('/')[0] ?? ''));
  for (const group of groups) {
    const files = corpus.filter(({ file }) => file.startsWith(`${group}/`));
    line(`  ${group}`, figures(files), counts(files));
  }
  console.log('\nParameters were developed on one half of the files, chosen by hash, with the other half held out');
  line(`  development half, ${development.length} files`, figures(development), counts(development));
  line(`  held-out half, ${heldOut.length} files`, figures(heldOut), counts(heldOut));
  line(
    '  held-out, development threshold',
    judged.map((one) => crossed(corpus, one, development, heldOut)),
  );
  line('  realTweets, held-out files', figures(heldOut.filter(isTweets)), counts(heldOut.filter(isTweets)));
  console.log(`\nPublished (on realTweets: ${BEST_ON_TWEETS})`);
  printPublished(folder);
  console.log(
    `\nthresholds ${judged.map(({ threshold }) => threshold.toFixed(3)).join(' / ')}, one for all files and profile`,
  );
  const [all = 0] = figures(corpus);
  const [onTweets = 0] = figures(tweets);
  const ok = all >= FLOOR.all && onTweets >= FLOOR.tweets;
  console.log(`realTweets ${onTweets.toFixed(1)} (floor ${FLOOR.tweets})`);
  console.log(`NAB standard ${all.toFixed(1)} (floor ${FLOOR.all})`);
  return { figure: Number(all.toFixed(1)), unit: 'NAB, standard profile', ok };
}

export const bench: Bench = {
  name: 'nab',
  what: 'anomalies in the 58 labelled series of the Numenta Anomaly Benchmark, by our own scorer',
  floor: `at least ${FLOOR.all}, and ${FLOOR.tweets} on realTweets`,
  run,
};
