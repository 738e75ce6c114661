import type { EpochMs } from '../../../domain/words.ts';
import type { Ctx } from '../../../platform/context.ts';
import { type DependencyRow, type DesiredRows, fileOverridePrefix, type MemberRow } from './desired-rows.ts';
import type { ExistingRows } from './existing-rows.ts';
import { batches } from './write-diff.ts';

/** Brings the members of the file's teams up to date. Returns the teams that changed. */
export async function writeMembers(ctx: Ctx, wanted: DesiredRows, existing: ExistingRows): Promise<Set<string>> {
  const teams = new Set(wanted.teams.map(({ id }) => id));
  const keyOf = (row: MemberRow): string => `${row.team_id} ${row.person_id} ${row.is_lead}`;
  const { gone, missing } = compare(
    existing.members.filter((row) => teams.has(row.team_id)),
    wanted.members,
    keyOf,
  );
  for (const { team_id: team, person_id: person } of gone) {
    await ctx.db.deleteFrom('team_members').where('team_id', '=', team).where('person_id', '=', person).execute();
  }
  for (const batch of batches(missing)) await ctx.db.insertInto('team_members').values(batch).execute();
  return new Set([...gone, ...missing].map((row) => row.team_id));
}

/** Brings the dependencies of the file's services up to date. Returns the services that changed. */
export async function writeDependencies(ctx: Ctx, wanted: DesiredRows, existing: ExistingRows): Promise<Set<string>> {
  const services = new Set(wanted.services.map(({ id }) => id));
  const keyOf = (row: DependencyRow): string => `${row.service_id} ${row.depends_on} ${row.hardness}`;
  const before = existing.dependencies.filter((row) => services.has(row.service_id));
  const { gone, missing } = compare(before, wanted.dependencies, keyOf);
  for (const { service_id: service, depends_on: on } of gone) {
    await ctx.db
      .deleteFrom('service_dependencies')
      .where('service_id', '=', service)
      .where('depends_on', '=', on)
      .execute();
  }
  for (const batch of batches(missing)) await ctx.db.insertInto('service_dependencies').values(batch).execute();
  return new Set([...gone, ...missing].map((row) => row.service_id));
}

function compare<R>(
  before: readonly R[],
  wanted: readonly R[],
  keyOf: (row: R) => string,
): { gone: R[]; missing: R[] } {
  const had = new Set(before.map(keyOf));
  const wants = new Set(wanted.map(keyOf));
  return {
    gone: before.filter((row) => !wants.has(keyOf(row))),
    missing: wanted.filter((row) => !had.has(keyOf(row))),
  };
}

/**
 * Brings the file's overrides up to date, and touches none that a person made. What is over stays, because it says who was on
 * call then; what is running ends now; what is to come is deleted. Returns the schedules that changed.
 */
export async function writeOverrides(
  ctx: Ctx,
  wanted: DesiredRows,
  existing: ExistingRows,
  now: EpochMs,
): Promise<Set<string>> {
  const changed = new Set<string>();
  const wants = new Map(wanted.overrides.map((row) => [row.id, row]));
  const before = new Map(
    existing.overrides.filter(({ id }) => id.startsWith(fileOverridePrefix)).map((row) => [row.id, row]),
  );
  for (const row of before.values()) {
    if (wants.has(row.id) || row.until_at <= now) continue;
    changed.add(row.schedule_id);
    if (row.from_at < now) {
      await ctx.db.updateTable('schedule_overrides').set({ until_at: now }).where('id', '=', row.id).execute();
    } else {
      await ctx.db.deleteFrom('schedule_overrides').where('id', '=', row.id).execute();
    }
  }
  for (const row of wants.values()) {
    const had = before.get(row.id);
    if (
      had !== undefined &&
      had.person_id === row.person_id &&
      had.from_at === row.from_at &&
      had.until_at === row.until_at
    ) {
      continue;
    }
    changed.add(row.schedule_id);
    await ctx.db
      .insertInto('schedule_overrides')
      .values({ ...row, created_by: null, created_at: now })
      .onConflict((conflict) => conflict.column('id').doUpdateSet(row))
      .execute();
  }
  return changed;
}
