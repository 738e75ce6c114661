import { sql } from 'kysely';
import type { EpochMs, JsonObject } from '../domain/words.ts';
import type { VerdictState } from '../domain/verdict.ts';
import { type Ctx, transact } from '../platform/context.ts';
import type { Outcome } from './checks/check-kind.ts';
import { isCannotLook } from './checks/check-kind.ts';
import { cleanJson } from './clean-json.ts';
import { countersOf } from './watched-check.ts';

/** One result as it is kept. */
export interface ResultRow {
  checkId: string;
  at: EpochMs;
  location: string;
  outcome: Pick<Outcome, 'ok' | 'phases' | 'error'> & { totalMs: number | null };
}

const hourMs = 3_600_000;
const maxErrorLength = 500;

/**
 * Writes results, adds them to the hourly roll-ups, and stores counters that moved without a verdict, all in one transaction: a handful of
 * statements however many rows. The partitions must be there (createPartitionKeeper).
 */
export async function insertResults(
  ctx: Ctx,
  rows: readonly ResultRow[],
  counters: ReadonlyMap<string, VerdictState> = new Map(),
  latencies: ReadonlyMap<string, JsonObject> = new Map(),
): Promise<void> {
  if (rows.length + counters.size + latencies.size === 0) return;
  await transact(ctx, async (tx) => {
    if (rows.length > 0) {
      await insertRows(tx, rows);
      await addToRollups(tx, rows);
    }
    if (counters.size > 0) await storeCounters(tx, counters);
    if (latencies.size > 0) await storeLatencies(tx, latencies);
  });
}

async function insertRows(tx: Ctx, rows: readonly ResultRow[]): Promise<void> {
  const values = rows.map(({ checkId, at, location, outcome }) => ({
    check_id: checkId,
    at,
    location,
    ok: outcome.ok,
    total_ms: outcome.totalMs,
    phases: outcome.phases,
    error: outcome.error?.message.slice(0, maxErrorLength),
    error_code: outcome.error?.code,
  }));
  await sql`insert into check_results (check_id, at, location, ok, total_ms, phases, error, error_code)
    select check_id, at, location, ok, total_ms, phases, error, error_code
    from jsonb_to_recordset(${cleanJson(values)}::jsonb)
      as r(check_id text, at bigint, location text, ok boolean, total_ms real, phases jsonb, error text, error_code text)`.execute(
    tx.db,
  );
}

interface Rollup {
  check_id: string;
  location: string;
  bucket_at: EpochMs;
  ok_count: number;
  fail_count: number;
  total_ms_sum: number;
  total_ms_max: number;
}

/** Runs that could not look say nothing about the service, so they are in neither count. */
function rollUp(rows: readonly ResultRow[]): Rollup[] {
  const rollups = new Map<string, Rollup>();
  for (const { checkId, at, location, outcome } of rows) {
    if (outcome.error && isCannotLook(outcome.error.code)) continue;
    const bucketAt = Math.floor(at / hourMs) * hourMs;
    const key = `${checkId} ${location} ${bucketAt}`;
    const known = rollups.get(key);
    const rollup = known ?? {
      check_id: checkId,
      location,
      bucket_at: bucketAt,
      ok_count: 0,
      fail_count: 0,
      total_ms_sum: 0,
      total_ms_max: 0,
    };
    const totalMs = outcome.totalMs ?? 0;
    rollup.ok_count += outcome.ok ? 1 : 0;
    rollup.fail_count += outcome.ok ? 0 : 1;
    rollup.total_ms_sum += totalMs;
    rollup.total_ms_max = Math.max(rollup.total_ms_max, totalMs);
    if (!known) rollups.set(key, rollup);
  }
  // In the order of the key, so that two writers wait for each other instead of dead-locking.
  return [...rollups.values()].toSorted((a, b) =>
    a.check_id < b.check_id ? -1 : a.check_id > b.check_id ? 1 : a.bucket_at - b.bucket_at,
  );
}

async function addToRollups(tx: Ctx, rows: readonly ResultRow[]): Promise<void> {
  const rollups = rollUp(rows);
  if (rollups.length === 0) return;
  await sql`insert into check_rollups (check_id, location, bucket_at, ok_count, fail_count, total_ms_sum, total_ms_max)
    select check_id, location, bucket_at, ok_count, fail_count, total_ms_sum, total_ms_max
    from jsonb_to_recordset(${cleanJson(rollups)}::jsonb) as r(check_id text, location text, bucket_at bigint,
      ok_count integer, fail_count integer, total_ms_sum double precision, total_ms_max real)
    on conflict (check_id, location, bucket_at) do update set
      ok_count = check_rollups.ok_count + excluded.ok_count,
      fail_count = check_rollups.fail_count + excluded.fail_count,
      total_ms_sum = check_rollups.total_ms_sum + excluded.total_ms_sum,
      total_ms_max = greatest(check_rollups.total_ms_max, excluded.total_ms_max)`.execute(tx.db);
}

/** A verdict that was committed meanwhile is newer than these counters, and wins. */
async function storeCounters(tx: Ctx, counters: ReadonlyMap<string, VerdictState>): Promise<void> {
  const rows = [...counters].map(([id, state]) => ({
    id,
    verdict: state.verdict,
    since: state.since,
    reason: state.reason,
    state: countersOf(state),
  }));
  rows.sort((a, b) => (a.id < b.id ? -1 : 1));
  await sql`update checks c set state = c.state || r.state, verdict_reason = r.reason
    from jsonb_to_recordset(${cleanJson(rows)}::jsonb) as r(id text, verdict text, since bigint, reason text, state jsonb)
    where c.id = r.id and c.verdict = r.verdict and c.verdict_since = r.since and not c.paused and c.archived_at is null`.execute(
    tx.db,
  );
}

async function storeLatencies(tx: Ctx, latencies: ReadonlyMap<string, JsonObject>): Promise<void> {
  const rows = [...latencies].map(([id, latency]) => ({ id, latency })).toSorted((a, b) => (a.id < b.id ? -1 : 1));
  await sql`update checks c set state = c.state || jsonb_build_object('latency', r.latency)
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as r(id text, latency jsonb) where c.id = r.id`.execute(
    tx.db,
  );
}
