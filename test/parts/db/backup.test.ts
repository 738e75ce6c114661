import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { type KyselyPlugin, sql } from 'kysely';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Ctx, transact } from '../../../src/platform/context.ts';
import { BackupError, verifyBackup } from '../../../src/platform/db/backup-format.ts';
import { describeSchema } from '../../../src/platform/db/describe-schema.ts';
import { readApplied } from '../../../src/platform/db/migrate.ts';
import type { Migration } from '../../../src/platform/db/migrations/migration.ts';
import { openDatabase, type Opened, type OpenOptions } from '../../../src/platform/db/open-database.ts';
import { restoreBackup } from '../../../src/platform/db/restore-backup.ts';
import { writeBackup } from '../../../src/platform/db/write-backup.ts';
import { appendEvents, moveCursor, readEvents } from '../../../src/platform/events.ts';
import { openLog } from '../../../src/platform/log.ts';
import { openMetrics } from '../../../src/platform/metrics.ts';
import { systemRandom } from '../../../src/platform/random.ts';
import { emptyDump } from '../../harness/migrated-dump.ts';
import { createDatabase } from '../../harness/postgres.ts';
import { both, type Subject } from './both.ts';

let directory: string;
let file: string;

beforeEach(() => {
  directory = fs.mkdtempSync(path.join(os.tmpdir(), 'hugops-test-backup-'));
  file = path.join(directory, 'hugops.backup');
});
afterEach(() => fs.rmSync(directory, { recursive: true, force: true }));

const other = (subject: Subject): Subject => {
  const found = both.find(({ kind }) => kind !== subject.kind);
  if (found === undefined) throw new Error('there are two kinds');
  return found;
};

const kinds: Migration = {
  name: '0001-kinds',
  sql: `
    create table kinds (id bigint generated always as identity primary key, t text, b bytea, j jsonb, f double precision,
      r real, at timestamptz, day date, span interval, n numeric, list text[], flags boolean[], "odd ""name" int,
      twice int generated always as ("odd ""name" * 2) stored);
    create table nodes (id int primary key, next_id int references nodes (id), kind_id bigint references kinds (id));
    create table counted (id serial primary key, x int);
    create table timed (at bigint not null, x int, primary key (at)) partition by range (at);
    create table "empty one" (x int)`,
};
const later: Migration = {
  name: '0002-later',
  sql: `alter table nodes add column label text; update nodes set label = 'node ' || id`,
};

/** A new database of the kind, with migrations of the test's own. */
async function openOwn(kind: Subject['kind'], options: OpenOptions): Promise<Opened> {
  if (kind === 'embedded') return openDatabase({ memory: true, dump: await emptyDump() }, options);
  const database = await createDatabase({ migrated: false });
  const opened = await openDatabase({ databaseUrl: database.url }, options);
  return {
    ...opened,
    async close() {
      await opened.close();
      await database.drop();
    },
  };
}

async function fillKinds({ db }: Opened): Promise<void> {
  await sql`insert into kinds (t, b, j, f, r, at, day, span, n, list, flags, "odd ""name") values
    (${'tab\t newline\n quote" back\\slash 🤗'}, ${new Uint8Array([0, 10, 92, 255])}, ${JSON.stringify({ a: [1, { b: null }] })},
      0.1::float8 + 0.2, 1.1, '2026-03-29 01:30:00.123456+00', '2026-02-28', '1 mon 2 days 03:04:05.6',
      12345678901234567890.000000000123, ${['a,b', '{}', null, '"', '\\', '']}, ${[true, false]}, 21),
    (null, null, 'null', 'NaN', '-Infinity', 'infinity', '0044-03-15 BC', null, 'NaN', '{}', null, null),
    ('', '', '"text"', -0.0, 1e-40, '0001-01-01 00:00:00+00', null, '-1 year', 0.10, '{{a,b},{c,d}}', '{NULL}', -1)`.execute(
    db,
  );
  await sql`insert into kinds (t) select repeat('long ', 60000) from generate_series(1, 20)`.execute(db);
  // Every node points at one that comes after it, the last at the first.
  await sql`insert into nodes select i, null, 1 from generate_series(1, 7000) i`.execute(db);
  await sql`update nodes set next_id = id % 7000 + 1`.execute(db);
  await sql`insert into counted (x) select i from generate_series(1, 5) i`.execute(db);
  await sql
    .raw(`
    create table timed_1 partition of timed for values from (minvalue) to (1000);
    create table timed_2 partition of timed for values from (1000) to (2000);
    create table timed_rest partition of timed default;
    insert into timed values (-5, 1), (999, 2), (1000, 3), (1999, 4), (5000, 5)`)
    .execute(db);
}

