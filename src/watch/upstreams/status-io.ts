import { z } from 'zod';
import type { NoticeState, UpstreamImpact } from '../../domain/upstream.ts';
import {
  defineFormat,
  type DraftNotice,
  type DraftPart,
  type FeedReading,
  finishReading,
  updatesOf,
} from './format.ts';
import { plainText } from '../../platform/plain-text.ts';
import { idText, maybeText, readJsonFeed } from './read-json.ts';
import { readTime } from './read-time.ts';

const container = z.object({ id: idText, name: z.string(), status_code: z.number() });
const named = z.object({ _id: idText, name: z.string() });
const event = z.object({
  _id: idText,
  name: z.string(),
  datetime_open: z.string(),
  datetime_resolved: maybeText,
  datetime_planned_start: maybeText,
  datetime_planned_end: maybeText,
  messages: z
    .array(z.object({ details: maybeText, state: z.number(), status: z.number(), datetime: z.string() }))
    .default([]),
  containers_affected: z.array(named).default([]),
  components_affected: z.array(named).default([]),
});

const schema = z.object({
  result: z.object({
    status_overall: z.object({ status: z.string(), status_code: z.number() }),
    status: z.array(
      z.object({ id: idText, name: z.string(), status_code: z.number(), containers: z.array(container).default([]) }),
    ),
    incidents: z.array(event),
    maintenance: z.object({ active: z.array(event), upcoming: z.array(event) }),
  }),
});

/** https://kb.status.io/developers/status-codes */
function impactOfCode(code: number): UpstreamImpact {
  if (code === 100) return 'operational';
  if (code === 200) return 'under_maintenance';
  if (code === 300) return 'degraded_performance';
  if (code === 400) return 'partial_outage';
  return code === 500 || code === 600 ? 'major_outage' : 'unknown';
}

function stateOfCode(code: number | undefined): NoticeState {
  if (code === 200) return 'identified';
  if (code === 300) return 'monitoring';
  return code === 100 ? 'investigating' : 'unknown';
}

function read({ result }: z.output<typeof schema>): FeedReading {
  const parts = result.status.flatMap((one): DraftPart[] => {
    // A container is where a component runs: a region, a data centre. One alone says nothing.
    if (one.containers.length < 2) return [{ id: one.id, name: one.name, impact: impactOfCode(one.status_code) }];
    return one.containers.map((place) => ({
      id: `${one.id}/${place.id}`,
      name: one.name,
      group: place.name,
      impact: impactOfCode(place.status_code),
    }));
  });
  const { active, upcoming } = result.maintenance;
  const notices = [
    ...result.incidents.map((one) => noticeOf(one, 'incident', stateOfCode(one.messages.at(-1)?.state))),
    ...active.map((one) => noticeOf(one, 'maintenance', 'in_progress')),
    ...upcoming.map((one) => noticeOf(one, 'maintenance', 'scheduled')),
  ];
  return finishReading('current', notices, parts);
}

function noticeOf(one: z.output<typeof event>, kind: DraftNotice['kind'], state: NoticeState): DraftNotice {
  const last = one.messages.at(-1);
  const impact =
    kind === 'maintenance' ? 'under_maintenance' : last === undefined ? 'unknown' : impactOfCode(last.status);
  return {
    id: one._id,
    kind,
    title: one.name,
    state: readTime(one.datetime_resolved) === null ? state : 'resolved',
    impact,
    startedAt: readTime(one.datetime_planned_start ?? one.datetime_open),
    endedAt: readTime(one.datetime_resolved ?? one.datetime_planned_end),
    publicAt: readTime(one.datetime_open),
    parts: one.components_affected.map((part) => ({
      id: part._id,
      name: part.name,
      impact,
      regions: one.containers_affected.map((place) => place.name),
    })),
    updates: updatesOf(
      one.messages.map((message, index) => ({
        id: `${message.datetime} ${index}`,
        at: readTime(message.datetime),
        state: kind === 'maintenance' ? state : stateOfCode(message.state),
        text: plainText(message.details ?? ''),
      })),
    ),
  };
}

/** Status.io: https://api.status.io/1.0/status/<page>. https://kb.status.io/developers/public-status-api */
export const statusIo = defineFormat({
  kind: 'status-io',
  label: 'Status.io',
  accept: 'application/json',
  parse: (bytes) => readJsonFeed(bytes, schema, read),
});
