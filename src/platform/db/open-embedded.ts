import { constants } from 'node:fs';
import { cp, rm } from 'node:fs/promises';
import { Kysely } from 'kysely';
import type { Log } from '../log.ts';
import { openCluster, prepareDataDir } from './data-dir.ts';
import type { DataDirLock } from './data-dir-lock.ts';
import type { EmbeddedDatabase } from './embedded.ts';
import { EmbeddedDialect } from './embedded-dialect.ts';
import { migrate } from './migrate.ts';
import type { DatabasePlace, Opened, ResolvedOptions, Snapshot } from './opened.ts';
import { refuseForeignTables } from './refuse-foreign-tables.ts';
import type { Tables } from './tables.ts';
import { vacuumDue } from './upkeep.ts';
import { LocalWakes } from './wakes.ts';

type EmbeddedPlace = Exclude<DatabasePlace, { databaseUrl: string }>;

/** Opens PGlite in a directory or in memory; see openDatabase. */
export async function openEmbedded(place: EmbeddedPlace, options: ResolvedOptions): Promise<Opened> {
  const onLog = (line: string): void => logLine(options.log, line);
  const onFatal = (error: Error): void => {
    options.log?.error({ err: error }, 'the embedded database stopped');
    options.onFatal?.(error);
  };
  if ('memory' in place) {
    // Files of a database in memory are memory: the smallest WAL files keep a test's database small.
    const storage = { kind: 'memory', dump: place.dump } as const;
    return finishOpening(
      await openCluster({ storage, onLog, onFatal, walSegmentMb: 1 }),
      undefined,
      undefined,
      options,
    );
  }
  const { clusterPath, lock } = await prepareDataDir(place.dataDir, options.pid, { onLog });
  try {
    const database = await openCluster({ storage: { kind: 'directory', path: clusterPath }, onLog, onFatal });
    return await finishOpening(database, clusterPath, lock, options);
  } catch (error) {
    lock.release();
    throw error;
  }
}

async function finishOpening(
  database: EmbeddedDatabase,
  clusterPath: string | undefined,
  lock: DataDirLock | undefined,
  options: ResolvedOptions,
): Promise<Opened> {
  const dialect = new EmbeddedDialect(database, options);
  const db = new Kysely<Tables>({ dialect });
  try {
    await refuseForeignTables(db, clusterPath ?? 'the database in memory');
    await migrate(db, options.migrations, options.clock.now());
  } catch (error) {
    await database.close();
    throw error;
  }
  const wakes = new LocalWakes();
  const dumpDataDir = (): Promise<Uint8Array<ArrayBuffer>> => dialect.runAlone(() => database.dump());
  let copies = 0;
  return {
    db,
    kind: 'embedded',
    onWake: (channel, fn) => wakes.onWake(channel, fn),
    wake: (channel) => wakes.wake(channel),
    upkeep: () => vacuumDue(db),
    dumpDataDir,
    async snapshot() {
      if (clusterPath === undefined) return openMemoryCopy(await dumpDataDir(), options);
      copies += 1;
      const copyPath = `${clusterPath}.copy-${copies}`;
      await dialect.runAlone(() => copyCluster(database, clusterPath, copyPath));
      return openDirectoryCopy(copyPath, options);
    },
    async close() {
      await db.destroy();
      await wakes.close();
      await database.close();
      lock?.release();
    },
  };
}

/** The engine runs nothing between two statements, so after a checkpoint its files are one consistent state. */
async function copyCluster(database: EmbeddedDatabase, from: string, to: string): Promise<void> {
  await database.script('checkpoint');
  await cp(from, to, { recursive: true, mode: constants.COPYFILE_FICLONE });
}

async function openDirectoryCopy(copyPath: string, options: ResolvedOptions): Promise<Snapshot> {
  try {
    const copy = await openCluster({ storage: { kind: 'directory', path: copyPath, scratch: true } });
    const db = new Kysely<Tables>({ dialect: new EmbeddedDialect(copy, options) });
    const close = async (): Promise<void> => {
      await copy.close();
      await rm(copyPath, { recursive: true, force: true });
    };
    return { db, close };
  } catch (error) {
    await rm(copyPath, { recursive: true, force: true });
    throw error;
  }
}

async function openMemoryCopy(dump: Uint8Array<ArrayBuffer>, options: ResolvedOptions): Promise<Snapshot> {
  const copy = await openCluster({ storage: { kind: 'memory', dump } });
  return { db: new Kysely<Tables>({ dialect: new EmbeddedDialect(copy, options) }), close: () => copy.close() };
}

function logLine(log: Log | undefined, line: string): void {
  if (/\b(?:WARNING|FATAL|PANIC):/.test(line)) log?.warn({ line }, 'embedded database');
  else log?.debug({ line }, 'embedded database');
}
