import { createHash } from 'node:crypto';
import type { Insertable, Selectable } from 'kysely';
import { isForgotten, isOver, type Notice, type NoticeState } from '../../domain/upstream.ts';
import type { EpochMs } from '../../domain/words.ts';
import { type Ctx, idFor } from '../../platform/context.ts';
import type { Tables } from '../../platform/db/tables.ts';
import { cleanJson } from '../clean-json.ts';

type Row = Selectable<Tables['upstream_notices']>;
type Lists = Row['lists'];

// Older ends are history that nobody asked for when a provider is first followed.
const historyMs = 90 * 86_400_000;
const updatesAtOnce = 500;

/** Brings the stored notices of a provider to what a reading says. What the reading does not list any more is marked, and ends with the next reading. */
export async function storeNotices(
  ctx: Ctx,
  provider: string,
  reading: { lists: Lists; notices: readonly Notice[] },
  now: EpochMs,
): Promise<void> {
  const known = await readKnown(ctx, provider, reading.notices);
  const listed = new Set<string>();
  const updates: Insertable<Tables['upstream_notice_updates']>[] = [];
  for (const notice of reading.notices) {
    const row = known.get(notice.id);
    const settled = settle(notice, reading.lists, now);
    const values = valuesOf(notice, settled, reading.lists, now);
    const isSame = row !== undefined && !isNewEpisode(row, notice);
    if (isSame) {
      listed.add(row.id);
      const isAsStored = row.content_hash === values.content_hash && row.ended_at === values.ended_at;
      if (isAsStored && row.missing_since === null) continue;
      const publicAt = Math.min(row.public_at, notice.publicAt ?? now);
      await ctx.db
        .updateTable('upstream_notices')
        .set({ ...values, started_at: notice.startedAt ?? row.started_at, public_at: publicAt, missing_since: null })
        .where('id', '=', row.id)
        .execute();
      updates.push(...updatesOf(notice, row.id, now));
    } else if (settled.endedAt === null || settled.endedAt > now - historyMs) {
      const id = idFor(ctx, 'upn');
      const first = { id, provider, notice_id: notice.id, seen_at: now, missing_since: null };
      await ctx.db
        .insertInto('upstream_notices')
        .values({ ...first, ...values, public_at: Math.min(notice.publicAt ?? now, now) })
        .execute();
      listed.add(id);
      updates.push(...updatesOf(notice, id, now));
    }
  }
  await writeUpdates(ctx, updates);
  await markMissing(ctx, provider, listed, now);
}

/** The open notices, and of those that the reading names the latest that ended. */
async function readKnown(ctx: Ctx, provider: string, notices: readonly Notice[]): Promise<Map<string, Row>> {
  const ids = notices.map((notice) => notice.id);
  const rows = await ctx.db
    .selectFrom('upstream_notices')
    .selectAll()
    .where('provider', '=', provider)
    .where('notice_id', 'in', ids.length > 0 ? ids : [''])
    .orderBy('started_at')
    .execute();
  // The open one last, whatever its start: there is one at most.
  const openLast = rows.toSorted((a, b) => Number(a.ended_at === null) - Number(b.ended_at === null));
  return new Map(openLast.map((row) => [row.notice_id, row]));
}

/** Ids recur: what begins after the end of the one before is another. */
const isNewEpisode = (row: Row, notice: Notice): boolean =>
  row.ended_at !== null && notice.startedAt !== null && notice.startedAt > row.ended_at;

interface Settled {
  state: NoticeState;
  endedAt: EpochMs | null;
}

/** Where a notice stands by the clock: plans begin and end, and what nobody closed is forgotten. */
function settle(notice: Notice, lists: Lists, now: EpochMs): Settled {
  const { state, kind, endedAt } = notice;
  const lastWordAt = Math.min(notice.updatedAt ?? now, now);
  if (isOver(state)) return { state, endedAt: Math.min(endedAt ?? lastWordAt, now) };
  if (kind === 'maintenance') {
    if (endedAt !== null && endedAt <= now) return { state: 'completed', endedAt };
    const isDue = state === 'scheduled' && notice.startedAt !== null && notice.startedAt <= now;
    return { state: isDue ? 'in_progress' : state, endedAt: null };
  }
  return { state, endedAt: isForgotten({ state, updatedAt: lastWordAt, lists }, now) ? lastWordAt : null };
}

