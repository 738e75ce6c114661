import { sql } from 'kysely';
import { hugDueAt } from '../domain/hug-delivery.ts';
import type { EpochMs } from '../domain/words.ts';
import { type Ctx, transact } from '../platform/context.ts';
import { readThankPerson } from './thankable-hours.ts';

const batchSize = 2_000;
/** Without hours in which they may be thanked, a person's hugs wait in the archive: due in the unreachable future, never at night. */
export const neverAt = Number.MAX_SAFE_INTEGER;
/** Who fixed it, in the words of credit. Where nobody is known to have, such hugs go to all. */
const fixing = ['fixed', 'resolved', 'took-over', 'acknowledged'];

/** Puts approved hugs on their way to the people credited in the incident. Returns how many hugs there were. */
export async function queueHugs(ctx: Ctx, now: EpochMs): Promise<number> {
  return transact(ctx, async (tx) => {
    const hugs = await tx.db
      .updateTable('hugs')
      .set({ queued_at: now })
      .where('id', 'in', (from) =>
        from
          .selectFrom('hugs')
          .select('id')
          .where('status', '=', 'approved')
          .where('queued_at', 'is', null)
          .orderBy('id')
          .limit(batchSize)
          .forUpdate()
          .skipLocked(),
      )
      .returning(['id', 'incident_id', 'addressed_to', 'from_person_id'])
      .execute();
    const dueAt = new Map<string, EpochMs>();
    for (const [incidentId, ofIncident] of Map.groupBy(hugs, (hug) => hug.incident_id)) {
      const credited = await readCredited(tx, incidentId);
      for (const [addressedTo, group] of Map.groupBy(ofIncident, (hug) => hug.addressed_to)) {
        for (const personId of addressees(credited, addressedTo)) {
          if (!dueAt.has(personId)) dueAt.set(personId, await dueFor(tx, personId, now));
          // Nobody is brought what they gave themselves.
          const ids = group.flatMap((hug) => (hug.from_person_id === personId ? [] : hug.id));
          await insertDeliveries(tx, ids, personId, dueAt.get(personId) ?? neverAt);
        }
      }
    }
    return hugs.length;
  });
}

/** One statement for all, with the ids as one parameter: a flood has more hugs than a statement has parameters. */
async function insertDeliveries(ctx: Ctx, hugIds: readonly string[], personId: string, dueAt: EpochMs): Promise<void> {
  if (hugIds.length === 0) return;
  await sql`insert into hug_deliveries (hug_id, person_id, due_at)
    select id, ${personId}::text, ${dueAt}::bigint from jsonb_array_elements_text(${JSON.stringify(hugIds)}::jsonb) as given (id)
    on conflict do nothing`.execute(ctx.db);
}

interface Credited {
  personId: string;
  reasons: string[];
}

/** The people credited in the incident, or in the one that it was merged into, who have not declined. */
async function readCredited(ctx: Ctx, incidentId: string): Promise<Credited[]> {
  const rows = await ctx.db
    .selectFrom('incidents')
    .innerJoin('credits', (join) =>
      join.on((on) => on('credits.incident_id', '=', on.fn.coalesce('incidents.merged_into_id', 'incidents.id'))),
    )
    .innerJoin('people', 'people.id', 'credits.person_id')
    .select(['credits.person_id', 'credits.reasons'])
    .where('incidents.id', '=', incidentId)
    .where('credits.declined_at', 'is', null)
    .where('people.archived_at', 'is', null)
    .orderBy('credits.person_id')
    .execute();
  return rows.map((row) => ({ personId: row.person_id, reasons: row.reasons }));
}

function addressees(credited: readonly Credited[], addressedTo: 'team' | 'fixers'): string[] {
  const fixers = credited.filter(({ reasons }) => reasons.some((reason) => fixing.includes(reason)));
  const meant = addressedTo === 'fixers' && fixers.length > 0 ? fixers : credited;
  return meant.map(({ personId }) => personId);
}

/** When the next bundle for the person is due: the one that waits already, or a new one. */
async function dueFor(ctx: Ctx, personId: string, now: EpochMs): Promise<EpochMs> {
  const { rows } = await sql<{ waiting: number | null; last: number | null }>`select
    (select min(due_at) from hug_deliveries where person_id = ${personId} and bundled_at is null) as waiting,
    (select max(bundled_at) from hug_deliveries where person_id = ${personId}) as last`.execute(ctx.db);
  const waiting = Number(rows[0]?.waiting ?? 0);
  if (waiting > now) return waiting;
  const last = rows[0]?.last ?? null;
  const { hours } = await readThankPerson(ctx, personId, 'read');
  return hugDueAt(hours, now, last === null ? undefined : Number(last)) ?? neverAt;
}
