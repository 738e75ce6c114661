import { severities, type Actor, type EpochMs } from '../../domain/words.ts';
import { type Ctx, transact } from '../../platform/context.ts';
import { ServiceError } from '../../platform/errors.ts';
import { appendEvents } from '../../platform/events.ts';
import { lockIncident } from './lock.ts';
import { openIncident } from './open.ts';

export interface SplitOut {
  incidentId: string;
  serviceId: string;
  actor: Actor;
  now: EpochMs;
  /** `by-hand`: a person says that it is another trouble. `still-broken`: it did not recover with the others. */
  reason: 'by-hand' | 'still-broken';
}

/**
 * Takes a service out of an incident into one of its own, whose people are paged as for any other. Nothing is folded into that one. Returns its id.
 * Refuses with `conflict` where nothing would be left.
 */
export async function splitOut(ctx: Ctx, input: SplitOut): Promise<string> {
  return transact(ctx, async (tx) => {
    const incident = await lockIncident(tx, input.incidentId);
    if (incident.status === 'resolved') throw new ServiceError('conflict', 'This incident is over already.');
    const alerts = await tx.db
      .selectFrom('alerts')
      .select(['id', 'service_id', 'status', 'severity', 'summary', 'evidence'])
      .where('incident_id', '=', incident.id)
      .where('status', '=', 'firing')
      .orderBy('first_at')
      .execute();
    const own = alerts.filter((alert) => alert.service_id === input.serviceId);
    const others = alerts.filter((alert) => alert.service_id !== input.serviceId);
    const [first] = own;
    if (!first)
      throw new ServiceError('invalid', 'Nothing of this service fires in this incident.', {
        fields: [{ path: 'serviceId', message: 'has no firing alert here' }],
      });
    if (others.length === 0 && input.reason === 'by-hand')
      throw new ServiceError('conflict', 'Nothing else fires in this incident: there is nothing to take it out of.');
    const worst = own.toSorted((a, b) => severities.indexOf(a.severity) - severities.indexOf(b.severity))[0] ?? first;
    const newId = await openIncident(tx, {
      serviceId: input.serviceId,
      severity: worst.severity,
      title: first.summary,
      openedBy: 'signal',
      actor: input.actor,
      now: input.now,
      evidence: first.evidence,
    });
    await tx.db
      .updateTable('alerts')
      .set({ incident_id: newId })
      .where('incident_id', '=', incident.id)
      .where('service_id', '=', input.serviceId)
      .execute();
    await tx.db
      .deleteFrom('incident_services')
      .where('incident_id', '=', incident.id)
      .where('service_id', '=', input.serviceId)
      .execute();
    if (incident.service_id === input.serviceId) {
      const next = others[0]?.service_id ?? (await anyService(tx, incident.id));
      await tx.db.updateTable('incidents').set({ service_id: next }).where('id', '=', incident.id).execute();
    }
    await tx.db
      .insertInto('incident_rulings')
      .values({
        incident_id: newId,
        ruling: 'stands-alone',
        person_id: input.actor.kind === 'person' ? (input.actor.id ?? null) : null,
        at: input.now,
      })
      .execute();
    const about = { at: input.now, actor: input.actor, serviceId: input.serviceId };
    await appendEvents(tx, [
      { ...about, kind: 'service.split-out', incidentId: incident.id, data: { toId: newId, reason: input.reason } },
      {
        ...about,
        kind: 'service.split-from',
        incidentId: newId,
        data: { fromId: incident.id, fromNumber: incident.number, reason: input.reason },
      },
    ]);
    return newId;
  });
}

async function anyService(ctx: Ctx, incidentId: string): Promise<string | null> {
  const row = await ctx.db
    .selectFrom('incident_services')
    .select('service_id')
    .where('incident_id', '=', incidentId)
    .orderBy('service_id')
    .limit(1)
    .executeTakeFirst();
  return row?.service_id ?? null;
}
