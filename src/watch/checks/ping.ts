import { type ChildProcess, spawn } from 'node:child_process';
import { z } from 'zod';
import { CheckError, type CheckEnv, type CheckKind, type Outcome, roundMs } from './check-kind.ts';
import { allowed, formatDuration } from './connect.ts';
import { hostField, routeFields } from './target-fields.ts';
import { beginRun, concludeRun } from './traced-run.ts';

const schema = z.strictObject({
  host: hostField.meta({ title: 'Host', description: 'A name or an address', examples: ['router.example.com'] }),
  ...routeFields,
  count: z.int().min(1).max(20).default(3).meta({ title: 'Pings', description: 'So many are sent, five a second' }),
  maxLossPercent: z.int().min(0).max(99).default(50).meta({
    title: 'Loss',
    description: 'At most so many of a hundred may go unanswered',
    unit: 'percent',
  }),
  averageBelowMs: z
    .number()
    .positive()
    .max(60_000)
    .optional()
    .meta({ title: 'Average below', description: 'The answers take less on average', unit: 'ms' }),
});

type PingConfig = z.output<typeof schema>;

const intervalS = 0.2;
const maxOutput = 32_768;
// A process each: more at once would cost more memory than all other checks together.
const maxAtOnce = 32;

interface Heard {
  sent: number;
  timesMs: number[];
  /** What routers said instead, as in "Destination Host Unreachable". */
  complaint: string | undefined;
}

/** Reads what ping prints, that of iputils, BusyBox and inetutils alike. A doubled answer counts once. */
export function readPings(output: string, count: number): Heard {
  const times = new Map<string, number>();
  let complaint: string | undefined;
  for (const line of output.split('\n')) {
    const [, sequence = '', time = ''] =
      /\bseq=(\d+).*\btime[=<]\s?([\d.]+) ?ms/.exec(line.replace('icmp_seq', 'seq')) ?? [];
    if (sequence !== '' && !times.has(sequence)) times.set(sequence, Number(time));
    complaint ??= /^From \S+ (?:\S+ )?icmp_seq=\d+ ([A-Za-z][\w ]{3,60})/.exec(line)?.[1];
  }
  const sent = Number(/^(\d+) packets transmitted/m.exec(output)?.[1] ?? count);
  return { sent, timesMs: [...times.values()].slice(0, count), complaint };
}

let running = 0;
const waiting: (() => void)[] = [];

async function takeTurn(signal: AbortSignal): Promise<void> {
  if (running < maxAtOnce) {
    running++;
    return;
  }
  await new Promise<void>((resolve, reject) => {
    const abort = (): void => {
      waiting.splice(waiting.indexOf(start), 1);
      reject(new CheckError('no-resources', `${maxAtOnce} other pings were under way all the time`));
    };
    const start = (): void => {
      signal.removeEventListener('abort', abort);
      resolve();
    };
    if (signal.aborted) return reject(signal.reason as Error);
    waiting.push(start);
    signal.addEventListener('abort', abort, { once: true });
  });
}

function endTurn(): void {
  const next = waiting.shift();
  if (next) next();
  else running--;
}

interface Ended {
  output: string;
  complaint: string;
  wasCut: boolean;
}

/** Runs the program until it ends or is ended. Throws CheckError `no-resources` where there is none. */
function runProgram(program: string, args: readonly string[], signal: AbortSignal): Promise<Ended> {
  return new Promise((resolve, reject) => {
    let output = '';
    let complaint = '';
    let child: ChildProcess;
    const stop = (): void => void child.kill('SIGKILL');
    const leave = (): void => signal.removeEventListener('abort', stop);
    const env = { LC_ALL: 'C', PATH: '/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin' };
    try {
      child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], env });
    } catch (error) {
      return reject(explainStart(error));
    }
    child.stdout?.on('data', (bytes: Buffer) => {
      output = (output + bytes.toString('latin1')).slice(0, maxOutput);
    });
    child.stderr?.on('data', (bytes: Buffer) => {
      complaint = (complaint + bytes.toString('latin1')).slice(0, 1000);
    });
    child.on('error', (error) => {
      leave();
      reject(explainStart(error));
    });
    child.on('close', () => {
      leave();
      resolve({ output, complaint, wasCut: signal.aborted });
    });
    signal.addEventListener('abort', stop, { once: true });
    if (signal.aborted) stop();
  });
}

function explainStart(error: unknown): CheckError {
  const { code = '' } = error as NodeJS.ErrnoException;
  if (code === 'ENOENT') {
    return new CheckError(
      'no-resources',
      'this machine has no ping program, without which HugOps cannot send ICMP (on Debian and Ubuntu: apt install iputils-ping)',
    );
  }
  return new CheckError('no-resources', `the ping program could not be started (${code})`);
}

