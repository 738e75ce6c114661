import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../src/domain/words.ts';
import { openFeedHttp } from '../../../src/watch/upstreams/fetch-feed.ts';
import { createUpstreamFollower, type UpstreamFollower } from '../../../src/watch/upstreams/follow.ts';
import { readUpstreams } from '../../../src/watch/upstreams/read-upstreams.ts';
import { type FakeHost, openFakeInternet } from '../../harness/fake-internet.ts';
import { waitUntil } from '../../harness/wait-until.ts';
import { openWatchDatabase, startAt, type WatchDatabase } from './watch-database.ts';

const second = 1_000;
const minute = 60_000;
const internet = openFakeInternet();

const at = (ms: number): string => new Date(startAt + ms).toISOString();
const component = (id: string, name: string, status: string) => ({ id, name, status, group: false, group_id: null });
const incident = (more: JsonObject = {}): JsonObject => ({
  id: 'i1',
  name: 'Errors in the API',
  status: 'investigating',
  impact: 'major',
  created_at: at(-4 * minute),
  started_at: at(-5 * minute),
  updated_at: at(-4 * minute),
  resolved_at: null,
  shortlink: 'https://stspg.io/i1',
  incident_updates: [{ id: 'u1', status: 'investigating', body: 'We see errors.', display_at: at(-4 * minute) }],
  components: [component('c1', 'API', 'partial_outage')],
  ...more,
});
const summary = (incidents: JsonObject[], apiStatus = 'operational'): JsonObject => ({
  page: { id: 'p', name: 'Acme', url: 'https://status.example.com' },
  components: [component('c1', 'API', apiStatus), component('c2', 'Website', 'operational')],
  incidents,
  scheduled_maintenances: [],
});

