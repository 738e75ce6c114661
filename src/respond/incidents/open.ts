import { startEscalation } from '../../domain/escalation.ts';
import { impactOf, publicTitle } from '../../domain/incident.ts';
import type { Actor, EpochMs, JsonObject, Severity } from '../../domain/words.ts';
import { type Ctx, idFor, transact } from '../../platform/context.ts';
import { ServiceError } from '../../platform/errors.ts';
import { appendEvents } from '../../platform/events.ts';
import { autoUpdate } from '../../domain/incident.ts';
import { markCalled, whomOf } from '../called.ts';

export interface OpenIncident {
  serviceId: string;
  severity: Severity;
  /** For responders; never shown to the public, whose title is made of the service's name. */
  title: string;
  openedBy: 'signal' | 'person';
  actor: Actor;
  now: EpochMs;
  evidence?: JsonObject;
  /** Overrides the status page's `announce` setting. */
  isPublic?: boolean;
}

/** Opens an incident together with its first events and its escalation, whose first step is due at once. Returns its id. */
export async function openIncident(ctx: Ctx, input: OpenIncident): Promise<string> {
  return transact(ctx, async (tx) => {
    const service = await tx.db
      .selectFrom('services')
      .leftJoin('teams', 'teams.id', 'services.team_id')
      .leftJoin('policies', (join) =>
        join
          .on((on) => on('policies.id', '=', on.fn.coalesce('services.policy_id', 'teams.policy_id')))
          .on('policies.archived_at', 'is', null),
      )
      .select([
        'services.id',
        'services.name',
        'services.team_id',
        'services.archived_at',
        'services.policy_id as own_policy_id',
        'policies.id as policy_id',
        'policies.steps',
        'policies.repeat_count',
        'policies.acknowledge_timeout_ms',
        'policies.auto_resolve_ms',
      ])
      .where('services.id', '=', input.serviceId)
      .executeTakeFirst();
    // A signal that was accepted before the service was archived still counts.
    const isGone = !service || (input.openedBy === 'person' && service.archived_at !== null);
    if (isGone) throw new ServiceError('not-found', `There is no service ${input.serviceId}.`);
    const isPublic = input.isPublic ?? (await announcesItself(tx, input.serviceId));
    const title = publicTitle(service.name, input.severity);
    const id = idFor(tx, 'inc');
    await tx.db
      .insertInto('incidents')
      .values({
        id,
        title: input.title.slice(0, 300),
        public_title: title,
        service_id: service.id,
        team_id: service.team_id,
        severity: input.severity,
        status: 'triggered',
        phase: 'investigating',
        is_public: isPublic,
        opened_by: input.openedBy,
        owner_id: null,
        opened_at: input.now,
      })
      .execute();
    await tx.db
      .insertInto('incident_services')
      .values({ incident_id: id, service_id: service.id, impact: impactOf(input.severity) })
      .execute();
    const escalation = startEscalation(service.steps ?? [], service.repeat_count ?? 0, input.now);
    await tx.db
      .insertInto('escalations')
      .values({
        incident_id: id,
        policy_id: service.policy_id,
        steps: JSON.stringify(escalation.steps),
        repeat_count: escalation.repeatCount,
        step_index: escalation.stepIndex,
        loops_done: escalation.loopsDone,
        round: escalation.round,
        next_action_at: escalation.nextActionAt,
        acknowledge_timeout_ms: service.acknowledge_timeout_ms,
        auto_resolve_ms: service.auto_resolve_ms,
        updated_at: input.now,
      })
      .execute();
    const whom = whomOf({ team_id: service.team_id, policy_id: service.own_policy_id });
    if (whom !== undefined) await markCalled(tx, id, whom, input.now);
    const about = { at: input.now, incidentId: id, serviceId: service.id };
    await appendEvents(tx, [
      {
        ...about,
        kind: 'incident.triggered',
        actor: input.actor,
        data: { title: input.title, severity: input.severity, evidence: input.evidence ?? {} },
      },
      ...(isPublic
        ? [
            {
              ...about,
              kind: 'update.posted',
              actor: { kind: 'system' } as const,
              data: { phase: 'investigating', body: autoUpdate('opened', service.name), auto: true },
            },
          ]
        : []),
    ]);
    tx.wake('escalation');
    return id;
  });
}

/** Whether trouble of this service is shown without a person's word: it is on the page, and the page announces by itself. */
async function announcesItself(ctx: Ctx, serviceId: string): Promise<boolean> {
  const row = await ctx.db
    .selectFrom('components')
    .innerJoin('status_pages', 'status_pages.id', 'components.page_id')
    .select('status_pages.id')
    .where('components.service_id', '=', serviceId)
    .where('status_pages.announce', '=', 'auto')
    .limit(1)
    .executeTakeFirst();
  return row !== undefined;
}
