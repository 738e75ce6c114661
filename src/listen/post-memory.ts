import { sql } from 'kysely';
import { latestPostMs, voiceWindowMs } from '../domain/listening.ts';
import type { EpochMs } from '../domain/words.ts';
import type { Ctx } from '../platform/context.ts';

/**
 * The memory of what was counted, as hashes: ids of posts, voices (an author on a target in a stance) and texts. It outlives the posts, so
 * that neither a source that sends its page again nor an author who posts and deletes is counted twice.
 */

/** Of texts: copies are copies on whatever network. */
const anySource = '*';

/** Remembers the posts, and returns the keys that were not known. */
export async function claimPosts(
  ctx: Ctx,
  source: string,
  keys: readonly string[],
  now: EpochMs,
): Promise<Set<string>> {
  const wanted = [...new Set(keys)].toSorted();
  if (wanted.length === 0) return new Set();
  const rows = await ctx.db
    .insertInto('post_keys')
    .values(wanted.map((key) => ({ source, key, seen_at: now })))
    .onConflict((conflict) => conflict.columns(['source', 'key']).doNothing())
    .returning('key')
    .execute();
  return new Set(rows.map((row) => row.key));
}

/** One who may count: by whom, and by the text where it is long enough to be a copy. */
export interface Claim {
  voice: string;
  text: string | undefined;
  at: EpochMs;
}

/** Says of each claim, in order, whether it counts: the first of its voice in an hour, and of its text in a day. Remembers those that do. */
export async function claimVoices(ctx: Ctx, source: string, claims: readonly Claim[]): Promise<boolean[]> {
  if (claims.length === 0) return [];
  const voices = await lastSeen(
    ctx,
    source,
    claims.map(({ voice }) => voice),
  );
  const texts = await lastSeen(
    ctx,
    anySource,
    claims.flatMap(({ text }) => text ?? []),
  );
  const counts = claims.map(({ voice, text, at }) => {
    const counted =
      isFree(voices, voice, at, voiceWindowMs) && (text === undefined || isFree(texts, text, at, latestPostMs));
    if (!counted) return false;
    voices.set(voice, at);
    if (text !== undefined) texts.set(text, at);
    return true;
  });
  await remember(
    ctx,
    source,
    pick(claims, counts, ({ voice }) => voice),
    voices,
  );
  await remember(
    ctx,
    anySource,
    pick(claims, counts, ({ text }) => text),
    texts,
  );
  return counts;
}

/** Both ways: posts of one stream come nearly in order, those of two do not. */
function isFree(seen: ReadonlyMap<string, EpochMs>, key: string, at: EpochMs, withinMs: number): boolean {
  const last = seen.get(key);
  return last === undefined || Math.abs(at - last) >= withinMs;
}

const pick = (
  claims: readonly Claim[],
  counts: readonly boolean[],
  keyOf: (claim: Claim) => string | undefined,
): string[] => [...new Set(claims.flatMap((claim, i) => (counts[i] ? (keyOf(claim) ?? []) : [])))].toSorted();

async function lastSeen(ctx: Ctx, source: string, keys: readonly string[]): Promise<Map<string, EpochMs>> {
  const wanted = [...new Set(keys)];
  if (wanted.length === 0) return new Map();
  const rows = await ctx.db
    .selectFrom('post_keys')
    .select(['key', 'seen_at'])
    .where('source', '=', source)
    .where('key', 'in', wanted)
    .execute();
  return new Map(rows.map((row) => [row.key, row.seen_at]));
}

async function remember(
  ctx: Ctx,
  source: string,
  keys: readonly string[],
  seen: ReadonlyMap<string, EpochMs>,
): Promise<void> {
  if (keys.length === 0) return;
  await ctx.db
    .insertInto('post_keys')
    .values(keys.map((key) => ({ source, key, seen_at: seen.get(key) ?? 0 })))
    .onConflict((conflict) =>
      conflict
        .columns(['source', 'key'])
        .doUpdateSet({ seen_at: sql<number>`greatest(post_keys.seen_at, excluded.seen_at)` }),
    )
    .execute();
}
