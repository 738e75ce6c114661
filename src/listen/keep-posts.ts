import { sql } from 'kysely';
import { keyMemoryMs } from '../domain/listening.ts';
import type { EpochMs } from '../domain/words.ts';
import type { Ctx } from '../platform/context.ts';

const dayMs = 86_400_000;
/** How long texts are kept when hugops.yaml says nothing. */
export const usualKeepMs = 7 * dayMs;
const countsForMs = 400 * dayMs;
const binsForMs = 60 * dayMs;
// Bounded, so that a first clean-up after a long time does not hold up anyone.
const atOnce = 20_000;

const settingKey = 'listen.keepTextMs';

/** How long the texts of posts are kept here. */
export async function keptForMs(ctx: Ctx): Promise<number> {
  const row = await ctx.db.selectFrom('settings').select('value').where('key', '=', settingKey).executeTakeFirst();
  return typeof row?.value === 'number' ? row.value : usualKeepMs;
}

/** Sets how long; a post that is older than that goes with the next clean-up. */
export async function keepTextFor(ctx: Ctx, keepMs: number, now: EpochMs): Promise<void> {
  const row = { key: settingKey, value: JSON.stringify(keepMs), updated_at: now };
  await ctx.db
    .insertInto('settings')
    .values(row)
    .onConflict((conflict) => conflict.column('key').doUpdateSet(row))
    .execute();
}

/** Lets go of texts whose time has come, of ids that cannot come again, and of counts after 400 days. Bounded; idempotent. */
export async function keepPosts(ctx: Ctx, now: EpochMs): Promise<void> {
  const keepMs = await keptForMs(ctx);
  const { db } = ctx;
  await sql`delete from posts where id in (select id from posts where seen_at < ${now - keepMs} limit ${atOnce})`.execute(
    db,
  );
  await sql`delete from post_keys where ctid in (
    select ctid from post_keys where seen_at < ${now - keyMemoryMs} limit ${atOnce})`.execute(db);
  await sql`delete from post_counts where ctid in (
    select ctid from post_counts where bin_at < ${now - countsForMs} limit ${atOnce})`.execute(db);
  await db
    .deleteFrom('listen_bins')
    .where('bin_at', '<', now - binsForMs)
    .execute();
}
