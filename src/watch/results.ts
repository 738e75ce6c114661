import type { EpochMs, JsonObject, Verdict } from '../domain/words.ts';
import { blindLocation, nextCheckVerdict } from '../domain/agreement.ts';
import {
  type BlindReason,
  newVerdictState,
  type ResultKind,
  signalOf,
  type VerdictState,
  type VerdictStep,
} from '../domain/verdict.ts';
import type { Ctx } from '../platform/context.ts';
import { isCannotLook, type Outcome } from './checks/check-kind.ts';
import { commitVerdicts, tellsMore, type VerdictCommit } from './commit-verdicts.ts';
import { insertResults, type ResultRow } from './insert-results.ts';
import { createLatencies } from './latencies.ts';
import type { OwnNetwork } from './own-network.ts';
import { createPartitionKeeper } from './partitions.ts';
import { isSameState, localLocation, type WatchedCheck } from './watched-check.ts';

/** A result as a location reports it. */
export interface SeenResult {
  at: EpochMs;
  location: string;
  outcome: Outcome;
}

/** Takes results: verdicts that change are committed at once, everything else goes in batches. */
export interface Recorder {
  /** Takes over the state of a check as its row has it; what is known already from later results is kept while the row's verdict is the same. */
  adopt(checkId: string, state: VerdictState, latency?: unknown): void;
  forget(checkId: string): void;
  stateOf(checkId: string): VerdictState | undefined;
  /**
   * Judges a result. Resolves when a changed verdict is committed, else at once. False when the database did not take the verdict: nothing has
   * happened then, and the check should look again soon.
   */
  record(check: WatchedCheck, at: EpochMs, outcome: Outcome): Promise<boolean> | boolean;
  /** Judges a result that is written already: one that a probe delivered. */
  judge(check: WatchedCheck, seen: SeenResult): Promise<boolean> | boolean;
  /** A location cannot see this check any more. */
  blind(check: WatchedCheck, location: string, reason: BlindReason): Promise<boolean> | boolean;
  /** Writes what is buffered. Rejects when the database does not take it; the rows stay buffered. */
  flush(): Promise<void>;
  /** Rows that wait. */
  buffered(): number;
}

export interface RecorderOptions {
  /** Whether HugOps itself can reach anything; asked before a check is called down. */
  network?: OwnNetwork | undefined;
  /** Called when 1,000 rows wait. */
  onFull?: () => void;
}

const fullRows = 1000;
// A database that is away for long may cost results, but not the memory of the process: about 50 MB.
const maxBufferedRows = 100_000;
// One transaction's share when very many verdicts change at once, as when a network goes.
const maxCommits = 200;

const kindOf = (outcome: Outcome): ResultKind =>
  outcome.ok ? 'ok' : outcome.error && isCannotLook(outcome.error.code) ? 'untold' : 'failed';

