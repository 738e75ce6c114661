import { z } from 'zod';
import type { NoticeState, UpstreamImpact } from '../../domain/upstream.ts';
import { defineFormat, type DraftNotice, type FeedReading, finishReading, refuse, updatesOf } from './format.ts';
import { plainText } from '../../platform/plain-text.ts';
import { idText, maybeText, readJson, readValue } from './read-json.ts';
import { readTime } from './read-time.ts';

const incident = z.object({
  id: idText,
  title: z.string(),
  type: z.string(),
  status: z.string(),
  url: maybeText,
  date_created: z.string(),
  date_updated: maybeText,
  services: z.array(z.string()),
  notes: z.array(z.object({ body: maybeText, date_created: z.string() })),
});
type Incident = z.output<typeof incident>;

const current = z.object({ status: z.string(), active_incidents: z.array(incident) });
const history = z.array(incident);

const impacts: Readonly<Record<string, UpstreamImpact>> = {
  notice: 'degraded_performance',
  incident: 'partial_outage',
  outage: 'major_outage',
  maintenance: 'under_maintenance',
};
const states: Readonly<Record<string, NoticeState>> = {
  active: 'investigating',
  resolved: 'resolved',
  scheduled: 'scheduled',
  completed: 'completed',
  cancelled: 'completed',
};

function readCurrent(document: z.output<typeof current>): FeedReading {
  if (document.status !== 'ok' && document.active_incidents.length === 0) {
    return refuse('changed-format', 'it says that something is wrong and not what');
  }
  return finishReading('current', document.active_incidents.map(noticeOf), []);
}

function noticeOf(one: Incident): DraftNotice {
  const kind = one.type === 'maintenance' ? 'maintenance' : 'incident';
  const state = states[one.status] ?? 'unknown';
  const impact = impacts[one.type] ?? 'unknown';
  return {
    id: one.id,
    kind,
    title: one.title,
    url: one.url,
    state: kind === 'maintenance' && one.status === 'active' ? 'in_progress' : state,
    impact,
    startedAt: readTime(one.date_created),
    updatedAt: readTime(one.date_updated),
    publicAt: readTime(one.date_created),
    parts: one.services.map((name) => ({ id: name, name, impact })),
    updates: updatesOf(
      one.notes.map((note) => ({
        id: note.date_created,
        at: readTime(note.date_created),
        // Notes have no state of their own; the last one carries the incident's end.
        state: 'unknown',
        text: plainText(note.body ?? ''),
      })),
    ),
  };
}

/** Slack's status API: /api/v2.0.0/current and /history. https://docs.slack.dev/reference/slack-status-api */
export const slack = defineFormat({
  kind: 'slack',
  label: 'Slack',
  accept: 'application/json',
  parse(bytes) {
    const json = readJson(bytes);
    if (!json.ok) return json;
    if (!Array.isArray(json.value)) return readValue(json.value, current, readCurrent);
    return readValue(json.value, history, (incidents) => finishReading('recent', incidents.map(noticeOf), []));
  },
});
