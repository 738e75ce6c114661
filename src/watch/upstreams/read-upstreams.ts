import type { Selectable } from 'kysely';
import type { NoticeState, UpstreamImpact, UpstreamPart } from '../../domain/upstream.ts';
import { matchNotice, readScope } from '../../domain/upstream-scope.ts';
import type { EpochMs } from '../../domain/words.ts';
import type { Ctx } from '../../platform/context.ts';
import type { Tables } from '../../platform/db/tables.ts';
import { type Provider, type Providers, readProviders } from './catalogue.ts';
import { toNotice } from './derive.ts';
import type { NoticeView, ProviderView, UpstreamView } from './schemas.ts';

type NoticeRow = Selectable<Tables['upstream_notices']>;

const maxUpstreams = 1_000;
const maxNotices = 2_000;
const historyMs = 90 * 86_400_000;
const endedShown = 20;
const updatesShown = 20;

const worstFirst: readonly string[] = [
  'major_outage',
  'partial_outage',
  'degraded_performance',
  'unknown',
  'under_maintenance',
  'operational',
];

/** Every upstream that a service depends on, the worst first, with its feed's health, its dependents and what its provider says. */
export async function readUpstreams(ctx: Ctx, now: EpochMs): Promise<UpstreamView[]> {
  const rows = await ctx.db.selectFrom('upstreams').selectAll().orderBy('id').limit(maxUpstreams).execute();
  const providers = await readProviders(ctx);
  const feeds = new Map(
    (await ctx.db.selectFrom('upstream_feeds').selectAll().execute()).map((row) => [row.provider, row]),
  );
  const notices = await readNotices(ctx, now);
  const dependents = await readDependents(ctx);
  const views = rows.map((row): UpstreamView => {
    const provider = providers.get(row.provider);
    const scope = readScope(row.id, provider);
    const feed = feeds.get(row.provider);
    return {
      id: row.id,
      provider: provider ? { id: provider.id, name: provider.name, pageUrl: provider.pageUrl } : null,
      region: scope?.region ?? null,
      product: scope?.product ?? null,
      problem: provider === undefined ? 'unknown-provider' : scope?.isKnownRegion === false ? 'unknown-region' : null,
      state: row.state as UpstreamImpact,
      stateReason: row.state_reason,
      stateSince: row.state_since,
      feed:
        feed && provider
          ? {
              kind: provider.feed.kind,
              url: feed.url,
              health: feed.health,
              lastOkAt: feed.last_ok_at,
              lastErrorAt: feed.last_error_at,
              lastError: feed.last_error,
              nextFetchAt: feed.next_fetch_at,
            }
          : null,
      dependents: dependents.get(row.id) ?? [],
      notices: provider ? concerning(row.id, provider, notices.rows) : [],
    };
  });
  await fillUpdates(ctx, views);
  return views.toSorted((a, b) => worstFirst.indexOf(a.state) - worstFirst.indexOf(b.state));
}

async function readNotices(ctx: Ctx, now: EpochMs): Promise<{ rows: NoticeRow[] }> {
  const rows = await ctx.db
    .selectFrom('upstream_notices')
    .selectAll()
    .where((where) => where.or([where('ended_at', 'is', null), where('ended_at', '>', now - historyMs)]))
    .orderBy((order) => order.case().when('ended_at', 'is', null).then(0).else(1).end())
    .orderBy('started_at', 'desc')
    .limit(maxNotices)
    .execute();
  return { rows };
}

function concerning(upstreamId: string, provider: Provider, rows: readonly NoticeRow[]): NoticeView[] {
  const scope = readScope(upstreamId, provider);
  if (scope === undefined) return [];
  const found: NoticeView[] = [];
  let ended = 0;
  for (const row of rows) {
    if (row.provider !== provider.id) continue;
    if (row.ended_at !== null && ended >= endedShown) break;
    const match = matchNotice(scope, toNotice(row), provider);
    if (!match.matches) continue;
    if (row.ended_at !== null) ended++;
    found.push(viewOf(row, match.parts));
  }
  return found;
}

const viewOf = (row: NoticeRow, parts: readonly UpstreamPart[]): NoticeView => ({
  id: row.id,
  kind: row.kind,
  title: row.title,
  url: row.url,
  state: row.state as NoticeState,
  impact: row.impact as UpstreamImpact,
  startedAt: row.started_at,
  updatedAt: row.updated_at,
  endedAt: row.ended_at,
  publicAt: row.public_at,
  seenAt: row.seen_at,
  parts: [...new Set(parts.map((part) => part.name))].slice(0, 50),
  regions: row.regions,
  updates: [],
});

async function fillUpdates(ctx: Ctx, views: readonly UpstreamView[]): Promise<void> {
  const notices = views.flatMap((view) => view.notices);
  if (notices.length === 0) return;
  const rows = await ctx.db
    .selectFrom('upstream_notice_updates')
    .select(['notice_id', 'at', 'state', 'body'])
    .where('notice_id', 'in', [...new Set(notices.map((notice) => notice.id))])
    .orderBy('at', 'desc')
    .execute();
  const byNotice = Map.groupBy(rows, (row) => row.notice_id);
  for (const notice of notices) {
    notice.updates = (byNotice.get(notice.id) ?? [])
      .slice(0, updatesShown)
      .map((row) => ({ at: row.at, state: row.state as NoticeState, text: row.body }));
  }
}

async function readDependents(ctx: Ctx): Promise<Map<string, UpstreamView['dependents']>> {
  const rows = await ctx.db
    .selectFrom('service_dependencies')
    .innerJoin('services', 'services.id', 'service_dependencies.service_id')
    .select(['depends_on', 'services.id as serviceId', 'services.name', 'hardness'])
    .where('services.archived_at', 'is', null)
    .where('depends_on', 'like', '%/%')
    .orderBy('services.name')
    .execute();
  const grouped = Map.groupBy(rows, (row) => row.depends_on);
  return new Map(
    [...grouped].map(([id, list]) => [
      id,
      list.map(({ serviceId, name, hardness }) => ({ serviceId, name, hardness })),
    ]),
  );
}

/** Every provider that a service may depend on: those added here first, then the catalogue by name. */
export async function readProviderViews(ctx: Ctx): Promise<ProviderView[]> {
  const providers: Providers = await readProviders(ctx);
  const added = await ctx.db.selectFrom('upstream_providers').select('id').execute();
  const own = new Set(added.map((row) => row.id));
  const views = [...providers.values()].map((provider) => ({
    id: provider.id,
    name: provider.name,
    pageUrl: provider.pageUrl,
    feed: provider.feed,
    regions: provider.regions.map((region) => region.id),
    products: provider.products.map((product) => product.id),
    isAdded: own.has(provider.id),
  }));
  return views.toSorted((a, b) => Number(b.isAdded) - Number(a.isAdded) || a.name.localeCompare(b.name, 'en'));
}
