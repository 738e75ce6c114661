import { hugDueAt } from '../domain/hug-delivery.ts';
import type { EpochMs } from '../domain/words.ts';
import type { Ctx } from '../platform/context.ts';

/** The people credited in the incident who have not declined. */
export async function addresseesOf(ctx: Ctx, incidentId: string): Promise<string[]> {
  const rows = await ctx.db
    .selectFrom('credits')
    .innerJoin('people', 'people.id', 'credits.person_id')
    .select('credits.person_id')
    .where('incident_id', '=', incidentId)
    .where('declined_at', 'is', null)
    .where('people.archived_at', 'is', null)
    .execute();
  return rows.map((row) => row.person_id);
}

/** Puts an approved hug on its way to the people: due in each one's waking hours, with the others that wait there. */
export async function queueDelivery(
  ctx: Ctx,
  hugId: string,
  personIds: readonly string[],
  now: EpochMs,
): Promise<void> {
  for (const personId of personIds) {
    const dueAt = await dueFor(ctx, personId, now);
    await ctx.db
      .insertInto('hug_deliveries')
      // Without waking hours a hug waits in the archive: due in the unreachable future, never at night.
      .values({
        hug_id: hugId,
        person_id: personId,
        due_at: dueAt ?? Number.MAX_SAFE_INTEGER,
        mail_id: null,
        bundled_at: null,
      })
      .onConflict((conflict) => conflict.doNothing())
      .execute();
  }
  if (personIds.length > 0) ctx.wake('thanks');
}

/** When the next bundle for the person is due: the one that waits already, or a new one. */
export async function dueFor(ctx: Ctx, personId: string, now: EpochMs): Promise<EpochMs | undefined> {
  const waiting = await ctx.db
    .selectFrom('hug_deliveries')
    .select((select) => select.fn.min('due_at').as('due_at'))
    .where('person_id', '=', personId)
    .where('bundled_at', 'is', null)
    .executeTakeFirst();
  if (waiting && waiting.due_at !== null && Number(waiting.due_at) > now) return Number(waiting.due_at);
  const person = await ctx.db
    .selectFrom('people')
    .select(['time_zone', 'waking_hours'])
    .where('id', '=', personId)
    .executeTakeFirstOrThrow();
  const last = await ctx.db
    .selectFrom('hug_deliveries')
    .select((select) => select.fn.max('bundled_at').as('at'))
    .where('person_id', '=', personId)
    .executeTakeFirst();
  const lastAt = last?.at ?? null;
  return hugDueAt(
    { timeZone: person.time_zone, ...person.waking_hours },
    now,
    lastAt === null ? undefined : Number(lastAt),
  );
}
