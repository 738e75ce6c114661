import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import {
  acknowledgeIncident,
  createPageSender,
  processSignals,
  runEscalations,
  reassignIncident,
  releaseLeases,
  resolveIncident,
  sendPages,
} from '../../../src/respond/index.ts';
import { both } from '../db/both.ts';
import { minute, openStage, type Stage } from './respond-stage.ts';

describe.each(both)('the pager, on $kind', (subject) => {
  let stage: Stage;
  beforeEach(async () => {
    stage = await openStage(subject);
  });
  afterEach(() => stage?.close());

  const incidents = () => stage.ctx.db.selectFrom('incidents').selectAll().orderBy('number').execute();
  const only = async () => {
    const [incident, ...more] = await incidents();
    expect(more).toEqual([]);
    if (!incident) throw new Error('there is no incident');
    return incident;
  };
  const kinds = async () =>
    (await stage.ctx.db.selectFrom('events').select('kind').orderBy('seq').execute()).map((event) => event.kind);
  const recipients = () => stage.channel.sent.map(({ to }) => to);

  test('a signal opens one incident and pages the first step; the next step comes when nobody answers', async () => {
    await stage.raise();
    await stage.settle();
    expect(recipients()).toEqual(['alice']);
    await stage.pass(4 * minute);
    expect(recipients()).toEqual(['alice']);
    await stage.pass(minute);
    expect(recipients().toSorted()).toEqual(['alice', 'alice', 'bob']);
    // Repeated once, then reminded for ever: an open incident always has a next action.
    await stage.pass(10 * minute);
    expect(recipients()).toHaveLength(4);
    await stage.pass(5 * minute);
    expect(recipients()).toHaveLength(6);
    await stage.pass(10 * minute);
    await stage.pass(15 * minute);
    expect(recipients().length).toBeGreaterThan(8);
    const escalation = await stage.ctx.db.selectFrom('escalations').select('next_action_at').executeTakeFirstOrThrow();
    expect(escalation.next_action_at).not.toBeNull();
  });

  test('the same key again is the same alert; another key of the service joins the incident; nobody is paged again', async () => {
    await stage.raise();
    await stage.settle();
    await stage.raise();
    await stage.raise({ sourceId: 'other', dedupKey: 'other', summary: 'A is slow' });
    await stage.settle();
    await only();
    expect(recipients()).toEqual(['alice']);
    const alerts = await stage.ctx.db
      .selectFrom('alerts')
      .select(['dedup_key', 'signal_count'])
      .orderBy('dedup_key')
      .execute();
    expect(alerts).toEqual([
      { dedup_key: 'other', signal_count: 1 },
      { dedup_key: 'page', signal_count: 2 },
    ]);
  });

  test('trigger and resolve that wait together end resolved, and page nobody', async () => {
    await stage.raise();
    await stage.raise({ status: 'ok' });
    await stage.settle();
    expect((await only()).status).toBe('resolved');
    expect(recipients()).toEqual([]);
    expect(await kinds()).not.toContain('page.sent');
  });

  test('the incident ends with its last alert, not before', async () => {
    await stage.raise();
    await stage.raise({ dedupKey: 'other' });
    await stage.settle();
    await stage.raise({ status: 'ok' });
    await stage.settle();
    expect((await only()).status).toBe('triggered');
    await stage.raise({ dedupKey: 'other', status: 'ok' });
    await stage.settle();
    expect((await only()).status).toBe('resolved');
    // New trouble is a new incident.
    await stage.raise();
    await stage.settle();
    expect(await incidents()).toHaveLength(2);
  });

  test('a worse alert raises the severity; a milder one does not lower it', async () => {
    await stage.raise({ severity: 'minor' });
    await stage.settle();
    await stage.raise({ dedupKey: 'worse', severity: 'critical' });
    await stage.raise({ dedupKey: 'mild', severity: 'minor' });
    await stage.settle();
    expect((await only()).severity).toBe('critical');
  });

  test('no ghosts: acknowledged between the row and the sending, nobody is called', async () => {
    await stage.raise();
    await processSignals(stage.ctx, stage.clock.now());
    await runEscalations(stage.ctx, stage.clock.now());
    const incident = await only();
    await stage.ctx.db.updateTable('incidents').set({ status: 'acknowledged' }).where('id', '=', incident.id).execute();
    await sendPages(stage.ctx, stage.pager, stage.clock.now());
    expect(recipients()).toEqual([]);
    expect(await kinds()).toContain('page.cancelled');
  });

  test('acknowledged: escalation stops; twice is harmless; after the end it is refused', async () => {
    await stage.raise();
    await stage.settle();
    const { id } = await only();
    const by = { incidentId: id, actor: { kind: 'person', id: 'alice' } as const, now: stage.clock.now(), via: 'test' };
    expect(await acknowledgeIncident(stage.ctx, by)).toEqual({ changed: true });
    expect(await acknowledgeIncident(stage.ctx, by)).toEqual({ changed: false });
    await stage.pass(60 * minute);
    expect(recipients()).toEqual(['alice']);
    expect(await only()).toMatchObject({ owner_id: 'alice', status: 'acknowledged' });
    await resolveIncident(stage.ctx, { ...by, how: 'by-hand' });
    await expect(acknowledgeIncident(stage.ctx, by)).rejects.toMatchObject({ code: 'conflict' });
  });

  test('handed over: the other one is paged now, and the policy starts again when there is no answer', async () => {
    await stage.raise();
    await stage.settle();
    const { id } = await only();
    await acknowledgeIncident(stage.ctx, {
      incidentId: id,
      actor: { kind: 'person', id: 'alice' },
      now: stage.clock.now(),
      via: 'test',
    });
    await reassignIncident(stage.ctx, {
      incidentId: id,
      toPersonId: 'bob',
      actor: { kind: 'person', id: 'alice' },
      now: stage.clock.now(),
    });
    await stage.settle();
    expect(recipients()).toEqual(['alice', 'bob']);
    await stage.pass(5 * minute);
    expect(recipients()).toEqual(['alice', 'bob', 'alice']);
  });

  test('killed in mid-send: the page goes out again, once, with the same key, and the timeline says so', async () => {
    await stage.raise();
    stage.channel.answer(() => {
      throw new Error('the process dies here');
    });
    // The claim is committed, the receipt is not: what a kill in mid-send leaves behind.
    const died = sendPages(
      { ...stage.ctx, nodeId: 'dead' },
      { ...stage.pager, channels: new Map() },
      stage.clock.now(),
    );
    await died;
    await stage.settle();
    await stage.ctx.db
      .updateTable('pages')
      .set({ status: 'sending', lease_owner: 'dead', lease_until: stage.clock.now() + 60_000, attempt: 1 })
      .execute();
    stage.channel.answer({ ok: true });
    await stage.settle();
    expect(recipients()).toEqual([]);
    await releaseLeases(stage.ctx);
    await stage.settle();
    expect(recipients()).toEqual(['alice']);
    const [page] = await stage.ctx.db.selectFrom('pages').selectAll().execute();
    expect(page).toMatchObject({ status: 'sent', resend_count: 1 });
    expect(stage.channel.sent[0]?.message).toMatchObject({ id: page?.id, isResend: true });
    expect(await kinds()).toContain('page.resent');
  });

  test('a failing channel is tried again with growing pauses; when it fails for good, the next step comes at once', async () => {
    stage.channel.answer({ ok: false, retryable: true, reason: 'busy' });
    await stage.raise();
    await stage.settle();
    await stage.pass(1_000);
    expect((await kinds()).filter((kind) => kind === 'page.failed')).toHaveLength(1);
    await stage.pass(2_000);
    expect((await kinds()).filter((kind) => kind === 'page.failed')).toHaveLength(2);
    stage.channel.answer({ ok: false, retryable: false, reason: 'no such address' });
    await stage.pass(10_000);
    const seen = await kinds();
    expect(seen).toContain('escalation.hurried');
    stage.channel.answer({ ok: true });
    await stage.pass(15 * minute);
    await stage.pass(5 * minute);
    expect(recipients()).toContain('bob');
  });

  test('a backlog after downtime is one message for each person, with what is still open', async () => {
    for (const id of 'abcdef'.split('')) await stage.raise({ serviceId: id, sourceId: id, summary: `${id} is down` });
    await processSignals(stage.ctx, stage.clock.now());
    await runEscalations(stage.ctx, stage.clock.now());
    const [first] = await incidents();
    await resolveIncident(stage.ctx, {
      incidentId: first?.id ?? '',
      actor: { kind: 'system' },
      now: stage.clock.now(),
      how: 'by-hand',
    });
    // Down for four minutes: not long enough for the next step.
    await stage.pass(4 * minute);
    expect(stage.channel.sent).toHaveLength(1);
    expect(stage.channel.sent[0]?.message).toMatchObject({ kind: 'summary', summary: { count: 5 } });
  });

  test('a storm: ten single messages, then one summary, then nothing more until the minute is over', async () => {
    for (const id of 'abcdefghijklmnopqrst'.split(''))
      await stage.raise({ serviceId: id, sourceId: id, summary: `${id} is down` });
    await stage.settle();
    expect(stage.channel.sent).toHaveLength(11);
    const summaries = stage.channel.sent.filter(({ message }) => message.kind === 'summary');
    expect(summaries).toMatchObject([{ message: { summary: { count: 10 } } }]);
    for (const id of 'uvwxyz'.split('')) await stage.raise({ serviceId: id, sourceId: id, summary: `${id} is down` });
    await stage.pass(20_000);
    expect(stage.channel.sent).toHaveLength(11);
    // The minute is over: what was held back goes out, and nothing was lost.
    await stage.pass(40_000);
    expect(stage.channel.sent).toHaveLength(17);
    expect(await incidents()).toHaveLength(26);
  });

  test('a channel that hangs holds up nobody else', async () => {
    const everybody = createPageSender(stage.ctx, stage.pager);
    let release = (): void => {};
    const hanging = new Promise<void>((resolve) => (release = resolve));
    let hung = 0;
    stage.channel.answer(async () => {
      hung++;
      await hanging;
      return { ok: true };
    });
    // Six pages for alice hang, three at a time; then one for bob comes.
    for (const id of 'abcdef'.split('')) await stage.raise({ serviceId: id, sourceId: id });
    await processSignals(stage.ctx, stage.clock.now());
    await runEscalations(stage.ctx, stage.clock.now());
    expect(await everybody.run(stage.clock.now())).toBe(3);
    expect(await everybody.run(stage.clock.now())).toBe(0);
    await vi.waitFor(() => expect(hung).toBe(3));
    stage.channel.answer({ ok: true });
    const [incident] = await incidents();
    await reassignIncident(stage.ctx, {
      incidentId: incident?.id ?? '',
      toPersonId: 'bob',
      actor: { kind: 'system' },
      now: stage.clock.now(),
    });
    await runEscalations(stage.ctx, stage.clock.now());
    expect(await everybody.run(stage.clock.now())).toBe(1);
    await vi.waitFor(() => expect(recipients()).toEqual(['bob']));
    release();
    await everybody.idle();
    await stage.settle();
    expect(recipients().filter((to) => to === 'alice').length).toBeGreaterThanOrEqual(5);
  });

  test('nobody behind a step: the next one comes at once, and nobody at all is told on the timeline', async () => {
    await stage.ctx.db.updateTable('contact_methods').set({ archived_at: 1 }).where('id', '=', 'cm-alice').execute();
    await stage.raise();
    await stage.settle();
    expect(recipients()).toEqual(['bob']);
    await stage.ctx.db.updateTable('contact_methods').set({ archived_at: 1 }).execute();
    await stage.raise({ serviceId: 'b', sourceId: 'b' });
    await stage.settle();
    const steps = await stage.ctx.db
      .selectFrom('events')
      .select('data')
      .where('kind', '=', 'escalation.stepped')
      .orderBy('seq', 'desc')
      .execute();
    expect(steps[0]?.data['reason']).toBe('nobody');
    const waiting = await stage.ctx.db.selectFrom('escalations').select('next_action_at').execute();
    for (const { next_action_at } of waiting) expect(next_action_at).not.toBeNull();
  });
});
