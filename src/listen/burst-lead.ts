import { sql } from 'kysely';
import type { EpochMs } from '../domain/words.ts';
import type { Ctx } from '../platform/context.ts';
import { affectedServices } from './read-targets.ts';

/** How much earlier the crowd was, in milliseconds; negative when it was later. Null where the other never spoke. */
export interface BurstLead {
  checksMs: number | null;
  /** Against the provider's first public word. */
  providerMs: number | null;
}

/** Trouble that began so long before is other trouble. */
const beforeMs = 2 * 3_600_000;
const afterMs = 6 * 3_600_000;

/** Compares when a burst was known with the first failed check, and with the provider's first word, of the services concerned. */
export async function leadOf(
  ctx: Ctx,
  burst: { target_kind: 'service' | 'upstream'; target_id: string; known_at: EpochMs },
): Promise<BurstLead> {
  const services = await affectedServices(ctx, { kind: burst.target_kind, id: burst.target_id });
  const ids = services.map(({ serviceId }) => serviceId);
  if (ids.length === 0) return { checksMs: null, providerMs: null };
  const span = { from: burst.known_at - beforeMs, until: burst.known_at + afterMs };
  const check = await ctx.db
    .selectFrom('alerts')
    .select((select) => select.fn.min('first_at').as('at'))
    .where('service_id', 'in', ids)
    .where('source_kind', 'not in', ['posts', 'reports', 'upstream'])
    .where('first_at', '>', span.from)
    .where('first_at', '<', span.until)
    .executeTakeFirst();
  const word = await ctx.db
    .selectFrom('upstream_notices')
    .select((select) => select.fn.min('public_at').as('at'))
    .where('kind', '=', 'incident')
    .where('provider', 'in', (select) =>
      burst.target_kind === 'upstream'
        ? select.selectFrom('upstream_feeds').select('provider').where('provider', '=', burst.target_id)
        : select
            .selectFrom('service_dependencies')
            .select(sql<string>`split_part(depends_on, '/', 1)`.as('provider'))
            .where('service_id', '=', burst.target_id)
            .where('depends_on', 'like', '%/%'),
    )
    .where('public_at', '>', span.from)
    .where('public_at', '<', span.until)
    .executeTakeFirst();
  const after = (at: EpochMs | null | undefined): number | null =>
    at === null || at === undefined ? null : Number(at) - burst.known_at;
  return { checksMs: after(check?.at), providerMs: after(word?.at) };
}
