import type { EpochMs, JsonObject, OwnedBy } from '../domain/words.ts';
import { machineMs } from '../platform/clock.ts';
import type { Ctx } from '../platform/context.ts';
import type { Outcome } from './checks/check-kind.ts';
import { createHostResolver } from './checks/resolve-host.ts';
import { type PreparedCheck, prepareCheck, type RunOptions } from './checks/run-check.ts';
import { DueHeap } from './due-heap.ts';
import { createLateness, type Lateness, type LatenessFigures } from './lateness.ts';
import { createSlots, type Slots, type SlotTask } from './slots.ts';
import { nextStart, stableHash } from './spread.ts';

/** A check that is to be run from here. */
export interface RunnableCheck {
  id: string;
  kind: string;
  config: JsonObject;
  intervalMs: number;
  timeoutMs: number;
  ownedBy: OwnedBy;
  /** It has had a result before: it need not be looked at at once. */
  hasRun: boolean;
}

/** Takes what came of a run. */
export interface ResultSink {
  /** Resolves when it is safe; false when it could not be taken, and the check should look again soon. */
  record(checkId: string, at: EpochMs, outcome: Outcome): Promise<boolean> | boolean;
  /** Writes what is buffered. Rejects when that is not possible now. */
  flush(): Promise<void>;
  /** Results that wait. */
  buffered(): number;
}

export interface RunnerOptions extends Omit<RunOptions, 'resolveHost' | 'resolveSecret'> {
  /** The value behind a reference; what a check may refer to depends on who wrote it. */
  resolveSecret(source: 'env' | 'file', name: string, ownedBy: OwnedBy): string | undefined;
  /** Turns names into addresses; HugOps' own resolver by default. */
  resolveHost?: RunOptions['resolveHost'];
  /** Runs at once in all; 2,000 by default. A hanging target holds one until its time-out, and each costs a socket only. */
  concurrency?: number;
  /** Runs at once against one host; 50 by default. */
  perHost?: number;
  /** Runs a check; by default its kind does. `stop` aborts when the runner stops. */
  runCheck?: (check: RunnableCheck, prepared: PreparedCheck, now: EpochMs, stop: AbortSignal) => Promise<Outcome>;
}

export interface RunnerStats {
  checks: number;
  running: number;
  waiting: number;
  /** Starts left out because the run before was still under way. */
  skipped: number;
  /** Results that wait to be written. */
  buffered: number;
  lateness: LatenessFigures;
}

export interface CheckRunner {
  /** Takes over the checks as they are now: new, changed and gone ones. */
  adopt(checks: readonly RunnableCheck[], now: EpochMs): void;
  /** Runs everything that is due and resolves when its results are recorded. */
  tick(now: EpochMs): Promise<void>;
  /** Runs checks by the clock until stop(). */
  start(): void;
  /** Ends runs under way without a verdict, writes what is recorded, and leaves no timer. */
  stop(): Promise<void>;
  stats(): RunnerStats;
}

interface Entry extends SlotTask {
  check: RunnableCheck;
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
// Under a clock that runs fast.
const shortestSleepMs = 20;
const shortestFlushMs = 200;

/** A new or changed check is looked at soon: within a second when it is one, spread out when there are thousands. */
const soon = (id: string, intervalMs: number, count: number, now: EpochMs): EpochMs =>
  now + (stableHash(id) % Math.min(intervalMs, 1000 + 3 * count));

/** What a runner needs of its surroundings. */
export type RunnerHost = Pick<Ctx, 'clock' | 'log' | 'metrics'>;

/**
 * Makes a runner that starts checks when their turn comes and hands on what came of them. The server has one, and so has each probe. It does
 * nothing before adopt() and tick() or start(). `place` shifts the starts, so that two locations do not knock at the same instant.
 */
export const createCheckRunner = (
  host: RunnerHost,
  sink: ResultSink,
  options: RunnerOptions,
  place = '',
): CheckRunner => new Runner(host, sink, options, place);

class Runner implements CheckRunner {
  readonly #host: RunnerHost;
  readonly #sink: ResultSink;
  readonly #place: string;
  readonly #runOptions: Omit<RunOptions, 'resolveSecret'> & Pick<RunnerOptions, 'resolveSecret'>;
  readonly #runCheck: NonNullable<RunnerOptions['runCheck']>;
  readonly #entries = new Map<string, Entry>();
  readonly #due = new DueHeap<Entry>();
  readonly #slots: Slots;
  readonly #lateness: Lateness;
  #stopping = new AbortController();
  #alarm: NodeJS.Timeout | undefined;
  #flushTimer: NodeJS.Timeout | undefined;
  #driven = false;
  #skipped = 0;
  /** Starts that wait, run, or wait for their verdict to be committed. */
  #underWay = 0;
  #whenIdle: (() => void)[] = [];

