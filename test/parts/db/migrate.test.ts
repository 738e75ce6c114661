import { sql } from 'kysely';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { describeSchema } from '../../../src/platform/db/describe-schema.ts';
import { migrate, readApplied } from '../../../src/platform/db/migrate.ts';
import { migrations } from '../../../src/platform/db/migrations/index.ts';
import type { Migration } from '../../../src/platform/db/migrations/migration.ts';
import { type DatabasePlace, openDatabase } from '../../../src/platform/db/open-database.ts';
import { DatabaseOpenError } from '../../../src/platform/db/open-error.ts';
import { emptyDump } from '../../harness/migrated-dump.ts';
import { createDatabase } from '../../harness/postgres.ts';

const first: Migration = { name: '0001-first', sql: 'create table a (x int not null); insert into a values (1)' };
const second: Migration = {
  name: '0002-second',
  sql: 'alter table a add column y text; update a set y = $$two; three$$',
};
const broken: Migration = { name: '0003-broken', sql: 'create table b (x int); select 1 / 0' };

async function codeOf(promise: Promise<unknown>): Promise<string> {
  const outcome: unknown = await promise.catch((error: unknown) => error);
  if (outcome instanceof DatabaseOpenError) return outcome.code;
  throw new Error(`expected a DatabaseOpenError, got ${String(outcome)}`);
}

const clock = { now: () => 1_767_225_600_000 };

describe.each(['embedded', 'postgres'] as const)('migrations on %s', (kind) => {
  let place: DatabasePlace;
  let drop: () => Promise<void>;

  beforeEach(async () => {
    if (kind === 'embedded') {
      place = { memory: true, dump: await emptyDump() };
      drop = async () => undefined;
    } else {
      const database = await createDatabase({ migrated: false });
      place = { databaseUrl: database.url };
      drop = () => database.drop();
    }
  });
  afterEach(() => drop());

  test('run once each, in order, each all or nothing', async () => {
    const opened = await openDatabase(place, { migrations: [first], clock });
    try {
      expect(await migrate(opened.db, [first, second], 5)).toEqual(['0002-second']);
      expect(await migrate(opened.db, [first, second], 6)).toEqual([]);
      await expect(migrate(opened.db, [first, second, broken], 7)).rejects.toThrow('division by zero');
      expect(await readApplied(opened.db)).toEqual(['0001-first', '0002-second']);
      const { rows } = await sql`select name, applied_at from schema_migrations order by name`.execute(opened.db);
      expect(rows).toEqual([
        { name: '0001-first', applied_at: 1_767_225_600_000 },
        { name: '0002-second', applied_at: 5 },
      ]);
      expect((await sql`select * from a`.execute(opened.db)).rows).toEqual([{ x: 1, y: 'two; three' }]);
      // The broken one left nothing, and the lock is free again.
      expect(await describeSchema(opened.db)).not.toContain('table b');
      expect(await migrate(opened.db, [first, second], 8)).toEqual([]);
    } finally {
      await opened.close();
    }
  });

  test('refuse a database of a newer version, and one with a gap', async () => {
    const opened = await openDatabase(place, { migrations: [first, second] });
    try {
      expect(await codeOf(migrate(opened.db, [first], 5))).toBe('too-new');
      await expect(migrate(opened.db, [first], 5)).rejects.toThrow(/0002-second/);
      const between: Migration = { name: '0001-later-idea', sql: 'drop table a' };
      expect(await codeOf(migrate(opened.db, [first, between, second], 5))).toBe('corrupt');
      expect((await sql`select x from a`.execute(opened.db)).rows).toEqual([{ x: 1 }]);
    } finally {
      await opened.close();
    }
  });
});

describe('on a PostgreSQL server', () => {
  test('five nodes that start at once migrate once', async () => {
    const database = await createDatabase({ migrated: false });
    const opened = await Promise.all(Array.from({ length: 5 }, () => openDatabase({ databaseUrl: database.url })));
    try {
      const [one] = opened;
      if (one === undefined) throw new Error('five were opened');
      expect(await readApplied(one.db)).toEqual(migrations.map(({ name }) => name));
      expect(await one.db.selectFrom('settings').selectAll().execute()).toEqual([]);
    } finally {
      await Promise.all(opened.map((each) => each.close()));
      await database.drop();
    }
  });

  test("a database with someone else's tables is refused and left alone", async () => {
    const database = await createDatabase({ migrated: false });
    try {
      const opened = await openDatabase({ databaseUrl: database.url }, { migrations: [first] });
      await sql`drop table schema_migrations`.execute(opened.db);
      await opened.close();
      expect(await codeOf(openDatabase({ databaseUrl: database.url }))).toBe('not-hugops');
    } finally {
      await database.drop();
    }
  });
});
