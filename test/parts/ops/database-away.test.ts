import { createServer, connect, type Server, type Socket } from 'node:net';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startServer } from '../../crash/server-process.ts';
import { freePort } from '../../harness/free-port.ts';
import { createDatabase, type TestDatabase } from '../../harness/postgres.ts';
import { eventually, hugops, scratchDirectory, signIn } from './hugops-command.ts';

// PostgreSQL that is down at the start, or goes away under a running HugOps and comes back.

const admin = { HUGOPS_ADMIN_EMAIL: 'alice@example.com', HUGOPS_ADMIN_PASSWORD: 'correct horse battery' };
const key = '0123456789abcdef0123456789abcdef';
const yaml = `
services:
  checkout:
    name: Checkout
    integrations: { pager: { kind: events-v2, key: '\${env:PAGER_KEY}' } }
statusPage:
  title: Example status
  groups: [{ name: All, components: [{ service: checkout }] }]
`;

let scratch: Awaited<ReturnType<typeof scratchDirectory>>;
let database: TestDatabase;
beforeAll(async () => {
  scratch = await scratchDirectory();
  await writeFile(join(scratch.path, 'hugops.yaml'), yaml);
  database = await createDatabase();
});
afterAll(async () => {
  await database.drop();
  await scratch.remove();
});

interface Gate {
  url: string;
  open(): Promise<void>;
  /** Breaks what is open and refuses what comes: as a server that was stopped. */
  shut(): Promise<void>;
}