  constructor(host: RunnerHost, sink: ResultSink, options: RunnerOptions, place: string) {
    this.#host = host;
    this.#sink = sink;
    this.#place = place;
    this.#runOptions = { ...options, resolveHost: options.resolveHost ?? createHostResolver() };
    this.#runCheck = options.runCheck ?? ((check, prepared, now, stop) => prepared.run(check.timeoutMs, now, stop));
    this.#slots = createSlots({ concurrency: options.concurrency ?? 2000, perHost: options.perHost ?? 50 });
    this.#lateness = createLateness(host.metrics.registry);
  }

  adopt(checks: readonly RunnableCheck[], now: EpochMs): void {
    const fresh = checks.filter((check) => !this.#entries.has(check.id)).length;
    const present = new Set<string>();
    for (const check of checks) {
      present.add(check.id);
      this.#adoptOne(check, fresh, now);
    }
    for (const [id, entry] of this.#entries) {
      if (present.has(id)) continue;
      entry.gone = true;
      this.#entries.delete(id);
    }
    this.#rebuild();
    this.#arm();
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

  stats(): RunnerStats {
    return {
      checks: this.#entries.size,
      running: this.#slots.running(),
      waiting: this.#slots.waiting(),
      skipped: this.#skipped,
      buffered: this.#sink.buffered(),
      lateness: this.#lateness.figures(),
    };
  }

  #startDue(now: EpochMs): void {
    for (let entry = this.#due.peek(); entry !== undefined && entry.dueAt <= now; entry = this.#due.peek()) {
      this.#due.pop();
      const { dueAt, check } = entry;
      entry.dueAt = nextStart(this.#place + check.id, check.intervalMs, now);
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
    const now = this.#host.clock.now();
    this.#lateness.add(now - entry.startDueAt);
    const { check, prepared } = entry;
    const startedAt = performance.now();
    void this.#runCheck(check, prepared, now, this.#stopping.signal)
      .catch((error: unknown): Outcome => {
        this.#host.log.error({ err: error, checkId: check.id }, 'a check kind threw instead of reporting');
        return { ok: false, totalMs: 0, error: { code: 'internal', message: 'the check itself failed' } };
      })
      .then((outcome) => this.#end(entry, now, outcome, performance.now() - startedAt));
  }

  #end(entry: Entry, at: EpochMs, outcome: Outcome, tookMs: number): void {
    this.#slots.release(entry);
    entry.slow = tookMs > slowMs;
    if (this.#stopping.signal.aborted || entry.gone) return this.#settle(entry);
    const result = outcome.ok ? 'ok' : (outcome.error?.code ?? 'failed');
    this.#host.metrics.checkRuns.inc({ kind: entry.check.kind, outcome: result });
    const recorded = this.#sink.record(entry.check.id, at, outcome);
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
    const at = this.#host.clock.now() + retryMs;
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
    const sleepMs = Math.min(longestSleepMs, Math.max(0, next - this.#host.clock.now()));
    this.#alarm = setTimeout(
      () => {
        this.#startDue(this.#host.clock.now());
        this.#arm();
      },
      machineMs(this.#host.clock, sleepMs, shortestSleepMs),
    );
  }

  #armFlush(): void {
    this.#flushTimer = setTimeout(
      () => {
        void this.#flush().then(() => {
          if (this.#driven) this.#armFlush();
        });
      },
      machineMs(this.#host.clock, flushEveryMs, shortestFlushMs),
    );
  }

  async #flush(): Promise<void> {
    try {
      await this.#sink.flush();
    } catch (error) {
      const buffered = this.#sink.buffered();
      this.#host.log.warn(
        { err: error, buffered },
        'check results could not be written; they are kept and tried again',
      );
    }
  }

  #adoptOne(check: RunnableCheck, fresh: number, now: EpochMs): void {
    const written = JSON.stringify([check.kind, check.config, check.intervalMs, check.timeoutMs, check.ownedBy]);
    const known = this.#entries.get(check.id);
    if (known?.written === written) {
      known.check = check;
      return;
    }
    const prepared = prepareCheck(check.kind, check.config, {
      ...this.#runOptions,
      resolveSecret: (source, name) => this.#runOptions.resolveSecret(source, name, check.ownedBy),
    });
    const onGrid = nextStart(this.#place + check.id, check.intervalMs, now - 1);
    const waitsForGrid = !known && check.hasRun;
    const dueAt = waitsForGrid ? onGrid : Math.min(onGrid, soon(check.id, check.intervalMs, fresh, now));
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
    this.#entries.set(check.id, entry);
  }
}
