import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { insertResults } from '../../../src/watch/insert-results.ts';
import { createPartitionKeeper, keepResults } from '../../../src/watch/partitions.ts';
import { type DatabaseKind, openWatchDatabase, startAt, type WatchDatabase } from './watch-database.ts';

const day = 86_400_000;

describe.each<DatabaseKind>(['embedded', 'postgres'])('results by the day on %s', (kind) => {
  let db: WatchDatabase;
  beforeAll(async () => {
    db = await openWatchDatabase(kind);
  });
  afterAll(() => db.close());

  const partitions = async (): Promise<string[]> => {
    const found = await sql<{
      name: string;
    }>`select c.relname as name from pg_inherits i join pg_class c on c.oid = i.inhrelid
      where i.inhparent = 'check_results'::regclass order by 1`.execute(db.ctx.db);
    return found.rows.map((row) => row.name.replace('check_results_', ''));
  };
  const result = (at: number) => ({ checkId: 'home', at, location: 'local', outcome: { ok: true, totalMs: 5 } });
  const kept = async (): Promise<number[]> =>
    (await db.ctx.db.selectFrom('check_results').select('at').orderBy('at').execute()).map((row) => row.at);

  it('makes partitions ahead and for late results, and lets old days go', async () => {
    expect(await partitions()).toEqual(['20261130', '20261201', '20261202', '20261203', '20261204']);
    await Promise.all([
      keepResults(db.ctx, startAt),
      keepResults(db.ctx, startAt + day),
      keepResults(db.ctx, startAt + day),
    ]);
    expect((await partitions()).at(-1)).toBe('20261205');
    const times = [startAt - 40 * day, startAt - 29 * day, startAt];
    await createPartitionKeeper(db.ctx)(times);
    await insertResults(db.ctx, times.map(result));
    expect(await kept()).toEqual(times);
    await keepResults(db.ctx, startAt);
    expect(await kept()).toEqual(times.slice(1));
    expect(await partitions()).not.toContain('20261022');
    await keepResults(db.ctx, startAt + 2 * day);
    expect(await kept()).toEqual(times.slice(2));
    const rollups = (): Promise<unknown[]> => db.ctx.db.selectFrom('check_rollups').select('bucket_at').execute();
    expect(await rollups()).toHaveLength(3);
    await keepResults(db.ctx, startAt + 380 * day);
    expect(await rollups()).toHaveLength(1);
  });
});
