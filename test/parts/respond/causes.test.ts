import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  acknowledgeIncident,
  mergeIncident,
  processSignals,
  reconsiderCauses,
  ruleCause,
  splitOut,
} from '../../../src/respond/index.ts';
import { readIncident } from '../../../src/respond/read-incidents.ts';
import { both } from '../db/both.ts';
import { minute, openStage, type Stage } from './respond-stage.ts';

const second = 1_000;

describe.each(both)('one cause of several troubles, on $kind', (subject) => {
  let stage: Stage;
  beforeEach(async () => {
    stage = await openStage(subject);
    const { db } = stage.ctx;
    const created_at = stage.clock.now();
    const owned = { owned_by: 'console' as const, created_at, archived_at: null };
    const steps = JSON.stringify([{ targets: [{ kind: 'person', id: 'bob' }], waitMs: 5 * minute }]);
    await db
      .insertInto('policies')
      .values({ id: 'b', name: 'B', steps, ...owned })
      .execute();
    await db
      .insertInto('teams')
      .values([
        { id: 'shop', name: 'Shop', policy_id: 'p', ...owned },
        { id: 'data', name: 'Data', policy_id: 'b', ...owned },
      ])
      .execute();
    await db.updateTable('services').set({ team_id: 'shop', policy_id: null, status: 'up' }).execute();
    await db.updateTable('services').set({ team_id: 'data' }).where('id', 'in', ['d', 'e', 'z']).execute();
  });
  afterEach(() => stage?.close());

  const needs = (text: string) =>
    stage.ctx.db
      .insertInto('service_dependencies')
      .values(
        text.split(' ').map((one) => {
          const [service_id = '', depends_on = ''] = one.split(/[>~]/);
          return { service_id, depends_on, hardness: one.includes('>') ? ('hard' as const) : ('soft' as const) };
        }),
      )
      .execute();
  const fire = (serviceId: string, status: 'firing' | 'ok' = 'firing') =>
    stage.raise({ serviceId, sourceId: serviceId, dedupKey: serviceId, status, summary: `${serviceId} is down` });
  const incidents = () => stage.ctx.db.selectFrom('incidents').selectAll().orderBy('number').execute();
  const open = async () => (await incidents()).filter((incident) => incident.status !== 'resolved');
  const members = async (incidentId: string) =>
    (
      await stage.ctx.db
        .selectFrom('incident_services')
        .select(['service_id', 'impact'])
        .where('incident_id', '=', incidentId)
        .orderBy('service_id')
        .execute()
    ).map((row) => `${row.service_id}:${row.impact}`);
  const causes = (incidentId: string) =>
    stage.ctx.db
      .selectFrom('incident_causes')
      .select(['cause_id', 'kind', 'confidence', 'decided_by'])
      .where('incident_id', '=', incidentId)
      .orderBy('rank')
      .execute();
  const kinds = async (incidentId: string) =>
    (
      await stage.ctx.db
        .selectFrom('events')
        .select('kind')
        .where('incident_id', '=', incidentId)
        .orderBy('seq')
        .execute()
    ).map((event) => event.kind);
  const recipients = () => stage.channel.sent.map(({ to }) => to);
  const look = async (): Promise<void> => {
    await reconsiderCauses(stage.ctx, stage.clock.now());
    await stage.settle();
  };

  test('a database and what needs it: one incident, its own people first, every other team once, nobody twice', async () => {
    await needs('a>z b>z c>z d>z');
    for (const id of ['a', 'z', 'b', 'c', 'd']) await fire(id);
    await stage.settle();
    const [incident, ...more] = await open();
    expect(more).toEqual([]);
    const id = incident?.id ?? '';
    expect(await members(id)).toEqual(['a', 'b', 'c', 'd', 'z'].map((service) => `${service}:major_outage`));
    expect((await causes(id))[0]).toMatchObject({ cause_id: 'z', kind: 'service', decided_by: 'hugops' });
    expect(incident?.team_id).toBe('data');
    expect(recipients().toSorted()).toEqual(['alice', 'bob']);
    expect(await kinds(id)).toEqual(
      expect.arrayContaining(['incident.cause-named', 'incident.handed-to-cause', 'team.called']),
    );
    await look();
    expect(recipients()).toHaveLength(2);
    // It ends when the last of them is clear; the page may say of the first that it works.
    for (const service of ['a', 'b', 'c', 'd']) await fire(service, 'ok');
    await stage.settle();
    expect(await members(id)).toEqual([
      ...['a', 'b', 'c', 'd'].map((service) => `${service}:operational`),
      'z:major_outage',
    ]);
    await fire('z', 'ok');
    await stage.settle();
    expect(await open()).toEqual([]);
    expect(recipients()).toHaveLength(2);
  });

  test('an upstream that admits nothing is named as soon as those that need it fail; each team is called once, also when somebody has it', async () => {
    await needs('a>acme/x b>acme/x d>acme/x e>acme/x f>other/y');
    await fire('a');
    await stage.settle();
    expect(recipients()).toEqual(['alice']);
    const [first] = await open();
    await acknowledgeIncident(stage.ctx, {
      incidentId: first?.id ?? '',
      actor: { kind: 'person', id: 'alice' },
      now: stage.clock.now(),
      via: 'console',
    });
    await stage.pass(20 * second);
    for (const id of ['b', 'd', 'e']) {
      await fire(id);
      await stage.pass(20 * second);
    }
    expect((await incidents()).length).toBe(1);
    expect(recipients()).toEqual(['alice', 'bob']);
    const view = await readIncident(stage.ctx, first?.id ?? '');
    expect(view.cause).toMatchObject({ id: 'acme/x', kind: 'upstream', decidedBy: 'hugops' });
    expect(view.cause?.text).toMatch(/acme\/x.*all 4 services that need it fail/);
    expect(view.services.map((service) => service.id)).toEqual(['a', 'b', 'd', 'e']);
    // A trouble that has nothing to do with it is its own, and is paged.
    await fire('f');
    await stage.settle();
    expect(await open()).toHaveLength(2);
    expect(recipients()).toEqual(['alice', 'bob', 'alice']);
  });

  test('a hundred signals at once are one incident for two nodes that place them together', async () => {
    await needs(
      'abcdefghijklmnopqrstuvwxy'
        .split('')
        .map((id) => `${id}>z`)
        .join(' '),
    );
    for (let round = 0; round < 4; round++)
      for (const id of 'zabcdefghijklmnopqrstuvwxy')
        await stage.raise({ serviceId: id, sourceId: `${id}${round}`, dedupKey: id, summary: `${id} is down` });
    const now = stage.clock.now();
    const other = { ...stage.ctx, nodeId: 'other' };
    await Promise.all([processSignals(stage.ctx, now), processSignals(other, now)]);
    await stage.settle();
    expect(await incidents()).toHaveLength(1);
    expect(recipients().toSorted()).toEqual(['alice', 'bob']);
  });

  test('incidents that were open fold into one when the cause shows, without another page', async () => {
    // Nobody has written down yet what they need, so they are two troubles at first.
    await fire('a');
    await fire('b');
    await stage.settle();
    const before = await open();
    expect(before).toHaveLength(2);
    await stage.pass(20 * second);
    await needs('a>z b>z c>z');
    await fire('z');
    await fire('c');
    await stage.settle();
    const after = await open();
    expect(after).toHaveLength(1);
    const gone = before.filter((incident) => incident.id !== after[0]?.id);
    const stored = await incidents();
    for (const { id } of gone) {
      expect(stored.find((one) => one.id === id)).toMatchObject({ status: 'resolved', merged_into_id: after[0]?.id });
      expect(await kinds(id)).not.toContain('incident.resolved');
    }
    expect(await members(after[0]?.id ?? '')).toHaveLength(4);
    // alice for what she was called for already, bob for the database: nobody for the merging.
    expect(recipients().filter((to) => to === 'bob')).toHaveLength(1);
    expect(recipients().filter((to) => to === 'alice')).toHaveLength(before.length);
  });

  test('a person overrules: not this cause, this is the cause, and a service taken out is paged by itself', async () => {
    await needs('a>z b>z c>z');
    for (const id of ['z', 'a', 'b', 'c']) await fire(id);
    await stage.settle();
    const id = (await open())[0]?.id ?? '';
    const by = { actor: { kind: 'person' as const, id: 'alice' }, now: stage.clock.now() };
    await ruleCause(stage.ctx, { incidentId: id, causeId: 'z', ruling: 'not-cause', ...by });
    expect((await causes(id))[0]?.cause_id).not.toBe('z');
    await ruleCause(stage.ctx, { incidentId: id, causeId: 'z', ruling: 'is-cause', ...by });
    expect((await causes(id))[0]).toMatchObject({ cause_id: 'z', confidence: 1, decided_by: 'person' });
    expect(await kinds(id)).toEqual(expect.arrayContaining(['cause.ruled', 'cause.ruled', 'incident.cause-named']));
    await expect(
      ruleCause(stage.ctx, { incidentId: id, causeId: 'nothing', ruling: 'is-cause', ...by }),
    ).rejects.toMatchObject({ code: 'invalid' });
    const pagesBefore = recipients().length;
    const own = await splitOut(stage.ctx, { incidentId: id, serviceId: 'c', reason: 'by-hand', ...by });
    await stage.settle();
    await look();
    expect((await open()).map((incident) => incident.id)).toEqual([id, own]);
    expect(recipients()).toHaveLength(pagesBefore + 1);
    expect(await members(own)).toEqual(['c:major_outage']);
    await expect(
      splitOut(stage.ctx, { incidentId: own, serviceId: 'c', reason: 'by-hand', ...by }),
    ).rejects.toMatchObject({
      code: 'conflict',
    });
    await mergeIncident(stage.ctx, { fromId: own, intoId: id, ...by });
    expect((await open()).map((incident) => incident.id)).toEqual([id]);
  });

  test('what stays broken after the cause has recovered is taken out and paged', async () => {
    await needs('a>z b>z c>z');
    for (const id of ['z', 'a', 'b', 'c']) await fire(id);
    await stage.settle();
    const [incident] = await open();
    const calls = recipients().length;
    await acknowledgeIncident(stage.ctx, {
      incidentId: incident?.id ?? '',
      actor: { kind: 'person', id: 'bob' },
      now: stage.clock.now(),
      via: 'console',
    });
    await stage.pass(10 * minute);
    for (const id of ['z', 'a', 'b']) await fire(id, 'ok');
    await stage.settle();
    await look();
    expect((await open()).map((one) => one.id)).toEqual([incident?.id]);
    await stage.pass(6 * minute);
    await look();
    const [left, ...more] = await open();
    expect(more).toEqual([]);
    expect(left).toMatchObject({ service_id: 'c' });
    expect(left?.id).not.toBe(incident?.id);
    expect(recipients()).toHaveLength(calls + 1);
    expect(await kinds(left?.id ?? '')).toContain('service.split-from');
  });
});
