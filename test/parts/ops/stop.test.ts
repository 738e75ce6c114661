import { writeFile } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startServer } from '../../crash/server-process.ts';
import { freePort } from '../../harness/free-port.ts';
import { startSmtpServer } from '../../harness/smtp-server.ts';
import { waitUntil } from '../../harness/wait-until.ts';
import { copyDataDir, scratchDirectory, signIn } from './hugops-command.ts';

// SIGTERM: what is under way is finished, nothing is accepted that would not be kept, and the process is gone within seconds with exit code 0.

const admin = { HUGOPS_ADMIN_EMAIL: 'alice@example.com', HUGOPS_ADMIN_PASSWORD: 'correct horse battery' };
const key = '0123456789abcdef0123456789abcdef';
const yaml = `
people:
  alice: { name: Alice, email: alice@example.com, timeZone: UTC, contact: [{ kind: email, address: alice@example.com }] }
policies:
  default: { steps: [{ notify: [{ person: alice }] }] }
services:
  checkout:
    name: Checkout
    integrations: { pager: { kind: events-v2, key: '\${env:PAGER_KEY}' } }
`;

let scratch: Awaited<ReturnType<typeof scratchDirectory>>;
let seed: string;
beforeAll(async () => {
  scratch = await scratchDirectory();
  seed = join(scratch.path, 'seed');
  await writeFile(join(scratch.path, 'hugops.yaml'), yaml);
  const server = await start(seed);
  expect(await server.stop()).toBe(0);
});
afterAll(() => scratch.remove());

async function start(directory: string, more: Record<string, string> = {}) {
  const port = await freePort();
  const environment = {
    HUGOPS_DATA_DIR: directory,
    HUGOPS_CONFIG: join(scratch.path, 'hugops.yaml'),
    PAGER_KEY: key,
    ...admin,
    ...more,
  };
  return { ...(await startServer(environment, port)), port, url: `http://127.0.0.1:${port}` };
}

let count = 0;
async function started(more: Record<string, string> = {}) {
  const directory = join(scratch.path, `data-${++count}`);
  await copyDataDir(seed, directory);
  return { ...(await start(directory, more)), directory };
}

/** `Expect` makes the server say when it has begun with the request. */
const headOf = (path: string, length: number): string =>
  `POST ${path} HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Type: application/json\r\nContent-Length: ${length}\r\n\r\n`;

/** Everything that a raw connection has received. */
function listen(socket: Socket): { text(): string; ended: Promise<unknown> } {
  let text = '';
  socket.on('data', (chunk) => (text += chunk.toString()));
  socket.on('error', () => undefined);
  return { text: () => text, ended: new Promise((resolve) => socket.once('close', resolve)) };
}

it('ends an open event stream, a kept connection and a request that never comes to its end', async () => {
  const server = await started();
  const cookie = await signIn(server.url, admin);
  const live = await fetch(`${server.url}/api/v1/live`, { headers: { cookie } });
  const reader = live.body?.getReader();
  const first = await reader?.read();
  expect(new TextDecoder().decode(first?.value)).toContain('event: change');

  const idle = connect(server.port, '127.0.0.1');
  const idleHeard = listen(idle);
  idle.write('GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n');
  await waitUntil('the answer on the kept connection', () => idleHeard.text().includes('ok'));
  const slow = connect(server.port, '127.0.0.1');
  const slowHeard = listen(slow);
  slow.write(headOf('/report', 50));

  await waitUntil('the server waits for the body', () => slowHeard.text().includes('100 Continue'));
  const askedAt = performance.now();
  const code = await server.stop();
  expect({ code, output: server.output() }).toEqual({ code: 0, output: expect.not.stringMatching(/\n\s+at /) });
  expect(performance.now() - askedAt).toBeLessThan(8_000);
  await Promise.all([idleHeard.ended, slowHeard.ended]);
  // The stream ended as streams end, and not by a broken connection.
  for (let more = await reader?.read(); more?.done === false; more = await reader?.read());
  await expect(fetch(`${server.url}/healthz`)).rejects.toThrow(/fetch failed/);
});

it('finishes a request that was under way: the answer comes, and what it promised is kept', async () => {
  const server = await started();
  const socket = connect(server.port, '127.0.0.1');
  const heard = listen(socket);
  const event = {
    routing_key: key,
    event_action: 'trigger',
    dedup_key: 'last',
    payload: { summary: 'last words', source: 'a', severity: 'error' },
  };
  const body = JSON.stringify(event);
  socket.write(headOf('/v2/enqueue', body.length));
  await waitUntil('the server waits for the body', () => heard.text().includes('100 Continue'));
  socket.write(body.slice(0, 20));
  const stopping = server.stop();
  await waitUntil('new connections are refused', await refused(server.port));
  socket.write(body.slice(20));
  await heard.ended;
  expect(heard.text()).toMatch(/^HTTP\/1\.1 202 /m);
  expect(await stopping).toBe(0);

  const next = await start(server.directory);
  const incidents = await fetch(`${next.url}/api/v1/incidents`, { headers: { cookie: await signIn(next.url, admin) } });
  expect(await incidents.text()).toContain('last words');
  expect(await next.stop()).toBe(0);
});

it('does not wait for a mail server that says nothing, and pages again at the next start', async () => {
  const smtp = await startSmtpServer();
  smtp.behave('hang');
  const server = await started({ HUGOPS_SMTP_URL: smtp.url });
  const event = {
    routing_key: key,
    event_action: 'trigger',
    dedup_key: 'mute',
    payload: { summary: 'silence', source: 'a', severity: 'critical' },
  };
  const answer = await fetch(`${server.url}/v2/enqueue`, { method: 'POST', body: JSON.stringify(event) });
  expect(answer.status).toBe(202);
  await waitUntil('the page is under way', () => smtp.hanging() === 1, 20_000);
  const askedAt = performance.now();
  expect(await server.stop()).toBe(0);
  expect(performance.now() - askedAt).toBeLessThan(9_000);

  smtp.behave('accept');
  const next = await start(server.directory, { HUGOPS_SMTP_URL: smtp.url });
  await smtp.waitForMail('the page', (mail) => mail.raw.includes('silence'), 30_000);
  expect(await next.stop()).toBe(0);
  await smtp.close();
});

it('ends at once at a second signal', async () => {
  const server = await started();
  const slow = connect(server.port, '127.0.0.1');
  const heard = listen(slow);
  slow.write(headOf('/report', 50));
  await waitUntil('the server waits for the body', () => heard.text().includes('100 Continue'));
  const ending = server.stop();
  await waitUntil('new connections are refused', await refused(server.port));
  const again = setInterval(() => process.kill(server.pid, 'SIGINT'), 100);
  const code = await ending.finally(() => clearInterval(again));
  // 1 when the second signal was later than the first's own end.
  expect(code === 1 || code === 0).toBe(true);
  await heard.ended;
});

/** A condition that holds once the port takes no new connection. */
async function refused(port: number): Promise<() => boolean> {
  let isRefused = false;
  const ask = (): void => {
    const probe = connect(port, '127.0.0.1');
    probe.once('error', () => (isRefused = true));
    probe.once('connect', () => {
      probe.destroy();
      setTimeout(ask, 20);
    });
  };
  ask();
  return () => isRefused;
}
