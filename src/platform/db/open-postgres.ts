import { setTimeout as delay } from 'node:timers/promises';
import { Kysely, PostgresDialect, sql } from 'kysely';
import { migrate } from './migrate.ts';
import type { Opened, ResolvedOptions } from './opened.ts';
import { DatabaseOpenError } from './open-error.ts';
import { connectionConfig, createPool } from './postgres.ts';
import { refuseForeignTables } from './refuse-foreign-tables.ts';
import { sqlState } from './sql-state.ts';
import type { Tables } from './tables.ts';
import { PostgresWakes } from './wakes.ts';

/** The oldest PostgreSQL that is still maintained by its makers. */
const OLDEST_MAJOR = 15;
const RETRY_MS = 500;
const DEFAULT_PATIENCE_MS = 15_000;

/** Connects to a PostgreSQL server; see openDatabase. */
export async function openPostgres(databaseUrl: string, options: ResolvedOptions): Promise<Opened> {
  const where = describeAddress(databaseUrl);
  const onConnectionError = (error: Error): void => options.log?.warn({ err: error }, 'a database connection was lost');
  await prepareServer(databaseUrl, where, options);
  const timeouts = {
    idleInTransactionMs: options.idleInTransactionMs,
    ...(options.statementTimeoutMs === undefined ? {} : { statementMs: options.statementTimeoutMs }),
  };
  const pool = createPool({
    databaseUrl,
    onConnectionError,
    timeouts,
    ...(options.poolSize === undefined ? {} : { poolSize: options.poolSize }),
  });
  const db = new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) });
  const wakes = new PostgresWakes({
    connection: connectionConfig({ databaseUrl, timeouts }),
    notify: (channel) => pool.query('select pg_notify($1, $2)', [channel, '']),
    onError: (error) => options.log?.warn({ err: error }, 'wake-ups by the database are out of order; polling goes on'),
  });
  let closing: Promise<void> | undefined;
  return {
    db,
    kind: 'postgres',
    onWake: (channel, fn) => wakes.onWake(channel, fn),
    wake: (channel) => wakes.wake(channel),
    // Others are not held up by a long transaction here: it has a connection of its own.
    snapshot: async () => ({ db, close: async () => undefined }),
    upkeep: async () => [],
    close() {
      closing ??= (async () => {
        await wakes.close();
        await pool.end();
      })();
      return closing;
    },
  };
}

/** Checks and migrates by a connection of its own, on which nothing is too slow: a migration may take its time. */
async function prepareServer(databaseUrl: string, where: string, options: ResolvedOptions): Promise<void> {
  const pool = createPool({
    databaseUrl,
    poolSize: 1,
    onConnectionError: () => undefined,
    timeouts: { statementMs: 0, idleInTransactionMs: 0 },
  });
  const db = new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) });
  try {
    await waitForServer(db, where, options.patienceMs ?? DEFAULT_PATIENCE_MS);
    await refuseForeignTables(db, where);
    await migrate(db, options.migrations, options.clock.now());
  } finally {
    await pool.end();
  }
}

async function waitForServer(db: Kysely<Tables>, where: string, patienceMs: number): Promise<void> {
  for (let left = patienceMs; ; left -= RETRY_MS) {
    try {
      await checkServer(db, where);
      return;
    } catch (error) {
      const reason = explainConnectError(error, where);
      if (reason.code !== 'unreachable' || left <= 0) throw reason;
    }
    await delay(RETRY_MS);
  }
}

async function checkServer(db: Kysely<Tables>, where: string): Promise<void> {
  const { rows } = await sql<{ version: number; encoding: string }>`
    select current_setting('server_version_num')::int as version, current_setting('server_encoding') as encoding`.execute(
    db,
  );
  const version = rows[0]?.version ?? 0;
  if (version < OLDEST_MAJOR * 10_000) {
    const major = Math.floor(version / 10_000);
    throw new DatabaseOpenError('too-old', `${where} is PostgreSQL ${major}; HugOps needs ${OLDEST_MAJOR} or newer.`);
  }
  if (rows[0]?.encoding !== 'UTF8') {
    throw new DatabaseOpenError(
      'refused',
      `${where} is encoded in ${rows[0]?.encoding}; create a database with encoding 'UTF8' for HugOps.`,
    );
  }
}

/** 57P03: starting up. 53300: too many connections. Both pass. */
const SERVER_BUSY = new Set(['57P03', '53300', '57P01', '57P02']);

function explainConnectError(error: unknown, where: string): DatabaseOpenError {
  if (error instanceof DatabaseOpenError) return error;
  const state = sqlState(error);
  const why = error instanceof Error && error.message !== '' ? error.message : networkCode(error);
  if (state === undefined || SERVER_BUSY.has(state)) {
    return new DatabaseOpenError(
      'unreachable',
      `${where} does not answer: ${why}. Check that PostgreSQL runs there, that host and port in DATABASE_URL are right, ` +
        'and that no firewall is in between.',
      error,
    );
  }
  return new DatabaseOpenError(
    'refused',
    `${where} refused the connection: ${why}. Check user, password and database name in DATABASE_URL.`,
    error,
  );
}

function networkCode(error: unknown): string {
  return typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : String(error);
}

/** The address for messages: everything but the password. Throws DatabaseOpenError `bad-url`. */
export function describeAddress(databaseUrl: string): string {
  const url = URL.canParse(databaseUrl) ? new URL(databaseUrl) : undefined;
  if (url === undefined || (url.protocol !== 'postgres:' && url.protocol !== 'postgresql:')) {
    // The address itself is not repeated: a mistyped one may have the password anywhere.
    throw new DatabaseOpenError(
      'bad-url',
      'DATABASE_URL is not a PostgreSQL address. It looks like postgres://user:password@host:5432/database.',
    );
  }
  const host = url.searchParams.get('host') ?? (url.hostname === '' ? 'localhost' : url.hostname);
  const database = decodeURIComponent(url.pathname.slice(1));
  return `The PostgreSQL server at ${host}:${url.port === '' ? '5432' : url.port}${database === '' ? '' : `, database ${database},`}`;
}
