import { execFile, spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { freePort } from '../test/harness/free-port.ts';
import { startSmtpServer } from '../test/harness/smtp-server.ts';
import { waitUntil } from '../test/harness/wait-until.ts';
import type { Bench } from './bench.ts';
import { openService } from './failing-service.ts';
import { openBenchServer, quantile } from './server.ts';
import type { LoadOrder, LoadResult } from './stampede-load.ts';

const run = promisify(execFile);
const least = 0.4;
const longestP99Ms = 10;
const longestPageMs = 250;
const mostGrowthMb = 60;
const slowReaders = 5_000;
const phaseMs = 3_000;

/**
 * Everybody reloads the page at once. nginx serves the same file in the same run and is asked the same way: 64 and 512 connections, 200 and 304, kept
 * and new connections. What counts is answers per CPU-second of the server, because the load needs the same processors. Then a service fails under the
 * load, and its page must still go out; and 5,000 readers ask and read nothing.
 */
export const bench: Bench = {
  name: 'stampede',
  what: 'the page under everybody at once, beside nginx (HUGOPS_NGINX=/path/to/nginx where it is not installed)',
  floor: `at least ${least * 100} % of nginx per CPU-second, p99 under ${longestP99Ms} ms at 64 connections, a page under ${longestPageMs} ms meanwhile, memory flat`,
  async run() {
    const service = await openService();
    const smtp = await startSmtpServer();
    const server = await openBenchServer(yaml(service.url), { SMTP_URL: smtp.url });
    const body = await published(server.url);
    const nginx = await openNginx(body);
    try {
      const port = Number(new URL(server.url).port);
      console.log(`the page: ${body.length} bytes, ${gzipSync(body).length} compressed with gzip`);
      if (nginx === undefined)
        console.log('NGINX IS MISSING: apt-get install nginx, or HUGOPS_NGINX=/path. Without it there is no figure.');
      // What is compiled while it is warm, and the memory that this takes, is not what grows.
      await load({ port, path: '/', connections: 64, durationMs: phaseMs, isNew: false }, server.pid);
      const before = memoryMb(server.pid);
      const ratios: number[] = [];
      let p99 = 0;
      console.log('                                  answers/s   per CPU-s      p50      p99      max   errors');
      for (const phase of await phases(port, nginx?.port)) {
        const own = await load(phase.own, server.pid);
        report(`hugops ${phase.name}`, own);
        if (phase.own.connections === 64 && !phase.own.isNew) p99 = Math.max(p99, own.p99);
        if (nginx === undefined) continue;
        const theirs = await load(phase.theirs, nginx.pid);
        report(`nginx  ${phase.name}`, theirs);
        ratios.push(own.perCpuSecond / theirs.perCpuSecond);
        console.log(`       ratio ${(own.perCpuSecond / theirs.perCpuSecond).toFixed(2)}`);
      }
      // A service fails, and its page must go out while everybody asks.
      const pages = pageDelays(service, smtp);
      const meanwhile = await load({ port, path: '/', connections: 64, durationMs: 12_000, isNew: false }, server.pid);
      const delays = await pages.stop();
      report('hugops while a service fails', meanwhile);
      const grown = memoryMb(server.pid) - before;
      const slow = await withSlowReaders(port, server.pid);
      const worst = Math.min(...ratios);
      console.log(`a page meanwhile: ${delays.map((ms) => ms.toFixed(0)).join(', ')} ms`);
      console.log(`memory: ${before.toFixed(0)} MB before, ${grown.toFixed(0)} MB more after`);
      console.log(
        `with ${slow.readers} readers who read nothing: p99 ${slow.p99.toFixed(1)} ms, ${slow.grown.toFixed(0)} MB more`,
      );
      const ok =
        ratios.length > 0 &&
        worst >= least &&
        p99 < longestP99Ms &&
        delays.length > 0 &&
        quantile(delays, 0.5) < longestPageMs &&
        grown < mostGrowthMb &&
        slow.readers === slowReaders &&
        slow.p99 < longestPageMs;
      return {
        figure: ratios.length === 0 ? 'nginx is missing' : `${Math.round(worst * 100)}`,
        unit: '% of nginx',
        ok,
      };
    } finally {
      await server.close();
      await smtp.close();
      await service.close();
      await nginx?.close();
    }
  },
};

/** The page once it shows its components. */
async function published(url: string): Promise<string> {
  for (let tries = 0; tries < 200; tries++) {
    const text = await (await fetch(`${url}/`, { headers: { 'accept-encoding': 'identity' } })).text();
    if (text.includes('Part 11')) return text;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error('the page was not published');
}

interface Measured extends LoadResult {
  perCpuSecond: number;
}

/** Has the load made by a process of its own and tells what it cost the processes of the server. */
async function load(order: LoadOrder, pid: number): Promise<Measured> {
  const before = cpuSeconds(pid);
  const { stdout } = await run(process.execPath, ['bench/stampede-load.ts', JSON.stringify(order)], {
    timeout: order.durationMs + 30_000,
  });
  const result = JSON.parse(stdout) as LoadResult;
  return { ...result, perCpuSecond: result.requests / (cpuSeconds(pid) - before) };
}

function report(name: string, measured: Measured): void {
  const { requests, seconds, perCpuSecond, p50, p99, max, errors, status } = measured;
  const figures = [requests / seconds, perCpuSecond].map((value) => value.toFixed(0).padStart(11));
  const times = [p50, p99, max].map((value) => value.toFixed(1).padStart(8));
  console.log(`${`${name} ${status}`.padEnd(32)}${figures.join(' ')} ${times.join(' ')} ${String(errors).padStart(8)}`);
}

async function phases(port: number, nginxPort: number | undefined) {
  const etagOf = async (at: number): Promise<string> =>
    (await fetch(`http://127.0.0.1:${at}/`, { headers: { 'accept-encoding': 'gzip' } })).headers.get('etag') ?? '';
  const own = await etagOf(port);
  const theirs = nginxPort === undefined ? '' : await etagOf(nginxPort);
  const kinds = [
    { connections: 64, isNew: false, isKnown: false },
    { connections: 64, isNew: false, isKnown: true },
    { connections: 512, isNew: false, isKnown: false },
    { connections: 512, isNew: false, isKnown: true },
    { connections: 64, isNew: true, isKnown: false },
    { connections: 64, isNew: true, isKnown: true },
  ];
  return kinds.map(({ connections, isNew, isKnown }) => {
    const order = { path: '/', connections, isNew, durationMs: phaseMs };
    return {
      name: `${connections} ${isNew ? 'new ' : 'kept'}`,
      own: { ...order, port, ...(isKnown ? { etag: own } : {}) },
      theirs: { ...order, port: nginxPort ?? 0, ...(isKnown ? { etag: theirs } : {}) },
    };
  });
}

/** Lets the service fail again and again, and notes how long each page took to be accepted by the mail server. */
function pageDelays(
  service: Awaited<ReturnType<typeof openService>>,
  smtp: Awaited<ReturnType<typeof startSmtpServer>>,
) {
  const delays: number[] = [];
  let isOver = false;
  const work = (async () => {
    // One contact method gets ten single messages a minute.
    for (let round = 0; round < 8 && !isOver; round++) {
      const before = smtp.mails.length;
      service.fail();
      await waitUntil('the page', () => smtp.mails.length > before, 20_000);
      delays.push(performance.now() - service.failedAt());
      service.recover();
      await service.waitForChecks(3);
    }
  })();
  return {
    async stop(): Promise<number[]> {
      isOver = true;
      await work;
      return delays;
    },
  };
}

async function withSlowReaders(port: number, pid: number): Promise<{ readers: number; p99: number; grown: number }> {
  const before = memoryMb(pid);
  const order: LoadOrder = { port, path: '/', connections: slowReaders, durationMs: 8_000, isNew: false, isSlow: true };
  const readers = spawn(process.execPath, ['bench/stampede-load.ts', JSON.stringify(order)], { stdio: 'ignore' });
  const ended = new Promise((resolve) => readers.once('exit', resolve));
  await new Promise((resolve) => setTimeout(resolve, 3_000));
  const connected = connectionsTo(port);
  const { p99 } = await load({ port, path: '/', connections: 16, durationMs: 2_000, isNew: false }, pid);
  const grown = memoryMb(pid) - before;
  await ended;
  return { readers: Math.min(connected, slowReaders), p99, grown };
}

const established = '01';
/** Sockets that the server has open, from the kernel's table. */
function connectionsTo(port: number): number {
  const hex = port.toString(16).toUpperCase().padStart(4, '0');
  const lines = ['/proc/net/tcp', '/proc/net/tcp6'].flatMap((file) => readFileSync(file, 'utf8').split('\n'));
  return lines.filter((line) => {
    const [, local = '', , state] = line.trim().split(/\s+/);
    return local.endsWith(`:${hex}`) && state === established;
  }).length;
}

const ticksPerSecond = 100;

/** User and system time of a process and its children, from the kernel. */
function cpuSeconds(pid: number): number {
  const own = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = own.slice(own.lastIndexOf(')') + 2).split(' ');
  const ticks = Number(fields[11]) + Number(fields[12]);
  return ticks / ticksPerSecond + childrenOf(pid).reduce((sum, child) => sum + cpuSeconds(child), 0);
}

function childrenOf(pid: number): number[] {
  return readdirSync(`/proc/${pid}/task`).flatMap((task) => {
    const path = `/proc/${pid}/task/${task}/children`;
    return existsSync(path) ? readFileSync(path, 'utf8').split(' ').filter(Boolean).map(Number) : [];
  });
}

const memoryMb = (pid: number): number =>
  Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024;

/** nginx with one worker on the same file, compressed ahead as ours is; undefined where there is no nginx. */
async function openNginx(body: string): Promise<{ port: number; pid: number; close(): Promise<void> } | undefined> {
  const binary = [process.env['HUGOPS_NGINX'] ?? '', '/usr/sbin/nginx', '/usr/bin/nginx', '/usr/local/sbin/nginx'].find(
    (path) => path !== '' && existsSync(path),
  );
  if (binary === undefined) return undefined;
  const root = await mkdtemp(join(tmpdir(), 'hugops-nginx-'));
  await mkdir(join(root, 'site'));
  await writeFile(join(root, 'site/index.html'), body);
  await writeFile(join(root, 'site/index.html.gz'), gzipSync(body));
  const port = await freePort();
  await writeFile(join(root, 'nginx.conf'), nginxConfig(root, port));
  const nginx = spawn(binary, ['-c', join(root, 'nginx.conf'), '-p', root], { stdio: ['ignore', 'ignore', 'inherit'] });
  const ended = new Promise((resolve) => nginx.once('exit', resolve));
  await answering(port);
  return {
    port,
    pid: nginx.pid ?? 0,
    async close() {
      nginx.kill('SIGTERM');
      await ended;
      await rm(root, { recursive: true, force: true });
    },
  };
}

async function answering(port: number): Promise<void> {
  for (let tries = 0; tries < 100; tries++) {
    const answer = await fetch(`http://127.0.0.1:${port}/`).catch(() => undefined);
    if (answer?.ok === true) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error('nginx did not answer');
}

const nginxConfig = (root: string, port: number): string => `
daemon off;
user root;
pid ${root}/nginx.pid;
error_log stderr error;
worker_processes 1;
events { worker_connections 4096; }
http {
  access_log off;
  client_body_temp_path ${root}/body; proxy_temp_path ${root}/proxy; fastcgi_temp_path ${root}/fastcgi;
  uwsgi_temp_path ${root}/uwsgi; scgi_temp_path ${root}/scgi;
  types { text/html html; }
  sendfile on; tcp_nopush on; keepalive_requests 1000000; gzip_static on; open_file_cache max=100;
  add_header cache-control "public, max-age=0"; add_header vary Accept-Encoding;
  server { listen 127.0.0.1:${port}; root ${root}/site; }
}
`;

const yaml = (url: string): string => `
mail: { url: '\${env:SMTP_URL}', from: 'HugOps <hugops@example.com>' }
people:
  alice: { name: Alice, email: alice@example.com, timeZone: UTC, contact: [{ kind: email, address: alice@example.com }] }
teams: { shop: { name: Shop, members: [alice], policy: shop } }
policies: { shop: { name: Shop, steps: [{ notify: [{ person: alice }], wait: 5m }] } }
services:
${Array.from({ length: 12 }, (_, n) => `  part-${n}: { name: Part ${n} }`).join('\n')}
  checkout:
    name: Checkout
    team: shop
    checks: { page: { kind: http, url: '${url}', interval: 1s, failureThreshold: 1, recoveryThreshold: 1 } }
statusPage:
  title: Bench
  groups:
    - { name: All, components: [{ service: checkout }${Array.from({ length: 12 }, (_, n) => `, { service: part-${n} }`).join('')}] }
`;
