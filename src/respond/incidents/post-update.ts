import type { Actor, EpochMs, Phase } from '../../domain/words.ts';
import { type Ctx, transact } from '../../platform/context.ts';
import { ServiceError } from '../../platform/errors.ts';
import { appendEvents } from '../../platform/events.ts';
import { keepAcknowledged, lockIncident } from './lock.ts';
import { resolveIncident } from './resolve.ts';

/** Tells the public where things stand. Makes the incident public if it was not; the phase `resolved` resolves it. */
export async function postUpdate(
  ctx: Ctx,
  input: { incidentId: string; phase: Phase; body: string; actor: Actor; now: EpochMs },
): Promise<void> {
  await transact(ctx, async (tx) => {
    const incident = await lockIncident(tx, input.incidentId);
    if (incident.status === 'resolved' && input.phase !== 'resolved') {
      throw new ServiceError('conflict', 'This incident is resolved already. Open a new one if the trouble is back.', {
        fields: [{ path: 'phase', message: 'a resolved incident takes only `resolved`' }],
      });
    }
    await tx.db.updateTable('incidents').set({ is_public: true }).where('id', '=', incident.id).execute();
    if (input.phase === 'resolved' && incident.status !== 'resolved') {
      await resolveIncident(tx, {
        incidentId: incident.id,
        actor: input.actor,
        now: input.now,
        how: 'by-hand',
        publicBody: input.body,
      });
      return;
    }
    if (incident.status === 'acknowledged') await keepAcknowledged(tx, incident, incident.owner_id, input.now);
    await tx.db.updateTable('incidents').set({ phase: input.phase }).where('id', '=', incident.id).execute();
    await appendEvents(tx, [
      {
        kind: 'update.posted',
        at: input.now,
        actor: input.actor,
        incidentId: incident.id,
        serviceId: incident.service_id ?? undefined,
        data: { phase: input.phase, body: input.body, auto: false },
      },
    ]);
  });
}