/** Everything, as text: rows of each table in order, and the next number of each sequence. */
async function contents({ db }: Opened): Promise<string> {
  const parts: string[] = [];
  for (const table of ['kinds', 'nodes', 'counted', 'timed', 'timed_1', 'timed_2', 'timed_rest', '"empty one"']) {
    const { rows } = await sql.raw<{ line: string }>(`select it::text as line from ${table} it`).execute(db);
    parts.push(`${table}: ${rows.length}`, ...rows.map(({ line }) => line).toSorted());
  }
  return parts.join('\n');
}

async function refusal(work: Promise<unknown>): Promise<string> {
  const outcome: unknown = await work.catch((error: unknown) => error);
  if (outcome instanceof BackupError) return outcome.code;
  throw new Error(`expected a BackupError, got ${String(outcome)}`);
}

describe.each(both)('a backup of $kind', (subject) => {
  test('restores into the other kind, every value, key and number', async () => {
    const options = { migrations: [kinds] };
    const from = await openOwn(subject.kind, options);
    const to = await openOwn(other(subject).kind, options);
    try {
      await fillKinds(from);
      const written = await writeBackup(from, file, 1_767_225_600_000);
      expect(written.rows).toBe(23 + 7000 + 5 + 5);
      expect(fs.readdirSync(directory)).toEqual(['hugops.backup']);
      expect(fs.statSync(file).mode & 0o777).toBe(0o600);
      const restored = await restoreBackup(to, file, { now: 5, ...options });
      expect(restored).toEqual({ rows: written.rows, createdAt: 1_767_225_600_000 });
      expect(await contents(to)).toBe(await contents(from));
      expect(await describeSchema(to.db)).toBe(await describeSchema(from.db));

      const next = await sql<{ id: number }>`insert into kinds (t) values ('next') returning id`.execute(to.db);
      expect(next.rows).toEqual([{ id: 24 }]);
      const counted = await sql<{ id: number }>`insert into counted (x) values (6) returning id`.execute(to.db);
      expect(counted.rows).toEqual([{ id: 6 }]);
      await expect(sql`insert into nodes values (1, 1, 1)`.execute(to.db)).rejects.toMatchObject({ code: '23505' });
      await expect(sql`insert into nodes values (0, 99999, 1)`.execute(to.db)).rejects.toMatchObject({ code: '23503' });
    } finally {
      await Promise.all([from.close(), to.close()]);
    }
  });

  test('is of one moment, whatever is written meanwhile', async () => {
    const from = await openOwn(subject.kind, { migrations: [kinds] });
    const to = await openOwn(subject.kind, { migrations: [kinds] });
    try {
      await sql`insert into nodes select i, i, null from generate_series(1, 30000) i`.execute(from.db);
      const counts = [30_000];
      let done = false;
      const writing = (async () => {
        for (let id = 30_001; !done; id += 1) {
          // Each adds to both tables: a backup of two moments would have more of the one.
          await from.db.transaction().execute(async (trx) => {
            await sql`insert into counted (x) values (${id})`.execute(trx);
            await sql`insert into nodes values (${id}, ${id}, null)`.execute(trx);
          });
          counts.push(id);
        }
      })();
      await writeBackup(from, file, 1);
      done = true;
      await writing;
      expect(counts.length).toBeGreaterThan(2);
      await restoreBackup(to, file, { now: 5, migrations: [kinds] });
      const { rows } = await sql<{ nodes: number; counted: number }>`
        select (select count(*) from nodes) as nodes, (select count(*) from counted) as counted`.execute(to.db);
      expect(rows[0]?.nodes).toBe(30_000 + (rows[0]?.counted ?? Number.NaN));
    } finally {
      await Promise.all([from.close(), to.close()]);
    }
  });

  test('of an older schema is loaded into that, and then migrated', async () => {
    const from = await openOwn(subject.kind, { migrations: [kinds] });
    const to = await openOwn(other(subject).kind, { migrations: [kinds, later] });
    try {
      await sql`insert into nodes values (1, 1, null), (2, 1, null)`.execute(from.db);
      await writeBackup(from, file, 1);
      await restoreBackup(to, file, { now: 5, migrations: [kinds, later] });
      expect((await sql`select id, label from nodes order by id`.execute(to.db)).rows).toEqual([
        { id: 1, label: 'node 1' },
        { id: 2, label: 'node 2' },
      ]);
      expect(await readApplied(to.db)).toEqual(['0001-kinds', '0002-later']);

      // And the other way round it is refused.
      const newer = path.join(directory, 'newer.backup');
      await writeBackup(to, newer, 1);
      const old = await openOwn(subject.kind, { migrations: [kinds] });
      expect(await refusal(restoreBackup(old, newer, { now: 5, migrations: [kinds] }))).toBe('newer');
      await old.close();
    } finally {
      await Promise.all([from.close(), to.close()]);
    }
  });

  test('keeps what each reader of the events has read and has not', async () => {
    const from = await subject.open();
    const to = await other(subject).open();
    try {
      const context = ({ db }: Opened): Ctx => ({
        db,
        clock: { now: () => 1 },
        random: systemRandom,
        log: openLog('silent'),
        metrics: openMetrics(false),
        publicUrl: 'https://status.example.com',
        secret: 'secret',
        nodeId: 'node',
        wake: () => undefined,
      });
      const add = (opened: Opened, kind: string): Promise<void> =>
        transact(context(opened), (ctx) => appendEvents(ctx, [{ kind, at: 1, actor: { kind: 'system' } }]));
      const read = async (opened: Opened, reader: string, limit: number): Promise<string[]> => {
        const ctx = context(opened);
        const { events, next } = await readEvents(ctx, reader, limit);
        await moveCursor(ctx, reader, next);
        return events.map(({ kind }) => kind);
      };
      // Many transactions, so that their numbers are far ahead of the new database's.
      for (let index = 0; index < 300; index += 1) await add(from, `old ${index}`);
      expect(await read(from, 'done', 1000)).toHaveLength(300);
      expect(await read(from, 'in the middle', 1000)).toHaveLength(300);
      for (const kind of ['a', 'b', 'c', 'd']) await add(from, kind);
      expect(await read(from, 'done', 1000)).toEqual(['a', 'b', 'c', 'd']);
      expect(await read(from, 'in the middle', 2)).toEqual(['a', 'b']);
      await writeBackup(from, file, 1);

      await restoreBackup(to, file, { now: 5 });
      await add(to, 'e');
      expect(await read(to, 'in the middle', 1000)).toEqual(['c', 'd', 'e']);
      expect(await read(to, 'done', 1000)).toEqual(['e']);
      expect(await read(to, 'new', 1000)).toHaveLength(305);
      await add(to, 'f');
      for (const reader of ['in the middle', 'done', 'new']) expect(await read(to, reader, 1000)).toEqual(['f']);
    } finally {
      await Promise.all([from.close(), to.close()]);
    }
  });

  test('is refused by a database with rows, and changes nothing there', async () => {
    const from = await subject.open();
    const to = await subject.open();
    try {
      await from.db.insertInto('settings').values({ key: 'k', value: '1', updated_at: 1 }).execute();
      await to.db.insertInto('settings').values({ key: 'mine', value: '2', updated_at: 2 }).execute();
      await writeBackup(from, file, 1);
      expect(await refusal(restoreBackup(to, file, { now: 5 }))).toBe('not-empty');
      expect(await to.db.selectFrom('settings').selectAll().execute()).toEqual([
        { key: 'mine', value: 2, updated_at: 2 },
      ]);
    } finally {
      await Promise.all([from.close(), to.close()]);
    }
  });

  test('with rows that break a rule restores nothing at all', async () => {
    const to = await openOwn(subject.kind, { migrations: [kinds] });
    const from = await openOwn(subject.kind, { migrations: [kinds] });
    try {
      await fillKinds(from);
      // A reference to nothing, in a file that is otherwise whole.
      await sql`alter table nodes drop constraint nodes_next_id_fkey`.execute(from.db);
      await sql`update nodes set next_id = 99999 where id = 7`.execute(from.db);
      await writeBackup(from, file, 1);
      await expect(restoreBackup(to, file, { now: 5, migrations: [kinds] })).rejects.toMatchObject({ code: '23503' });
      const { rows } = await sql`select (select count(*) from kinds) + (select count(*) from nodes) as n,
        to_regclass('timed_1') as partition`.execute(to.db);
      expect(rows).toEqual([{ n: 0, partition: null }]);
      const fresh = await openOwn(subject.kind, { migrations: [kinds] });
      expect(await describeSchema(to.db)).toBe(await describeSchema(fresh.db));
      await fresh.close();
    } finally {
      await Promise.all([from.close(), to.close()]);
    }
  });
});

