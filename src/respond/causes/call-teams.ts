import { decideEscalation, startEscalation } from '../../domain/escalation.ts';
import { urgencyOf } from '../../domain/notification.ts';
import type { EpochMs, PolicyStep } from '../../domain/words.ts';
import type { Ctx } from '../../platform/context.ts';
import { appendEvents } from '../../platform/events.ts';
import { markCalled, teamPage, whomOf } from '../called.ts';
import { resolveTargets } from '../on-call.ts';
import { openPageBook } from '../page-book.ts';

/** The round of pages that call a further team; the escalation's own begin at 1. One page a round, incident and contact method: so nobody twice. */
const teamRound = 0;

interface Called {
  /** A team, or `policy:…` of a service that belongs to none. */
  whom: string;
  steps: readonly PolicyStep[];
  services: string[];
  serviceNames: string[];
}

/**
 * Calls, once each, the teams whose services an incident has come to touch beside the one that it escalates to: the first step of their policy
 * that reaches somebody. Whoever was called for this incident already is not called again. The people of the cause belong to them.
 */
export async function callTeams(ctx: Ctx, incidentId: string, now: EpochMs, causeId?: string): Promise<void> {
  for (const called of await findUncalled(ctx, incidentId, causeId)) {
    await markCalled(ctx, incidentId, called.whom, now);
    const people = await callFirst(ctx, incidentId, called, now);
    await appendEvents(ctx, [
      {
        kind: 'team.called',
        at: now,
        actor: { kind: 'system' },
        incidentId,
        data: { whom: called.whom, services: called.services, serviceNames: called.serviceNames, people },
      },
    ]);
  }
}

async function findUncalled(ctx: Ctx, incidentId: string, causeId: string | undefined): Promise<Called[]> {
  const rows = await ctx.db
    .selectFrom('services')
    .leftJoin('teams', 'teams.id', 'services.team_id')
    .leftJoin('policies', (join) =>
      join
        .on((on) => on('policies.id', '=', on.fn.coalesce('services.policy_id', 'teams.policy_id')))
        .on('policies.archived_at', 'is', null),
    )
    .select(['services.id', 'services.name', 'services.team_id', 'services.policy_id', 'policies.steps'])
    .where((where) =>
      where.or([
        where('services.id', '=', causeId ?? ''),
        where(
          'services.id',
          'in',
          where.selectFrom('incident_services').select('service_id').where('incident_id', '=', incidentId),
        ),
      ]),
    )
    .orderBy('services.id')
    .execute();
  const known = await ctx.db
    .selectFrom('incident_teams')
    .select('whom')
    .where('incident_id', '=', incidentId)
    .execute();
  const called = new Set(known.map((row) => row.whom));
  const found = new Map<string, Called>();
  for (const row of rows) {
    const whom = whomOf(row);
    if (whom === undefined || called.has(whom)) continue;
    const one: Called = found.get(whom) ?? { whom, steps: row.steps ?? [], services: [], serviceNames: [] };
    one.services.push(row.id);
    one.serviceNames.push(row.name);
    found.set(whom, one);
  }
  return [...found.values()];
}

async function callFirst(ctx: Ctx, incidentId: string, { steps }: Called, now: EpochMs): Promise<string[]> {
  const { severity } = await ctx.db
    .selectFrom('incidents')
    .select('severity')
    .where('id', '=', incidentId)
    .executeTakeFirstOrThrow();
  const already = await peopleCalled(ctx, incidentId, now);
  const book = openPageBook(ctx, now);
  let state = startEscalation(steps, 0, now);
  // Further along the policy only while nobody is behind a step.
  for (let left = steps.length; left > 0; left--) {
    const decision = decideEscalation(state, { status: 'triggered', severity }, now);
    if (decision.action !== 'page' || decision.reason !== 'step') return [];
    const owed = await book.owedBy(decision.targets, urgencyOf(severity));
    if (owed.some((one) => one.personId !== null && already.has(one.personId))) return [];
    if (owed.length > 0) {
      book.owe(incidentId, teamPage, teamRound, owed);
      await book.write();
      ctx.wake('pages');
      return [...new Set(owed.flatMap((one) => one.personId ?? []))];
    }
    state = { ...decision.next, nextActionAt: now };
  }
  return [];
}

/** Those who were called for it, and those whom its escalation is about to call. */
async function peopleCalled(ctx: Ctx, incidentId: string, now: EpochMs): Promise<Set<string>> {
  const pages = await ctx.db
    .selectFrom('pages')
    .innerJoin('incidents', 'incidents.id', 'pages.incident_id')
    .select('person_id')
    // Also for what was merged into it.
    .where((where) => where.or([where('incidents.id', '=', incidentId), where('merged_into_id', '=', incidentId)]))
    .where((where) => where.or([where('pages.status', '!=', 'cancelled'), where('cancel_reason', '=', 'summed-up')]))
    .execute();
  const called = new Set(pages.flatMap((row) => row.person_id ?? []));
  const escalation = await ctx.db
    .selectFrom('escalations')
    .select(['steps', 'step_index', 'next_action_at'])
    .where('incident_id', '=', incidentId)
    .executeTakeFirst();
  if (escalation?.next_action_at === null || escalation === undefined || escalation.next_action_at > now) return called;
  // Whose turn it is in a round is told by asking, and asking takes the turn.
  const targets = (escalation.steps[escalation.step_index]?.targets ?? []).filter(({ kind }) => kind !== 'round-robin');
  for (const id of (await resolveTargets(ctx, targets, now)).people) called.add(id);
  return called;
}
