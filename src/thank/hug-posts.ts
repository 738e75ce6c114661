import { sql } from 'kysely';
import { decidePost, incidentOfPost, kindOfPost, type ThankableIncident } from '../domain/post-hug.ts';
import type { EpochMs } from '../domain/words.ts';
import { type Ctx, idFor, transact } from '../platform/context.ts';
import { appendEvents } from '../platform/events.ts';
import { postFacts } from './post-facts.ts';

const atOnce = 200;
/** Posts of several sources are stored beside each other; after this long, none comes in behind one that was read. */
const settledAfterMs = 30_000;
const markEveryMs = 60_000;
/** More posts of one incident than a person can read do not wait; what is sure still comes. */
const mostHeld = 200;

/** An incident whose window is open or will open, and how far its posts were read. */
interface Window extends ThankableIncident {
  readonly isOpen: boolean;
  readonly closesAt: EpochMs;
  readonly seenAt: EpochMs;
  readonly seenId: string;
}

/**
 * Makes hugs of public posts that thank for an incident while its window is open, each post once and an author once a day. Sure ones are
 * brought without anybody looking, others wait in the moderation. Returns how many posts were looked at.
 */
export async function hugPosts(ctx: Ctx, now: EpochMs): Promise<number> {
  const windows = await readWindows(ctx);
  let looked = 0;
  for (const window of windows) if (window.isOpen) looked += await readOn(ctx, window, windows, now);
  return looked;
}

/** Also those that wait to open: what is written after the newest trouble is not about the one before. */
async function readWindows(ctx: Ctx): Promise<Window[]> {
  const rows = await ctx.db
    .selectFrom('thanks_windows')
    .innerJoin('incidents', 'incidents.id', 'thanks_windows.incident_id')
    .select([
      'incidents.id',
      'incidents.resolved_at',
      'thanks_windows.opened_at',
      'closes_at',
      'posts_seen_at',
      'posts_seen_id',
    ])
    .select([
      sql<string[]>`array(
        select 'service:' || service_id from incident_services where incident_id = incidents.id
        union select kind || ':' || split_part(cause_id, '/', 1) from incident_causes
          where incident_id = incidents.id and rank = 1)`.as('targets'),
    ])
    .where('closed_at', 'is', null)
    .where('incidents.is_public', '=', true)
    .where('incidents.merged_into_id', 'is', null)
    .orderBy('incidents.id')
    .execute();
  return rows.flatMap((row) =>
    row.resolved_at === null
      ? []
      : {
          incidentId: row.id,
          resolvedAt: row.resolved_at,
          targets: new Set(row.targets),
          isOpen: row.opened_at !== null,
          closesAt: row.closes_at,
          seenAt: row.posts_seen_at ?? row.resolved_at,
          seenId: row.posts_seen_id ?? '',
        },
  );
}

/** One batch: the hugs and how far was read are one transaction, so that a crash repeats it and makes nothing twice. */
async function readOn(ctx: Ctx, window: Window, windows: readonly Window[], now: EpochMs): Promise<number> {
  const until = now - settledAfterMs;
  if (until <= window.seenAt) return 0;
  const posts = await readPosts(ctx, window, until);
  const last = posts.at(-1);
  if (last === undefined && until - window.seenAt < markEveryMs) return 0;
  const mark =
    last !== undefined && posts.length === atOnce
      ? { posts_seen_at: last.seen_at, posts_seen_id: last.id }
      : { posts_seen_at: until, posts_seen_id: '' };
  const own = posts.filter((post) => incidentOfPost(post, windows) === window.incidentId);
  await transact(ctx, async (tx) => {
    // Compare and set: of two nodes, one goes on from here.
    const moved = await tx.db
      .updateTable('thanks_windows')
      .set(mark)
      .where('incident_id', '=', window.incidentId)
      .where((where) => where(where.fn.coalesce('posts_seen_at', sql.val(window.seenAt)), '=', window.seenAt))
      .where((where) => where(where.fn.coalesce('posts_seen_id', sql.val('')), '=', window.seenId))
      .returning('incident_id')
      .execute();
    if (moved.length > 0) await makeHugs(tx, window.incidentId, await stillThere(tx, own), now);
  });
  return posts.length;
}

