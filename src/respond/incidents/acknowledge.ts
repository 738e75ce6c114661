import { acknowledge, autoUpdate } from '../../domain/incident.ts';
import type { Actor, EpochMs } from '../../domain/words.ts';
import { type Ctx, transact } from '../../platform/context.ts';
import { ServiceError } from '../../platform/errors.ts';
import { appendEvents, type NewEvent } from '../../platform/events.ts';
import { cancelPages, keepAcknowledged, lockIncident, serviceName } from './lock.ts';

export interface AcknowledgeIncident {
  incidentId: string;
  /** A person who acknowledges also becomes the owner. */
  actor: Actor;
  now: EpochMs;
  /** Where it was pressed: `console`, `link`, `api`, `events-v2` … */
  via: string;
}

/** Somebody has it: escalation stops and owed pages are taken back. Twice is harmless; a resolved incident refuses with `conflict`. */
export async function acknowledgeIncident(ctx: Ctx, input: AcknowledgeIncident): Promise<{ changed: boolean }> {
  return transact(ctx, async (tx) => {
    const incident = await lockIncident(tx, input.incidentId);
    const transition = acknowledge(incident.status, incident.merged_into_id !== null);
    if (!transition.allowed) {
      throw new ServiceError(
        'conflict',
        transition.reason === 'merged'
          ? 'This incident was merged into another one.'
          : 'This incident is resolved already.',
      );
    }
    if (!transition.changed) return { changed: false };
    // A person who acknowledges owns it; what a tool acknowledges is called again when nobody here owns it.
    const personId = input.actor.kind === 'person' ? (input.actor.id ?? null) : null;
    const ownerId = personId ?? incident.owner_id;
    await tx.db
      .updateTable('incidents')
      .set({
        status: 'acknowledged',
        acknowledged_at: input.now,
        acknowledged_by: personId,
        owner_id: ownerId,
      })
      .where('id', '=', incident.id)
      .execute();
    await keepAcknowledged(tx, incident, ownerId, input.now);
    await cancelPages(tx, incident.id, 'acknowledged');
    const about = { at: input.now, incidentId: incident.id, serviceId: incident.service_id ?? undefined };
    const events: NewEvent[] = [
      {
        ...about,
        kind: 'incident.acknowledged',
        actor: input.actor,
        data: { via: input.via, afterMs: input.now - incident.opened_at },
      },
    ];
    if (incident.is_public && incident.phase === 'investigating' && (await onlyAutomaticUpdates(tx, incident.id))) {
      const body = autoUpdate('acknowledged', await serviceName(tx, incident));
      events.push({
        ...about,
        kind: 'update.posted',
        actor: { kind: 'system' },
        data: { phase: 'investigating', body, auto: true },
      });
    }
    await appendEvents(tx, events);
    return { changed: true };
  });
}

/** True while no person has written to the public: then HugOps' own words are better than silence. */
async function onlyAutomaticUpdates(ctx: Ctx, incidentId: string): Promise<boolean> {
  const row = await ctx.db
    .selectFrom('events')
    .select('seq')
    .where('incident_id', '=', incidentId)
    .where('kind', '=', 'update.posted')
    .where('actor_kind', '!=', 'system')
    .limit(1)
    .executeTakeFirst();
  return row === undefined;
}
