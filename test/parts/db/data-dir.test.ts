import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { DataDirInUseError, lockDataDir } from '../../../src/platform/db/data-dir-lock.ts';
import { openDatabase } from '../../../src/platform/db/open-database.ts';
import { DatabaseOpenError } from '../../../src/platform/db/open-error.ts';

let directory: string;

beforeEach(() => {
  directory = fs.mkdtempSync(path.join(os.tmpdir(), 'hugops-test-data-'));
});
afterEach(() => {
  fs.rmSync(directory, { recursive: true, force: true });
});

async function openError(place: Parameters<typeof openDatabase>[0]): Promise<DatabaseOpenError> {
  const outcome: unknown = await openDatabase(place, { patienceMs: 0 }).catch((error: unknown) => error);
  if (outcome instanceof DatabaseOpenError) return outcome;
  throw new Error(`expected a DatabaseOpenError, got ${String(outcome)}`);
}

/** Another process that holds the directory until it is killed. */
async function holdElsewhere(): Promise<{ pid: number; kill(): Promise<void> }> {
  const module = new URL('../../../src/platform/db/data-dir-lock.ts', import.meta.url).href;
  const script = `
    import { lockDataDir } from ${JSON.stringify(module)};
    globalThis.lock = lockDataDir(${JSON.stringify(directory)}, process.pid);
    process.stdout.write('held');
    process.stdin.resume();`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['pipe', 'pipe', 'inherit'] });
  await once(child.stdout, 'data');
  if (child.pid === undefined) throw new Error('the child has no pid');
  return {
    pid: child.pid,
    async kill() {
      const gone = once(child, 'exit');
      child.kill('SIGKILL');
      await gone;
    },
  };
}

describe('the lock of a data directory', () => {
  test('a second process is refused and told who holds it; a killed holder blocks nobody', async () => {
    const holder = await holdElsewhere();
    try {
      const refused = await openError({ dataDir: directory });
      expect(refused.code).toBe('in-use');
      expect(refused.message).toContain(directory);
      expect(refused.message).toContain(`process ${holder.pid}`);
    } finally {
      await holder.kill();
    }
    // What the killed one left says nothing, even with a pid that lives: this test's own.
    fs.writeFileSync(path.join(directory, 'hugops.pid'), `${process.pid}\n`);
    const lock = lockDataDir(directory, 7);
    expect(fs.readFileSync(path.join(directory, 'hugops.pid'), 'utf8')).toBe('7\n');
    lock.release();
    expect(fs.existsSync(path.join(directory, 'hugops.pid'))).toBe(false);
  });

  test('the same process is refused a second time, until the first lets go', () => {
    const lock = lockDataDir(directory, 41);
    expect(() => lockDataDir(directory, 42)).toThrow(DataDirInUseError);
    expect(() => lockDataDir(directory, 42)).toThrow(/process 41/);
    lock.release();
    lock.release();
    lockDataDir(directory, undefined).release();
  });
});

describe('opening a data directory', () => {
  test('creates it with its parents, keeps what was written, and leaves it free', async () => {
    const dataDir = path.join(directory, 'deep/data');
    const first = await openDatabase({ dataDir }, { pid: process.pid });
    await first.db.insertInto('settings').values({ key: 'k', value: '"v"', updated_at: 5 }).execute();
    const meanwhile = await openError({ dataDir });
    expect(meanwhile.code).toBe('in-use');
    await first.close();
    await first.close();

    // Left by an interrupted creation and an interrupted backup.
    fs.mkdirSync(path.join(dataDir, 'database.new'));
    fs.mkdirSync(path.join(dataDir, 'database.copy-1'));
    const second = await openDatabase({ dataDir });
    const rows = await second.db.selectFrom('settings').selectAll().execute();
    expect(rows).toEqual([{ key: 'k', value: 'v', updated_at: 5 }]);
    expect(fs.readdirSync(dataDir).toSorted()).toEqual(['database', 'hugops.lock']);

    const snapshot = await second.snapshot();
    await second.db.deleteFrom('settings').execute();
    expect(await snapshot.db.selectFrom('settings').selectAll().execute()).toHaveLength(1);
    await snapshot.close();
    expect(fs.readdirSync(dataDir).toSorted()).toEqual(['database', 'hugops.lock']);
    await second.close();
  });

  test("refuses a directory with someone's documents, and leaves nothing in it", async () => {
    fs.writeFileSync(path.join(directory, 'thesis.odt'), 'words');
    const error = await openError({ dataDir: directory });
    expect(error.code).toBe('not-hugops');
    expect(error.message).toContain('thesis.odt');
    expect(fs.readdirSync(directory)).toEqual(['thesis.odt']);
  });

  test('takes a mounted volume, which is not quite empty', async () => {
    fs.mkdirSync(path.join(directory, 'lost+found'));
    fs.mkdirSync(path.join(directory, 'database'));
    const opened = await openDatabase({ dataDir: directory });
    await opened.close();
    expect(fs.existsSync(path.join(directory, 'database/PG_VERSION'))).toBe(true);
  });

  test('refuses a path that cannot be a directory', async () => {
    const file = path.join(directory, 'file');
    fs.writeFileSync(file, '');
    expect((await openError({ dataDir: file })).code).toBe('unwritable');
    expect((await openError({ dataDir: path.join(file, 'below') })).code).toBe('unwritable');
  });

  test.each([
    ['17', 'too-old'],
    ['19', 'too-new'],
    ['words', 'not-hugops'],
  ])('refuses a cluster of PostgreSQL %s as %s', async (version, code) => {
    fs.mkdirSync(path.join(directory, 'database'));
    fs.writeFileSync(path.join(directory, 'database/PG_VERSION'), `${version}\n`);
    expect((await openError({ dataDir: directory })).code).toBe(code);
    // The directory is free again.
    lockDataDir(directory, 1).release();
  });

  test('says that a damaged database is damaged', async () => {
    const opened = await openDatabase({ dataDir: directory });
    await opened.close();
    fs.truncateSync(path.join(directory, 'database/global/pg_control'), 10);
    const error = await openError({ dataDir: directory });
    expect(error.code).toBe('corrupt');
    expect(error.message).toMatch(/pg_control/);
    expect(error.message).toMatch(/Restore a backup/);
  });
});
