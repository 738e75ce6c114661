import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  at,
  component,
  feed,
  incident,
  minute,
  second,
  setUpstreamStage,
  summary,
  type UpstreamStage,
} from './open-upstreams.ts';
import { openWatchDatabase, startAt, type WatchDatabase } from './watch-database.ts';

describe.each(['embedded', 'postgres'] as const)('what a followed feed says, on %s', (kind) => {
  let db: WatchDatabase;
  let stage: UpstreamStage;
  beforeAll(async () => {
    db = await openWatchDatabase(kind);
  });
  afterAll(() => db.close());
  beforeEach(async () => {
    stage = await setUpstreamStage(db);
  });
  afterEach(() => stage.close());

  it('keeps what is said, with its updates and who knew first, and raises a signal once', async () => {
    await stage.depend('acme/api');
    await stage.tick();
    stage.host.behave(feed(summary([incident()], 'partial_outage')));
    await stage.later();
    const readAt = db.clock.now();
    expect(await stage.one()).toMatchObject({
      state: 'partial_outage',
      stateReason: 'notice',
      stateSince: readAt,
      notices: [
        {
          title: 'Errors in the API',
          url: 'https://stspg.io/i1',
          state: 'investigating',
          impact: 'partial_outage',
          startedAt: startAt - 5 * minute,
          publicAt: startAt - 4 * minute,
          seenAt: readAt,
          endedAt: null,
          parts: ['API'],
          updates: [{ at: startAt - 4 * minute, state: 'investigating', text: 'We see errors.' }],
        },
      ],
    });
    expect(await stage.told()).toEqual(['firing major: Acme Cloud: Errors in the API']);
    const [signal] = await db.signals();
    expect(signal).toMatchObject({ source_id: 'acme', at: readAt });
    expect(signal?.evidence).toMatchObject({
      upstream: 'acme/api',
      hardness: 'hard',
      notice: { url: 'https://stspg.io/i1', publicAt: startAt - 4 * minute, seenAt: readAt },
      matched: { reason: 'part', parts: ['API'] },
      lastUpdate: { text: 'We see errors.' },
    });
    const more = { id: 'u2', status: 'identified', body: 'A bad deployment.', display_at: at(2 * minute) };
    stage.host.behave(
      feed(
        summary(
          [
            incident({
              status: 'identified',
              incident_updates: [more, ...(incident()['incident_updates'] as object[])],
            }),
          ],
          'partial_outage',
        ),
      ),
    );
    await stage.later(3 * minute);
    expect((await stage.one())?.notices[0]?.updates.map((update) => update.text)).toEqual([
      'A bad deployment.',
      'We see errors.',
    ]);
    expect(await stage.told()).toHaveLength(1);
  });

  it('clears the signal when the notice says that it is over, and when two readings come without it', async () => {
    await stage.depend('acme/api');
    stage.host.behave(feed(summary([incident()], 'partial_outage')));
    await stage.tick();
    stage.host.behave(feed(summary([incident({ status: 'resolved', resolved_at: at(minute) })])));
    await stage.later(2 * minute);
    expect(await stage.told()).toEqual([
      'firing major: Acme Cloud: Errors in the API',
      'ok major: Acme Cloud: Errors in the API: over',
    ]);
    expect(await stage.one()).toMatchObject({
      state: 'operational',
      notices: [{ state: 'resolved', endedAt: startAt + minute }],
    });

    stage.host.behave(
      feed(summary([incident({ id: 'i2', name: 'Again', started_at: at(3 * minute) })], 'partial_outage')),
    );
    await stage.later();
    stage.host.behave(feed(summary([])));
    await stage.later();
    const missingAt = db.clock.now();
    // One reading without it may come from a cache that is behind.
    expect(await stage.told()).toHaveLength(3);
    expect((await stage.one())?.state).toBe('partial_outage');
    await stage.later();
    expect((await stage.told()).slice(2)).toEqual([
      'firing major: Acme Cloud: Again',
      'ok major: Acme Cloud: Again: over',
    ]);
    expect((await stage.one())?.notices.find((notice) => notice.title === 'Again')?.endedAt).toBe(missingAt);
  });

  it('is not confused by a reading from a cache that is behind', async () => {
    await stage.depend('acme/api');
    stage.host.behave(feed(summary([incident()], 'partial_outage')));
    await stage.tick();
    stage.host.behave(feed(summary([])));
    await stage.later();
    stage.host.behave(feed(summary([incident()], 'partial_outage')));
    await stage.later();
    stage.host.behave(feed(summary([])));
    await stage.later();
    expect(await stage.told()).toHaveLength(1);
    expect((await stage.one())?.notices).toHaveLength(1);
  });

  it('tells a recurring id apart by when it began', async () => {
    await stage.depend('acme/api');
    stage.host.behave(feed(summary([incident()], 'partial_outage')));
    await stage.tick();
    stage.host.behave(feed(summary([incident({ status: 'resolved', resolved_at: at(minute) })])));
    await stage.later(2 * minute);
    stage.host.behave(
      feed(
        summary(
          [incident({ name: 'Another', started_at: at(150 * second), created_at: at(150 * second) })],
          'partial_outage',
        ),
      ),
    );
    await stage.later();
    expect((await stage.one())?.notices.map((notice) => [notice.title, notice.endedAt === null])).toEqual([
      ['Another', true],
      ['Errors in the API', false],
    ]);
    expect(await stage.told()).toHaveLength(3);
  });

  it('tells each service by how much it needs what is named, and only those that do', async () => {
    for (const id of ['web', 'mail', 'docs']) await db.addService(id, id);
    await stage.depend('acme/api', 'hard');
    await stage.depend('acme/api', 'soft', 'web');
    await stage.depend('acme/website', 'hard', 'mail');
    await stage.depend('acme/all', 'hard', 'docs');
    stage.host.behave(feed(summary([incident()], 'partial_outage')));
    await stage.tick();
    const rows = await db.ctx.db
      .selectFrom('signals')
      .select(['service_id', 'severity'])
      .orderBy('service_id')
      .execute();
    expect(rows).toEqual([
      { service_id: 'checkout', severity: 'major' },
      { service_id: 'docs', severity: 'major' },
      { service_id: 'web', severity: 'minor' },
    ]);
    expect((await stage.all()).map((upstream) => [upstream.id, upstream.state])).toEqual([
      ['acme/all', 'partial_outage'],
      ['acme/api', 'partial_outage'],
      ['acme/website', 'operational'],
    ]);
  });

  it('speaks up again when it gets worse, not when it gets better', async () => {
    await stage.depend('acme/api');
    const slowly = { impact: 'minor', components: [component('c1', 'API', 'degraded_performance')] };
    stage.host.behave(feed(summary([incident(slowly)], 'degraded_performance')));
    await stage.tick();
    stage.host.behave(
      feed(
        summary(
          [incident({ impact: 'critical', components: [component('c1', 'API', 'major_outage')] })],
          'major_outage',
        ),
      ),
    );
    await stage.later();
    stage.host.behave(feed(summary([incident(slowly)], 'degraded_performance')));
    await stage.later();
    expect(await stage.told()).toEqual([
      'firing minor: Acme Cloud: Errors in the API',
      'firing major: Acme Cloud: Errors in the API',
    ]);
    const keys = await db.ctx.db.selectFrom('signals').select('dedup_key').distinct().execute();
    expect(keys).toHaveLength(1);
  });

  it('raises nothing for maintenance or a mere remark, and shows them', async () => {
    await stage.depend('acme/api');
    const { scheduled_maintenances: _none, ...rest } = summary([incident({ impact: 'none', components: [] })]);
    const maintenance = incident({
      id: 'm',
      name: 'Moving',
      status: 'scheduled',
      scheduled_for: at(5 * minute),
      scheduled_until: at(15 * minute),
      components: [component('c1', 'API', 'operational')],
    });
    stage.host.behave(feed({ ...rest, scheduled_maintenances: [maintenance] }));
    await stage.tick();
    expect(await stage.one()).toMatchObject({
      state: 'operational',
      notices: [{ title: 'Moving', state: 'scheduled' }, { title: 'Errors in the API' }],
    });
    await stage.later(6 * minute);
    expect(await stage.one()).toMatchObject({ state: 'under_maintenance', stateReason: 'maintenance' });
    await stage.later(10 * minute);
    expect((await stage.one())?.notices.find((notice) => notice.title === 'Moving')).toMatchObject({
      state: 'completed',
      endedAt: startAt + 15 * minute,
    });
    expect(await db.signals()).toEqual([]);
  });

  it('shows what the page shows where no notice speaks, and pages nobody for it', async () => {
    await stage.depend('acme/api');
    stage.host.behave(feed(summary([], 'major_outage')));
    await stage.tick();
    expect(await stage.one()).toMatchObject({ state: 'major_outage', stateReason: 'part', notices: [] });
    expect(await db.signals()).toEqual([]);
  });

  it('clears what stands for a service that does not depend on it any more, or is gone', async () => {
    await db.addService('web', 'Web');
    await stage.depend('acme/api');
    await stage.depend('acme/api', 'hard', 'web');
    stage.host.behave(feed(summary([incident()], 'partial_outage')));
    await stage.tick();
    await db.ctx.db.deleteFrom('service_dependencies').where('service_id', '=', 'web').execute();
    await stage.tick();
    const cleared = await db.ctx.db
      .selectFrom('signals')
      .select(['service_id', 'summary'])
      .where('status', '=', 'ok')
      .execute();
    expect(cleared).toEqual([
      { service_id: 'web', summary: 'Acme Cloud: Errors in the API: does not concern this service any more' },
    ]);
    // Another process finds what stands, too: nothing of this is in memory only.
    await stage.follower.stop();
    stage.reopen();
    await db.ctx.db.updateTable('services').set({ archived_at: db.clock.now() }).where('id', '=', 'checkout').execute();
    await stage.tick();
    expect(await stage.told()).toHaveLength(4);
    expect(await db.ctx.db.selectFrom('upstream_signals').selectAll().execute()).toEqual([]);
  });

  it('forgets an entry of a history that nobody closed', async () => {
    await db.ctx.db.deleteFrom('upstream_providers').execute();
    await stage.addProvider('acme', stage.host.url, 'rss');
    await stage.depend('acme/api');
    const item = `<item><title>Errors</title><description>&lt;b&gt;Identified&lt;/b&gt; - Soon.</description><guid>g</guid><pubDate>${new Date(startAt).toUTCString()}</pubDate></item>`;
    stage.host.behave(feed(`<rss version="2.0"><channel><title>Acme</title>${item}</channel></rss>`));
    await stage.tick();
    expect(await stage.told()).toEqual(['firing major: Acme Cloud: Errors']);
    await stage.later(6 * 24 * 60 * minute);
    expect(await stage.told()).toHaveLength(1);
    stage.host.behave((_request, response) => response.writeHead(304).end());
    await stage.later(25 * 60 * minute);
    expect(await stage.told()).toEqual(['firing major: Acme Cloud: Errors', 'ok major: Acme Cloud: Errors: over']);
    await stage.later();
    expect(await stage.told()).toHaveLength(2);
  });
});
