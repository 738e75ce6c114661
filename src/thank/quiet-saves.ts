import type { EpochMs } from '../domain/words.ts';
import { type Ctx, transact } from '../platform/context.ts';
import { ServiceError } from '../platform/errors.ts';
import type { QuietSave } from './schemas.ts';

/** Quiet saves, newest first; also the disputed ones, with who disputed them and why. */
export async function readQuietSaves(ctx: Ctx, limit: number): Promise<QuietSave[]> {
  const rows = await ctx.db
    .selectFrom('quiet_saves')
    .innerJoin('incidents', 'incidents.id', 'quiet_saves.incident_id')
    .innerJoin('services', 'services.id', 'quiet_saves.service_id')
    .leftJoin('people', 'people.id', 'quiet_saves.disputed_by')
    .select(['quiet_saves.id', 'quiet_saves.kind', 'quiet_saves.at', 'quiet_saves.days_left'])
    .select(['quiet_saves.disputed_at', 'quiet_saves.dispute_reason', 'people.name as disputed_by'])
    .select(['incidents.id as incident_id', 'incidents.number', 'incidents.title', 'incidents.opened_at'])
    .select(['services.id as service_id', 'services.name as service_name'])
    .orderBy('quiet_saves.at', 'desc')
    .orderBy('quiet_saves.id', 'desc')
    .limit(limit)
    .execute();
  return rows.map((row) => ({
    id: row.id,
    kind: row.kind,
    at: row.at,
    lastedMs: row.at - row.opened_at,
    daysLeft: row.days_left,
    incident: { id: row.incident_id, number: row.number, title: row.title },
    service: { id: row.service_id, name: row.service_name },
    dispute:
      row.disputed_at === null ? null : { at: row.disputed_at, by: row.disputed_by, reason: row.dispute_reason ?? '' },
  }));
}

interface Ruling {
  quietSaveId: string;
  /** Why it was none; undefined takes a dispute back. */
  reason: string | undefined;
  personId: string | undefined;
  now: EpochMs;
}

/** A member knows better than the rule: users did notice. It is kept with the reason and told in no recap. Throws `not-found`. */
export async function disputeQuietSave(ctx: Ctx, { quietSaveId, reason, personId, now }: Ruling): Promise<void> {
  await transact(ctx, async (tx) => {
    const rows = await tx.db
      .updateTable('quiet_saves')
      .set(
        reason === undefined
          ? { disputed_at: null, disputed_by: null, dispute_reason: null }
          : { disputed_at: now, disputed_by: personId ?? null, dispute_reason: reason },
      )
      .where('id', '=', quietSaveId)
      .returning('id')
      .execute();
    if (rows.length === 0) throw new ServiceError('not-found', 'There is no such quiet save.');
  });
}
