// A burst from its onset to its end, bin by closed bin.
import { type Bin, type Evidence, evidenceOf } from './burst-evidence.ts';
import { logTail } from './burst-tail.ts';

export interface Course {
  readonly since: number;
  readonly phase: 'rising' | 'past-peak' | 'declining';
  /** At the onset what called it; later the whole burst so far. */
  readonly evidence: Evidence;
  /** Of the closed bins of the burst. */
  readonly observed: number;
  readonly expected: number;
  /** Of the loudest two bins together: their mean, and the end of the second. */
  readonly peak: number;
  readonly peakAt: number;
  readonly lastCount: number;
  readonly quietBins: number;
}

export type CourseCall =
  | { readonly stage: 'peak'; readonly reason: 'past-peak' }
  | { readonly stage: 'decline'; readonly reason: 'half-peak' }
  | { readonly stage: 'end'; readonly reason: 'quiet' };

/** What is above the expected has fallen to this share of the peak. */
const PAST_PEAK = 0.75;
const DECLINED = 0.5;
/** A bin that chance explains this well is quiet, and so many in a row end the burst. */
const QUIET_LOG_P = Math.log(0.05);
const QUIET_BINS = 3;

/** `closed` are the bins before the open one: those since the first loud bin are the burst's. */
export function startCourse(evidence: Evidence, closed: readonly Bin[], binMs: number): Course {
  const own = closed.filter((bin) => !bin.gap && bin.at >= evidence.fromAt);
  return {
    since: evidence.fromAt,
    phase: 'rising',
    evidence,
    observed: own.reduce((sum, bin) => sum + bin.count, 0),
    expected: own.reduce((sum, bin) => sum + bin.expected, 0),
    peak: 0,
    peakAt: evidence.fromAt + binMs,
    lastCount: 0,
    quietBins: 0,
  };
}

/** Takes the next closed bin, and says which stages it brings, in their order. */
export function followCourse(
  course: Course,
  bin: Bin,
  binMs: number,
): { course: Course; calls: readonly CourseCall[] } {
  if (bin.gap) return { course, calls: [] };
  const observed = course.observed + bin.count;
  const expected = course.expected + bin.expected;
  const whole = evidenceOf(observed, expected, bin.size, course.since, bin.at + binMs);
  // The evidence of the onset may be the strongest there is: a long quiet tail does not make a burst unreal.
  const evidence =
    whole.logP < course.evidence.logP
      ? whole
      : { ...whole, logP: course.evidence.logP, pValue: course.evidence.pValue };
  const rate = course.lastCount > 0 ? (course.lastCount + bin.count) / 2 : bin.count;
  const isPeak = rate > course.peak;
  const share = (rate - bin.expected) / Math.max(course.peak - bin.expected, 1e-6);
  const quietBins = logTail(bin.count, bin.expected, bin.size) > QUIET_LOG_P ? course.quietBins + 1 : 0;
  const calls: CourseCall[] = [];
  let phase = isPeak ? 'rising' : course.phase;
  const over = quietBins >= QUIET_BINS;
  if (phase === 'rising' && !isPeak && (share < PAST_PEAK || over)) {
    calls.push({ stage: 'peak', reason: 'past-peak' });
    phase = 'past-peak';
  }
  if (phase === 'past-peak' && (share < DECLINED || over)) {
    calls.push({ stage: 'decline', reason: 'half-peak' });
    phase = 'declining';
  }
  if (over) calls.push({ stage: 'end', reason: 'quiet' });
  return {
    course: {
      since: course.since,
      phase,
      evidence,
      observed,
      expected,
      peak: Math.max(course.peak, rate),
      peakAt: isPeak ? bin.at + binMs : course.peakAt,
      lastCount: bin.count,
      quietBins,
    },
    calls,
  };
}
