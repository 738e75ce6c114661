import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { leaveReport, settleReports } from '../../../src/listen/index.ts';
import { both } from '../db/both.ts';
import { minute, openStage, type Stage } from '../respond/respond-stage.ts';

describe.each(both)('reports from the public, on $kind', (subject) => {
  let stage: Stage;
  beforeEach(async () => {
    stage = await openStage(subject);
    const at = stage.clock.now();
    await stage.ctx.db
      .insertInto('status_pages')
      .values({ id: 'main', title: 'Status', owned_by: 'console', created_at: at, updated_at: at })
      .execute();
    await stage.ctx.db
      .insertInto('components')
      .values({
        id: 'cmp',
        page_id: 'main',
        group_id: null,
        service_id: 'a',
        name: 'A',
        position: 1,
        created_at: at,
        updated_at: at,
      })
      .execute();
  });
  afterEach(() => stage?.close());

  const report = (visitor: number, serviceId = 'a') =>
    leaveReport(stage.ctx, { serviceId, address: `192.0.2.${visitor}`, userAgent: 'browser', now: stage.clock.now() });
  const incidents = () => stage.ctx.db.selectFrom('incidents').selectAll().execute();

  test('a visitor counts once, and learns how many others there are', async () => {
    expect(await report(1)).toEqual({ others: 0 });
    expect(await report(1)).toEqual({ others: 0 });
    expect(await report(2)).toEqual({ others: 1 });
    const rows = await stage.ctx.db.selectFrom('reports').selectAll().execute();
    expect(rows).toHaveLength(2);
    // Nothing of the visitor is kept but a hash.
    expect(JSON.stringify(rows)).not.toContain('192.0.2');
    stage.clock.advance(31 * minute);
    await report(1);
    expect(await stage.ctx.db.selectFrom('reports').selectAll().execute()).toHaveLength(3);
  });

  test('one visitor, however loud, opens nothing; five different ones do, and silence ends it', async () => {
    for (let i = 0; i < 20; i++) await report(1);
    await stage.settle();
    expect(await incidents()).toEqual([]);
    for (let visitor = 2; visitor <= 5; visitor++) await report(visitor);
    await stage.settle();
    expect(await incidents()).toMatchObject([
      { status: 'triggered', severity: 'major', title: '5 visitors report problems with A' },
    ]);
    await settleReports(stage.ctx, stage.clock.now());
    await stage.settle();
    expect(await incidents()).toMatchObject([{ status: 'triggered' }]);
    stage.clock.advance(11 * minute);
    await settleReports(stage.ctx, stage.clock.now());
    await stage.settle();
    expect(await incidents()).toMatchObject([{ status: 'resolved' }]);
  });

  test('a service that is not on the page is refused by name', async () => {
    await expect(report(1, 'b')).rejects.toMatchObject({ code: 'invalid', fields: [{ path: 'serviceId' }] });
    expect(await stage.ctx.db.selectFrom('reports').selectAll().execute()).toEqual([]);
  });

  test('the same visitor twice in one moment counts once', async () => {
    await Promise.all([report(1), report(1), report(1)]);
    expect(await stage.ctx.db.selectFrom('reports').selectAll().execute()).toHaveLength(1);
  });
});
