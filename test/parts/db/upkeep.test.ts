import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openDatabase, type Opened } from '../../../src/platform/db/open-database.ts';

describe('the embedded database keeps its own house', () => {
  let directory: string;
  let opened: Opened;

  beforeAll(async () => {
    directory = fs.mkdtempSync(path.join(os.tmpdir(), 'hugops-test-upkeep-'));
    opened = await openDatabase({ dataDir: directory });
  });
  afterAll(async () => {
    await opened.close();
    fs.rmSync(directory, { recursive: true, force: true });
  });

  const walBytes = (): number =>
    fs
      .readdirSync(path.join(directory, 'database/pg_wal'), { withFileTypes: true })
      .filter((entry) => entry.isFile())
      .reduce((sum, { name }) => sum + fs.statSync(path.join(directory, 'database/pg_wal', name)).size, 0);

  test('the write-ahead log stays bounded, however much is written', async () => {
    await sql`create table much (x text)`.execute(opened.db);
    const position = async (): Promise<number> => {
      const { rows } = await sql<{ at: number }>`select pg_current_wal_lsn() - '0/0' as at`.execute(opened.db);
      return rows[0]?.at ?? 0;
    };
    const start = await position();
    for (let round = 0; round < 12; round += 1) {
      await sql`insert into much select repeat(md5(i::text), 30) from generate_series(1, 20000) i`.execute(opened.db);
      await sql`truncate much`.execute(opened.db);
    }
    expect((await position()) - start).toBeGreaterThan(200e6);
    expect(walBytes()).toBeLessThan(130e6);
  });

  test('a transaction larger than that stays bounded too', async () => {
    await opened.db.transaction().execute(async (trx) => {
      for (let round = 0; round < 24; round += 1) {
        await sql`insert into much select repeat(md5(i::text), 30) from generate_series(1, 20000) i`.execute(trx);
      }
      await sql`truncate much`.execute(trx);
    });
    expect(walBytes()).toBeLessThan(400e6);
  });

  test('dead rows are vacuumed where there are many, and nowhere else', async () => {
    await sql`create table busy (id int primary key, n int not null)`.execute(opened.db);
    await sql`create table quiet (id int primary key)`.execute(opened.db);
    await sql`insert into busy select i, 0 from generate_series(1, 1000) i`.execute(opened.db);
    await sql`insert into quiet select i from generate_series(1, 10) i`.execute(opened.db);
    await opened.upkeep();
    for (let round = 1; round <= 3; round += 1) await sql`update busy set n = ${round}`.execute(opened.db);
    const size = async (): Promise<number | undefined> => {
      const { rows } = await sql<{
        dead: number;
      }>`select n_dead_tup as dead from pg_stat_user_tables where relname = 'busy'`.execute(opened.db);
      return rows[0]?.dead;
    };
    await sql`select pg_stat_force_next_flush()`.execute(opened.db);
    // Some were pruned on the way by the updates themselves.
    expect(await size()).toBeGreaterThan(2000);
    const done = await opened.upkeep();
    expect(done).toContain('busy');
    expect(done).not.toContain('quiet');
    expect(await size()).toBe(0);
    expect(await opened.upkeep()).toEqual([]);
  });
});
