import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { sql } from 'kysely';
import { describe, expect, test } from 'vitest';
import { openDatabase, type Opened } from '../../../src/platform/db/open-database.ts';
import { DatabaseOpenError } from '../../../src/platform/db/open-error.ts';
import { describeAddress } from '../../../src/platform/db/open-postgres.ts';
import { createDatabase, type TestDatabase, withAdmin } from '../../harness/postgres.ts';
import { waitUntil } from '../../harness/wait-until.ts';
import { both } from './both.ts';

async function refusal(databaseUrl: string, patienceMs = 0): Promise<DatabaseOpenError> {
  const outcome: unknown = await openDatabase({ databaseUrl }, { patienceMs }).catch((error: unknown) => error);
  if (!(outcome instanceof DatabaseOpenError)) throw new Error(`expected a DatabaseOpenError, got ${String(outcome)}`);
  for (const secret of ['s3cret', 'hugops:hugops'])
    expect(`${outcome.message} ${String(outcome.cause)}`).not.toContain(secret);
  return outcome;
}

async function withDatabase(work: (opened: Opened, database: TestDatabase) => Promise<void>): Promise<void> {
  const database = await createDatabase();
  try {
    const opened = await openDatabase({ databaseUrl: database.url });
    try {
      await work(opened, database);
    } finally {
      await opened.close();
    }
  } finally {
    await database.drop();
  }
}

const killOthers = (name: string): Promise<unknown> =>
  withAdmin((admin) =>
    admin.query('select pg_terminate_backend(pid) from pg_stat_activity where datname = $1', [name]),
  );

describe('opening a PostgreSQL server', () => {
  test('that is not there: host, port and what to check', async () => {
    const silent = createServer();
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const { port } = silent.address() as AddressInfo;
    await new Promise((resolve) => silent.close(resolve));
    const error = await refusal(`postgres://alice:s3cret@127.0.0.1:${port}/hugs`);
    expect(error.code).toBe('unreachable');
    expect(error.message).toContain(`127.0.0.1:${port}, database hugs,`);
    expect(error.message).toMatch(/ECONNREFUSED.*Check that PostgreSQL runs there/);
  });

  test('that is there a little later', async () => {
    const database = await createDatabase();
    const target = new URL(database.url);
    const door = createServer((socket) => socket.destroy());
    await new Promise<void>((resolve) => door.listen(0, '127.0.0.1', resolve));
    const { port } = door.address() as AddressInfo;
    const { createConnection } = await import('node:net');
    let knocks = 0;
    door.removeAllListeners('connection').on('connection', (socket) => {
      knocks += 1;
      if (knocks < 3) {
        socket.destroy();
        return;
      }
      const through = createConnection(Number(target.port), target.hostname);
      socket.on('error', () => through.destroy());
      through.on('error', () => socket.destroy());
      socket.pipe(through).pipe(socket);
    });
    const late = new URL(database.url);
    late.port = String(port);
    const opened = await openDatabase({ databaseUrl: late.href }, { patienceMs: 10_000 });
    expect(knocks).toBeGreaterThanOrEqual(3);
    await opened.close();
    await new Promise((resolve) => door.close(resolve));
    await database.drop();
  });

  test('with the wrong password, or a database that does not exist', async () => {
    const database = await createDatabase();
    const wrong = new URL(database.url);
    wrong.password = 's3cret';
    const refused = await refusal(wrong.href, 10_000);
    expect(refused.code).toBe('refused');
    expect(refused.message).toMatch(/password authentication failed.*Check user, password/);
    const absent = new URL(database.url);
    absent.pathname = '/nowhere';
    expect((await refusal(absent.href, 10_000)).code).toBe('refused');
    await database.drop();
  });

  test('by an address that is none', async () => {
    for (const address of ['', 'mysql://alice:s3cret@db.example.com/x', 'postgres//alice:s3cret@db', 's3cret']) {
      expect((await refusal(address)).code).toBe('bad-url');
    }
    expect(describeAddress('postgres://alice:s3cret@db.example.com/hugs')).toBe(
      'The PostgreSQL server at db.example.com:5432, database hugs,',
    );
    expect(describeAddress('postgres:///hugs?host=/run/postgresql')).toContain('/run/postgresql:5432');
  });
});

describe('a PostgreSQL server that goes away', () => {
  test('idle connections are made anew without a word to the caller', () =>
    withDatabase(async (opened, { name }) => {
      await Promise.all(Array.from({ length: 5 }, () => sql`select pg_sleep(0.02)`.execute(opened.db)));
      await killOthers(name);
      let failures = 0;
      for (let attempt = 0; attempt < 20; attempt += 1) {
        await sql`select 1`.execute(opened.db).catch(() => (failures += 1));
      }
      // One that the pool had not yet heard of may fail; it is not handed out twice.
      expect(failures).toBeLessThanOrEqual(5);
      await expect(sql`select 1 as one`.execute(opened.db)).resolves.toMatchObject({ rows: [{ one: 1 }] });
    }));

  test('a transaction that loses its connection rejects, and the next one works', () =>
    withDatabase(async (opened, { name }) => {
      const lost = opened.db.transaction().execute(async (trx) => {
        await sql`select 1`.execute(trx);
        await killOthers(name);
        await sql`select 2`.execute(trx);
      });
      await expect(lost).rejects.toThrow(/terminat|not queryable|connection/i);
      await expect(sql`select 3 as three`.execute(opened.db)).resolves.toMatchObject({ rows: [{ three: 3 }] });
    }));
});

describe.each(both)('wakes on $kind', ({ kind, open }) => {
  test('reach every listener of the channel, and nobody after stop or close', async () => {
    const opened = await open();
    const woken: string[] = [];
    const stop = opened.onWake('pages', () => woken.push('first'));
    opened.onWake('pages', () => woken.push('second'));
    opened.onWake('mails', () => woken.push('mails'));
    // On a server, the first wake is that of having connected.
    opened.wake('pages');
    await waitUntil('both are woken', () => woken.includes('first') && woken.includes('second'));
    if (kind === 'postgres') await waitUntil('the connection is told', () => woken.includes('mails'));
    else expect(woken).not.toContain('mails');

    stop();
    woken.length = 0;
    opened.wake('mails');
    opened.wake('pages');
    await waitUntil('the rest are woken', () => woken.includes('second') && woken.includes('mails'));
    expect(woken).not.toContain('first');
    expect(() => opened.wake('no; drop table')).toThrow(TypeError);
    await opened.close();
  });
});

test('a wake crosses from one node to another, also after the listening connection was lost', () =>
  withDatabase(async (one, { url, name }) => {
    const two = await openDatabase({ databaseUrl: url });
    let woken = 0;
    two.onWake('signals', () => (woken += 1));
    await waitUntil('it listens', () => woken === 1);
    one.wake('signals');
    await waitUntil('it is woken', () => woken === 2);
    await killOthers(name);
    await waitUntil('it listens again and looks for what it missed', () => woken === 3);
    one.wake('signals');
    // The first notification may find a connection that was killed; waking is allowed to be lost, listening is not.
    await waitUntil('it is woken again', () => {
      if (woken === 3) one.wake('signals');
      return woken > 3;
    });
    await two.close();
    const before = woken;
    one.wake('signals');
    await sql`select 1`.execute(one.db);
    expect(woken).toBe(before);
  }));
