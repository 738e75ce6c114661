import type { Actor, EpochMs } from '../../domain/words.ts';
import { type Ctx, transact } from '../../platform/context.ts';
import { ServiceError } from '../../platform/errors.ts';
import { appendEvents } from '../../platform/events.ts';
import { lockPostmortem, requireVersion } from './lock.ts';

/** A person has read this version. Whoever wrote it last cannot be its reviewer. */
export async function reviewPostmortem(
  ctx: Ctx,
  input: { incidentId: string; version: number; actor: Actor; now: EpochMs },
): Promise<void> {
  await transact(ctx, async (tx) => {
    const row = await lockPostmortem(tx, input.incidentId);
    requireVersion(row, input.version);
    const personId = input.actor.kind === 'person' ? input.actor.id : undefined;
    if (personId === undefined) throw new ServiceError('conflict', 'Only a person can review it.');
    if (row.updated_by === personId)
      throw new ServiceError('conflict', 'You wrote it last. Somebody else should read it.');
    const review = { version: row.version, at: input.now };
    const before = await tx.db
      .selectFrom('postmortem_reviews')
      .select('version')
      .where('postmortem_id', '=', row.id)
      .where('person_id', '=', personId)
      .executeTakeFirst();
    if (before?.version === row.version) return;
    await tx.db
      .insertInto('postmortem_reviews')
      .values({ postmortem_id: row.id, person_id: personId, ...review })
      .onConflict((conflict) => conflict.columns(['postmortem_id', 'person_id']).doUpdateSet(review))
      .execute();
    await appendEvents(tx, [
      {
        kind: 'postmortem.reviewed',
        at: input.now,
        actor: input.actor,
        incidentId: row.incident_id,
        data: { version: row.version },
      },
    ]);
  });
}
