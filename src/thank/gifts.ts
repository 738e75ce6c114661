import { csvRow, decideGift, maySecond } from '../domain/gifts.ts';
import type { EpochMs } from '../domain/words.ts';
import { type Ctx, idFor, transact } from '../platform/context.ts';
import { ServiceError } from '../platform/errors.ts';
import { appendEvents } from '../platform/events.ts';

/** Who acts: a person, and whether they may act for every team. */
export interface Lead {
  personId: string;
  isAdmin: boolean;
}

export interface NewGift {
  teamId: string;
  incidentId: string;
  personId: string;
  kind: 'time-off' | 'link';
  what: string;
  url?: string | undefined;
  minutes?: number | undefined;
  /** In the smallest unit of the team's currency. */
  cost: number;
}

type GiftStatus = 'waiting' | 'given' | 'refused';

/** Sets what a team may spend, and above which amount a second person is needed. `add` may take back what was not spent. */
export async function fundGifts(
  ctx: Ctx,
  input: { teamId: string; currency: string; approvalAbove: number; add: number; by: Lead; now: EpochMs },
): Promise<{ balance: number }> {
  return transact(ctx, async (tx) => {
    const team = await tx.db.selectFrom('teams').select('id').where('id', '=', input.teamId).executeTakeFirst();
    if (!team) throw new ServiceError('not-found', 'There is no such team.');
    const row = { currency: input.currency, approval_above: input.approvalAbove, updated_at: input.now };
    await tx.db
      .insertInto('gift_budgets')
      .values({ team_id: input.teamId, ...row })
      .onConflict((conflict) => conflict.column('team_id').doUpdateSet(row))
      .execute();
    const balance = await lockBalance(tx, input.teamId);
    if (balance + input.add < 0) {
      throw new ServiceError('conflict', 'Less is left than you want to take back.', {
        fields: [{ path: 'add', message: `at most ${balance} can be taken back` }],
      });
    }
    if (input.add === 0) return { balance };
    return { balance: await book(tx, { ...input, kind: 'budget', giftId: null, amount: input.add, balance }) };
  });
}

/**
 * A lead gives something to somebody who is credited in an incident. The amount is set aside at once, under the lock of the team's budget: two
 * leads in the same moment cannot spend it twice. Throws `conflict` when there is not enough.
 */
export async function giveGift(
  ctx: Ctx,
  input: NewGift & { by: Lead; now: EpochMs },
): Promise<{ giftId: string; status: GiftStatus }> {
  return transact(ctx, async (tx) => {
    await requireLead(tx, input.teamId, input.by);
    await requireCredited(tx, input.incidentId, input.personId);
    const balance = await lockBalance(tx, input.teamId);
    const { approval_above } = await tx.db
      .selectFrom('gift_budgets')
      .select('approval_above')
      .where('team_id', '=', input.teamId)
      .executeTakeFirstOrThrow();
    const decision = decideGift({
      cost: input.cost,
      minutes: input.minutes ?? null,
      balance,
      approvalAbove: approval_above,
      askedBy: input.by.personId,
      forPerson: input.personId,
    });
    if (decision.action === 'refuse') throw refusal(decision.reason, balance);
    const giftId = idFor(tx, 'gift');
    const status = decision.action === 'give' ? 'given' : 'waiting';
    await tx.db
      .insertInto('gifts')
      .values({
        id: giftId,
        team_id: input.teamId,
        incident_id: input.incidentId,
        person_id: input.personId,
        kind: input.kind,
        what: input.what,
        url: input.url ?? null,
        minutes: input.minutes ?? null,
        cost: input.cost,
        status,
        asked_by: input.by.personId,
        asked_at: input.now,
        decided_at: status === 'given' ? input.now : null,
      })
      .execute();
    await book(tx, { ...input, kind: 'gift', giftId, amount: -input.cost, balance });
    if (status === 'given')
      await bring(tx, { incidentId: input.incidentId, personId: input.personId, giftId, now: input.now });
    return { giftId, status };
  });
}

