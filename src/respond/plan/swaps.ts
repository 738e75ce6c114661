import { shiftsBetween } from '../../domain/schedule-on-call.ts';
import type { PersonId, Span } from '../../domain/schedule.ts';
import type { EpochMs } from '../../domain/words.ts';
import { type Ctx, idFor, transact } from '../../platform/context.ts';
import { ServiceError } from '../../platform/errors.ts';
import { appendEvents } from '../../platform/events.ts';
import { layoutMail } from '../../platform/mail/layout.ts';
import { enqueueMail } from '../../platform/mail/queue.ts';
import { expandRule } from '../expand-rule.ts';
import { readSchedules } from '../on-call.ts';
import type { By } from './own-rows.ts';
import type { SwapBody, SwapView } from './schemas.ts';

/** Swaps that wait for an answer and are not over. */
export async function readSwaps(ctx: Ctx, now: EpochMs): Promise<SwapView[]> {
  const rows = await ctx.db
    .selectFrom('shift_swaps')
    .innerJoin('schedules', 'schedules.id', 'schedule_id')
    .innerJoin('people as asker', 'asker.id', 'asker_id')
    .innerJoin('people as asked', 'asked.id', 'asked_id')
    .selectAll('shift_swaps')
    .select(['schedules.name as schedule_name', 'asker.name as asker_name', 'asked.name as asked_name'])
    .where('status', '=', 'asked')
    .where('until_at', '>', now)
    .where('schedules.archived_at', 'is', null)
    .orderBy('from_at')
    .orderBy('shift_swaps.id')
    .execute();
  return rows.map((row) => ({
    id: row.id,
    schedule: { id: row.schedule_id, name: row.schedule_name },
    asker: { id: row.asker_id, name: row.asker_name },
    asked: { id: row.asked_id, name: row.asked_name },
    fromAt: row.from_at,
    untilAt: row.until_at,
    inReturn:
      row.return_from_at === null || row.return_until_at === null
        ? null
        : { fromAt: row.return_from_at, untilAt: row.return_until_at },
    message: row.message,
  }));
}

/** Asks a colleague to take a shift, perhaps for one of theirs. Nothing changes before the answer. */
export async function askSwap(
  ctx: Ctx,
  input: SwapBody & { scheduleId: string; askerId: PersonId },
  by: By,
): Promise<string> {
  const { scheduleId, askerId, askedId, inReturn = null } = input;
  const given = { fromAt: input.fromAt, untilAt: input.untilAt };
  if (askedId === askerId) throw refused('askedId', 'This is you. Please choose a colleague.');
  if (given.untilAt <= by.now) throw refused('untilAt', 'This time is over already.');
  return transact(ctx, async (tx) => {
    const asked = await tx.db
      .selectFrom('people')
      .select(['id', 'name', 'email'])
      .where('id', '=', askedId)
      .where('archived_at', 'is', null)
      .executeTakeFirst();
    if (!asked) throw refused('askedId', 'There is no such person.');
    if (!(await isOnCall(tx, scheduleId, askerId, given, by.now)))
      throw refused('fromAt', 'You are not on call in this schedule then.');
    if (inReturn !== null && !(await isOnCall(tx, scheduleId, askedId, inReturn, by.now)))
      throw refused('inReturn.fromAt', `${asked.name} is not on call in this schedule then.`);
    const id = idFor(tx, 'swp');
    await tx.db
      .insertInto('shift_swaps')
      .values({
        id,
        schedule_id: scheduleId,
        asker_id: askerId,
        asked_id: askedId,
        from_at: given.fromAt,
        until_at: given.untilAt,
        return_from_at: inReturn?.fromAt ?? null,
        return_until_at: inReturn?.untilAt ?? null,
        message: input.message ?? null,
        created_at: by.now,
      })
      .execute();
    await note(tx, 'swap.asked', { id, scheduleId, askerId, askedId }, by);
    const asker = await tx.db.selectFrom('people').select('name').where('id', '=', askerId).executeTakeFirstOrThrow();
    await enqueueMail(tx, {
      purpose: 'account',
      dedupKey: `swap:${id}`,
      to: asked.email,
      subject: `${asker.name} asks you to take a shift`,
      ...layoutMail({
        heading: `${asker.name} asks you to take a shift`,
        paragraphs: [
          ...(input.message === undefined ? [] : [input.message]),
          'Nothing changes before you have answered.',
        ],
        buttons: [{ label: 'Look and answer', url: `${ctx.publicUrl}/console/on-call` }],
        footer: [],
      }),
    });
    return id;
  });
}

