import { draftPostmortem } from '../../domain/postmortem.ts';
import type { Actor, EpochMs } from '../../domain/words.ts';
import { type Ctx, idFor, transact } from '../../platform/context.ts';
import { ServiceError } from '../../platform/errors.ts';
import { appendEvents } from '../../platform/events.ts';
import { lockIncident } from '../incidents/lock.ts';
import { readPostmortemFacts } from './read-facts.ts';

/** Drafts the postmortem of an incident that is over from what is on record. Once: who asks again gets what is there. */
export async function startPostmortem(
  ctx: Ctx,
  input: { incidentId: string; actor: Actor; now: EpochMs },
): Promise<void> {
  await transact(ctx, async (tx) => {
    const incident = await lockIncident(tx, input.incidentId);
    if (incident.merged_into_id !== null)
      throw new ServiceError('conflict', 'This incident became part of another one. Write about it there.');
    if (incident.status !== 'resolved' || incident.resolved_at === null)
      throw new ServiceError('conflict', 'This incident is still open. Write about it when it is over.');
    const known = await tx.db
      .selectFrom('postmortems')
      .select('id')
      .where('incident_id', '=', incident.id)
      .executeTakeFirst();
    if (known) return;
    const draft = draftPostmortem(await readPostmortemFacts(tx, { ...incident, resolved_at: incident.resolved_at }));
    await tx.db
      .insertInto('postmortems')
      .values({
        id: idFor(tx, 'pm'),
        incident_id: incident.id,
        title: draft.title,
        body: draft.body,
        public_body: draft.publicBody,
        created_at: input.now,
        updated_at: input.now,
        updated_by: null,
        published_at: null,
      })
      .execute();
    await appendEvents(tx, [
      { kind: 'postmortem.drafted', at: input.now, actor: input.actor, incidentId: incident.id },
    ]);
  });
}
