import { sql } from 'kysely';
import { providerOf } from '../domain/onward-thanks.ts';
import { reportWindowMs } from '../domain/reports.ts';
import type { HugKind, JsonObject, Phase, Severity } from '../domain/words.ts';
import type { Ctx } from '../platform/context.ts';
import type { AffectedComponent, IncidentModel, ThanksModel } from './model.ts';
import { updateKind, updatesOf } from './updates.ts';

/** The public side of an incident's row. */
export interface IncidentRow {
  id: string;
  public_title: string;
  severity: Severity;
  phase: Phase;
  opened_at: number;
  resolved_at: number | null;
}

export const incidentColumns = ['id', 'public_title', 'severity', 'phase', 'opened_at', 'resolved_at'] as const;

/** Where a service appears on the page. */
export type ComponentOf = ReadonlyMap<string, { id: string; name: string }>;

const maxUpdates = 5_000;
const maxMessages = 50;
const maxPeople = 20;

/** Everything that the public may know of these incidents, in their order. `components` maps service ids to the page's components. */
export async function readIncidents(
  ctx: Ctx,
  rows: readonly IncidentRow[],
  components: ComponentOf,
  now: number,
): Promise<IncidentModel[]> {
  if (rows.length === 0) return [];
  const ids = rows.map((row) => row.id);
  const [affected, posted, reports, thanks, postmortems] = await Promise.all([
    readAffected(ctx, ids, components),
    readPosted(ctx, ids),
    readReportCounts(ctx, ids, now),
    readThanks(ctx, ids, now),
    readPostmortems(ctx, ids),
  ]);
  return rows.map((row) => {
    const postmortem = postmortems.get(row.id);
    const updates = updatesOf({
      incidentId: row.id,
      openedAt: row.opened_at,
      resolvedAt: row.resolved_at,
      posted: posted.get(row.id) ?? [],
    });
    return {
      id: row.id,
      title: row.public_title,
      severity: row.severity,
      phase: row.phase,
      openedAt: row.opened_at,
      resolvedAt: row.resolved_at,
      updatedAt: Math.max(row.opened_at, row.resolved_at ?? 0, updates[0]?.at ?? 0, postmortem?.updatedAt ?? 0),
      affected: affected.get(row.id) ?? [],
      updates,
      reportCount: reports.get(row.id) ?? 0,
      thanks: thanks.get(row.id) ?? noThanks,
      ...(postmortem === undefined ? {} : { postmortem }),
    };
  });
}

const noThanks: ThanksModel = { openUntil: null, hugCount: 0, lastHugAt: null, byKind: [], messages: [], people: [] };

async function readAffected(
  ctx: Ctx,
  ids: string[],
  components: ComponentOf,
): Promise<Map<string, AffectedComponent[]>> {
  const rows = await ctx.db
    .selectFrom('incident_services')
    .select(['incident_id', 'service_id', 'impact'])
    .where('incident_id', 'in', ids)
    .execute();
  const byIncident = new Map<string, AffectedComponent[]>();
  // In the page's order, whatever order the rows come in.
  for (const [serviceId, component] of components) {
    for (const row of rows) {
      if (row.service_id !== serviceId) continue;
      push(byIncident, row.incident_id, { ...component, impact: row.impact });
    }
  }
  return byIncident;
}

async function readPosted(
  ctx: Ctx,
  ids: string[],
): Promise<Map<string, { id: string; at: number; data: JsonObject }[]>> {
  const rows = await ctx.db
    .selectFrom('events')
    .select(['id', 'incident_id', 'at', 'data'])
    .where('incident_id', 'in', ids)
    .where('kind', '=', updateKind)
    .orderBy('seq', 'desc')
    .limit(maxUpdates)
    .execute();
  const byIncident = new Map<string, { id: string; at: number; data: JsonObject }[]>();
  for (const row of rows.toReversed()) if (row.incident_id !== null) push(byIncident, row.incident_id, row);
  return byIncident;
}

/** Different visitors who reported a service of the incident while it lasted; also those shortly before, whose reports raised it. */
async function readReportCounts(ctx: Ctx, ids: string[], now: number): Promise<Map<string, number>> {
  const rows = await ctx.db
    .selectFrom('incidents')
    .innerJoin('incident_services', 'incident_services.incident_id', 'incidents.id')
    .innerJoin('reports', (join) =>
      join
        .onRef('reports.service_id', '=', 'incident_services.service_id')
        .on(sql<boolean>`reports.at >= incidents.opened_at - ${reportWindowMs}::bigint`)
        .on(sql<boolean>`reports.at <= coalesce(incidents.resolved_at, ${now}::bigint)`),
    )
    .select((eb) => ['incidents.id', eb.fn.count('reports.visitor_hash').distinct().as('count')])
    .where('incidents.id', 'in', ids)
    .groupBy('incidents.id')
    .execute();
  return new Map(rows.map((row) => [row.id, Number(row.count)]));
}

