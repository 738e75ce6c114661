import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { acknowledgeIncident, openIncident, resolveIncident } from '../../../src/respond/index.ts';
import { exportThanks, eraseThanks, readCard } from '../../../src/thank/archive.ts';
import { decideWaitingGift, exportLedger, fundGifts, giveGift } from '../../../src/thank/gifts.ts';
import { runThanks } from '../../../src/thank/index.ts';
import { both } from '../db/both.ts';
import { openStage, type Stage } from '../respond/respond-stage.ts';

const admin = { personId: 'owner', isAdmin: true };
const alice = { personId: 'alice', isAdmin: false };

describe.each(both)('gifts, on $kind', (subject) => {
  let stage: Stage;
  let incidentId: string;
  const now = () => stage.clock.now();

  // Bob did the work; Alice leads the team, which has 100.00 EUR, and asks a second person above 50.00.
  beforeEach(async () => {
    stage = await openStage(subject);
    const { ctx } = stage;
    const owned = { owned_by: 'console' as const, created_at: now() };
    await ctx.db
      .insertInto('teams')
      .values({ id: 't', name: 'T', policy_id: null, ...owned })
      .execute();
    await ctx.db.insertInto('team_members').values({ team_id: 't', person_id: 'alice', is_lead: true }).execute();
    await ctx.db.insertInto('team_members').values({ team_id: 't', person_id: 'bob' }).execute();
    const by = { actor: { kind: 'person', id: 'bob' } as const, now: now() };
    incidentId = await openIncident(ctx, { serviceId: 'a', severity: 'minor', title: 'A', openedBy: 'person', ...by });
    await acknowledgeIncident(ctx, { incidentId, ...by, via: 'test' });
    await resolveIncident(ctx, { incidentId, ...by, how: 'by-hand' });
    await runThanks(ctx, now());
    await fundGifts(ctx, { teamId: 't', currency: 'EUR', approvalAbove: 5_000, add: 10_000, by: admin, now: now() });
  });
  afterEach(() => stage?.close());

  const gift = (cost: number, by = alice, more: object = {}) =>
    giveGift(stage.ctx, {
      teamId: 't',
      incidentId,
      personId: 'bob',
      kind: 'link',
      what: 'Chocolates',
      url: 'https://chocolates.example.com/code',
      cost,
      ...more,
      by,
      now: now(),
    });
  const ledger = () => stage.ctx.db.selectFrom('gift_ledger').selectAll().orderBy('seq').execute();

  test('leads in the same moment cannot spend the same money twice, and the ledger balances', async () => {
    const tries = await Promise.allSettled(
      Array.from({ length: 6 }, (_, i) => gift(3_000, i % 2 === 0 ? alice : admin)),
    );
    expect(tries.filter(({ status }) => status === 'fulfilled')).toHaveLength(3);
    for (const refused of tries.filter(({ status }) => status === 'rejected')) {
      expect(refused).toMatchObject({ reason: { code: 'conflict', fields: [{ path: 'cost' }] } });
    }
    const rows = await ledger();
    let balance = 0;
    for (const row of rows) expect(row.balance).toBe((balance += row.amount));
    expect(balance).toBe(1_000);
    await expect(
      fundGifts(stage.ctx, { teamId: 't', currency: 'EUR', approvalAbove: 0, add: -1_001, by: admin, now: now() }),
    ).rejects.toMatchObject({ code: 'conflict' });
  });

  test('above the limit a second person decides, who is neither giver nor receiver; a refused one goes back', async () => {
    const { giftId, status } = await gift(6_000);
    expect(status).toBe('waiting');
    const decide = (decision: 'give' | 'refuse', by = admin) =>
      decideWaitingGift(stage.ctx, { giftId, decision, by, now: now() });
    await expect(decide('give', alice)).rejects.toMatchObject({ code: 'forbidden' });
    await expect(decide('give', { personId: 'bob', isAdmin: true })).rejects.toMatchObject({ code: 'forbidden' });
    const both_ = await Promise.allSettled([decide('refuse'), decide('give')]);
    expect(both_.filter(({ status: settled }) => settled === 'fulfilled')).toHaveLength(1);
    await expect(decide('give')).rejects.toMatchObject({ code: 'conflict' });
    const sum = (await ledger()).reduce((total, row) => total + row.amount, 0);
    const [row] = await stage.ctx.db.selectFrom('gifts').select('status').execute();
    expect(sum).toBe(row?.status === 'given' ? 4_000 : 10_000);
    expect((await gift(0, alice, { kind: 'time-off', minutes: 481 })).status).toBe('waiting');
    expect((await gift(0, alice, { kind: 'time-off', minutes: 480 })).status).toBe('given');
  });

  test('not to oneself, not by somebody who does not lead, not to somebody who did not help', async () => {
    await expect(gift(1, { personId: 'bob', isAdmin: true })).rejects.toMatchObject({ fields: [{ path: 'personId' }] });
    await expect(gift(1, { personId: 'bob', isAdmin: false })).rejects.toMatchObject({ code: 'forbidden' });
    await expect(gift(1, admin, { personId: 'alice' })).rejects.toMatchObject({ fields: [{ path: 'personId' }] });
    expect(await ledger()).toHaveLength(1);
  });

  test('it comes with the hugs in the person’s hours; the archive goes along and can be erased', async () => {
    await gift(2_500, alice, { what: '=HYPERLINK("https://evil.test")' });
    const mails = () => stage.ctx.db.selectFrom('mails').selectAll().execute();
    await runThanks(stage.ctx, now());
    expect(await mails()).toEqual([]);
    stage.clock.set(Temporal.Instant.from('2026-12-07T09:00:00Z').epochMilliseconds);
    await runThanks(stage.ctx, now());
    expect((await mails()).map(({ to_address }) => to_address)).toEqual(['bob@example.com']);
    const csv = await exportLedger(stage.ctx, 't', alice);
    expect(csv).toContain(`"'=HYPERLINK(""https://evil.test"")"`);
    expect(csv).toContain(',-2500,7500,');
    const taken = await exportThanks(stage.ctx, 'bob', now());
    expect(taken.incidents).toMatchObject([{ youWere: ['acknowledged', 'resolved'], hugs: [{ kind: 'chocolates' }] }]);
    const card = await readCard(stage.ctx, 'bob', incidentId);
    expect(card).toContain('1</text>');
    expect(card).not.toMatch(/bob|present/i);
    await expect(readCard(stage.ctx, 'alice', incidentId)).rejects.toMatchObject({ code: 'not-found' });
    await eraseThanks(stage.ctx, 'bob', now());
    await runThanks(stage.ctx, now());
    expect((await exportThanks(stage.ctx, 'bob', now())).incidents).toEqual([]);
  });
});
