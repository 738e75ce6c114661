import { sql } from 'kysely';
import { type Ctx, transact } from '../platform/context.ts';

/**
 * Puts signals that a maintenance muted back into the queue when it is over and their trouble is not: the newest of each key, if it still
 * fires. Returns how many.
 */
export async function reconsiderMuted(ctx: Ctx): Promise<number> {
  return transact(ctx, async (tx) => {
    const { rows } = await sql<{ again: boolean }>`
      update signals set outcome = case when exists (
          select 1 from signals newer where newer.source_kind = signals.source_kind and newer.source_id = signals.source_id
            and newer.dedup_key = signals.dedup_key and newer.seq > signals.seq)
        then 'mute:over' end
      where outcome = 'mute:maintenance' and not exists (
        select 1 from maintenance_services join maintenances on maintenances.id = maintenance_services.maintenance_id
        where maintenance_services.service_id = signals.service_id and maintenances.status = 'in_progress')
      returning outcome is null as again`.execute(tx.db);
    const again = rows.filter((row) => row.again).length;
    if (again > 0) tx.wake('signals');
    return again;
  });
}
