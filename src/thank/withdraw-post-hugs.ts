import { sql } from 'kysely';
import type { EpochMs, HugStatus } from '../domain/words.ts';
import type { Ctx } from '../platform/context.ts';

const atOnce = 5_000;

/**
 * Posts that their authors took back: the words of their hugs go, and what was brought to nobody yet is on its way no more. A hug that had
 * been let out still counts; one that waited to be looked at is gone. Idempotent.
 */
export async function withdrawPostHugs(ctx: Ctx, postIds: readonly string[]): Promise<void> {
  if (postIds.length === 0) return;
  const hugs = await ctx.db
    .updateTable('hugs')
    .set({
      message: null,
      status: sql<HugStatus>`case status when 'held' then 'withdrawn' else status end`,
      // Nothing is left to put on its way.
      queued_at: sql<EpochMs>`coalesce(queued_at, created_at)`,
    })
    .where('source', '=', 'post')
    .where('post_id', 'in', postIds)
    .returning('id')
    .execute();
  if (hugs.length === 0) return;
  const ids = hugs.map(({ id }) => id);
  await ctx.db.deleteFrom('hug_deliveries').where('hug_id', 'in', ids).where('bundled_at', 'is', null).execute();
}

/** The text of a post is kept no longer in a hug than elsewhere: the words go when the post has gone; the hug stays. Bounded; idempotent. */
export async function forgetPostWords(ctx: Ctx): Promise<void> {
  await sql`update hugs set message = null, status = case status when 'held' then 'withdrawn' else status end
    where id in (select id from hugs
      where source = 'post' and message is not null and not exists (select from posts where posts.id = hugs.post_id)
      limit ${atOnce})`.execute(ctx.db);
}
