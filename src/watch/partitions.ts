import { sql } from 'kysely';
import type { EpochMs } from '../domain/words.ts';
import { type Ctx, transact } from '../platform/context.ts';

const dayMs = 86_400_000;

interface Retention {
  /** Single results, in days. */
  resultDays: number;
  /** Hourly roll-ups, in days; history pages read these. */
  rollupDays: number;
}

const usualRetention: Retention = { resultDays: 30, rollupDays: 400 };

const aheadDays = 3;
// Bounded, so that a first clean-up after a long time does not hold up anyone. 1,000 checks make 24,000 an hour of a day.
const maxRollupsDropped = 50_000;

const nameOf = (dayAt: EpochMs): string =>
  `check_results_${new Date(dayAt).toISOString().slice(0, 10).replaceAll('-', '')}`;

const dayOf = (at: EpochMs): EpochMs => Math.floor(at / dayMs) * dayMs;

/**
 * Keeps the results' tables: yesterday, today and the next three days (UTC) have a partition each, and what is older than `retention` goes.
 * Idempotent and cheap when there is nothing to do: call it at the start and every hour. Several processes may.
 */
export async function keepResults(ctx: Ctx, now: EpochMs, retention: Retention = usualRetention): Promise<void> {
  const today = dayOf(now);
  const wanted = Array.from({ length: aheadDays + 2 }, (_, index) => today + (index - 1) * dayMs);
  await createPartitions(ctx, wanted);
  const oldest = nameOf(today - retention.resultDays * dayMs);
  for (const name of await partitionNames(ctx)) {
    if (/^check_results_\d{8}$/.test(name) && name < oldest)
      await sql`drop table if exists ${sql.table(name)}`.execute(ctx.db);
  }
  await sql`delete from check_rollups where ctid in (
    select ctid from check_rollups where bucket_at < ${today - retention.rollupDays * dayMs} limit ${maxRollupsDropped})`.execute(
    ctx.db,
  );
}

async function partitionNames(ctx: Ctx): Promise<string[]> {
  const found = await sql<{ name: string }>`
    select c.relname as name from pg_inherits i join pg_class c on c.oid = i.inhrelid
    where i.inhparent = 'check_results'::regclass order by 1`.execute(ctx.db);
  return found.rows.map((row) => row.name);
}

async function createPartitions(ctx: Ctx, days: readonly EpochMs[]): Promise<void> {
  const there = new Set(await partitionNames(ctx));
  const missing = days.filter((day) => !there.has(nameOf(day)));
  if (missing.length === 0) return;
  await transact(ctx, async (tx) => {
    // Two processes may find the same day missing. The number is this lock's own: "hug" and 1.
    await sql`select pg_advisory_xact_lock(6845799, 1)`.execute(tx.db);
    for (const day of missing) {
      await sql`create table if not exists ${sql.table(nameOf(day))} partition of check_results
        for values from (${sql.lit(day)}) to (${sql.lit(day + dayMs)})`.execute(tx.db);
    }
  });
}

/** Creates the partitions that rows of these times need and that this process has not seen yet. Call it before their transaction. */
export function createPartitionKeeper(ctx: Ctx): (times: Iterable<EpochMs>) => Promise<void> {
  const known = new Set<EpochMs>();
  return async (times) => {
    const days = [...new Set([...times].map(dayOf))].filter((day) => !known.has(day));
    if (days.length === 0) return;
    await createPartitions(ctx, days);
    for (const day of days) known.add(day);
  };
}
