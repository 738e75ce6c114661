// Bursts of counted events (posts, reports, alerts) of one service, streaming, in constant memory. A burst is more than
// this hour of this weekday explains; it has an onset, a peak, a decline and an end, each with its evidence.
// docs/detection.md explains the method and its figures; `npm run bench -- bursts` measures it.
import { type Authors, countAuthor, noAuthors } from './burst-authors.ts';
import {
  type Baseline,
  FEWEST_BINS,
  acceptLevel,
  createBaseline,
  expectCount,
  forgetRecent,
  learnCount,
  missCount,
  sizeOfSum,
} from './burst-baseline.ts';
import { type Course, followCourse, startCourse } from './burst-course.ts';
import { type Bin, type Evidence, findBurst } from './burst-evidence.ts';
import { confidenceOf } from './burst-tail.ts';

export type BurstSample =
  /** One event. `author` is a hash of who sent it: counted once a window. Without one, each event counts. */
  | { readonly kind: 'event'; readonly at: number; readonly author?: number }
  /** So many events at once, already counted once an author. */
  | { readonly kind: 'count'; readonly at: number; readonly count: number }
  /** The source is alive and had nothing to say. At least one sample of any kind a bin, or the bin is a gap. */
  | { readonly kind: 'alive' }
  /** The source is known to be dead: this bin is a gap, whatever was counted in it. */
  | { readonly kind: 'blind' };

export type BurstStage = 'onset' | 'peak' | 'decline' | 'end';
/** Why a stage was called. `level` ends a burst that has become the norm, `gap` one that went out of sight. */
export type BurstReason = 'surge' | 'past-peak' | 'half-peak' | 'quiet' | 'level' | 'gap';

export interface BurstSignal {
  readonly kind: 'burst';
  readonly stage: BurstStage;
  readonly reason: BurstReason;
  /** When it was known. */
  readonly at: number;
  /** The start of the first bin of the burst. */
  readonly since: number;
  /** That the burst is real, 0 to 1. */
  readonly confidence: number;
  /** Less than a week of this series is known; the expectation is wide. */
  readonly learning: boolean;
  readonly evidence: Evidence;
  /** Events a bin at the loudest so far, and when that was; 0 until a bin of the burst has closed. */
  readonly peak: number;
  readonly peakAt: number;
  /** Events that did not count in the open bin, because their author had been counted. */
  readonly repeats: number;
}

export interface BurstState {
  readonly version: 1;
  readonly baseline: Baseline;
  readonly authors: Authors;
  /** The start of the open bin; -1 before the first sample. */
  readonly openAt: number;
  readonly count: number;
  readonly repeats: number;
  readonly blind: boolean;
  /** The newest time seen. */
  readonly now: number;
  /** Events too old to be placed in the open bin or the one before. */
  readonly late: number;
  /** The newest closed bins, oldest first, at most twelve. */
  readonly recent: readonly Bin[];
  /** Bins before this belong to a burst that is over. */
  readonly freshFrom: number;
  readonly course: Course | null;
}

export interface BurstOptions {
  readonly binMs: number;
  readonly authorWindowMs: number;
  /** An onset is called below this probability of chance. */
  readonly onsetP: number;
  /** And from this multiple of the expected count. */
  readonly leastFactor: number;
  /** And from this many events. */
  readonly leastCount: number;
}

export const burstDefaults: BurstOptions = {
  binMs: 300_000,
  authorWindowMs: 3_600_000,
  onsetP: 2e-5,
  leastFactor: 3,
  leastCount: 4,
};

/** An hour of five-minute bins. What is older has been learnt, what is newer can still turn out to be a burst. */
const RECENT_BINS = 12;
/** A source this quiet about itself was not watched. */
const GAP_BINS = 2;
/** One real burst in a month of bins: what must be outweighed to be believed. */
const PRIOR_ODDS = 1 / 8640;
/** A burst this long is the new level. */
const LONGEST_MS = 86_400_000;

export const createBurst = (): BurstState => ({
  version: 1,
  baseline: createBaseline(),
  authors: noAuthors,
  openAt: -1,
  count: 0,
  repeats: 0,
  blind: false,
  now: 0,
  late: 0,
  recent: [],
  freshFrom: 0,
  course: null,
});

const signal = (
  state: BurstState,
  course: Course,
  stage: BurstStage,
  reason: BurstReason,
  learning: boolean,
): BurstSignal => ({
  kind: 'burst',
  stage,
  reason,
  at: state.now,
  since: course.since,
  confidence: confidenceOf(course.evidence.logP, PRIOR_ODDS),
  learning,
  evidence: course.evidence,
  peak: course.peak,
  peakAt: course.peakAt,
  repeats: state.repeats,
});

function checkSample(sample: BurstSample, now: number): void {
  if (!Number.isFinite(now)) throw new RangeError('now must be finite');
  if (sample.kind === 'alive' || sample.kind === 'blind') return;
  if (!Number.isFinite(sample.at)) throw new RangeError('A sample needs a finite time');
  if (sample.kind === 'count' && !(Number.isFinite(sample.count) && sample.count >= 0))
    throw new RangeError('A count must be finite and not negative');
  if (sample.kind === 'event' && sample.author !== undefined && !Number.isFinite(sample.author))
    throw new RangeError('An author must be a finite number: a hash');
}

/** The oldest recent bin is learnt when it makes room, an hour late, when it is known whether it was a burst. */
function shiftRecent(state: BurstState, bin: Bin, binMs: number): BurstState {
  const recent = [...state.recent, bin];
  const oldest = recent.length > RECENT_BINS ? recent.shift() : undefined;
  if (!oldest) return { ...state, recent };
  if (oldest.gap) return { ...state, recent, baseline: missCount(state.baseline) };
  const baseline = learnCount(state.baseline, oldest.at + binMs / 2, oldest.count, oldest.burst, binMs);
  return { ...state, recent, baseline };
}

