import { type RawBuilder, sql } from 'kysely';
import type { Ctx } from '../context.ts';

// A statement's share, so that a first clean-up after a year holds up nobody, and a round's: three million rows a day.
const batchRows = 2_000;
const maxBatches = 10;

/** Deletes rows that fulfil the condition, in bounded batches of their own transactions. Returns how many went; the rest goes the next time. */
export async function prune(ctx: Ctx, table: string, condition: RawBuilder<boolean>): Promise<number> {
  let gone = 0;
  for (let batch = 0; batch < maxBatches; batch++) {
    const result = await sql`
      delete from ${sql.table(table)} where ctid in (
        select ctid from ${sql.table(table)} where ${condition} limit ${batchRows})`.execute(ctx.db);
    const count = Number(result.numAffectedRows ?? 0);
    gone += count;
    if (count < batchRows) break;
  }
  return gone;
}
