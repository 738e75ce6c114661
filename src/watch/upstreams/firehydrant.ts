import { z } from 'zod';
import type { NoticeState, UpstreamImpact } from '../../domain/upstream.ts';
import { defineFormat, type DraftNotice, type FeedReading, finishReading, updatesOf } from './format.ts';
import { plainText } from '../../platform/plain-text.ts';
import { idText, maybeText, readJsonFeed } from './read-json.ts';
import { readTime } from './read-time.ts';

const incident = z.object({
  id: idText,
  title: z.string(),
  severitySlug: maybeText,
  timestamps: z.object({
    started: z.string(),
    detected: maybeText,
    acknowledged: maybeText,
    investigating: maybeText,
    identified: maybeText,
    mitigated: maybeText,
    monitoring: maybeText,
    resolved: maybeText,
  }),
  timeline: z.array(z.object({ time: maybeText, occurredAt: maybeText, details: z.unknown() })).default([]),
  components: z.array(z.object({ id: idText, name: z.string(), condition: maybeText })).default([]),
});
type Incident = z.output<typeof incident>;

const schema = z.object({
  config: z.object({ title: z.string() }),
  /** The page's own words for a component's condition, and what they mean. */
  conditions: z.record(z.string(), z.string()),
  components: z.array(z.object({ id: idText, name: z.string() })),
  incidents: z.array(incident),
});

const meanings: Readonly<Record<string, UpstreamImpact>> = {
  OPERATIONAL: 'operational',
  DEGRADED: 'degraded_performance',
  OFFLINE: 'major_outage',
};
const severities: Readonly<Record<string, UpstreamImpact>> = {
  SEV1: 'major_outage',
  SEV2: 'partial_outage',
  SEV3: 'degraded_performance',
  SEV4: 'degraded_performance',
  SEV5: 'degraded_performance',
  MAINTENANCE: 'under_maintenance',
};

function read({ conditions, components, incidents }: z.output<typeof schema>): FeedReading {
  const meaningOf = (condition: string | null): UpstreamImpact =>
    meanings[conditions[condition ?? ''] ?? ''] ?? 'unknown';
  const notices = incidents.map((one) => noticeOf(one, meaningOf));
  // The page gives no state of its components: what open incidents say of them is all there is.
  const told = new Map(
    notices.flatMap((one) =>
      one.state === 'resolved' ? [] : (one.parts ?? []).map((part) => [part.id, part.impact] as const),
    ),
  );
  const parts = components.map(({ id, name }) => ({ id, name, impact: told.get(id) ?? ('operational' as const) }));
  return finishReading('recent', notices, parts);
}

function noticeOf(one: Incident, meaningOf: (condition: string | null) => UpstreamImpact): DraftNotice {
  const { timestamps } = one;
  const kind = one.severitySlug === 'MAINTENANCE' ? 'maintenance' : 'incident';
  return {
    id: one.id,
    kind,
    title: one.title,
    state: stateOf(one),
    impact: severities[one.severitySlug ?? ''] ?? 'unknown',
    startedAt: readTime(timestamps.started),
    endedAt: readTime(timestamps.resolved),
    parts: one.components.map((part) => ({ id: part.id, name: part.name, impact: meaningOf(part.condition) })),
    updates: updatesOf(
      one.timeline.map((entry, index) => ({
        id: `${entry.time} ${one.timeline.length - index}`,
        at: readTime(entry.occurredAt ?? entry.time),
        state: 'unknown',
        text: plainText(noteOf(entry.details)),
      })),
    ),
  };
}

const note = z.object({ note: z.string() });
const noted = z.union([note, z.object({ note }).transform((details) => details.note)]);
/** Entries of the timeline are of many kinds; only notes have words for the public. */
const noteOf = (details: unknown): string => noted.safeParse(details).data?.note ?? '';

function stateOf({ timestamps, severitySlug }: Incident): NoticeState {
  if (readTime(timestamps.resolved) !== null) return 'resolved';
  if (severitySlug === 'MAINTENANCE') return 'in_progress';
  if (timestamps.monitoring !== null || timestamps.mitigated !== null) return 'monitoring';
  return timestamps.identified === null ? 'investigating' : 'identified';
}

/** The JSON behind FireHydrant's status pages. */
export const firehydrant = defineFormat({
  kind: 'firehydrant',
  label: 'FireHydrant',
  accept: 'application/json',
  parse: (bytes) => readJsonFeed(bytes, schema, read),
});
