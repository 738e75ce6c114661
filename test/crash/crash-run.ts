import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDatabase } from '../../src/platform/db/open-database.ts';
import { freePort } from '../harness/free-port.ts';
import { compare, type Verdict } from './compare.ts';
import { startLoad } from './load.ts';
import { type ServerProcess, startServer } from './server-process.ts';
import { openSink } from './sink.ts';

export interface CrashOptions {
  kills: number;
  seed: number;
  /** Told after each kill. */
  onKill?(done: number): void;
}

const services = 12;
const admin = { email: 'owner@example.com', password: 'correct horse battery' };

/**
 * Kills the server with SIGKILL at random moments under load, starts it again each time, and then compares what the world was promised with
 * what is there: every 202, every verdict that was shown, every hug, every owed page; and how often a page came twice.
 */
export async function runCrash({ kills, seed, onKill }: CrashOptions): Promise<Verdict> {
  const random = mulberry32(seed);
  const directory = await mkdtemp(join(tmpdir(), 'hugops-crash-'));
  const sink = await openSink(random);
  const flapping = await openFlapping();
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const keys = Array.from(
    { length: services },
    (_, i) => `crash-test-routing-key-number-${String(i).padStart(2, '0')}`,
  );
  await writeFile(join(directory, 'hugops.yaml'), yaml(keys.length, flapping.url));
  const environment = {
    HUGOPS_DATA_DIR: directory,
    HUGOPS_URL: url,
    HUGOPS_CONFIG: join(directory, 'hugops.yaml'),
    HUGOPS_ADMIN_EMAIL: admin.email,
    HUGOPS_ADMIN_PASSWORD: admin.password,
    SINK: sink.url,
    SINK_SECRET: `whsec_${Buffer.alloc(24, 7).toString('base64')}`,
    ...Object.fromEntries(keys.map((key, i) => [`KEY_${i}`, key])),
  };
  let server: ServerProcess | undefined = await startServer(environment, port);
  try {
    const apiKey = await makeApiKey(url);
    // The run is over before it would have been steady for five minutes, and its services never rest.
    await fetch(`${url}/api/v1/thanks/settings`, {
      method: 'PUT',
      headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' },
      body: JSON.stringify({ steadyMinutes: 0 }),
    });
    const load = startLoad({ url, apiKey, keys, random, hasArrived: (key) => sink.keys.has(key) });
    for (let kill = 1; kill <= kills; kill++) {
      await pause(30 + random() * 2_500);
      await server.kill();
      server = undefined;
      server = await startServer(environment, port);
      onKill?.(kill);
    }
    await pause(500);
    await load.stop();
    await settle(url, sink.arrivals);
    await server.stop();
    server = undefined;
    const database = await openDatabase({ dataDir: join(directory, 'db') });
    try {
      return await compare(database.db, load.promised, sink.arrivals, kills);
    } finally {
      await database.close();
    }
  } finally {
    await server?.kill();
    await sink.close();
    await flapping.close();
    await rm(directory, { recursive: true, force: true });
  }
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Lets the survivors finish: nothing new has come for three seconds (a retry after a failure waits two). */
async function settle(url: string, arrivals: ReadonlyMap<string, number>): Promise<void> {
  const total = (): number => [...arrivals.values()].reduce((sum, count) => sum + count, 0);
  let quietSince = performance.now();
  let last = total();
  const deadline = performance.now() + 90_000;
  while (performance.now() < deadline && performance.now() - quietSince < 3_000) {
    await pause(100);
    // A page in a storm may wait for the next summary, a minute later.
    const waiting = await waitingPages(url);
    if (total() !== last || waiting > 0) quietSince = performance.now();
    last = total();
  }
}

let session: string | undefined;

async function waitingPages(url: string): Promise<number> {
  const response = await fetch(`${url}/api/v1/incidents`, { headers: { authorization: `Bearer ${session ?? ''}` } });
  const { incidents } = (await response.json()) as { incidents: { id: string }[] };
  let waiting = 0;
  for (const { id } of incidents) {
    const incident = await fetch(`${url}/api/v1/incidents/${id}`, {
      headers: { authorization: `Bearer ${session ?? ''}` },
    });
    const { pages } = (await incident.json()) as { pages: { status: string }[] };
    if (pages.length === 0 || pages.some((page) => page.status === 'pending' || page.status === 'sending')) waiting++;
  }
  return waiting;
}

async function makeApiKey(url: string): Promise<string> {
  const json = { 'content-type': 'application/json', origin: url };
  const signIn = await fetch(`${url}/api/auth/sign-in/email`, {
    method: 'POST',
    headers: json,
    body: JSON.stringify(admin),
  });
  const cookie = signIn.headers
    .getSetCookie()
    .map((one) => one.split(';')[0])
    .join('; ');
  const made = await fetch(`${url}/api/v1/api-keys`, {
    method: 'POST',
    headers: { ...json, cookie },
    body: JSON.stringify({ name: 'crash' }),
  });
  if (made.status !== 201) throw new Error(`no API key: ${made.status} ${await made.text()}`);
  session = ((await made.json()) as { key: string }).key;
  return session;
}

/** A service that is up for a second and down for a second, so that verdicts change all the time. */
async function openFlapping(): Promise<{ url: string; close(): Promise<void> }> {
  const server = createServer((_, response) =>
    response.writeHead(Math.floor(performance.now() / 2_500) % 2 === 0 ? 200 : 500).end(),
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('a TCP server has a TCP address');
  return {
    url: `http://127.0.0.1:${address.port}/`,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

// One person a service, so that no contact method gets so many pages that they are summed up; the pager's own rules have their own tests.
const yaml = (count: number, flappingUrl: string): string => `
people:
${Array.from({ length: count }, (_, i) => `  p${i}: { name: Person ${i}, email: p${i}@example.com, timeZone: UTC, contact: [{ kind: webhook, url: '\${env:SINK}', secret: '\${env:SINK_SECRET}' }] }`).join('\n')}
teams:
  crash: { name: Crash, members: [p0] }
policies:
${Array.from({ length: count }, (_, i) => `  policy${i}: { name: Policy ${i}, steps: [{ notify: [{ person: p${i} }], wait: 1h }] }`).join('\n')}
services:
${Array.from({ length: count }, (_, i) => `  s${i}: { name: Service ${i}, team: crash, policy: policy${i}, integrations: { tool: { kind: events-v2, key: '\${env:KEY_${i}}' } } }`).join('\n')}
  flapping: { name: Flapping, team: crash, policy: policy0, checks: { page: { kind: http, url: '${flappingUrl}', interval: 1s, failureThreshold: 1, recoveryThreshold: 1, severity: minor } } }
statusPage:
  title: Crash
  groups: [{ name: All, components: [${Array.from({ length: count }, (_, i) => `{ service: s${i} }`).join(', ')}] }]
`;

/** A small seeded generator (mulberry32, Tommy Ettinger, public domain). */
export function mulberry32(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
