import { keptForMs } from './keep-posts.ts';
import { saysHugOps } from '../domain/post-hug.ts';
import type { EpochMs } from '../domain/words.ts';
import type { Ctx } from '../platform/context.ts';
import { appendEvents } from '../platform/events.ts';
import { authorHashes } from './author-hash.ts';
import { cleanId, type Withdrawal } from './post.ts';

const atOnce = 1_000;

/**
 * Deletes posts that their authors took back, and all that is kept of an author who left. Counts stay. Thanks that are gone are told by
 * an event each, so that what was made of them can go, too. Returns how many posts went.
 */
export async function withdrawPosts(
  ctx: Ctx,
  { source, withdrawals, now }: { source: string; withdrawals: readonly Withdrawal[]; now: EpochMs },
): Promise<number> {
  const ids = withdrawals.flatMap((one) => ('externalId' in one ? (cleanId(one.externalId) ?? []) : []));
  const authors = withdrawals.flatMap((one) => ('author' in one ? one.author : []));
  let gone = 0;
  for (let from = 0; from < ids.length; from += atOnce) {
    gone += await remove(ctx, source, 'external_id', ids.slice(from, from + atOnce), now);
  }
  if (authors.length === 0) return gone;
  const span = { fromAt: now - (await keptForMs(ctx)) - 2 * 86_400_000, untilAt: now };
  const hashes = authors.flatMap((author) => authorHashes(ctx.secret, source, author, span));
  for (let from = 0; from < hashes.length; from += atOnce) {
    gone += await remove(ctx, source, 'author_hash', hashes.slice(from, from + atOnce), now);
  }
  return gone;
}

async function remove(
  ctx: Ctx,
  source: string,
  column: 'external_id' | 'author_hash',
  values: readonly string[],
  now: EpochMs,
): Promise<number> {
  const rows = await ctx.db
    .deleteFrom('posts')
    .where('source', '=', source)
    .where(column, 'in', values)
    .returning(['id', 'stance', 'text'])
    .execute();
  const thanks = rows.filter(({ stance, text }) => stance === 'thanks' || saysHugOps(text));
  await appendEvents(
    ctx,
    thanks.map(({ id }) => ({
      kind: 'post.withdrawn',
      at: now,
      actor: { kind: 'system' as const },
      data: { postId: id },
    })),
  );
  return rows.length;
}
