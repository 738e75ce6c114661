import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { type Kysely, type RawBuilder, sql, type Transaction } from 'kysely';
import { BACKUP_FORMAT, BACKUP_VERSION, type BackupHeader } from './backup-format.ts';
import { readPartitions, readSequences, readTables, type TableShape } from './backup-tables.ts';
import { syncDirectory } from './durable-fs.ts';
import { readApplied } from './migrate.ts';
import type { Opened } from './opened.ts';

/** What a batch should come to in characters; the number of its rows follows from those before it. */
const BATCH_SIZE = 1_000_000;
const MOST_ROWS = 5000;

/**
 * Writes every row of the database, as of one moment, to `file`: complete and on the disk, or not at all. Others are not
 * held up while it runs. The file is readable by its owner only: it holds password hashes and keys.
 * `now` is recorded in it, in epoch milliseconds.
 */
export async function writeBackup(
  source: Pick<Opened, 'snapshot'>,
  file: string,
  now: number,
): Promise<{ rows: number }> {
  const unfinished = `${file}.unfinished`;
  const snapshot = await source.snapshot();
  try {
    const counter = { rows: 0 };
    await snapshot.db
      .transaction()
      .setIsolationLevel('repeatable read')
      .setAccessMode('read only')
      .execute(async (transaction) => {
        await fixTextFormats(transaction);
        const output = createWriteStream(unfinished, { mode: 0o600, flush: true });
        await pipeline(backupLines(transaction, now, counter), createGzip(), output);
      });
    await rename(unfinished, file);
    syncDirectory(path.dirname(path.resolve(file)));
    return counter;
  } catch (error) {
    await rm(unfinished, { force: true });
    throw error;
  } finally {
    await snapshot.close();
  }
}

/** Makes values read and write as the same text, whatever the server or the role is set to. */
export async function fixTextFormats<T>(transaction: Transaction<T>): Promise<void> {
  await sql
    .raw(
      `set local timezone = 'UTC'; set local datestyle = 'ISO, YMD'; set local intervalstyle = 'iso_8601';
      set local bytea_output = 'hex'; set local extra_float_digits = 1; set local search_path = public`,
    )
    .execute(transaction);
}

async function* backupLines<T>(
  transaction: Transaction<T>,
  now: number,
  counter: { rows: number },
): AsyncGenerator<string> {
  const hash = createHash('sha256');
  const sealed = (value: unknown): string => {
    const line = `${JSON.stringify(value)}\n`;
    hash.update(line);
    return line;
  };
  const tables = await readTables(transaction);
  const header: BackupHeader = {
    format: BACKUP_FORMAT,
    version: BACKUP_VERSION,
    createdAt: now,
    migrations: await readApplied(transaction),
    tables: tables.map(({ name, columns }) => ({ name, columns: [...columns] })),
    partitions: await readPartitions(transaction),
    sequences: await readSequences(transaction),
  };
  yield sealed(header);
  for (const table of tables) {
    for await (const rows of readRows(transaction, table)) {
      counter.rows += rows.length;
      yield sealed({ table: table.name, rows });
    }
  }
  yield `${JSON.stringify({ end: true, rows: counter.rows, sha256: hash.digest('hex') })}\n`;
}

/** The rows as text, by a cursor, in batches of a bounded size. */
async function* readRows<T>(db: Kysely<T>, table: TableShape): AsyncGenerator<(string | null)[][]> {
  const values = table.columns.map(
    ({ name, type }, index) => sql`${textOf(table.name, name, type)} as ${sql.ref(String(index))}`,
  );
  await sql`declare backup_rows no scroll cursor for select ${sql.join(values)} from ${sql.table(table.name)} as it`.execute(
    db,
  );
  for (let count = 100; ;) {
    const { rows } = await sql.raw<Record<string, string | null>>(`fetch ${count} from backup_rows`).execute(db);
    if (rows.length === 0) break;
    const batch = rows.map((row) => table.columns.map((_, index) => row[index] ?? null));
    yield batch;
    const size = batch.reduce((sum, row) => sum + row.reduce((of, value) => of + (value?.length ?? 4), 0), 0);
    count = Math.min(MOST_ROWS, Math.max(1, Math.floor((BATCH_SIZE * rows.length) / size)));
  }
  await sql`close backup_rows`.execute(db);
}

/** What a backup says in place of the transaction of an event that some reader has not read yet; `0` for the others. */
export const EVENT_UNREAD = '1';

/**
 * A column as text. Transactions and snapshots (platform/events.ts) mean nothing in another database, where they begin anew.
 * So a backup says of an event only whether some reader has not read it yet, and of a reader only the last event before
 * the first that it has not. What it read out of order after that, it reads again: at least once, as always.
 */
function textOf(table: string, column: string, type: string): RawBuilder<unknown> {
  if (type === 'xid8') {
    return sql`case when exists (select 1 from cursors c where ${unread('it', 'c')}) then ${sql.lit(EVENT_UNREAD)} else '0' end`;
  }
  if (table === 'cursors' && column === 'seen') return sql`''`;
  if (table === 'cursors' && column === 'until') return sql`null::text`;
  if (table === 'cursors' && column === 'seq') {
    const first = sql`(select min(e.seq) - 1 from events e where ${unread('e', 'it')})`;
    return sql`coalesce(${first}, (select max(seq) from events), 0)::text`;
  }
  return sql`${sql.ref(`it.${column}`)}::text`;
}

/** Whether the reader at the cursor has not read the event. */
function unread(event: string, cursor: string): RawBuilder<unknown> {
  const txid = sql.ref(`${event}.txid`);
  const [seen, until, last] = [sql.ref(`${cursor}.seen`), sql.ref(`${cursor}.until`), sql.ref(`${cursor}.seq`)];
  return sql`not pg_visible_in_snapshot(${txid}, ${seen}::pg_snapshot) and not (${until} is not null
    and ${sql.ref(`${event}.seq`)} <= ${last} and pg_visible_in_snapshot(${txid}, ${until}::pg_snapshot))`;
}