describe('a backup file', () => {
  let whole: Buffer;
  let opened: Opened;

  beforeEach(async () => {
    opened = await openOwn('embedded', { migrations: [kinds] });
    await sql`insert into nodes select i, i, null from generate_series(1, 3000) i`.execute(opened.db);
    await writeBackup(opened, file, 1);
    await sql`delete from nodes`.execute(opened.db);
    whole = fs.readFileSync(file);
  });
  afterEach(() => opened.close());

  async function codeOf(bytes: Uint8Array): Promise<string> {
    fs.writeFileSync(file, bytes);
    const code = await refusal(restoreBackup(opened, file, { now: 5, migrations: [kinds] }));
    expect((await sql`select count(*) as n from nodes`.execute(opened.db)).rows).toEqual([{ n: 0 }]);
    return code;
  }

  test('that is whole is told whole', async () => {
    expect((await verifyBackup(file)).rows).toBe(3000);
    expect((await verifyBackup(file)).header.migrations).toEqual(['0001-kinds']);
  });

  test('cut short anywhere is recognised', async () => {
    for (const share of [0.001, 0.3, 0.9, 0.999]) {
      expect(await codeOf(whole.subarray(0, Math.ceil(whole.length * share)))).toBe('damaged');
    }
    const lines = gunzipSync(whole).toString().split('\n');
    expect(await codeOf(gzipSync(lines.slice(0, -2).join('\n') + '\n'))).toBe('damaged');
    expect(await codeOf(gzipSync(lines.slice(0, -1).join('\n').slice(0, -20)))).toBe('damaged');
  });

  test('with a changed byte, a lost batch or an added one is recognised', async () => {
    for (const at of [0.2, 0.5, 0.8]) {
      const bytes = Buffer.from(whole);
      const index = Math.floor(bytes.length * at);
      bytes[index] = (bytes[index] ?? 0) ^ 1;
      expect(await codeOf(bytes)).toBe('damaged');
    }
    const text = gunzipSync(whole).toString();
    const lines = text.split('\n');
    expect(await codeOf(gzipSync(text.replace('["17","17"', '["17","18"')))).toBe('damaged');
    expect(await codeOf(gzipSync(lines.toSpliced(1, 1).join('\n')))).toBe('damaged');
    expect(await codeOf(gzipSync(text + (lines[1] ?? '') + '\n'))).toBe('damaged');
  });

  test('that is none, is newer, or is not there, is told apart', async () => {
    expect(await codeOf(Buffer.from('once upon a time'))).toBe('not-a-backup');
    expect(await codeOf(gzipSync('once upon a time\n'))).toBe('not-a-backup');
    expect(await codeOf(gzipSync(''))).toBe('not-a-backup');
    expect(await codeOf(gzipSync(gunzipSync(whole).toString().replace('"version":1', '"version":2')))).toBe('newer');
    fs.rmSync(file);
    expect(await refusal(restoreBackup(opened, file, { now: 5 }))).toBe('unreadable');
    fs.mkdirSync(file);
    expect(await refusal(restoreBackup(opened, file, { now: 5 }))).toBe('unreadable');
  });

  test('that cannot be written leaves the one before, and no part of itself', async () => {
    await expect(writeBackup(opened, path.join(directory, 'absent/x'), 1)).rejects.toThrow(/ENOENT/);
    let fetches = 0;
    const failing: Pick<Opened, 'snapshot'> = {
      async snapshot() {
        const { db, close } = await opened.snapshot();
        const plugin: KyselyPlugin = {
          transformQuery({ node }) {
            if (JSON.stringify(node).includes('fetch ')) fetches += 1;
            if (fetches === 3) throw new Error('a bad sector');
            return node;
          },
          transformResult: async ({ result }) => result,
        };
        return { db: db.withPlugin(plugin), close };
      },
    };
    await expect(writeBackup(failing, file, 2)).rejects.toThrow('a bad sector');
    expect(fs.readFileSync(file).equals(whole)).toBe(true);
    expect(fs.readdirSync(directory)).toEqual(['hugops.backup']);
  });
});