function endCourse(
  state: BurstState,
  course: Course,
  reason: BurstReason,
  learning: boolean,
): [BurstState, BurstSignal] {
  const ended = signal(state, course, 'end', reason, learning);
  const next: BurstState = { ...state, course: null, freshFrom: state.openAt };
  if (reason !== 'level') return [next, ended];
  return [{ ...next, baseline: acceptLevel(state.baseline, course.evidence.factor) }, ended];
}

/** Closes the open bin and opens the next. */
function closeBin(state: BurstState, options: BurstOptions): [BurstState, BurstSignal[]] {
  const middle = state.openAt + options.binMs / 2;
  const expected = expectCount(state.baseline, middle);
  const inBurst = state.course !== null;
  const bin: Bin = {
    at: state.openAt,
    count: state.count,
    expected: expected.mean,
    size: expected.size,
    share: 1,
    gap: state.blind,
    burst: inBurst,
  };
  const opened: BurstState = {
    ...shiftRecent(state, bin, options.binMs),
    openAt: state.openAt + options.binMs,
    count: 0,
    repeats: 0,
    blind: false,
  };
  if (!state.course) return [opened, []];
  const { course, calls } = followCourse(state.course, bin, options.binMs);
  let next: BurstState = { ...opened, course };
  const signals: BurstSignal[] = [];
  for (const { stage, reason } of calls) {
    if (stage === 'end') {
      const [ended, last] = endCourse(next, course, reason, expected.learning);
      signals.push(last);
      next = ended;
    } else signals.push(signal(next, course, stage, reason, expected.learning));
  }
  if (!next.course || course.since + LONGEST_MS > opened.openAt) return [next, signals];
  const [ended, last] = endCourse(next, course, 'level', expected.learning);
  return [ended, [...signals, last]];
}

/** Time that nobody watched: no bins, no learning, and no burst that could be vouched for. */
function skipGap(state: BurstState, openAt: number): [BurstState, BurstSignal[]] {
  const baseline = forgetRecent(state.baseline);
  const over: BurstState = {
    ...state,
    baseline,
    openAt,
    count: 0,
    repeats: 0,
    blind: false,
    recent: [],
    freshFrom: openAt,
  };
  if (!state.course) return [over, []];
  const [ended, last] = endCourse(over, state.course, 'gap', false);
  return [ended, [last]];
}

function advance(state: BurstState, options: BurstOptions): [BurstState, BurstSignal[]] {
  const target = Math.floor(state.now / options.binMs) * options.binMs;
  if (state.openAt < 0) return [{ ...state, openAt: target, freshFrom: target }, []];
  const signals: BurstSignal[] = [];
  let current = state;
  // The first bin after the last sample was watched; the others of a long silence were not.
  for (let closed = 0; current.openAt < target; closed++) {
    const behind = (target - current.openAt) / options.binMs;
    const [next, more] =
      behind > RECENT_BINS
        ? skipGap(current, target)
        : closeBin({ ...current, blind: current.blind || closed >= GAP_BINS - 1 }, options);
    signals.push(...more);
    current = next;
  }
  return [current, signals];
}

/** An event may be up to one bin late; the future is now. */
function add(state: BurstState, sample: BurstSample, options: BurstOptions): BurstState {
  if (sample.kind === 'alive') return state;
  if (sample.kind === 'blind') return { ...state, blind: true };
  if (sample.at < state.openAt - options.binMs) return { ...state, late: state.late + 1 };
  if (sample.kind === 'count') return { ...state, count: state.count + sample.count };
  if (sample.author === undefined) return { ...state, count: state.count + 1 };
  const { authors, weight } = countAuthor(state.authors, sample.author, state.now, options.authorWindowMs);
  if (weight === 0) return { ...state, authors, repeats: state.repeats + 1 };
  return { ...state, authors, count: state.count + weight };
}

/** Marks what the burst was found in, so that it is not taken for the norm. */
const markBurst = (recent: readonly Bin[], since: number): Bin[] =>
  recent.map((bin) => (bin.at >= since ? { ...bin, burst: true } : bin));

function judge(state: BurstState, options: BurstOptions): [BurstState, BurstSignal[]] {
  if (state.course || state.blind || state.baseline.bins < FEWEST_BINS) return [state, []];
  const expected = expectCount(state.baseline, state.openAt + options.binMs / 2);
  const share = Math.min(1, Math.max(0, (state.now - state.openAt) / options.binMs));
  const open: Bin = {
    at: state.openAt,
    count: state.count,
    expected: expected.mean * share,
    size: expected.size,
    share,
    gap: false,
    burst: false,
  };
  const fresh = state.recent.filter((bin) => bin.at >= state.freshFrom);
  const evidence = findBurst([...fresh, open], state.now, options, (bins) => sizeOfSum(expected, bins));
  if (!evidence) return [state, []];
  const course = startCourse(evidence, state.recent, options.binMs);
  const next: BurstState = { ...state, course, recent: markBurst(state.recent, course.since) };
  return [next, [signal(next, course, 'onset', 'surge', expected.learning)]];
}

/**
 * Takes one sample at `now`. Time never goes back: a `now` before the newest counts as the newest.
 * Throws RangeError for times, counts and authors that are not finite, and for negative counts.
 */
export function stepBurst(
  state: BurstState,
  sample: BurstSample,
  now: number,
  options: BurstOptions = burstDefaults,
): [BurstState, BurstSignal[]] {
  checkSample(sample, now);
  const [current, closed] = advance({ ...state, now: Math.max(state.now, now) }, options);
  const [next, found] = judge(add(current, sample, options), options);
  return [next, [...closed, ...found]];
}
