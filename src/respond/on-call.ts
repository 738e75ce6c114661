import { onCallAt } from '../domain/schedule-on-call.ts';
import type { Layer, Schedule } from '../domain/schedule.ts';
import type { EpochMs, PolicyStep } from '../domain/words.ts';
import type { Ctx } from '../platform/context.ts';
import { expandRule } from './expand-rule.ts';

/** Every schedule in use with the overrides and the time off that are not over at `now`. */
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
  const timeOff = (
    await ctx.db.selectFrom('time_off').selectAll().where('until_at', '>', now).orderBy('id').execute()
  ).map((off) => ({ id: off.id, personId: off.person_id, fromAt: off.from_at, untilAt: off.until_at }));
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
        ...(override.instead_of === null ? {} : { insteadOf: override.instead_of }),
        fromAt: override.from_at,
        untilAt: override.until_at,
      })),
    timeOff,
  }));
}

/** Who is behind a step's targets at `now`: people in order, nobody twice, and the channels that are told. */
export interface Resolved {
  people: string[];
  channels: string[];
}

/** Named people, whoever is on call, a team's members or the next one of them, a team's channels. Writes whose turn it was. */
export async function resolveTargets(ctx: Ctx, targets: PolicyStep['targets'], now: EpochMs): Promise<Resolved> {
  const people = new Set<string>();
  const channels = new Set<string>();
  const scheduleIds = targets.filter((target) => target.kind === 'schedule').map((target) => target.id);
  const schedules = new Map((await readSchedules(ctx, now, scheduleIds)).map((schedule) => [schedule.id, schedule]));
  for (const target of targets) {
    if (target.kind === 'person') people.add(target.id);
    if (target.kind === 'channel') channels.add(target.id);
    if (target.kind === 'schedule') {
      const schedule = schedules.get(target.id);
      const onCall = schedule && onCallAt(schedule, now, expandRule);
      if (onCall) people.add(onCall.personId);
    }
    if (target.kind === 'team') for (const member of await readMembers(ctx, target.id)) people.add(member);
    if (target.kind === 'round-robin') {
      const member = await takeTurn(ctx, target.id);
      if (member !== undefined) people.add(member);
    }
  }
  return { people: [...people], channels: [...channels] };
}

async function readMembers(ctx: Ctx, teamId: string): Promise<string[]> {
  const rows = await ctx.db
    .selectFrom('team_members')
    .select('person_id')
    .where('team_id', '=', teamId)
    .orderBy('person_id')
    .execute();
  return rows.map((row) => row.person_id);
}

/** The member after the one who had the last turn, among those who can be reached. Call it within a transaction. */
async function takeTurn(ctx: Ctx, teamId: string): Promise<string | undefined> {
  const members = await ctx.db
    .selectFrom('team_members')
    .innerJoin('people', 'people.id', 'team_members.person_id')
    .select('people.id')
    .where('team_members.team_id', '=', teamId)
    .where('people.archived_at', 'is', null)
    .where((where) =>
      where.exists(
        where
          .selectFrom('contact_methods')
          .select('contact_methods.id')
          .whereRef('contact_methods.person_id', '=', 'people.id')
          .where('contact_methods.archived_at', 'is', null),
      ),
    )
    .orderBy('people.id')
    .execute();
  const [first] = members;
  if (!first) return undefined;
  // The row is locked by writing it, so that two processes never give the same turn away.
  const { last_person_id: last } = await ctx.db
    .insertInto('round_robins')
    .values({ team_id: teamId, last_person_id: '' })
    .onConflict((conflict) => conflict.column('team_id').doUpdateSet({ team_id: teamId }))
    .returning('last_person_id')
    .executeTakeFirstOrThrow();
  const next = nextInTurn(
    members.map(({ id }) => id),
    last,
  );
  await ctx.db.updateTable('round_robins').set({ last_person_id: next }).where('team_id', '=', teamId).execute();
  return next;
}

/** Whoever comes after `last` in the order of ids; that one may have left since. */
function nextInTurn(members: readonly string[], last: string): string {
  const next = members.find((member) => member > last) ?? members[0];
  if (next === undefined) throw new Error('a turn needs somebody to take it');
  return next;
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
