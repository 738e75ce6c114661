import { type Kysely, sql } from 'kysely';
import { DatabaseOpenError } from './open-error.ts';

/** Rejects with DatabaseOpenError `not-hugops` when the database has tables but was never migrated by HugOps. */
export async function refuseForeignTables<T>(db: Kysely<T>, where: string): Promise<void> {
  const { rows } = await sql<{ name: string }>`
    select relname as name from pg_class
    where relnamespace = 'public'::regnamespace and relkind in ('r', 'p', 'v', 'm') order by relname`.execute(db);
  const names = rows.map(({ name }) => name);
  if (names.length === 0 || names.includes('schema_migrations')) return;
  throw new DatabaseOpenError(
    'not-hugops',
    `${where} already has tables that are not HugOps's (${names.slice(0, 3).join(', ')}${names.length > 3 ? ', …' : ''}). ` +
      'Give HugOps a database of its own.',
  );
}
