import { z } from 'zod';
import { defineFormat, type DraftNotice, type FeedReading, finishReading } from './format.ts';
import { plainText } from '../../platform/plain-text.ts';
import { idText, maybeText, readJson, readValue } from './read-json.ts';
import { readTime } from './read-time.ts';
import { readStatuspage, statuspageSchema } from './statuspage.ts';
import { impactOf, stateOf } from './words.ts';

const event = z.object({
  id: idText,
  name: z.string(),
  status: z.string(),
  url: maybeText,
  current_worst_impact: maybeText,
  last_update_at: maybeText,
  last_update_message: maybeText,
  started_at: maybeText,
  starts_at: maybeText,
  created_at: maybeText,
  scheduled_end_at: maybeText,
  ends_at: maybeText,
  affected_components: z
    .array(z.object({ id: idText, name: z.string(), group_name: maybeText, current_status: maybeText }))
    .nullish(),
});

const schema = z.object({
  page_title: z.string(),
  page_url: z.string(),
  ongoing_incidents: z.array(event),
  in_progress_maintenances: z.array(event),
  scheduled_maintenances: z.array(event),
});

function readWidget(document: z.output<typeof schema>): FeedReading {
  return finishReading(
    'current',
    [
      ...document.ongoing_incidents.map((one) => noticeOf(one, 'incident')),
      ...[...document.in_progress_maintenances, ...document.scheduled_maintenances].map((one) =>
        noticeOf(one, 'maintenance'),
      ),
    ],
    [],
  );
}

function noticeOf(one: z.output<typeof event>, kind: DraftNotice['kind']): DraftNotice {
  const state = stateOf(one.status);
  const at = readTime(one.last_update_at);
  return {
    id: one.id,
    kind,
    title: one.name,
    url: one.url,
    state,
    impact: kind === 'maintenance' ? 'under_maintenance' : impactOf(one.current_worst_impact),
    startedAt: readTime(one.started_at ?? one.starts_at ?? one.created_at),
    updatedAt: at,
    endedAt: readTime(one.scheduled_end_at ?? one.ends_at),
    publicAt: readTime(one.created_at),
    parts: (one.affected_components ?? []).map((part) => ({
      id: part.id,
      name: part.name,
      group: part.group_name,
      impact: impactOf(part.current_status),
    })),
    updates: at === null ? [] : [{ id: String(at), at, state, text: plainText(one.last_update_message ?? '') }],
  };
}

const isCompatible = z.object({ page: z.unknown(), incidents: z.unknown() });

/** incident.io: /api/v1/summary (its widget API) lists what goes on; /api/v2/summary.json speaks Statuspage's language. https://docs.incident.io/status-pages */
export const incidentIo = defineFormat({
  kind: 'incident-io',
  label: 'incident.io',
  accept: 'application/json',
  parse(bytes) {
    const json = readJson(bytes);
    if (!json.ok) return json;
    return isCompatible.safeParse(json.value).success
      ? readValue(json.value, statuspageSchema, readStatuspage)
      : readValue(json.value, schema, readWidget);
  },
});