interface ThankingPost {
  id: string;
  seen_at: EpochMs;
  at: EpochMs;
  text: string;
  stance: 'problem' | 'thanks' | 'joke' | 'other';
  is_sure_thanks: boolean;
  is_fresh_author: boolean;
  author_hash: string;
  targets: string[];
}

async function readPosts(ctx: Ctx, window: Window, until: EpochMs): Promise<ThankingPost[]> {
  const { rows } = await sql<ThankingPost>`
    select * from (
      select id, seen_at, at, text, stance, is_sure_thanks, is_fresh_author, author_hash, array(
        select target_kind || ':' || target_id from post_mentions where post_id = posts.id) as targets
      from posts
      where (seen_at, id) > (${window.seenAt}::bigint, ${window.seenId}::text) and seen_at < ${until}
        and at >= ${window.resolvedAt} and at < ${window.closesAt}
        and (stance = 'thanks' or (stance = 'other' and text ~* '#hug-?ops'))
    ) thanking where targets && ${[...window.targets]}::text[]
    order by seen_at, id limit ${atOnce}`.execute(ctx.db);
  return rows.map((row) => ({ ...row, seen_at: Number(row.seen_at), at: Number(row.at) }));
}

/** What was taken back meanwhile makes no hug; what is taken back from here on finds one to take along. */
async function stillThere(tx: Ctx, posts: readonly ThankingPost[]): Promise<ThankingPost[]> {
  if (posts.length === 0) return [];
  const ids = posts.map(({ id }) => id);
  const rows = await tx.db.selectFrom('posts').select('id').where('id', 'in', ids).forShare().execute();
  const there = new Set(rows.map(({ id }) => id));
  return posts.filter(({ id }) => there.has(id));
}

async function makeHugs(tx: Ctx, incidentId: string, posts: readonly ThankingPost[], now: EpochMs): Promise<void> {
  let room = mostHeld - (await countHeld(tx, incidentId));
  const rows = posts.flatMap((post) => {
    const facts = postFacts({
      text: post.text,
      stance: post.stance,
      // Thanks of accounts that were just made are how one would smuggle words in.
      isSureThanks: post.is_sure_thanks && !post.is_fresh_author,
    });
    const namesOnlyUpstream = !post.targets.some((target) => target.startsWith('service:'));
    const decision = decidePost({ ...facts, namesOnlyUpstream });
    if (decision.action === 'leave' || (decision.action === 'hold' && room-- <= 0)) return [];
    return {
      id: idFor(tx, 'hug'),
      incident_id: incidentId,
      kind: kindOfPost(post.text),
      message: facts.words,
      source: 'post' as const,
      post_id: post.id,
      // An author thanks once a day; the hash changes its key with the day, and goes when the window closes.
      visitor_hash: `post:${post.author_hash}`,
      status: decision.action === 'bring' ? ('approved' as const) : ('held' as const),
      held_reason: decision.action === 'hold' ? decision.reason : null,
      created_at: now,
    };
  });
  if (rows.length === 0) return;
  const made = await tx.db
    .insertInto('hugs')
    .values(rows)
    .onConflict((conflict) => conflict.doNothing())
    .returning(['id', 'status'])
    .execute();
  await appendEvents(
    tx,
    made.map(({ id, status }) => ({
      kind: `hug.${status}`,
      at: now,
      actor: { kind: 'visitor' as const },
      incidentId,
      data: { hugId: id },
    })),
  );
  for (const { status } of made) tx.metrics.hugs.inc({ outcome: status });
}

async function countHeld(ctx: Ctx, incidentId: string): Promise<number> {
  const { count } = await ctx.db
    .selectFrom('hugs')
    .select((eb) => eb.fn.countAll().as('count'))
    .where('incident_id', '=', incidentId)
    .where('status', '=', 'held')
    .where('source', '=', 'post')
    .executeTakeFirstOrThrow();
  return Number(count);
}
