import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { inject } from 'vitest';
import { openDatabase } from '../../src/platform/db/open-database.ts';

export interface TestDatabase {
  readonly url: string;
  readonly name: string;
  /** Ends whatever is still connected and removes the database. */
  drop(): Promise<void>;
}

const TEMPLATE = 'hugops_template';

/**
 * A database of its own on the run's PostgreSQL server: migrated, as a copy of one that was migrated once, or empty.
 */
export async function createDatabase(
  options: { readonly migrated: boolean } = { migrated: true },
): Promise<TestDatabase> {
  const adminUrl = await serverUrl();
  const name = `test_${randomBytes(6).toString('hex')}`;
  await asAdmin(adminUrl, async (admin) => {
    // A template may have no visitors while it is copied, so test files take turns.
    await admin.query('select pg_advisory_lock(1)');
    if (options.migrated) await ensureTemplate(admin, adminUrl);
    await admin.query(`create database ${name} template ${options.migrated ? TEMPLATE : 'template0'}`);
  });
  return {
    url: withDatabase(adminUrl, name),
    name,
    drop: () => asAdmin(adminUrl, (admin) => admin.query(`drop database if exists ${name} with (force)`)),
  };
}

/** Runs work as the server's superuser, on its database `postgres`. */
export async function withAdmin<T>(work: (admin: pg.Client) => Promise<T>): Promise<T> {
  let result: { value: T } | undefined;
  await asAdmin(await serverUrl(), async (admin) => {
    result = { value: await work(admin) };
  });
  if (result === undefined) throw new Error('the work did not run');
  return result.value;
}

async function serverUrl(): Promise<string> {
  const response = await fetch(inject('postgresStarter'));
  const text = await response.text();
  if (!response.ok) throw new Error(text);
  return text;
}

async function asAdmin(adminUrl: string, work: (admin: pg.Client) => Promise<unknown>): Promise<void> {
  const admin = new pg.Client({ connectionString: adminUrl });
  await admin.connect();
  try {
    await work(admin);
  } finally {
    await admin.end();
  }
}

async function ensureTemplate(admin: pg.Client, adminUrl: string): Promise<void> {
  const found = await admin.query('select 1 from pg_database where datname = $1', [TEMPLATE]);
  if (found.rowCount !== 0) return;
  // Under another name until it is whole, so that a failed migration is not taken for a template.
  await admin.query(`drop database if exists ${TEMPLATE}_new with (force)`);
  await admin.query(`create database ${TEMPLATE}_new template template0`);
  const opened = await openDatabase({ databaseUrl: withDatabase(adminUrl, `${TEMPLATE}_new`) });
  await opened.close();
  await admin.query(`alter database ${TEMPLATE}_new rename to ${TEMPLATE}`);
}

function withDatabase(adminUrl: string, name: string): string {
  const url = new URL(adminUrl);
  url.pathname = `/${name}`;
  return url.href;
}
