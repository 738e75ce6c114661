import { matchPost } from '../detect/match.ts';
import { copyText } from '../detect/post-print.ts';
import type { Stance } from '../detect/stance.ts';
import { binOf, isFreshAccount, placePost } from '../domain/listening.ts';
import type { EpochMs } from '../domain/words.ts';
import { type Ctx, idFor, transact } from '../platform/context.ts';
import { authorHash, postKey, textPrint } from './author-hash.ts';
import { addCounts, type CountRow } from './count-posts.ts';
import { editPosts } from './edit-posts.ts';
import { type HeardPost, reasonsAsJson } from './heard-post.ts';
import { cleanId, cleanLanguage, cleanPostText, cleanUrl, type NewPost, type PostBatch } from './post.ts';
import { claimPosts, claimVoices } from './post-memory.ts';
import { LeaseLostError, leaseMs } from './source-lease.ts';
import { stepSeries } from './step-series.ts';
import { type Hearing, type Target, targetKey, targetOf } from './watch-words.ts';
import { withdrawPosts } from './withdraw-posts.ts';

export interface TakePosts {
  hearing: Hearing;
  /** The id of the source. */
  source: string;
  batch: PostBatch;
  now: EpochMs;
  /** The node that has read the batch under a lease; left out where posts are sent. */
  reader?: string;
}

/** What became of the posts of a batch. */
export interface PostTally {
  /** Counted for the first time. */
  taken: number;
  /** Known already, or passed on. */
  repeated: number;
  /** Name nothing that is watched. */
  unmatched: number;
  /** Too old, without a usable id, or naming so much that they are a list. */
  refused: number;
  withdrawn: number;
}

/** More are taken in several transactions: one must not hold up the pager, and PostgreSQL takes 65,535 parameters. */
export const mostPostsAtOnce = 500;

/**
 * Takes what a source has read: at least once in, exactly once counted. Posts, counts, the state of the detectors, signals and the
 * position of the source are one transaction, so that a crash anywhere repeats the batch and counts nothing twice. Batches may hold at
 * most 500 posts that name something. Throws LeaseLostError when the reader's lease is another's: a reader that was away must not turn
 * the position back.
 */
export async function takePosts(ctx: Ctx, { hearing, source, batch, now, reader }: TakePosts): Promise<PostTally> {
  const tally: PostTally = { taken: 0, repeated: 0, unmatched: 0, refused: 0, withdrawn: 0 };
  const heard: HeardPost[] = [];
  for (const post of batch.posts) {
    const found = hear(hearing, post, now);
    if (typeof found === 'string') tally[found]++;
    else heard.push(found);
  }
  const { taken, withdrawn } = await transact(ctx, async (tx) => {
    // One batch of a source at a time, on whichever node.
    const row = await tx.db
      .selectFrom('listen_sources')
      .select(['health', 'lease_owner'])
      .where('id', '=', source)
      .where('archived_at', 'is', null)
      .forUpdate()
      .executeTakeFirst();
    if (!row) return { taken: 0, withdrawn: 0 };
    if (reader !== undefined && row.lease_owner !== reader) throw new LeaseLostError();
    const counted = await store(tx, { hearing, source, heard: heard.filter(({ post }) => post.isEdit !== true), now });
    await editPosts(tx, { hearing, source, edits: heard.filter(({ post }) => post.isEdit === true) });
    // After the posts: what was written and taken back in one batch is gone.
    const gone = await withdrawPosts(tx, { source, withdrawals: batch.withdrawals ?? [], now });
    await moveSource(tx, { source, batch, now, reader, wasOk: row.health === 'ok' });
    return { taken: counted, withdrawn: gone };
  });
  tally.taken = taken;
  tally.withdrawn = withdrawn;
  tally.repeated += heard.length - taken;
  for (const [outcome, count] of Object.entries(tally)) ctx.metrics.posts.inc({ source, outcome }, count as number);
  return tally;
}

/** Whether the post names something watched; pure but for the matcher's working memory. */
function hear(hearing: Hearing, post: NewPost, now: EpochMs): HeardPost | 'repeated' | 'unmatched' | 'refused' {
  const { matches, isFlood } = matchPost(hearing.matcher(), post.text);
  if (matches.length === 0) return 'unmatched';
  if (post.isRepost === true) return 'repeated';
  const placed = placePost(post.at, now);
  const externalId = cleanId(post.externalId);
  if (isFlood || !placed.take || externalId === undefined) return 'refused';
  return { post, externalId, at: placed.at, matches };
}

interface Store {
  hearing: Hearing;
  source: string;
  heard: readonly HeardPost[];
  now: EpochMs;
}

interface Voice {
  heard: HeardPost;
  target: Target;
  stance: Stance;
  isFresh: boolean;
  at: EpochMs;
}

