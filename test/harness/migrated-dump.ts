import { createHash, randomBytes } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { sql } from 'kysely';
import { migrations } from '../../src/platform/db/migrations/index.ts';
import type { Migration } from '../../src/platform/db/migrations/migration.ts';
import { openDatabase } from '../../src/platform/db/open-database.ts';

type Dump = Uint8Array<ArrayBuffer>;

const dumps = new Map<string, Promise<Dump>>();

/**
 * A migrated embedded database to open `{ memory: true, dump }` from. Made once for each state of the migrations and kept
 * in node_modules/.cache, because making it takes seconds and opening it a fraction of one.
 */
export function migratedDump(): Promise<Dump> {
  return once('migrated', migrations);
}

/** The same without a single table, for tests with migrations of their own. */
export function emptyDump(): Promise<Dump> {
  return once('empty', []);
}

function once(name: string, steps: readonly Migration[]): Promise<Dump> {
  const known = dumps.get(name);
  if (known !== undefined) return known;
  const loading = loadOrMake(name, steps);
  dumps.set(name, loading);
  return loading;
}

async function loadOrMake(name: string, steps: readonly Migration[]): Promise<Dump> {
  const modules = path.resolve(import.meta.dirname, '../../node_modules');
  const engine = await readFile(path.join(modules, '@electric-sql/pglite/package.json'), 'utf8');
  const key = createHash('sha256')
    .update(JSON.stringify([engine, steps]))
    .digest('hex')
    .slice(0, 16);
  const cache = path.join(modules, '.cache/hugops');
  const file = path.join(cache, `${name}-${key}.tar`);
  const found = await readFile(file).catch(() => undefined);
  if (found !== undefined) return found;
  const made = await make(steps);
  await mkdir(cache, { recursive: true });
  const unfinished = `${file}.${randomBytes(4).toString('hex')}`;
  await writeFile(unfinished, made);
  await rename(unfinished, file);
  return made;
}

async function make(steps: readonly Migration[]): Promise<Dump> {
  const opened = await openDatabase({ memory: true }, { migrations: steps });
  try {
    if (steps.length === 0) await sql`drop table schema_migrations`.execute(opened.db);
    // Templates of databases that no test creates: two thirds of what would have to be copied at every opening.
    await sql`update pg_database set datistemplate = false`.execute(opened.db);
    await sql`drop database template0`.execute(opened.db);
    await sql`drop database template1`.execute(opened.db);
    if (opened.dumpDataDir === undefined) throw new Error('an embedded database can be dumped');
    return await opened.dumpDataDir();
  } finally {
    await opened.close();
  }
}
