import type { Actor, EpochMs } from '../domain/words.ts';
import { type Ctx, transact } from '../platform/context.ts';
import { ServiceError } from '../platform/errors.ts';
import { appendEvents } from '../platform/events.ts';

/** Lets a held hug out, or keeps it in. An approved one may still be taken from the page; the people keep what they got. */
export async function moderateHug(
  ctx: Ctx,
  input: { hugId: string; decision: 'approved' | 'rejected'; actor: Actor; now: EpochMs },
): Promise<void> {
  await transact(ctx, async (tx) => {
    const hug = await tx.db.selectFrom('hugs').selectAll().where('id', '=', input.hugId).forUpdate().executeTakeFirst();
    if (!hug) throw new ServiceError('not-found', 'There is no such hug.');
    if (hug.status === 'withdrawn') throw new ServiceError('gone', 'The sender has taken this hug back.');
    if (hug.status === input.decision) return;
    await tx.db
      .updateTable('hugs')
      .set({ status: input.decision, moderated_at: input.now, moderated_by: input.actor.id ?? null, queued_at: null })
      .where('id', '=', hug.id)
      .execute();
    if (input.decision === 'rejected')
      await tx.db.deleteFrom('hug_deliveries').where('hug_id', '=', hug.id).where('bundled_at', 'is', null).execute();
    await appendEvents(tx, [
      {
        kind: `hug.${input.decision}`,
        at: input.now,
        actor: input.actor,
        incidentId: hug.incident_id,
        data: { hugId: hug.id },
      },
    ]);
  });
}
