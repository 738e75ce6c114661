import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { createServer, request } from 'node:http';
import { connect } from 'node:net';
import { createHostResolver } from '../src/watch/checks/resolve-host.ts';
import { prepareCheck } from '../src/watch/checks/run-check.ts';

const rounds = 7;
const perRound = 6000;
const concurrency = 50;

/** One way to ask the server for its answer over a new connection, and whose processor time that costs. */
interface Contender {
  name: string;
  once(): Promise<void>;
  /** Processor microseconds spent so far by the process that does the work; this one's by default. */
  cpuMicros?(): Promise<number> | number;
  close?(): Promise<void>;
}

const ownMicros = (): number => {
  const { user, system } = process.cpuUsage();
  return user + system;
};

/** A peer is added here: give its `once` (as one HTTP request to its probe address) and the processor time of its process. */
const contenders: ((port: number) => Contender | Promise<Contender>)[] = [hugopsCheck, bareLoop, nodeHttp];

/** What the program runs: phases, time-out, bounds, outcome. */
function hugopsCheck(port: number): Contender {
  const check = prepareCheck(
    'http',
    { url: `http://127.0.0.1:${port}/health`, expect: [{ on: 'status', in: ['200'] }] },
    { allowPrivateNetworks: true, resolveHost: createHostResolver(), resolveSecret: () => undefined },
  );
  const { signal } = new AbortController();
  return {
    name: 'HugOps http check',
    async once() {
      const outcome = await check.run(5000, 0, signal);
      const { connectMs, firstByteMs } = outcome.phases ?? {};
      if (!outcome.ok || connectMs === undefined || firstByteMs === undefined) throw new Error(outcome.error?.message);
    },
  };
}

/** The limit: connect, write, read to the end. Nothing is parsed, timed or bounded. */
function bareLoop(port: number): Contender {
  const bytes = Buffer.from(`GET /health HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\nconnection: close\r\n\r\n`);
  return {
    name: 'barest node:net loop',
    once: () =>
      new Promise((resolve, reject) => {
        const socket = connect(port, '127.0.0.1', () => socket.write(bytes));
        let size = 0;
        socket.on('data', (data) => (size += data.length));
        socket.on('error', reject);
        socket.on('close', () => (size > 0 ? resolve() : reject(new Error('no answer'))));
      }),
  };
}

function nodeHttp(port: number): Contender {
  return {
    name: 'node:http without an agent',
    once: () =>
      new Promise((resolve, reject) => {
        const asked = request({ host: '127.0.0.1', port, path: '/health', agent: false }, (answer) => {
          answer.on('data', () => undefined);
          answer.on('end', resolve);
        });
        asked.on('error', reject);
        asked.end();
      }),
  };
}

/** Checks a processor second in one round. */
async function measure(contender: Contender): Promise<number> {
  const cpuMicros = contender.cpuMicros ?? ownMicros;
  const before = await cpuMicros();
  let left = perRound;
  const worker = async (): Promise<void> => {
    while (left-- > 0) await contender.once();
  };
  await Promise.all(Array.from({ length: concurrency }, worker));
  return (perRound * 1_000_000) / ((await cpuMicros()) - before);
}

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;

/**
 * `npm run bench -- checks`: HTTP checks with phases, a new connection each, against a loopback server in another process, in checks a processor
 * second, beside the barest loop that does the same exchange. Rounds alternate, so that a busy machine slows all of them.
 */
export const bench = {
  name: 'checks',
  what: 'HTTP checks a processor second, as a share of the barest node:net loop',
  floor: 0.5,
  async run(): Promise<{ figure: number; unit: string; ok: boolean }> {
    const { server, port } = await openServer();
    const made: Contender[] = [];
    for (const make of contenders) made.push(await make(port));
    try {
      for (const contender of made) await measure(contender);
      const rates = new Map<string, number[]>(made.map(({ name }) => [name, []]));
      for (let round = 0; round < rounds; round++) {
        for (const contender of made) rates.get(contender.name)?.push(await measure(contender));
      }
      const [ours = [], limit = []] = rates.values();
      for (const [name, all] of rates) {
        const ratio = median(ours.map((rate, round) => rate / (all[round] ?? rate)));
        console.log(
          `${name.padEnd(28)} ${Math.round(median(all)).toLocaleString('en').padStart(8)}/cpu-s   HugOps ×${ratio.toFixed(2)}`,
        );
      }
      const figure = Math.round(100 * median(ours.map((rate, round) => rate / (limit[round] ?? rate)))) / 100;
      return { figure, unit: 'of the barest loop', ok: figure >= this.floor };
    } finally {
      for (const contender of made) await contender.close?.();
      server.kill();
      await once(server, 'exit');
    }
  },
};

async function openServer(): Promise<{ server: ChildProcess; port: number }> {
  const server = fork(import.meta.filename, { env: { ...process.env, CHECKS_SERVER: '1' } });
  const [port] = (await once(server, 'message')) as [number];
  return { server, port };
}

function beServer(): void {
  const server = createServer((_asked, answer) => {
    answer.setHeader('content-type', 'application/json');
    answer.end('{"status":"ok"}\n');
  });
  server.listen(0, '127.0.0.1', 4096, () => {
    const address = server.address();
    if (address !== null && typeof address !== 'string') process.send?.(address.port);
  });
  process.once('disconnect', () => process.exit());
}

if (import.meta.main) {
  if (process.env['CHECKS_SERVER'] === '1') {
    beServer();
  } else {
    const { figure, unit, ok } = await bench.run();
    console.log(`${bench.name}: ${figure} ${unit}, at least ${bench.floor}: ${ok ? 'yes' : 'NO'}`);
    process.exitCode = ok ? 0 : 1;
  }
}
