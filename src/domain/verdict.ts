import type { EpochMs, Verdict } from './words.ts';

/** What one run of a check, or the silence of a heartbeat, says. `untold` is a run that could not look: it says nothing about the service. */
export type ResultKind = 'ok' | 'failed' | 'silent' | 'untold';

export interface Thresholds {
  /** Failures in a row that make it down, at least 1. */
  failure: number;
  /** Successes in a row that make it up again, at least 1. */
  recovery: number;
}

/** A heartbeat's word is not a sample but a statement, so one is enough either way. */
export const heartbeatThresholds: Thresholds = { failure: 1, recovery: 1 };

export const verdictReasons = [
  'no-result-yet',
  'first-success',
  'still-up',
  'failing-below-threshold',
  'failure-threshold-reached',
  'still-down',
  'recovering-below-threshold',
  'recovery-threshold-reached',
  'heartbeat-silent',
  'cannot-look',
  'sight-regained',
  'locations-agree',
  'too-few-locations-agree',
  'too-few-locations-look',
  'location-gone',
  'network-gone',
  'slower-than-usual',
  'as-quick-as-usual',
  'flapping',
  'steady-again',
  'paused',
  'removed',
] as const;
export type VerdictReason = (typeof verdictReasons)[number];

/** What one location has seen of a check. Counters stop soon after their thresholds, so a steady check never changes its state. */
export interface LocationState {
  verdict: Verdict;
  since: EpochMs;
  /** Why the verdict is what it is: the reason of the step that made it, not of the latest step. */
  reason: VerdictReason;
  /** Failures in a row. */
  failures: number;
  /** Successes in a row. */
  successes: number;
  /** The last verdict that was evidence, kept while the present one is unknown: an alert that fires goes on until a success ends it. */
  settled: 'up' | 'down' | null;
  /** Results in a row that were slower than usual, up to `slowRuns`; while it is degraded, what is left of them. */
  slow: number;
}

/** All that must be remembered of a check between two results. */
export interface VerdictState extends LocationState {
  /** What each location says, where several look. The state itself is then what they amount to. */
  locations: Readonly<Record<string, LocationState>> | null;
  /** When it last went down or came up, the latest last; as many as tell whether it flaps. */
  turns: readonly EpochMs[];
  /** Held as down because it kept turning; when it last failed. */
  flapping: EpochMs | null;
}

export const newLocationState = (since: EpochMs): LocationState => ({
  verdict: 'unknown',
  since,
  reason: 'no-result-yet',
  failures: 0,
  successes: 0,
  settled: null,
  slow: 0,
});

export const newVerdictState = (since: EpochMs): VerdictState => ({
  ...newLocationState(since),
  locations: null,
  turns: [],
  flapping: null,
});

export interface VerdictStep<S extends LocationState = VerdictState> {
  state: S;
  verdict: Verdict;
  /** Whether the verdict is another one than before. */
  changed: boolean;
  reason: VerdictReason;
}

type Count = Pick<LocationState, 'failures' | 'successes'>;

function count(state: LocationState, result: 'ok' | 'failed' | 'silent', thresholds: Thresholds): Count {
  if (result === 'ok') return { failures: 0, successes: Math.min(state.successes + 1, thresholds.recovery) };
  // Silence has already lasted a whole period and its grace: no further result will come to confirm it.
  if (result === 'silent') return { failures: thresholds.failure, successes: 0 };
  // One further than the threshold: where locations disagree, one more failure is asked for.
  return { failures: Math.min(state.failures + 1, thresholds.failure + 1), successes: 0 };
}

function judge(
  state: LocationState,
  result: 'ok' | 'failed' | 'silent',
  { failures, successes }: Count,
  thresholds: Thresholds,
): Judged {
  if (result === 'ok') {
    if (state.settled === null) return { verdict: 'up', reason: 'first-success' };
    if (state.settled === 'up') {
      if (state.verdict === 'unknown') return { verdict: 'up', reason: 'sight-regained' };
      return { verdict: state.verdict, reason: state.verdict === 'degraded' ? 'slower-than-usual' : 'still-up' };
    }
    return successes >= thresholds.recovery
      ? { verdict: 'up', reason: 'recovery-threshold-reached' }
      : { verdict: state.verdict, reason: 'recovering-below-threshold' };
  }
  if (state.settled === 'down') {
    return { verdict: 'down', reason: state.verdict === 'unknown' ? 'sight-regained' : 'still-down' };
  }
  if (result === 'silent') return { verdict: 'down', reason: 'heartbeat-silent' };
  return failures >= thresholds.failure
    ? { verdict: 'down', reason: 'failure-threshold-reached' }
    : { verdict: state.verdict, reason: 'failing-below-threshold' };
}

/** Results in a row that must be slower than usual to make a check degraded, and usual again to end it. */
export const slowRuns = 5;

