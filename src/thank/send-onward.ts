import { sql } from 'kysely';
import { type OnwardNetwork, onwardText, onwardUrl, providerOf } from '../domain/onward-thanks.ts';
import type { Ctx } from '../platform/context.ts';
import { ServiceError } from '../platform/errors.ts';

/**
 * Counts that somebody goes on to thank the provider behind an incident, and says where the prepared post is. Throws `not-found` unless the incident
 * is public, over, and a provider's.
 */
export async function sendOnward(ctx: Ctx, input: { incidentId: string; network: OnwardNetwork }): Promise<string> {
  const row = await ctx.db
    .selectFrom('incidents')
    .innerJoin('incident_causes', 'incident_causes.incident_id', 'incidents.id')
    .select(['incidents.id', 'incident_causes.cause_id'])
    .where('incidents.id', '=', input.incidentId)
    .where('incidents.is_public', '=', true)
    .where('incidents.status', '=', 'resolved')
    .where('incident_causes.rank', '=', 1)
    .where('incident_causes.kind', '=', 'upstream')
    .executeTakeFirst();
  if (!row) throw new ServiceError('not-found', 'There is nobody else to thank for this one.');
  const provider = providerOf(row.cause_id);
  const known = await ctx.db
    .selectFrom('upstream_providers')
    .select('name')
    .where('id', '=', provider)
    .executeTakeFirst();
  await ctx.db
    .insertInto('onward_thanks')
    .values({ incident_id: row.id, network: input.network, started: 1 })
    .onConflict((conflict) =>
      conflict.columns(['incident_id', 'network']).doUpdateSet({ started: sql<number>`onward_thanks.started + 1` }),
    )
    .execute();
  return onwardUrl(input.network, onwardText(known?.name ?? provider, `${ctx.publicUrl}/incidents/${row.id}`));
}
