import type { Actor, EpochMs } from '../domain/words.ts';
import { type Ctx, idFor, transact } from '../platform/context.ts';
import { ServiceError } from '../platform/errors.ts';
import { appendEvents } from '../platform/events.ts';
import { requirePerson } from './require-person.ts';

/** Puts a person on call for a time, whatever the rotation says. Returns the override's id. */
export async function addOverride(
  ctx: Ctx,
  input: { scheduleId: string; personId: string; fromAt: EpochMs; untilAt: EpochMs; actor: Actor; now: EpochMs },
): Promise<string> {
  if (input.untilAt <= input.now)
    throw new ServiceError('invalid', 'This time is over already.', {
      fields: [{ path: 'untilAt', message: 'must be in the future' }],
    });
  return transact(ctx, async (tx) => {
    const schedule = await tx.db
      .selectFrom('schedules')
      .select('id')
      .where('id', '=', input.scheduleId)
      .where('archived_at', 'is', null)
      .executeTakeFirst();
    if (!schedule) throw new ServiceError('not-found', 'There is no such schedule.');
    await requirePerson(tx, input.personId);
    const id = idFor(tx, 'ovr');
    await tx.db
      .insertInto('schedule_overrides')
      .values({
        id,
        schedule_id: input.scheduleId,
        person_id: input.personId,
        from_at: input.fromAt,
        until_at: input.untilAt,
        created_by: input.actor.id ?? null,
        created_at: input.now,
      })
      .execute();
    await appendEvents(tx, [
      {
        kind: 'override.added',
        at: input.now,
        actor: input.actor,
        data: { scheduleId: input.scheduleId, personId: input.personId, fromAt: input.fromAt, untilAt: input.untilAt },
      },
    ]);
    return id;
  });
}

/** Takes an override back; the rotation counts again. */
export async function removeOverride(
  ctx: Ctx,
  input: { overrideId: string; actor: Actor; now: EpochMs },
): Promise<void> {
  await transact(ctx, async (tx) => {
    const row = await tx.db
      .deleteFrom('schedule_overrides')
      .where('id', '=', input.overrideId)
      .returning(['schedule_id', 'person_id'])
      .executeTakeFirst();
    if (!row) throw new ServiceError('not-found', 'There is no such override.');
    await appendEvents(tx, [
      {
        kind: 'override.removed',
        at: input.now,
        actor: input.actor,
        data: { scheduleId: row.schedule_id, personId: row.person_id },
      },
    ]);
  });
}
