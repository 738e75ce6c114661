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
  'paused',
  'removed',
] as const;
export type VerdictReason = (typeof verdictReasons)[number];

/** All that must be remembered of a check between two results. Counters stop at their thresholds, so a steady check never changes its state. */
export interface VerdictState {
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
}

export const newVerdictState = (since: EpochMs): VerdictState => ({
  verdict: 'unknown',
  since,
  reason: 'no-result-yet',
  failures: 0,
  successes: 0,
  settled: null,
});

export interface VerdictStep {
  state: VerdictState;
  verdict: Verdict;
  /** Whether the verdict is another one than before. */
  changed: boolean;
  reason: VerdictReason;
}

type Count = Pick<VerdictState, 'failures' | 'successes'>;

function count(state: VerdictState, result: 'ok' | 'failed' | 'silent', thresholds: Thresholds): Count {
  if (result === 'ok') return { failures: 0, successes: Math.min(state.successes + 1, thresholds.recovery) };
  // Silence has already lasted a whole period and its grace: no further result will come to confirm it.
  if (result === 'silent') return { failures: thresholds.failure, successes: 0 };
  return { failures: Math.min(state.failures + 1, thresholds.failure), successes: 0 };
}

function judge(
  state: VerdictState,
  result: 'ok' | 'failed' | 'silent',
  { failures, successes }: Count,
  thresholds: Thresholds,
): { verdict: Verdict; reason: VerdictReason } {
  if (result === 'ok') {
    if (state.settled === null) return { verdict: 'up', reason: 'first-success' };
    if (state.settled === 'up') {
      return { verdict: 'up', reason: state.verdict === 'unknown' ? 'sight-regained' : 'still-up' };
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

/**
 * The verdict after one more result. The first success is believed at once, a first failure only at the threshold: a check that is new or has just
 * regained its sight stays unknown until then. A run that could not look makes it unknown and starts the counting anew.
 */
export function nextVerdict(
  state: VerdictState,
  result: ResultKind,
  thresholds: Thresholds,
  now: EpochMs,
): VerdictStep {
  const counted: Count = result === 'untold' ? { failures: 0, successes: 0 } : count(state, result, thresholds);
  const { verdict, reason } =
    result === 'untold'
      ? { verdict: 'unknown' as const, reason: 'cannot-look' as const }
      : judge(state, result, counted, thresholds);
  const changed = verdict !== state.verdict;
  const next: VerdictState = {
    verdict,
    since: changed ? now : state.since,
    reason: changed || verdict === 'unknown' ? reason : state.reason,
    ...counted,
    settled: verdict === 'up' || verdict === 'down' ? verdict : state.settled,
  };
  return { state: next, verdict, changed, reason };
}

/** Nobody looks any more: the verdict is unknown, and what was settled stays, so that an alert is not forgotten. */
export function blind(state: VerdictState, reason: 'paused' | 'removed', now: EpochMs): VerdictStep {
  const changed = state.verdict !== 'unknown';
  const next: VerdictState = {
    verdict: 'unknown',
    since: changed ? now : state.since,
    reason,
    failures: 0,
    successes: 0,
    settled: reason === 'removed' ? null : state.settled,
  };
  return { state: next, verdict: 'unknown', changed, reason };
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
