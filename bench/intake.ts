import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { connect } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { pino } from 'pino';
import { systemClock } from '../src/platform/clock.ts';
import { type Ctx, transact } from '../src/platform/context.ts';
import { openDatabase } from '../src/platform/db/open-database.ts';
import { listen } from '../src/platform/http/server.ts';
import { createLoop, type Loop } from '../src/platform/loop.ts';
import { openMetrics } from '../src/platform/metrics.ts';
import { systemRandom } from '../src/platform/random.ts';
import { processSignals, raiseSignals } from '../src/respond/index.ts';
import { hashKey, inboundRoutes } from '../src/watch/inbound/index.ts';

const clients = 16;
const distinctKeys = 1_000;
const routingKey = 'b'.repeat(32);
const seconds = { limits: 3, warmUp: 2, alone: 6, together: 6 };

/** What a client process measured: answers in `seconds`, and how long they took in milliseconds. */
interface Load {
  answers: number;
  refused: number;
  seconds: number;
  p50Ms: number;
  p99Ms: number;
}

/**
 * `npm run bench -- intake`: events a second that /v2/enqueue accepts from 16 keep-alive clients in another process, each answered after its
 * commit has reached the disk of the embedded database, while every signal is also placed. Beside it, in the same run: the same without
 * placing, the same rows inserted 16 a commit without HTTP, and a bare HTTP echo.
 */
export const bench = {
  name: 'intake',
  what: 'durable events a second by POST /v2/enqueue, 16 clients, embedded database',
  floor: 2_000,
  async run(): Promise<{ figure: number; unit: string; ok: boolean }> {
    const directory = await mkdtemp(path.join(os.tmpdir(), 'hugops-intake-'));
    const opened = await openDatabase({ dataDir: directory });
    try {
      const ctx = await prepare(opened.db);
      const echo = await measureEcho();
      const inserts = await measureInserts(ctx);
      const { alone, together, memory, backlog } = await measureIntake(ctx);
      const rate = (load: Load): number => load.answers / load.seconds;
      const figure = Math.round(rate(together));
      print([
        ['HTTP echo without a database', `${Math.round(rate(echo))}/s`, times(echo)],
        ['inserts of 16 rows a commit, no HTTP', `${Math.round(inserts)}/s`, ''],
        ['events accepted, not placed', `${Math.round(rate(alone))}/s`, times(alone)],
        ['events accepted while placing', `${figure}/s`, times(together)],
        ['  of the insert limit', `${Math.round((100 * rate(together)) / inserts)} %`, ''],
        ['  refused', String(alone.refused + together.refused), ''],
        ['  waiting for their place at the end', String(backlog), ''],
        ['resident memory, warm → end', `${memory.warm} → ${memory.end} MB`, ''],
      ]);
      const ok = figure >= this.floor && alone.refused + together.refused === 0;
      return { figure, unit: 'events/s', ok };
    } finally {
      await opened.close();
      await rm(directory, { recursive: true, force: true });
    }
  },
};

const times = (load: Load): string => `p50 ${load.p50Ms.toFixed(1)} ms, p99 ${load.p99Ms.toFixed(1)} ms`;

function print(rows: [string, string, string][]): void {
  for (const [what, figure, more] of rows) console.log(`${what.padEnd(40)} ${figure.padStart(14)}   ${more}`);
}

async function prepare(db: Ctx['db']): Promise<Ctx> {
  const row = { owned_by: 'console', created_at: 1, archived_at: null } as const;
  const service = { ...row, id: 'shop', name: 'Shop', team_id: null, policy_id: null, status_since: 1 };
  await db.insertInto('services').values(service).execute();
  const integration = { ...row, id: 'int_1', kind: 'events-v2', name: 'Monitoring', service_id: 'shop' };
  await db
    .insertInto('integrations')
    .values({ ...integration, key_hash: hashKey(routingKey), key_hint: '' })
    .execute();
  return {
    db,
    clock: systemClock,
    random: systemRandom,
    log: pino({ level: 'error' }),
    metrics: openMetrics(false),
    publicUrl: 'http://127.0.0.1',
    secret: 'secret',
    nodeId: 'bench',
    wake: () => undefined,
  };
}

