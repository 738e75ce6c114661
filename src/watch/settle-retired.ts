import type { EpochMs, JsonObject } from '../domain/words.ts';
import { blind, type VerdictStep } from '../domain/verdict.ts';
import { type Ctx, transact } from '../platform/context.ts';
import { heartbeatDeadline } from './heartbeat-deadline.ts';
import { commitVerdicts, type VerdictCommit } from './commit-verdicts.ts';
import { toVerdictState, toWatchedCheck, watchedColumns } from './watched-check.ts';

const batchSize = 500;

/**
 * Brings the verdicts of checks to rest that were paused or removed, and wakes those that were resumed. Removing a check clears its alert; pausing
 * does not: nobody has seen the service come back. A resumed heartbeat gets a whole period before silence counts.
 */
export async function settleRetiredChecks(ctx: Ctx, now: EpochMs): Promise<void> {
  while ((await settleSome(ctx, now)) === batchSize);
}

interface Retired {
  paused: boolean;
  archived_at: EpochMs | null;
  service_archived_at: EpochMs | null;
  kind: string;
  interval_ms: number;
  config: JsonObject;
}

function stepOf(row: Retired, before: ReturnType<typeof toVerdictState>, now: EpochMs): VerdictStep {
  if (row.archived_at !== null || row.service_archived_at !== null) return blind(before, 'removed', now);
  if (row.paused) return blind(before, 'paused', now);
  const state = { ...before, reason: 'no-result-yet' as const };
  return { state, verdict: state.verdict, changed: false, reason: state.reason };
}

async function settleSome(ctx: Ctx, now: EpochMs): Promise<number> {
  return transact(ctx, async (tx) => {
    const rows = await tx.db
      .selectFrom('checks')
      .innerJoin('services', 'services.id', 'checks.service_id')
      .select(watchedColumns)
      .select(['checks.paused', 'checks.archived_at', 'services.archived_at as service_archived_at'])
      .select('checks.config')
      .where((where) => {
        const removed = where.or([
          where('checks.archived_at', 'is not', null),
          where('services.archived_at', 'is not', null),
        ]);
        return where.or([
          where.and([removed, where('checks.verdict_reason', '!=', 'removed')]),
          where.and([
            where.not(removed),
            where('checks.paused', '=', true),
            where('checks.verdict_reason', '!=', 'paused'),
          ]),
          where.and([
            where.not(removed),
            where('checks.paused', '=', false),
            where('checks.verdict_reason', 'in', ['paused', 'removed']),
          ]),
        ]);
      })
      .orderBy('checks.id')
      .limit(batchSize)
      .forUpdate('checks')
      .execute();
    const commits = rows.map((row): VerdictCommit => {
      const before = toVerdictState(row);
      const step = stepOf(row, before, now);
      const waits = step.reason === 'no-result-yet' && row.kind === 'heartbeat';
      const dueAt = waits ? heartbeatDeadline(row, { lastPingAt: now }) : null;
      return { check: toWatchedCheck(row), before, step, at: now, evidence: {}, dueAt };
    });
    await commitVerdicts(tx, commits, { includeRetired: true });
    return rows.length;
  });
}
