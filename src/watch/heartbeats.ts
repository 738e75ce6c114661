import type { EpochMs, JsonObject } from '../domain/words.ts';
import { nextCheckVerdict } from '../domain/agreement.ts';
import type { VerdictState } from '../domain/verdict.ts';
import { type Ctx, transact } from '../platform/context.ts';
import { cleanJson } from './clean-json.ts';
import { commitVerdicts, type VerdictCommit } from './commit-verdicts.ts';
import { heartbeatDeadline } from './heartbeat-deadline.ts';
import { insertResults, type ResultRow } from './insert-results.ts';
import { createPartitionKeeper } from './partitions.ts';
import {
  type CheckColumns,
  pingLocation,
  toVerdictState,
  toWatchedCheck,
  type VerdictColumns,
  watchedColumns,
} from './watched-check.ts';

export type PingAction = 'success' | 'start' | 'fail' | 'log';

interface Ping {
  key: string;
  action: PingAction;
  at: EpochMs;
  exitCode?: number | undefined;
  /** Tells runs apart that overlap. */
  runId?: string | undefined;
  /** What the job has to say, already cut to its limit. */
  body?: string | undefined;
}

const location = pingLocation;
const told = { location, isSlow: false };
const maxStarts = 20;
const maxEvidenceBody = 2000;

/** What a heartbeat's row remembers of its pings, beside the verdict's counters. */
interface Heard {
  /** The last success or failure. */
  lastPingAt: EpochMs | undefined;
  /** Runs under way: run id ('' without one) → start. */
  starts: Record<string, EpochMs>;
}

function heardOf(state: JsonObject): Heard {
  const { lastPingAt, starts } = state;
  const known = typeof starts === 'object' && starts !== null ? Object.entries(starts) : [];
  return {
    lastPingAt: typeof lastPingAt === 'number' ? lastPingAt : undefined,
    starts: Object.fromEntries(known.filter((entry): entry is [string, number] => typeof entry[1] === 'number')),
  };
}

const oldestStart = (starts: Record<string, EpochMs>): EpochMs | undefined => {
  const times = Object.values(starts);
  return times.length === 0 ? undefined : Math.min(...times);
};

/** The latest runs; one that never ends must not fill the row. */
const latestStarts = (starts: Record<string, EpochMs>): Record<string, EpochMs> =>
  Object.fromEntries(
    Object.entries(starts)
      .toSorted(([, a], [, b]) => b - a)
      .slice(0, maxStarts),
  );

/** Takes pings. Each is committed, with its verdict and signal, when the promise resolves. */
export interface HeartbeatListener {
  /** False when no heartbeat has this key. */
  hear(ping: Ping): Promise<boolean>;
}

export function createHeartbeatListener(ctx: Ctx): HeartbeatListener {
  const ensureDays = createPartitionKeeper(ctx);
  return {
    async hear(ping) {
      await ensureDays([ping.at]);
      return transact(ctx, async (tx) => {
        const row = await tx.db
          .selectFrom('checks')
          .select(watchedColumns)
          .select(['checks.config', 'checks.paused', 'checks.due_at'])
          .where('ping_key', '=', ping.key)
          .where('kind', '=', 'heartbeat')
          .where('archived_at', 'is', null)
          .forUpdate()
          .executeTakeFirst();
        if (!row) return false;
        const heard = heardOf(row.state);
        const note = { lastHeard: notedPing(ping) };
        if (row.paused || ping.action === 'log') {
          await storeNote(tx, row, note, row.due_at);
        } else if (ping.action === 'start') {
          const starts = latestStarts({ ...heard.starts, [ping.runId ?? '']: ping.at });
          const startedAt = oldestStart(starts);
          const dueAt = row.verdict === 'down' ? null : heartbeatDeadline(row, { ...heard, startedAt });
          await storeNote(tx, row, { ...note, starts }, dueAt);
        } else {
          await judgePing(tx, row, ping, heard);
        }
        return true;
      });
    },
  };
}

const notedPing = (ping: Ping): JsonObject => ({
  at: ping.at,
  action: ping.action,
  ...(ping.exitCode === undefined ? {} : { exitCode: ping.exitCode }),
  ...(ping.runId === undefined ? {} : { runId: ping.runId }),
  ...(ping.body === undefined ? {} : { body: ping.body }),
});

type HeartbeatRow = CheckColumns & VerdictColumns & { interval_ms: number; config: JsonObject };

async function storeNote(tx: Ctx, row: HeartbeatRow, note: JsonObject, dueAt: EpochMs | null): Promise<void> {
  await tx.db
    .updateTable('checks')
    .set({ state: cleanJson({ ...row.state, ...note }), due_at: dueAt })
    .where('id', '=', row.id)
    .execute();
}

