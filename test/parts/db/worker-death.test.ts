import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { Kysely, sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { EmbeddedDatabase, EmbeddedDatabaseError } from '../../../src/platform/db/embedded.ts';
import { EmbeddedDialect } from '../../../src/platform/db/embedded-dialect.ts';
import { openDatabase } from '../../../src/platform/db/open-database.ts';
import type { Tables } from '../../../src/platform/db/tables.ts';
import { migratedDump } from '../../harness/migrated-dump.ts';
import { waitUntil } from '../../harness/wait-until.ts';

async function outcomes(promises: readonly Promise<unknown>[]): Promise<unknown[]> {
  const settled = await Promise.allSettled(promises);
  return settled.map((result) => (result.status === 'rejected' ? (result.reason as unknown) : result.value));
}

describe('the end of the embedded engine', () => {
  let directory: string;
  beforeAll(async () => {
    directory = fs.mkdtempSync(path.join(os.tmpdir(), 'hugops-test-death-'));
    await (await openDatabase({ dataDir: directory })).close();
  });
  afterAll(() => fs.rmSync(directory, { recursive: true, force: true }));

  test.each([
    ['a trap', /unreachable/],
    ['a vanishing', /ended with code 3/],
    ['a rotten disk', /PANIC.*could not fsync/s],
  ])('after %s every query in hand is refused, and the owner is told once', async (how, message) => {
    const fatal: Error[] = [];
    const database = await EmbeddedDatabase.open({
      workerUrl: new URL('./crashing-worker.ts', import.meta.url),
      storage: { kind: 'directory', path: path.join(directory, 'database') },
      onFatal: (error) => fatal.push(error),
    });
    const before = database.query('select 1 as one');
    const deadly = database.script(`create table "${how}" ()`);
    const waiting = [database.query('select 2'), database.script('select 3'), database.dump()];
    expect((await before).rows).toEqual([{ one: 1 }]);
    for (const error of await outcomes([deadly, ...waiting])) {
      expect(error).toBeInstanceOf(EmbeddedDatabaseError);
      expect(error).toMatchObject({ code: 'crashed' });
    }
    expect(fatal).toHaveLength(1);
    expect(fatal[0]?.message).toMatch(/^The embedded database stopped: /);
    expect(fatal[0]?.message).toMatch(message);
    await expect(database.query('select 4')).rejects.toMatchObject({ code: 'crashed' });
    await database.close();
    await database.close();
    expect(fatal).toHaveLength(1);

    const again = await openDatabase({ dataDir: directory });
    const { rows } = await sql`select 1 from pg_class where relname = ${how}`.execute(again.db);
    // What was written but not synced may well survive a mere crash; what never ran may not.
    if (how !== 'a rotten disk') expect(rows).toEqual([]);
    await again.close();
  });

  test('through Kysely: the transaction, its waiters and later queries are refused, and the turn is not lost', async () => {
    const fatal: Error[] = [];
    const database = await EmbeddedDatabase.open({
      workerUrl: new URL('./crashing-worker.ts', import.meta.url),
      storage: { kind: 'memory', dump: await migratedDump() },
      onFatal: (error) => fatal.push(error),
    });
    const db = new Kysely<Tables>({ dialect: new EmbeddedDialect(database, { idleInTransactionMs: 60_000 }) });
    const work = [
      db.transaction().execute(async (trx) => {
        await trx.selectFrom('settings').selectAll().execute();
        await sql`select 'a trap'`.execute(trx);
      }),
      db.selectFrom('settings').selectAll().execute(),
      db.transaction().execute((trx) => trx.selectFrom('settings').selectAll().execute()),
    ];
    for (const error of await outcomes(work)) expect(error).toMatchObject({ code: 'crashed' });
    await expect(db.selectFrom('settings').selectAll().execute()).rejects.toMatchObject({ code: 'crashed' });
    expect(fatal).toHaveLength(1);
    await database.close();
  });

  test('after close() a query is refused as closed, and nobody is told of a death', async () => {
    const fatal: Error[] = [];
    const database = await EmbeddedDatabase.open({
      storage: { kind: 'memory', dump: await migratedDump() },
      onFatal: (error) => fatal.push(error),
    });
    const last = database.query('select 1 as one');
    const closed = database.close();
    await expect(database.query('select 2')).rejects.toMatchObject({ code: 'closed' });
    expect((await last).rows).toEqual([{ one: 1 }]);
    await closed;
    expect(fatal).toEqual([]);
  });

  test('deep recursion is an error, not the end', async () => {
    const fatal: Error[] = [];
    const database = await EmbeddedDatabase.open({
      storage: { kind: 'memory', dump: await migratedDump() },
      onFatal: (error) => fatal.push(error),
    });
    const deep = 50_000;
    const queries = [
      database.query('select $1::jsonb', ['['.repeat(deep) + ']'.repeat(deep)]),
      database.query(`select 1${'+1'.repeat(deep)}`),
      database.script(`
        create function f(n int) returns int language plpgsql as 'begin return f(n + 1); end';
        select f(1)`),
    ];
    for (const error of await outcomes(queries)) expect(error).toMatchObject({ code: '54001' });
    expect((await database.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
    expect(fatal).toEqual([]);
    await database.close();
  });

  test('a long query does not hold up this thread', async () => {
    const database = await EmbeddedDatabase.open({ storage: { kind: 'memory', dump: await migratedDump() } });
    let turns = 0;
    let done = false;
    const long = database.query('select count(*) from generate_series(1, 3000000)').finally(() => (done = true));
    await waitUntil('the query ends', () => {
      turns += 1;
      return done;
    });
    expect((await long).rows).toEqual([{ count: 3_000_000 }]);
    expect(turns).toBeGreaterThan(5);
    await database.close();
  });
});
