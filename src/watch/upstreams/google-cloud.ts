import { z } from 'zod';
import type { NoticeState, UpstreamImpact } from '../../domain/upstream.ts';
import { defineFormat, type DraftNotice, type FeedReading, finishReading, updatesOf } from './format.ts';
import { plainText } from '../../platform/plain-text.ts';
import { idText, maybeText, readJsonFeed } from './read-json.ts';
import { readTime } from './read-time.ts';

const place = z.object({ id: idText, title: z.string() });
const update = z.object({ created: maybeText, when: maybeText, text: z.string(), status: z.string() });
const schema = z.array(
  z.object({
    id: idText,
    begin: z.string(),
    created: maybeText,
    end: maybeText,
    modified: maybeText,
    external_desc: z.string(),
    updates: z.array(update),
    status_impact: z.string(),
    affected_products: z.array(place),
    uri: maybeText,
    currently_affected_locations: z.array(place).nullish(),
    previously_affected_locations: z.array(place).nullish(),
  }),
);
type Incident = z.output<typeof schema>[number];

const impacts: Readonly<Record<string, UpstreamImpact>> = {
  AVAILABLE: 'operational',
  SERVICE_INFORMATION: 'degraded_performance',
  SERVICE_DISRUPTION: 'partial_outage',
  SERVICE_OUTAGE: 'major_outage',
};

const read = (incidents: Incident[]): FeedReading => finishReading('recent', incidents.map(noticeOf), []);

function noticeOf(one: Incident): DraftNotice {
  const endedAt = readTime(one.end);
  const impact = impacts[one.status_impact] ?? 'unknown';
  const now = one.currently_affected_locations ?? [];
  // Over, it lists only where it was.
  const places = now.length > 0 ? now : (one.previously_affected_locations ?? []);
  return {
    id: one.id,
    kind: 'incident',
    title: plainText(one.external_desc),
    url: one.uri === null ? null : `https://status.cloud.google.com/${one.uri}`,
    state: endedAt === null ? 'investigating' : 'resolved',
    // An incident that is not over is never without effect, whatever its last word.
    impact: impact === 'operational' ? 'unknown' : impact,
    startedAt: readTime(one.begin),
    updatedAt: readTime(one.modified),
    endedAt,
    publicAt: readTime(one.created),
    parts: one.affected_products.map((product) => ({ id: product.id, name: product.title, impact })),
    regions: places.map((location) => location.id),
    updates: updatesOf(
      one.updates.map((entry, index) => ({
        id: `${entry.when ?? entry.created} ${one.updates.length - index}`,
        at: readTime(entry.when ?? entry.created),
        state: stateOf(entry.status),
        text: plainText(entry.text),
      })),
    ),
  };
}

const stateOf = (status: string): NoticeState => (status === 'AVAILABLE' ? 'resolved' : 'investigating');

/** Google Cloud's history, https://status.cloud.google.com/incidents.json; Google Workspace publishes the same. */
export const googleCloud = defineFormat({
  kind: 'google-cloud',
  label: 'Google Cloud',
  accept: 'application/json',
  parse: (bytes) => readJsonFeed(bytes, schema, read),
});
