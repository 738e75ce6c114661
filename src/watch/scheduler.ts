import type { EpochMs } from '../domain/words.ts';
import type { Ctx } from '../platform/context.ts';
import { createCheckRunner, type RunnerOptions, type RunnerStats } from './check-runner.ts';
import type { OwnNetwork } from './own-network.ts';
import { createRecorder, type SeenResult } from './results.ts';
import { settleRetiredChecks } from './settle-retired.ts';
import { localLocation, toVerdictState, toWatchedCheck, type WatchedCheck, watchedColumns } from './watched-check.ts';

export interface SchedulerOptions extends RunnerOptions {
  /** Whether HugOps itself can reach anything; asked before a check is called down. Always, when left out. */
  network?: OwnNetwork;
}

export interface Scheduler {
  /** Reads the checks again. Call it at the start and when a check, its pause or its service changed. */
  reload(): Promise<void>;
  /** Runs everything that is due and resolves when its results are recorded. */
  tick(now: EpochMs): Promise<void>;
  /** Runs checks by the clock until stop(). Call reload() first. */
  start(): void;
  /** Ends runs under way without a verdict, writes what is recorded, and leaves no timer. */
  stop(): Promise<void>;
  stats(): RunnerStats;
  /** Judges what a probe saw and what is written already. Resolves when verdicts that changed are committed. */
  judge(checkId: string, seen: SeenResult): Promise<void>;
  /** The probe of this location is gone: its checks are judged without it. */
  loseLocation(location: string): Promise<void>;
}

/** A delivery, a retry and a slow run. */
const lateMs = 30_000;

/** Makes a scheduler over the checks of the database: it runs those of this location and judges all. */
export function createScheduler(ctx: Ctx, options: SchedulerOptions): Scheduler {
  const checks = new Map<string, WatchedCheck>();
  const recorder = createRecorder(ctx, { network: options.network, onFull: () => void recorder.flush().catch(toLog) });
  const toLog = (error: unknown): void =>
    ctx.log.warn({ err: error, buffered: recorder.buffered() }, 'check results could not be written yet');
  const runner = createCheckRunner(
    ctx,
    {
      record(checkId, at, outcome) {
        const check = checks.get(checkId);
        return check === undefined || recorder.record(check, at, outcome);
      },
      flush: () => recorder.flush(),
      buffered: () => recorder.buffered(),
    },
    options,
  );

  async function reloadOnce(): Promise<void> {
    const now = ctx.clock.now();
    await settleRetiredChecks(ctx, now);
    const rows = await readRows(ctx);
    const present = new Set(rows.map((row) => row.id));
    for (const id of checks.keys()) {
      if (present.has(id)) continue;
      checks.delete(id);
      recorder.forget(id);
    }
    for (const row of rows) {
      checks.set(row.id, toWatchedCheck(row));
      recorder.adopt(row.id, toVerdictState(row), row.state['latency']);
    }
    const here = rows.filter((row) => checks.get(row.id)?.locations.includes(localLocation));
    runner.adopt(here.map(toRunnable), now);
  }

  let reloading: Promise<void> | undefined;
  let again = false;
  async function reloadAll(): Promise<void> {
    while (again) {
      again = false;
      await reloadOnce();
    }
  }

  return {
    reload() {
      again = true;
      reloading ??= reloadAll().finally(() => {
        reloading = undefined;
      });
      return reloading;
    },
    tick: (now) => runner.tick(now),
    start: () => runner.start(),
    stop: () => runner.stop(),
    stats: () => runner.stats(),
    async judge(checkId, seen) {
      const check = checks.get(checkId);
      // What comes late is history. A verdict is about now.
      if (check === undefined || ctx.clock.now() - seen.at > 2 * check.intervalMs + lateMs) return;
      await recorder.judge(check, seen);
    },
    async loseLocation(location) {
      const lost = [...checks.values()].filter((check) => check.locations.includes(location));
      await Promise.all(lost.map(async (check) => recorder.blind(check, location, 'location-gone')));
    },
  };
}

type Row = Awaited<ReturnType<typeof readRows>>[number];

const toRunnable = (row: Row) => ({
  id: row.id,
  kind: row.kind,
  config: row.config,
  intervalMs: row.interval_ms,
  timeoutMs: row.timeout_ms,
  ownedBy: row.owned_by,
  hasRun: row.verdict_reason !== 'no-result-yet',
});

/** Every check that is to be run. Heartbeats are not: they are waited for. */
function readRows(ctx: Ctx) {
  return ctx.db
    .selectFrom('checks')
    .innerJoin('services', 'services.id', 'checks.service_id')
    .select(watchedColumns)
    .select(['checks.config', 'checks.timeout_ms', 'checks.owned_by'])
    .where('checks.paused', '=', false)
    .where('checks.archived_at', 'is', null)
    .where('services.archived_at', 'is', null)
    .where('checks.kind', '!=', 'heartbeat')
    .execute();
}