async function readThanks(ctx: Ctx, ids: string[], now: number): Promise<Map<string, ThanksModel>> {
  const [windows, counts, messages, people, onward] = await Promise.all([
    ctx.db.selectFrom('thanks_windows').selectAll().where('incident_id', 'in', ids).execute(),
    ctx.db
      .selectFrom('hugs')
      .select((eb) => ['incident_id', 'kind', eb.fn.countAll().as('count'), eb.fn.max('created_at').as('last_at')])
      .where('incident_id', 'in', ids)
      // A hug counts while its words wait to be read; the words themselves do not show until then. Of a post it is asked whether it is one.
      .where((where) =>
        where.or([
          where('status', '=', 'approved'),
          where.and([where('status', '=', 'held'), where('source', '!=', 'post')]),
        ]),
      )
      .groupBy(['incident_id', 'kind'])
      .execute(),
    readMessages(ctx, ids),
    readPeople(ctx, ids),
    readOnward(ctx, ids),
  ]);
  const byIncident = new Map<string, ThanksModel>();
  for (const id of ids) {
    const window = windows.find((row) => row.incident_id === id);
    const own = counts.filter((row) => row.incident_id === id);
    const byKind = own
      .map((row) => ({ kind: row.kind, count: Number(row.count) }))
      .toSorted((a, b) => b.count - a.count || a.kind.localeCompare(b.kind));
    const isOpen = window !== undefined && window.opened_at !== null && now < window.closes_at;
    byIncident.set(id, {
      openUntil: isOpen ? window.closes_at : null,
      lastHugAt: own.length === 0 ? null : Math.max(...own.map((row) => Number(row.last_at))),
      hugCount: byKind.reduce((sum, { count }) => sum + count, 0),
      byKind,
      messages: messages.get(id) ?? [],
      people: people.get(id) ?? [],
      ...onward.get(id),
    });
  }
  return byIncident;
}

/** Only what a person put on the status page. */
async function readPostmortems(
  ctx: Ctx,
  ids: string[],
): Promise<Map<string, NonNullable<IncidentModel['postmortem']>>> {
  const rows = await ctx.db
    .selectFrom('postmortems')
    .select(['incident_id', 'public_body', 'published_at', 'updated_at'])
    .where('incident_id', 'in', ids)
    .where('on_status_page', '=', true)
    .execute();
  return new Map(
    rows.map((row) => [
      row.incident_id,
      { body: row.public_body, publishedAt: row.published_at ?? row.updated_at, updatedAt: row.updated_at },
    ]),
  );
}

async function readMessages(ctx: Ctx, ids: string[]): Promise<Map<string, ThanksModel['messages']>> {
  const { rows } = await sql<{ id: string; incident_id: string; kind: HugKind; message: string; created_at: number }>`
    select id, incident_id, kind, message, created_at from (
      select *, row_number() over (partition by incident_id order by created_at desc, id desc) as place
      from hugs where incident_id in (${sql.join(ids)}) and status = 'approved' and message is not null and source in ('visitor', 'app')
    ) ranked where place <= ${maxMessages} order by incident_id, place`.execute(ctx.db);
  const byIncident = new Map<string, ThanksModel['messages']>();
  for (const row of rows) {
    const at = Number(row.created_at);
    push(byIncident, row.incident_id, { id: row.id, kind: row.kind, text: row.message, at });
  }
  return byIncident;
}

/** Promise 5: only those who chose to be named, and never one who declined the credit. */
async function readPeople(ctx: Ctx, ids: string[]): Promise<Map<string, string[]>> {
  const rows = await ctx.db
    .selectFrom('credits')
    .innerJoin('people', 'people.id', 'credits.person_id')
    .select(['credits.incident_id', 'people.name'])
    .where('credits.incident_id', 'in', ids)
    .where('credits.declined_at', 'is', null)
    .where('credits.hidden_at', 'is', null)
    .where('people.show_name', '=', true)
    .where('people.archived_at', 'is', null)
    .orderBy('people.name')
    .execute();
  const byIncident = new Map<string, string[]>();
  for (const row of rows) {
    if ((byIncident.get(row.incident_id)?.length ?? 0) < maxPeople) push(byIncident, row.incident_id, row.name);
  }
  return byIncident;
}

/** Whose trouble it was, where it was a provider's. */
async function readOnward(ctx: Ctx, ids: string[]): Promise<Map<string, Pick<ThanksModel, 'onward'>>> {
  const rows = await ctx.db
    .selectFrom('incident_causes')
    .leftJoin('onward_thanks', 'onward_thanks.incident_id', 'incident_causes.incident_id')
    .select((eb) => ['incident_causes.incident_id', 'incident_causes.cause_id', eb.fn.sum('started').as('started')])
    .where('incident_causes.incident_id', 'in', ids)
    .where('incident_causes.rank', '=', 1)
    .where('incident_causes.kind', '=', 'upstream')
    .groupBy(['incident_causes.incident_id', 'incident_causes.cause_id'])
    .execute();
  return new Map(
    rows.map((row) => [
      row.incident_id,
      { onward: { provider: providerOf(row.cause_id), started: Number(row.started ?? 0) } },
    ]),
  );
}

function push<V>(map: Map<string, V[]>, key: string, value: V): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [value]);
  else list.push(value);
}
