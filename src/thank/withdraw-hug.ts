import type { EpochMs } from '../domain/words.ts';
import { type Ctx, transact } from '../platform/context.ts';
import { ServiceError } from '../platform/errors.ts';
import { appendEvents } from '../platform/events.ts';
import { verifyLink } from '../platform/signed-link.ts';
import { withdrawPurpose } from './leave-hug.ts';

/** The hug that a link to take one back is about. Throws `not-found` for a link that was not made here, `gone` for an old one. */
export function hugOfLink(ctx: Ctx, token: string, now: EpochMs): string {
  const check = verifyLink(ctx.secret, withdrawPurpose, token, now);
  if (check.ok) return check.payload;
  if (check.reason === 'expired') throw new ServiceError('gone', 'This link is too old.');
  throw new ServiceError('not-found', 'This link is not complete. Please use it whole.');
}

/** The sender takes a hug back: its words are deleted, and it is on its way to nobody. What was brought already cannot be fetched back. */
export async function withdrawHug(ctx: Ctx, hugId: string, now: EpochMs): Promise<void> {
  await transact(ctx, async (tx) => {
    const hug = await tx.db
      .selectFrom('hugs')
      .select(['id', 'incident_id', 'status'])
      .where('id', '=', hugId)
      .forUpdate()
      .executeTakeFirst();
    if (!hug) throw new ServiceError('not-found', 'There is no such hug any more.');
    if (hug.status === 'withdrawn') return;
    await tx.db.updateTable('hugs').set({ status: 'withdrawn', message: null }).where('id', '=', hug.id).execute();
    await tx.db.deleteFrom('hug_deliveries').where('hug_id', '=', hug.id).where('bundled_at', 'is', null).execute();
    const actor = { kind: 'visitor' } as const;
    await appendEvents(tx, [
      { kind: 'hug.withdrawn', at: now, actor, incidentId: hug.incident_id, data: { hugId: hug.id } },
    ]);
  });
}
