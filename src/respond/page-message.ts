import type { IncidentStatus, JsonObject, PageKind, Severity } from '../domain/words.ts';
import type { Ctx } from '../platform/context.ts';
import { signLink } from '../platform/signed-link.ts';
import type { PageMessage } from './channels/channel.ts';

interface PageIncident {
  id: string;
  /** The page that is owed for it, which its acknowledge link names. */
  pageId: string;
  number: number;
  title: string;
  serviceName: string | null;
  severity: Severity;
  status: IncidentStatus;
  merged: boolean;
  openedAt: number;
}

/** A page with all that its message needs. */
export interface PageRow {
  id: string;
  kind: PageKind;
  /** Why it was written: a step of the policy, or a call to a further team. */
  reason: string;
  /** Who may send it, and until when; null when nobody has claimed it. */
  leaseOwner: string | null;
  leaseUntil: number | null;
  round: number;
  attempt: number;
  resendCount: number;
  createdAt: number;
  dueAt: number;
  /** Why it waited for longer than its rules say. */
  heldFor: 'quiet-hours' | null;
  /** Null for a team's channel, which nobody answers for: its messages have no button that acts. */
  personId: string | null;
  /** Of a team's channel, the team's name. */
  personName: string;
  contactMethodId: string;
  timeZone: string;
  channelKind: string;
  label: string;
  config: JsonObject;
  /** For a notice: what is said, as a plain sentence. */
  notice: string | undefined;
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
    .leftJoin('people', 'people.id', 'pages.person_id')
    .innerJoin('contact_methods', 'contact_methods.id', 'pages.contact_method_id')
    .leftJoin('teams', 'teams.id', 'contact_methods.team_id')
    .select([
      'pages.id',
      'pages.kind',
      'pages.lease_owner',
      'pages.lease_until',
      'pages.round',
      'pages.attempt',
      'pages.resend_count',
      'pages.created_at',
      'pages.due_at',
      'pages.held_for',
      'pages.incident_id',
      'pages.person_id',
      'pages.contact_method_id',
      'pages.data',
      'pages.reason',
    ])
    .select([
      'people.name as person_name',
      'people.time_zone',
      'teams.name as team_name',
      'contact_methods.kind as channel_kind',
      'contact_methods.label',
      'contact_methods.config',
    ])
    .where('pages.id', '=', pageId)
    .executeTakeFirst();
  if (!row) return undefined;
  const incidents = await readIncidents(ctx, row.id);
  return {
    id: row.id,
    kind: row.kind,
    reason: row.reason,
    leaseOwner: row.lease_owner,
    leaseUntil: row.lease_until,
    round: row.round,
    attempt: row.attempt,
    resendCount: row.resend_count,
    createdAt: row.created_at,
    dueAt: row.due_at,
    heldFor: row.held_for,
    personId: row.person_id,
    personName: row.person_name ?? row.team_name ?? '',
    contactMethodId: row.contact_method_id,
    timeZone: row.time_zone ?? 'UTC',
    channelKind: row.channel_kind,
    label: row.label,
    config: row.config,
    notice: typeof row.data['notice'] === 'string' ? row.data['notice'] : undefined,
    incident: row.kind === 'summary' ? undefined : incidents[0],
    summed:
      row.kind === 'summary' ? incidents.filter((incident) => incident.status === 'triggered' && !incident.merged) : [],
  };
}

/** The incidents behind a page: its own, or those that it sums up. */
async function readIncidents(ctx: Ctx, pageId: string): Promise<PageIncident[]> {
  const rows = await ctx.db
    .selectFrom('pages')
    .innerJoin('incidents', 'incidents.id', 'pages.incident_id')
    .leftJoin('services', 'services.id', 'incidents.service_id')
    .select(['incidents.id', 'incidents.number', 'incidents.title', 'incidents.severity', 'incidents.status'])
    .select(['incidents.merged_into_id', 'incidents.opened_at', 'services.name as service_name', 'pages.id as page_id'])
    .where((where) => where.or([where('pages.id', '=', pageId), where('pages.summary_id', '=', pageId)]))
    .orderBy('incidents.opened_at')
    .execute();
  // A person may be owed several pages for one incident; a summary names it once.
  const once = [...new Map(rows.map((row) => [row.id, row])).values()];
  return once.map((row) => ({
    id: row.id,
    pageId: row.page_id,
    number: row.number,
    title: row.title,
    serviceName: row.service_name,
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
  const base = {
    id: page.id,
    personName: page.personName,
    timeZone: page.timeZone,
    isResend: page.resendCount > 0,
    now,
  };
  // Of a summary whose other incidents are in hand by now, one is left: then it is a page like any other, with its button.
  const only = page.kind === 'summary' && page.summed.length === 1 ? page.summed[0] : page.incident;
  if (only) return { ...base, kind: 'incident', ...aboutIncident(ctx, page, only) };
  if (page.kind === 'notice') {
    const viewUrl = `${ctx.publicUrl}/console/me`;
    return { ...base, kind: 'notice', viewUrl, notice: page.notice ?? '' };
  }
  if (page.kind !== 'summary') return { ...base, kind: 'test', viewUrl: `${ctx.publicUrl}/console` };
  const lines = page.summed.slice(0, maxSummaryLines).map((incident) => `#${incident.number} ${incident.title}`);
  const more = page.summed.length - lines.length;
  if (more > 0) lines.push(`and ${more} more`);
  const viewUrl = `${ctx.publicUrl}/console/incidents`;
  return { ...base, kind: 'summary', viewUrl, summary: { count: page.summed.length, lines, viewUrl } };
}

function aboutIncident(
  ctx: Ctx,
  page: PageRow,
  incident: PageIncident,
): Pick<PageMessage, 'viewUrl' | 'ackUrl' | 'incident'> {
  const { id, number, title, serviceName, severity, status, openedAt } = incident;
  return {
    viewUrl: `${ctx.publicUrl}/console/incidents/${id}`,
    // A channel is read by many: whoever takes it there opens the incident, signed in.
    ...(page.personId !== null && {
      ackUrl: `${ctx.publicUrl}/a/${signLink(ctx.secret, acknowledgePurpose, incident.pageId, page.createdAt + linkLifeMs)}`,
    }),
    // The title is the first alert's own words; what else was seen is behind the link.
    incident: { id, number, title, serviceName, severity, status, openedAt, evidence: [] },
  };
}
