import type { Ctx } from '../platform/context.ts';
import type { Target } from './watch-words.ts';

/** A service that a target's trouble concerns, and by which dependency. */
export interface Affected {
  serviceId: string;
  upstreamId: string | undefined;
}

/** The service itself, or the services in use that cannot work without the provider; at most one dependency each. */
export async function affectedServices(ctx: Ctx, target: Target): Promise<Affected[]> {
  if (target.kind === 'service') {
    const row = await ctx.db
      .selectFrom('services')
      .select('id')
      .where('id', '=', target.id)
      .where('archived_at', 'is', null)
      .executeTakeFirst();
    return row ? [{ serviceId: row.id, upstreamId: undefined }] : [];
  }
  const rows = await ctx.db
    .selectFrom('service_dependencies')
    .innerJoin('services', 'services.id', 'service_dependencies.service_id')
    .select(['service_id', 'depends_on'])
    .where('services.archived_at', 'is', null)
    .where('hardness', '=', 'hard')
    .where('depends_on', 'like', `${target.id.replaceAll(/[%_\\]/g, '\\$&')}/%`)
    .orderBy('service_id')
    .orderBy('depends_on')
    .execute();
  const first = new Map<string, Affected>();
  for (const row of rows) {
    if (!first.has(row.service_id))
      first.set(row.service_id, { serviceId: row.service_id, upstreamId: row.depends_on });
  }
  return [...first.values()];
}

/** What people call a target; its id where nobody knows. */
export async function nameOf(ctx: Ctx, target: Target): Promise<string> {
  const listened = await ctx.db
    .selectFrom('listen_targets')
    .select('name')
    .where('target_kind', '=', target.kind)
    .where('target_id', '=', target.id)
    .executeTakeFirst();
  if (listened !== undefined) return listened.name;
  const service = await ctx.db.selectFrom('services').select('name').where('id', '=', target.id).executeTakeFirst();
  return service?.name ?? target.id;
}
