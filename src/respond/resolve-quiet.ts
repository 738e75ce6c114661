import { sql } from 'kysely';
import type { EpochMs } from '../domain/words.ts';
import { type Ctx, transact } from '../platform/context.ts';
import { resolveIncident } from './incidents/resolve.ts';

const batchSize = 50;

/**
 * Resolves incidents whose policy says so after a time without a signal and without anybody's act. An incident waits as long as a
 * check or a provider still says that something is wrong. Returns how many were resolved.
 */
export async function resolveQuiet(ctx: Ctx, now: EpochMs): Promise<number> {
  const quiet = await ctx.db
    .selectFrom('incidents')
    .innerJoin('escalations', 'escalations.incident_id', 'incidents.id')
    .select('incidents.id')
    .where('incidents.status', '!=', 'resolved')
    .where('auto_resolve_ms', 'is not', null)
    .where('snoozed_until', 'is', null)
    .where(isQuiet(now))
    .orderBy('incidents.opened_at')
    .limit(batchSize)
    .execute();
  let resolved = 0;
  for (const { id } of quiet) {
    resolved += await transact(ctx, async (tx) => {
      // Once more under the lock: a signal may have come meanwhile.
      const still = await tx.db
        .selectFrom('incidents')
        .innerJoin('escalations', 'escalations.incident_id', 'incidents.id')
        .select('incidents.id')
        .where('incidents.id', '=', id)
        .where(isQuiet(now))
        .forNoKeyUpdate('incidents')
        .executeTakeFirst();
      if (!still) return 0;
      const { changed } = await resolveIncident(tx, { incidentId: id, actor: { kind: 'system' }, now, how: 'quiet' });
      return changed ? 1 : 0;
    });
  }
  return resolved;
}

// A check and a provider say themselves when it is over: their silence says nothing.
const isQuiet = (now: EpochMs) => sql<boolean>`
  auto_resolve_ms + greatest(
    opened_at,
    (select max(last_at) from alerts where alerts.incident_id = incidents.id),
    (select max(at) from events where events.incident_id = incidents.id and actor_kind <> 'system')
  ) <= ${now}
  and not exists (
    select 1 from alerts
    where alerts.incident_id = incidents.id and alerts.status = 'firing' and source_kind in ('check', 'upstream'))`;
