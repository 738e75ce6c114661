import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { acknowledgeIncident, postUpdate } from '../../../src/respond/index.ts';
import { runThanks } from '../../../src/thank/index.ts';
import { disputeQuietSave, readQuietSaves } from '../../../src/thank/quiet-saves.ts';
import { both } from '../db/both.ts';
import { minute, openStage, type Stage } from '../respond/respond-stage.ts';

describe.each(both)('quiet saves, on $kind', (subject) => {
  let stage: Stage;
  beforeEach(async () => {
    stage = await openStage(subject);
  });
  afterEach(() => stage?.close());

  const actor = { kind: 'person', id: 'alice' } as const;
  const incidents = () => stage.ctx.db.selectFrom('incidents').selectAll().orderBy('number').execute();
  const signal = (serviceId: string, status: 'firing' | 'ok', more = {}) =>
    stage.raise({ serviceId, sourceId: serviceId, dedupKey: serviceId, status, ...more });
  /** Breaks the service, lets somebody have it, and mends it. */
  const outage = async (serviceId: string, meanwhile: (incidentId: string) => Promise<unknown>, more = {}) => {
    await signal(serviceId, 'firing', more);
    await stage.settle();
    const incident = (await incidents()).find((row) => row.service_id === serviceId);
    await meanwhile(incident?.id ?? '');
    await stage.pass(3 * minute);
    await signal(serviceId, 'ok', more);
    await stage.settle();
    // Alerts are clear for a while before it counts as over.
    await stage.pass(10 * minute);
    return incident?.id ?? '';
  };
  const acknowledge = (incidentId: string) =>
    acknowledgeIncident(stage.ctx, { incidentId, actor, now: stage.clock.now(), via: 'test' });
  const judge = async (ms: number) => {
    stage.clock.advance(ms);
    while ((await runThanks(stage.ctx, stage.clock.now())) > 0);
  };
  const saves = async () => (await readQuietSaves(stage.ctx, 10)).map(({ kind, service }) => `${service.id} ${kind}`);

  test('what was caught, stood up, renewed or well by itself is one; what was reported or told is none', async () => {
    const { db } = stage.ctx;
    await outage('a', acknowledge);
    await outage('b', async () => undefined);
    await outage('c', acknowledge, { sourceKind: 'upstream', severity: 'minor' });
    const expires = 'C: TLS is down: the certificate expires on 2026-12-04, in 3 days, expected at least 14';
    await outage('d', acknowledge, { summary: expires });
    await outage('e', async (id) => {
      await acknowledge(id);
      await db
        .insertInto('reports')
        .values({ id: 'r', service_id: 'e', at: stage.clock.now(), visitor_hash: 'v' })
        .execute();
    });
    await outage('f', async (incidentId) => {
      await acknowledge(incidentId);
      await postUpdate(stage.ctx, {
        incidentId,
        actor,
        phase: 'investigating',
        body: 'We see it, too.',
        now: stage.clock.now(),
      });
    });
    expect((await incidents()).every(({ status }) => status === 'resolved')).toBe(true);
    await judge(0);
    await judge(15 * minute);
    expect((await saves()).toSorted()).toEqual(['a caught', 'b near-miss', 'c upstream', 'd expiry']);
    expect((await readQuietSaves(stage.ctx, 10)).find(({ kind }) => kind === 'expiry')?.daysLeft).toBe(2);
    await judge(60 * minute);
    const told = await db.selectFrom('events').select('id').where('kind', '=', 'quiet-save.found').execute();
    expect(told).toHaveLength(4);
  });

  test('it is asked when there was time to notice, and a late report counts', async () => {
    await outage('a', acknowledge);
    await judge(0);
    expect(await saves()).toEqual([]);
    const [incident] = await incidents();
    await stage.ctx.db
      .insertInto('reports')
      .values({ id: 'r', service_id: 'a', at: (incident?.resolved_at ?? 0) + 10 * minute, visitor_hash: 'v' })
      .execute();
    await judge(30 * minute);
    expect(await saves()).toEqual([]);
  });

  test('a member disputes one with a reason, and takes that back', async () => {
    await outage('a', acknowledge);
    await judge(0);
    await judge(15 * minute);
    const [save] = await readQuietSaves(stage.ctx, 10);
    const ruling = { quietSaveId: save?.id ?? '', personId: 'bob', now: stage.clock.now() };
    await disputeQuietSave(stage.ctx, { ...ruling, reason: 'Two shops called me.' });
    expect((await readQuietSaves(stage.ctx, 10))[0]?.dispute).toMatchObject({
      by: 'bob',
      reason: 'Two shops called me.',
    });
    await disputeQuietSave(stage.ctx, { ...ruling, reason: undefined });
    expect((await readQuietSaves(stage.ctx, 10))[0]?.dispute).toBeNull();
    await expect(disputeQuietSave(stage.ctx, { ...ruling, quietSaveId: 'none', reason: 'x' })).rejects.toMatchObject({
      code: 'not-found',
    });
  });
});
