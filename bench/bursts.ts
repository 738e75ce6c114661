// How fast a burst of posts is heard, and how often one is heard that is none. Outage bursts of known size are added to
// real counts of mentions (the realTweets series of the Numenta benchmark: ten companies, 5-minute counts, eight weeks).
import { join } from 'node:path';
import { type BurstSignal, type BurstState, burstDefaults, createBurst, stepBurst } from '../src/detect/burst.ts';
import { logTail } from '../src/detect/burst-tail.ts';
import type { Bench } from './bench.ts';
import { type Series, readCorpus } from './nab-scorer.ts';

const BIN_MS = 300_000;
const MINUTE_MS = 60_000;
const WEEK_BINS = 2016;
/** Two weeks of listening before anything is judged. */
const WARM_BINS = 2 * WEEK_BINS;
const SIZES: readonly number[] = [1.5, 2, 3, 4, 5, 7, 10];
const STARTS_PER_SERVICE = 120;
const BURST_MINUTES = 60;
const FLOOR = { detected: 99, falseAlarms: 0.05 };
/** The size the floor speaks of, and within how many bins. */
const JUDGED = { size: 5, bins: 2 };

/** mulberry32: the same bursts in every run. */
function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

function poisson(mean: number, random: () => number): number {
  if (mean > 30) return poisson(mean / 2, random) + poisson(mean / 2, random);
  const limit = Math.exp(-mean);
  let count = -1;
  for (let product = 1; product > limit; product *= random()) count += 1;
  return count;
}

interface Service {
  readonly name: string;
  readonly startAt: number;
  /** One a bin; -1 where the recording has none. */
  readonly counts: Int32Array;
  readonly labelled: Uint8Array;
  /** A surge that nobody labelled, as large as what is to be found, with half an hour around it. */
  readonly surge: Uint8Array;
  readonly hourMean: Float64Array;
}

/** The usual count of each bin: the mean of its hour of the day, weekdays and weekends apart, without the `top` share. */
function hourMeans(startAt: number, counts: Int32Array, labelled: Uint8Array, top: number): Float64Array {
  const groups = new Map<number, number[]>();
  const keyOf = (i: number): number => {
    const date = new Date(startAt + i * BIN_MS);
    return date.getUTCHours() + (date.getUTCDay() % 6 === 0 ? 24 : 0);
  };
  counts.forEach((count, i) => {
    if (count < 0 || labelled[i] === 1) return;
    const group = groups.get(keyOf(i)) ?? [];
    group.push(count);
    groups.set(keyOf(i), group);
  });
  const means = new Map<number, number>();
  for (const [key, group] of groups) {
    const kept = group.toSorted((a, b) => a - b).slice(0, Math.ceil(group.length * (1 - top)));
    means.set(key, kept.reduce((sum, count) => sum + count, 0) / kept.length);
  }
  return Float64Array.from(counts, (_, i) => means.get(keyOf(i)) ?? 0);
}

/**
 * What is left out of a baseline, with hindsight: two or three bins in a row that together hold `least` times what their
 * hour does, more than Poisson chance around that gives in ten thousand, and of which two hold `each` times. Half an hour
 * around. `top` is the share of an hour's loudest bins that its mean is taken without.
 */
interface Rule {
  readonly title: string;
  readonly least: number;
  readonly each: number;
  readonly top: number;
}

/** Hours of which a tenth is surges are not to be measured by their surges: that is the strictest rule, the one judged. */
const CLEAN: Rule = { title: 'surges of 2x the usual hour left out', least: 2, each: 1.5, top: 0.1 };
const OTHERS: readonly Rule[] = [
  { title: 'labelled windows left out, no more', least: Number.POSITIVE_INFINITY, each: 3, top: 0.02 },
  { title: "surges of 3x the hour's mean left out", least: 3, each: 3, top: 0.02 },
  { title: "surges of 2x the hour's mean left out", least: 2, each: 1.5, top: 0.02 },
];

function findSurges(counts: Int32Array, hourMean: Float64Array, rule: Rule): Uint8Array {
  const surge = new Uint8Array(counts.length);
  for (let i = 0; i < counts.length; i++) {
    for (const length of [2, 3]) {
      const window = Array.from({ length }, (_, j) => ({ count: counts[i + j] ?? -1, mean: hourMean[i + j] ?? 0 }));
      const sum = window.reduce((total, { count }) => total + count, 0);
      const mean = window.reduce((total, bin) => total + bin.mean, 0);
      const high = window.filter((bin) => bin.count >= rule.each * bin.mean).length;
      if (high < 2 || sum < rule.least * mean || logTail(sum, mean, 1e7) > Math.log(1e-4)) continue;
      surge.fill(1, Math.max(0, i - 6), i + length + 6);
    }
  }
  return surge;
}

