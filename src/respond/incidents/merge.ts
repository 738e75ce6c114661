import { isWorse } from '../../domain/correlation.ts';
import type { Actor, EpochMs } from '../../domain/words.ts';
import { type Ctx, transact } from '../../platform/context.ts';
import { ServiceError } from '../../platform/errors.ts';
import { appendEvents, type NewEvent } from '../../platform/events.ts';
import { cancelPages, type Incident, lockIncident, setNextAction } from './lock.ts';
import { raiseSeverity } from './raise-severity.ts';

/** What the public reads where one report becomes part of another. */
const publicWords = 'This is part of a wider problem. We go on telling about it there.';

/**
 * Two incidents are one trouble: the first one's alerts and services go to the second, and it ends as merged. Nobody is paged for it again; links in
 * pages that were sent lead to the second one. Refuses with `conflict` what is over or the same.
 */
export async function mergeIncident(
  ctx: Ctx,
  input: { fromId: string; intoId: string; actor: Actor; now: EpochMs },
): Promise<void> {
  await transact(ctx, async (tx) => {
    const { from, into } = await lockBoth(tx, input.fromId, input.intoId);
    await moveRows(tx, from, into, input.now);
    if (isWorse(from.severity, into.severity))
      await raiseSeverity(tx, { incidentId: into.id, severity: from.severity, now: input.now });
    await setNextAction(tx, from.id, null, input.now);
    await cancelPages(tx, from.id, 'merged');
    const about = { at: input.now, actor: input.actor };
    const events: NewEvent[] = [
      {
        ...about,
        kind: 'incident.merged',
        incidentId: from.id,
        serviceId: from.service_id ?? undefined,
        data: { intoId: into.id, intoNumber: into.number, intoTitle: into.title },
      },
      {
        ...about,
        kind: 'incident.absorbed',
        incidentId: into.id,
        serviceId: into.service_id ?? undefined,
        data: { fromId: from.id, fromNumber: from.number, fromTitle: from.title },
      },
    ];
    if (from.is_public) {
      events.push({
        at: input.now,
        actor: { kind: 'system' },
        kind: 'update.posted',
        incidentId: from.id,
        data: { phase: 'resolved', body: publicWords, auto: true },
      });
      // What the public was told of stays told of.
      await tx.db.updateTable('incidents').set({ is_public: true }).where('id', '=', into.id).execute();
    }
    await appendEvents(tx, events);
  });
}

async function lockBoth(ctx: Ctx, fromId: string, intoId: string): Promise<{ from: Incident; into: Incident }> {
  if (fromId === intoId)
    throw new ServiceError('invalid', 'An incident cannot be merged into itself.', {
      fields: [{ path: 'intoId', message: 'is this incident' }],
    });
  // In the order of their ids, so that two merges wait for each other instead of dead-locking.
  const locked = new Map<string, Incident>();
  for (const id of [fromId, intoId].toSorted()) locked.set(id, await lockIncident(ctx, id));
  const [from, into] = [locked.get(fromId), locked.get(intoId)];
  if (!from || !into) throw new Error('both incidents were locked');
  for (const incident of [from, into])
    if (incident.status === 'resolved')
      throw new ServiceError('conflict', `Incident #${incident.number} is over already.`);
  return { from, into };
}

async function moveRows(ctx: Ctx, from: Incident, into: Incident, now: EpochMs): Promise<void> {
  await ctx.db.updateTable('alerts').set({ incident_id: into.id }).where('incident_id', '=', from.id).execute();
  const services = await ctx.db
    .selectFrom('incident_services')
    .select(['service_id', 'impact'])
    .where('incident_id', '=', from.id)
    .execute();
  const calls = await ctx.db
    .selectFrom('incident_teams')
    .select(['whom', 'called_at'])
    .where('incident_id', '=', from.id)
    .execute();
  if (services.length > 0) {
    await ctx.db
      .insertInto('incident_services')
      .values(services.map((row) => ({ ...row, incident_id: into.id })))
      .onConflict((conflict) => conflict.doNothing())
      .execute();
  }
  if (calls.length > 0) {
    await ctx.db
      .insertInto('incident_teams')
      .values(calls.map((row) => ({ ...row, incident_id: into.id })))
      .onConflict((conflict) => conflict.doNothing())
      .execute();
  }
  // One step is enough to find where it went, however often that one is merged further.
  await ctx.db
    .updateTable('incidents')
    .set({ merged_into_id: into.id })
    .where('merged_into_id', '=', from.id)
    .execute();
  await ctx.db
    .updateTable('incidents')
    .set({ status: 'resolved', phase: 'resolved', resolved_at: now, merged_into_id: into.id })
    .where('id', '=', from.id)
    .execute();
}
