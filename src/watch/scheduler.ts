import type { EpochMs } from '../domain/words.ts';
import type { Ctx } from '../platform/context.ts';
import type { Outcome } from './checks/check-kind.ts';
import { createHostResolver } from './checks/resolve-host.ts';
import { type PreparedCheck, prepareCheck, type RunOptions } from './checks/run-check.ts';
import { DueHeap } from './due-heap.ts';
import { createLateness, type Lateness, type LatenessFigures } from './lateness.ts';
import { createRecorder, type Recorder } from './results.ts';
import { settleRetiredChecks } from './settle-retired.ts';
import { createSlots, type Slots, type SlotTask } from './slots.ts';
import { nextStart, stableHash } from './spread.ts';
import { toVerdictState, toWatchedCheck, type WatchedCheck, watchedColumns } from './watched-check.ts';

/** A check as the scheduler holds it. */
interface ScheduledCheck extends WatchedCheck {
  intervalMs: number;
  timeoutMs: number;
}

export interface SchedulerOptions extends Omit<RunOptions, 'resolveHost' | 'resolveSecret'> {
  /** The value behind a reference; what a check may refer to depends on who wrote it. */
  resolveSecret(source: 'env' | 'file', name: string, ownedBy: 'file' | 'console'): string | undefined;
  /** Turns names into addresses; HugOps' own resolver by default. */
  resolveHost?: RunOptions['resolveHost'];
  /** Runs at once in all; 2,000 by default. A hanging target holds one until its time-out, and each costs a socket only. */
  concurrency?: number;
  /** Runs at once against one host; 50 by default. */
  perHost?: number;
  /** The name under which results of this process are kept; `local` by default. */
  location?: string;
  /** Runs a check; by default its kind does. `stop` aborts when the scheduler stops. */
  runCheck?: (check: ScheduledCheck, prepared: PreparedCheck, now: EpochMs, stop: AbortSignal) => Promise<Outcome>;
}

interface SchedulerStats {
  checks: number;
  running: number;
  waiting: number;
  /** Starts left out because the run before was still under way. */
  skipped: number;
  /** Results that wait for the database. */
  buffered: number;
  lateness: LatenessFigures;
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
  stats(): SchedulerStats;
}

interface Entry extends SlotTask {
  check: ScheduledCheck;
  prepared: PreparedCheck;
  /** What the row said, to see whether it changed. */
  written: string;
  dueAt: EpochMs;
  /** When the start that waits or runs was due. */
  startDueAt: EpochMs;
  underWay: boolean;
  gone: boolean;
}

const slowMs = 1000;
const flushEveryMs = 1000;
const retryMs = 5000;
// A clock that is set, or a reload, is noticed within this time.
const longestSleepMs = 1000;

/** A new or changed check is looked at soon: within a second when it is one, spread out when there are thousands. */
const soon = (id: string, intervalMs: number, count: number, now: EpochMs): EpochMs =>
  now + (stableHash(id) % Math.min(intervalMs, 1000 + 3 * count));

/** Makes a scheduler over the checks of the database. It does nothing before reload() and tick() or start(). */
export const createScheduler = (ctx: Ctx, options: SchedulerOptions): Scheduler => new CheckScheduler(ctx, options);

class CheckScheduler implements Scheduler {
  readonly #ctx: Ctx;
  readonly #runOptions: Omit<RunOptions, 'resolveSecret'> & Pick<SchedulerOptions, 'resolveSecret'>;
  readonly #runCheck: NonNullable<SchedulerOptions['runCheck']>;
  readonly #entries = new Map<string, Entry>();
  readonly #due = new DueHeap<Entry>();
  readonly #slots: Slots;
  readonly #lateness: Lateness;
  readonly #recorder: Recorder;
  #stopping = new AbortController();
  #alarm: NodeJS.Timeout | undefined;
  #flushTimer: NodeJS.Timeout | undefined;
  #driven = false;
  #skipped = 0;
  /** Starts that wait, run, or wait for their verdict to be committed. */
  #underWay = 0;
  #whenIdle: (() => void)[] = [];
  #reloading: Promise<void> | undefined;
  #reloadAgain = false;

