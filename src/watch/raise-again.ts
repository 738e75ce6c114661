import { sql } from 'kysely';
import type { EpochMs, JsonObject, Severity } from '../domain/words.ts';
import { type Ctx, transact } from '../platform/context.ts';
import { raiseSignals } from '../respond/index.ts';

/** So long after somebody resolved an incident by hand, a check that is still down speaks up again. */
export const raiseAgainAfterMs = 10 * 60_000;
const batch = 100;

/**
 * A check tells of a change only, so an incident that a person resolved too early would stay silent for as long as the check is down. This
 * raises its last signal again. Returns how many.
 */
export async function raiseAgain(ctx: Ctx, now: EpochMs): Promise<number> {
  return transact(ctx, async (tx) => {
    const { rows } = await sql<{
      service_id: string;
      source_id: string;
      dedup_key: string;
      severity: Severity;
      summary: string;
      evidence: JsonObject;
    }>`
      select last.service_id, last.source_id, last.dedup_key, last.severity, last.summary, last.evidence
      from checks
      cross join lateral (
        select * from signals where source_kind = 'check' and source_id = checks.id order by seq desc limit 1) last
      join incidents on incidents.id = last.incident_id
      where checks.verdict in ('down', 'degraded') and not checks.paused and checks.archived_at is null
        and last.status = 'firing' and last.outcome is not null
        and incidents.status = 'resolved' and incidents.resolved_at <= ${now - raiseAgainAfterMs}
        and not exists (select 1 from alerts where source_kind = 'check' and source_id = checks.id and status = 'firing')
      limit ${batch}`.execute(tx.db);
    await raiseSignals(
      tx,
      rows.map((row) => ({
        serviceId: row.service_id,
        sourceKind: 'check',
        sourceId: row.source_id,
        dedupKey: row.dedup_key,
        status: 'firing' as const,
        severity: row.severity,
        summary: row.summary,
        evidence: { ...row.evidence, again: 'still so after it was resolved' },
        at: now,
      })),
    );
    return rows.length;
  });
}
