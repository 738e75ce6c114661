import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createUpstreamFollower } from '../../../src/watch/upstreams/follow.ts';
import { waitUntil } from '../../harness/wait-until.ts';
import { at, feed, incident, minute, second, setUpstreamStage, summary, type UpstreamStage } from './open-upstreams.ts';
import { openWatchDatabase, startAt, type WatchDatabase } from './watch-database.ts';

describe.each(['embedded', 'postgres'] as const)('following feeds, on %s', (kind) => {
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

  it('asks nobody as long as nobody is needed, and stops asking when nobody is any more', async () => {
    await stage.tick();
    expect(stage.host.heard).toHaveLength(0);
    await stage.depend('acme/api');
    await stage.tick();
    expect(stage.host.heard).toHaveLength(1);
    await db.ctx.db.deleteFrom('service_dependencies').execute();
    await stage.later();
    await stage.later();
    expect(stage.host.heard).toHaveLength(1);
    expect(await stage.all()).toEqual([]);
    // Needed again, it is asked afresh.
    await stage.depend('acme/api');
    await stage.tick();
    expect(stage.host.heard).toHaveLength(2);
  });

  it('knows nothing before the feed was read, then that all is well', async () => {
    await stage.depend('acme/api');
    stage.host.behave('fail');
    await stage.tick();
    expect(await stage.one()).toMatchObject({
      id: 'acme/api',
      product: 'api',
      state: 'unknown',
      stateReason: 'not-read',
      feed: { health: 'failing', lastError: 'it answers 503' },
    });
    stage.host.behave(feed(summary([])));
    await stage.later(2 * minute);
    expect(await stage.one()).toMatchObject({
      state: 'operational',
      stateReason: 'quiet',
      provider: { id: 'acme', name: 'Acme Cloud' },
      dependents: [{ serviceId: 'checkout', name: 'Checkout', hardness: 'hard' }],
      feed: { health: 'ok', lastOkAt: db.clock.now(), lastErrorAt: startAt },
    });
    expect(await db.signals()).toEqual([]);
  });

  it('asks whether anything has changed, and lives on the answer that nothing has', async () => {
    await stage.depend('acme/api');
    stage.host.behave(
      feed(summary([incident()], 'partial_outage'), { etag: '"v1"', 'last-modified': 'Tue, 01 Dec 2026 08:00:00 GMT' }),
    );
    await stage.tick();
    stage.host.behave((_request, response) => response.writeHead(304).end());
    await stage.later();
    expect(stage.host.heard[1]?.headers).toMatchObject({
      'if-none-match': '"v1"',
      'if-modified-since': 'Tue, 01 Dec 2026 08:00:00 GMT',
    });
    expect(await stage.one()).toMatchObject({
      state: 'partial_outage',
      feed: { health: 'ok', lastOkAt: db.clock.now() },
    });
    // What was missing in the last reading is over when nothing has changed since.
    stage.host.behave(feed(summary([]), { etag: '"v2"' }));
    await stage.later();
    stage.host.behave((_request, response) => response.writeHead(304).end());
    await stage.later();
    expect(await stage.told()).toHaveLength(2);
    expect((await stage.one())?.state).toBe('operational');
  });

  it('takes another format for no news: it says so, and neither clears nor reads as well', async () => {
    await stage.depend('acme/api');
    stage.host.behave(feed(summary([incident()], 'partial_outage'), { etag: '"v1"' }));
    await stage.tick();
    const { incidents: _gone, ...other } = summary([]);
    stage.host.behave(feed({ ...other, events: [] }, { etag: '"v2"' }));
    await stage.later();
    expect(await stage.one()).toMatchObject({
      state: 'partial_outage',
      feed: { health: 'changed-format', lastError: 'changed-format: "incidents" is missing or different' },
    });
    expect(await stage.told()).toHaveLength(1);
    // Never "unchanged since what could not be read".
    await stage.later(20 * minute);
    expect(stage.host.heard.at(-1)?.headers).not.toHaveProperty('if-none-match');
    await db.ctx.db.deleteFrom('upstream_notices').execute();
    await stage.later(20 * minute);
    expect(await stage.one()).toMatchObject({ state: 'unknown', stateReason: 'not-read' });
    stage.host.behave(feed(summary([])));
    await stage.later(20 * minute);
    expect(await stage.one()).toMatchObject({ state: 'operational', feed: { health: 'ok' } });
  });

  it.each([
    ['an error page', '<!doctype html><html><body>Access denied</body></html>', 'not-a-feed: it is not JSON'],
    ['nothing', '', 'not-a-feed: it is not JSON'],
    ['half a feed', JSON.stringify(summary([incident()])).slice(0, 300), 'broken: its JSON is cut short or broken'],
  ])('takes %s for a failure of the feed', async (_what, body, error) => {
    await stage.depend('acme/api');
    stage.host.behave(feed(body));
    await stage.tick();
    expect(await stage.one()).toMatchObject({ state: 'unknown', feed: { health: 'failing', lastError: error } });
  });

  it('comes back later and later to a feed that fails, at most every ten minutes, and not before it asked for', async () => {
    await stage.depend('acme/api');
    stage.host.behave('fail');
    const waits: number[] = [];
    for (let round = 0; round < 8; round++) {
      await stage.tick();
      const next = (await stage.feedRow()).next_fetch_at ?? 0;
      waits.push((next - db.clock.now()) / minute);
      db.clock.set(next);
    }
    expect(stage.host.heard).toHaveLength(8);
    for (const [index, expected] of [1, 2, 4, 8, 10, 10, 10, 10].entries()) {
      expect(waits[index]).toBeGreaterThanOrEqual(expected * 0.74);
      expect(waits[index]).toBeLessThanOrEqual(expected * 1.26);
    }
    // Spread, so that not everybody comes at once.
    expect(new Set(waits.slice(4)).size).toBeGreaterThan(1);
    stage.host.behave((_request, response) => response.writeHead(429, { 'retry-after': '1800' }).end());
    await stage.tick();
    expect((await stage.feedRow()).next_fetch_at).toBe(db.clock.now() + 30 * minute);
    expect((await stage.feedRow()).last_error).toBe('it answers 429');
  });

  it('is not held up by a feed that hangs', async () => {
    stage.reopen(2_000);
    const slow = await stage.internet.http('hang');
    await stage.addProvider('slow', slow.url);
    await stage.depend('acme/api');
    await stage.depend('slow/api', 'soft');
    stage.host.behave(feed(summary([incident()], 'partial_outage')));
    await stage.follower.run(db.clock.now());
    let signals: string[] = [];
    await waitUntil('the other feed has spoken', () => {
      void stage.told().then((now) => (signals = now));
      return signals.length > 0;
    });
    expect(slow.heard).toHaveLength(1);
    expect(slow.openSockets()).toBe(1);
    // While it hangs, it is not asked again.
    await stage.follower.run(db.clock.now() + second);
    await stage.follower.idle();
    expect(slow.heard).toHaveLength(1);
    const states = await stage.all();
    expect(states.map((state) => [state.id, state.state, state.feed?.lastError ?? null])).toEqual([
      ['acme/api', 'partial_outage', null],
      ['slow/api', 'unknown', 'no complete answer within 2 s'],
    ]);
  });

  it('is asked by one process only', async () => {
    await stage.depend('acme/api');
    const other = stage.open();
    await Promise.all([stage.follower.run(db.clock.now()), other.run(db.clock.now())]);
    await Promise.all([stage.follower.idle(), other.idle()]);
    await other.stop();
    expect(stage.host.heard).toHaveLength(1);
  });

  it('is taken over when the process that asked has died', async () => {
    await stage.depend('acme/api');
    stage.host.behave('hang');
    await stage.follower.run(db.clock.now());
    await waitUntil('the feed is asked', () => stage.host.heard.length === 1);
    await stage.follower.stop();
    stage.host.behave(feed(summary([])));
    stage.reopen();
    db.clock.advance(59 * second);
    await stage.tick();
    expect(stage.host.heard).toHaveLength(1);
    db.clock.advance(2 * second);
    await stage.tick();
    expect(await stage.one()).toMatchObject({ state: 'operational' });
  });

  it('says what cannot be followed: an unknown provider, an unknown region', async () => {
    await stage.depend('nobody/eu/api');
    await stage.depend('aws/mars-north-1/dynamodb', 'hard');
    await settleOnly();
    expect((await stage.all()).map((upstream) => [upstream.id, upstream.problem, upstream.state])).toEqual([
      ['aws/mars-north-1/dynamodb', 'unknown-region', 'unknown'],
      ['nobody/eu/api', 'unknown-provider', 'unknown'],
    ]);
  });

  it('takes text that the database would refuse', async () => {
    await stage.depend('acme/api');
    const hostile = incident({
      name: 'a\0b \ud800',
      incident_updates: [{ id: 'u\0', status: 'identified', body: 'c\0d', display_at: at(0) }],
    });
    stage.host.behave(feed(summary([hostile], 'partial_outage')));
    await stage.tick();
    expect((await stage.one())?.notices[0]).toMatchObject({ title: 'a b \ufffd', updates: [{ text: 'c\ufffdd' }] });
    expect(await stage.told()).toHaveLength(1);
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
});