  constructor(ctx: Ctx, options: SchedulerOptions) {
    this.#ctx = ctx;
    this.#runOptions = { ...options, resolveHost: options.resolveHost ?? createHostResolver() };
    this.#runCheck = options.runCheck ?? ((check, prepared, now, stop) => prepared.run(check.timeoutMs, now, stop));
    this.#slots = createSlots({ concurrency: options.concurrency ?? 2000, perHost: options.perHost ?? 50 });
    this.#lateness = createLateness(ctx.metrics.registry);
    this.#recorder = createRecorder(ctx, {
      location: options.location ?? 'local',
      onFull: () => void this.#flush(),
    });
  }

  reload(): Promise<void> {
    this.#reloadAgain = true;
    this.#reloading ??= this.#reloadAll().finally(() => {
      this.#reloading = undefined;
      this.#arm();
    });
    return this.#reloading;
  }

  async tick(now: EpochMs): Promise<void> {
    this.#startDue(now);
    await this.#idle();
    await this.#flush();
  }

  start(): void {
    if (this.#driven) return;
    this.#driven = true;
    this.#arm();
    this.#armFlush();
  }

  async stop(): Promise<void> {
    this.#driven = false;
    clearTimeout(this.#alarm);
    clearTimeout(this.#flushTimer);
    this.#stopping.abort();
    for (const task of this.#slots.clear()) this.#settle(task as Entry);
    await this.#idle();
    await this.#flush();
    this.#stopping = new AbortController();
  }

  stats(): SchedulerStats {
    return {
      checks: this.#entries.size,
      running: this.#slots.running(),
      waiting: this.#slots.waiting(),
      skipped: this.#skipped,
      buffered: this.#recorder.buffered(),
      lateness: this.#lateness.figures(),
    };
  }

  #startDue(now: EpochMs): void {
    for (let entry = this.#due.peek(); entry !== undefined && entry.dueAt <= now; entry = this.#due.peek()) {
      this.#due.pop();
      const { dueAt, check } = entry;
      entry.dueAt = nextStart(check.id, check.intervalMs, now);
      this.#due.push(entry);
      if (entry.underWay) {
        this.#skipped++;
        continue;
      }
      entry.startDueAt = dueAt;
      entry.underWay = true;
      this.#underWay++;
      this.#slots.submit(entry);
    }
  }

  #begin(entry: Entry): void {
    const now = this.#ctx.clock.now();
    this.#lateness.add(now - entry.startDueAt);
    const { check, prepared } = entry;
    const startedAt = performance.now();
    void this.#runCheck(check, prepared, now, this.#stopping.signal)
      .catch((error: unknown): Outcome => {
        this.#ctx.log.error({ err: error, checkId: check.id }, 'a check kind threw instead of reporting');
        return { ok: false, totalMs: 0, error: { code: 'internal', message: 'the check itself failed' } };
      })
      .then((outcome) => this.#end(entry, now, outcome, performance.now() - startedAt));
  }

  #end(entry: Entry, at: EpochMs, outcome: Outcome, tookMs: number): void {
    this.#slots.release(entry);
    entry.slow = tookMs > slowMs;
    if (this.#stopping.signal.aborted || entry.gone) return this.#settle(entry);
    const result = outcome.ok ? 'ok' : (outcome.error?.code ?? 'failed');
    this.#ctx.metrics.checkRuns.inc({ kind: entry.check.kind, outcome: result });
    const recorded = this.#recorder.record(entry.check, at, outcome);
    if (typeof recorded === 'boolean') return this.#settle(entry);
    void recorded.then((done) => {
      this.#settle(entry);
      if (!done) this.#lookAgain(entry);
    });
  }

  #settle(entry: Entry): void {
    entry.underWay = false;
    this.#underWay--;
    if (this.#underWay > 0) return;
    for (const tell of this.#whenIdle.splice(0)) tell();
  }

  #idle(): Promise<void> {
    if (this.#underWay === 0) return Promise.resolve();
    return new Promise((resolve) => this.#whenIdle.push(resolve));
  }

  /** The database did not take the verdict: another result is wanted before the next start on the grid. */
  #lookAgain(entry: Entry): void {
    const at = this.#ctx.clock.now() + retryMs;
    if (entry.gone || at >= entry.dueAt) return;
    entry.dueAt = at;
    this.#rebuild();
  }

  #rebuild(): void {
    this.#due.clear();
    for (const entry of this.#entries.values()) this.#due.push(entry);
  }

  #arm(): void {
    clearTimeout(this.#alarm);
    if (!this.#driven) return;
    const next = this.#due.peek()?.dueAt ?? Number.POSITIVE_INFINITY;
    const sleepMs = Math.min(longestSleepMs, Math.max(0, next - this.#ctx.clock.now()));
    this.#alarm = setTimeout(() => {
      this.#startDue(this.#ctx.clock.now());
      this.#arm();
    }, sleepMs);
  }

  #armFlush(): void {
    this.#flushTimer = setTimeout(() => {
      void this.#flush().then(() => {
        if (this.#driven) this.#armFlush();
      });
    }, flushEveryMs);
  }

  async #flush(): Promise<void> {
    try {
      await this.#recorder.flush();
    } catch (error) {
      const buffered = this.#recorder.buffered();
      this.#ctx.log.warn({ err: error, buffered }, 'check results could not be written; they are kept and tried again');
    }
  }

  async #reloadAll(): Promise<void> {
    while (this.#reloadAgain) {
      this.#reloadAgain = false;
      const now = this.#ctx.clock.now();
      await settleRetiredChecks(this.#ctx, now);
      this.#adoptAll(await readRows(this.#ctx), now);
    }
  }

  /** Takes the rows over: new, changed and gone checks. */
  #adoptAll(rows: readonly Row[], now: EpochMs): void {
    const fresh = rows.filter((row) => !this.#entries.has(row.id)).length;
    const present = new Set<string>();
    for (const row of rows) {
      present.add(row.id);
      this.#recorder.adopt(row.id, toVerdictState(row));
      this.#adopt(row, fresh, now);
    }
    for (const [id, entry] of this.#entries) {
      if (present.has(id)) continue;
      entry.gone = true;
      this.#entries.delete(id);
      this.#recorder.forget(id);
    }
    this.#rebuild();
  }

  #adopt(row: Row, fresh: number, now: EpochMs): void {
    const check: ScheduledCheck = { ...toWatchedCheck(row), intervalMs: row.interval_ms, timeoutMs: row.timeout_ms };
    const written = JSON.stringify([row.kind, row.config, row.interval_ms, row.timeout_ms, row.owned_by]);
    const known = this.#entries.get(row.id);
    if (known?.written === written) {
      known.check = check;
      return;
    }
    const prepared = prepareCheck(row.kind, row.config, {
      ...this.#runOptions,
      resolveSecret: (source, name) => this.#runOptions.resolveSecret(source, name, row.owned_by),
    });
    const onGrid = nextStart(row.id, row.interval_ms, now - 1);
    const hasRun = !known && row.verdict_reason !== 'no-result-yet';
    const dueAt = hasRun ? onGrid : Math.min(onGrid, soon(row.id, row.interval_ms, fresh, now));
    const { host } = prepared;
    if (known) {
      Object.assign(known, { check, prepared, written, dueAt, host });
      return;
    }
    const entry: Entry = {
      check,
      prepared,
      written,
      dueAt,
      host,
      startDueAt: dueAt,
      slow: false,
      underWay: false,
      gone: false,
      start: () => this.#begin(entry),
    };
    this.#entries.set(row.id, entry);
  }
}

type Row = Awaited<ReturnType<typeof readRows>>[number];

/** Every check that is to be run. Heartbeats are not: they are waited for. */
function readRows(ctx: Ctx) {
  return ctx.db
    .selectFrom('checks')
    .innerJoin('services', 'services.id', 'checks.service_id')
    .select(watchedColumns)
    .select(['checks.config', 'checks.interval_ms', 'checks.timeout_ms', 'checks.owned_by'])
    .where('checks.paused', '=', false)
    .where('checks.archived_at', 'is', null)
    .where('services.archived_at', 'is', null)
    .where('checks.kind', '!=', 'heartbeat')
    .execute();
}
