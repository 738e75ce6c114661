import type { NoticeState, UpstreamImpact } from '../../domain/upstream.ts';
import { splitService } from './aws.ts';
import { type FeedItem, readItems } from './feed-items.ts';
import { defineFormat, type DraftNotice, finishReading, refuse } from './format.ts';

// `Service disruption: Increased Error Rates`, `Service is operating normally: [RESOLVED] Increased Packet loss`.
const titleForm =
  /^(service is operating normally|informational message|service (?:impact|degradation|disruption|outage))\s*:\s*(.*)$/i;
// https://status.aws.amazon.com/#directconnect-eu-central-1_1787025679
const guidForm = /#([a-z0-9-]+)_(\d{9,11})$/i;

const impacts: Readonly<Record<string, UpstreamImpact>> = {
  'service is operating normally': 'operational',
  'informational message': 'degraded_performance',
  'service impact': 'partial_outage',
  'service degradation': 'partial_outage',
  'service disruption': 'major_outage',
  'service outage': 'major_outage',
};

interface Entry {
  service: string;
  seconds: number;
  impact: UpstreamImpact;
  state: NoticeState;
  title: string;
  item: FeedItem;
}

function entryOf(item: FeedItem): Entry | undefined {
  const guid = guidForm.exec(item.guid);
  const title = titleForm.exec(item.title);
  if (guid === null) return undefined;
  const stated = title?.[1]?.toLowerCase() ?? '';
  const isOver = stated === 'service is operating normally' || /^\[RESOLVED\]/i.test(title?.[2] ?? item.title);
  return {
    service: (guid[1] ?? '').toLowerCase(),
    seconds: Number(guid[2]),
    impact: impacts[stated] ?? 'unknown',
    state: isOver ? 'resolved' : 'investigating',
    title: (title?.[2] ?? item.title).replace(/^\[RESOLVED\]\s*/i, ''),
    item,
  };
}

/** One notice for each service and region: its latest episode, which begins after the last all-clear. */
function noticeOf(service: string, entries: readonly Entry[]): DraftNotice {
  const newestFirst = entries.toSorted((a, b) => b.seconds - a.seconds);
  const [last] = newestFirst;
  const before = newestFirst.findIndex((entry, index) => index > 0 && entry.state === 'resolved');
  const episode = before < 0 ? newestFirst : newestFirst.slice(0, before);
  const { product, region } = splitService(service);
  const impact = last?.impact ?? 'unknown';
  return {
    id: service,
    kind: 'incident',
    title: last?.title ?? service,
    url: last?.item.link ?? null,
    state: last?.state ?? 'unknown',
    impact,
    parts:
      product === 'multipleservices'
        ? []
        : [{ id: service, name: product, product, impact, regions: region === undefined ? [] : [region] }],
    regions: region === undefined ? [] : [region],
    updates: episode.map(({ item, seconds, state }) => ({
      id: String(seconds),
      at: item.at ?? seconds * 1000,
      state,
      text: item.text,
    })),
  };
}

/** AWS' RSS, for all (https://status.aws.amazon.com/rss/all.rss) or one service and region: every item is an update. */
export const awsRss = defineFormat({
  kind: 'aws-rss',
  label: 'AWS (RSS)',
  accept: 'application/rss+xml, application/xml;q=0.9',
  parse(bytes) {
    const read = readItems(bytes);
    if (!read.ok) return read;
    const byService = new Map<string, Entry[]>();
    for (const item of read.items) {
      const entry = entryOf(item);
      if (entry === undefined) return refuse('changed-format', 'an entry does not name its service');
      byService.set(entry.service, [...(byService.get(entry.service) ?? []), entry]);
    }
    return finishReading(
      'recent',
      [...byService].map(([service, entries]) => noticeOf(service, entries)),
      [],
    );
  },
});
