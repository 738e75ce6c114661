import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../test/harness/free-port.ts';
import { waitUntil } from '../test/harness/wait-until.ts';
import type { Bench } from './bench.ts';
import { openBenchServer, quantile } from './server.ts';

const perSecond = 50;
const steady = 400;
const atOnce = 1_000;
const limits = { p50Ms: 20, p99Ms: 100, firstMs: 1_000, lastMs: 10_000 };
const secret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
/** As many single messages as a person may get in a minute. */
const perPerson = 10;
const keyOf = (index: number): string => `k${String(index).padStart(31, '0')}`;

/**
 * From the answer to an event (durable by then) to the request at the channel, each event an incident of its own, and nobody gets more than storm
 * control allows: first 50 events a second, then 1,000 at once. Beside it Debian's prometheus-alertmanager with
 * the same webhook, which keeps no alert on disk.
 */
export const bench: Bench = {
  name: 'page-latency',
  what: 'from an accepted event to the request at the channel, at 50 events/s and 1,000 incidents at once',
  floor: `p50 under ${limits.p50Ms} ms, p99 under ${limits.p99Ms} ms; of 1,000 the first under 1 s, the last under 10 s`,
  async run() {
    const channel = await openChannel();
    const keys = Array.from({ length: steady + atOnce }, (_, index) => [`KEY_${index}`, keyOf(index)] as const);
    const server = await openBenchServer(yaml(channel.port, keys.length), Object.fromEntries(keys));
    try {
      const send = async (index: number): Promise<number> => {
        const response = await fetch(`${server.url}/v2/enqueue`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify(event(index)),
        });
        if (response.status !== 202) throw new Error(`HugOps answered ${response.status}: ${await response.text()}`);
        await response.arrayBuffer();
        return performance.now();
      };
      const delays = await measureSteady(channel, send);
      const storm = await measureStorm(channel, send);
      const peer = await measureAlertmanager(channel);
      const [p50, p99] = [quantile(delays, 0.5), quantile(delays, 0.99)];
      const row = (what: string, values: readonly number[]): void =>
        console.log(
          `${what.padEnd(44)} ${[0.5, 0.9, 0.99, 1].map((q) => quantile(values, q).toFixed(1).padStart(8)).join(' ')}`,
        );
      console.log(`${''.padEnd(44)}      p50      p90      p99      max`);
      row(`HugOps, ${perSecond} events/s, ms`, delays);
      if (peer === undefined)
        console.log('prometheus-alertmanager                      is not installed: no peer in this run');
      else row(`prometheus-alertmanager, ${perSecond} alerts/s, ms`, peer);
      console.log(
        `1,000 incidents at once: first page after ${storm.firstMs.toFixed(0)} ms, last after ${storm.lastMs.toFixed(0)} ms`,
      );
      const ok =
        p50 < limits.p50Ms && p99 < limits.p99Ms && storm.firstMs < limits.firstMs && storm.lastMs < limits.lastMs;
      return { figure: `${p50.toFixed(1)} / ${p99.toFixed(1)}`, unit: 'ms p50 / p99', ok };
    } finally {
      await server.close();
      await channel.close();
    }
  },
};

type Channel = Awaited<ReturnType<typeof openChannel>>;

