import type { Layer } from '../../domain/schedule.ts';
import type { EpochMs } from '../../domain/words.ts';
import type { Ctx } from '../../platform/context.ts';
import { readSchedules } from '../on-call.ts';
import { judgeSchedule, readKnownPeople } from './judge-schedule.ts';
import { judgeTeam } from './judge-team.ts';
import { judgePolicy, readCallable } from './policy-facts.ts';
import { policiesCalling, usersOfPolicy } from './read-use.ts';
import type { PlannedSchedule, PolicyView, TeamView } from './schemas.ts';

/** Every schedule as it is planned, with its standing warnings. */
export async function readPlannedSchedules(ctx: Ctx, now: EpochMs): Promise<PlannedSchedule[]> {
  const people = await readKnownPeople(ctx);
  const owners = await ctx.db.selectFrom('schedules').select(['id', 'owned_by']).execute();
  return Promise.all(
    (await readSchedules(ctx, now)).map(async (schedule) => ({
      id: schedule.id,
      name: schedule.name,
      timeZone: schedule.timeZone,
      ownedBy: owners.find(({ id }) => id === schedule.id)?.owned_by ?? 'console',
      layers: schedule.layers.map(toBody),
      usedBy: await policiesCalling(ctx, ['schedule'], schedule.id),
      findings: judgeSchedule(schedule, people, now),
    })),
  );
}

/** The domain's layer is read-only through and through; an answer is a copy. */
const toBody = (layer: Layer): PlannedSchedule['layers'][number] =>
  structuredClone(layer) as PlannedSchedule['layers'][number];

export async function readPolicies(ctx: Ctx): Promise<PolicyView[]> {
  const callable = await readCallable(ctx);
  const rows = await ctx.db
    .selectFrom('policies')
    .selectAll()
    .where('archived_at', 'is', null)
    .orderBy('name')
    .orderBy('id')
    .execute();
  return Promise.all(
    rows.map(async (row) => ({
      id: row.id,
      name: row.name,
      ownedBy: row.owned_by,
      steps: row.steps,
      repeatCount: row.repeat_count,
      acknowledgeTimeoutMs: row.acknowledge_timeout_ms,
      autoResolveMs: row.auto_resolve_ms,
      usedBy: await usersOfPolicy(ctx, row.id),
      findings: judgePolicy(row.steps, callable),
    })),
  );
}

export async function readTeams(ctx: Ctx): Promise<TeamView[]> {
  const people = await readKnownPeople(ctx);
  const teams = await ctx.db
    .selectFrom('teams')
    .selectAll()
    .where('archived_at', 'is', null)
    .orderBy('name')
    .orderBy('id')
    .execute();
  const members = await ctx.db
    .selectFrom('team_members')
    .innerJoin('people', 'people.id', 'person_id')
    .select(['team_id', 'person_id', 'is_lead', 'people.name'])
    .where('people.archived_at', 'is', null)
    .orderBy('people.name')
    .execute();
  const channels = await ctx.db
    .selectFrom('contact_methods')
    .select(['id', 'label', 'team_id'])
    .where('team_id', 'is not', null)
    .where('archived_at', 'is', null)
    .orderBy('position')
    .execute();
  return teams.map((team) => {
    const own = members.filter((row) => row.team_id === team.id);
    const ids = own.map((row) => row.person_id);
    return {
      id: team.id,
      name: team.name,
      ownedBy: team.owned_by,
      policyId: team.policy_id,
      members: own.map((row) => ({ person: { id: row.person_id, name: row.name }, isLead: row.is_lead })),
      channels: channels.filter((row) => row.team_id === team.id).map(({ id, label }) => ({ id, name: label })),
      findings: judgeTeam(ids, team.policy_id, people),
    };
  });
}
