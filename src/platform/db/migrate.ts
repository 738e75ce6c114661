import { type Kysely, sql } from 'kysely';
import type { Migration } from './migrations/migration.ts';
import { DatabaseOpenError } from './open-error.ts';

/** Any number that no other program is likely to use for an advisory lock of its own: "hugops" in ASCII. */
const MIGRATION_LOCK = 0x687567_6f7073;

/**
 * Brings the schema up to `migrations`, oldest first, each in a transaction of its own, and returns the names of those
 * it ran. Nodes that start at once wait for each other. Rejects with DatabaseOpenError `too-new` when the database has
 * migrations that are not in the list, and `corrupt` when it lacks one from before its newest.
 * `now` is recorded as the time of each, in epoch milliseconds.
 */
export async function migrate<T>(db: Kysely<T>, migrations: readonly Migration[], now: number): Promise<string[]> {
  return db.connection().execute(async (connection) => {
    await sql`select pg_advisory_lock(${MIGRATION_LOCK})`.execute(connection);
    try {
      await sql`create table if not exists schema_migrations (name text primary key, applied_at bigint not null)`.execute(
        connection,
      );
      const applied = await readApplied(connection);
      const pending = pendingMigrations(applied, migrations);
      for (const migration of pending) await runMigration(connection, migration, now);
      return pending.map(({ name }) => name);
    } finally {
      // Fails only with the connection, and then the lock is gone with it; the first error is the one to tell.
      await sql`select pg_advisory_unlock(${MIGRATION_LOCK})`.execute(connection).catch(() => undefined);
    }
  });
}

/** The migrations that the database has, oldest first. */
export async function readApplied<T>(db: Kysely<T>): Promise<string[]> {
  const { rows } = await sql<{ name: string }>`select name from schema_migrations order by name`.execute(db);
  return rows.map(({ name }) => name);
}

/** What is left to run. Names are numbered, so their order is the order in which they run. */
function pendingMigrations(applied: readonly string[], migrations: readonly Migration[]): Migration[] {
  const known = new Set(migrations.map(({ name }) => name));
  const unknown = applied.filter((name) => !known.has(name));
  if (unknown.length > 0) {
    throw new DatabaseOpenError(
      'too-new',
      `This database was made by a newer HugOps: it has ${unknown.join(', ')}, which this version does not know. ` +
        'Start the newer version again, or restore a backup from before the upgrade. Nothing was changed.',
    );
  }
  const done = new Set(applied);
  const pending = migrations.filter(({ name }) => !done.has(name));
  const first = pending[0];
  const newest = applied.at(-1);
  if (first !== undefined && newest !== undefined && first.name < newest) {
    throw new DatabaseOpenError(
      'corrupt',
      `This database has ${newest} but not ${first.name}, which comes before it. Nothing was changed; restore a backup.`,
    );
  }
  return pending;
}

/** Runs one migration and records it, in one transaction, or in that of the caller. */
export async function runMigration<T>(db: Kysely<T>, migration: Migration, now: number): Promise<void> {
  const run = async (transaction: Kysely<T>): Promise<void> => {
    await sql.raw(migration.sql).execute(transaction);
    await sql`insert into schema_migrations (name, applied_at) values (${migration.name}, ${now})`.execute(transaction);
  };
  if (db.isTransaction) await run(db);
  else await db.transaction().execute(run);
}
