import type { EpochMs } from '../domain/words.ts';
import type { Ctx } from '../platform/context.ts';
import { resolveIncident } from './incidents/resolve.ts';

/** An incident that signals opened ends when the last of its alerts does. One that a person opened ends when a person says so. */
export async function resolveWhenClear(ctx: Ctx, incidentId: string, now: EpochMs): Promise<boolean> {
  const incident = await ctx.db
    .selectFrom('incidents')
    .select(['opened_by', 'status'])
    .select((select) =>
      select
        .exists(
          select.selectFrom('alerts').select('id').where('incident_id', '=', incidentId).where('status', '=', 'firing'),
        )
        .as('is_firing'),
    )
    .where('id', '=', incidentId)
    .executeTakeFirstOrThrow();
  if (incident.opened_by !== 'signal' || incident.status === 'resolved' || Boolean(incident.is_firing)) return false;
  await resolveIncident(ctx, { incidentId, actor: { kind: 'system' }, now, how: 'all-clear' });
  return true;
}
