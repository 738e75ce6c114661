import type { Selectable } from 'kysely';
import type { FeedHealth, UpstreamPart } from '../../domain/upstream.ts';
import type { EpochMs } from '../../domain/words.ts';
import { type Ctx, transact } from '../../platform/context.ts';
import type { Tables } from '../../platform/db/tables.ts';
import { cleanJson } from '../clean-json.ts';
import { type Provider, type Providers, readProviders } from './catalogue.ts';
import { deriveProvider } from './derive.ts';
import type { FeedHttp, FeedReply } from './fetch-feed.ts';
import type { FeedReading } from './format.ts';
import { feedFormat } from './formats.ts';
import { settleInUse } from './in-use.ts';
import { endByTime, endMissing, storeNotices } from './store-notices.ts';

type FeedRow = Selectable<Tables['upstream_feeds']>;

export interface UpstreamFollower {
  /** Starts asking every feed that is due and returns at once: a slow one never delays another. For the loop. Returns 0. */
  run(now: EpochMs): Promise<number>;
  /** Resolves when what was asked is answered and committed. */
  idle(): Promise<void>;
  /** Breaks off what is under way, without a trace in the rows. */
  stop(): Promise<void>;
}

const everyMs = 60_000;
const longestWaitMs = 10 * 60_000;
const longestRetryAfterMs = 3_600_000;
// Longer than a fetch may take: another process takes over a feed whose reader died.
const leaseMs = 60_000;
const atOnce = 50;

/** Follows the feeds of the providers that services depend on. */
export function createUpstreamFollower(ctx: Ctx, http: FeedHttp): UpstreamFollower {
  const underWay = new Set<Promise<void>>();
  const stopping = new AbortController();
  let derived = new Map<string, string>();

  async function start(now: EpochMs): Promise<void> {
    const providers = await readProviders(ctx);
    const marks = await settleInUse(ctx, providers, now);
    for (const [id, mark] of marks) {
      const provider = providers.get(id);
      if (provider && derived.get(id) !== mark) await transact(ctx, (tx) => derive(tx, provider, now));
    }
    for (const id of await withSignals(ctx)) {
      if (!marks.has(id)) await transact(ctx, (tx) => derive(tx, providers.get(id) ?? forgotten(id), now));
    }
    derived = marks;
    if (marks.size === 0) return;
    for (const feed of await claimDue(ctx, now)) {
      const work = follow(ctx, http, providers, feed, stopping.signal)
        .catch((error: unknown) => {
          ctx.log.error({ err: error, provider: feed.provider }, 'a feed could not be followed; it is tried again');
        })
        .finally(() => underWay.delete(work));
      underWay.add(work);
    }
  }
  return {
    async run(now) {
      await start(now);
      return 0;
    },
    async idle() {
      await Promise.all(underWay);
    },
    async stop() {
      stopping.abort();
      await Promise.all(underWay);
    },
  };
}

/** Providers of whom a signal stands. */
async function withSignals(ctx: Ctx): Promise<string[]> {
  const rows = await ctx.db
    .selectFrom('upstream_signals')
    .innerJoin('upstream_notices', 'upstream_notices.id', 'upstream_signals.notice_id')
    .select('provider')
    .distinct()
    .execute();
  return rows.map((row) => row.provider);
}

/** A provider that was taken out of the list while something of it still stood. */
const forgotten = (id: string): Provider => ({
  id,
  name: id,
  pageUrl: '',
  feed: { kind: 'rss', url: '' },
  names: [],
  handles: [],
  hashtags: [],
  ambiguous: true,
  regions: [],
  products: [],
});

/** Takes the feeds that are due, so that no other process asks them too. */
async function claimDue(ctx: Ctx, now: EpochMs): Promise<FeedRow[]> {
  return transact(ctx, async (tx) => {
    const due = await tx.db
      .selectFrom('upstream_feeds')
      .selectAll()
      .where('next_fetch_at', '<=', now)
      .where((where) => where.or([where('lease_until', 'is', null), where('lease_until', '<=', now)]))
      .orderBy('next_fetch_at')
      .limit(atOnce)
      .forUpdate()
      .skipLocked()
      .execute();
    if (due.length === 0) return [];
    await tx.db
      .updateTable('upstream_feeds')
      .set({ lease_until: now + leaseMs, last_attempt_at: now })
      .where(
        'provider',
        'in',
        due.map((feed) => feed.provider),
      )
      .execute();
    return due;
  });
}

async function follow(ctx: Ctx, http: FeedHttp, providers: Providers, feed: FeedRow, stop: AbortSignal): Promise<void> {
  const provider = providers.get(feed.provider);
  const format = feedFormat(provider?.feed.kind ?? '');
  if (!provider || !format) return;
  const { etag, last_modified: lastModified, url } = feed;
  const reply = await http({ url, accept: format.accept, etag, lastModified }, stop);
  if (stop.aborted) return;
  const reading = reply.kind === 'feed' ? format.parse(reply.bytes, reply.contentType) : undefined;
  const now = ctx.clock.now();
  await transact(ctx, async (tx) => {
    // Against a change of the address meanwhile: then this answer is of no interest.
    const current = await tx.db
      .selectFrom('upstream_feeds')
      .selectAll()
      .where('provider', '=', provider.id)
      .where('next_fetch_at', 'is not', null)
      .forUpdate()
      .executeTakeFirst();
    if (!current || current.url !== url) return;
    await commit(tx, provider, current, { reply, reading }, now);
    await derive(tx, provider, now);
  });
}

