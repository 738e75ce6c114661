import { copyFile, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startServer } from '../../crash/server-process.ts';
import { freePort } from '../../harness/free-port.ts';
import { createDatabase, type TestDatabase } from '../../harness/postgres.ts';
import { hugops, scratchDirectory, signIn } from './hugops-command.ts';

// `hugops backup` and `hugops restore` as an operator types them, between both kinds of database; and everything that they refuse.

const admin = { HUGOPS_ADMIN_EMAIL: 'alice@example.com', HUGOPS_ADMIN_PASSWORD: 'correct horse battery' };
let scratch: Awaited<ReturnType<typeof scratchDirectory>>;
let postgres: TestDatabase;
const at = (name: string): string => join(scratch.path, name);

beforeAll(async () => {
  scratch = await scratchDirectory();
  postgres = await createDatabase({ migrated: false });
  const { url, stop, cookie } = await serve({ HUGOPS_DATA_DIR: at('first') });
  const made = await fetch(`${url}/api/v1/services`, {
    method: 'POST',
    headers: { cookie, 'content-type': 'application/json' },
    body: JSON.stringify({ id: 'checkout', name: 'Checkout ✓' }),
  });
  expect(made.status).toBe(201);
  await stop();
});
afterAll(async () => {
  await postgres?.drop();
  await scratch.remove();
});

/** Starts HugOps and signs in as the owner, which shows that accounts and their passwords are there. */
async function serve(env: Record<string, string>) {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const server = await startServer({ ...env, ...admin, HUGOPS_URL: url }, port);
  const cookie = await signIn(url, admin);
  return {
    url,
    cookie,
    async stop() {
      expect(await server.stop()).toBe(0);
    },
  };
}

async function services(env: Record<string, string>): Promise<string[]> {
  const { url, cookie, stop } = await serve(env);
  const answer = await fetch(`${url}/api/v1/services`, { headers: { cookie } });
  const body = (await answer.json()) as { services: { name: string }[] };
  await stop();
  return body.services.map(({ name }) => name);
}

it('goes from the embedded database to PostgreSQL and back, with accounts and services', async () => {
  const first = await hugops(['backup', at('first.gz')], { env: { HUGOPS_DATA_DIR: at('first') } });
  expect(first).toMatchObject({ code: 0, stderr: '' });
  expect(first.stdout).toMatch(/^Wrote \d+ rows to .+first\.gz\.\n$/);
  // It holds password hashes and keys.
  expect((await stat(at('first.gz'))).mode & 0o777).toBe(0o600);

  const onPostgres = { DATABASE_URL: postgres.url, HUGOPS_DATA_DIR: at('second') };
  const restored = await hugops(['restore', at('first.gz')], { env: onPostgres });
  expect(restored).toMatchObject({ code: 0, stderr: '' });
  expect(restored.stdout).toMatch(/^Restored \d+ rows from .+first\.gz, written \d{4}-.+Z\.\n$/);
  expect(await services(onPostgres)).toEqual(['Checkout ✓']);

  expect(await hugops(['backup', at('second.gz')], { env: onPostgres })).toMatchObject({ code: 0, stderr: '' });
  const third = { HUGOPS_DATA_DIR: at('third') };
  expect(await hugops(['restore', at('second.gz')], { env: third })).toMatchObject({ code: 0, stderr: '' });
  expect(await services(third)).toEqual(['Checkout ✓']);

  const again = await hugops(['restore', at('first.gz')], { env: onPostgres });
  expect(again).toMatchObject({ code: 1, stdout: '' });
  expect(again.stderr).toMatch(/^The database is not empty: .+ Nothing was changed\.\n$/);
  const over = await hugops(['restore', at('first.gz')], { env: third });
  expect(over).toMatchObject({ code: 1, stdout: '' });
  expect(await services(third)).toEqual(['Checkout ✓']);
});

it('refuses a file that is none, is cut short or has a wrong byte, and makes no database for it', async () => {
  const env = { HUGOPS_DATA_DIR: at('first') };
  await hugops(['backup', at('whole.gz')], { env });
  const whole = await readFile(at('whole.gz'));
  await writeFile(at('short.gz'), whole.subarray(0, whole.length - 200));
  const wrong = Buffer.from(whole);
  wrong[Math.floor(whole.length / 2)] = (whole[Math.floor(whole.length / 2)] ?? 0) ^ 0xff;
  await writeFile(at('wrong.gz'), wrong);
  await writeFile(at('letter.txt'), 'Dear Alice');
  await writeFile(at('nothing.gz'), '');
  for (const [name, says] of [
    ['short.gz', /is damaged/],
    ['wrong.gz', /is damaged/],
    ['letter.txt', /is not a HugOps backup/],
    ['nothing.gz', /./],
    ['absent.gz', /cannot be read: ENOENT/],
  ] as const) {
    const ended = await hugops(['restore', at(name)], { env: { HUGOPS_DATA_DIR: at('never') } });
    expect([name, ended.code, ended.stdout]).toEqual([name, 1, '']);
    expect(ended.stderr).toMatch(says);
    expect(ended.stderr).not.toMatch(/\n\s+at /);
  }
  expect(await readdir(scratch.path)).not.toContain('never');
});

it('says where there is nothing to back up, and nowhere to write, and leaves no half file', async () => {
  const nothing = await hugops(['backup', at('none.gz')], { env: { HUGOPS_DATA_DIR: at('mistyped') } });
  expect(nothing).toMatchObject({ code: 1, stdout: '' });
  expect(nothing.stderr).toMatch(/^There is no database in .+mistyped\. HUGOPS_DATA_DIR .+\n$/);
  const empty = await createDatabase();
  const unused = await hugops(['backup', at('none.gz')], { env: { DATABASE_URL: empty.url } });
  await empty.drop();
  expect(unused).toMatchObject({ code: 1, stdout: '' });
  expect(unused.stderr).toMatch(/^There is nothing to back up: .+\n$/);
  const nowhere = await hugops(['backup', at('no/such/folder/b.gz')], { env: { HUGOPS_DATA_DIR: at('first') } });
  expect(nowhere).toMatchObject({ code: 1, stdout: '' });
  expect(nowhere.stderr).toMatch(/^The backup cannot be written: ENOENT.+\n$/);
  const directory = await hugops(['backup', scratch.path], { env: { HUGOPS_DATA_DIR: at('first') } });
  expect(directory).toMatchObject({ code: 1, stdout: '' });
  expect(directory.stderr).toMatch(/^The backup cannot be written: .+\n$/);
  const left = await readdir(scratch.path);
  expect(left).not.toContain('mistyped');
  expect(left.filter((name) => name.includes('unfinished') || name.startsWith('none'))).toEqual([]);
});

it('keeps the last backup when a new one fails', async () => {
  await copyFile(at('whole.gz'), at('kept.gz'));
  const failed = await hugops(['backup', at('kept.gz')], { env: { HUGOPS_DATA_DIR: at('mistyped') } });
  expect(failed.code).toBe(1);
  expect(await readFile(at('kept.gz'))).toEqual(await readFile(at('whole.gz')));
});