const refusal = (reason: 'own' | 'budget', balance: number): ServiceError =>
  reason === 'own'
    ? new ServiceError('invalid', 'A gift is for somebody else.', {
        fields: [{ path: 'personId', message: 'not yourself' }],
      })
    : new ServiceError('conflict', 'The budget has not enough left for this.', {
        fields: [{ path: 'cost', message: `${balance} is left` }],
      });

/** The second person: gives what waits, or refuses it, and the amount goes back. */
export async function decideWaitingGift(
  ctx: Ctx,
  input: { giftId: string; decision: 'give' | 'refuse'; by: Lead; now: EpochMs },
): Promise<void> {
  await transact(ctx, async (tx) => {
    const gift = await tx.db
      .selectFrom('gifts')
      .selectAll()
      .where('id', '=', input.giftId)
      .forUpdate()
      .executeTakeFirst();
    if (!gift) throw new ServiceError('not-found', 'There is no such gift.');
    await requireLead(tx, gift.team_id, input.by);
    if (gift.status !== 'waiting') throw new ServiceError('conflict', 'This was decided already.');
    if (!maySecond({ askedBy: gift.asked_by, forPerson: gift.person_id }, input.by.personId))
      throw new ServiceError('forbidden', 'This needs a second person: not who asked for it, and not who gets it.');
    const status = input.decision === 'give' ? 'given' : 'refused';
    await tx.db
      .updateTable('gifts')
      .set({ status, decided_by: input.by.personId, decided_at: input.now })
      .where('id', '=', gift.id)
      .execute();
    if (status === 'given') {
      await bring(tx, { incidentId: gift.incident_id, personId: gift.person_id, giftId: gift.id, now: input.now });
      return;
    }
    const balance = await lockBalance(tx, gift.team_id);
    await book(tx, {
      teamId: gift.team_id,
      kind: 'return',
      giftId: gift.id,
      amount: gift.cost,
      balance,
      by: input.by,
      now: input.now,
    });
  });
}

/** It comes as chocolates do: with the hugs, in the person's own hours. What it is, is in their archive. */
async function bring(
  ctx: Ctx,
  { incidentId, personId, giftId, now }: { incidentId: string; personId: string; giftId: string; now: EpochMs },
): Promise<void> {
  await appendEvents(ctx, [{ kind: 'gift.given', at: now, actor: { kind: 'system' }, incidentId, data: { giftId } }]);
  const hugId = idFor(ctx, 'hug');
  await ctx.db
    .insertInto('hugs')
    .values({
      id: hugId,
      incident_id: incidentId,
      kind: 'chocolates',
      message: 'Your team has a present for you. It is in your console, under Hugs.',
      source: 'colleague',
      status: 'approved',
      created_at: now,
      // Its one addressee is known already.
      queued_at: now,
    })
    .execute();
  await ctx.db.insertInto('hug_deliveries').values({ hug_id: hugId, person_id: personId, due_at: now }).execute();
  ctx.wake('thanks');
}

async function requireLead(ctx: Ctx, teamId: string, by: Lead): Promise<void> {
  if (by.isAdmin) return;
  const row = await ctx.db
    .selectFrom('team_members')
    .select('is_lead')
    .where('team_id', '=', teamId)
    .where('person_id', '=', by.personId)
    .executeTakeFirst();
  if (row?.is_lead !== true) throw new ServiceError('forbidden', 'Gifts are for leads of the team to give.');
}

async function requireCredited(ctx: Ctx, incidentId: string, personId: string): Promise<void> {
  const row = await ctx.db
    .selectFrom('credits')
    .select('person_id')
    .where('incident_id', '=', incidentId)
    .where('person_id', '=', personId)
    .where('declined_at', 'is', null)
    .executeTakeFirst();
  if (row) return;
  throw new ServiceError('invalid', 'They are not among those who helped in this incident. Please add them first.', {
    fields: [{ path: 'personId', message: 'not credited' }],
  });
}

/** What is left, under the lock that whoever spends must hold. Throws `not-found` for a team without a budget. */
async function lockBalance(ctx: Ctx, teamId: string): Promise<number> {
  const budget = await ctx.db
    .selectFrom('gift_budgets')
    .select('team_id')
    .where('team_id', '=', teamId)
    .forUpdate()
    .executeTakeFirst();
  if (!budget) throw new ServiceError('not-found', 'This team has no budget for gifts yet.');
  return balanceOf(ctx, teamId);
}

