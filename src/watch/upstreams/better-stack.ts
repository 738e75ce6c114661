import { z } from 'zod';
import type { NoticeState, UpstreamImpact } from '../../domain/upstream.ts';
import { worstImpact } from '../../domain/upstream.ts';
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
import { impactOf } from './words.ts';

const record = z.object({ id: idText, type: z.string(), attributes: z.record(z.string(), z.unknown()) });
const schema = z.object({
  data: z.object({
    id: idText,
    type: z.literal('status_page'),
    attributes: z.object({ company_name: z.string(), aggregate_state: z.string() }),
  }),
  included: z.array(record),
});

const affected = z.array(z.object({ status_page_resource_id: idText, status: z.string() })).nullish();
const resource = z.object({ public_name: z.string(), status: z.string(), status_page_section_id: idText.nullish() });
const report = z.object({
  title: z.string(),
  report_type: z.string(),
  starts_at: z.string(),
  ends_at: maybeText,
  aggregate_state: maybeText,
  affected_resources: affected,
});
const update = z.object({
  message: maybeText,
  published_at: maybeText,
  status_report_id: idText.nullish(),
  affected_resources: affected,
});

/** Sections, resources, reports and updates by type. A record that lacks its structure makes the whole a changed format. */
const included = z.array(record).transform((records, context) => {
  const read = <T>(type: string, shape: z.ZodType<T>): { id: string; value: T }[] =>
    records.flatMap((one) => {
      if (one.type !== type) return [];
      const parsed = shape.safeParse(one.attributes);
      if (parsed.success) return [{ id: one.id, value: parsed.data }];
      context.addIssue({ code: 'custom', message: 'changed', path: [type, ...(parsed.error.issues[0]?.path ?? [])] });
      return [];
    });
  return {
    sections: read('status_page_section', z.object({ name: maybeText })),
    resources: read('status_page_resource', resource),
    reports: read('status_report', report),
    updates: read('status_update', update),
  };
});

const whole = schema.extend({ included });
type Whole = z.output<typeof whole>;

function read({ data, included: items }: Whole): FeedReading {
  const sections = new Map(items.sections.map(({ id, value }) => [id, value.name]));
  // What is not monitored is not known, and says nothing about the rest.
  const watched = items.resources.filter(({ value }) => value.status !== 'not_monitored');
  const parts = new Map(
    watched.map(({ id, value }): [string, DraftPart] => [
      id,
      {
        id,
        name: value.public_name,
        group: sections.get(value.status_page_section_id ?? '') ?? null,
        impact: impactOf(value.status),
      },
    ]),
  );
  const notices = items.reports.map((one) => noticeOf(one, items.updates, parts));
  const page = { id: 'page', name: data.attributes.company_name, impact: impactOf(data.attributes.aggregate_state) };
  // Without resources the page's own state is all there is.
  return finishReading('recent', notices, parts.size > 0 ? [...parts.values()] : [page]);
}

type Affected = z.output<typeof affected>;

function noticeOf(
  { id, value }: Whole['included']['reports'][number],
  updates: Whole['included']['updates'],
  parts: ReadonlyMap<string, DraftPart>,
): DraftNotice {
  const kind = value.report_type === 'maintenance' ? 'maintenance' : 'incident';
  const named = (value.affected_resources ?? []).map((one) => ({ ...one, impact: impactOf(one.status) }));
  const isOver =
    value.aggregate_state === 'resolved' ||
    (kind === 'incident' && readTime(value.ends_at) !== null) ||
    (named.length > 0 && named.every((one) => one.impact === 'operational'));
  const state = isOver ? 'resolved' : openState(kind, named);
  return {
    id,
    kind,
    title: value.title,
    state,
    impact: kind === 'maintenance' ? 'under_maintenance' : reportImpact(value.aggregate_state, named),
    startedAt: readTime(value.starts_at),
    endedAt: readTime(value.ends_at),
    parts: named.map((one) => ({
      ...(parts.get(one.status_page_resource_id) ?? { name: one.status_page_resource_id, group: null }),
      id: one.status_page_resource_id,
      impact: one.impact,
    })),
    updates: updatesOf(
      updates
        .filter((one) => one.value.status_report_id === id)
        .map((one) => ({
          id: one.id,
          at: readTime(one.value.published_at),
          state: stateOfUpdate(one.value.affected_resources),
          text: plainText(one.value.message ?? ''),
        })),
    ),
  };
}

function openState(kind: DraftNotice['kind'], named: readonly { status: string }[]): NoticeState {
  if (kind === 'incident') return 'investigating';
  return named.some((one) => one.status === 'maintenance') ? 'in_progress' : 'scheduled';
}

function reportImpact(aggregate: string | null, named: readonly { impact: UpstreamImpact }[]): UpstreamImpact {
  const stated = impactOf(aggregate);
  return stated === 'unknown' && named.length > 0 ? worstImpact(named.map((one) => one.impact)) : stated;
}

const stateOfUpdate = (resources: Affected): NoticeState =>
  (resources ?? []).length > 0 && (resources ?? []).every((one) => one.status === 'resolved')
    ? 'resolved'
    : 'investigating';

/** Better Stack: /index.json of a status page, JSON:API. https://betterstack.com/docs/uptime/status-pages/subscribing-to-status-updates/subscribing-to-api */
export const betterStack = defineFormat({
  kind: 'better-stack',
  label: 'Better Stack',
  accept: 'application/json',
  parse: (bytes) => readJsonFeed(bytes, whole, read),
});