/** Node's own HTTP server that reads the body and says 202: what any answer over HTTP costs here. */
async function measureEcho(): Promise<Load> {
  const server = createServer((request, response) => {
    request.resume().on('end', () => response.writeHead(202, { 'content-length': 2 }).end('{}'));
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const address = server.address();
  const port = address !== null && typeof address === 'object' ? address.port : 0;
  const load = await runClients(port, seconds.limits);
  server.closeAllConnections();
  server.close();
  return load;
}

/** Rows a second when nothing but the database is asked: the same rows, 16 in each transaction. */
async function measureInserts(ctx: Ctx): Promise<number> {
  const event = exampleEvent(0);
  const signals = Array.from({ length: clients }, (_, i) => ({
    serviceId: 'shop',
    sourceKind: 'events-v2',
    sourceId: 'int_1',
    dedupKey: `key-${i}`,
    status: 'firing' as const,
    severity: 'critical' as const,
    summary: event.payload.summary,
    evidence: event.payload,
    at: 1,
  }));
  const start = performance.now();
  let rows = 0;
  while (performance.now() - start < seconds.limits * 1000) {
    await transact(ctx, (tx) => raiseSignals(tx, signals));
    rows += signals.length;
  }
  const rate = rows / ((performance.now() - start) / 1000);
  await ctx.db.deleteFrom('signals').execute();
  return rate;
}

async function measureIntake(base: Ctx) {
  let wakePlacing = (): void => undefined;
  const ctx: Ctx = { ...base, wake: () => wakePlacing() };
  const app = inboundRoutes(ctx);
  const server = await listen({ fetch: app.fetch, port: 0, host: '127.0.0.1', trustedProxies: 0 });
  try {
    await runClients(server.port, seconds.warmUp);
    const warm = residentMb();
    const alone = await runClients(server.port, seconds.alone);
    await ctx.db.updateTable('signals').set({ outcome: 'repeat:same-key' }).where('outcome', 'is', null).execute();
    const placing = startPlacing(ctx);
    wakePlacing = placing.wake;
    const together = await runClients(server.port, seconds.together);
    wakePlacing = () => undefined;
    await placing.stop();
    const { backlog } = await ctx.db
      .selectFrom('signals')
      .select((select) => select.fn.countAll<number>().as('backlog'))
      .where('outcome', 'is', null)
      .executeTakeFirstOrThrow();
    return { alone, together, backlog, memory: { warm, end: residentMb() } };
  } finally {
    await server.close(100);
  }
}

const residentMb = (): number => Math.round(process.memoryUsage.rss() / 1_000_000);

/** Places signals as the running program does: woken by each commit, until nothing waits. */
function startPlacing(ctx: Ctx): Loop {
  const loop = createLoop({
    name: 'signals',
    pollMs: 1_000,
    run: () => processSignals(ctx, ctx.clock.now()),
    log: ctx.log,
    onError: (error) => ctx.log.error({ err: error }, 'placing failed'),
  });
  loop.start();
  return loop;
}

async function runClients(port: number, forSeconds: number): Promise<Load> {
  const child = fork(import.meta.filename, [], { env: { ...process.env, INTAKE_CLIENT: `${port} ${forSeconds}` } });
  const [load] = (await once(child, 'message')) as [Load];
  await once(child, 'exit');
  return load;
}

function exampleEvent(i: number) {
  return {
    routing_key: routingKey,
    event_action: 'trigger',
    dedup_key: `shop/web-${i % distinctKeys}`,
    client: 'Monitoring',
    client_url: 'https://monitoring.example.com/alerts',
    payload: {
      summary: `Latency of web-${i % distinctKeys}.example.com is above 500 ms`,
      source: `web-${i % distinctKeys}.example.com`,
      severity: 'critical',
      component: 'http',
      group: 'shop',
      class: 'latency',
      custom_details: { p50: '310 ms', p99: '812 ms', region: 'eu-central-1', version: '2026.3.1', sample: i },
    },
  };
}

/** The client process: bare sockets, so that little of the two cores is spent on asking. */
async function beClient(port: number, forSeconds: number): Promise<void> {
  const end = performance.now() + forSeconds * 1000;
  const latencies: number[] = [];
  let refused = 0;
  let sent = 0;
  const one = (): Promise<void> =>
    new Promise((resolve, reject) => {
      let askedAt = 0;
      let answer = '';
      const ask = (): void => {
        const body = JSON.stringify(exampleEvent(sent++));
        const head = `POST /v2/enqueue HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\ncontent-length: `;
        askedAt = performance.now();
        socket.write(`${head}${Buffer.byteLength(body)}\r\n\r\n${body}`);
      };
      const socket = connect(port, '127.0.0.1', ask).setNoDelay().setEncoding('latin1');
      socket.on('error', reject);
      socket.on('data', (chunk: string) => {
        answer += chunk;
        const bodyAt = answer.indexOf('\r\n\r\n') + 4;
        const length = /content-length: (\d+)/i.exec(answer)?.[1];
        if (bodyAt < 4 || length === undefined || answer.length < bodyAt + Number(length)) return;
        if (answer.startsWith('HTTP/1.1 202')) latencies.push(performance.now() - askedAt);
        else refused++;
        answer = '';
        if (performance.now() < end) ask();
        else socket.end(resolve);
      });
    });
  const start = performance.now();
  await Promise.all(Array.from({ length: clients }, one));
  const took = (performance.now() - start) / 1000;
  latencies.sort((a, b) => a - b);
  const at = (share: number): number => latencies[Math.floor(latencies.length * share)] ?? 0;
  process.send?.({ answers: latencies.length, refused, seconds: took, p50Ms: at(0.5), p99Ms: at(0.99) } satisfies Load);
}

if (import.meta.main) {
  const [port, forSeconds] = (process.env['INTAKE_CLIENT'] ?? '').split(' ').map(Number);
  if (port && forSeconds) {
    await beClient(port, forSeconds);
    process.disconnect?.();
  } else {
    const { figure, unit, ok } = await bench.run();
    console.log(`${bench.name}: ${figure} ${unit}, at least ${bench.floor}: ${ok ? 'yes' : 'NO'}`);
    process.exitCode = ok ? 0 : 1;
  }
}