/** Unlabelled episodes of two bins in a row, each four times the hour's mean or more: nobody could tell them from a 5x burst. */
function countAlike(counts: Int32Array, hourMean: Float64Array, labelled: Uint8Array): number {
  let episodes = 0;
  let last = Number.NEGATIVE_INFINITY;
  for (let i = WARM_BINS; i + 1 < counts.length; i++) {
    const isHigh = [i, i + 1].every(
      (bin) => labelled[bin] === 0 && (counts[bin] ?? 0) >= Math.max(4, 4 * (hourMean[bin] ?? 0)),
    );
    if (!isHigh) continue;
    if (i - last > 12) episodes += 1;
    last = i;
  }
  return episodes;
}

function toService(series: Series, rule: Rule): Service {
  const startAt = Math.floor((series.at[0] ?? 0) / BIN_MS) * BIN_MS;
  const binOf = (i: number): number => Math.round(((series.at[i] ?? 0) - (series.at[0] ?? 0)) / BIN_MS);
  const counts = new Int32Array(binOf(series.at.length - 1) + 1).fill(-1);
  series.value.forEach((value, i) => {
    counts[binOf(i)] = value;
  });
  const labelled = new Uint8Array(counts.length);
  for (const [from, to] of series.windows) labelled.fill(1, binOf(from), binOf(to) + 1);
  const hourMean = hourMeans(startAt, counts, labelled, 0.02);
  const usual = hourMeans(startAt, counts, labelled, rule.top);
  const name = series.file.replace(/^.*volume_|\.csv$/g, '');
  return { name, startAt, counts, labelled, surge: findSurges(counts, usual, rule), hourMean };
}

/** One bin as five minutes of counts, each known when its minute is over. */
function playBin(state: BurstState, startAt: number, perMinute: readonly number[] | null): [BurstState, BurstSignal[]] {
  const signals: BurstSignal[] = [];
  let current = state;
  for (let minute = 0; minute < 5; minute++) {
    const at = startAt + minute * MINUTE_MS;
    const sample = perMinute
      ? ({ kind: 'count', at, count: perMinute[minute] ?? 0 } as const)
      : ({ kind: 'blind' } as const);
    const [next, more] = stepBurst(current, sample, at + MINUTE_MS - 1);
    signals.push(...more);
    current = next;
  }
  return [current, signals];
}

/** Spreads a bin's count over its minutes: the recording does not say when in the bin they came. */
function spread(count: number, random: () => number): number[] {
  const minutes = [0, 0, 0, 0, 0];
  for (let i = 0; i < count; i++) {
    const minute = Math.floor(random() * 5);
    minutes[minute] = (minutes[minute] ?? 0) + 1;
  }
  return minutes;
}

interface Listening {
  /** The state before each bin. Steps are pure, so that any of them can be gone on from. */
  readonly states: BurstState[];
  readonly minutes: (readonly number[] | null)[];
  readonly onsets: BurstSignal[];
  readonly weeks: number;
}

function listen(service: Service, hide: (bin: number) => boolean): Listening {
  const random = seeded(service.startAt / BIN_MS);
  const states: BurstState[] = [];
  const minutes: (readonly number[] | null)[] = [];
  const onsets: BurstSignal[] = [];
  let judged = 0;
  let state = createBurst();
  service.counts.forEach((count, i) => {
    const heard = count < 0 ? null : spread(count, random);
    const shown = hide(i) ? null : heard;
    states.push(state);
    minutes.push(shown);
    const [next, signals] = playBin(state, service.startAt + i * BIN_MS, shown);
    state = next;
    if (i < WARM_BINS || !shown) return;
    judged += 1;
    onsets.push(...signals.filter(({ stage }) => stage === 'onset'));
  });
  return { states, minutes, onsets, weeks: judged / WEEK_BINS };
}

