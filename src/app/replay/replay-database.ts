import { randomBytes } from 'node:crypto';
import pg from 'pg';

/**
 * Runs `work` with a database of the replay's own on the server of `url`, and drops it after: what is in the named database itself is never touched.
 * Without a url the replay keeps its database in its directory. Rejects when the role may not create databases.
 */
export async function withReplayDatabase<T>(
  url: string | undefined,
  work: (databaseUrl: string | undefined) => Promise<T>,
): Promise<T> {
  if (url === undefined) return work(undefined);
  const name = `hugops_replay_${randomBytes(6).toString('hex')}`;
  await asAdmin(url, (admin) => admin.query(`create database ${name} template template0`));
  try {
    const own = new URL(url);
    own.pathname = `/${name}`;
    return await work(own.href);
  } finally {
    await asAdmin(url, (admin) => admin.query(`drop database if exists ${name} with (force)`));
  }
}

async function asAdmin(url: string, work: (admin: pg.Client) => Promise<unknown>): Promise<void> {
  const admin = new pg.Client({ connectionString: url });
  await admin.connect();
  try {
    await work(admin);
  } finally {
    await admin.end();
  }
}
