import type { JsonObject, Severity, Verdict } from '../domain/words.ts';
import {
  heartbeatThresholds,
  type Thresholds,
  type VerdictReason,
  type VerdictState,
  verdictReasons,
} from '../domain/verdict.ts';

/** What must be known of a check to judge its results. */
export interface WatchedCheck {
  id: string;
  serviceId: string;
  kind: string;
  name: string;
  severity: Severity;
  thresholds: Thresholds;
}

export interface CheckColumns {
  id: string;
  service_id: string;
  kind: string;
  name: string;
  severity: Severity;
  failure_threshold: number;
  recovery_threshold: number;
}

/** The columns that toWatchedCheck and toVerdictState read. */
export const watchedColumns = [
  'checks.id',
  'checks.service_id',
  'checks.kind',
  'checks.name',
  'checks.severity',
  'checks.failure_threshold',
  'checks.recovery_threshold',
  'checks.verdict',
  'checks.verdict_since',
  'checks.verdict_reason',
  'checks.state',
] as const;

export const toWatchedCheck = (row: CheckColumns): WatchedCheck => ({
  id: row.id,
  serviceId: row.service_id,
  kind: row.kind,
  name: row.name,
  severity: row.severity,
  thresholds:
    row.kind === 'heartbeat'
      ? heartbeatThresholds
      : { failure: row.failure_threshold, recovery: row.recovery_threshold },
});

export interface VerdictColumns {
  verdict: Verdict;
  verdict_since: number;
  verdict_reason: string;
  state: JsonObject;
}

const countOf = (value: unknown): number => (typeof value === 'number' && value > 0 ? Math.floor(value) : 0);
const isReason = (text: string): text is VerdictReason => (verdictReasons as readonly string[]).includes(text);

/** The verdict state as its row keeps it. What is missing there is read as nothing counted yet. */
export function toVerdictState(row: VerdictColumns): VerdictState {
  const { failures, successes, settled } = row.state;
  const known = row.verdict === 'up' || row.verdict === 'down' ? row.verdict : null;
  return {
    verdict: row.verdict,
    since: row.verdict_since,
    reason: isReason(row.verdict_reason) ? row.verdict_reason : 'no-result-yet',
    failures: countOf(failures),
    successes: countOf(successes),
    settled: settled === 'up' || settled === 'down' ? settled : known,
  };
}

/** The part of the state that has no column of its own. */
export const countersOf = ({ failures, successes, settled }: VerdictState): JsonObject => ({
  failures,
  successes,
  settled,
});
