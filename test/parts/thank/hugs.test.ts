import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { acknowledgeIncident, openIncident, resolveIncident } from '../../../src/respond/index.ts';
import { runThanks } from '../../../src/thank/index.ts';
import { leaveHug } from '../../../src/thank/leave-hug.ts';
import { addCredit, chooseCredit, removeCredit } from '../../../src/thank/edit-credit.ts';
import { moderateHug } from '../../../src/thank/moderate-hug.ts';
import { readCredit } from '../../../src/thank/read-credit.ts';
import { takeChanges } from '../../../src/thank/take-changes.ts';
import { writeThanksSettings } from '../../../src/thank/settings.ts';
import { openHugIntake } from '../../../src/thank/store-hugs.ts';
import { hugOfLink, withdrawHug } from '../../../src/thank/withdraw-hug.ts';
import { both } from '../db/both.ts';
import { minute, openStage, type Stage } from '../respond/respond-stage.ts';

const hour = 60 * minute;

describe.each(both)('hugs, on $kind', (subject) => {
  let stage: Stage;
  let incidentId: string;
  // Tuesday, 02:00 UTC. Alice can be thanked from 09:00 to 17:00 on Mondays only (see the stage).
  beforeEach(async () => {
    stage = await openStage(subject);
    incidentId = await openIncident(stage.ctx, {
      serviceId: 'a',
      severity: 'critical',
      title: 'A is down',
      openedBy: 'person',
      actor: { kind: 'system' },
      now: stage.clock.now(),
      isPublic: true,
    });
    await stage.settle();
  });
  afterEach(() => stage?.close());

  const now = () => stage.clock.now();
  const finish = async () => {
    const by = { incidentId, actor: { kind: 'person', id: 'alice' } as const, now: now() };
    await acknowledgeIncident(stage.ctx, { ...by, via: 'test' });
    await resolveIncident(stage.ctx, { ...by, how: 'by-hand' });
    await runThanks(stage.ctx, now());
    stage.clock.advance(5 * minute);
    await runThanks(stage.ctx, now());
  };
  const settleThanks = async (ctx: Stage['ctx'], at: number) => {
    while ((await runThanks(ctx, at)) > 0);
  };
  const hug = (visitor: number, message?: string) =>
    leaveHug(stage.ctx, {
      incidentId,
      kind: 'hug',
      message,
      address: `192.0.2.${visitor}`,
      userAgent: 'browser',
      now: now(),
    });
  const mails = () => stage.ctx.db.selectFrom('mails').selectAll().where('purpose', '=', 'thanks').execute();
  const pages = async () => (await stage.ctx.db.selectFrom('pages').selectAll().execute()).length;

  test('not while they work, not for a private incident, not when the window is over', async () => {
    await expect(hug(1)).rejects.toMatchObject({ code: 'conflict' });
    await finish();
    expect(await hug(1)).toMatchObject({ status: 'approved' });
    stage.clock.advance(8 * 24 * hour);
    await expect(hug(2)).rejects.toMatchObject({ code: 'gone' });
    await stage.ctx.db.updateTable('incidents').set({ is_public: false }).execute();
    await expect(hug(3)).rejects.toMatchObject({ code: 'not-found' });
    await expect(
      leaveHug(stage.ctx, { incidentId: 'none', kind: 'hug', address: '', userAgent: '', now: now() }),
    ).rejects.toMatchObject({ code: 'not-found' });
  });

  test('one a visitor and incident, also in the same moment', async () => {
    await finish();
    const results = await Promise.allSettled([hug(1), hug(1), hug(1)]);
    expect(results.filter((result) => result.status === 'fulfilled')).toHaveLength(1);
    await expect(hug(1)).rejects.toMatchObject({ code: 'conflict' });
    expect(JSON.stringify(await stage.ctx.db.selectFrom('hugs').selectAll().execute())).not.toContain('192.0.2');
  });

  test('hugs of one moment share a transaction: each is stored once or refused for itself', async () => {
    await finish();
    const store = openHugIntake(stage.ctx);
    const from = (visitor: number, id = incidentId) =>
      leaveHug(
        stage.ctx,
        { incidentId: id, kind: 'hug', address: `192.0.2.${visitor}`, userAgent: 'browser', now: now() },
        store,
      );
    const results = await Promise.allSettled([
      ...Array.from({ length: 40 }, (_, visitor) => from(visitor)),
      from(3),
      from(41, 'none'),
      from(42),
    ]);
    expect(results.filter(({ status }) => status === 'rejected')).toMatchObject([
      { reason: { code: 'conflict' } },
      { reason: { code: 'not-found' } },
    ]);
    const rows = await stage.ctx.db.selectFrom('hugs').select(['id', 'status']).execute();
    expect(rows).toHaveLength(41);
    const events = await stage.ctx.db
      .selectFrom('events')
      .select('txid')
      .where('kind', '=', 'hug.approved')
      .distinct()
      .execute();
    expect(events.length).toBeLessThan(10);
  });

  test('words wait for a person, unless the team says otherwise; then only clean ones pass', async () => {
    await finish();
    expect(await hug(1, 'Thank you')).toMatchObject({ status: 'held' });
    await stage.ctx.db
      .insertInto('teams')
      .values({
        id: 't',
        name: 'T',
        policy_id: null,
        publish_hugs_unseen: true,
        owned_by: 'console',
        created_at: 0,
        archived_at: null,
      })
      .execute();
    await stage.ctx.db.updateTable('incidents').set({ team_id: 't' }).execute();
    expect(await hug(2, 'Thank you')).toMatchObject({ status: 'approved' });
    for (const [visitor, words] of [
      'fuck you',
      'call me: 0170 123 45 67',
      'mail bob@example.com',
      'https://example.test',
      'I will kill you',
    ].entries()) {
      await expect(hug(10 + visitor, words)).rejects.toMatchObject({ code: 'invalid', fields: [{ path: 'message' }] });
    }
    await writeThanksSettings(stage.ctx, { supportUrl: 'https://help.example.com' }, now());
    await expect(hug(19, 'Please help me')).rejects.toMatchObject({
      message: expect.stringContaining('https://help.example.com') as string,
    });
    // Nothing of it is left, and nobody is kept from saying it in another way.
    expect(await stage.ctx.db.selectFrom('hugs').select('id').execute()).toHaveLength(2);
    expect(await hug(10, 'Well done')).toMatchObject({ status: 'approved' });
    await expect(hug(20, 'x'.repeat(281))).rejects.toMatchObject({ code: 'invalid', fields: [{ path: 'message' }] });
    expect(await hug(21, '👩‍🚒'.repeat(50))).toMatchObject({ status: 'approved' });
  });

  test('invisible characters do not get through', async () => {
    await finish();
    await hug(1, 'Thank\u200b you\u202e\u0000 all\n\tof you');
    const [row] = await stage.ctx.db.selectFrom('hugs').select('message').execute();
    expect(row?.message).toBe('Thank you all of you');
  });

  test('they come together, in the waking hours, once, never as a page; a rejected one does not come', async () => {
    await finish();
    const before = await pages();
    await hug(1);
    const { hugId } = await hug(2, 'You are great');
    const { hugId: bad } = await hug(3, 'You are not');
    await moderateHug(stage.ctx, { hugId, decision: 'approved', actor: { kind: 'person', id: 'bob' }, now: now() });
    await moderateHug(stage.ctx, {
      hugId: bad,
      decision: 'rejected',
      actor: { kind: 'person', id: 'bob' },
      now: now(),
    });
    // Until Monday 09:00 nothing comes, whenever one looks.
    const monday = Temporal.Instant.from('2026-12-07T09:00:00Z').epochMilliseconds;
    for (; now() < monday; stage.clock.advance(hour)) {
      await settleThanks(stage.ctx, now());
      expect(await mails()).toEqual([]);
    }
    await settleThanks(stage.ctx, now());
    const [mail, ...more] = await mails();
    expect(more).toEqual([]);
    expect(mail).toMatchObject({ to_address: 'alice@example.com', subject: '2 people said thank you' });
    expect(mail?.body_text).toContain('You are great');
    expect(mail?.body_text).not.toContain('You are not');
    for (let i = 0; i < 8; i++) {
      stage.clock.advance(hour);
      await settleThanks(stage.ctx, now());
    }
    expect(await mails()).toHaveLength(1);
    expect(await pages()).toBe(before);
  });

  test('a hug is taken back by its link, before anybody got it, and nobody else can', async () => {
    await finish();
    const { hugId, withdrawToken } = await hug(1);
    expect(() => hugOfLink(stage.ctx, `${withdrawToken}x`, now())).toThrow('not complete');
    expect(() => hugOfLink(stage.ctx, withdrawToken, now() + 61 * 24 * hour)).toThrow('too old');
    await settleThanks(stage.ctx, now());
    await withdrawHug(stage.ctx, hugOfLink(stage.ctx, withdrawToken, now()), now());
    await withdrawHug(stage.ctx, hugId, now());
    expect(await stage.ctx.db.selectFrom('hug_deliveries').selectAll().execute()).toEqual([]);
    await expect(
      moderateHug(stage.ctx, { hugId, decision: 'approved', actor: { kind: 'person', id: 'bob' }, now: now() }),
    ).rejects.toMatchObject({ code: 'gone' });
    stage.clock.advance(8 * 24 * hour);
    await settleThanks(stage.ctx, now());
    expect(await mails()).toEqual([]);
    // When the window closes, nothing tells its visitors apart any more.
    const hashes = await stage.ctx.db.selectFrom('hugs').select('visitor_hash').execute();
    expect(hashes).toEqual([{ visitor_hash: null }]);
  });

  test('trouble again: thanks are asked for when it is steady, and whoever was forgotten gets what came before', async () => {
    const by = { incidentId, actor: { kind: 'person', id: 'alice' } as const, now: now() };
    await resolveIncident(stage.ctx, { ...by, how: 'by-hand' });
    await settleThanks(stage.ctx, now());
    const again = { serviceId: 'a', severity: 'major', title: 'A', openedBy: 'person', now: now() } as const;
    const second = await openIncident(stage.ctx, { ...again, actor: { kind: 'system' } });
    stage.clock.advance(10 * minute);
    await settleThanks(stage.ctx, now());
    await expect(hug(1)).rejects.toMatchObject({ code: 'conflict' });
    await resolveIncident(stage.ctx, { incidentId: second, actor: { kind: 'system' }, now: now(), how: 'all-clear' });
    stage.clock.advance(5 * minute);
    await settleThanks(stage.ctx, now());
    await hug(1);
    await settleThanks(stage.ctx, now());
    const people = async () =>
      (await stage.ctx.db.selectFrom('hug_deliveries').select('person_id').orderBy('person_id').execute()).map(
        (row) => row.person_id,
      );
    expect(await people()).toEqual(['alice']);
    const added = { incidentId, personId: 'bob', reason: 'helped', actor: by.actor, now: now() } as const;
    await addCredit(stage.ctx, added);
    await addCredit(stage.ctx, added);
    await settleThanks(stage.ctx, now());
    expect(await people()).toEqual(['alice', 'bob']);
    expect((await readCredit(stage.ctx, incidentId, 'bob')).people).toEqual([
      { id: 'alice', name: 'alice', reasons: ['paged', 'resolved'], added: [] },
      { id: 'bob', name: 'bob', reasons: ['helped'], added: ['helped'] },
    ]);
    await chooseCredit(stage.ctx, { incidentId, personId: 'bob', choice: 'decline', now: now() });
    expect(await people()).toEqual(['alice']);
    expect((await readCredit(stage.ctx, incidentId, 'alice')).people.map(({ id }) => id)).toEqual(['alice']);
    await chooseCredit(stage.ctx, { incidentId, personId: 'bob', choice: 'accept', now: now() });
    await removeCredit(stage.ctx, added);
    await settleThanks(stage.ctx, now());
    expect((await readCredit(stage.ctx, incidentId, 'bob')).people.map(({ id }) => id)).toEqual(['alice']);
  });

  test('a deploy while it lasted credits its author, once, and nobody who is not known', async () => {
    const change = {
      kind: 'deploy',
      id: 'run-1',
      title: 'Roll back',
      author: 'BOB@example.com',
      serviceId: 'a',
    } as const;
    const input = { source: 'api', serviceId: null, actor: { kind: 'api', id: 'key' } as const, now: now() };
    const stranger = { ...change, id: 'run-2', author: 'stranger@example.com' };
    expect(await takeChanges(stage.ctx, { ...input, changes: [change, stranger] })).toEqual({ taken: 2 });
    expect(await takeChanges(stage.ctx, { ...input, changes: [change] })).toEqual({ taken: 0 });
    await finish();
    expect((await readCredit(stage.ctx, incidentId, undefined)).people).toEqual([
      { id: 'alice', name: 'alice', reasons: ['paged', 'acknowledged', 'resolved'], added: [] },
      { id: 'bob', name: 'bob', reasons: ['fixed'], added: [] },
    ]);
    expect(JSON.stringify(await stage.ctx.db.selectFrom('changes').selectAll().execute())).not.toContain('stranger');
  });

  test('not while the person has an open incident', async () => {
    await finish();
    await hug(1);
    const other = await openIncident(stage.ctx, {
      serviceId: 'b',
      severity: 'major',
      title: 'B',
      openedBy: 'person',
      actor: { kind: 'system' },
      now: now(),
    });
    await acknowledgeIncident(stage.ctx, {
      incidentId: other,
      actor: { kind: 'person', id: 'alice' },
      now: now(),
      via: 'test',
    });
    stage.clock.set(Temporal.Instant.from('2026-12-07T10:00:00Z').epochMilliseconds);
    await settleThanks(stage.ctx, now());
    expect(await mails()).toEqual([]);
    await resolveIncident(stage.ctx, { incidentId: other, actor: { kind: 'system' }, now: now(), how: 'by-hand' });
    stage.clock.advance(hour);
    await settleThanks(stage.ctx, now());
    expect(await mails()).toHaveLength(1);
  });
});
