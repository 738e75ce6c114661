import type { EpochMs } from '../../domain/words.ts';
import { type Ctx, transact } from '../../platform/context.ts';
import type { Providers } from './catalogue.ts';

/** A service that depends on a provider's product. */
export interface Dependency {
  serviceId: string;
  /** `aws/us-east-1/dynamodb` */
  upstreamId: string;
  hardness: 'hard' | 'soft';
}

export const providerOf = (upstreamId: string): string => (upstreamId.split('/')[0] ?? '').toLowerCase();

/** What services in use depend on outside, of one provider or of all. A service's name has no slash, an upstream's has. */
export async function readDependencies(ctx: Ctx, provider?: string): Promise<Dependency[]> {
  const rows = await ctx.db
    .selectFrom('service_dependencies')
    .innerJoin('services', 'services.id', 'service_dependencies.service_id')
    .select(['service_id', 'depends_on', 'hardness'])
    .where('services.archived_at', 'is', null)
    .where('depends_on', 'like', '%/%')
    .orderBy('depends_on')
    .orderBy('service_id')
    .execute();
  const all = rows.map((row) => ({ serviceId: row.service_id, upstreamId: row.depends_on, hardness: row.hardness }));
  return provider === undefined ? all : all.filter((one) => providerOf(one.upstreamId) === provider);
}

/**
 * Brings the rows of upstreams and feeds to what services depend on: a feed is followed as long as somebody needs it. Returns, for each provider
 * that is needed, a text that changes when its dependencies or its feed do.
 */
export async function settleInUse(ctx: Ctx, providers: Providers, now: EpochMs): Promise<Map<string, string>> {
  const dependencies = await readDependencies(ctx);
  const wanted = new Map(dependencies.map((one) => [one.upstreamId, providerOf(one.upstreamId)]));
  const needed = new Set([...wanted.values()].filter((id) => providers.has(id)));
  await settleUpstreams(ctx, wanted, now);
  await settleUnknown(ctx, providers, [...wanted.values()], now);
  await settleFeeds(ctx, providers, needed, now);
  const marks = new Map([...needed].map((id) => [id, providers.get(id)?.feed.url ?? '']));
  for (const { serviceId, upstreamId, hardness } of dependencies) {
    const id = providerOf(upstreamId);
    if (needed.has(id)) marks.set(id, `${marks.get(id)}\n${serviceId} ${upstreamId} ${hardness}`);
  }
  return marks;
}

async function settleUpstreams(ctx: Ctx, wanted: ReadonlyMap<string, string>, now: EpochMs): Promise<void> {
  const rows = await ctx.db.selectFrom('upstreams').select('id').execute();
  const known = new Set(rows.map((row) => row.id));
  const fresh = [...wanted].filter(([id]) => !known.has(id));
  const gone = [...known].filter((id) => !wanted.has(id));
  if (fresh.length > 0) {
    await ctx.db
      .insertInto('upstreams')
      .values(
        fresh.map(([id, provider]) => ({ id, provider, state: 'unknown', state_reason: 'not-read', state_since: now })),
      )
      .onConflict((conflict) => conflict.column('id').doNothing())
      .execute();
  }
  if (gone.length > 0) await ctx.db.deleteFrom('upstreams').where('id', 'in', gone).execute();
}

/** Of a provider that nobody knows, or that was taken out of the list, nothing is known. */
async function settleUnknown(ctx: Ctx, providers: Providers, ids: readonly string[], now: EpochMs): Promise<void> {
  const unknown = [...new Set(ids)].filter((id) => !providers.has(id));
  if (unknown.length === 0) return;
  await ctx.db
    .updateTable('upstreams')
    .set({ state: 'unknown', state_reason: 'not-read', state_since: now })
    .where('provider', 'in', unknown)
    .where('state', '!=', 'unknown')
    .execute();
}

async function settleFeeds(ctx: Ctx, providers: Providers, needed: ReadonlySet<string>, now: EpochMs): Promise<void> {
  const rows = await ctx.db.selectFrom('upstream_feeds').select(['provider', 'url', 'next_fetch_at']).execute();
  const known = new Map(rows.map((row) => [row.provider, row]));
  for (const id of needed) {
    const url = providers.get(id)?.feed.url ?? '';
    const row = known.get(id);
    if (row === undefined) {
      await ctx.db
        .insertInto('upstream_feeds')
        .values({
          provider: id,
          url,
          next_fetch_at: now,
          lease_until: null,
          etag: null,
          last_modified: null,
          last_attempt_at: null,
          last_ok_at: null,
          last_changed_at: null,
          last_error_at: null,
          last_error: null,
        })
        .onConflict((conflict) => conflict.column('provider').doNothing())
        .execute();
    } else if (row.url !== url || row.next_fetch_at === null) {
      // What an address said says nothing about another, nor about now.
      const afresh = { etag: null, last_modified: null, failures: 0, health: 'waiting' as const, last_ok_at: null };
      await ctx.db
        .updateTable('upstream_feeds')
        .set({ url, next_fetch_at: now, lease_until: null, ...afresh })
        .where('provider', '=', id)
        .execute();
    }
  }
  for (const row of rows) {
    if (needed.has(row.provider) || row.next_fetch_at === null) continue;
    await transact(ctx, (tx) => retire(tx, row.provider, now));
  }
}

/** Nobody needs the provider any more: what stands is cleared, what was said stays as history. */
async function retire(ctx: Ctx, provider: string, now: EpochMs): Promise<void> {
  await ctx.db.updateTable('upstream_feeds').set({ next_fetch_at: null }).where('provider', '=', provider).execute();
  await ctx.db
    .updateTable('upstream_notices')
    .set({ ended_at: now })
    .where('provider', '=', provider)
    .where('ended_at', 'is', null)
    .execute();
}