async function derive(ctx: Ctx, provider: Provider, now: EpochMs): Promise<void> {
  await endByTime(ctx, provider.id, now);
  await deriveProvider(ctx, provider, now);
}

type Heard = { reply: FeedReply; reading: FeedReading | undefined };

async function commit(
  ctx: Ctx,
  provider: Provider,
  feed: FeedRow,
  { reply, reading }: Heard,
  now: EpochMs,
): Promise<void> {
  const trouble = troubleOf(reply, reading);
  if (trouble !== undefined) {
    if (trouble.health === 'changed-format' && feed.health !== 'changed-format') {
      ctx.log.warn(
        { provider: provider.id, reason: trouble.error },
        'a provider publishes in another format than known',
      );
    }
    const failures = feed.failures + 1;
    const retryAfter = reply.kind === 'failed' ? reply.retryAfter : undefined;
    const waitMs = Math.max(backoffMs(ctx, failures), retryAfterMs(retryAfter, now));
    await update(ctx, provider.id, now + waitMs, {
      health: trouble.health,
      failures,
      last_error: trouble.error,
      last_error_at: now,
    });
    return;
  }
  const fine = { health: 'ok' as const, failures: 0, last_ok_at: now };
  const next = now + jitter(ctx, everyMs, 0.1);
  if (reply.kind === 'feed' && reading?.ok === true) {
    await storeNotices(ctx, provider.id, reading, now);
    await storeParts(ctx, provider.id, reading.parts, now);
    const { etag, lastModified } = reply;
    await update(ctx, provider.id, next, { ...fine, etag, last_modified: lastModified, last_changed_at: now });
  } else {
    await endMissing(ctx, provider.id, now);
    await update(ctx, provider.id, next, fine);
  }
}

function troubleOf(
  reply: FeedReply,
  reading: FeedReading | undefined,
): { health: FeedHealth; error: string } | undefined {
  if (reply.kind === 'failed') return { health: 'failing', error: reply.reason };
  if (reading === undefined || reading.ok) return undefined;
  // A page of an intermediary, or half of an answer, comes and goes; another structure stays.
  const health = reading.reason === 'changed-format' ? 'changed-format' : 'failing';
  return { health, error: `${reading.reason}: ${reading.detail}` };
}

type FeedUpdate = Partial<Omit<FeedRow, 'provider' | 'next_fetch_at' | 'lease_until'>>;

/** A validator goes with the reading that it came with: after an answer that could not be used, the whole is asked for again. */
async function update(ctx: Ctx, provider: string, nextAt: EpochMs, values: FeedUpdate): Promise<void> {
  const validators = values.health === 'ok' ? {} : { etag: null, last_modified: null };
  await ctx.db
    .updateTable('upstream_feeds')
    .set({ ...validators, ...values, next_fetch_at: nextAt, lease_until: null })
    .where('provider', '=', provider)
    .execute();
}

const backoffMs = (ctx: Ctx, failures: number): number =>
  jitter(ctx, Math.min(everyMs * 2 ** Math.min(failures - 1, 10), longestWaitMs), 0.25);

/** Spread by so much of it to either side, so that many installations do not ask in step. */
function jitter(ctx: Ctx, ms: number, share: number): number {
  const [high = 0, low = 0] = ctx.random.bytes(2);
  return Math.round(ms * (1 - share + (2 * share * (high * 256 + low)) / 65_535));
}

/** RFC 9110, section 10.2.3: seconds or a date; at most an hour. */
function retryAfterMs(header: string | undefined, now: EpochMs): number {
  if (header === undefined) return 0;
  const ms = /^\d{1,9}$/.test(header) ? Number(header) * 1000 : Date.parse(header) - now;
  return Number.isNaN(ms) ? 0 : Math.min(Math.max(ms, 0), longestRetryAfterMs);
}

async function storeParts(ctx: Ctx, provider: string, parts: readonly UpstreamPart[], now: EpochMs): Promise<void> {
  const rows = await ctx.db.selectFrom('upstream_parts').selectAll().where('provider', '=', provider).execute();
  const known = new Map(rows.map((row) => [row.part_id, row]));
  const ids = parts.map((part) => part.id);
  await ctx.db
    .deleteFrom('upstream_parts')
    .where('provider', '=', provider)
    .$if(ids.length > 0, (query) => query.where('part_id', 'not in', ids))
    .execute();
  const changed = parts.filter((part) => {
    const row = known.get(part.id);
    return row === undefined || row.impact !== part.impact || row.name !== part.name || row.group_name !== part.group;
  });
  for (let from = 0; from < changed.length; from += 500) {
    const values = changed.slice(from, from + 500).map((part) => {
      const row = known.get(part.id);
      return {
        provider,
        part_id: part.id,
        name: part.name,
        group_name: part.group,
        product: part.product,
        regions: cleanJson(part.regions),
        impact: part.impact,
        since: row?.impact === part.impact ? row.since : now,
      };
    });
    await ctx.db
      .insertInto('upstream_parts')
      .values(values)
      .onConflict((conflict) =>
        conflict.columns(['provider', 'part_id']).doUpdateSet((set) => ({
          name: set.ref('excluded.name'),
          group_name: set.ref('excluded.group_name'),
          product: set.ref('excluded.product'),
          regions: set.ref('excluded.regions'),
          impact: set.ref('excluded.impact'),
          since: set.ref('excluded.since'),
        })),
      )
      .execute();
  }
}
