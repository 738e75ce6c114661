import { type RawBuilder, sql, type Transaction } from 'kysely';
import { BackupError, type BackupHeader, type BackupBatch, readBackup, verifyBackup } from './backup-format.ts';
import { readForeignKeys, readPartitions, readTables, type TableShape } from './backup-tables.ts';
import { readApplied, runMigration } from './migrate.ts';
import { migrations as allMigrations } from './migrations/index.ts';
import type { Migration } from './migrations/migration.ts';
import type { Opened } from './opened.ts';
import type { Tables } from './tables.ts';
import { EVENT_UNREAD, fixTextFormats } from './write-backup.ts';

export interface RestoreOptions {
  /** Recorded with migrations that are run on the way, in epoch milliseconds. */
  readonly now: number;
  /** The schema of this program; every known migration by default. */
  readonly migrations?: readonly Migration[];
}

/**
 * Fills an empty, migrated database from a backup of either kind of database, in one transaction: everything or nothing.
 * A backup of an older HugOps is loaded into the schema of its time, which is then migrated. Open the database without a
 * statement timeout for it. Rejects with BackupError.
 */
export async function restoreBackup(
  target: Pick<Opened, 'db'>,
  file: string,
  options: RestoreOptions,
): Promise<{ rows: number; createdAt: number }> {
  const migrations = options.migrations ?? allMigrations;
  // Read to the end before anything is touched: a damaged file costs no long transaction.
  const { header, rows } = await verifyBackup(file);
  const later = migrationsAfter(file, header, migrations);
  await target.db.transaction().execute(async (transaction) => {
    await fixTextFormats(transaction);
    await requireEmpty(transaction);
    if (later.length > 0 || (await readApplied(transaction)).length !== migrations.length) {
      await startOver(transaction, migrations.slice(0, header.migrations.length), options.now);
    }
    await load(transaction, file, header);
    for (const migration of later) await runMigration(transaction, migration, options.now);
  });
  // The planner knows nothing of the new rows; without an autovacuum nobody else would tell it.
  await sql`analyze`.execute(target.db);
  return { rows, createdAt: header.createdAt };
}

/** What this program adds to the schema of the backup. */
function migrationsAfter(file: string, header: BackupHeader, migrations: readonly Migration[]): Migration[] {
  const unknown = header.migrations.filter((name, index) => migrations[index]?.name !== name);
  if (unknown.length > 0) {
    throw new BackupError(
      'newer',
      `${file} was written by a newer HugOps: it has ${unknown.join(', ')}, which this version does not know. ` +
        'Restore it with that version. Nothing was changed.',
    );
  }
  return migrations.slice(header.migrations.length);
}

async function requireEmpty(transaction: Transaction<Tables>): Promise<void> {
  const tables = await readTables(transaction);
  if (tables.length === 0) return;
  const names = sql.join(tables.map(({ name }) => sql.table(name)));
  // Nobody may add a row between this look and the end.
  await sql`lock table ${names} in access exclusive mode`.execute(transaction);
  for (const { name } of tables) {
    const { rows } = await sql`select 1 from ${sql.table(name)} limit 1`.execute(transaction);
    if (rows.length > 0) {
      throw new BackupError(
        'not-empty',
        `The database is not empty: the table ${name} has rows. Restore into a new data directory or a new database, ` +
          'before HugOps has run on it. Nothing was changed.',
      );
    }
  }
}

async function startOver(transaction: Transaction<Tables>, until: readonly Migration[], now: number): Promise<void> {
  for (const { name } of await readTables(transaction)) {
    await sql`drop table if exists ${sql.table(name)} cascade`.execute(transaction);
  }
  await sql`delete from schema_migrations`.execute(transaction);
  for (const migration of until) await runMigration(transaction, migration, now);
}

