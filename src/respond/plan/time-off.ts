import type { EpochMs } from '../../domain/words.ts';
import { type Ctx, idFor, transact } from '../../platform/context.ts';
import { ServiceError } from '../../platform/errors.ts';
import { appendEvents } from '../../platform/events.ts';
import type { By } from './own-rows.ts';
import type { TimeOffView } from './schemas.ts';
import { requirePerson } from '../require-person.ts';

/** Time off that is not over at `now`, the next first. */
export async function readTimeOff(ctx: Ctx, now: EpochMs): Promise<TimeOffView[]> {
  const rows = await ctx.db
    .selectFrom('time_off')
    .innerJoin('people', 'people.id', 'person_id')
    .select(['time_off.id', 'person_id', 'people.name', 'from_at', 'until_at', 'note'])
    .where('until_at', '>', now)
    .where('people.archived_at', 'is', null)
    .orderBy('from_at')
    .orderBy('time_off.id')
    .execute();
  return rows.map((row) => ({
    id: row.id,
    person: { id: row.person_id, name: row.name },
    fromAt: row.from_at,
    untilAt: row.until_at,
    note: row.note,
  }));
}

/**
 * Somebody is away. In every rotation the next person in the order who is there stands in for exactly that time; where all are away
 * nobody is on call, which the schedule shows as a gap.
 */
export async function addTimeOff(
  ctx: Ctx,
  input: { personId: string; fromAt: EpochMs; untilAt: EpochMs; note?: string | undefined },
  by: By,
): Promise<string> {
  if (input.untilAt <= by.now)
    throw new ServiceError('invalid', 'This time is over already.', {
      fields: [{ path: 'untilAt', message: 'must be in the future' }],
    });
  return transact(ctx, async (tx) => {
    await requirePerson(tx, input.personId);
    const id = idFor(tx, 'off');
    await tx.db
      .insertInto('time_off')
      .values({
        id,
        person_id: input.personId,
        from_at: input.fromAt,
        until_at: input.untilAt,
        note: input.note ?? null,
        created_by: by.actor.id ?? null,
        created_at: by.now,
      })
      .execute();
    const data = { personId: input.personId, fromAt: input.fromAt, untilAt: input.untilAt };
    await appendEvents(tx, [{ kind: 'time-off.added', at: by.now, actor: by.actor, data }]);
    return id;
  });
}

/** The person is there after all. `mayAll`: also for others. */
export async function removeTimeOff(
  ctx: Ctx,
  input: { id: string; personId: string | undefined; mayAll: boolean },
  by: By,
): Promise<void> {
  await transact(ctx, async (tx) => {
    const row = await tx.db
      .deleteFrom('time_off')
      .where('id', '=', input.id)
      .$if(!input.mayAll, (query) => query.where('person_id', '=', input.personId ?? ''))
      .returning(['person_id'])
      .executeTakeFirst();
    if (!row) throw new ServiceError('not-found', 'There is no such time off of yours.');
    const data = { personId: row.person_id };
    await appendEvents(tx, [{ kind: 'time-off.removed', at: by.now, actor: by.actor, data }]);
  });
}