/** Stores and counts the posts that were not known. Returns how many those were. */
async function store(tx: Ctx, { hearing, source, heard, now }: Store): Promise<number> {
  const keyOf = ({ externalId }: HeardPost): string => postKey(tx.secret, source, externalId);
  const unknown = await claimPosts(tx, source, heard.map(keyOf), now);
  const fresh = heard.filter((one) => unknown.delete(keyOf(one)));
  if (fresh.length === 0) return 0;
  const judged = fresh.map((one) => {
    const { verdict, reasons } = hearing.model.explain(one.post.text, one.matches);
    const author = authorHash(tx.secret, source, one.post.author, one.at);
    return { heard: one, verdict, reasons, author, isFresh: isFreshAccount(one.post.authorSince, one.at) };
  });
  const voices: (Voice & { author: string })[] = judged.flatMap(({ heard: one, verdict, author, isFresh }) =>
    one.matches.map((match) => ({
      heard: one,
      target: targetOf(match.serviceId),
      stance: verdict.stance,
      isFresh,
      at: one.at,
      author,
    })),
  );
  const counted = await claimVoices(
    tx,
    source,
    voices.map(({ heard: one, target, stance, author, at }) => {
      const copy = copyText(one.post.text);
      const on = `${targetKey(target)}:${stance}`;
      return {
        voice: textPrint(tx.secret, `voice:${author}:${on}`),
        text: copy === undefined ? undefined : textPrint(tx.secret, `${copy}:${on}`),
        at,
      };
    }),
  );
  // The texts of repeats are nothing that anybody needs.
  const loud = new Set(voices.filter((_, i) => counted[i]).map((voice) => voice.heard));
  const kept = judged.filter((one) => loud.has(one.heard));
  await insertPosts(tx, source, kept, now);
  await addCounts(
    tx,
    source,
    voices.map((voice, i) => toCount(voice, counted[i] ?? false)),
  );
  const problems = voices.filter(({ stance }, i) => stance === 'problem' && counted[i]);
  await stepSeries(tx, {
    measure: 'posts',
    events: problems.map(({ target, at }) => ({ target, at })),
    now,
  });
  return fresh.length;
}

const toCount = ({ target, stance, isFresh, at }: Voice, isCounted: boolean): CountRow => ({
  target,
  stance,
  binAt: binOf(at),
  posts: 1,
  voices: isCounted ? 1 : 0,
  freshVoices: isCounted && isFresh ? 1 : 0,
});

interface Judged {
  heard: HeardPost;
  verdict: { stance: Stance; probability: number; isSureThanks: boolean };
  reasons: readonly object[];
  author: string;
  isFresh: boolean;
}

async function insertPosts(tx: Ctx, source: string, kept: readonly Judged[], now: EpochMs): Promise<void> {
  if (kept.length === 0) return;
  const rows = kept.map(({ heard: { post, externalId, at, matches }, verdict, reasons, author, isFresh }) => ({
    matches,
    row: {
      id: idFor(tx, 'pst'),
      source,
      external_id: externalId,
      author_hash: author,
      at,
      seen_at: now,
      text: cleanPostText(post.text),
      url: cleanUrl(post.url),
      language: cleanLanguage(post.language),
      stance: verdict.stance,
      stance_probability: verdict.probability,
      is_sure_thanks: verdict.isSureThanks,
      is_fresh_author: isFresh,
      reasons: reasonsAsJson(reasons),
    },
  }));
  await tx.db
    .insertInto('posts')
    .values(rows.map(({ row }) => row))
    .execute();
  await tx.db
    .insertInto('post_mentions')
    .values(
      rows.flatMap(({ row, matches }) =>
        matches.map((match) => {
          const target = targetOf(match.serviceId);
          return { post_id: row.id, target_kind: target.kind, target_id: target.id, matched: match.term };
        }),
      ),
    )
    .execute();
}

interface Move {
  source: string;
  batch: PostBatch;
  now: EpochMs;
  reader: string | undefined;
  wasOk: boolean;
}

async function moveSource(tx: Ctx, { source, batch, now, reader, wasOk }: Move): Promise<void> {
  const newest = batch.posts.reduce((latest, { at }) => (at <= now && at > latest ? at : latest), 0);
  await tx.db
    .updateTable('listen_sources')
    .set({
      last_seen_at: now,
      ...(newest > 0 ? { last_post_at: newest } : {}),
      ...(batch.position === undefined ? {} : { position: batch.position }),
      ...(reader === undefined ? {} : { lease_until: now + leaseMs }),
      ...(wasOk ? {} : { health: 'ok' as const, health_since: now, failures: 0 }),
    })
    .where('id', '=', source)
    .execute();
}