/** A run has ended: its time is known if its start was heard, and what it says is the verdict. */
async function judgePing(tx: Ctx, row: HeartbeatRow, ping: Ping, heard: Heard): Promise<void> {
  const { [ping.runId ?? '']: startedAt, ...others } = heard.starts;
  const ok = ping.action === 'success';
  const runMs = startedAt === undefined ? null : ping.at - startedAt;
  const message = ok ? undefined : failureWords(ping);
  const result: ResultRow = {
    checkId: row.id,
    at: ping.at,
    location,
    outcome: {
      ok,
      totalMs: runMs,
      ...(message === undefined ? {} : { error: { code: 'reported-failure' as const, message } }),
    },
  };
  await insertResults(tx, [result]);
  const check = toWatchedCheck(row);
  const before = toVerdictState(row);
  const step = nextCheckVerdict(before, { ...told, result: ok ? 'ok' : 'failed' }, check, ping.at);
  // After a failure nothing is due: it is down already, and the next ping says more.
  const dueAt = ok ? heartbeatDeadline(row, { lastPingAt: ping.at, startedAt: oldestStart(others) }) : null;
  const { body } = ping;
  const evidence: JsonObject = {
    location,
    at: ping.at,
    ...(ping.exitCode === undefined ? {} : { exitCode: ping.exitCode }),
    ...(runMs === null ? {} : { runMs }),
    ...(body === undefined ? {} : { observed: { body: body.slice(0, maxEvidenceBody) } }),
  };
  const more = { lastHeard: notedPing(ping), lastPingAt: ping.at, starts: others };
  await commitVerdicts(tx, [{ check, before, step, at: ping.at, message, evidence, more, dueAt }]);
}

function failureWords({ exitCode, body }: Ping): string {
  const what = exitCode === undefined ? 'the job reported a failure' : `the job ended with exit code ${exitCode}`;
  const lastLine = body?.trim().split('\n').at(-1)?.trim() ?? '';
  return lastLine === '' ? what : `${what}: ${lastLine.slice(0, 200)}`;
}

const batchSize = 100;
// A tick's share; what is left is taken by the next.
const maxBatches = 50;

/**
 * Heartbeats whose deadline has passed go down, in batches of 100, each in a transaction of its own. Several processes may run this at once: a row is
 * taken by one, and only while its deadline is still past. Returns how many there were.
 */
export async function overdueHeartbeats(ctx: Ctx, now: EpochMs): Promise<number> {
  const ensureDays = createPartitionKeeper(ctx);
  let total = 0;
  for (let batch = 0; batch < maxBatches; batch++) {
    const taken = await takeOverdue(ctx, now, ensureDays);
    total += taken;
    if (taken < batchSize) break;
  }
  return total;
}

async function takeOverdue(
  ctx: Ctx,
  now: EpochMs,
  ensureDays: ReturnType<typeof createPartitionKeeper>,
): Promise<number> {
  const waiting = await ctx.db
    .selectFrom('checks')
    .select('id')
    .where('due_at', '<=', now)
    .where('archived_at', 'is', null)
    .limit(1)
    .executeTakeFirst();
  if (!waiting) return 0;
  await ensureDays([now]);
  return transact(ctx, async (tx) => {
    const rows = await tx.db
      .selectFrom('checks')
      .select(watchedColumns)
      .select('checks.config')
      .where('due_at', '<=', now)
      .where('archived_at', 'is', null)
      .where('paused', '=', false)
      .where('kind', '=', 'heartbeat')
      .orderBy('due_at')
      .limit(batchSize)
      .forUpdate()
      .skipLocked()
      .execute();
    const commits = rows.map((row): VerdictCommit => {
      const check = toWatchedCheck(row);
      const before: VerdictState = toVerdictState(row);
      const heard = heardOf(row.state);
      const step = nextCheckVerdict(before, { ...told, result: 'silent' }, check, now);
      const message = silenceWords(row, heard, now);
      const evidence: JsonObject = { location, at: now, lastPingAt: heard.lastPingAt ?? null };
      // A lost run has had its alert; remembered on, it would fire again after the next success.
      return { check, before, step, at: now, message, evidence, more: { starts: null }, dueAt: null };
    });
    await insertResults(
      tx,
      commits.map(({ check, message = '' }) => ({
        checkId: check.id,
        at: now,
        location,
        outcome: { ok: false, totalMs: null, error: { code: 'timeout', message } },
      })),
    );
    await commitVerdicts(tx, commits);
    return rows.length;
  });
}

function silenceWords(row: HeartbeatRow, heard: Heard, now: EpochMs): string {
  const startedAt = oldestStart(heard.starts);
  const expectedAt = heard.lastPingAt === undefined ? Number.POSITIVE_INFINITY : heard.lastPingAt + row.interval_ms;
  if (startedAt !== undefined && startedAt < expectedAt) {
    return `the run that started ${duration(now - startedAt)} ago has not ended`;
  }
  if (heard.lastPingAt === undefined) return `no ping, expected every ${duration(row.interval_ms)}`;
  return `no ping for ${duration(now - heard.lastPingAt)}, expected every ${duration(row.interval_ms)}`;
}

const units: readonly (readonly [ms: number, name: string])[] = [
  [86_400_000, 'd'],
  [3_600_000, 'h'],
  [60_000, 'min'],
  [1000, 's'],
];

/** `1 d 2 h`, `5 min`: the two largest units. */
function duration(ms: number): string {
  const from = units.findIndex(([size]) => ms >= size);
  if (from < 0) return '0 s';
  let left = ms;
  const parts = units.slice(from, from + 2).flatMap(([size, name]) => {
    const count = Math.floor(left / size);
    left -= count * size;
    return count > 0 ? [`${count} ${name}`] : [];
  });
  return parts.join(' ');
}
