import { mkdir, readdir, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ServerProcess, startServer } from '../../crash/server-process.ts';
import { freePort } from '../../harness/free-port.ts';
import { waitUntil } from '../../harness/wait-until.ts';
import { copyDataDir, hugops, scratchDirectory, signIn } from './hugops-command.ts';

// `hugops serve` by its own process, where it cannot start: a sentence that says what to do, exit code 1 (2 for the configuration), nothing half done.

let scratch: Awaited<ReturnType<typeof scratchDirectory>>;
/** A data directory on which HugOps has run and is no longer. */
let seed: string;
const admin = { HUGOPS_ADMIN_EMAIL: 'alice@example.com', HUGOPS_ADMIN_PASSWORD: 'correct horse battery' };

beforeAll(async () => {
  scratch = await scratchDirectory();
  seed = join(scratch.path, 'seed');
  const server = await startServer({ HUGOPS_DATA_DIR: seed, ...admin }, await freePort());
  expect(await server.stop()).toBe(0);
});
afterAll(() => scratch.remove());

let count = 0;
async function dataDir(): Promise<string> {
  const path = join(scratch.path, `data-${++count}`);
  await copyDataDir(seed, path);
  return path;
}
const emptyDir = (): string => join(scratch.path, `data-${++count}`);

/** What it says on stderr when it cannot be started. */
async function failsToServe(env: Record<string, string>, code = 1): Promise<string> {
  const ended = await hugops(['serve'], { env: { HUGOPS_PORT: '0', ...env } });
  expect(ended.stderr).not.toMatch(/\n\s+at |node:internal|UnhandledPromise/);
  expect(ended.stdout).toBe('');
  expect(ended.code).toBe(code);
  return ended.stderr;
}

describe('the port', () => {
  it('is in use: said at once, before a database is made', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, resolve));
    const { port } = other.address() as AddressInfo;
    const directory = emptyDir();
    try {
      expect(await failsToServe({ HUGOPS_PORT: String(port), HUGOPS_DATA_DIR: directory })).toMatch(
        new RegExp(`^Port ${port} is in use by another program\\..+HUGOPS_PORT\\.\n$`),
      );
    } finally {
      await new Promise((resolve) => other.close(resolve));
    }
    await expect(stat(directory)).rejects.toThrow(/ENOENT/);
  });
});

describe('the data directory', () => {
  it('cannot be written', async () => {
    // Not even root may make a folder there.
    expect(await failsToServe({ HUGOPS_DATA_DIR: '/sys/hugops' })).toMatch(
      /^The data directory \/sys\/hugops\/db cannot be written: .+\n$/,
    );
  });

  it('is a file', async () => {
    const file = emptyDir();
    await writeFile(file, 'a letter');
    expect(await failsToServe({ HUGOPS_DATA_DIR: file })).toMatch(/^The data directory \S+ cannot be written: .+\n$/);
    expect((await stat(file)).size).toBe(8);
  });

  it("holds somebody else's files, which stay as they are", async () => {
    const directory = emptyDir();
    await mkdir(join(directory, 'db'), { recursive: true });
    await writeFile(join(directory, 'db', 'thesis.txt'), 'x');
    expect(await failsToServe({ HUGOPS_DATA_DIR: directory })).toMatch(/holds thesis\.txt and no HugOps database/);
    expect(await readdir(join(directory, 'db'))).toEqual(['thesis.txt']);
  });

  it('is in use by another HugOps, which goes on undisturbed', async () => {
    const directory = await dataDir();
    const port = await freePort();
    const first = await startServer({ HUGOPS_DATA_DIR: directory }, port);
    try {
      const told = await failsToServe({ HUGOPS_DATA_DIR: directory });
      expect(told).toMatch(/is in use by process \d+\. One data directory serves one HugOps/);
      expect(told).toContain(`process ${first.pid}.`);
      const backup = await hugops(['backup', join(scratch.path, 'b.gz')], { env: { HUGOPS_DATA_DIR: directory } });
      expect(backup).toMatchObject({ code: 1, stdout: '' });
      expect(backup.stderr).toMatch(/is in use by process \d+\./);
      expect((await fetch(`http://127.0.0.1:${port}/readyz`)).status).toBe(200);
    } finally {
      expect(await first.stop()).toBe(0);
    }
  });

  it('was left by a killed process: the next one starts', async () => {
    const directory = await dataDir();
    const killed = await startServer({ HUGOPS_DATA_DIR: directory }, await freePort());
    await killed.kill();
    const next = await startServer({ HUGOPS_DATA_DIR: directory }, await freePort());
    expect(await next.stop()).toBe(0);
  });
});

