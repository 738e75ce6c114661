import { restartEscalation } from '../../domain/escalation.ts';
import { impactOf, publicTitle } from '../../domain/incident.ts';
import { urgencyOf } from '../../domain/notification.ts';
import type { EpochMs, Severity } from '../../domain/words.ts';
import { type Ctx, transact } from '../../platform/context.ts';
import { appendEvents } from '../../platform/events.ts';
import { stateOf, storeEscalation } from '../escalation-row.ts';
import { cancelPages, type Incident, lockIncident, serviceName } from './lock.ts';

/**
 * Makes an incident as severe as its worst alert; of several services the one that it is about shows as badly. When it becomes urgent while nobody
 * has it, its policy begins again.
 */
export async function raiseSeverity(
  ctx: Ctx,
  input: { incidentId: string; severity: Severity; now: EpochMs; serviceId?: string },
): Promise<void> {
  await transact(ctx, async (tx) => {
    const incident = await lockIncident(tx, input.incidentId);
    const title = publicTitle(await serviceName(tx, incident), input.severity);
    await tx.db
      .updateTable('incidents')
      .set({ severity: input.severity, public_title: title })
      .where('id', '=', incident.id)
      .execute();
    await tx.db
      .updateTable('incident_services')
      .set({ impact: impactOf(input.severity) })
      .where('incident_id', '=', incident.id)
      .where('service_id', '=', input.serviceId ?? incident.service_id ?? '')
      .execute();
    await appendEvents(tx, [
      {
        kind: 'severity.raised',
        at: input.now,
        actor: { kind: 'system' },
        incidentId: incident.id,
        data: { from: incident.severity, to: input.severity },
      },
    ]);
    const becomesUrgent = urgencyOf(incident.severity) === 'low' && urgencyOf(input.severity) === 'high';
    if (becomesUrgent && incident.status === 'triggered') await callAgain(tx, incident, input.now);
  });
}

/** What may have waited for the morning does not any more, and steps for worse trouble are taken. */
async function callAgain(ctx: Ctx, incident: Incident, now: EpochMs): Promise<void> {
  const row = await ctx.db
    .selectFrom('escalations')
    .selectAll()
    .where('incident_id', '=', incident.id)
    .executeTakeFirstOrThrow();
  await storeEscalation(ctx, incident.id, restartEscalation(stateOf(row), now), now);
  await cancelPages(ctx, incident.id, 'severity-raised');
  ctx.wake('escalation');
}
