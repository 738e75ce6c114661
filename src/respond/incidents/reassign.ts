import { reassignEscalation } from '../../domain/escalation.ts';
import type { Actor, EpochMs } from '../../domain/words.ts';
import { type Ctx, transact } from '../../platform/context.ts';
import { ServiceError } from '../../platform/errors.ts';
import { appendEvents } from '../../platform/events.ts';
import { stateOf, storeEscalation } from '../escalation-row.ts';
import { cancelPages, lockIncident } from './lock.ts';

/** Hands the incident to another person, who is paged at once; without an answer the policy starts again. */
export async function reassignIncident(
  ctx: Ctx,
  input: { incidentId: string; toPersonId: string; actor: Actor; now: EpochMs },
): Promise<void> {
  await transact(ctx, async (tx) => {
    const incident = await lockIncident(tx, input.incidentId);
    if (incident.status === 'resolved') throw new ServiceError('conflict', 'This incident is resolved already.');
    const person = await tx.db
      .selectFrom('people')
      .select(['id', 'name'])
      .where('id', '=', input.toPersonId)
      .where('archived_at', 'is', null)
      .executeTakeFirst();
    if (!person)
      throw new ServiceError('invalid', 'There is no such person.', {
        fields: [{ path: 'toPersonId', message: 'no such person' }],
      });
    const row = await tx.db
      .selectFrom('escalations')
      .selectAll()
      .where('incident_id', '=', incident.id)
      .executeTakeFirstOrThrow();
    const next = reassignEscalation(stateOf(row), person.id, input.now);
    await tx.db
      .updateTable('incidents')
      .set({ status: 'triggered', owner_id: person.id })
      .where('id', '=', incident.id)
      .execute();
    await storeEscalation(tx, incident.id, next, input.now);
    await cancelPages(tx, incident.id, 'reassigned');
    await appendEvents(tx, [
      {
        kind: 'incident.reassigned',
        at: input.now,
        actor: input.actor,
        incidentId: incident.id,
        data: { toPersonId: person.id, toName: person.name, fromPersonId: incident.owner_id },
      },
    ]);
    tx.wake('escalation');
  });
}
