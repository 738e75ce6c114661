import { sql } from 'kysely';
import { type BurstSample, type BurstSignal, type BurstState, createBurst, stepBurst } from '../detect/burst.ts';
import { binOf, postBinMs } from '../domain/listening.ts';
import type { EpochMs } from '../domain/words.ts';
import type { Ctx } from '../platform/context.ts';
import { recordBurst } from './record-burst.ts';
import { type Measure, type Target, targetKey, targetOf } from './watch-words.ts';

export interface StepSeries {
  measure: Measure;
  /** Problems that count, of any targets. */
  events: readonly { target: Target; at: EpochMs }[];
  /** Targets of which nothing came: their bursts may be over. */
  quiet?: readonly Target[];
  now: EpochMs;
}

/**
 * Steps the burst engine of each target, in the transaction that counted the events, and records what it calls. A series that nothing
 * came for is not stepped: what it missed (quiet bins, and bins in which nobody could hear) is made up for when something comes.
 */
export async function stepSeries(tx: Ctx, { measure, events, quiet = [], now }: StepSeries): Promise<void> {
  const byTarget = new Map<string, EpochMs[]>(quiet.map((target) => [targetKey(target), []]));
  for (const { target, at } of events) {
    const key = targetKey(target);
    const times = byTarget.get(key);
    if (times) times.push(at);
    else byTarget.set(key, [at]);
  }
  if (byTarget.size === 0) return;
  const rows = await lockSeries(tx, measure, [...byTarget.keys()].toSorted());
  const from = Math.min(now, ...rows.map((row) => (row.stepped_at === never ? now - memoryMs : binOf(row.stepped_at))));
  const bins = await tx.db
    .selectFrom('listen_bins')
    .selectAll()
    .where('bin_at', '>=', from)
    .where('bin_at', '<=', now)
    .orderBy('bin_at')
    .execute();
  for (const row of rows) {
    const target: Target = { kind: row.target_kind, id: row.target_id };
    const times = (byTarget.get(targetKey(target)) ?? []).toSorted((a, b) => a - b);
    const since = Math.max(now - memoryMs, await heardSince(tx, measure, target, now));
    // Who visits the status page is heard whatever becomes of the sources of posts.
    const own = bins
      .filter((bin) => bin.bin_at >= since)
      .map((bin) => (measure === 'posts' ? bin : { ...bin, blind: false }));
    const [state, signals] = step(row.state as BurstState, own, times, now);
    await tx.db
      .updateTable('burst_series')
      .set({ state: JSON.stringify(state), stepped_at: now, in_burst: state.course !== null })
      .where('measure', '=', measure)
      .where('target_kind', '=', target.kind)
      .where('target_id', '=', target.id)
      .execute();
    for (const signal of signals) await recordBurst(tx, { measure, target, signal, now });
  }
}

/** Of a series that was never stepped: it begins with the quiet before anybody named it. */
const never = 0;
/** What the engine remembers of a level; older quiet teaches it nothing. */
const memoryMs = 28 * 86_400_000;

/** Since when silence about the target means something. */
async function heardSince(tx: Ctx, measure: Measure, target: Target, now: EpochMs): Promise<EpochMs> {
  const row =
    measure === 'posts'
      ? await tx.db
          .selectFrom('listen_targets')
          .select('since')
          .where('target_kind', '=', target.kind)
          .where('target_id', '=', target.id)
          .executeTakeFirst()
      : await tx.db.selectFrom('services').select('created_at as since').where('id', '=', target.id).executeTakeFirst();
  return row?.since ?? now;
}

/** The series, made where they are new, locked in the order of their keys. */
async function lockSeries(tx: Ctx, measure: Measure, keys: readonly string[]) {
  const targets = keys.map(targetOf);
  const empty = JSON.stringify(createBurst());
  await tx.db
    .insertInto('burst_series')
    .values(
      targets.map(({ kind, id }) => ({
        measure,
        target_kind: kind,
        target_id: id,
        state: empty,
        stepped_at: never,
        in_burst: false,
      })),
    )
    .onConflict((conflict) => conflict.columns(['measure', 'target_kind', 'target_id']).doNothing())
    .execute();
  const wanted = JSON.stringify(targets);
  return tx.db
    .selectFrom('burst_series')
    .selectAll()
    .where('measure', '=', measure)
    .where(
      sql<boolean>`(target_kind, target_id) in (select kind, id from jsonb_to_recordset(${wanted}::jsonb) as t(kind text, id text))`,
    )
    .orderBy('target_kind')
    .orderBy('target_id')
    .forUpdate()
    .execute();
}

interface ListenBin {
  bin_at: EpochMs;
  blind: boolean;
}

/** Pure: what was missed, then what came. */
export function step(
  before: BurstState,
  bins: readonly ListenBin[],
  times: readonly EpochMs[],
  now: EpochMs,
): [BurstState, BurstSignal[]] {
  let state = before;
  const signals: BurstSignal[] = [];
  const take = (sample: BurstSample, at: EpochMs): void => {
    const [next, more] = stepBurst(state, sample, at);
    state = next;
    signals.push(...more);
  };
  const openAt = before.openAt;
  for (const { bin_at: binAt, blind } of bins) {
    const isPast = binAt + postBinMs <= now;
    if (openAt >= 0 && binAt < openAt) continue;
    if (blind) take({ kind: 'blind' }, Math.max(binAt, state.now));
    else if (isPast && binAt > openAt) take({ kind: 'alive' }, binAt + postBinMs - 1);
  }
  take({ kind: 'alive' }, now);
  for (const at of times) take({ kind: 'event', at }, now);
  return [state, signals];
}