describe('hugops.yaml', () => {
  const write = async (name: string, text: string): Promise<string> => {
    const path = join(scratch.path, name);
    await writeFile(path, text);
    return path;
  };

  it('has mistakes: each with file, line, field; exit code 2; the rows stay', async () => {
    const directory = await dataDir();
    const config = await write('mistakes.yaml', 'services:\n  checkout:\n    name: 7\n    team: nobody\n');
    const env = { HUGOPS_DATA_DIR: directory, HUGOPS_CONFIG: config };
    const told = await failsToServe(env, 2);
    expect(told).toMatch(/mistakes\.yaml:3:\d+ {2}services\.checkout\.name/);
    expect(told).toMatch(/mistakes\.yaml:4:\d+ {2}services\.checkout\.team/);
  });

  it('is named and not there', async () => {
    const env = { HUGOPS_DATA_DIR: await dataDir(), HUGOPS_CONFIG: join(scratch.path, 'absent.yaml') };
    expect(await failsToServe(env, 2)).toMatch(
      /absent\.yaml:1:1 {2}expected a file that can be read, found nothing at this path/,
    );
  });

  it('wants what the console owns: one line for each thing, exit code 2, nothing changed', async () => {
    const directory = await dataDir();
    const env = { HUGOPS_DATA_DIR: directory };
    const port = await freePort();
    const server = await startServer(env, port);
    const url = `http://127.0.0.1:${port}`;
    const cookie = await signIn(url, admin);
    for (const name of ['Checkout', 'Search']) {
      const made = await fetch(`${url}/api/v1/services`, {
        method: 'POST',
        headers: { cookie, 'content-type': 'application/json' },
        body: JSON.stringify({ name }),
      });
      expect(made.status).toBe(201);
    }
    const { services } = (await (await fetch(`${url}/api/v1/services`, { headers: { cookie } })).json()) as {
      services: { id: string; name: string }[];
    };
    await server.stop();
    const ids = services.map(({ id }) => id);
    expect(ids).toHaveLength(2);
    const config = await write(
      'wants.yaml',
      `services:\n${ids.map((id) => `  ${id}:\n    name: Mine\n`).join('')}  docs:\n    name: Docs\n`,
    );
    const told = await failsToServe({ ...env, HUGOPS_CONFIG: config }, 2);
    expect(told).toMatch(/The file was not applied; nothing was changed\.\n$/);
    for (const id of ids)
      expect(told).toMatch(new RegExp(`^\\S+wants\\.yaml {2}services\\.${id} {2}the console owns`, 'm'));
    expect(told.trim().split('\n')).toHaveLength(3);
    const again = await startServer(env, port);
    const after = await fetch(`${url}/api/v1/services`, { headers: { cookie: await signIn(url, admin) } });
    expect(
      ((await after.json()) as { services: { name: string }[] }).services.map(({ name }) => name).toSorted(),
    ).toEqual(['Checkout', 'Search']);
    await again.stop();
  });
});

describe('a first start', () => {
  it('prints the address to open', async () => {
    const port = await freePort();
    const server: ServerProcess = await startServer({ HUGOPS_DATA_DIR: emptyDir() }, port);
    try {
      await waitUntil('the greeting', () => server.output().includes(`Open http://localhost:${port}/console`));
      expect((await fetch(`http://127.0.0.1:${port}/console/`)).status).toBe(200);
    } finally {
      expect(await server.stop()).toBe(0);
    }
    expect(server.output()).not.toMatch(/\n\s+at /);
  });
});
