import type { Actor, EpochMs } from '../../domain/words.ts';
import { type Ctx, transact } from '../../platform/context.ts';
import { appendEvents } from '../../platform/events.ts';
import { keepAcknowledged, lockIncident } from './lock.ts';

/** A note for the team on the incident's timeline; never shown to the public. */
export async function addNote(
  ctx: Ctx,
  input: { incidentId: string; body: string; actor: Actor; now: EpochMs },
): Promise<void> {
  await transact(ctx, async (tx) => {
    const incident = await lockIncident(tx, input.incidentId);
    if (incident.status === 'acknowledged') await keepAcknowledged(tx, incident, incident.owner_id, input.now);
    await appendEvents(tx, [
      { kind: 'note.added', at: input.now, actor: input.actor, incidentId: incident.id, data: { body: input.body } },
    ]);
  });
}