export function createRecorder(ctx: Ctx, options: RecorderOptions): Recorder {
  const states = new Map<string, VerdictState>();
  /** Counters that moved since they were last stored. */
  const moved = new Map<string, VerdictState>();
  /** Checks whose verdict is on its way into the database: what comes meanwhile waits for it. */
  const busy = new Map<string, Promise<boolean>>();
  const latencies = createLatencies();
  const commit = createCommitQueue(ctx);
  const ensureDays = createPartitionKeeper(ctx);
  const { network } = options;
  let buffer: ResultRow[] = [];
  let dropped = 0;

  function keep(row: ResultRow): void {
    buffer.push(row);
    if (buffer.length === fullRows) options.onFull?.();
    if (buffer.length <= maxBufferedRows) return;
    buffer = buffer.slice(maxBufferedRows / 10);
    dropped += maxBufferedRows / 10;
    ctx.log.error({ dropped }, 'the database is away for so long that the oldest check results are given up');
  }

  /** One after the other for each check, because each step begins where the one before has ended. */
  function inTurn(checkId: string, work: () => Promise<boolean> | boolean): Promise<boolean> | boolean {
    const before = busy.get(checkId);
    const result = before === undefined ? work() : before.then(work);
    if (typeof result === 'boolean') return result;
    const done = result.finally(() => {
      if (busy.get(checkId) === done) busy.delete(checkId);
    });
    busy.set(checkId, done);
    return done;
  }

  function judge(check: WatchedCheck, seen: SeenResult): Promise<boolean> | boolean {
    const { location, outcome } = seen;
    const now = ctx.clock.now();
    const before = states.get(check.id) ?? newVerdictState(now);
    const result = kindOf(outcome);
    const isSlow = result === 'ok' && latencies.learn(check.id, location, outcome.totalMs, now);
    const looksFromHere = network !== undefined && check.locations.includes(localLocation);
    if (looksFromHere && location === localLocation && result === 'failed' && network.isGone())
      return make(check, seen, blindLocation(before, localLocation, 'network-gone', check, now), before);
    const step = nextCheckVerdict(before, { location, result, isSlow }, check, now);
    if (!looksFromHere || signalOf(before, step.state) !== 'firing') return make(check, seen, step, before);
    // Before anybody is called: is it the service, or is it us?
    return network.isHere().then((isHere) => {
      if (isHere) return make(check, seen, step, before);
      return make(check, seen, blindLocation(before, localLocation, 'network-gone', check, now), before);
    });
  }

  function make(
    check: WatchedCheck,
    { at, location, outcome }: Omit<SeenResult, 'outcome'> & { outcome?: Outcome },
    step: VerdictStep,
    before: VerdictState,
  ): Promise<boolean> | boolean {
    if (isSameState(before, step.state)) return true;
    if (!tellsMore({ before, step })) {
      states.set(check.id, step.state);
      moved.set(check.id, step.state);
      return true;
    }
    const evidence = evidenceOf(outcome, at, location, step.state);
    return commit({ check, before, step, at, message: outcome?.error?.message, evidence }).then((done) => {
      if (done) {
        states.set(check.id, step.state);
        moved.delete(check.id);
      }
      return done;
    });
  }

  let flushing: Promise<void> | undefined;
  async function writeAll(): Promise<void> {
    while (buffer.length + moved.size > 0) {
      const rows = buffer.slice(0, fullRows);
      const counters = new Map(moved);
      await ensureDays(rows.map((row) => row.at));
      await insertResults(ctx, rows, counters, latencies.take(ctx.clock.now()));
      // By identity: while the rows were written, more may have come, and the oldest may have been given up.
      const written = new Set(rows);
      buffer = buffer.filter((row) => !written.has(row));
      for (const [id, state] of counters) if (moved.get(id) === state) moved.delete(id);
    }
  }

  return {
    adopt(checkId, state, latency) {
      latencies.adopt(checkId, latency, ctx.clock.now());
      const known = states.get(checkId);
      if (!known || known.verdict !== state.verdict || known.since !== state.since) states.set(checkId, state);
    },
    forget(checkId) {
      states.delete(checkId);
      moved.delete(checkId);
      latencies.forget(checkId);
    },
    stateOf: (checkId) => states.get(checkId),
    record(check, at, outcome) {
      const seen = { at, location: localLocation, outcome };
      keep({ checkId: check.id, ...seen });
      return inTurn(check.id, () => judge(check, seen));
    },
    judge: (check, seen) => inTurn(check.id, () => judge(check, seen)),
    blind(check, location, reason) {
      return inTurn(check.id, () => {
        const now = ctx.clock.now();
        const before = states.get(check.id) ?? newVerdictState(now);
        return make(check, { at: now, location }, blindLocation(before, location, reason, check, now), before);
      });
    },
    flush() {
      flushing ??= writeAll().finally(() => {
        flushing = undefined;
      });
      return flushing;
    },
    buffered: () => buffer.length,
  };
}

const evidenceOf = (outcome: Outcome | undefined, at: EpochMs, location: string, state: VerdictState): JsonObject => ({
  location,
  at,
  failures: state.failures,
  ...(state.locations === null ? {} : { locations: verdictsOf(state.locations) }),
  ...(outcome === undefined ? {} : { totalMs: outcome.totalMs }),
  ...(outcome?.phases ? { phases: outcome.phases } : {}),
  ...(outcome?.error ? { error: outcome.error } : {}),
  ...(outcome?.observed ? { observed: outcome.observed } : {}),
});

const verdictsOf = (locations: NonNullable<VerdictState['locations']>): Record<string, Verdict> =>
  Object.fromEntries(Object.entries(locations).map(([name, one]) => [name, one.verdict]));

/** Commits one at once when it is alone; those that come while a transaction runs share the next. Resolves false when the database refused. */
function createCommitQueue(ctx: Ctx): (commit: VerdictCommit) => Promise<boolean> {
  let waiting: { commit: VerdictCommit; done(success: boolean): void }[] = [];
  let busy = false;

  async function attempt(part: typeof waiting): Promise<void> {
    try {
      await commitVerdicts(
        ctx,
        part.map((one) => one.commit),
      );
      for (const one of part) one.done(true);
    } catch (error) {
      if (part.length === 1) {
        ctx.log.error({ err: error, checkId: part[0]?.commit.check.id }, 'a verdict could not be committed');
        return part[0]?.done(false);
      }
      // One that the database refuses may not take the others with it.
      for (const one of part) await attempt([one]);
    }
  }

  async function work(): Promise<void> {
    busy = true;
    while (waiting.length > 0) {
      const part = waiting.slice(0, maxCommits);
      waiting = waiting.slice(maxCommits);
      await attempt(part);
    }
    busy = false;
  }

  return (commit) =>
    new Promise((resolve) => {
      waiting.push({ commit, done: resolve });
      if (!busy) void work();
    });
}