/** Takes pages, and notes when each path was first asked for. */
async function openChannel() {
  const arrived = new Map<string, number>();
  const server = createServer((request, response) => {
    const at = performance.now();
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      // The peer sends several alerts in one request, and names them in its body.
      const names =
        request.url === '/peer'
          ? (Buffer.concat(chunks)
              .toString()
              .match(/peer-\d+/g) ?? [])
          : [request.url ?? ''];
      for (const name of names) if (!arrived.has(name)) arrived.set(name, at);
      response.writeHead(200).end();
    });
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('a TCP server has a TCP address');
  return {
    port: address.port,
    arrived,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function measureSteady(channel: Channel, send: (index: number) => Promise<number>): Promise<number[]> {
  const accepted = await paced(steady, send);
  const missing = (): number => accepted.filter((_, index) => !channel.arrived.has(`event-${index}`)).length;
  await waitUntil('every page', () => missing() === 0, 60_000);
  return accepted.map((at, index) => Math.max(0, (channel.arrived.get(`event-${index}`) ?? Infinity) - at));
}

/** Sends so many at an even pace. Returns when each was answered. */
async function paced(count: number, send: (index: number) => Promise<number>): Promise<number[]> {
  const start = performance.now();
  const answers: Promise<number>[] = [];
  for (let index = 0; index < count; index++) {
    const waitMs = start + (index * 1_000) / perSecond - performance.now();
    if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
    answers.push(send(index));
  }
  return Promise.all(answers);
}

async function measureStorm(channel: Channel, send: (index: number) => Promise<number>) {
  const start = performance.now();
  const indices = Array.from({ length: atOnce }, (_, index) => steady + index);
  await Promise.all(indices.map(send));
  await waitUntil('the last page', () => indices.every((index) => channel.arrived.has(`event-${index}`)), 120_000);
  const times = indices.map((index) => (channel.arrived.get(`event-${index}`) ?? Infinity) - start);
  return { firstMs: Math.min(...times), lastMs: Math.max(...times) };
}

/** The same for Debian's prometheus-alertmanager, grouping nothing; undefined when it is not installed. */
async function measureAlertmanager(channel: Channel): Promise<number[] | undefined> {
  try {
    execFileSync('prometheus-alertmanager', ['--version'], { stdio: 'ignore' });
  } catch {
    return undefined;
  }
  const directory = await mkdtemp(join(tmpdir(), 'hugops-alertmanager-'));
  const port = await freePort();
  const config = join(directory, 'alertmanager.yml');
  await writeFile(config, peerConfig(channel.port));
  const child = spawn(
    'prometheus-alertmanager',
    [
      `--config.file=${config}`,
      `--storage.path=${directory}`,
      `--web.listen-address=127.0.0.1:${port}`,
      '--cluster.listen-address=',
    ],
    { stdio: 'ignore' },
  );
  const ended = once(child, 'exit');
  try {
    const url = `http://127.0.0.1:${port}`;
    await untilReady(`${url}/-/ready`);
    const accepted = await paced(steady, async (index) => {
      const alerts = [{ labels: { alertname: `peer-${index}` } }];
      const response = await fetch(`${url}/api/v2/alerts`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(alerts),
      });
      if (!response.ok) throw new Error(`alertmanager answered ${response.status}`);
      await response.arrayBuffer();
      return performance.now();
    });
    const all = (): boolean => accepted.every((_, index) => channel.arrived.has(`peer-${index}`));
    await waitUntil('every alert', all, 60_000);
    return accepted.map((at, index) => Math.max(0, (channel.arrived.get(`peer-${index}`) ?? Infinity) - at));
  } finally {
    child.kill('SIGKILL');
    await ended;
    await rm(directory, { recursive: true, force: true });
  }
}

async function untilReady(url: string): Promise<void> {
  for (let attempt = 0; attempt < 100; attempt++) {
    const isReady = await fetch(url).then(
      (response) => response.ok,
      () => false,
    );
    if (isReady) return;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  throw new Error('alertmanager does not start');
}

const peerConfig = (port: number): string => `
route: { receiver: hook, group_by: ['...'], group_wait: 0s, group_interval: 1s, repeat_interval: 1h }
receivers: [{ name: hook, webhook_configs: [{ url: 'http://127.0.0.1:${port}/peer' }] }]
`;

const event = (index: number): object => ({
  routing_key: keyOf(index),
  event_action: 'trigger',
  dedup_key: `event-${index}`,
  payload: { summary: `event-${index} of a service`, source: 'bench', severity: 'critical' },
});

function yaml(port: number, count: number): string {
  const indices = Array.from({ length: count }, (_, index) => index);
  const callees = Array.from({ length: Math.ceil(count / perPerson) }, (_, index) => index);
  const people = callees.map(
    (i) =>
      `  p${i}: { name: Person ${i}, email: p${i}@example.com, timeZone: UTC, contact: [{ kind: webhook, url: 'http://127.0.0.1:${port}/page', secret: ${secret} }] }`,
  );
  const policies = callees.map((i) => `  p${i}: { steps: [{ notify: [{ person: p${i} }], wait: 1h }] }`);
  const services = indices.map(
    (i) =>
      `  s${i}: { name: Service ${i}, policy: p${i % callees.length}, integrations: { in: { kind: events-v2, key: '\${env:KEY_${i}}' } } }`,
  );
  return ['people:', ...people, 'policies:', ...policies, 'services:', ...services, ''].join('\n');
}