/** A way to the database that can be closed, as the database itself is shared with other tests. */
async function openGate(databaseUrl: string): Promise<Gate> {
  const to = new URL(databaseUrl);
  const port = await freePort();
  const sockets = new Set<Socket>();
  let server: Server | undefined;
  const keep = (socket: Socket): void => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.once('close', () => sockets.delete(socket));
  };
  const through = new URL(databaseUrl);
  through.port = String(port);
  return {
    url: through.href,
    async open() {
      const opened = createServer((inside) => {
        const outside = connect(Number(to.port), to.hostname);
        keep(inside);
        keep(outside);
        inside.pipe(outside);
        outside.pipe(inside);
        inside.once('close', () => outside.destroy());
        outside.once('close', () => inside.destroy());
      });
      await new Promise<void>((resolve) => opened.listen(port, '127.0.0.1', resolve));
      server = opened;
    },
    async shut() {
      const closing = server;
      server = undefined;
      const closed = new Promise<void>((resolve) =>
        closing === undefined ? resolve() : closing.close(() => resolve()),
      );
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

const send = (url: string, dedupKey: string): Promise<Response> =>
  fetch(`${url}/v2/enqueue`, {
    method: 'POST',
    body: JSON.stringify({
      routing_key: key,
      event_action: 'trigger',
      dedup_key: dedupKey,
      payload: { summary: `alert ${dedupKey}`, source: 'a', severity: 'critical' },
    }),
  });

describe('at the start', () => {
  it('does not answer: said after a while of trying, without the password', async () => {
    const url = `postgres://hugops:open-sesame@127.0.0.1:${await freePort()}/hugops`;
    const env = { DATABASE_URL: url, HUGOPS_DATA_DIR: join(scratch.path, 'down'), HUGOPS_PORT: '0' };
    const { code, stdout, stderr, tookMs } = await hugops(['serve'], { env });
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /^The PostgreSQL server at 127\.0\.0\.1:\d+, database hugops, does not answer: .+DATABASE_URL.+\n$/,
    );
    expect(stderr + stdout).not.toContain('open-sesame');
    expect(tookMs).toBeGreaterThan(10_000);
  });

  it('refuses the password: said at once', async () => {
    const url = new URL(database.url);
    url.password = 'open-sesame';
    url.username = 'nobody';
    const env = { DATABASE_URL: url.href, HUGOPS_DATA_DIR: join(scratch.path, 'down'), HUGOPS_PORT: '0' };
    const { code, stdout, stderr } = await hugops(['serve'], { env });
    expect(code).toBe(1);
    expect(stderr).toMatch(/^The PostgreSQL server at .+ refused the connection: .+\n$/);
    expect(stderr + stdout).not.toContain('open-sesame');
  });

  it('comes a little later: HugOps waits for it and starts', async () => {
    const gate = await openGate(database.url);
    const starting = startServer(
      { DATABASE_URL: gate.url, HUGOPS_DATA_DIR: join(scratch.path, 'later') },
      await freePort(),
    );
    await gate.open();
    const server = await starting;
    expect(await server.stop()).toBe(0);
    await gate.shut();
  });
});

describe('under a running HugOps', () => {
  it('goes away and comes back: readers see the page, writers are told to wait, nothing accepted is lost, the process goes on', async () => {
    const gate = await openGate(database.url);
    await gate.open();
    const port = await freePort();
    const url = `http://127.0.0.1:${port}`;
    const server = await startServer(
      {
        DATABASE_URL: gate.url,
        HUGOPS_DATA_DIR: join(scratch.path, 'away'),
        HUGOPS_CONFIG: join(scratch.path, 'hugops.yaml'),
        HUGOPS_URL: url,
        PAGER_KEY: key,
        ...admin,
      },
      port,
    );
    try {
      const cookie = await signIn(url, admin);
      expect((await send(url, 'before')).status).toBe(202);
      const page = await publishedPage(url, (text) => text.includes('Checkout'));

      await gate.shut();
      const asked = await Promise.all([
        send(url, 'during'),
        fetch(`${url}/api/v1/overview`, { headers: { cookie } }),
        fetch(`${url}/api/v1/overview`, { headers: { authorization: 'Bearer hgo_0123456789' } }),
        fetch(`${url}/api/v1/setup`),
        fetch(`${url}/api/auth/sign-in/email`, {
          method: 'POST',
          headers: { 'content-type': 'application/json', origin: url },
          body: JSON.stringify({ email: 'alice@example.com', password: 'correct horse battery' }),
        }),
        fetch(`${url}/ping/00000000-0000-4000-8000-000000000000`),
        fetch(`${url}/incidents/unknown`, { headers: { accept: 'text/html' } }),
        fetch(`${url}/readyz`),
      ]);
      const told = await Promise.all(
        asked.map(async (answer) => [new URL(answer.url).pathname, answer.status, await answer.text()]),
      );
      expect(told.map(([path, status]) => [path, status])).toEqual(told.map(([path]) => [path, 503]));
      for (const [path, , text] of told) {
        expect(`${path}: ${text}`).not.toMatch(/ECONNREFUSED|Connection terminated|\n\s+at /);
      }
      for (const answer of asked.slice(1, 5)) {
        expect(answer.headers.get('content-type')).toContain('application/problem+json');
        expect(answer.headers.get('retry-after')).toMatch(/^\d+$/);
      }
      expect((await fetch(`${url}/healthz`)).status).toBe(200);
      expect((await fetch(`${url}/console/`)).status).toBe(200);
      const still = await fetch(url);
      expect([still.status, await still.text()]).toEqual([200, page]);

      await gate.open();
      await ready(url);
      // Whoever was refused sends again, as every tool does after a 503.
      expect((await send(url, 'during')).status).toBe(202);
      expect((await send(url, 'after')).status).toBe(202);
      expect(await placedAlerts(3)).toEqual(['after', 'before', 'during']);
      const incidents = await fetch(`${url}/api/v1/incidents`, { headers: { cookie } });
      expect([incidents.status, await incidents.text()]).toEqual([200, expect.stringContaining('alert before')]);
      await publishedPage(url, (text) => text !== page);
    } finally {
      expect(await server.stop()).toBe(0);
      await gate.shut();
    }
    expect(server.output()).not.toMatch(/Unhandled|uncaught/i);
  });

  it('is away when HugOps is told to stop: it stops', async () => {
    const gate = await openGate(database.url);
    await gate.open();
    const server = await startServer(
      { DATABASE_URL: gate.url, HUGOPS_DATA_DIR: join(scratch.path, 'stop') },
      await freePort(),
    );
    await gate.shut();
    const askedAt = performance.now();
    expect(await server.stop()).toBe(0);
    expect(performance.now() - askedAt).toBeLessThan(9_500);
  });
});

const ready = (url: string): Promise<unknown> =>
  eventually('HugOps is ready again', async () => (await fetch(`${url}/readyz`)).ok);

const publishedPage = (url: string, is: (text: string) => boolean): Promise<string> =>
  eventually('the page is published', async () => {
    const text = await (await fetch(url)).text();
    return is(text) ? text : undefined;
  });

/** Straight from the database, past the gate: which alerts were placed in an incident. */
async function placedAlerts(count: number): Promise<string[]> {
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  try {
    return await eventually('all alerts are placed', async () => {
      const { rows } = await client.query<{ dedup_key: string }>('select dedup_key from alerts order by dedup_key');
      return rows.length >= count ? rows.map((row) => row.dedup_key) : undefined;
    });
  } finally {
    await client.end();
  }
}
