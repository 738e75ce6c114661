import { autoUpdate } from '../../domain/incident.ts';
import type { Actor, EpochMs } from '../../domain/words.ts';
import { type Ctx, transact } from '../../platform/context.ts';
import { appendEvents, type NewEvent } from '../../platform/events.ts';
import { cancelPages, lockIncident, serviceName, setNextAction } from './lock.ts';

export interface ResolveIncident {
  incidentId: string;
  actor: Actor;
  now: EpochMs;
  how: 'by-hand' | 'all-clear' | 'by-source' | 'quiet';
  /** What the public reads; a plain sentence of our own when left out. */
  publicBody?: string;
}

/** The trouble is over: escalation ends, owed pages are taken back, firing alerts are closed. Resolving twice is harmless. */
export async function resolveIncident(ctx: Ctx, input: ResolveIncident): Promise<{ changed: boolean }> {
  return transact(ctx, async (tx) => {
    const incident = await lockIncident(tx, input.incidentId);
    if (incident.status === 'resolved') return { changed: false };
    await tx.db
      .updateTable('incidents')
      .set({
        status: 'resolved',
        phase: 'resolved',
        resolved_at: input.now,
        resolved_by: input.actor.kind === 'person' ? (input.actor.id ?? null) : null,
      })
      .where('id', '=', incident.id)
      .execute();
    await tx.db
      .updateTable('alerts')
      .set({ status: 'ok' })
      .where('incident_id', '=', incident.id)
      .where('status', '=', 'firing')
      .execute();
    await setNextAction(tx, incident.id, null, input.now);
    await cancelPages(tx, incident.id, 'resolved');
    const about = { at: input.now, incidentId: incident.id, serviceId: incident.service_id ?? undefined };
    const events: NewEvent[] = [
      {
        ...about,
        kind: 'incident.resolved',
        actor: input.actor,
        data: { how: input.how, afterMs: input.now - incident.opened_at },
      },
    ];
    if (incident.is_public) {
      const own = input.publicBody === undefined;
      const body = input.publicBody ?? autoUpdate('resolved', await serviceName(tx, incident));
      events.push({
        ...about,
        kind: 'update.posted',
        actor: own ? { kind: 'system' } : input.actor,
        data: { phase: 'resolved', body, auto: own },
      });
    }
    await appendEvents(tx, events);
    return { changed: true };
  });
}
