import type { JsonObject } from '../domain/words.ts';
import type { Ctx } from '../platform/context.ts';
import { ServiceError } from '../platform/errors.ts';
import { readCauses } from './causes/read-causes.ts';
import type { IncidentDetail, IncidentSummary } from './schemas.ts';
import { tellEvent } from './tell-event.ts';

const summaries = (ctx: Ctx) =>
  ctx.db
    .selectFrom('incidents')
    .leftJoin('services', 'services.id', 'incidents.service_id')
    .leftJoin('people as owner', 'owner.id', 'incidents.owner_id')
    .select([
      'incidents.id',
      'incidents.number',
      'incidents.title',
      'incidents.public_title',
      'incidents.severity',
      'incidents.status',
      'incidents.phase',
    ])
    .select(['incidents.is_public', 'incidents.opened_at', 'incidents.acknowledged_at', 'incidents.resolved_at'])
    .select([
      'services.id as service_id',
      'services.name as service_name',
      'owner.id as owner_id',
      'owner.name as owner_name',
    ]);

type SummaryRow = Awaited<ReturnType<ReturnType<typeof summaries>['execute']>>[number];

const toSummary = (row: SummaryRow): IncidentSummary => ({
  id: row.id,
  number: row.number,
  title: row.title,
  publicTitle: row.public_title,
  service: row.service_id === null ? null : { id: row.service_id, name: row.service_name ?? row.service_id },
  severity: row.severity,
  status: row.status,
  phase: row.phase,
  isPublic: row.is_public,
  owner: row.owner_id === null ? null : { id: row.owner_id, name: row.owner_name ?? row.owner_id },
  openedAt: row.opened_at,
  acknowledgedAt: row.acknowledged_at,
  resolvedAt: row.resolved_at,
});

/** Incidents that are not resolved: what nobody has first, then the most severe, then the oldest. */
export async function readOpenIncidents(ctx: Ctx, limit = 200): Promise<IncidentSummary[]> {
  const rows = await summaries(ctx)
    .where('incidents.status', '!=', 'resolved')
    .orderBy('incidents.opened_at')
    .limit(limit)
    .execute();
  const rank = (incident: IncidentSummary): number =>
    (incident.status === 'triggered' ? 0 : 10) + ['critical', 'major', 'minor'].indexOf(incident.severity);
  return rows.map(toSummary).toSorted((a, b) => rank(a) - rank(b));
}

export async function countOpenIncidents(ctx: Ctx): Promise<number> {
  const row = await ctx.db
    .selectFrom('incidents')
    .select((select) => select.fn.countAll<number>().as('count'))
    .where('status', '!=', 'resolved')
    .executeTakeFirstOrThrow();
  return Number(row.count);
}

/** Resolved incidents, newest first; `beforeNumber` continues a list. */
export async function readPastIncidents(ctx: Ctx, limit: number, beforeNumber?: number): Promise<IncidentSummary[]> {
  const rows = await summaries(ctx)
    .where('incidents.status', '=', 'resolved')
    .$if(beforeNumber !== undefined, (query) => query.where('incidents.number', '<', beforeNumber ?? 0))
    .orderBy('incidents.number', 'desc')
    .limit(limit)
    .execute();
  return rows.map(toSummary);
}

// A screen's worth of a long incident; the newest are kept.
const maxEvents = 500;

/** One incident with its timeline, alerts and pages. Throws `not-found`. */
export async function readIncident(ctx: Ctx, incidentId: string): Promise<IncidentDetail> {
  const row = await summaries(ctx).where('incidents.id', '=', incidentId).executeTakeFirst();
  if (!row) throw new ServiceError('not-found', 'There is no such incident.');
  const summary = toSummary(row);
  const [alerts, timeline, pages, facts] = [
    await readAlerts(ctx, incidentId),
    await readTimeline(ctx, incidentId),
    await readPages(ctx, incidentId),
    await readFacts(ctx, summary),
  ];
  return {
    ...summary,
    alerts,
    timeline,
    pages,
    ...facts,
    ...(await readCauses(ctx, incidentId)),
    publicUrl: summary.isPublic ? `${ctx.publicUrl}/incidents/${incidentId}` : null,
  };
}

