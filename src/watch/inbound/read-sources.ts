import type { Ctx } from '../../platform/context.ts';
import type { ServiceDetail } from '../schemas.ts';
import { sourceConfigSchema } from './source-config.ts';

/** A service's sources of alerts with what they have sent. */
export async function readSources(ctx: Ctx, serviceId: string): Promise<ServiceDetail['integrations']> {
  const rows = await ctx.db
    .selectFrom('integrations')
    .leftJoin('integration_activity as activity', 'activity.integration_id', 'integrations.id')
    .select(['id', 'kind', 'name', 'key_hint', 'owned_by', 'config'])
    .select([
      'accepted',
      'last_accepted_at',
      'refused',
      'last_refused_at',
      'last_refusal',
      'limited',
      'last_limited_at',
    ])
    .where('service_id', '=', serviceId)
    .where('archived_at', 'is', null)
    .orderBy('name')
    .execute();
  return rows.map((row) => ({
    id: row.id,
    kind: row.kind,
    name: row.name,
    keyHint: row.key_hint,
    ownedBy: row.owned_by,
    config: sourceConfigSchema.safeParse(row.config).data ?? {},
    accepted: Number(row.accepted ?? 0),
    lastAcceptedAt: row.last_accepted_at,
    refused: Number(row.refused ?? 0),
    lastRefusedAt: row.last_refused_at,
    lastRefusal: row.last_refusal,
    limited: Number(row.limited ?? 0),
    lastLimitedAt: row.last_limited_at,
  }));
}