async function load(transaction: Transaction<Tables>, file: string, header: BackupHeader): Promise<void> {
  const tables = new Map((await readTables(transaction)).map((table) => [table.name, table]));
  for (const { name, columns } of header.tables) {
    const here = tables.get(name)?.columns.map((column) => column.name);
    if (here?.join() !== columns.map((column) => column.name).join()) {
      throw new BackupError('damaged', `${file} does not fit the schema that it names: its table ${name} differs.`);
    }
  }
  await createPartitions(transaction, file, header);
  // Rows come table by table, so a reference may come before its target. Checked in one go at the end, which is also faster.
  const foreignKeys = await readForeignKeys(transaction);
  for (const { table, name } of foreignKeys) {
    await sql`alter table ${sql.table(table)} drop constraint ${sql.ref(name)}`.execute(transaction);
  }
  const { batches } = await readBackup(file);
  for await (const batch of batches) await insertBatch(transaction, file, batch, tables.get(batch.table));
  for (const { table, name, definition } of foreignKeys) {
    await sql`alter table ${sql.table(table)} add constraint ${sql.ref(name)} ${sql.raw(definition)}`.execute(
      transaction,
    );
  }
  // Last, because a sequence does not go back with the transaction.
  for (const { name, lastValue, isCalled } of header.sequences) {
    await sql`select setval(${`public."${name.replaceAll('"', '""')}"`}::regclass, ${lastValue}, ${isCalled})`.execute(
      transaction,
    );
  }
}

async function insertBatch(
  transaction: Transaction<Tables>,
  file: string,
  { table, rows }: BackupBatch,
  shape: TableShape | undefined,
): Promise<void> {
  if (shape === undefined || rows.some((row) => row.length !== shape.columns.length)) {
    throw new BackupError('damaged', `${file} is damaged: rows of ${table} do not fit. Nothing was changed.`);
  }
  const names = sql.join(shape.columns.map(({ name }) => sql.ref(name)));
  const aliases = sql.join(shape.columns.map((_, index) => sql.ref(`c${index}`)));
  const values = sql.join(
    shape.columns.map(({ name, type }, index) => valueOf(table, name, type, sql.ref(`c${index}`))),
  );
  const lists = sql.join(shape.columns.map((_, index) => sql`${rows.map((row) => row[index] ?? null)}::text[]`));
  await sql`insert into ${sql.table(table)} (${names}) overriding system value
    select ${values} from unnest(${lists}) as batch (${aliases})`.execute(transaction);
}

/**
 * The way back of write-backup's textOf: an event that every reader has read belongs to the first transaction there can be,
 * any other to this one; and each reader has seen all that was before this transaction.
 */
function valueOf(table: string, column: string, type: string, text: RawBuilder<unknown>): RawBuilder<unknown> {
  if (type === 'xid8') return sql`case ${text} when ${EVENT_UNREAD} then pg_current_xact_id() else '3'::xid8 end`;
  if (table === 'cursors' && column === 'seen')
    return sql`format('%s:%s:', pg_current_xact_id(), pg_current_xact_id())`;
  return sql`${text}::${sql.raw(type)}`;
}

// As pg_get_expr spells bounds. The text becomes SQL, and a backup may come from anywhere.
const BOUND_VALUE = String.raw`(?:'[^'\\]*'|-?\d+|MINVALUE|MAXVALUE|NULL|true|false)`;
const BOUND_LIST = String.raw`\(${BOUND_VALUE}(?:, ${BOUND_VALUE})*\)`;
const BOUND = new RegExp(
  String.raw`^(?:DEFAULT|FOR VALUES (?:FROM ${BOUND_LIST} TO ${BOUND_LIST}|IN ${BOUND_LIST}|WITH \(modulus \d+, remainder \d+\)))$`,
);

async function createPartitions(transaction: Transaction<Tables>, file: string, header: BackupHeader): Promise<void> {
  const present = new Set((await readPartitions(transaction)).map(({ name }) => name));
  for (const { name, parent, bound } of header.partitions) {
    if (!BOUND.test(bound)) throw new BackupError('damaged', `${file} is damaged: ${bound} is not a partition bound.`);
    if (present.has(name)) continue;
    await sql`create table ${sql.table(name)} partition of ${sql.table(parent)} ${sql.raw(bound)}`.execute(transaction);
  }
}
