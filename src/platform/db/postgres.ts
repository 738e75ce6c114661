import pg from 'pg';
import { encodeValue } from './encode-value.ts';
import { parserOf } from './parse-value.ts';

export interface PostgresOptions {
  readonly databaseUrl: string;
  /** Connections kept at most. The default suits a server with PostgreSQL's own limit of 100 and a few nodes. */
  readonly poolSize?: number;
  /** Called when a connection is lost outside a query, for example because the server restarts. */
  readonly onConnectionError: (error: Error) => void;
  readonly timeouts?: Partial<PostgresTimeouts>;
}

interface PostgresTimeouts {
  /** To reach the server, and to wait for a free connection. */
  readonly connectMs: number;
  /** After which the server ends a statement; 0 for never. */
  readonly statementMs: number;
  /** After which the server ends a session whose transaction says nothing, and with it its locks. */
  readonly idleInTransactionMs: number;
}

const DEFAULT_TIMEOUTS: PostgresTimeouts = {
  connectMs: 10_000,
  statementMs: 60_000,
  idleInTransactionMs: 60_000,
};

/** How long an answer may be overdue after the server's own limit, before the connection counts as dead. */
const ANSWER_GRACE_MS = 15_000;

/**
 * `pg` writes a Date in the machine's zone and knows nothing of our other rules; here a parameter is encoded as for the
 * embedded database. And after an overdue answer `pg` keeps the connection, whose next user would wait behind it.
 */
class StrictClient extends pg.Client {
  override query = ((text: unknown, values: unknown, ...rest: unknown[]): unknown => {
    const encoded = Array.isArray(values) ? values.map(encodeForPg) : values;
    const send: (...all: unknown[]) => unknown = pg.Client.prototype.query;
    const answer = send.call(this, text, encoded, ...rest);
    if (answer instanceof Promise) answer.catch((error: unknown) => this.#dropIfOverdue(error));
    return answer;
  }) as pg.Client['query'];

  #dropIfOverdue(error: unknown): void {
    if (!(error instanceof Error) || error.message !== 'Query read timeout') return;
    // Not in pg's types: https://github.com/brianc/node-postgres/blob/master/packages/pg/lib/connection.js
    const { connection } = this as unknown as { connection: { stream: { destroy(): void } } };
    connection.stream.destroy();
  }
}

function encodeForPg(value: unknown): string | Buffer | null {
  const encoded = encodeValue(value);
  // pg sends only a Buffer as bytes.
  return encoded instanceof Uint8Array ? Buffer.from(encoded.buffer, encoded.byteOffset, encoded.byteLength) : encoded;
}

/** The settings of every connection, the pool's and the one that listens. */
export function connectionConfig(options: Pick<PostgresOptions, 'databaseUrl' | 'timeouts'>): pg.ClientConfig {
  const timeouts = { ...DEFAULT_TIMEOUTS, ...options.timeouts };
  return {
    connectionString: options.databaseUrl,
    application_name: 'hugops',
    connectionTimeoutMillis: timeouts.connectMs,
    statement_timeout: timeouts.statementMs,
    idle_in_transaction_session_timeout: timeouts.idleInTransactionMs,
    // A server that vanished without a word answers nothing: without this, a query would wait for TCP's own patience.
    query_timeout: timeouts.statementMs === 0 ? 0 : timeouts.statementMs + ANSWER_GRACE_MS,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    // Local to these connections; pg's global table is not touched.
    types: { getTypeParser: (typeId: number) => parserOf(typeId) } as pg.CustomTypesConfig,
  };
}

/** A pool of connections to a PostgreSQL server. Nothing is connected yet. */
export function createPool(options: PostgresOptions): pg.Pool {
  const pool = new pg.Pool({
    ...connectionConfig(options),
    Client: StrictClient,
    max: options.poolSize ?? 10,
    idleTimeoutMillis: 30_000,
  });
  // On the client, because the pool listens to idle ones only, and an unheard error of a busy one ends the process.
  pool.on('connect', (client) => client.on('error', (error) => options.onConnectionError(error)));
  pool.on('error', () => undefined);
  return pool;
}
