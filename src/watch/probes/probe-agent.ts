import type { EpochMs } from '../../domain/words.ts';
import type { Outcome } from '../checks/check-kind.ts';
import { isCannotLook } from '../checks/check-kind.ts';
import { type CheckRunner, createCheckRunner, type RunnerHost, type RunnerOptions } from '../check-runner.ts';
import type { OwnNetwork } from '../own-network.ts';
import type { ProbeClient } from './probe-client.ts';
import { recallAssignments, rememberAssignments } from './remember-assignments.ts';
import { type Assignments, maxDelivered } from './schemas.ts';
import type { Spool } from './spool.ts';

export interface ProbeParts {
  host: RunnerHost;
  client: ProbeClient;
  spool: Spool;
  /** Where it keeps the checks that it was given last, so that a start without its server is one with checks. */
  directory: string;
  network: OwnNetwork;
  options: Pick<RunnerOptions, 'allowPrivateNetworks' | 'resolveSecret' | 'resolveHost' | 'runCheck'>;
}

export interface RunningProbe {
  /** Asks for checks and delivers results, when it is time to. Resolves when what was begun is done; never rejects. */
  sync(now: EpochMs): Promise<void>;
  /** Runs everything that is due, for a clock that stands still. */
  tick(now: EpochMs): Promise<void>;
  start(): void;
  stop(): Promise<void>;
}

const askEveryMs = 10_000;
const syncEveryMs = 1_000;
const firstWaitMs = 2_000;
const longestWaitMs = 30_000;
/** Well below what the server takes. */
const deliveryBytes = 2_000_000;

/**
 * Runs checks from where this process is, as the server's own scheduler would, and delivers what it saw in order. It calls the server and is never
 * called; while it cannot reach it, it goes on with the checks it knows.
 */
export function createProbe({ host, client, spool, directory, network, options }: ProbeParts): RunningProbe {
  const { clock, log } = host;
  let runner: CheckRunner | undefined;
  let started = false;
  let timer: NodeJS.Timeout | undefined;
  let askAt: EpochMs = -Infinity;
  let deliverAt: EpochMs = -Infinity;
  let failures = 0;
  let syncing: Promise<void> | undefined;

  /** The check that fails because nothing can be reached from here says nothing about its service. */
  async function withOwnTrouble(outcome: Outcome): Promise<Outcome> {
    if (outcome.ok || (outcome.error && isCannotLook(outcome.error.code)) || (await network.isHere())) return outcome;
    return { ...outcome, error: { code: 'network-gone', message: 'nothing can be reached from this location' } };
  }

  function open(location: string): CheckRunner {
    const run: NonNullable<RunnerOptions['runCheck']> =
      options.runCheck ?? ((check, prepared, now, stop) => prepared.run(check.timeoutMs, now, stop));
    const sink = {
      record(checkId: string, at: EpochMs, { observed, ...outcome }: Outcome): boolean {
        // What was received is evidence of a failure only, and by far the largest part.
        spool.append({
          checkId,
          at,
          outcome: outcome.ok || observed === undefined ? outcome : { ...outcome, observed },
        });
        return true;
      },
      flush: () => Promise.resolve(),
      buffered: () => spool.waiting(),
    };
    return createCheckRunner(
      host,
      sink,
      { ...options, runCheck: async (...args) => withOwnTrouble(await run(...args)) },
      `${location} `,
    );
  }

  async function ask(now: EpochMs): Promise<void> {
    askAt = now + askEveryMs;
    const assignments = await client.assignments();
    if (assignments === undefined) return;
    rememberAssignments(directory, assignments);
    adopt(assignments, now);
  }

  function adopt(assignments: Assignments, now: EpochMs): void {
    if (runner === undefined) {
      runner = open(assignments.location);
      if (started) runner.start();
    }
    // What a check may refer to here is what those of the console may: the server decides what runs, but not what leaves this machine.
    const checks = assignments.checks.map((check) => ({ ...check, ownedBy: 'console' as const, hasRun: false }));
    runner.adopt(checks, now);
    log.info({ checks: checks.length }, 'took over the checks of this location');
  }

  async function deliver(): Promise<void> {
    for (
      let rows = spool.peek(maxDelivered, deliveryBytes);
      rows.length > 0;
      rows = spool.peek(maxDelivered, deliveryBytes)
    ) {
      const { takenSeq } = await client.deliver({
        logId: spool.logId,
        sentAt: clock.now(),
        dropped: spool.dropped(),
        results: rows,
      });
      const last = rows.at(-1)?.seq ?? 0;
      if (takenSeq < last) throw new Error(`the server took results up to ${takenSeq} of ${last} only`);
      spool.acknowledge(last);
    }
  }

  async function syncOnce(now: EpochMs): Promise<void> {
    if (now < deliverAt) return;
    try {
      if (now >= askAt) await ask(now);
      await deliver();
      failures = 0;
    } catch (error) {
      const waitMs = Math.min(longestWaitMs, firstWaitMs * 2 ** failures);
      if (failures === 0) log.warn({ err: error, waiting: spool.waiting() }, 'the server cannot be reached; going on');
      failures++;
      deliverAt = now + waitMs;
      askAt = Math.min(askAt, deliverAt);
    }
  }

  const remembered = recallAssignments(directory);
  if (remembered !== undefined) adopt(remembered, clock.now());
  const probe: RunningProbe = {
    sync(now) {
      syncing ??= syncOnce(now).finally(() => {
        syncing = undefined;
      });
      return syncing;
    },
    async tick(now) {
      await network.look(now);
      await runner?.tick(now);
    },
    start() {
      started = true;
      runner?.start();
      const beat = (): void => {
        const now = clock.now();
        void Promise.all([network.look(now), probe.sync(now)]).then(() => {
          if (started) timer = setTimeout(beat, syncEveryMs);
        });
      };
      beat();
    },
    async stop() {
      started = false;
      clearTimeout(timer);
      client.stop();
      await syncing;
      await runner?.stop();
      spool.close();
    },
  };
  return probe;
}
