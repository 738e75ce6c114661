import { createHash } from 'node:crypto';
import type { EpochMs } from '../../../domain/words.ts';
import type { ProviderNotice, ProviderPost, Scenario, ScenarioProvider } from '../scenario.ts';
import { openWorldServer } from './open-server.ts';

/** What the provider's feed says at `now`, in its real format: bytes, and their type. */
export function renderFeed(provider: ScenarioProvider, now: EpochMs): { bytes: Buffer; type: string } {
  const notices = [...provider.notices].flatMap(([id, notice]) => {
    const posts = notice.posts.filter((post) => post.at <= now);
    const last = posts.at(-1);
    return last === undefined ? [] : [{ id, notice, posts, last }];
  });
  return provider.format === 'aws' ? renderAws(notices, now) : renderStatuspage(provider, notices);
}

interface Published {
  id: string;
  notice: ProviderNotice;
  posts: readonly ProviderPost[];
  last: ProviderPost;
}

const seconds = (at: EpochMs): string => String(Math.floor(at / 1_000));
/** A resolved event stays on AWS' list for so long. */
const listedAfterMs = 3 * 3_600_000;
const awsStatus = { none: '0', minor: '1', major: '2', critical: '3' } as const;

/** AWS Health's current events: UTF-16BE with a byte order mark, https://health.aws.amazon.com/public/currentevents */
function renderAws(published: readonly Published[], now: EpochMs): { bytes: Buffer; type: string } {
  const listed = published.filter(({ last }) => last.status !== 'resolved' || now - last.at < listedAfterMs);
  const events = listed.map(({ id, notice, posts, last }) => {
    const isOver = last.status === 'resolved';
    const region = notice.region ?? '';
    return {
      date: seconds(notice.beginsAt),
      arn: `arn:aws:health:${region}::event/REPLAY/${id}`,
      region_name: notice.regionName ?? '',
      status: isOver ? '0' : awsStatus[last.impact],
      service: notice.key,
      service_name: notice.part,
      summary: notice.title,
      ...(isOver ? { end_time: seconds(last.at) } : {}),
      event_log: posts.map((post) => ({
        summary: notice.title,
        message: post.text,
        status: post.status === 'resolved' ? '0' : awsStatus[post.impact],
        timestamp: seconds(post.at),
      })),
      impacted_services: {
        [notice.key]: {
          service_name: notice.part,
          current: isOver ? '0' : awsStatus[last.impact],
          max: awsStatus[worst(posts)],
        },
      },
    };
  });
  const text = Buffer.from(`\ufeff${JSON.stringify(events)}`, 'utf16le').swap16();
  return { bytes: text, type: 'application/json' };
}

const order = ['none', 'minor', 'major', 'critical'] as const;
const worst = (posts: readonly ProviderPost[]): ProviderPost['impact'] =>
  order[Math.max(...posts.map((post) => order.indexOf(post.impact)))] ?? 'none';

const componentStatus = {
  none: 'operational',
  minor: 'degraded_performance',
  major: 'partial_outage',
  critical: 'major_outage',
} as const;

/** Statuspage v2's summary.json. */
function renderStatuspage(
  provider: ScenarioProvider,
  published: readonly Published[],
): { bytes: Buffer; type: string } {
  const iso = (at: EpochMs): string => new Date(at).toISOString();
  const parts = new Map([...provider.notices.values()].map((notice) => [notice.key, notice.part]));
  const components = [...parts].map(([key, name]) => {
    const open = published.filter(({ notice, last }) => notice.key === key && last.status !== 'resolved');
    const impact = order[Math.max(0, ...open.map(({ last }) => order.indexOf(last.impact)))] ?? 'none';
    return { id: key, name, status: componentStatus[impact], group: false, group_id: null };
  });
  const incidents = published
    .filter(({ last }) => last.status !== 'resolved')
    .map(({ id, notice, posts, last }) => ({
      id,
      name: notice.title,
      status: last.status,
      impact: worst(posts),
      created_at: iso(posts[0]?.at ?? notice.beginsAt),
      started_at: iso(notice.beginsAt),
      updated_at: iso(last.at),
      resolved_at: null,
      shortlink: `https://status.example.com/${id}`,
      incident_updates: posts
        .map((post, index) => ({
          id: `${id}-${index}`,
          status: post.status,
          body: post.text,
          display_at: iso(post.at),
        }))
        .toReversed(),
      components: components.filter((component) => component.id === notice.key),
    }));
  const page = { id: 'replay', name: provider.name, url: 'https://status.example.com' };
  const body = { page, components, incidents, scheduled_maintenances: [] };
  return { bytes: Buffer.from(JSON.stringify(body)), type: 'application/json' };
}

export interface WorldFeeds {
  /** The address of each provider's feed. */
  readonly addresses: ReadonlyMap<string, string>;
  close(): Promise<void>;
}

/** Serves each provider's feed as it was at this time, with a validator as real ones have. */
export async function openWorldFeeds(scenario: Scenario, now: () => EpochMs): Promise<WorldFeeds> {
  const addresses = new Map<string, string>();
  const servers = await Promise.all(
    [...scenario.providers].map(async ([id, provider]) => {
      const server = await openWorldServer((request, response) => {
        const { bytes, type } = renderFeed(provider, now());
        const etag = `"${createHash('sha256').update(bytes).digest('base64url').slice(0, 22)}"`;
        response.setHeader('etag', etag);
        response.setHeader('content-type', type);
        response.statusCode = request.headers['if-none-match'] === etag ? 304 : 200;
        response.end(response.statusCode === 304 ? undefined : bytes);
      });
      addresses.set(id, `${server.url}/feed.json`);
      return server;
    }),
  );
  return { addresses, close: async () => void (await Promise.all(servers.map((server) => server.close()))) };
}
