import type { AddedReason } from '../domain/credit.ts';
import type { Actor, EpochMs } from '../domain/words.ts';
import { type Ctx, transact } from '../platform/context.ts';
import { ServiceError } from '../platform/errors.ts';
import { appendEvents } from '../platform/events.ts';
import { queueAgain, storeCredit } from './store-credit.ts';

interface Addition {
  incidentId: string;
  personId: string;
  reason: AddedReason;
  actor: Actor;
  now: EpochMs;
}

/** Somebody was forgotten: adds them, with what they did. Twice is harmless. Hugs that came before reach them, too. */
export async function addCredit(ctx: Ctx, input: Addition): Promise<void> {
  await transact(ctx, async (tx) => {
    await requireIncident(tx, input.incidentId);
    const person = await tx.db
      .selectFrom('people')
      .select('id')
      .where('id', '=', input.personId)
      .where('archived_at', 'is', null)
      .executeTakeFirst();
    if (!person) {
      throw new ServiceError('invalid', 'There is no such person.', {
        fields: [{ path: 'personId', message: 'no such person' }],
      });
    }
    const added = await tx.db
      .insertInto('credit_additions')
      .values({
        incident_id: input.incidentId,
        person_id: input.personId,
        reason: input.reason,
        added_by: input.actor.id ?? null,
        added_at: input.now,
      })
      .onConflict((conflict) => conflict.doNothing())
      .returning('person_id')
      .executeTakeFirst();
    if (added !== undefined) await tell(tx, 'credit.added', input);
  });
}

/** Takes back what somebody added. What the events say stays. */
export async function removeCredit(ctx: Ctx, input: Addition): Promise<void> {
  await transact(ctx, async (tx) => {
    const removed = await tx.db
      .deleteFrom('credit_additions')
      .where('incident_id', '=', input.incidentId)
      .where('person_id', '=', input.personId)
      .where('reason', '=', input.reason)
      .returning('person_id')
      .executeTakeFirst();
    if (!removed) throw new ServiceError('not-found', 'Nobody has added this.');
    await tell(tx, 'credit.removed', input);
  });
}

const tell = async (ctx: Ctx, kind: 'credit.added' | 'credit.removed', input: Addition): Promise<void> => {
  await appendEvents(ctx, [
    {
      kind,
      at: input.now,
      actor: input.actor,
      incidentId: input.incidentId,
      data: { personId: input.personId, reason: input.reason },
    },
  ]);
  // At once, so that whoever added them sees them there.
  await storeCredit(ctx, input.incidentId, input.now);
};

export type OwnChoice = 'decline' | 'accept' | 'hide' | 'show';

/**
 * What a credited person wants: no part in it (no hugs come, and those that wait go), to be thanked but not named in public, or the
 * reverse of these. Throws `not-found` for an incident in which they are not credited.
 */
export async function chooseCredit(
  ctx: Ctx,
  input: { incidentId: string; personId: string; choice: OwnChoice; now: EpochMs },
): Promise<void> {
  await transact(ctx, async (tx) => {
    const set = {
      decline: { declined_at: input.now },
      accept: { declined_at: null },
      hide: { hidden_at: input.now },
      show: { hidden_at: null },
    }[input.choice];
    const row = await tx.db
      .updateTable('credits')
      .set(set)
      .where('incident_id', '=', input.incidentId)
      .where('person_id', '=', input.personId)
      .returning('incident_id')
      .executeTakeFirst();
    if (!row) throw new ServiceError('not-found', 'You are not credited in this incident.');
    if (input.choice === 'decline') {
      await tx.db
        .deleteFrom('hug_deliveries')
        .where('person_id', '=', input.personId)
        .where('bundled_at', 'is', null)
        .where('hug_id', 'in', (hugs) =>
          hugs.selectFrom('hugs').select('id').where('incident_id', '=', input.incidentId),
        )
        .execute();
    }
    if (input.choice === 'accept') await queueAgain(tx, [input.incidentId]);
    // The page names people: it is made anew, without saying why.
    await appendEvents(tx, [
      { kind: 'credit.chosen', at: input.now, actor: { kind: 'system' }, incidentId: input.incidentId },
    ]);
  });
}

async function requireIncident(ctx: Ctx, incidentId: string): Promise<void> {
  const row = await ctx.db.selectFrom('incidents').select('id').where('id', '=', incidentId).executeTakeFirst();
  if (!row) throw new ServiceError('not-found', 'There is no such incident.');
}
