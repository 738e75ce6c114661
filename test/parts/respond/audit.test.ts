import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { acknowledgeIncident, auditPager, readFindings } from '../../../src/respond/index.ts';
import { createAuditor } from '../../../src/app/auditor.ts';
import { both } from '../db/both.ts';
import { minute, openStage, type Stage } from './respond-stage.ts';

describe.each(both)('the auditor on $kind', (subject) => {
  let stage: Stage;
  beforeEach(async () => {
    stage = await openStage(subject);
  });
  afterEach(() => stage.close());

  const audit = async () => (await auditPager(stage.ctx, stage.clock.now())).map(({ law }) => law);
  const events = async (kind: string) =>
    (await stage.ctx.db.selectFrom('events').select('data').where('kind', '=', kind).execute()).map(
      ({ data }) => data['law'],
    );
  const open = async () => {
    await stage.raise();
    await stage.settle();
    stage.channel.sent.splice(0);
    return (await stage.ctx.db.selectFrom('incidents').select('id').executeTakeFirstOrThrow()).id;
  };

  test('finds nothing where all is in order, whatever is open', async () => {
    const id = await open();
    expect(await audit()).toEqual([]);
    const bob = { kind: 'person' as const, id: 'bob' };
    await acknowledgeIncident(stage.ctx, { incidentId: id, actor: bob, now: stage.clock.now(), via: 'test' });
    await stage.pass(60 * minute);
    expect(await audit()).toEqual([]);
    expect(await readFindings(stage.ctx)).toEqual([]);
  });

  test('an incident without a next action is called for now, and told once', async () => {
    await open();
    await stage.ctx.db.updateTable('escalations').set({ next_action_at: null }).execute();
    expect(await audit()).toEqual(['next-action']);
    await stage.settle();
    expect(stage.channel.sent.map(({ to }) => to)).toContain('alice');
    expect(await audit()).toEqual([]);
    expect(await audit()).toEqual([]);
    expect(await events('audit.found')).toEqual(['next-action']);
    expect(await events('audit.cleared')).toEqual(['next-action']);
  });

  test('an incident whose escalation is gone, or whose owner has left, is called for as well', async () => {
    const id = await open();
    await stage.ctx.db.updateTable('auth_users').set({ role: 'viewer' }).execute();
    await stage.ctx.db.deleteFrom('escalations').execute();
    expect(await audit()).toEqual(['next-action']);
    const alice = { kind: 'person' as const, id: 'alice' };
    await acknowledgeIncident(stage.ctx, { incidentId: id, actor: alice, now: stage.clock.now(), via: 'test' });
    expect(await audit()).toEqual([]);
    await stage.ctx.db
      .updateTable('people')
      .set({ archived_at: stage.clock.now() })
      .where('id', '=', 'alice')
      .execute();
    expect(await audit()).toEqual(['next-action']);
    await stage.settle();
    const { status } = await stage.ctx.db.selectFrom('incidents').select('status').executeTakeFirstOrThrow();
    expect(status).toBe('triggered');
  });

  test('steps, pages and signals that are stuck', async () => {
    await open();
    await stage.ctx.db
      .updateTable('pages')
      .set({ status: 'sending', lease_until: stage.clock.now(), lease_owner: 'gone' })
      .execute();
    await stage.raise({ dedupKey: 'more' });
    stage.clock.advance(7 * minute + 1);
    expect((await audit()).toSorted()).toEqual(['page-stuck', 'signal-stuck', 'step-stuck']);
    const shown = await readFindings(stage.ctx);
    expect(shown.every(({ isBroken, foundAt }) => isBroken && foundAt === stage.clock.now())).toBe(true);
    await stage.settle();
    expect(await audit()).toEqual([]);
  });

  test('a schedule without anybody and a contact method that fails are told, and break nothing', async () => {
    await stage.ctx.db
      .insertInto('schedules')
      .values({ id: 'night', name: 'Night', time_zone: 'UTC', layers: '[]', owned_by: 'console', created_at: 0 })
      .execute();
    expect(await audit()).toEqual([]);
    const steps = JSON.stringify([{ targets: [{ kind: 'schedule', id: 'night' }], waitMs: minute }]);
    await stage.ctx.db.updateTable('policies').set({ steps }).execute();
    await stage.ctx.db.updateTable('contact_methods').set({ failing_since: 1 }).where('id', '=', 'cm-bob').execute();
    const found = await auditPager(stage.ctx, stage.clock.now());
    expect(found).toMatchObject([
      { law: 'nobody-on-call', isBroken: false },
      { law: 'contact-failing', what: 'bob cannot be reached by fake', isBroken: false },
    ]);
  });

  test('the outgoing heartbeat is sent once a minute, only while all is in order, and a stalled loop keeps it back', async () => {
    const asked: string[] = [];
    const pulse = new Map([['pages', { lastOkAt: stage.clock.now(), pollMs: 1_000 }]]);
    const auditor = createAuditor(stage.ctx, {
      pulse: () => pulse,
      http: async ({ method, url }) => {
        asked.push(`${method} ${url}`);
        return { answered: true, status: 200, retryAfter: undefined, body: 'OK' };
      },
      deadMan: { url: 'https://watch.test/ping', everyMs: minute },
    });
    const halfMinutes = async (count: number, alive: boolean): Promise<number> => {
      asked.splice(0);
      for (let half = 0; half < count; half++) {
        stage.clock.advance(minute / 2);
        if (alive) pulse.set('pages', { lastOkAt: stage.clock.now(), pollMs: 1_000 });
        await auditor.run(stage.clock.now());
        // Too early for the next one.
        await auditor.run(stage.clock.now());
      }
      return asked.length;
    };
    expect(await halfMinutes(8, true)).toBe(4);
    expect(asked[0]).toBe('GET https://watch.test/ping');
    await halfMinutes(4, false);
    expect(await halfMinutes(6, false)).toBe(0);
    expect(await readFindings(stage.ctx)).toMatchObject([
      { law: 'loop-stalled', what: 'The loop pages has not come round' },
    ]);
    expect(await halfMinutes(4, true)).toBeGreaterThan(0);
    expect(await readFindings(stage.ctx)).toEqual([]);
    await open();
    await stage.ctx.db.updateTable('escalations').set({ next_action_at: null }).execute();
    expect(await halfMinutes(1, true)).toBe(0);
  });
});