function countSlow(state: LocationState, result: ResultKind, isSlow: boolean): number {
  if (result !== 'ok') return state.slow;
  if (isSlow) return Math.min(state.slow + 1, slowRuns);
  return state.verdict === 'degraded' ? Math.max(0, state.slow - 1) : 0;
}

/** What is up becomes degraded, or stops being so, by the count of slow results. */
function bySpeed(judged: Judged, slow: number): Judged {
  if (judged.verdict === 'degraded' && slow === 0) return { verdict: 'up', reason: 'as-quick-as-usual' };
  if (judged.verdict === 'up' && slow === slowRuns) return { verdict: 'degraded', reason: 'slower-than-usual' };
  return judged;
}

export interface Judged {
  verdict: Verdict;
  reason: VerdictReason;
}

/** The step to what was judged: `since` and `reason` move with the verdict only. */
export function stepTo<S extends LocationState>(
  before: S,
  { verdict, reason }: Judged,
  more: Partial<S>,
  now: EpochMs,
): VerdictStep<S> {
  const changed = verdict !== before.verdict;
  const state: S = {
    ...before,
    settled: verdict === 'up' || verdict === 'down' ? verdict : before.settled,
    ...more,
    verdict,
    since: changed ? now : before.since,
    reason: changed || verdict === 'unknown' ? reason : before.reason,
  };
  return { state, verdict, changed, reason };
}

/**
 * The verdict of one location after one more result. The first success is believed at once, a first failure only at the threshold: a check that is
 * new or has just regained its sight stays unknown until then. A run that could not look makes it unknown and starts the counting anew.
 */
export function nextVerdict<S extends LocationState>(
  state: S,
  result: ResultKind,
  thresholds: Thresholds,
  now: EpochMs,
  isSlow = false,
): VerdictStep<S> {
  if (result === 'untold') return blindStep(state, 'cannot-look', now);
  const counted = count(state, result, thresholds);
  const slow = countSlow(state, result, isSlow);
  return stepTo<LocationState>(
    state,
    bySpeed(judge(state, result, counted, thresholds), slow),
    { ...counted, slow },
    now,
  ) as VerdictStep<S>;
}

/** Why nobody looks: the check rests, or its location cannot see. */
export type BlindReason = 'paused' | 'removed' | 'cannot-look' | 'location-gone' | 'network-gone';

/** Unknown, with the counting begun anew; what was settled stays, so that an alert is not forgotten. */
export const blindStep = <S extends LocationState>(state: S, reason: BlindReason, now: EpochMs): VerdictStep<S> =>
  stepTo<LocationState>(
    state,
    { verdict: 'unknown', reason },
    { failures: 0, successes: 0, slow: 0 },
    now,
  ) as VerdictStep<S>;

/** Nobody looks any more. A removed check has nothing settled; one that is paused keeps it, so that an alert is not forgotten. */
export function blind(state: VerdictState, reason: 'paused' | 'removed', now: EpochMs): VerdictStep {
  const step = blindStep(state, reason, now);
  const settled = reason === 'removed' ? null : state.settled;
  return { ...step, state: { ...step.state, settled, locations: null, turns: [], flapping: null } };
}

/**
 * What the step from one state to the next tells the responders: `firing` when it is now settled down, `ok` when it no longer is, else nothing.
 * Going blind is neither: not seeing a fire does not put it out, unless the check is removed.
 */
export function signalOf(before: VerdictState, after: VerdictState): 'firing' | 'ok' | null {
  if (after.settled === before.settled) return null;
  if (after.settled === 'down') return 'firing';
  return before.settled === 'down' ? 'ok' : null;
}

export type ServiceReason = 'check-down' | 'check-degraded' | 'check-unknown' | 'all-up' | 'not-measured';

type ServiceFact = Pick<VerdictState, 'verdict' | 'reason' | 'settled'>;

/** Unknown although it once knew, or because it cannot look; a check that is merely new is neither. */
export const hasLostSight = (check: ServiceFact): boolean =>
  check.verdict === 'unknown' && (check.settled !== null || check.reason === 'cannot-look');

/**
 * A service is the worst of its checks. One that has lost its sight makes it unknown rather than up; one that has never had a verdict says nothing
 * yet, so a new heartbeat does not hide what the others see. Paused and removed checks are not passed in.
 */
export function serviceVerdict(checks: readonly ServiceFact[]): {
  verdict: Verdict;
  reason: ServiceReason;
} {
  const has = (verdict: Verdict): boolean => checks.some((check) => check.verdict === verdict);
  if (has('down')) return { verdict: 'down', reason: 'check-down' };
  if (has('degraded')) return { verdict: 'degraded', reason: 'check-degraded' };
  if (checks.some(hasLostSight)) return { verdict: 'unknown', reason: 'check-unknown' };
  return has('up') ? { verdict: 'up', reason: 'all-up' } : { verdict: 'unknown', reason: 'not-measured' };
}
