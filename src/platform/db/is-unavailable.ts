import type { Kysely } from 'kysely';
import { EmbeddedDatabaseError } from './embedded.ts';
import { sqlState } from './sql-state.ts';
import type { Tables } from './tables.ts';

const networkCodes = new Set(
  'ECONNREFUSED ECONNRESET EPIPE ETIMEDOUT ENOTFOUND EAI_AGAIN EHOSTUNREACH EHOSTDOWN ENETUNREACH'.split(' '),
);

/**
 * Classes of https://www.postgresql.org/docs/current/errcodes-appendix.html that say nothing about the statement: connection, resources, operator
 * (shutting down, timed out), conflict with others; and a server that takes reads only, as after a fail-over.
 */
const passing = /^(?:08|53|57|40)|^25006$/;

// What `pg` says in words only: https://github.com/brianc/node-postgres/blob/master/packages/pg/lib/client.js and pg-pool/index.js.
const words =
  /^(?:Connection terminated|timeout exceeded when trying to connect|Query read timeout|Client has encountered a connection error|Cannot use a pool after calling end)/;

/** Whether an error says that the database cannot be asked at present. The same request may well succeed later. */
export function isDatabaseUnavailable(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (error instanceof EmbeddedDatabaseError) return true;
  const state = sqlState(error);
  if (state !== undefined) return passing.test(state);
  return ('code' in error && networkCodes.has(String(error.code))) || words.test(error.message);
}

/** Rejects with the database's own error when it cannot be asked: for where a library has swallowed that and answered something else. */
export async function requireDatabase(db: Kysely<Tables>): Promise<void> {
  await db.selectFrom('settings').select('key').limit(1).execute();
}
