import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { systemClock } from '../platform/clock.ts';
import { verifyBackup } from '../platform/db/backup-format.ts';
import { openDatabase, type Opened } from '../platform/db/open-database.ts';
import { restoreBackup } from '../platform/db/restore-backup.ts';
import { writeBackup } from '../platform/db/write-backup.ts';
import { databasePlace, type Environment } from './environment.ts';

/** The command cannot be carried out; the message is for the person who gave it. */
class CommandError extends Error {
  override readonly name = 'CommandError';
}

/** Writes the whole database into `file`. Returns what to tell the person. Throws CommandError when there is nothing to write, or nowhere. */
export async function backupTo(environment: Environment, file: string, pid: number): Promise<string> {
  // Opening would make a new one, and its backup would look like everything was saved.
  if (environment.databaseUrl === undefined && !existsSync(join(environment.dataDir, 'db')))
    throw new CommandError(
      `There is no database in ${environment.dataDir}. HUGOPS_DATA_DIR names the directory that HugOps uses.`,
    );
  return withDatabase(environment, pid, async (database) => {
    const { rows } = await writeBackup(database, file, systemClock.now()).catch((error: unknown) => {
      throw isFileError(error) ? new CommandError(`The backup cannot be written: ${error.message}.`) : error;
    });
    if (rows === 0) {
      await rm(file, { force: true });
      throw new CommandError('There is nothing to back up: HugOps has never run on this database.');
    }
    return `Wrote ${rows.toLocaleString('en')} rows to ${file}.\n`;
  });
}

/** Brings `file` back into a new, empty database. Returns what to tell the person. */
export async function restoreFrom(environment: Environment, file: string, pid: number): Promise<string> {
  // Before a database is opened, and where there is none, made.
  await verifyBackup(file);
  return withDatabase(environment, pid, async (database) => {
    const { rows, createdAt } = await restoreBackup(database, file, { now: systemClock.now() });
    return `Restored ${rows.toLocaleString('en')} rows from ${file}, written ${new Date(createdAt).toISOString()}.\n`;
  });
}

const fileCalls = new Set(['open', 'write', 'rename', 'fsync', 'close']);
const isFileError = (error: unknown): error is Error =>
  error instanceof Error && 'syscall' in error && fileCalls.has(String(error.syscall));

async function withDatabase<T>(
  environment: Environment,
  pid: number,
  work: (database: Opened) => Promise<T>,
): Promise<T> {
  const database = await openDatabase(databasePlace(environment), { pid, clock: systemClock });
  try {
    return await work(database);
  } finally {
    await database.close();
  }
}
