import type { Actor, EpochMs } from '../../domain/words.ts';
import { type Ctx, transact } from '../../platform/context.ts';
import { appendEvents } from '../../platform/events.ts';
import { lockPostmortem, requireVersion } from './lock.ts';
import { requirePublishable } from './publish.ts';

/**
 * Keeps what a person wrote. `version` is the one that they began from; `conflict` when it is not the stored one any more. What stands on the status
 * page must go on naming nobody unasked.
 */
export async function savePostmortem(
  ctx: Ctx,
  input: {
    incidentId: string;
    version: number;
    title: string;
    body: string;
    publicBody: string;
    actor: Actor;
    now: EpochMs;
  },
): Promise<void> {
  await transact(ctx, async (tx) => {
    const row = await lockPostmortem(tx, input.incidentId);
    requireVersion(row, input.version);
    if (row.title === input.title && row.body === input.body && row.public_body === input.publicBody) return;
    if (row.on_status_page) await requirePublishable(tx, row.incident_id, input.publicBody);
    await tx.db
      .updateTable('postmortems')
      .set({
        title: input.title,
        body: input.body,
        public_body: input.publicBody,
        version: row.version + 1,
        updated_at: input.now,
        updated_by: input.actor.kind === 'person' ? (input.actor.id ?? null) : null,
      })
      .where('id', '=', row.id)
      .execute();
    await appendEvents(tx, [
      {
        kind: 'postmortem.edited',
        at: input.now,
        actor: input.actor,
        incidentId: row.incident_id,
        data: { version: row.version + 1 },
      },
    ]);
  });
}
