import type { EpochMs } from '../../domain/words.ts';
import { type Ctx, transact } from '../../platform/context.ts';
import type { Outcome } from '../checks/check-kind.ts';
import { insertResults } from '../insert-results.ts';
import { createPartitionKeeper } from '../partitions.ts';
import type { SeenResult } from '../results.ts';
import { checksFrom } from './edit-probes.ts';
import type { Delivery } from './schemas.ts';

export interface Taken {
  takenSeq: number;
  /** What was new, to be judged now that it is committed. */
  fresh: (SeenResult & { checkId: string })[];
}

/** A probe that was away for longer has nothing that anybody still asks about. */
const oldestMs = 7 * 86_400_000;
/** Logs of a probe that are remembered: each start with an empty directory makes one. */
const maxLogs = 20;

/**
 * Takes a delivery once, however often it comes: the numbers taken of a log stand in the same transaction as the results. What belongs to no check
 * of this location is counted as taken and left out.
 */
export function createIntake(ctx: Ctx): (probeId: string, delivery: Delivery, now: EpochMs) => Promise<Taken> {
  const ensureDays = createPartitionKeeper(ctx);
  return async (probeId, delivery, now) => {
    // Both clocks are asked at the same moment, but for the way here.
    const offMs = now - delivery.sentAt;
    const rows = delivery.results
      .map(({ seq, checkId, at, outcome }) => ({
        seq,
        checkId,
        at: Math.min(now, at + offMs),
        location: probeId,
        // JSON has no undefined, which is all that sets the two types apart.
        outcome: outcome as Outcome,
      }))
      .filter((row) => row.at > now - oldestMs);
    await ensureDays(rows.map((row) => row.at));
    return transact(ctx, async (tx) => {
      const log = { probe_id: probeId, log_id: delivery.logId };
      await tx.db
        .insertInto('probe_logs')
        .values({ ...log, taken_seq: 0, updated_at: now })
        .onConflict((conflict) => conflict.doNothing())
        .execute();
      const { taken_seq: taken } = await tx.db
        .selectFrom('probe_logs')
        .select('taken_seq')
        .where('probe_id', '=', log.probe_id)
        .where('log_id', '=', log.log_id)
        .forUpdate()
        .executeTakeFirstOrThrow();
      const last = Math.max(taken, delivery.results.at(-1)?.seq ?? 0);
      const known = new Set((await checksFrom(tx, probeId).execute()).map((check) => check.id));
      const fresh = rows.filter((row) => row.seq > taken && known.has(row.checkId));
      await insertResults(tx, fresh);
      await tx.db
        .updateTable('probe_logs')
        .set({ taken_seq: last, dropped: delivery.dropped, updated_at: now })
        .where('probe_id', '=', log.probe_id)
        .where('log_id', '=', log.log_id)
        .execute();
      if (taken === 0) await forgetOldLogs(tx, probeId);
      return { takenSeq: last, fresh };
    });
  };
}

async function forgetOldLogs(tx: Ctx, probeId: string): Promise<void> {
  const old = await tx.db
    .selectFrom('probe_logs')
    .select('log_id')
    .where('probe_id', '=', probeId)
    .orderBy('updated_at', 'desc')
    .offset(maxLogs)
    .limit(100)
    .execute();
  if (old.length === 0) return;
  await tx.db
    .deleteFrom('probe_logs')
    .where('probe_id', '=', probeId)
    .where(
      'log_id',
      'in',
      old.map((row) => row.log_id),
    )
    .execute();
}
