import type { EpochMs, PolicyStep } from '../../../domain/words.ts';
import type { Ctx } from '../../../platform/context.ts';
import type { DesiredRows } from './desired-rows.ts';
import type { ExistingRows } from './existing-rows.ts';

/** Somebody whom the console made, and whom the file describes under another id: the same e-mail address, so the same person. */
export interface Adoption {
  readonly from: string;
  readonly to: string;
  /** The account with which this person signs in, if any. */
  readonly userId: string | null;
}

/** Whoever sets up HugOps in the browser and writes the file afterwards stands in both. */
export function findAdoptions(wanted: DesiredRows, existing: ExistingRows): Adoption[] {
  const ids = new Map(wanted.people.map((row) => [row.email.toLowerCase(), row.id]));
  return existing.people
    .filter((row) => row.owned_by === 'console' && row.archived_at === null)
    .flatMap((row) => {
      const to = ids.get(row.email.toLowerCase());
      return to === undefined || to === row.id ? [] : [{ from: row.id, to, userId: row.user_id }];
    });
}

/** Frees the address and the account. Call it before the file's people are written, and completeAdoptions after it. */
export async function beginAdoptions(ctx: Ctx, adoptions: readonly Adoption[], now: EpochMs): Promise<void> {
  for (const { from } of adoptions) {
    await ctx.db.updateTable('people').set({ archived_at: now, user_id: null }).where('id', '=', from).execute();
  }
}

/** Hands over whatever the person has: the account, ways to be reached, turns, pages, incidents, credit and hugs. */
export async function completeAdoptions(
  ctx: Ctx,
  adoptions: readonly Adoption[],
  existing: ExistingRows,
): Promise<void> {
  for (const { from, to, userId } of adoptions) {
    const { db } = ctx;
    if (userId !== null) {
      await db
        .updateTable('people')
        .set({ user_id: userId })
        .where('id', '=', to)
        .where('user_id', 'is', null)
        .execute();
    }
    await moveContactMethods(ctx, from, to);
    await moveOnce(ctx, from, to);
    await db.updateTable('schedule_overrides').set({ person_id: to }).where('person_id', '=', from).execute();
    await moveShifts(ctx, from, to);
    await db.updateTable('pages').set({ person_id: to }).where('person_id', '=', from).execute();
    await db.updateTable('incidents').set({ owner_id: to }).where('owner_id', '=', from).execute();
    await db.updateTable('incidents').set({ acknowledged_by: to }).where('acknowledged_by', '=', from).execute();
    await db.updateTable('incidents').set({ resolved_by: to }).where('resolved_by', '=', from).execute();
    await db.updateTable('hugs').set({ from_person_id: to }).where('from_person_id', '=', from).execute();
  }
  if (adoptions.length > 0) await renameInPlans(ctx, new Map(adoptions.map(({ from, to }) => [from, to])), existing);
}

/** Time off, swaps, and calendar links unless the file's person has some. */
async function moveShifts({ db }: Ctx, from: string, to: string): Promise<void> {
  await db.updateTable('schedule_overrides').set({ instead_of: to }).where('instead_of', '=', from).execute();
  await db.updateTable('time_off').set({ person_id: to }).where('person_id', '=', from).execute();
  await db.updateTable('shift_swaps').set({ asker_id: to }).where('asker_id', '=', from).execute();
  await db.updateTable('shift_swaps').set({ asked_id: to }).where('asked_id', '=', from).execute();
  const links = db.selectFrom('calendar_links as own').select('own.id').where('own.person_id', '=', to);
  await db
    .updateTable('calendar_links')
    .set({ person_id: to })
    .where('person_id', '=', from)
    .where(({ not, exists }) => not(exists(links)))
    .execute();
}

/** Those that reach the same place as one of the file's are left behind: one page there is enough. */
async function moveContactMethods(ctx: Ctx, from: string, to: string): Promise<void> {
  await ctx.db
    .updateTable('contact_methods')
    .set({ person_id: to })
    .where('person_id', '=', from)
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom('contact_methods as own')
            .select('own.id')
            .where('own.person_id', '=', to)
            .where('own.archived_at', 'is', null)
            .whereRef('own.kind', '=', 'contact_methods.kind')
            .whereRef('own.config', '=', 'contact_methods.config'),
        ),
      ),
    )
    .execute();
}

/** What a person may have once only; where both have it, the file's stays. */
async function moveOnce(ctx: Ctx, from: string, to: string): Promise<void> {
  const { db } = ctx;
  const teams = db.selectFrom('team_members').select('team_id').where('person_id', '=', to);
  await db.deleteFrom('team_members').where('person_id', '=', from).where('team_id', 'in', teams).execute();
  await db.updateTable('team_members').set({ person_id: to }).where('person_id', '=', from).execute();
  const credits = db.selectFrom('credits').select('incident_id').where('person_id', '=', to);
  await db.deleteFrom('credits').where('person_id', '=', from).where('incident_id', 'in', credits).execute();
  await db.updateTable('credits').set({ person_id: to }).where('person_id', '=', from).execute();
  const hugs = db.selectFrom('hug_deliveries').select('hug_id').where('person_id', '=', to);
  await db.deleteFrom('hug_deliveries').where('person_id', '=', from).where('hug_id', 'in', hugs).execute();
  await db.updateTable('hug_deliveries').set({ person_id: to }).where('person_id', '=', from).execute();
}

/** The console's own policies and schedules name people in their JSON. */
async function renameInPlans(ctx: Ctx, names: ReadonlyMap<string, string>, existing: ExistingRows): Promise<void> {
  for (const policy of existing.policies.filter((row) => row.owned_by === 'console')) {
    const isNamed = ({ targets }: PolicyStep): boolean =>
      targets.some(({ kind, id }) => kind === 'person' && names.has(id));
    if (!policy.steps.some(isNamed)) continue;
    const steps = policy.steps.map((step) => ({
      ...step,
      targets: step.targets.map((target) =>
        target.kind === 'person' ? { ...target, id: names.get(target.id) ?? target.id } : target,
      ),
    }));
    await ctx.db
      .updateTable('policies')
      .set({ steps: JSON.stringify(steps) })
      .where('id', '=', policy.id)
      .execute();
  }
  for (const schedule of existing.schedules.filter((row) => row.owned_by === 'console')) {
    const layers = schedule.layers as { people?: string[] }[];
    if (!layers.some(({ people }) => people?.some((id) => names.has(id)))) continue;
    const renamed = layers.map((layer) => ({ ...layer, people: layer.people?.map((id) => names.get(id) ?? id) }));
    await ctx.db
      .updateTable('schedules')
      .set({ layers: JSON.stringify(renamed) })
      .where('id', '=', schedule.id)
      .execute();
  }
}