/** Bins from the start of the added burst to its onset, or null when it was not heard within the hour. */
function delayOf(
  service: Service,
  heard: Listening,
  bin: number,
  offset: number,
  size: number,
  random: () => number,
): number | null {
  let state = heard.states[bin] ?? createBurst();
  const beganAt = service.startAt + bin * BIN_MS + offset * MINUTE_MS;
  for (let i = bin; i <= bin + BURST_MINUTES / 5; i++) {
    const base = heard.minutes[i];
    if (!base) return null;
    const extra = ((size - 1) * (service.hourMean[i] ?? 0)) / 5;
    const minutes = base.map((count, minute) => {
      const since = (i - bin) * 5 + minute - offset;
      return since >= 0 && since < BURST_MINUTES ? count + poisson(extra, random) : count;
    });
    const [next, signals] = playBin(state, service.startAt + i * BIN_MS, minutes);
    const onset = signals.find(({ stage, at }) => stage === 'onset' && at >= beganAt);
    if (onset) return (onset.at + 1 - beganAt) / BIN_MS;
    state = next;
  }
  return null;
}

/** Where a burst may be added: two hours that were all heard, calm, and outside any burst. */
function pickStarts(service: Service, heard: Listening, random: () => number): number[] {
  const starts: number[] = [];
  for (let tries = 0; starts.length < STARTS_PER_SERVICE && tries < 100_000; tries++) {
    const bin = WARM_BINS + Math.floor(random() * (service.counts.length - WARM_BINS - 24));
    if (heard.states[bin]?.course) continue;
    const around = heard.minutes.slice(bin - 12, bin + 13);
    if (around.every((minutes) => minutes !== null)) starts.push(bin);
  }
  return starts;
}

/**
 * The share of 5x bursts that ten minutes could show to a detector that knew the mean exactly, were the counts plain
 * Poisson, at the detector's own limit for chance. Nobody can do better on this service.
 */
function possible(mean: number, size: number): number {
  let need = 1;
  while (logTail(need, 2 * mean, 1e7) >= Math.log(burstDefaults.onsetP)) need += 1;
  return Math.exp(logTail(need, 2 * mean * size, 1e7));
}

interface Row {
  readonly name: string;
  readonly mean: number;
  readonly possible: number;
  /** By size: the delays in bins, null where it was not heard within the hour. */
  readonly delays: readonly (readonly (number | null)[])[];
  /** The same at five times, when the burst begins in the middle of a bin. */
  readonly midBin: readonly (number | null)[];
  readonly falseAlarms: number;
  readonly weeks: number;
  readonly recorded: number;
  readonly recordedWeeks: number;
  readonly hidden: number;
  readonly alike: number;
}

function measure(service: Service): Row {
  const random = seeded(20_150_920);
  const isLabelled = (bin: number): boolean => service.labelled[bin] === 1;
  const recorded = listen(service, isLabelled);
  const clean = listen(service, (bin) => isLabelled(bin) || service.surge[bin] === 1);
  const starts = pickStarts(service, clean, random);
  const means = starts.map((bin) => service.hourMean[bin] ?? 0);
  const average = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
  return {
    name: service.name,
    mean: average(means),
    possible: average(means.map((mean) => possible(mean, JUDGED.size))),
    delays: SIZES.map((size) => starts.map((bin) => delayOf(service, clean, bin, 0, size, random))),
    midBin: starts.map((bin) => delayOf(service, clean, bin, 1 + Math.floor(random() * 4), JUDGED.size, random)),
    falseAlarms: clean.onsets.length,
    weeks: clean.weeks,
    recorded: recorded.onsets.length,
    recordedWeeks: recorded.weeks,
    hidden: 1 - clean.weeks / recorded.weeks,
    alike: countAlike(service.counts, service.hourMean, service.labelled),
  };
}

const percent = (share: number, width = 7): string => `${(100 * share).toFixed(1)}%`.padStart(width);
const within = (delays: readonly (number | null)[], bins: number): number =>
  delays.filter((delay) => delay !== null && delay <= bins).length / Math.max(1, delays.length);
const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

function median(delays: readonly (number | null)[]): string {
  const found = delays.filter((delay) => delay !== null).toSorted((a, b) => a - b);
  return (found.length * 2 < delays.length ? '-' : (found[Math.floor(found.length / 2)]?.toFixed(1) ?? '-')).padStart(
    7,
  );
}

function printBySize(title: string, rows: readonly Row[], cell: (delays: readonly (number | null)[]) => string): void {
  console.log(`\n${title}`);
  console.log(`${'service'.padEnd(16)}${SIZES.map((size) => `${size}x`.padStart(8)).join('')}`);
  for (const row of rows)
    console.log(
      `${row.name.padEnd(8)}${row.mean.toFixed(1).padStart(8)}${row.delays.map((d) => ` ${cell(d)}`).join('')}`,
    );
}

