import { systemClock } from '../clock.ts';
import { migrations } from './migrations/index.ts';
import { openEmbedded } from './open-embedded.ts';
import { openPostgres } from './open-postgres.ts';
import type { DatabasePlace, Opened, OpenOptions, ResolvedOptions } from './opened.ts';

export type { DatabasePlace, Opened, OpenOptions } from './opened.ts';

/**
 * Opens the database, creating and migrating it as needed. Rejects with DatabaseOpenError, whose message is meant for the
 * person who starts the program.
 */
export async function openDatabase(place: DatabasePlace, options: OpenOptions = {}): Promise<Opened> {
  const resolved: ResolvedOptions = {
    ...options,
    clock: options.clock ?? systemClock,
    migrations: options.migrations ?? migrations,
    idleInTransactionMs: options.idleInTransactionMs ?? 60_000,
  };
  return 'databaseUrl' in place ? openPostgres(place.databaseUrl, resolved) : openEmbedded(place, resolved);
}