function valuesOf(notice: Notice, { state, endedAt }: Settled, lists: Lists, now: EpochMs) {
  const startedAt = notice.startedAt ?? now;
  return {
    kind: notice.kind,
    title: notice.title,
    url: notice.url,
    state,
    impact: notice.impact,
    lists,
    started_at: notice.kind === 'incident' ? Math.min(startedAt, now) : startedAt,
    updated_at: Math.min(notice.updatedAt ?? now, now),
    ended_at: endedAt,
    parts: cleanJson(notice.parts),
    regions: cleanJson(notice.regions),
    content_hash: createHash('sha256')
      .update(JSON.stringify([notice, state, endedAt]))
      .digest('base64url'),
  };
}

const updatesOf = (notice: Notice, id: string, now: EpochMs): Insertable<Tables['upstream_notice_updates']>[] =>
  notice.updates.map((update) => ({
    notice_id: id,
    update_id: update.id,
    at: update.at,
    state: update.state,
    body: update.text,
    seen_at: now,
  }));

/** Providers correct their words: the text changes, when it was first seen does not. */
async function writeUpdates(ctx: Ctx, rows: readonly Insertable<Tables['upstream_notice_updates']>[]): Promise<void> {
  for (let from = 0; from < rows.length; from += updatesAtOnce) {
    await ctx.db
      .insertInto('upstream_notice_updates')
      .values(rows.slice(from, from + updatesAtOnce))
      .onConflict((conflict) =>
        conflict.columns(['notice_id', 'update_id']).doUpdateSet((set) => ({
          state: set.ref('excluded.state'),
          body: set.ref('excluded.body'),
          at: set.ref('excluded.at'),
        })),
      )
      .execute();
  }
}

async function markMissing(ctx: Ctx, provider: string, listed: ReadonlySet<string>, now: EpochMs): Promise<void> {
  await endMissing(ctx, provider, now, listed);
  await ctx.db
    .updateTable('upstream_notices')
    .set({ missing_since: now })
    .where('provider', '=', provider)
    .where('ended_at', 'is', null)
    .where('missing_since', 'is', null)
    .$if(listed.size > 0, (query) => query.where('id', 'not in', [...listed]))
    .execute();
}

/**
 * Ends what was missing already in the reading before: one reading without a notice may come from a cache that is behind, two do not. Called for
 * a reading, and for an answer that nothing has changed since.
 */
export async function endMissing(
  ctx: Ctx,
  provider: string,
  now: EpochMs,
  listed: ReadonlySet<string> = new Set(),
): Promise<void> {
  await ctx.db
    .updateTable('upstream_notices')
    .set((set) => ({ ended_at: set.ref('missing_since'), updated_at: now }))
    .where('provider', '=', provider)
    .where('ended_at', 'is', null)
    .where('missing_since', '<', now)
    .$if(listed.size > 0, (query) => query.where('id', 'not in', [...listed]))
    .execute();
}

/** Ends of notices that time brought, without a word from the feed: plans that are over and what was forgotten. */
export async function endByTime(ctx: Ctx, provider: string, now: EpochMs): Promise<void> {
  const open = await ctx.db
    .selectFrom('upstream_notices')
    .select(['id', 'state', 'updated_at', 'lists', 'kind'])
    .where('provider', '=', provider)
    .where('ended_at', 'is', null)
    .where('kind', '=', 'incident')
    .execute();
  for (const row of open) {
    const state = row.state as NoticeState;
    if (!isForgotten({ state, updatedAt: row.updated_at, lists: row.lists }, now)) continue;
    await ctx.db.updateTable('upstream_notices').set({ ended_at: now }).where('id', '=', row.id).execute();
  }
}
