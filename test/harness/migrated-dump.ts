import { createHash, randomBytes } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { migrations } from '../../src/platform/db/migrations/index.ts';
import { openDatabase } from '../../src/platform/db/open-database.ts';

let dump: Promise<Uint8Array<ArrayBuffer>> | undefined;

/**
 * A migrated embedded database to open `{ memory: true, dump }` from. Made once for each state of the migrations and kept
 * in node_modules/.cache, because making it takes seconds and opening it a fraction of one.
 */
export function migratedDump(): Promise<Uint8Array<ArrayBuffer>> {
  dump ??= loadOrMake();
  return dump;
}

async function loadOrMake(): Promise<Uint8Array<ArrayBuffer>> {
  const modules = path.resolve(import.meta.dirname, '../../node_modules');
  const engine = await readFile(path.join(modules, '@electric-sql/pglite/package.json'), 'utf8');
  const key = createHash('sha256')
    .update(JSON.stringify([engine, migrations]))
    .digest('hex')
    .slice(0, 16);
  const cache = path.join(modules, '.cache/hugops');
  const file = path.join(cache, `migrated-${key}.tar`);
  const found = await readFile(file).catch(() => undefined);
  if (found !== undefined) return found;
  const made = await make();
  await mkdir(cache, { recursive: true });
  const unfinished = `${file}.${randomBytes(4).toString('hex')}`;
  await writeFile(unfinished, made);
  await rename(unfinished, file);
  return made;
}

async function make(): Promise<Uint8Array<ArrayBuffer>> {
  const opened = await openDatabase({ memory: true });
  try {
    if (opened.dumpDataDir === undefined) throw new Error('an embedded database can be dumped');
    return await opened.dumpDataDir();
  } finally {
    await opened.close();
  }
}
