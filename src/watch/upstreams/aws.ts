import { z } from 'zod';
import type { UpstreamImpact } from '../../domain/upstream.ts';
import {
  defineFormat,
  type DraftNotice,
  type DraftPart,
  type FeedReading,
  finishReading,
  updatesOf,
} from './format.ts';
import { plainText } from '../../platform/plain-text.ts';
import { maybeText, readJsonFeed } from './read-json.ts';
import { readSeconds } from './read-time.ts';

const code = z.union([z.string(), z.number()]).transform(String);

const schema = z.array(
  z.object({
    date: code,
    arn: z.string().min(1),
    region_name: z.string(),
    status: code,
    service: z.string().min(1),
    service_name: z.string(),
    summary: z.string(),
    end_time: code.nullish(),
    event_log: z.array(z.object({ summary: maybeText, message: maybeText, status: code, timestamp: code })),
    impacted_services: z.record(z.string(), z.object({ service_name: z.string(), current: code })).nullish(),
  }),
);
type Event = z.output<typeof schema>[number];

/** 0 normal, 1 a remark (how trouble begins as a rule), 2 degradation, 3 disruption. */
const impacts: Readonly<Record<string, UpstreamImpact>> = {
  '0': 'operational',
  '1': 'degraded_performance',
  '2': 'partial_outage',
  '3': 'major_outage',
};
const impactOf = (status: string): UpstreamImpact => impacts[status] ?? 'unknown';

/** `dynamodb-us-east-1` → `dynamodb` in that region. Global services have no region in their name. */
export function splitService(key: string): { product: string; region: string | undefined } {
  const match = /^(.+?)-([a-z]{2}(?:-[a-z]+){1,2}-\d)$/.exec(key);
  return { product: match?.[1] ?? key, region: match?.[2] };
}

const read = (events: Event[]): FeedReading => finishReading('current', events.map(noticeOf), []);

function noticeOf(event: Event): DraftNotice {
  // arn:aws:health:<region>::event/…
  const region = event.arn.split(':')[3] ?? '';
  const isOver = event.status === '0' || readSeconds(event.end_time) !== null;
  return {
    id: event.arn,
    kind: 'incident',
    title: `${event.summary} (${event.service_name}, ${event.region_name})`,
    url: 'https://health.aws.amazon.com/health/status',
    state: isOver ? 'resolved' : 'investigating',
    impact: impactOf(event.status),
    startedAt: readSeconds(event.date),
    endedAt: readSeconds(event.end_time),
    parts: partsOf(event),
    regions: region === '' ? [event.region_name] : [region],
    updates: updatesOf(
      event.event_log.map((entry, index) => ({
        id: `${entry.timestamp} ${index}`,
        at: readSeconds(entry.timestamp),
        state: entry.status === '0' ? 'resolved' : 'investigating',
        text: plainText(entry.message ?? entry.summary ?? ''),
      })),
    ),
  };
}

/** What is affected now: services that are back to normal are listed with 0. Without a list, the service of the event; "multiple services" names none. */
function partsOf(event: Event): DraftPart[] {
  const listed = Object.entries(event.impacted_services ?? {}).filter(([, service]) => service.current !== '0');
  const entries =
    listed.length > 0
      ? listed
      : [[event.service, { service_name: event.service_name, current: event.status }] as const];
  return entries.flatMap(([key, service]): DraftPart[] => {
    const { product, region } = splitService(key);
    if (product === 'multipleservices') return [];
    return [
      {
        id: key,
        name: service.service_name,
        product,
        regions: region === undefined ? [] : [region],
        impact: impactOf(service.current),
      },
    ];
  });
}

/** AWS Health's public events, https://health.aws.amazon.com/public/currentevents: UTF-16BE with a byte order mark. */
export const awsEvents = defineFormat({
  kind: 'aws',
  label: 'AWS Health (current events)',
  accept: 'application/json',
  parse: (bytes) => readJsonFeed(bytes, schema, read),
});
