import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { NotificationRules, PolicyStep } from '../../../src/domain/words.ts';
import { acknowledgeIncident, addNote, resolveQuiet, snoozeIncident } from '../../../src/respond/index.ts';
import { both } from '../db/both.ts';
import { minute, openStage, type Stage } from './respond-stage.ts';

const person = (id: string) => ({ kind: 'person' as const, id });
const alice = { kind: 'person' as const, id: 'alice' };

describe.each(both)('policies on $kind', (subject) => {
  let stage: Stage;
  beforeEach(async () => {
    stage = await openStage(subject);
  });
  afterEach(() => stage.close());

  const policy = async (steps: PolicyStep[], more: object = {}): Promise<void> => {
    await stage.ctx.db
      .updateTable('policies')
      .set({ steps: JSON.stringify(steps), repeat_count: 0, ...more })
      .execute();
  };
  const rules = async (of: string, notificationRules: NotificationRules): Promise<void> => {
    await stage.ctx.db
      .updateTable('people')
      .set({ notification_rules: JSON.stringify(notificationRules) })
      .where('id', '=', of)
      .execute();
  };
  const addMethod = async (id: string, owner: { person_id: string | null; team_id: string | null }): Promise<void> => {
    const fields = { kind: 'fake', label: id, position: 1, owned_by: 'console' as const, created_at: 0 };
    await stage.ctx.db
      .insertInto('contact_methods')
      .values({ id, ...owner, ...fields, config: JSON.stringify({ kind: 'fake', address: id }) })
      .execute();
  };
  const addTeam = async (): Promise<void> => {
    await stage.ctx.db
      .insertInto('teams')
      .values({ id: 'ops', name: 'Ops', owned_by: 'console', created_at: 0 })
      .execute();
    await stage.ctx.db
      .insertInto('team_members')
      .values(['alice', 'bob'].map((id) => ({ team_id: 'ops', person_id: id })))
      .execute();
  };
  const called = (): string[] => stage.channel.sent.splice(0).map(({ to }) => to);
  const incident = () =>
    stage.ctx.db
      .selectFrom('incidents')
      .innerJoin('escalations', 'escalations.incident_id', 'incidents.id')
      .select(['id', 'status', 'owner_id', 'next_action_at', 'resolved_at'])
      .orderBy('opened_at')
      .executeTakeFirstOrThrow();

  test('members of a team take turns, and a channel reads along without a button', async () => {
    await addTeam();
    await addMethod('room', { person_id: null, team_id: 'ops' });
    const targets: PolicyStep['targets'] = [
      { kind: 'round-robin', id: 'ops' },
      { kind: 'channel', id: 'room' },
    ];
    await policy([{ targets, waitMs: 5 * minute }]);
    await stage.raise();
    await stage.settle();
    const [first, room] = ['alice', 'room'].map((name) => stage.channel.sent.find(({ to }) => to === name));
    expect(first?.message.ackUrl).toContain('/a/');
    expect(room?.message).toMatchObject({ kind: 'incident', personName: 'Ops' });
    expect(room?.message.ackUrl).toBeUndefined();
    called();
    await stage.raise({ serviceId: 'b', sourceId: 'other', dedupKey: 'other' });
    await stage.settle();
    expect(called().toSorted()).toEqual(['bob', 'room']);
    await stage.pass(5 * minute);
    expect(called().toSorted()).toEqual(['alice', 'bob', 'room', 'room']);
  });

  test('steps are taken by severity and by hour, and owners and admins are called where none applies', async () => {
    const day = { timeZone: 'Europe/Berlin', windows: [{ days: [1, 2, 3, 4, 5], from: '08:00', to: '18:00' }] };
    await policy([
      { targets: [alice], waitMs: minute, when: { severities: ['critical'], hours: day } },
      { targets: [person('bob')], waitMs: minute, when: { hours: { ...day, outside: true } } },
    ]);
    // 03:00 in Berlin, then 10:00.
    await stage.raise();
    await stage.settle();
    expect(called()).toEqual(['bob']);
    await stage.pass(7 * 60 * minute);
    called();
    await stage.raise({ serviceId: 'b', sourceId: 'other', dedupKey: 'other' });
    await stage.settle();
    expect(called()).toEqual(['alice']);
    await stage.raise({ serviceId: 'c', sourceId: 'third', dedupKey: 'third', severity: 'minor' });
    await stage.settle();
    expect(called()).toEqual([]);
    const { data } = await stage.ctx.db
      .selectFrom('events')
      .select('data')
      .where('kind', '=', 'escalation.stepped')
      .orderBy('seq', 'desc')
      .executeTakeFirstOrThrow();
    expect(data).toMatchObject({ reason: 'nobody', step: null });
  });

  test('an acknowledged incident that lies idle is called again: its owner first, then the policy', async () => {
    await policy([{ targets: [alice], waitMs: 5 * minute }], { acknowledge_timeout_ms: 30 * minute });
    await stage.raise();
    await stage.settle();
    called();
    const { id } = await incident();
    const bob = { kind: 'person' as const, id: 'bob' };
    await acknowledgeIncident(stage.ctx, { incidentId: id, actor: bob, now: stage.clock.now(), via: 'test' });
    await stage.pass(29 * minute);
    await addNote(stage.ctx, { incidentId: id, body: 'Looking.', actor: bob, now: stage.clock.now() });
    await stage.pass(29 * minute);
    expect(called()).toEqual([]);
    await stage.pass(minute);
    expect(called()).toEqual(['bob']);
    expect(await incident()).toMatchObject({ status: 'triggered', owner_id: 'bob' });
    await stage.pass(5 * minute);
    expect(called()).toEqual(['alice']);
  });

  test('what a tool acknowledges and nobody owns is called again after an hour', async () => {
    await stage.raise();
    await stage.settle();
    called();
    const { id } = await incident();
    await acknowledgeIncident(stage.ctx, {
      incidentId: id,
      actor: { kind: 'api' },
      now: stage.clock.now(),
      via: 'api',
    });
    await stage.pass(59 * minute);
    expect(called()).toEqual([]);
    await stage.pass(minute);
    expect(called()).toEqual(['alice']);
  });

  test('a snoozed incident sleeps, and wakes with a page to whoever snoozed it', async () => {
    await stage.raise();
    await stage.settle();
    called();
    const { id } = await incident();
    const snooze = (untilAt: number) =>
      snoozeIncident(stage.ctx, {
        incidentId: id,
        untilAt,
        via: 'test',
        actor: { kind: 'person', id: 'bob' },
        now: stage.clock.now(),
      });
    await expect(snooze(stage.clock.now())).rejects.toMatchObject({ code: 'invalid', fields: [{ path: 'untilAt' }] });
    await expect(snooze(stage.clock.now() + 8 * 86_400_000)).rejects.toMatchObject({ code: 'invalid' });
    await snooze(stage.clock.now() + 30 * minute);
    expect(await incident()).toMatchObject({ status: 'acknowledged', owner_id: 'bob' });
    await stage.pass(29 * minute);
    expect(called()).toEqual([]);
    await stage.pass(minute);
    expect(called()).toEqual(['bob']);
    await stage.raise({ status: 'ok' });
    await stage.settle();
    await expect(snooze(stage.clock.now() + minute)).rejects.toMatchObject({ code: 'conflict' });
  });

  test('what stays quiet resolves itself, but not while a check says that it is broken', async () => {
    await policy([{ targets: [alice], waitMs: 5 * minute }], { auto_resolve_ms: 60 * minute });
    await stage.raise({ sourceKind: 'alertmanager' });
    await stage.raise({ serviceId: 'b', sourceId: 'check', dedupKey: 'check' });
    await stage.settle();
    const { id } = await incident();
    const bob = { kind: 'person' as const, id: 'bob' };
    stage.clock.advance(30 * minute);
    await acknowledgeIncident(stage.ctx, { incidentId: id, actor: bob, now: stage.clock.now(), via: 'test' });
    stage.clock.advance(59 * minute);
    expect(await resolveQuiet(stage.ctx, stage.clock.now())).toBe(0);
    stage.clock.advance(minute);
    expect(await resolveQuiet(stage.ctx, stage.clock.now())).toBe(1);
    const rows = await stage.ctx.db
      .selectFrom('incidents')
      .select(['status', 'service_id'])
      .orderBy('number')
      .execute();
    expect(rows).toEqual([
      { status: 'resolved', service_id: 'a' },
      { status: 'triggered', service_id: 'b' },
    ]);
  });

  describe('a person’s own rules', () => {
    const night = { days: [1, 2, 3, 4, 5, 6, 7], from: '22:00', to: '07:00' };

    test('say which contact method is used after how long, and stop with the acknowledgement', async () => {
      await addMethod('phone', { person_id: 'alice', team_id: null });
      await rules('alice', {
        high: [
          { contactMethodId: 'cm-alice', afterMs: 0 },
          { contactMethodId: 'phone', afterMs: 2 * minute },
          { contactMethodId: 'phone', afterMs: 4 * minute },
          { contactMethodId: 'gone', afterMs: 0 },
        ],
        low: [],
        quietHours: null,
      });
      await stage.raise();
      await stage.settle();
      expect(called()).toEqual(['alice']);
      await stage.pass(2 * minute - 1);
      expect(called()).toEqual([]);
      await stage.pass(1);
      expect(called()).toEqual(['phone']);
      const { id } = await incident();
      await acknowledgeIncident(stage.ctx, {
        incidentId: id,
        actor: alice,
        now: stage.clock.now(),
        via: 'test',
      });
      await stage.pass(10 * minute);
      expect(called()).toEqual([]);
    });

    test('hold what is not urgent until the morning, in one message, and let the policy wait as well', async () => {
      await rules('alice', { high: [], low: [], quietHours: night });
      await policy([
        { targets: [alice], waitMs: 5 * minute },
        { targets: [person('bob')], waitMs: 5 * minute },
      ]);
      await stage.raise({ severity: 'minor' });
      await stage.raise({ serviceId: 'b', sourceId: 'other', dedupKey: 'other', severity: 'minor' });
      await stage.settle();
      await stage.pass(4 * 60 * minute);
      expect(called()).toEqual([]);
      await stage.pass(60 * minute);
      expect(stage.channel.sent).toMatchObject([{ to: 'alice', message: { kind: 'summary', summary: { count: 2 } } }]);
      called();
      await stage.pass(5 * minute);
      expect(called()).toEqual(['bob', 'bob']);
    });

    test('hold nothing that is urgent, also when it becomes so', async () => {
      await rules('alice', { high: [], low: [], quietHours: night });
      await stage.raise({ serviceId: 'b', sourceId: 'other', dedupKey: 'other' });
      await stage.raise({ severity: 'minor' });
      await stage.settle();
      expect(called()).toEqual(['alice']);
      await stage.raise({ sourceId: 'worse', dedupKey: 'worse' });
      await stage.settle();
      expect(called()).toEqual(['alice']);
    });

    test('a contact method that fails for good gives way to the next one now, and its person hears of it once a day', async () => {
      await addMethod('phone', { person_id: 'alice', team_id: null });
      await rules('alice', {
        high: [
          { contactMethodId: 'cm-alice', afterMs: 0 },
          { contactMethodId: 'phone', afterMs: 20 * minute },
        ],
        low: [],
        quietHours: null,
      });
      await policy([{ targets: [alice], waitMs: 60 * minute }]);
      stage.channel.answerAt('alice', { ok: false, retryable: false, reason: 'no such topic' });
      await stage.raise();
      await stage.settle();
      const byKind = () => stage.channel.sent.splice(0).map(({ to, message }) => `${message.kind} ${to}`);
      expect(byKind().toSorted()).toEqual(['incident phone', 'notice phone']);
      await stage.raise({ serviceId: 'b', sourceId: 'other', dedupKey: 'other' });
      await stage.settle();
      expect(byKind()).toEqual(['incident phone']);
      await stage.pass(23 * 60 * minute);
      expect(byKind().filter((one) => one.startsWith('notice'))).toEqual([]);
      await stage.pass(2 * 60 * minute);
      const again = stage.channel.sent.splice(0).find(({ message }) => message.kind === 'notice');
      expect(again?.message.notice).toBe(
        'HugOps could not reach you by fake (fake): no such topic. Please look at your contact methods.',
      );
      // It works again: nothing is left of it.
      stage.channel.answerAt('alice', { ok: true });
      await stage.raise({ serviceId: 'd', sourceId: 'fourth', dedupKey: 'fourth' });
      await stage.settle();
      const { failing_since, last_ok_at } = await stage.ctx.db
        .selectFrom('contact_methods')
        .select(['failing_since', 'last_ok_at'])
        .where('id', '=', 'cm-alice')
        .executeTakeFirstOrThrow();
      expect([failing_since, last_ok_at]).toEqual([null, stage.clock.now()]);
    });

    test('with no other way, a method that the rules leave out is used, and then a mail tells it', async () => {
      stage.channel.answerAt('alice', { ok: false, retryable: false, reason: 'no such topic' });
      await policy([{ targets: [alice], waitMs: 60 * minute }]);
      await stage.raise();
      await stage.settle();
      const mails = await stage.ctx.db.selectFrom('mails').select(['to_address', 'subject']).execute();
      expect(mails).toEqual([{ to_address: 'alice@example.com', subject: 'A way to reach you does not work' }]);
      await addMethod('phone', { person_id: 'alice', team_id: null });
      await rules('alice', { high: [{ contactMethodId: 'cm-alice', afterMs: 0 }], low: [], quietHours: null });
      await stage.raise({ serviceId: 'b', sourceId: 'other', dedupKey: 'other' });
      await stage.settle();
      expect(called()).toEqual(['phone']);
    });
  });
});
