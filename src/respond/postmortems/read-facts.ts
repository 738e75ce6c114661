import { sql } from 'kysely';
import { reportWindowMs } from '../../domain/reports.ts';
import type { PostmortemFacts } from '../../domain/postmortem.ts';
import type { EpochMs, JsonObject } from '../../domain/words.ts';
import type { Ctx } from '../../platform/context.ts';
import { readCauses } from '../causes/read-causes.ts';
import type { Incident } from '../incidents/lock.ts';
import { tellEvent } from '../tell-event.ts';

// Long incidents end in a few thousand events; the draft shows the first of them and says how many more there are.
const maxEvents = 2_000;
const maxAlerts = 200;
/** What says nothing about how it happened: thanks, credit, and pages that were taken back. */
const beside = '^(hug|hugs|thanks|credit|gift|audit|postmortem|action-item|page[.]cancelled)';

/** What is on record about an incident that is over, with what was merged into it. */
export async function readPostmortemFacts(
  ctx: Ctx,
  incident: Incident & { resolved_at: EpochMs },
): Promise<PostmortemFacts> {
  const merged = await ctx.db.selectFrom('incidents').select('id').where('merged_into_id', '=', incident.id).execute();
  const ids = [incident.id, ...merged.map((row) => row.id)];
  const { cause, services } = await readCauses(ctx, incident.id);
  const people = await ctx.db.selectFrom('people').select(['id', 'name']).execute();
  const names = new Map(people.map((person) => [person.id, person.name]));
  const nameOf = (id: string): string => names.get(id) ?? id;
  return {
    number: incident.number,
    title: incident.title,
    publicTitle: incident.public_title,
    severity: incident.severity,
    services: services
      .toSorted((a, b) => Number(b.id === incident.service_id) - Number(a.id === incident.service_id))
      .map(({ name }) => name),
    openedAt: incident.opened_at,
    acknowledgedAt: incident.acknowledged_at,
    acknowledgedBy: incident.acknowledged_by === null ? null : nameOf(incident.acknowledged_by),
    resolvedAt: incident.resolved_at,
    cause: cause === null ? null : { name: cause.name, confidence: cause.confidence, text: cause.text },
    ...(await readSignals(ctx, incident.id)),
    bursts: await readBursts(ctx, ids),
    reports: await readReports(ctx, ids, incident),
    pages: await readPages(ctx, ids),
    timeline: await readTimeline(ctx, ids, nameOf),
  };
}

const sourceNames: Readonly<Record<string, string>> = {
  check: 'A check',
  heartbeat: 'A heartbeat',
  upstream: 'The provider',
  posts: 'Public posts',
  reports: 'Reports from the status page',
};

async function readSignals(ctx: Ctx, incidentId: string): Promise<Pick<PostmortemFacts, 'signals' | 'admissions'>> {
  const alerts = await ctx.db
    .selectFrom('alerts')
    .select(['source_kind', 'summary', 'first_at', 'evidence'])
    .where('incident_id', '=', incidentId)
    .orderBy('first_at')
    .limit(maxAlerts)
    .execute();
  return {
    signals: alerts.map((alert) => ({
      source: sourceNames[alert.source_kind] ?? `The tool ${alert.source_kind}`,
      summary: alert.summary,
      at: alert.first_at,
    })),
    admissions: alerts.flatMap(({ evidence }) => admissionOf(evidence)),
  };
}

/** The provider's first public word, as the watch of upstreams leaves it in the evidence. */
function admissionOf(evidence: JsonObject): PostmortemFacts['admissions'][number][] {
  const { provider, notice } = evidence;
  if (typeof provider !== 'string' || typeof notice !== 'object' || notice === null) return [];
  const { publicAt, seenAt } = notice as JsonObject;
  return typeof publicAt === 'number' && typeof seenAt === 'number' ? [{ provider, publicAt, seenAt }] : [];
}

async function readBursts(ctx: Ctx, ids: readonly string[]): Promise<PostmortemFacts['bursts']> {
  const rows = await ctx.db
    .selectFrom('bursts')
    .select(['measure', 'since', 'known_at', 'peak'])
    .where('incident_id', 'in', ids)
    .where('suspect', '=', false)
    .orderBy('since')
    .limit(maxAlerts)
    .execute();
  return rows.map((row) => ({ measure: row.measure, since: row.since, knownAt: row.known_at, peak: row.peak }));
}

/** Different visitors who reported one of its services while it lasted, and shortly before. */
async function readReports(
  ctx: Ctx,
  ids: readonly string[],
  incident: { opened_at: EpochMs; resolved_at: EpochMs },
): Promise<PostmortemFacts['reports']> {
  const row = await ctx.db
    .selectFrom('reports')
    .select((eb) => [eb.fn.count('visitor_hash').distinct().as('visitors'), eb.fn.min('at').as('first_at')])
    .where('service_id', 'in', (eb) =>
      eb.selectFrom('incident_services').select('service_id').where('incident_id', 'in', ids),
    )
    .where('at', '>=', incident.opened_at - reportWindowMs)
    .where('at', '<=', incident.resolved_at)
    .executeTakeFirstOrThrow();
  return { visitors: Number(row.visitors), firstAt: row.first_at === null ? null : Number(row.first_at) };
}

async function readPages(ctx: Ctx, ids: readonly string[]): Promise<PostmortemFacts['pages']> {
  const { rows } = await sql<{ sent: number; failed: number; people: number }>`
    select count(*) filter (where status = 'sent') as sent, count(*) filter (where status = 'failed') as failed,
      count(distinct person_id) filter (where status = 'sent') as people
    from pages where incident_id in (${sql.join(ids)})`.execute(ctx.db);
  const [row] = rows;
  return { sent: Number(row?.sent ?? 0), failed: Number(row?.failed ?? 0), people: Number(row?.people ?? 0) };
}

async function readTimeline(
  ctx: Ctx,
  ids: readonly string[],
  nameOf: (personId: string) => string,
): Promise<PostmortemFacts['timeline']> {
  const rows = await ctx.db
    .selectFrom('events')
    .select(['at', 'kind', 'actor_kind', 'actor_id', 'data'])
    .where('incident_id', 'in', ids)
    .where(sql<boolean>`kind !~ ${beside}`)
    .orderBy('seq')
    .limit(maxEvents)
    .execute();
  return rows.map((row) => ({
    at: row.at,
    who: row.actor_kind === 'person' && row.actor_id !== null ? nameOf(row.actor_id) : null,
    text: tellEvent(row.kind, row.data, nameOf),
    body: typeof row.data['body'] === 'string' ? row.data['body'] : null,
  }));
}
