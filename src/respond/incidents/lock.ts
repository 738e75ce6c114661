import type { Selectable } from 'kysely';
import { nextAfterAcknowledge } from '../../domain/escalation.ts';
import type { Ctx } from '../../platform/context.ts';
import type { Tables } from '../../platform/db/tables.ts';
import { teamPage } from '../called.ts';
import { ServiceError } from '../../platform/errors.ts';

export type Incident = Selectable<Tables['incidents']>;

/** The incident, locked until the transaction ends, so that two people pressing at once take turns. */
export async function lockIncident(ctx: Ctx, incidentId: string): Promise<Incident> {
  const incident = await ctx.db
    .selectFrom('incidents')
    .selectAll()
    .where('id', '=', incidentId)
    .forNoKeyUpdate()
    .executeTakeFirst();
  if (!incident) throw new ServiceError('not-found', 'There is no such incident.');
  return incident;
}

/** The name that the public knows the incident's service by. */
export async function serviceName(ctx: Ctx, incident: Incident): Promise<string> {
  if (incident.service_id === null) return 'the service';
  const service = await ctx.db
    .selectFrom('services')
    .select('name')
    .where('id', '=', incident.service_id)
    .executeTakeFirst();
  return service?.name ?? 'the service';
}

/** Sets when the escalation acts next; null when somebody has it or it is over. */
export async function setNextAction(
  ctx: Ctx,
  incidentId: string,
  nextActionAt: number | null,
  now: number,
): Promise<void> {
  await ctx.db
    .updateTable('escalations')
    .set({ next_action_at: nextActionAt, snoozed_until: null, updated_at: now })
    .where('incident_id', '=', incidentId)
    .execute();
}

/** Somebody works on it: its acknowledgement time-out begins again. A snooze stays as it is. */
export async function keepAcknowledged(
  ctx: Ctx,
  incident: Incident,
  ownerId: string | null,
  now: number,
): Promise<void> {
  const { acknowledge_timeout_ms: timeoutMs } = await ctx.db
    .selectFrom('escalations')
    .select('acknowledge_timeout_ms')
    .where('incident_id', '=', incident.id)
    .executeTakeFirstOrThrow();
  await ctx.db
    .updateTable('escalations')
    .set({ next_action_at: nextAfterAcknowledge(timeoutMs, ownerId, now), updated_at: now })
    .where('incident_id', '=', incident.id)
    .where('snoozed_until', 'is', null)
    .execute();
}

/** Takes back what is owed but not yet sent: nobody is called for something that is in hand. */
export async function cancelPages(ctx: Ctx, incidentId: string, reason: string): Promise<void> {
  await ctx.db
    .updateTable('pages')
    .set({ status: 'cancelled', cancel_reason: reason })
    .where('incident_id', '=', incidentId)
    .where('status', '=', 'pending')
    // A further team is told once, whoever has it.
    .$if(reason === 'acknowledged', (query) => query.where('reason', '!=', teamPage))
    .execute();
}
