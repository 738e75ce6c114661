import { type JsonObject, type Severity, type Verdict, verdicts } from '../domain/words.ts';
import { type Agreement, isSameLocation, type VerdictRules } from '../domain/agreement.ts';
import {
  heartbeatThresholds,
  type LocationState,
  slowRuns,
  type VerdictReason,
  type VerdictState,
  verdictReasons,
} from '../domain/verdict.ts';

/** The location of the HugOps server itself. */
export const localLocation = 'local';
/** Where a heartbeat's word comes from. */
export const pingLocation = 'ping';

/** What must be known of a check to judge its results. */
export interface WatchedCheck extends VerdictRules {
  id: string;
  serviceId: string;
  kind: string;
  name: string;
  severity: Severity;
}

export interface CheckColumns {
  id: string;
  service_id: string;
  kind: string;
  name: string;
  severity: Severity;
  failure_threshold: number;
  recovery_threshold: number;
  interval_ms: number;
  locations: string[];
  agreement: string;
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
  'checks.interval_ms',
  'checks.locations',
  'checks.agreement',
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
  intervalMs: row.interval_ms,
  locations: row.kind === 'heartbeat' ? [pingLocation] : row.locations.length === 0 ? [localLocation] : row.locations,
  agreement: toAgreement(row.agreement),
});

/** As its column has it: a word, or a number in digits. */
export function toAgreement(text: string): Agreement {
  if (text === 'any' || text === 'all') return text;
  const count = Number(text);
  return Number.isInteger(count) && count > 0 ? count : 'majority';
}

export interface VerdictColumns {
  verdict: Verdict;
  verdict_since: number;
  verdict_reason: string;
  state: JsonObject;
}

const countOf = (value: unknown): number => (typeof value === 'number' && value > 0 ? Math.floor(value) : 0);
const isReason = (text: string): text is VerdictReason => (verdictReasons as readonly string[]).includes(text);

const timeOf = (value: unknown): number | null => (typeof value === 'number' ? value : null);

/** The verdict state as its row keeps it. What is missing there is read as nothing counted yet. */
export function toVerdictState(row: VerdictColumns): VerdictState {
  const { locations, turns, flapping } = row.state;
  const own = { ...row.state, verdict: row.verdict, since: row.verdict_since, reason: row.verdict_reason };
  return {
    ...toLocationState(own),
    locations: isObject(locations) ? mapValues(locations, toLocationState) : null,
    turns: Array.isArray(turns) ? turns.filter((at) => typeof at === 'number') : [],
    flapping: timeOf(flapping),
  };
}

const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const mapValues = <T>(object: JsonObject, to: (value: JsonObject) => T): Record<string, T> =>
  Object.fromEntries(Object.entries(object).flatMap(([key, value]) => (isObject(value) ? [[key, to(value)]] : [])));

function toLocationState(row: JsonObject): LocationState {
  const { verdict, since, reason, failures, successes, settled, slow } = row;
  const known = verdicts.find((one) => one === verdict) ?? 'unknown';
  const fromVerdict = known === 'unknown' ? null : known === 'down' ? 'down' : 'up';
  return {
    verdict: known,
    since: timeOf(since) ?? 0,
    reason: typeof reason === 'string' && isReason(reason) ? reason : 'no-result-yet',
    failures: countOf(failures),
    successes: countOf(successes),
    settled: settled === 'up' || settled === 'down' ? settled : fromVerdict,
    slow: Math.min(countOf(slow), slowRuns),
  };
}

/** The part of the state that has no column of its own. */
export const countersOf = ({
  failures,
  successes,
  settled,
  slow,
  locations,
  turns,
  flapping,
}: VerdictState): JsonObject => ({ failures, successes, settled, slow, locations, turns, flapping });

/** Whether nothing of it changed, so that nothing has to be written. */
export const isSameState = (a: VerdictState, b: VerdictState): boolean =>
  isSameLocation(a, b) && a.locations === b.locations && a.turns === b.turns && a.flapping === b.flapping;
