import { sql } from 'kysely';
import type { EpochMs, JsonObject } from '../domain/words.ts';
import {
  hasLostSight,
  serviceVerdict,
  signalOf,
  type VerdictReason,
  type VerdictState,
  type VerdictStep,
} from '../domain/verdict.ts';
import { type Ctx, transact } from '../platform/context.ts';
import { appendEvents } from '../platform/events.ts';
import { type NewSignal, raiseSignals } from '../respond/index.ts';
import { cleanJson } from './clean-json.ts';
import { cleanText } from './inbound/clean-evidence.ts';
import { countersOf, toVerdictState, type WatchedCheck } from './watched-check.ts';

/** One decided step of one check, to be made true. */
export interface VerdictCommit {
  check: WatchedCheck;
  before: VerdictState;
  step: VerdictStep;
  /** When the observation was made. */
  at: EpochMs;
  /** Why, in words for a person: the error of a failure. */
  message?: string | undefined;
  /** What was seen. */
  evidence: JsonObject;
  /** Further keys of checks.state. */
  more?: JsonObject | undefined;
  /** A heartbeat's next deadline; left as it is when undefined. */
  dueAt?: EpochMs | null | undefined;
}

/** Whether a step matters to more than the check's own counters: to its service, the responders or the log. It is committed at once then. */
export const tellsMore = ({ before, step }: Pick<VerdictCommit, 'before' | 'step'>): boolean =>
  step.changed ||
  signalOf(before, step.state) !== null ||
  hasLostSight(before) !== hasLostSight(step.state) ||
  beginsToFlap({ before, step });

const beginsToFlap = ({ before, step }: Pick<VerdictCommit, 'before' | 'step'>): boolean =>
  before.flapping === null && step.state.flapping !== null;

interface LiveRow {
  id: string;
  service_id: string;
}

/**
 * Makes verdict steps true in one transaction: the checks' rows, the services' states with their history, the events, and the signals that respond
 * acts on. A check that was paused or archived meanwhile is left alone and raises nothing, unless `includeRetired` (it is being put to rest).
 */
export async function commitVerdicts(
  ctx: Ctx,
  commits: readonly VerdictCommit[],
  options: { includeRetired?: boolean } = {},
): Promise<void> {
  if (commits.length === 0) return;
  await transact(ctx, async (tx) => {
    const rows = await updateChecks(tx, commits, options.includeRetired ?? false);
    const live = new Set(rows.map((row) => row.id));
    const telling = commits.filter((one) => live.has(one.check.id) && (options.includeRetired || tellsMore(one)));
    if (telling.length === 0) return;
    const names = await updateServices(tx, telling);
    await appendEvents(tx, telling.filter((one) => one.step.changed || beginsToFlap(one)).map(toEvent));
    await raiseSignals(
      tx,
      telling.flatMap((commit) => toSignal(commit, names.get(commit.check.serviceId))),
    );
  });
}

async function updateChecks(tx: Ctx, commits: readonly VerdictCommit[], includeRetired: boolean): Promise<LiveRow[]> {
  // In the order of their ids, so that two transactions over the same checks wait for each other instead of dead-locking.
  const rows = commits
    .map(({ check, step, more, dueAt }) => ({
      id: check.id,
      verdict: step.verdict,
      since: step.state.since,
      reason: step.state.reason,
      state: { ...countersOf(step.state), ...more },
      moves_due: dueAt !== undefined,
      due_at: dueAt ?? null,
    }))
    .toSorted((a, b) => (a.id < b.id ? -1 : 1));
  const result = await sql<LiveRow>`
    update checks c set verdict = r.verdict, verdict_since = r.since, verdict_reason = r.reason, state = c.state || r.state,
      due_at = case when r.moves_due then r.due_at else c.due_at end
    from jsonb_to_recordset(${cleanJson(rows)}::jsonb)
      as r(id text, verdict text, since bigint, reason text, state jsonb, moves_due boolean, due_at bigint)
    where c.id = r.id and (${includeRetired}::boolean or (not c.paused and c.archived_at is null))
    returning c.id, c.service_id`.execute(tx.db);
  return result.rows;
}

/** Recomputes the services of these checks from all of their checks. Returns the services' names. */
async function updateServices(tx: Ctx, commits: readonly VerdictCommit[]): Promise<Map<string, string>> {
  const ids = [...new Set(commits.map(({ check }) => check.serviceId))].toSorted();
  const services = await tx.db
    .selectFrom('services')
    .select(['id', 'name', 'status'])
    .where('id', 'in', ids)
    .orderBy('id')
    .forNoKeyUpdate()
    .execute();
  const names = new Map(services.map((service) => [service.id, service.name]));
  const checks = await tx.db
    .selectFrom('checks')
    .select(['service_id', 'verdict', 'verdict_since', 'verdict_reason', 'state'])
    .where('service_id', 'in', ids)
    .where('paused', '=', false)
    .where('archived_at', 'is', null)
    .execute();
  const statesOf = Map.groupBy(checks, (check) => check.service_id);
  const now = tx.clock.now();
  for (const service of services) {
    const { verdict, reason } = serviceVerdict((statesOf.get(service.id) ?? []).map(toVerdictState));
    if (verdict === service.status) continue;
    await tx.db
      .updateTable('services')
      .set({ status: verdict, status_since: now })
      .where('id', '=', service.id)
      .execute();
    await tx.db
      .insertInto('service_status_changes')
      .values({ service_id: service.id, at: now, status: verdict, reason })
      .execute();
  }
  return names;
}

const toEvent = ({ check, before, step, message }: VerdictCommit) => ({
  kind: beginsToFlap({ before, step }) ? 'check.flapping' : 'check.verdict-changed',
  at: step.changed ? step.state.since : (step.state.flapping ?? step.state.since),
  actor: { kind: 'system' as const },
  serviceId: check.serviceId,
  data: {
    checkId: check.id,
    check: check.name,
    from: before.verdict,
    to: step.verdict,
    reason: step.reason,
    ...(message === undefined ? {} : { message: cleanText(message) }),
  },
});

const maxSummary = 300;

function endingOf(status: 'firing' | 'ok', reason: VerdictReason, message: string | undefined): string {
  if (status === 'firing') return `is down: ${message ?? reason}`;
  if (reason === 'removed') return 'was removed';
  return reason === 'steady-again' ? 'is up again and holds' : 'is up again';
}

function toSignal(commit: VerdictCommit, serviceName: string | undefined): NewSignal[] {
  const { check, before, step, at, message, evidence } = commit;
  // The alert that stands hears of it: the incident shows why it stays open although the check looks up just now.
  const flaps = beginsToFlap(commit);
  const status = flaps ? 'firing' : signalOf(before, step.state);
  if (status === null || serviceName === undefined) return [];
  const ending = flaps ? 'keeps going down and coming up' : endingOf(status, step.reason, message);
  return [
    {
      serviceId: check.serviceId,
      sourceKind: 'check',
      sourceId: check.id,
      dedupKey: check.id,
      status,
      severity: check.severity,
      summary: cleanText(`${serviceName}: ${check.name} ${ending}`.slice(0, maxSummary)),
      evidence: JSON.parse(
        cleanJson({
          checkId: check.id,
          check: check.name,
          kind: check.kind,
          verdict: step.verdict,
          reason: step.reason,
          ...evidence,
        }),
      ) as JsonObject,
      at,
    },
  ];
}
