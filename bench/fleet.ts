import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { Bench } from './bench.ts';
import { cpuSeconds, residentMb } from './process-figures.ts';
import { openBenchServer, quantile } from './server.ts';

const intervalS = 30;
const sizes = (process.env['FLEET_CHECKS'] ?? '10000,30000').split(',').map(Number);
const warmS = Number(process.env['FLEET_WARM_S'] ?? 45);
const measuredS = Number(process.env['FLEET_SECONDS'] ?? 60);
const limits = { latenessMs: 250, cores: 0.5, homeMs: 100 };

interface Figures {
  checks: number;
  /** Checks that ran as often as the time holds intervals, and the fewest runs of any. */
  ran: number;
  latenessP99Ms: number;
  cores: number;
  residentMb: number;
  overviewP99Ms: number;
  homeP99Ms: number;
}

/**
 * `npm run bench -- fleet`: HTTP checks at 30 s against a loopback server in another process, in one HugOps with its durable embedded database:
 * whether all run, how late they start, what it costs, and whether the console's home still answers at once. The first size has the floor, those
 * after it are stated.
 */
export const bench: Bench = {
  name: 'fleet',
  what: `${sizes.map((size) => size.toLocaleString('en')).join(', then ')} HTTP checks at ${intervalS} s in one process`,
  floor: `all run, starts at most ${limits.latenessMs} ms late (p99), under ${limits.cores} of a core, the console's home within ${limits.homeMs} ms (p99)`,
  async run() {
    const target = await openTarget();
    try {
      const all: Figures[] = [];
      for (const size of sizes) {
        const figures = await measure(size, target);
        all.push(figures);
        print(figures);
      }
      const [first] = all;
      if (first === undefined) throw new Error('no size was asked for');
      const ok =
        first.ran === first.checks &&
        first.latenessP99Ms < limits.latenessMs &&
        first.cores < limits.cores &&
        first.overviewP99Ms < limits.homeMs &&
        first.homeP99Ms < limits.homeMs;
      return { figure: Number(first.cores.toFixed(2)), unit: 'cores', ok };
    } finally {
      target.child.kill();
      await once(target.child, 'exit');
    }
  },
};

function print(figures: Figures): void {
  console.log(`${figures.checks.toLocaleString('en')} checks at ${intervalS} s, measured for ${measuredS} s
  ran in every interval          ${figures.ran.toLocaleString('en')}
  lateness of starts, p99        ${figures.latenessP99Ms.toFixed(0)} ms (upper bound of its histogram bucket, interpolated)
  cores, HugOps alone            ${figures.cores.toFixed(2)}
  resident memory                ${figures.residentMb.toFixed(0)} MB
  GET /api/v1/overview, p99      ${figures.overviewP99Ms.toFixed(1)} ms
  GET /console, p99              ${figures.homeP99Ms.toFixed(1)} ms`);
}

interface Target {
  child: ChildProcess;
  port: number;
  /** How often each check has asked since the last call. */
  runs(): Promise<Record<string, number>>;
}

async function measure(size: number, target: Target): Promise<Figures> {
  const owner = { email: 'owner@example.com', password: 'correct horse battery' };
  const server = await openBenchServer(yaml(size, target.port), {
    HUGOPS_ADMIN_EMAIL: owner.email,
    HUGOPS_ADMIN_PASSWORD: owner.password,
  });
  try {
    const cookie = await signIn(server.url, owner);
    await pause(warmS * 1_000);
    await target.runs();
    const before = { delays: await readDelays(server.url), cpu: cpuSeconds(server.pid), at: performance.now() };
    const overview: number[] = [];
    const home: number[] = [];
    while (performance.now() - before.at < measuredS * 1_000) {
      overview.push(await timed(`${server.url}/api/v1/overview`, cookie));
      home.push(await timed(`${server.url}/console`, cookie));
      await pause(250);
    }
    const cores = (cpuSeconds(server.pid) - before.cpu) / ((performance.now() - before.at) / 1_000);
    const runs = Object.values(await target.runs());
    const wanted = Math.floor(measuredS / intervalS);
    return {
      checks: size,
      ran: runs.filter((count) => count >= wanted).length,
      latenessP99Ms: p99Of(before.delays, await readDelays(server.url)),
      cores,
      residentMb: residentMb(server.pid),
      overviewP99Ms: quantile(overview, 0.99),
      homeP99Ms: quantile(home, 0.99),
    };
  } finally {
    await server.close();
  }
}

