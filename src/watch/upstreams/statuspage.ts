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
import { idText, maybeText, readJsonFeed } from './read-json.ts';
import { readTime } from './read-time.ts';
import { impactOf, stateOf } from './words.ts';

const component = z.object({
  id: idText,
  name: z.string(),
  status: z.string(),
  group: z.boolean().nullish(),
  group_id: idText.nullish(),
});

const change = z.object({ code: idText, name: z.string(), new_status: z.string() });

const trouble = z.object({
  id: idText,
  name: z.string(),
  status: z.string(),
  impact: maybeText,
  created_at: z.string(),
  started_at: maybeText,
  updated_at: maybeText,
  resolved_at: maybeText,
  scheduled_for: maybeText,
  scheduled_until: maybeText,
  shortlink: maybeText,
  incident_updates: z
    .array(
      z.object({
        id: idText,
        status: z.string(),
        body: maybeText,
        created_at: maybeText,
        display_at: maybeText,
        affected_components: z.array(change).nullish(),
      }),
    )
    .default([]),
  components: z.array(component).nullish(),
});

/** summary.json has `components` and lists what is open; incidents.json has none, and the last fifty. */
export const statuspageSchema = z.object({
  page: z.object({ id: idText, name: z.string(), url: maybeText }),
  components: z.array(component).optional(),
  incidents: z.array(trouble),
  scheduled_maintenances: z.array(trouble).default([]),
});

type Trouble = z.output<typeof trouble>;
type Component = z.output<typeof component>;

// An impact of "none" is a notice without effect on any component.
const impacts: Readonly<Record<string, UpstreamImpact>> = {
  none: 'operational',
  minor: 'degraded_performance',
  major: 'partial_outage',
  critical: 'major_outage',
  maintenance: 'under_maintenance',
};

export function readStatuspage({
  components,
  incidents,
  scheduled_maintenances: planned,
}: z.output<typeof statuspageSchema>): FeedReading {
  const groups = new Map((components ?? []).filter((one) => one.group === true).map((one) => [one.id, one.name]));
  const notices = [
    ...incidents.map((one) => noticeOf(one, 'incident', groups)),
    ...planned.map((one) => noticeOf(one, 'maintenance', groups)),
  ];
  const parts = (components ?? []).filter((one) => one.group !== true).map((one) => partOf(one, groups));
  return finishReading(components === undefined ? 'recent' : 'current', notices, parts);
}

const partOf = (one: Component, groups: ReadonlyMap<string, string>): DraftPart => ({
  id: one.id,
  name: one.name,
  group: groups.get(one.group_id ?? '') ?? null,
  impact: impactOf(one.status),
});

function noticeOf(one: Trouble, kind: DraftNotice['kind'], groups: ReadonlyMap<string, string>): DraftNotice {
  return {
    id: one.id,
    kind,
    title: one.name,
    url: one.shortlink,
    state: stateOf(one.status),
    impact: kind === 'maintenance' ? 'under_maintenance' : (impacts[one.impact ?? ''] ?? 'unknown'),
    startedAt: readTime(
      kind === 'maintenance' ? (one.scheduled_for ?? one.created_at) : (one.started_at ?? one.created_at),
    ),
    updatedAt: readTime(one.updated_at),
    endedAt: readTime(one.resolved_at ?? one.scheduled_until),
    publicAt: readTime(one.created_at),
    parts: affectedOf(one, groups),
    updates: updatesOf(
      one.incident_updates.map((update) => ({
        id: update.id,
        at: readTime(update.display_at ?? update.created_at),
        state: stateOf(update.status),
        text: plainText(update.body ?? ''),
      })),
    ),
  };
}

/** The components listed on the incident, and those that its updates changed: some pages fill only one of the two. Newest updates come first. */
function affectedOf(one: Trouble, groups: ReadonlyMap<string, string>): DraftPart[] {
  const parts = new Map(
    (one.components ?? []).filter((part) => part.group !== true).map((part) => [part.id, partOf(part, groups)]),
  );
  const told = new Set<string>();
  for (const update of one.incident_updates) {
    for (const { code, name, new_status: status } of update.affected_components ?? []) {
      if (told.has(code)) continue;
      told.add(code);
      parts.set(code, { group: null, ...parts.get(code), id: code, name, impact: impactOf(status) });
    }
  }
  return [...parts.values()];
}

/** Atlassian Statuspage, API v2: summary.json, incidents.json, incidents/unresolved.json. https://metastatuspage.com/api */
export const statuspage = defineFormat({
  kind: 'statuspage',
  label: 'Atlassian Statuspage',
  accept: 'application/json',
  parse: (bytes) => readJsonFeed(bytes, statuspageSchema, readStatuspage),
});
