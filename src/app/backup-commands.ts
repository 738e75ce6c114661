import { systemClock } from '../platform/clock.ts';
import { openDatabase, type Opened } from '../platform/db/open-database.ts';
import { restoreBackup } from '../platform/db/restore-backup.ts';
import { writeBackup } from '../platform/db/write-backup.ts';
import { databasePlace, type Environment } from './environment.ts';

/** Writes the whole database into `file`. Returns what to tell the person. */
export async function backupTo(environment: Environment, file: string, pid: number): Promise<string> {
  return withDatabase(environment, pid, async (database) => {
    const { rows } = await writeBackup(database, file, systemClock.now());
    return `Wrote ${rows.toLocaleString('en')} rows to ${file}.\n`;
  });
}

/** Brings `file` back into a new, empty database. Returns what to tell the person. */
export async function restoreFrom(environment: Environment, file: string, pid: number): Promise<string> {
  return withDatabase(environment, pid, async (database) => {
    const { rows, createdAt } = await restoreBackup(database, file, { now: systemClock.now() });
    return `Restored ${rows.toLocaleString('en')} rows from ${file}, written ${new Date(createdAt).toISOString()}.\n`;
  });
}

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