async function readAlerts(ctx: Ctx, incidentId: string): Promise<IncidentDetail['alerts']> {
  const rows = await ctx.db
    .selectFrom('alerts')
    .innerJoin('services', 'services.id', 'alerts.service_id')
    .selectAll('alerts')
    .select('services.name as service_name')
    .where('incident_id', '=', incidentId)
    .orderBy('first_at')
    .limit(200)
    .execute();
  return rows.map((alert) => ({
    id: alert.id,
    source: alert.source_kind,
    serviceName: alert.service_name,
    summary: alert.summary,
    status: alert.status,
    severity: alert.severity,
    signalCount: alert.signal_count,
    firstAt: alert.first_at,
    lastAt: alert.last_at,
    evidence: alert.evidence,
  }));
}

async function readTimeline(ctx: Ctx, incidentId: string): Promise<IncidentDetail['timeline']> {
  const rows = await ctx.db
    .selectFrom('events')
    .select(['id', 'at', 'kind', 'actor_kind', 'actor_id', 'data'])
    .where('incident_id', '=', incidentId)
    .orderBy('seq', 'desc')
    .limit(maxEvents)
    .execute();
  const people = await ctx.db.selectFrom('people').select(['id', 'name']).execute();
  const names = new Map(people.map((person) => [person.id, person.name]));
  const nameOf = (personId: string): string => names.get(personId) ?? personId;
  const bodyOf = (data: JsonObject): string | null => (typeof data['body'] === 'string' ? data['body'] : null);
  return rows.toReversed().map((event) => ({
    id: event.id,
    at: event.at,
    kind: event.kind,
    actor: {
      kind: event.actor_kind,
      name: event.actor_kind === 'person' && event.actor_id !== null ? nameOf(event.actor_id) : null,
    },
    text: tellEvent(event.kind, event.data, nameOf),
    body: bodyOf(event.data),
  }));
}

async function readPages(ctx: Ctx, incidentId: string): Promise<IncidentDetail['pages']> {
  const rows = await ctx.db
    .selectFrom('pages')
    .leftJoin('people', 'people.id', 'pages.person_id')
    .innerJoin('contact_methods', 'contact_methods.id', 'pages.contact_method_id')
    .leftJoin('teams', 'teams.id', 'contact_methods.team_id')
    .select([
      'pages.id',
      'pages.status',
      'pages.created_at',
      'pages.next_attempt_at',
      'teams.name as team_name',
      'pages.sent_at',
      'pages.error',
      'people.id as person_id',
      'people.name as person_name',
    ])
    .select(['contact_methods.kind', 'contact_methods.label'])
    .where('pages.incident_id', '=', incidentId)
    .orderBy('pages.created_at')
    .limit(500)
    .execute();
  return rows.map((page) => ({
    id: page.id,
    person: page.person_id === null ? null : { id: page.person_id, name: page.person_name ?? page.person_id },
    to: page.person_name ?? page.team_name ?? '',
    channel: page.kind,
    label: page.label,
    status: page.status,
    createdAt: page.created_at,
    sendAt: page.status === 'pending' ? page.next_attempt_at : null,
    sentAt: page.sent_at,
    error: page.error,
  }));
}

async function readFacts(
  ctx: Ctx,
  summary: IncidentSummary,
): Promise<Pick<IncidentDetail, 'nextEscalationAt' | 'snoozedUntil' | 'reports' | 'hugs' | 'postmortem'>> {
  const escalation = await ctx.db
    .selectFrom('escalations')
    .select(['next_action_at', 'snoozed_until'])
    .where('incident_id', '=', summary.id)
    .executeTakeFirst();
  const hugs = await ctx.db
    .selectFrom('hugs')
    .select((select) => select.fn.countAll<number>().as('count'))
    .where('incident_id', '=', summary.id)
    .where('status', '=', 'approved')
    .executeTakeFirstOrThrow();
  const reports = summary.service
    ? await ctx.db
        .selectFrom('reports')
        .select((select) => select.fn.countAll<number>().as('count'))
        .where('service_id', '=', summary.service.id)
        .where('at', '>=', summary.openedAt - 10 * 60_000)
        .where('at', '<=', summary.resolvedAt ?? Number.MAX_SAFE_INTEGER)
        .executeTakeFirstOrThrow()
    : { count: 0 };
  const postmortem = await ctx.db
    .selectFrom('postmortems')
    .select('state')
    .where('incident_id', '=', summary.id)
    .executeTakeFirst();
  return {
    postmortem: postmortem ?? null,
    nextEscalationAt: escalation?.next_action_at ?? null,
    snoozedUntil: escalation?.snoozed_until ?? null,
    reports: Number(reports.count),
    hugs: Number(hugs.count),
  };
}