/**
 * The answer of whoever was asked. A yes writes the overrides of both sides in one transaction; it throws `conflict` when the plan has
 * changed since, so that nobody takes what the other no longer has.
 */
export async function answerSwap(
  ctx: Ctx,
  input: { swapId: string; personId: PersonId; accept: boolean },
  by: By,
): Promise<void> {
  await transact(ctx, async (tx) => {
    const swap = await tx.db
      .selectFrom('shift_swaps')
      .selectAll()
      .where('id', '=', input.swapId)
      .where('asked_id', '=', input.personId)
      .forUpdate()
      .executeTakeFirst();
    if (!swap) throw new ServiceError('not-found', 'You were not asked this.');
    if (swap.status !== 'asked') throw new ServiceError('conflict', 'This was answered already.');
    const { schedule_id: scheduleId, asker_id: askerId, asked_id: askedId } = swap;
    await tx.db
      .updateTable('shift_swaps')
      .set({ status: input.accept ? 'accepted' : 'declined', answered_at: by.now })
      .where('id', '=', swap.id)
      .execute();
    await note(tx, input.accept ? 'swap.accepted' : 'swap.declined', { id: swap.id, scheduleId, askerId, askedId }, by);
    if (!input.accept) return;
    if (swap.until_at <= by.now) throw new ServiceError('conflict', 'This shift is over.');
    await handOver(tx, scheduleId, askerId, askedId, { fromAt: swap.from_at, untilAt: swap.until_at }, by);
    if (swap.return_from_at !== null && swap.return_until_at !== null) {
      const back = { fromAt: swap.return_from_at, untilAt: swap.return_until_at };
      await handOver(tx, scheduleId, askedId, askerId, back, by);
    }
  });
}

/** Takes a question back that was not answered yet. */
export async function withdrawSwap(ctx: Ctx, input: { swapId: string; personId: PersonId }, by: By): Promise<void> {
  await transact(ctx, async (tx) => {
    const swap = await tx.db
      .updateTable('shift_swaps')
      .set({ status: 'withdrawn', answered_at: by.now })
      .where('id', '=', input.swapId)
      .where('asker_id', '=', input.personId)
      .where('status', '=', 'asked')
      .returning(['id', 'schedule_id', 'asker_id', 'asked_id'])
      .executeTakeFirst();
    if (!swap) throw new ServiceError('not-found', 'You have no such question open.');
    const { id, schedule_id: scheduleId, asker_id: askerId, asked_id: askedId } = swap;
    await note(tx, 'swap.withdrawn', { id, scheduleId, askerId, askedId }, by);
  });
}

/** One side of a swap: `to` is on call wherever `from` would have been. */
async function handOver(
  ctx: Ctx,
  scheduleId: string,
  from: PersonId,
  to: PersonId,
  { fromAt, untilAt }: Span,
  by: By,
): Promise<void> {
  if (!(await isOnCall(ctx, scheduleId, from, { fromAt, untilAt }, by.now)))
    throw new ServiceError('conflict', 'The schedule has changed since: this shift is not theirs any more.');
  const row = { schedule_id: scheduleId, person_id: to, instead_of: from, from_at: fromAt, until_at: untilAt };
  await ctx.db
    .insertInto('schedule_overrides')
    .values({ id: idFor(ctx, 'ovr'), ...row, created_by: by.actor.id ?? null, created_at: by.now })
    .execute();
  const data = { scheduleId, personId: to, insteadOf: from, fromAt, untilAt };
  await appendEvents(ctx, [{ kind: 'override.added', at: by.now, actor: by.actor, data }]);
}

/** Whether the person is on call at some time of the span. */
async function isOnCall(ctx: Ctx, scheduleId: string, personId: PersonId, span: Span, now: EpochMs): Promise<boolean> {
  const [schedule] = await readSchedules(ctx, Math.min(now, span.fromAt), [scheduleId]);
  if (!schedule) throw new ServiceError('not-found', 'There is no such schedule.');
  return shiftsBetween(schedule, span.fromAt, span.untilAt, expandRule).some((shift) => shift.personId === personId);
}

const refused = (path: string, message: string): ServiceError =>
  new ServiceError('invalid', message, { fields: [{ path, message }] });

async function note(
  ctx: Ctx,
  kind: string,
  swap: { id: string; scheduleId: string; askerId: string; askedId: string },
  by: By,
): Promise<void> {
  const { id, ...data } = swap;
  await appendEvents(ctx, [{ kind, at: by.now, actor: by.actor, data: { swapId: id, ...data } }]);
}