async function signIn(url: string, owner: { email: string; password: string }): Promise<string> {
  const answer = await fetch(`${url}/api/auth/sign-in/email`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: url },
    body: JSON.stringify(owner),
  });
  if (!answer.ok) throw new Error(`signing in: ${answer.status} ${await answer.text()}`);
  return answer.headers
    .getSetCookie()
    .map((cookie) => cookie.split(';', 1)[0])
    .join('; ');
}

async function timed(url: string, cookie: string): Promise<number> {
  const start = performance.now();
  const answer = await fetch(url, { headers: { cookie } });
  await answer.arrayBuffer();
  if (!answer.ok) throw new Error(`${url}: ${answer.status}`);
  return performance.now() - start;
}

/** The cumulative counts of hugops_check_start_delay_seconds by upper bound, in milliseconds. */
async function readDelays(url: string): Promise<Map<number, number>> {
  const text = await (await fetch(`${url}/metrics`)).text();
  const found = text.matchAll(/^hugops_check_start_delay_seconds_bucket\{le="([^"]+)"\} (\d+)$/gm);
  return new Map(
    [...found].map(([, bound, count]) => [bound === '+Inf' ? Infinity : Number(bound) * 1_000, Number(count)]),
  );
}

/** As histogram_quantile() of PromQL: even within a bucket. */
function p99Of(before: Map<number, number>, after: Map<number, number>): number {
  const counts = [...after].map(([bound, count]) => [bound, count - (before.get(bound) ?? 0)] as const);
  const rank = 0.99 * (counts.at(-1)?.[1] ?? 0);
  let low: readonly [number, number] = [0, 0];
  for (const bucket of counts) {
    const [bound, count] = bucket;
    if (count >= rank) return low[0] + ((bound - low[0]) * (rank - low[1])) / (count - low[1] || 1);
    low = bucket;
  }
  return Infinity;
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

const perService = 100;
const yaml = (count: number, port: number): string => `
people:
  alice: { name: Alice, email: alice@example.com, timeZone: UTC, contact: [{ kind: email, address: alice@example.com }] }
teams: { shop: { name: Shop, members: [alice], policy: shop } }
policies: { shop: { name: Shop, steps: [{ notify: [{ person: alice }], wait: 5m }] } }
services:
${Array.from(
  { length: Math.ceil(count / perService) },
  (_, s) =>
    `  s${s}:\n    name: Service ${s}\n    team: shop\n    checks:\n${Array.from(
      { length: Math.min(perService, count - s * perService) },
      (_c, c) => `      c${c}: { kind: http, url: 'http://127.0.0.1:${port}/${s}-${c}', interval: ${intervalS}s }`,
    ).join('\n')}`,
).join('\n')}
statusPage: { title: Bench, groups: [{ name: All, components: [{ service: s0 }] }] }
`;

async function openTarget(): Promise<Target> {
  const child = fork(import.meta.filename, { env: { ...process.env, FLEET_TARGET: '1' } });
  const [port] = (await once(child, 'message')) as [number];
  return {
    child,
    port,
    async runs() {
      const answer = once(child, 'message');
      child.send('runs');
      const [runs] = (await answer) as [Record<string, number>];
      return runs;
    },
  };
}

/** The target, in a process of its own so that its processor time is not HugOps'. */
function beTarget(): void {
  let runs: Record<string, number> = {};
  const server = createServer((asked, answer) => {
    const path = asked.url ?? '';
    runs[path] = (runs[path] ?? 0) + 1;
    answer.end('ok');
  });
  server.listen(0, '127.0.0.1', 4_096, () => {
    const address = server.address();
    if (address !== null && typeof address !== 'string') process.send?.(address.port);
  });
  process.on('message', () => {
    process.send?.(runs);
    runs = {};
  });
  process.once('disconnect', () => process.exit());
}

if (process.env['FLEET_TARGET'] === '1') beTarget();