function printFalseAlarms(rows: readonly Row[]): void {
  console.log(
    '\nOnsets with nothing added, after two weeks of learning: on the clean baseline these are false alarms; as',
  );
  console.log(
    'recorded they include the surges that nobody labelled. Hidden is the share of time that surges take with hindsight;',
  );
  console.log(
    'alike counts unlabelled surges of four times the hour or more for two bins: no count tells them from a 5x burst.',
  );
  console.log(
    `${'service'.padEnd(10)}${'clean'.padStart(7)}${'weeks'.padStart(8)}${'recorded'.padStart(10)}${'weeks'.padStart(8)}${'hidden'.padStart(9)}${'alike'.padStart(7)}`,
  );
  for (const row of rows)
    console.log(
      `${row.name.padEnd(10)}${String(row.falseAlarms).padStart(7)}${row.weeks.toFixed(1).padStart(8)}` +
        `${String(row.recorded).padStart(10)}${row.recordedWeeks.toFixed(1).padStart(8)}${percent(row.hidden, 9)}${String(row.alike).padStart(7)}`,
    );
}

interface Verdict {
  readonly services: string;
  readonly detected: number;
  readonly perWeek: number;
  readonly hidden: number;
}

/** 5x bursts within two bins where 99% is possible at all, and onsets a service-week with nothing added. */
function judge(rows: readonly Row[]): Verdict {
  const able = rows.filter((row) => row.possible >= FLOOR.detected / 100);
  const delays = able.flatMap((row) => row.delays[SIZES.indexOf(JUDGED.size)] ?? []);
  return {
    services: able.map(({ name }) => name).join(', '),
    detected: 100 * within(delays, JUDGED.bins),
    perWeek: sum(rows.map((row) => row.falseAlarms)) / sum(rows.map((row) => row.weeks)),
    hidden: sum(rows.map((row) => row.hidden)) / rows.length,
  };
}

function printPossible(rows: readonly Row[]): void {
  console.log('\n5x within two bins: heard, heard when it begins inside a bin, and possible for a detector that knows');
  console.log('the mean, were the counts plain Poisson. The floor is judged where 99% is possible at all.');
  for (const row of rows) {
    const heard = within(row.delays[SIZES.indexOf(JUDGED.size)] ?? [], JUDGED.bins);
    console.log(
      `${row.name.padEnd(10)}${percent(heard)}${percent(within(row.midBin, JUDGED.bins), 9)}${percent(row.possible, 9)}`,
    );
  }
}

async function run(): ReturnType<Bench['run']> {
  const folder = join(process.env['HUGOPS_SHARED_DATA'] ?? '../shared/data', 'nab');
  const corpus = readCorpus(folder).filter(({ file }) => file.startsWith('realTweets/'));
  const measureAll = (rule: Rule): Row[] => corpus.map((series) => measure(toService(series, rule)));
  const rows = measureAll(CLEAN);
  console.log('Outage bursts added to real mention counts. Beside a service: its mean count in a 5-minute bin.');
  console.log(`${STARTS_PER_SERVICE} bursts of an hour a service and size; size: the whole rate over the hour's mean.`);
  printBySize('Heard within two bins', rows, (delays) => percent(within(delays, JUDGED.bins)));
  printBySize('Heard within the hour', rows, (delays) => percent(within(delays, 12)));
  printBySize('Median delay in bins (- when fewer than half were heard)', rows, median);
  printPossible(rows);
  printFalseAlarms(rows);
  console.log('\nThe same on each baseline: onsets a service-week, 5x heard, share of time left out');
  const clean = judge(rows);
  for (const [title, verdict] of [
    ...OTHERS.map((rule) => [rule.title, judge(measureAll(rule))] as const),
    [`${CLEAN.title}: judged`, clean] as const,
  ])
    console.log(
      `${title.padEnd(46)}${verdict.perWeek.toFixed(3).padStart(7)}${percent(verdict.detected / 100, 9)}${percent(verdict.hidden, 9)}`,
    );
  const ok = clean.detected >= FLOOR.detected && clean.perWeek < FLOOR.falseAlarms;
  console.log(`\n${clean.perWeek.toFixed(3)} false alarms a service-week (limit ${FLOOR.falseAlarms})`);
  console.log(`${clean.detected.toFixed(1)}% of 5x bursts heard within two bins on ${clean.services}`);
  return { figure: Number(clean.detected.toFixed(1)), unit: '% of 5x bursts within two 5-minute bins', ok };
}

export const bench: Bench = {
  name: 'bursts',
  what: 'how fast a burst of posts is heard over real mention counts, and how often one is heard that is none',
  floor: `at least ${FLOOR.detected}%, under ${FLOOR.falseAlarms} false alarms a service-week, where hindsight sees no surge`,
  run,
};
