import { sql } from 'kysely';
import type { Stance } from '../detect/stance.ts';
import type { EpochMs } from '../domain/words.ts';
import type { Ctx } from '../platform/context.ts';
import { type Target, targetKey } from './watch-words.ts';

export interface CountRow {
  target: Target;
  stance: Stance;
  binAt: EpochMs;
  posts: number;
  voices: number;
  freshVoices: number;
}

/** Adds to the counts that outlive the posts. Negative numbers take away, for a stance that was corrected. */
export async function addCounts(ctx: Ctx, source: string, counts: readonly CountRow[]): Promise<void> {
  const sums = new Map<string, CountRow>();
  for (const count of counts) {
    const key = `${targetKey(count.target)} ${count.binAt} ${count.stance}`;
    const known = sums.get(key);
    if (!known) {
      sums.set(key, { ...count });
      continue;
    }
    known.posts += count.posts;
    known.voices += count.voices;
    known.freshVoices += count.freshVoices;
  }
  if (sums.size === 0) return;
  // In the order of the key, so that two writers wait for each other instead of dead-locking.
  const rows = [...sums].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => row);
  await ctx.db
    .insertInto('post_counts')
    .values(
      rows.map((row) => ({
        target_kind: row.target.kind,
        target_id: row.target.id,
        bin_at: row.binAt,
        stance: row.stance,
        source,
        posts: row.posts,
        voices: row.voices,
        fresh_voices: row.freshVoices,
      })),
    )
    .onConflict((conflict) =>
      conflict.columns(['target_kind', 'target_id', 'bin_at', 'stance', 'source']).doUpdateSet({
        posts: sql<number>`post_counts.posts + excluded.posts`,
        voices: sql<number>`post_counts.voices + excluded.voices`,
        fresh_voices: sql<number>`post_counts.fresh_voices + excluded.fresh_voices`,
      }),
    )
    .execute();
}
