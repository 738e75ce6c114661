import fs from 'node:fs';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';

export interface DataDirLock {
  release(): void;
}

/** Another process holds the data directory. `pid` is as that process knows itself, in its own container perhaps. */
export class DataDirInUseError extends Error {
  override readonly name = 'DataDirInUseError';
  readonly pid: number | undefined;

  constructor(directory: string, pid: number | undefined) {
    const who = pid === undefined ? 'another process' : `process ${pid}`;
    super(`${directory} is in use by ${who}. One data directory serves one HugOps at a time.`);
    this.pid = pid;
  }
}

const LOCK_FILE = 'hugops.lock';
const PID_FILE = 'hugops.pid';
/** https://sqlite.org/rescode.html#busy */
const SQLITE_BUSY = 5;

/**
 * Takes the data directory for this process until release() or the end of the process.
 *
 * The lock is one of the kernel's, so a killed process can leave none behind, a reused pid means nothing, and two
 * containers that share a volume see each other, which pids in a file cannot do. Node has no flock, but the SQLite that
 * it contains locks a file the portable way (fcntl, LockFileEx): an exclusive transaction that is never ended. The pid
 * file beside it is only for the message. Throws DataDirInUseError, or the file system's error.
 */
export function lockDataDir(directory: string, pid: number | undefined): DataDirLock {
  const file = path.join(directory, LOCK_FILE);
  // Opened here first for the file system's own error code, which SQLite would flatten to "unable to open".
  if (!fs.existsSync(file)) fs.closeSync(fs.openSync(file, 'a', 0o600));
  fs.accessSync(file, fs.constants.R_OK | fs.constants.W_OK);
  const lock = new DatabaseSync(file);
  try {
    // Nothing is ever written to it, so its journal need not be a file either.
    lock.exec('pragma journal_mode = memory; begin exclusive');
  } catch (error) {
    lock.close();
    if (error instanceof Error && 'errcode' in error && error.errcode === SQLITE_BUSY) {
      throw new DataDirInUseError(directory, readPid(directory));
    }
    throw error;
  }
  const pidFile = path.join(directory, PID_FILE);
  if (pid === undefined) fs.rmSync(pidFile, { force: true });
  else fs.writeFileSync(pidFile, `${pid}\n`, { mode: 0o600 });
  return {
    release() {
      if (!lock.isOpen) return;
      fs.rmSync(pidFile, { force: true });
      lock.close();
    },
  };
}

function readPid(directory: string): number | undefined {
  try {
    const pid = Number(fs.readFileSync(path.join(directory, PID_FILE), 'utf8'));
    return Number.isSafeInteger(pid) && pid > 0 ? pid : undefined;
  } catch {
    return undefined;
  }
}
