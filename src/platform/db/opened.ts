import type { Kysely } from 'kysely';
import type { Clock } from '../clock.ts';
import type { Log } from '../log.ts';
import type { Migration } from './migrations/migration.ts';
import type { Tables } from './tables.ts';

/** Where the database is. */
export type DatabasePlace =
  | { readonly databaseUrl: string }
  | { readonly dataDir: string }
  | { readonly memory: true; readonly dump?: Uint8Array<ArrayBuffer> };

export interface OpenOptions {
  readonly log?: Log;
  /** The embedded database died while open: nothing can be read or written any more, so end the process. */
  readonly onFatal?: (error: Error) => void;
  /** This process's id, for the message that a second process on the same data directory gets. */
  readonly pid?: number;
  /** Gives the time that is recorded with each migration. */
  readonly clock?: Clock;
  /** The schema; every known migration by default. */
  readonly migrations?: readonly Migration[];
  /** How long a transaction may say nothing, in milliseconds; one minute by default. */
  readonly idleInTransactionMs?: number;
  /** After which a PostgreSQL server ends a statement, in milliseconds; one minute by default, 0 for never. */
  readonly statementTimeoutMs?: number;
  /** Connections to a PostgreSQL server at most; 10 by default. */
  readonly poolSize?: number;
  /** How long to wait for a PostgreSQL server that does not answer yet, in milliseconds; 15 seconds by default. */
  readonly patienceMs?: number;
}

/** A consistent copy of the database at one moment, for reading. */
export interface Snapshot {
  readonly db: Kysely<Tables>;
  close(): Promise<void>;
}

export interface Opened {
  readonly db: Kysely<Tables>;
  readonly kind: 'embedded' | 'postgres';
  /** Calls `fn` when any process wakes the channel; returns how to stop. Wakes may be lost: poll as well. */
  onWake(channel: string, fn: () => void): () => void;
  wake(channel: string): void;
  /**
   * A place to read much from without holding up anyone: with the embedded database's one connection a long transaction
   * would stop everything else, so it is a copy of the files. Close it.
   */
  snapshot(): Promise<Snapshot>;
  /** What a server does by itself: call it now and then, every ten minutes say. Returns the tables it vacuumed. */
  upkeep(): Promise<string[]>;
  /** The whole embedded database as a tar, to open `{ memory: true, dump }` from. */
  dumpDataDir?(): Promise<Uint8Array<ArrayBuffer>>;
  /** Lets go of everything. Idempotent. */
  close(): Promise<void>;
}

/** Options with nothing left open. */
export interface ResolvedOptions extends OpenOptions {
  readonly clock: Clock;
  readonly migrations: readonly Migration[];
  readonly idleInTransactionMs: number;
}
