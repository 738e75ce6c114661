import fs from 'node:fs';
import path from 'node:path';
import { type DataDirLock, DataDirInUseError, lockDataDir } from './data-dir-lock.ts';
import { syncDirectory, syncTree } from './durable-fs.ts';
import { EmbeddedDatabase, EmbeddedDatabaseError, type EmbeddedOptions } from './embedded.ts';
import { DatabaseOpenError } from './open-error.ts';

/** PostgreSQL's major version inside the pinned PGlite; its files are not readable by another. */
const EMBEDDED_MAJOR = 18;

/** A data directory that this process holds. */
export interface DataDir {
  /** Where PostgreSQL's own files are. */
  readonly clusterPath: string;
  readonly lock: DataDirLock;
}

/**
 * Creates the data directory when there is none, takes it for this process, and makes sure that a PostgreSQL cluster is
 * in it. Rejects with DatabaseOpenError: unwritable, in-use, not-hugops, too-new, too-old.
 */
export async function prepareDataDir(
  directory: string,
  pid: number | undefined,
  hooks: Pick<EmbeddedOptions, 'onLog'>,
): Promise<DataDir> {
  const lock = takeDirectory(directory, pid);
  try {
    const clusterPath = path.join(directory, 'database');
    removeLeftovers(directory);
    if (isEmptyOrAbsent(clusterPath)) {
      await createCluster(directory, clusterPath, hooks);
    } else {
      checkClusterVersion(clusterPath);
    }
    return { clusterPath, lock };
  } catch (error) {
    lock.release();
    throw error instanceof DatabaseOpenError ? error : unwritable(directory, error);
  }
}

function takeDirectory(directory: string, pid: number | undefined): DataDirLock {
  try {
    fs.mkdirSync(directory, { recursive: true, mode: 0o700 });
    // Before the lock, which would leave its file in there.
    if (isEmptyOrAbsent(path.join(directory, 'database'))) refuseForeignDirectory(directory);
    return lockDataDir(directory, pid);
  } catch (error) {
    if (error instanceof DatabaseOpenError) throw error;
    if (error instanceof DataDirInUseError) throw new DatabaseOpenError('in-use', error.message, error);
    throw unwritable(directory, error);
  }
}

function unwritable(directory: string, cause: unknown): DatabaseOpenError {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new DatabaseOpenError(
    'unwritable',
    `The data directory ${directory} cannot be written: ${why}. Check that it is on a writable disk with free space and ` +
      'belongs to the user that HugOps runs as.',
    cause,
  );
}

/** What an interrupted creation or backup left; their real names are given only to finished ones. */
function removeLeftovers(directory: string): void {
  for (const name of fs.readdirSync(directory)) {
    if (name === 'database.new' || name.startsWith('database.copy')) {
      fs.rmSync(path.join(directory, name), { recursive: true, force: true });
    }
  }
}

function isEmptyOrAbsent(directory: string): boolean {
  return !fs.existsSync(directory) || fs.readdirSync(directory).length === 0;
}

/** A mistyped path must not scatter a database among someone's documents. */
function refuseForeignDirectory(directory: string): void {
  const foreign = fs.readdirSync(directory).filter((name) => !/^(?:\.|hugops|lost\+found$|database$)/.test(name));
  if (foreign.length === 0) return;
  throw new DatabaseOpenError(
    'not-hugops',
    `${directory} holds ${foreign.slice(0, 3).join(', ')}${foreign.length > 3 ? ', …' : ''} and no HugOps database. ` +
      'Give HugOps an empty directory, or the one that it used before.',
  );
}

function checkClusterVersion(clusterPath: string): void {
  const versionFile = path.join(clusterPath, 'PG_VERSION');
  const version = fs.existsSync(versionFile) ? Number(fs.readFileSync(versionFile, 'utf8')) : Number.NaN;
  if (Number.isNaN(version)) {
    throw new DatabaseOpenError(
      'not-hugops',
      `${clusterPath} is not a PostgreSQL cluster: it has no readable PG_VERSION.`,
    );
  }
  if (version === EMBEDDED_MAJOR) return;
  throw new DatabaseOpenError(
    version > EMBEDDED_MAJOR ? 'too-new' : 'too-old',
    `${clusterPath} was written by PostgreSQL ${version}; this HugOps contains PostgreSQL ${EMBEDDED_MAJOR}. ` +
      'Write a backup with the HugOps that made it, and restore that here.',
  );
}

/** Made under another name and renamed when every byte of it is on the disk: there is no half-made cluster. */
async function createCluster(
  directory: string,
  clusterPath: string,
  hooks: Pick<EmbeddedOptions, 'onLog'>,
): Promise<void> {
  const unfinished = path.join(directory, 'database.new');
  fs.mkdirSync(unfinished, { mode: 0o700 });
  const cluster = await EmbeddedDatabase.open({ ...hooks, storage: { kind: 'directory', path: unfinished } });
  await cluster.close();
  syncTree(unfinished);
  if (fs.existsSync(clusterPath)) fs.rmdirSync(clusterPath);
  fs.renameSync(unfinished, clusterPath);
  syncDirectory(directory);
  syncDirectory(path.dirname(path.resolve(directory)));
}

/** Opens the cluster. Rejects with DatabaseOpenError `corrupt` when PostgreSQL does not start from it. */
export async function openCluster(options: EmbeddedOptions): Promise<EmbeddedDatabase> {
  try {
    return await EmbeddedDatabase.open(options);
  } catch (error) {
    if (!(error instanceof EmbeddedDatabaseError)) throw error;
    const where = options.storage.kind === 'directory' ? options.storage.path : 'memory';
    throw new DatabaseOpenError(
      'corrupt',
      `The database in ${where} does not start. Restore a backup into an empty data directory. ` +
        `PostgreSQL says: ${error.message}`,
      error,
    );
  }
}
