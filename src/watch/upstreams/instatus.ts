import { z } from 'zod';
import type { UpstreamImpact } from '../../domain/upstream.ts';
import { defineFormat, type DraftNotice, type FeedReading, finishReading } from './format.ts';
import { idText, maybeText, readJsonFeed } from './read-json.ts';
import { readTime } from './read-time.ts';
import { impactOf, stateOf } from './words.ts';

const shared = {
  id: idText.nullish(),
  name: z.string(),
  status: z.string(),
  url: maybeText,
  updatedAt: maybeText,
  components: z.array(z.object({ id: idText, name: z.string(), status: maybeText })).nullish(),
};
const incident = z.object({ ...shared, started: z.string(), impact: maybeText });
const maintenance = z.object({ ...shared, start: z.string() });

// The lists are left out when they are empty: what holds the feed together is the state of the page.
const schema = z.object({
  page: z.object({ name: z.string(), url: maybeText, status: z.string() }),
  activeIncidents: z.array(incident).nullish(),
  activeMaintenances: z.array(maintenance).nullish(),
});

const pageStates: Readonly<Record<string, UpstreamImpact>> = {
  UP: 'operational',
  HASISSUES: 'degraded_performance',
  UNDERMAINTENANCE: 'under_maintenance',
};

function read({ page, activeIncidents, activeMaintenances }: z.output<typeof schema>): FeedReading {
  const notices = [
    ...(activeIncidents ?? []).map((one) => noticeOf(one, 'incident', one.started, impactOf(one.impact))),
    ...(activeMaintenances ?? []).map((one) => noticeOf(one, 'maintenance', one.start, 'under_maintenance')),
  ];
  // The page may have issues that no incident tells of.
  return finishReading('current', notices, [
    { id: 'page', name: page.name, impact: pageStates[page.status] ?? 'unknown' },
  ]);
}

function noticeOf(
  one: z.output<typeof maintenance> | z.output<typeof incident>,
  kind: DraftNotice['kind'],
  started: string,
  impact: UpstreamImpact,
): DraftNotice {
  return {
    // Older pages give no id: the address of the incident is as good.
    id: one.id ?? one.url ?? `${one.name} ${started}`,
    kind,
    title: one.name,
    url: one.url,
    state: stateOf(one.status),
    impact,
    startedAt: readTime(started),
    updatedAt: readTime(one.updatedAt),
    parts: (one.components ?? []).map((part) => ({ id: part.id, name: part.name, impact: impactOf(part.status) })),
  };
}

/** Instatus: /summary.json (also as /v3/summary.json). https://instatus.com/help/widgets */
export const instatus = defineFormat({
  kind: 'instatus',
  label: 'Instatus',
  accept: 'application/json',
  parse: (bytes) => readJsonFeed(bytes, schema, read),
});
