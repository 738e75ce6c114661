import type { ServerResponse } from 'node:http';
import type { JsonObject } from '../../../src/domain/words.ts';
import { openFeedHttp } from '../../../src/watch/upstreams/fetch-feed.ts';
import { createUpstreamFollower, type UpstreamFollower } from '../../../src/watch/upstreams/follow.ts';
import { readUpstreams } from '../../../src/watch/upstreams/read-upstreams.ts';
import type { UpstreamView } from '../../../src/watch/upstreams/schemas.ts';
import { type FakeHost, type FakeInternet, openFakeInternet } from '../../harness/fake-internet.ts';
import { startAt, type WatchDatabase } from './watch-database.ts';

export const second = 1_000;
export const minute = 60_000;

export const at = (ms: number): string => new Date(startAt + ms).toISOString();
export const component = (id: string, name: string, status: string) => ({
  id,
  name,
  status,
  group: false,
  group_id: null,
});
export const incident = (more: JsonObject = {}): JsonObject => ({
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
export const summary = (incidents: JsonObject[], apiStatus = 'operational'): JsonObject => ({
  page: { id: 'p', name: 'Acme', url: 'https://status.example.com' },
  components: [component('c1', 'API', apiStatus), component('c2', 'Website', 'operational')],
  incidents,
  scheduled_maintenances: [],
});

type Handler = (request: unknown, response: ServerResponse) => void;

/** Answers with the body, as JSON unless it is a text. */
export const feed =
  (body: object | string, headers: Record<string, string> = {}): Handler =>
  (_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json', ...headers });
    response.end(typeof body === 'string' ? body : JSON.stringify(body));
  };

/** One provider, `acme`, whose page is a host on loopback, and somebody who follows it. */
export interface UpstreamStage {
  internet: FakeInternet;
  host: FakeHost;
  follower: UpstreamFollower;
  /** Another process's follower in the place of this one. */
  reopen(timeoutMs?: number): void;
  open(timeoutMs?: number): UpstreamFollower;
  addProvider(id: string, url: string, feedKind?: string): Promise<unknown>;
  depend(on: string, hardness?: 'hard' | 'soft', service?: string): Promise<unknown>;
  /** Asks what is due, and waits for the answers. */
  tick(): Promise<void>;
  /** The same, 70 s later by default: a minute with its jitter. */
  later(ms?: number): Promise<void>;
  all(): Promise<UpstreamView[]>;
  one(): Promise<UpstreamView | undefined>;
  feedRow(): Promise<{ next_fetch_at: number | null; last_error: string | null }>;
  /** Signals as `firing major: summary`, oldest first. */
  told(): Promise<string[]>;
  close(): Promise<void>;
}

/** Sets the stage in a database that is emptied first. */
export async function setUpstreamStage(db: WatchDatabase): Promise<UpstreamStage> {
  await db.reset();
  for (const table of ['upstream_feeds', 'upstreams', 'upstream_providers'] as const) {
    await db.ctx.db.deleteFrom(table).execute();
  }
  const internet = openFakeInternet();
  const host = await internet.http(feed(summary([])));
  const open = (timeoutMs = 5_000): UpstreamFollower =>
    createUpstreamFollower(db.ctx, openFeedHttp({ allowPrivateNetworks: true, timeoutMs }));
  const all = (): Promise<UpstreamView[]> => readUpstreams(db.ctx, db.clock.now());
  const stage: UpstreamStage = {
    internet,
    host,
    follower: open(),
    open,
    reopen(timeoutMs) {
      stage.follower = open(timeoutMs);
    },
    addProvider: (id, url, feedKind = 'statuspage') =>
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
        .execute(),
    depend: (on, hardness = 'hard', service = 'checkout') =>
      db.ctx.db.insertInto('service_dependencies').values({ service_id: service, depends_on: on, hardness }).execute(),
    async tick() {
      await stage.follower.run(db.clock.now());
      await stage.follower.idle();
    },
    async later(ms = 70 * second) {
      db.clock.advance(ms);
      await stage.tick();
    },
    all,
    one: async () => (await all())[0],
    feedRow: () =>
      db.ctx.db
        .selectFrom('upstream_feeds')
        .select(['next_fetch_at', 'last_error'])
        .where('provider', '=', 'acme')
        .executeTakeFirstOrThrow(),
    told: async () => (await db.signals()).map((signal) => `${signal.status} ${signal.severity}: ${signal.summary}`),
    async close() {
      await stage.follower.stop();
      await internet.close();
    },
  };
  await stage.addProvider('acme', host.url);
  return stage;
}