/** What ping says when it cannot send at all. */
function explainComplaint(complaint: string): CheckError | undefined {
  if (/operation not permitted|permission denied|cap_net_raw|lacking privilege/i.test(complaint)) {
    return new CheckError(
      'no-resources',
      'the ping program may not send ICMP here (it needs the capability NET_RAW, or the sysctl net.ipv4.ping_group_range)',
    );
  }
  if (/network is unreachable|no route to host/i.test(complaint)) {
    return new CheckError('unreachable', 'this machine has no network route to');
  }
  return undefined;
}

function judge(config: PingConfig, peer: string, heard: Heard, env: CheckEnv, wasCut: boolean): void {
  const { sent, timesMs, complaint } = heard;
  const why = complaint === undefined ? '' : ` (${complaint.toLowerCase()})`;
  if (timesMs.length === 0) {
    const within = wasCut ? ` within ${formatDuration(env.timeoutMs)}` : '';
    throw new CheckError(
      'timeout',
      `no answer from ${peer} to ${sent} ${sent === 1 ? 'ping' : 'pings'}${within}${why}`,
    );
  }
  const lossPercent = Math.round((1 - timesMs.length / Math.max(sent, timesMs.length)) * 100);
  if (lossPercent > config.maxLossPercent) {
    const told = `${timesMs.length} of ${sent} pings answered by ${peer}${why}`;
    throw new CheckError(
      'assertion-failed',
      `${told}, ${lossPercent}% lost, expected at most ${config.maxLossPercent}%`,
    );
  }
  const averageMs = mean(timesMs);
  if (config.averageBelowMs !== undefined && averageMs >= config.averageBelowMs) {
    throw new CheckError(
      'assertion-failed',
      `answers took ${roundMs(averageMs)} ms on average, expected less than ${config.averageBelowMs} ms`,
    );
  }
}

const mean = (values: readonly number[]): number => values.reduce((sum, one) => sum + one, 0) / values.length;

async function runPing(program: string, config: PingConfig, env: CheckEnv): Promise<Outcome> {
  const run = beginRun(env);
  const { trace } = run;
  let heard: Heard | undefined;
  const work = async (): Promise<void> => {
    trace.peer = config.host;
    const resolved = await env.resolveHost(config.resolveTo ?? config.host, config.addressFamily, env.signal);
    const [address = ''] = allowed(resolved, config, env);
    trace.phases.dnsMs = performance.now() - run.startedAt;
    trace.peer = address;
    trace.stage = 'answer';
    await takeTurn(env.signal);
    // The last one's answer is waited for until a little before the time-out, in whole seconds as BusyBox wants them.
    const patienceS = Math.floor(env.timeoutMs / 1000 - config.count * intervalS - 0.3);
    const wait = String(Math.max(1, Math.min(10, patienceS)));
    const args = ['-n', '-c', String(config.count), '-i', String(intervalS), '-W', wait, address];
    let ended: Ended;
    try {
      ended = await runProgram(program, args, env.signal);
    } finally {
      endTurn();
    }
    heard = readPings(ended.output, config.count);
    const failure = heard.timesMs.length > 0 ? undefined : explainComplaint(ended.complaint);
    if (failure?.code === 'unreachable') throw new CheckError('unreachable', `${failure.message} ${address}`);
    if (failure) throw failure;
    if (heard.timesMs.length === 0 && !/packets transmitted/.test(ended.output) && !ended.wasCut) {
      const said = ended.complaint.split('\n')[0] ?? '';
      throw new CheckError('no-resources', `the ping program failed: ${said.slice(0, 200) || 'it said nothing'}`);
    }
    judge(config, address, heard, env, ended.wasCut);
  };
  return concludeRun(run, work, () => ({ peer: trace.peer, ...observed(heard) }));
}

function observed(heard: Heard | undefined) {
  if (!heard || heard.timesMs.length === 0) return heard ? { sent: heard.sent, answered: 0 } : {};
  const { sent, timesMs } = heard;
  return {
    sent,
    answered: timesMs.length,
    minMs: Math.min(...timesMs),
    averageMs: roundMs(mean(timesMs)),
    maxMs: Math.max(...timesMs),
  };
}

/** ICMP needs rights that node has not; the system's ping program has them. `program` is its name or path. */
export const createPingCheck = (program: string): CheckKind<'ping', typeof schema> => ({
  kind: 'ping',
  label: 'Ping',
  summary:
    'ICMP echo by the ping program of the machine, which must be there: lost pings and how long answers take. Where it is missing or may not send, the verdict is unknown.',
  example: { host: 'router.example.com', count: 5, maxLossPercent: 20, averageBelowMs: 50 },
  schema,
  hostOf: (config) => config.host,
  run: (config, env) => runPing(program, config, env),
});

export const pingCheck = createPingCheck('ping');
