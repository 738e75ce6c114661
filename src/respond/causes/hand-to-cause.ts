import { startEscalation } from '../../domain/escalation.ts';
import type { EpochMs } from '../../domain/words.ts';
import type { Ctx } from '../../platform/context.ts';
import { appendEvents } from '../../platform/events.ts';
import { type Incident, lockIncident } from '../incidents/lock.ts';
import { markCalled, whomOf } from '../called.ts';

/**
 * The people of the service that broke the others come first: while nobody has the incident, it escalates by their policy from the start. Those who
 * were to be called by the old one are called once, as a further team. Does nothing where they have it already.
 */
export async function handToCause(
  ctx: Ctx,
  { incidentId, causeId, now }: { incidentId: string; causeId: string; now: EpochMs },
): Promise<void> {
  const service = await ctx.db
    .selectFrom('services')
    .leftJoin('teams', 'teams.id', 'services.team_id')
    .leftJoin('policies', (join) =>
      join
        .on((on) => on('policies.id', '=', on.fn.coalesce('services.policy_id', 'teams.policy_id')))
        .on('policies.archived_at', 'is', null),
    )
    .select(['services.id', 'services.name', 'services.team_id', 'services.policy_id'])
    .select([
      'policies.id as effective_policy',
      'policies.steps',
      'policies.repeat_count',
      'acknowledge_timeout_ms',
      'auto_resolve_ms',
    ])
    .where('services.id', '=', causeId)
    .executeTakeFirst();
  const whom = service && whomOf(service);
  if (!service || whom === undefined || service.effective_policy === null) return;
  const called = await ctx.db
    .selectFrom('incident_teams')
    .select('whom')
    .where('incident_id', '=', incidentId)
    .execute();
  if (called.some((row) => row.whom === whom)) return;
  const incident = await lockIncident(ctx, incidentId);
  const escalation = await ctx.db
    .selectFrom('escalations')
    .select(['round', 'steps', 'policy_id'])
    .where('incident_id', '=', incidentId)
    .executeTakeFirstOrThrow();
  // Somebody has it, or was asked by name to take it: that stands. Its people hear of it as a further team.
  if (incident.status !== 'triggered' || escalation.steps.some((step) => step.isHandOver)) return;
  const next = startEscalation(service.steps ?? [], service.repeat_count ?? 0, now);
  await ctx.db
    .updateTable('escalations')
    .set({
      policy_id: service.effective_policy,
      steps: JSON.stringify(next.steps),
      repeat_count: next.repeatCount,
      step_index: next.stepIndex,
      loops_done: next.loopsDone,
      next_action_at: next.nextActionAt,
      acknowledge_timeout_ms: service.acknowledge_timeout_ms,
      auto_resolve_ms: service.auto_resolve_ms,
      updated_at: now,
    })
    .where('incident_id', '=', incidentId)
    .execute();
  // Nobody of the first team was called yet: they are a further team now.
  if (escalation.round === 0) await uncall(ctx, incident);
  await markCalled(ctx, incidentId, whom, now);
  await ctx.db.updateTable('incidents').set({ team_id: service.team_id }).where('id', '=', incidentId).execute();
  await appendEvents(ctx, [
    {
      kind: 'incident.handed-to-cause',
      at: now,
      actor: { kind: 'system' },
      incidentId,
      data: { causeId, causeName: service.name },
    },
  ]);
  ctx.wake('escalation');
}

async function uncall(ctx: Ctx, incident: Incident): Promise<void> {
  const first = await ctx.db
    .selectFrom('services')
    .select(['team_id', 'policy_id'])
    .where('id', '=', incident.service_id ?? '')
    .executeTakeFirst();
  const whom = first && whomOf(first);
  if (whom === undefined) return;
  await ctx.db.deleteFrom('incident_teams').where('incident_id', '=', incident.id).where('whom', '=', whom).execute();
}
