import type { Actor, EpochMs, JsonObject } from '../../domain/words.ts';
import { type Ctx, idFor, transact } from '../../platform/context.ts';
import { ServiceError } from '../../platform/errors.ts';
import { appendEvents } from '../../platform/events.ts';
import { lockPostmortem } from './lock.ts';

interface By {
  actor: Actor;
  now: EpochMs;
}

/** Something to be done so that it does not come again. `dueOn` is a day, `2026-12-24`. Returns its id. */
export async function addActionItem(
  ctx: Ctx,
  input: By & { incidentId: string; text: string; ownerId: string | null; dueOn: string | null },
): Promise<string> {
  return transact(ctx, async (tx) => {
    const postmortem = await lockPostmortem(tx, input.incidentId);
    await requireOwner(tx, input.ownerId);
    await requireRoom(tx, postmortem.id);
    const id = idFor(tx, 'act');
    await tx.db
      .insertInto('action_items')
      .values({
        id,
        postmortem_id: postmortem.id,
        text: input.text,
        owner_id: input.ownerId,
        due_on: input.dueOn,
        created_at: input.now,
        done_at: null,
      })
      .execute();
    await tell(tx, input, postmortem.incident_id, 'action-item.added', { text: input.text, ownerId: input.ownerId });
    return id;
  });
}

/** Changes what is given; `done` ticks it off or takes that back. */
export async function changeActionItem(
  ctx: Ctx,
  input: By & {
    itemId: string;
    text?: string | undefined;
    ownerId?: string | null | undefined;
    dueOn?: string | null | undefined;
    done?: boolean | undefined;
  },
): Promise<void> {
  await transact(ctx, async (tx) => {
    const item = await lockItem(tx, input.itemId);
    if (input.ownerId !== undefined && input.ownerId !== item.owner_id) await requireOwner(tx, input.ownerId);
    const change = {
      text: input.text ?? item.text,
      owner_id: input.ownerId === undefined ? item.owner_id : input.ownerId,
      due_on: input.dueOn === undefined ? item.due_on : input.dueOn,
      done_at: input.done === undefined ? item.done_at : input.done ? (item.done_at ?? input.now) : null,
    };
    await tx.db.updateTable('action_items').set(change).where('id', '=', item.id).execute();
    const isTurn = (change.done_at === null) !== (item.done_at === null);
    const kind = isTurn ? (change.done_at === null ? 'reopened' : 'done') : 'changed';
    await tell(tx, input, item.incident_id, `action-item.${kind}`, { text: change.text, ownerId: change.owner_id });
  });
}

export async function removeActionItem(ctx: Ctx, input: By & { itemId: string }): Promise<void> {
  await transact(ctx, async (tx) => {
    const item = await lockItem(tx, input.itemId);
    await tx.db.deleteFrom('action_items').where('id', '=', item.id).execute();
    await tell(tx, input, item.incident_id, 'action-item.removed', { text: item.text });
  });
}

async function lockItem(ctx: Ctx, itemId: string) {
  const item = await ctx.db
    .selectFrom('action_items')
    .innerJoin('postmortems', 'postmortems.id', 'action_items.postmortem_id')
    .selectAll('action_items')
    .select('postmortems.incident_id')
    .where('action_items.id', '=', itemId)
    .forUpdate('action_items')
    .executeTakeFirst();
  if (!item) throw new ServiceError('not-found', 'There is no such action item.');
  return item;
}

/** Who is gone can take on nothing new. */
async function requireOwner(ctx: Ctx, ownerId: string | null): Promise<void> {
  if (ownerId === null) return;
  const person = await ctx.db
    .selectFrom('people')
    .select('id')
    .where('id', '=', ownerId)
    .where('archived_at', 'is', null)
    .executeTakeFirst();
  if (!person)
    throw new ServiceError('invalid', 'There is no such person.', {
      fields: [{ path: 'ownerId', message: 'no such person' }],
    });
}

const mostItems = 100;

async function requireRoom(ctx: Ctx, postmortemId: string): Promise<void> {
  const { count } = await ctx.db
    .selectFrom('action_items')
    .select((select) => select.fn.countAll<number>().as('count'))
    .where('postmortem_id', '=', postmortemId)
    .executeTakeFirstOrThrow();
  if (Number(count) >= mostItems)
    throw new ServiceError('conflict', `A postmortem holds at most ${mostItems} action items.`);
}

const tell = (ctx: Ctx, { actor, now }: By, incidentId: string, kind: string, data: JsonObject): Promise<void> =>
  appendEvents(ctx, [{ kind, at: now, actor, incidentId, data }]);
