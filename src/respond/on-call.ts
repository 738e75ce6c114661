import { onCallAt } from '../domain/schedule-on-call.ts';
import type { Layer, Schedule } from '../domain/schedule.ts';
import type { EpochMs, PolicyStep } from '../domain/words.ts';
import type { Ctx } from '../platform/context.ts';

/** Every schedule in use with the overrides that are not over at `now`. */
export async function readSchedules(ctx: Ctx, now: EpochMs, ids?: readonly string[]): Promise<Schedule[]> {
  if (ids?.length === 0) return [];
  const rows = await ctx.db
    .selectFrom('schedules')
    .selectAll()
    .where('archived_at', 'is', null)
    .$if(ids !== undefined, (query) => query.where('id', 'in', [...(ids ?? [])]))
    .orderBy('name')
    .execute();
  if (rows.length === 0) return [];
  const overrides = await ctx.db
    .selectFrom('schedule_overrides')
    .selectAll()
    .where(
      'schedule_id',
      'in',
      rows.map((row) => row.id),
    )
    .where('until_at', '>', now)
    .orderBy('created_at')
    .orderBy('id')
    .execute();
  return rows.map((row) => ({
    id: row.id,
    name: row.name,
    timeZone: row.time_zone,
    layers: row.layers as Layer[],
    overrides: overrides
      .filter((override) => override.schedule_id === row.id)
      .map((override) => ({
        id: override.id,
        personId: override.person_id,
        fromAt: override.from_at,
        untilAt: override.until_at,
      })),
  }));
}

/** The people behind a step's targets at `now`: named ones, whoever is on call, a team's members. In order, nobody twice. */
export async function resolveTargets(ctx: Ctx, targets: PolicyStep['targets'], now: EpochMs): Promise<string[]> {
  const people = new Set<string>();
  const scheduleIds = targets.filter((target) => target.kind === 'schedule').map((target) => target.id);
  const schedules = new Map((await readSchedules(ctx, now, scheduleIds)).map((schedule) => [schedule.id, schedule]));
  for (const target of targets) {
    if (target.kind === 'person') people.add(target.id);
    if (target.kind === 'schedule') {
      const schedule = schedules.get(target.id);
      const onCall = schedule && onCallAt(schedule, now);
      if (onCall) people.add(onCall.personId);
    }
    if (target.kind === 'team') {
      const members = await ctx.db
        .selectFrom('team_members')
        .select('person_id')
        .where('team_id', '=', target.id)
        .orderBy('person_id')
        .execute();
      for (const member of members) people.add(member.person_id);
    }
  }
  return [...people];
}

/** Whom to call when a policy reaches nobody: the people behind the owners and admins of this installation. */
export async function fallbackPeople(ctx: Ctx): Promise<string[]> {
  const rows = await ctx.db
    .selectFrom('people')
    .innerJoin('auth_users', 'auth_users.id', 'people.user_id')
    .select('people.id')
    .where('auth_users.role', 'in', ['owner', 'admin'])
    .where('people.archived_at', 'is', null)
    .orderBy('people.id')
    .execute();
  return rows.map((row) => row.id);
}