describe.each(['embedded', 'postgres'] as const)('following upstreams, on %s', (kind) => {
  let db: WatchDatabase;
  let host: FakeHost;
  let follower: UpstreamFollower;

  beforeAll(async () => {
    db = await openWatchDatabase(kind);
  });
  afterAll(() => db.close());
  beforeEach(async () => {
    await db.reset();
    for (const table of ['upstream_feeds', 'upstreams', 'upstream_providers'] as const)
      await db.ctx.db.deleteFrom(table).execute();
    host = await internet.http(feed(summary([])));
    await addProvider('acme', host.url);
    follower = open();
  });
  afterEach(async () => {
    await follower.stop();
    await internet.close();
  });

  const open = (timeoutMs = 5_000): UpstreamFollower =>
    createUpstreamFollower(db.ctx, openFeedHttp({ allowPrivateNetworks: true, timeoutMs }));
  const feed =
    (body: object | string, headers: Record<string, string> = {}) =>
    (_request: unknown, response: import('node:http').ServerResponse): void => {
      response.writeHead(200, { 'content-type': 'application/json', ...headers });
      response.end(typeof body === 'string' ? body : JSON.stringify(body));
    };
  const addProvider = (id: string, url: string, feedKind = 'statuspage') =>
    db.ctx.db
      .insertInto('upstream_providers')
      .values({
        id,
        name: 'Acme Cloud',
        page_url: 'https://status.example.com',
        feed_kind: feedKind,
        feed_url: `${url}/${id}`,
        created_at: 0,
      })
      .execute();
  const depend = (on: string, hardness: 'hard' | 'soft' = 'hard', service = 'checkout') =>
    db.ctx.db.insertInto('service_dependencies').values({ service_id: service, depends_on: on, hardness }).execute();
  const tick = async (): Promise<void> => {
    await follower.run(db.clock.now());
    await follower.idle();
  };
  /** A minute later, with what falls between the jitters. */
  const later = async (ms = 70 * second): Promise<void> => {
    db.clock.advance(ms);
    await tick();
  };
  const one = async () => (await readUpstreams(db.ctx, db.clock.now()))[0];
  const feedRow = () =>
    db.ctx.db.selectFrom('upstream_feeds').selectAll().where('provider', '=', 'acme').executeTakeFirstOrThrow();
  const told = async (): Promise<string[]> =>
    (await db.signals()).map((signal) => `${signal.status} ${signal.severity}: ${signal.summary}`);

  it('asks nobody as long as nobody is needed, and stops asking when nobody is any more', async () => {
    await tick();
    expect(host.heard).toHaveLength(0);
    await depend('acme/api');
    await tick();
    expect(host.heard).toHaveLength(1);
    await db.ctx.db.deleteFrom('service_dependencies').execute();
    await later();
    await later();
    expect(host.heard).toHaveLength(1);
    expect(await readUpstreams(db.ctx, db.clock.now())).toEqual([]);
    // Needed again, it is asked afresh.
    await depend('acme/api');
    await tick();
    expect(host.heard).toHaveLength(2);
  });

  it('knows nothing before the feed was read, then that all is well', async () => {
    await depend('acme/api');
    host.behave('fail');
    await tick();
    expect(await one()).toMatchObject({
      id: 'acme/api',
      product: 'api',
      state: 'unknown',
      stateReason: 'not-read',
      feed: { health: 'failing', lastError: 'it answers 503' },
    });
    host.behave(feed(summary([])));
    await later(2 * minute);
    expect(await one()).toMatchObject({
      state: 'operational',
      stateReason: 'quiet',
      provider: { id: 'acme', name: 'Acme Cloud' },
      dependents: [{ serviceId: 'checkout', name: 'Checkout', hardness: 'hard' }],
      feed: { health: 'ok', lastOkAt: db.clock.now(), lastErrorAt: startAt },
    });
    expect(await db.signals()).toEqual([]);
  });

  it('keeps what is said, with its updates and who knew first, and raises a signal once', async () => {
    await depend('acme/api');
    await tick();
    host.behave(feed(summary([incident()], 'partial_outage')));
    await later();
    const readAt = db.clock.now();
    expect(await one()).toMatchObject({
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
    expect(await told()).toEqual(['firing major: Acme Cloud: Errors in the API']);
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
    host.behave(
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
    await later(3 * minute);
    expect((await one())?.notices[0]?.updates.map((update) => update.text)).toEqual([
      'A bad deployment.',
      'We see errors.',
    ]);
    expect(await told()).toHaveLength(1);
  });

  it('clears the signal when the notice says that it is over, and when two readings come without it', async () => {
    await depend('acme/api');
    host.behave(feed(summary([incident()], 'partial_outage')));
    await tick();
    host.behave(feed(summary([incident({ status: 'resolved', resolved_at: at(minute) })])));
    await later(2 * minute);
    expect(await told()).toEqual([
      'firing major: Acme Cloud: Errors in the API',
      'ok major: Acme Cloud: Errors in the API: over',
    ]);
    expect(await one()).toMatchObject({
      state: 'operational',
      notices: [{ state: 'resolved', endedAt: startAt + minute }],
    });

    host.behave(feed(summary([incident({ id: 'i2', name: 'Again', started_at: at(3 * minute) })], 'partial_outage')));
    await later();
    host.behave(feed(summary([])));
    await later();
    const missingAt = db.clock.now();
    // One reading without it may come from a cache that is behind.
    expect(await told()).toHaveLength(3);
    expect((await one())?.state).toBe('partial_outage');
    await later();
    expect((await told()).slice(2)).toEqual(['firing major: Acme Cloud: Again', 'ok major: Acme Cloud: Again: over']);
    expect((await one())?.notices.find((notice) => notice.title === 'Again')?.endedAt).toBe(missingAt);
  });

  it('is not confused by a reading from a cache that is behind', async () => {
    await depend('acme/api');
    host.behave(feed(summary([incident()], 'partial_outage')));
    await tick();
    host.behave(feed(summary([])));
    await later();
    host.behave(feed(summary([incident()], 'partial_outage')));
    await later();
    host.behave(feed(summary([])));
    await later();
    expect(await told()).toHaveLength(1);
    expect((await one())?.notices).toHaveLength(1);
  });

  it('tells a recurring id apart by when it began', async () => {
    await depend('acme/api');
    host.behave(feed(summary([incident()], 'partial_outage')));
    await tick();
    host.behave(feed(summary([incident({ status: 'resolved', resolved_at: at(minute) })])));
    await later(2 * minute);
    host.behave(
      feed(
        summary(
          [incident({ name: 'Another', started_at: at(150 * second), created_at: at(150 * second) })],
          'partial_outage',
        ),
      ),
    );
    await later();
    expect((await one())?.notices.map((notice) => [notice.title, notice.endedAt === null])).toEqual([
      ['Another', true],
      ['Errors in the API', false],
    ]);
    expect(await told()).toHaveLength(3);
  });

  it('asks whether anything has changed, and lives on the answer that nothing has', async () => {
    await depend('acme/api');
    host.behave(
      feed(summary([incident()], 'partial_outage'), { etag: '"v1"', 'last-modified': 'Tue, 01 Dec 2026 08:00:00 GMT' }),
    );
    await tick();
    host.behave((_request, response) => response.writeHead(304).end());
    await later();
    expect(host.heard[1]?.headers).toMatchObject({
      'if-none-match': '"v1"',
      'if-modified-since': 'Tue, 01 Dec 2026 08:00:00 GMT',
    });
    expect(await one()).toMatchObject({ state: 'partial_outage', feed: { health: 'ok', lastOkAt: db.clock.now() } });
    // What was missing in the last reading is over when nothing has changed since.
    host.behave(feed(summary([]), { etag: '"v2"' }));
    await later();
    host.behave((_request, response) => response.writeHead(304).end());
    await later();
    expect(await told()).toHaveLength(2);
    expect((await one())?.state).toBe('operational');
  });

  it('takes another format for no news: it says so, and neither clears nor reads as well', async () => {
    await depend('acme/api');
    host.behave(feed(summary([incident()], 'partial_outage'), { etag: '"v1"' }));
    await tick();
    const { incidents: _gone, ...other } = summary([]);
    host.behave(feed({ ...other, events: [] }, { etag: '"v2"' }));
    await later();
    expect(await one()).toMatchObject({
      state: 'partial_outage',
      feed: { health: 'changed-format', lastError: 'changed-format: "incidents" is missing or different' },
    });
    expect(await told()).toHaveLength(1);
    // Never "unchanged since what could not be read".
    await later(20 * minute);
    expect(host.heard.at(-1)?.headers).not.toHaveProperty('if-none-match');
    await db.ctx.db.deleteFrom('upstream_notices').execute();
    await later(20 * minute);
    expect(await one()).toMatchObject({ state: 'unknown', stateReason: 'not-read' });
    host.behave(feed(summary([])));
    await later(20 * minute);
    expect(await one()).toMatchObject({ state: 'operational', feed: { health: 'ok' } });
  });

  it.each([
    ['an error page', '<!doctype html><html><body>Access denied</body></html>', 'not-a-feed: it is not JSON'],
    ['nothing', '', 'not-a-feed: it is not JSON'],
    ['half a feed', JSON.stringify(summary([incident()])).slice(0, 300), 'broken: its JSON is cut short or broken'],
  ])('takes %s for a failure of the feed', async (_what, body, error) => {
    await depend('acme/api');
    host.behave(feed(body));
    await tick();
    expect(await one()).toMatchObject({ state: 'unknown', feed: { health: 'failing', lastError: error } });
  });

  it('comes back later and later to a feed that fails, at most every ten minutes, and not before it asked for', async () => {
    await depend('acme/api');
    host.behave('fail');
    const waits: number[] = [];
    for (let round = 0; round < 8; round++) {
      await tick();
      const next = (await feedRow()).next_fetch_at ?? 0;
      waits.push((next - db.clock.now()) / minute);
      db.clock.set(next);
    }
    expect(host.heard).toHaveLength(8);
    for (const [index, expected] of [1, 2, 4, 8, 10, 10, 10, 10].entries()) {
      expect(waits[index]).toBeGreaterThanOrEqual(expected * 0.74);
      expect(waits[index]).toBeLessThanOrEqual(expected * 1.26);
    }
    // Spread, so that not everybody comes at once.
    expect(new Set(waits.slice(4)).size).toBeGreaterThan(1);
    host.behave((_request, response) => response.writeHead(429, { 'retry-after': '1800' }).end());
    await tick();
    expect((await feedRow()).next_fetch_at).toBe(db.clock.now() + 30 * minute);
    expect((await feedRow()).last_error).toBe('it answers 429');
  });

  it('is not held up by a feed that hangs', async () => {
    follower = open(2_000);
    const slow = await internet.http('hang');
    await addProvider('slow', slow.url);
    await depend('acme/api');
    await depend('slow/api', 'soft');
    host.behave(feed(summary([incident()], 'partial_outage')));
    await follower.run(db.clock.now());
    let signals: string[] = [];
    await waitUntil('the other feed has spoken', () => {
      void told().then((now) => (signals = now));
      return signals.length > 0;
    });
    expect(slow.heard).toHaveLength(1);
    expect(slow.openSockets()).toBe(1);
    // While it hangs, it is not asked again.
    await follower.run(db.clock.now() + second);
    await follower.idle();
    expect(slow.heard).toHaveLength(1);
    const states = await readUpstreams(db.ctx, db.clock.now());
    expect(states.map((state) => [state.id, state.state, state.feed?.lastError ?? null])).toEqual([
      ['acme/api', 'partial_outage', null],
      ['slow/api', 'unknown', 'no complete answer within 2 s'],
    ]);
  });

  it('is asked by one process only', async () => {
    await depend('acme/api');
    const other = open();
    await Promise.all([follower.run(db.clock.now()), other.run(db.clock.now())]);
    await Promise.all([follower.idle(), other.idle()]);
    await other.stop();
    expect(host.heard).toHaveLength(1);
  });

  it('is taken over when the process that asked has died', async () => {
    await depend('acme/api');
    host.behave('hang');
    await follower.run(db.clock.now());
    await waitUntil('the feed is asked', () => host.heard.length === 1);
    await follower.stop();
    host.behave(feed(summary([])));
    follower = open();
    db.clock.advance(59 * second);
    await tick();
    expect(host.heard).toHaveLength(1);
    db.clock.advance(2 * second);
    await tick();
    expect(await one()).toMatchObject({ state: 'operational' });
  });

  it('tells each service by how much it needs what is named, and only those that do', async () => {
    for (const id of ['web', 'mail', 'docs']) await db.addService(id, id);
    await depend('acme/api', 'hard');
    await depend('acme/api', 'soft', 'web');
    await depend('acme/website', 'hard', 'mail');
    await depend('acme/all', 'hard', 'docs');
    host.behave(feed(summary([incident()], 'partial_outage')));
    await tick();
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
    expect((await readUpstreams(db.ctx, db.clock.now())).map((upstream) => [upstream.id, upstream.state])).toEqual([
      ['acme/all', 'partial_outage'],
      ['acme/api', 'partial_outage'],
      ['acme/website', 'operational'],
    ]);
  });

  it('speaks up again when it gets worse, not when it gets better', async () => {
    await depend('acme/api');
    const slowly = { impact: 'minor', components: [component('c1', 'API', 'degraded_performance')] };
    host.behave(feed(summary([incident(slowly)], 'degraded_performance')));
    await tick();
    host.behave(
      feed(
        summary(
          [incident({ impact: 'critical', components: [component('c1', 'API', 'major_outage')] })],
          'major_outage',
        ),
      ),
    );
    await later();
    host.behave(feed(summary([incident(slowly)], 'degraded_performance')));
    await later();
    expect(await told()).toEqual([
      'firing minor: Acme Cloud: Errors in the API',
      'firing major: Acme Cloud: Errors in the API',
    ]);
    const keys = await db.ctx.db.selectFrom('signals').select('dedup_key').distinct().execute();
    expect(keys).toHaveLength(1);
  });

  it('raises nothing for maintenance or a mere remark, and shows them', async () => {
    await depend('acme/api');
    const { scheduled_maintenances: _none, ...rest } = summary([incident({ impact: 'none', components: [] })]);
    const maintenance = incident({
      id: 'm',
      name: 'Moving',
      status: 'scheduled',
      scheduled_for: at(5 * minute),
      scheduled_until: at(15 * minute),
      components: [component('c1', 'API', 'operational')],
    });
    host.behave(feed({ ...rest, scheduled_maintenances: [maintenance] }));
    await tick();
    expect(await one()).toMatchObject({
      state: 'operational',
      notices: [{ title: 'Moving', state: 'scheduled' }, { title: 'Errors in the API' }],
    });
    await later(6 * minute);
    expect(await one()).toMatchObject({ state: 'under_maintenance', stateReason: 'maintenance' });
    await later(10 * minute);
    expect((await one())?.notices.find((notice) => notice.title === 'Moving')).toMatchObject({
      state: 'completed',
      endedAt: startAt + 15 * minute,
    });
    expect(await db.signals()).toEqual([]);
  });

  it('shows what the page shows where no notice speaks, and pages nobody for it', async () => {
    await depend('acme/api');
    host.behave(feed(summary([], 'major_outage')));
    await tick();
    expect(await one()).toMatchObject({ state: 'major_outage', stateReason: 'part', notices: [] });
    expect(await db.signals()).toEqual([]);
  });

  it('clears what stands for a service that does not depend on it any more, or is gone', async () => {
    await db.addService('web', 'Web');
    await depend('acme/api');
    await depend('acme/api', 'hard', 'web');
    host.behave(feed(summary([incident()], 'partial_outage')));
    await tick();
    await db.ctx.db.deleteFrom('service_dependencies').where('service_id', '=', 'web').execute();
    await tick();
    const cleared = await db.ctx.db
      .selectFrom('signals')
      .select(['service_id', 'summary'])
      .where('status', '=', 'ok')
      .execute();
    expect(cleared).toEqual([
      { service_id: 'web', summary: 'Acme Cloud: Errors in the API: does not concern this service any more' },
    ]);
    // Another process finds what stands, too: nothing of this is in memory only.
    await follower.stop();
    follower = open();
    await db.ctx.db.updateTable('services').set({ archived_at: db.clock.now() }).where('id', '=', 'checkout').execute();
    await tick();
    expect(await told()).toHaveLength(4);
    expect(await db.ctx.db.selectFrom('upstream_signals').selectAll().execute()).toEqual([]);
  });

  it('forgets an entry of a history that nobody closed', async () => {
    await db.ctx.db.deleteFrom('upstream_providers').execute();
    await addProvider('acme', host.url, 'rss');
    await depend('acme/api');
    const item = `<item><title>Errors</title><description>&lt;b&gt;Identified&lt;/b&gt; - Soon.</description><guid>g</guid><pubDate>${new Date(startAt).toUTCString()}</pubDate></item>`;
    host.behave(feed(`<rss version="2.0"><channel><title>Acme</title>${item}</channel></rss>`));
    await tick();
    expect(await told()).toEqual(['firing major: Acme Cloud: Errors']);
    await later(6 * 24 * 60 * minute);
    expect(await told()).toHaveLength(1);
    host.behave((_request, response) => response.writeHead(304).end());
    await later(25 * 60 * minute);
    expect(await told()).toEqual(['firing major: Acme Cloud: Errors', 'ok major: Acme Cloud: Errors: over']);
    await later();
    expect(await told()).toHaveLength(2);
  });

  it('says what cannot be followed: an unknown provider, an unknown region', async () => {
    await depend('nobody/eu/api');
    await depend('aws/mars-north-1/dynamodb', 'hard');
    await settleOnly();
    expect(
      (await readUpstreams(db.ctx, db.clock.now())).map((upstream) => [upstream.id, upstream.problem, upstream.state]),
    ).toEqual([
      ['aws/mars-north-1/dynamodb', 'unknown-region', 'unknown'],
      ['nobody/eu/api', 'unknown-provider', 'unknown'],
    ]);
  });

  /** Brings the rows up to date without asking the real world. */
  const settleOnly = async (): Promise<void> => {
    const deaf = createUpstreamFollower(db.ctx, () =>
      Promise.resolve({ kind: 'failed', reason: 'not asked', retryAfter: undefined }),
    );
    await deaf.run(db.clock.now());
    await deaf.idle();
    await deaf.stop();
  };

  it('takes text that the database would refuse', async () => {
    await depend('acme/api');
    const hostile = incident({
      name: 'a\0b \ud800',
      incident_updates: [{ id: 'u\0', status: 'identified', body: 'c\0d', display_at: at(0) }],
    });
    host.behave(feed(summary([hostile], 'partial_outage')));
    await tick();
    expect((await one())?.notices[0]).toMatchObject({ title: 'a b \ufffd', updates: [{ text: 'c\ufffdd' }] });
    expect(await told()).toHaveLength(1);
  });
});
