import type { IncidentStatus, JsonObject, Severity } from '../domain/words.ts';
import type { Ctx } from '../platform/context.ts';
import { signLink } from '../platform/signed-link.ts';
import type { PageMessage } from './channels/channel.ts';

interface PageIncident {
  id: string;
  number: number;
  title: string;
  serviceName: string;
  severity: Severity;
  status: IncidentStatus;
  merged: boolean;
  openedAt: number;
}

/** A page with all that its message needs. */
export interface PageRow {
  id: string;
  kind: 'incident' | 'summary' | 'test';
  round: number;
  attempt: number;
  resendCount: number;
  createdAt: number;
  personId: string;
  personName: string;
  channelKind: string;
  label: string;
  config: JsonObject;
  incident: PageIncident | undefined;
  /** For a summary: its incidents that nobody has taken yet. */
  summed: PageIncident[];
}

/** How long a link in a message may be used. Longer than any incident should wait for an answer. */
export const linkLifeMs = 72 * 3_600_000;
export const acknowledgePurpose = 'acknowledge';

export async function readPage(ctx: Ctx, pageId: string): Promise<PageRow | undefined> {
  const row = await ctx.db
    .selectFrom('pages')
    .innerJoin('people', 'people.id', 'pages.person_id')
    .innerJoin('contact_methods', 'contact_methods.id', 'pages.contact_method_id')
    .select([
      'pages.id',
      'pages.kind',
      'pages.round',
      'pages.attempt',
      'pages.resend_count',
      'pages.created_at',
      'pages.incident_id',
      'pages.person_id',
    ])
    .select([
      'people.name as person_name',
      'contact_methods.kind as channel_kind',
      'contact_methods.label',
      'contact_methods.config',
    ])
    .where('pages.id', '=', pageId)
    .executeTakeFirst();
  if (!row) return undefined;
  const incidents =
    row.kind === 'summary'
      ? await readIncidents(ctx, { summaryId: row.id })
      : await readIncidents(ctx, { incidentId: row.incident_id });
  return {
    id: row.id,
    kind: row.kind,
    round: row.round,
    attempt: row.attempt,
    resendCount: row.resend_count,
    createdAt: row.created_at,
    personId: row.person_id,
    personName: row.person_name,
    channelKind: row.channel_kind,
    label: row.label,
    config: row.config,
    incident: row.kind === 'summary' ? undefined : incidents[0],
    summed:
      row.kind === 'summary' ? incidents.filter((incident) => incident.status === 'triggered' && !incident.merged) : [],
  };
}

async function readIncidents(
  ctx: Ctx,
  of: { incidentId: string | null } | { summaryId: string },
): Promise<PageIncident[]> {
  if ('incidentId' in of && of.incidentId === null) return [];
  const rows = await ctx.db
    .selectFrom('incidents')
    .leftJoin('services', 'services.id', 'incidents.service_id')
    .select([
      'incidents.id',
      'number',
      'title',
      'severity',
      'incidents.status',
      'merged_into_id',
      'opened_at',
      'services.name as service_name',
    ])
    .$if('incidentId' in of, (query) =>
      query.where('incidents.id', '=', 'incidentId' in of ? (of.incidentId ?? '') : ''),
    )
    .$if('summaryId' in of, (query) =>
      query.where('incidents.id', 'in', (inner) =>
        inner
          .selectFrom('pages')
          .select((s) => s.ref('pages.incident_id').$notNull().as('id'))
          .where('summary_id', '=', 'summaryId' in of ? of.summaryId : ''),
      ),
    )
    .orderBy('opened_at')
    .execute();
  return rows.map((row) => ({
    id: row.id,
    number: row.number,
    title: row.title,
    serviceName: row.service_name ?? '',
    severity: row.severity,
    status: row.status,
    merged: row.merged_into_id !== null,
    openedAt: row.opened_at,
  }));
}

// A message on a telephone; the rest is on the screen behind its link.
const maxSummaryLines = 10;

/** What the channel is asked to say. */
export function pageMessage(ctx: Ctx, page: PageRow): PageMessage {
  const now = ctx.clock.now();
  const base = { id: page.id, kind: page.kind, personName: page.personName, isResend: page.resendCount > 0, now };
  if (page.kind === 'summary') {
    const lines = page.summed.slice(0, maxSummaryLines).map((incident) => `#${incident.number} ${incident.title}`);
    const more = page.summed.length - lines.length;
    if (more > 0) lines.push(`and ${more} more`);
    const viewUrl = `${ctx.publicUrl}/console/incidents`;
    return { ...base, viewUrl, summary: { count: page.summed.length, lines, viewUrl } };
  }
  if (!page.incident) return { ...base, viewUrl: `${ctx.publicUrl}/console` };
  const { incident } = page;
  return {
    ...base,
    viewUrl: `${ctx.publicUrl}/console/incidents/${incident.id}`,
    ackUrl: `${ctx.publicUrl}/a/${signLink(ctx.secret, acknowledgePurpose, page.id, page.createdAt + linkLifeMs)}`,
    incident: {
      id: incident.id,
      number: incident.number,
      title: incident.title,
      serviceName: incident.serviceName,
      severity: incident.severity,
      status: incident.status,
      openedAt: incident.openedAt,
      evidence: [],
    },
  };
}