async function balanceOf(ctx: Ctx, teamId: string): Promise<number> {
  const last = await ctx.db
    .selectFrom('gift_ledger')
    .select('balance')
    .where('team_id', '=', teamId)
    .orderBy('seq', 'desc')
    .limit(1)
    .executeTakeFirst();
  return last?.balance ?? 0;
}

interface Entry {
  teamId: string;
  kind: 'budget' | 'gift' | 'return';
  giftId: string | null;
  amount: number;
  /** Before it. */
  balance: number;
  by: Lead;
  now: EpochMs;
}

async function book(ctx: Ctx, entry: Entry): Promise<number> {
  const balance = entry.balance + entry.amount;
  await ctx.db
    .insertInto('gift_ledger')
    .values({
      id: idFor(ctx, 'led'),
      team_id: entry.teamId,
      gift_id: entry.giftId,
      kind: entry.kind,
      amount: entry.amount,
      balance,
      by_person: entry.by.personId,
      at: entry.now,
    })
    .execute();
  return balance;
}

/** The team's ledger as CSV, oldest first: for leads of the team. */
export async function exportLedger(ctx: Ctx, teamId: string, by: Lead): Promise<string> {
  await requireLead(ctx, teamId, by);
  const rows = await ctx.db
    .selectFrom('gift_ledger')
    .innerJoin('gift_budgets', 'gift_budgets.team_id', 'gift_ledger.team_id')
    .leftJoin('gifts', 'gifts.id', 'gift_ledger.gift_id')
    .leftJoin('people as receiver', 'receiver.id', 'gifts.person_id')
    .leftJoin('people as actor', 'actor.id', 'gift_ledger.by_person')
    .select([
      'gift_ledger.at',
      'gift_ledger.kind',
      'gift_ledger.amount',
      'gift_ledger.balance',
      'gift_budgets.currency',
    ])
    .select(['gifts.what', 'gifts.minutes', 'gifts.status', 'receiver.name as receiver', 'actor.name as actor'])
    .where('gift_ledger.team_id', '=', teamId)
    .orderBy('gift_ledger.seq')
    .execute();
  const head = csvRow(['at', 'kind', 'amount', 'balance', 'currency', 'what', 'minutes', 'status', 'for', 'by']);
  const lines = rows.map((row) =>
    csvRow([
      new Date(row.at).toISOString(),
      row.kind,
      row.amount,
      row.balance,
      row.currency,
      row.what,
      row.minutes,
      row.status,
      row.receiver,
      row.actor,
    ]),
  );
  return [head, ...lines].join('');
}

/** A team's gifts, newest first, and what is left: for its leads. */
export async function readGifts(ctx: Ctx, teamId: string, by: Lead) {
  await requireLead(ctx, teamId, by);
  const budget = await ctx.db.selectFrom('gift_budgets').selectAll().where('team_id', '=', teamId).executeTakeFirst();
  const rows = await ctx.db
    .selectFrom('gifts')
    .innerJoin('people', 'people.id', 'gifts.person_id')
    .selectAll('gifts')
    .select('people.name')
    .where('gifts.team_id', '=', teamId)
    .orderBy('gifts.asked_at', 'desc')
    .limit(200)
    .execute();
  return {
    budget:
      budget === undefined
        ? null
        : { currency: budget.currency, approvalAbove: budget.approval_above, balance: await balanceOf(ctx, teamId) },
    gifts: rows.map((row) => ({
      id: row.id,
      incidentId: row.incident_id,
      person: { id: row.person_id, name: row.name },
      kind: row.kind,
      what: row.what,
      url: row.url,
      minutes: row.minutes,
      cost: row.cost,
      status: row.status,
      askedAt: row.asked_at,
      mayDecide:
        row.status === 'waiting' && maySecond({ askedBy: row.asked_by, forPerson: row.person_id }, by.personId),
    })),
  };
}
