import { sql } from 'kysely';
import {
  componentStatus,
  dayBars,
  dayStarts,
  pageStatus,
  type StatusChange,
  uptimeOf,
  worstOf,
} from '../domain/public-status.ts';
import type { Impact, Verdict } from '../domain/words.ts';
import type { Ctx } from '../platform/context.ts';
import type { ComponentModel, GroupModel, IncidentModel, MaintenanceModel, PageModel } from './model.ts';
import { type ComponentOf, incidentColumns, readIncidents } from './read-incidents.ts';
import { readMaintenances } from './read-maintenances.ts';

const shownDays = 90;
const dayMs = 86_400_000;
const historyMs = 365 * dayMs;
const maxCurrent = 50;
const maxResolved = 250;
/** A service that flaps for weeks must not make the page slow: beyond this many changes the oldest time shows as not measured. */
const maxChanges = 100_000;

/**
 * Reads everything the public may know, in a fixed number of bounded queries. Before there is a status page, an empty one stands in, so that the
 * public address never answers with nothing.
 */
export async function readPage(ctx: Ctx, now: number): Promise<PageModel> {
  const page = await readSettings(ctx, now);
  const rows = await readComponents(ctx, page.id);
  const components: ComponentOf = new Map(rows.map((row) => [row.service_id, { id: row.id, name: row.name }]));
  const starts = dayStarts(now, page.timeZone, shownDays);
  const serviceIds = [...components.keys()];
  const [groups, changes, current, resolved, maintenances] = await Promise.all([
    ctx.db.selectFrom('component_groups').selectAll().where('page_id', '=', page.id).orderBy('position').execute(),
    readChanges(ctx, serviceIds, starts[0] ?? now),
    readCurrent(ctx, components, now),
    readResolved(ctx, components, now),
    readMaintenances(ctx, components, now),
  ]);
  const states = componentModels(rows, { changes, current, maintenances, starts, now });
  const historyFrom = resolved.length < maxResolved ? now - historyMs : (resolved.at(-1)?.openedAt ?? now);
  const groupModels = groups.map((group): GroupModel => {
    const members = states.filter((component) => component.groupId === group.id);
    return {
      id: group.id,
      name: group.name,
      position: group.position,
      status: worstOf(members.map((component) => component.status)),
      createdAt: Math.min(...members.map((component) => component.createdAt), page.createdAt),
      updatedAt: Math.max(...members.map((component) => component.updatedAt), page.createdAt),
    };
  });
  const { createdAt: _, ...settings } = page;
  return {
    publishedAt: now,
    page: {
      ...settings,
      updatedAt: Math.max(
        page.updatedAt,
        ...states.map((component) => component.updatedAt),
        ...[...current, ...resolved, ...maintenances].map((thing) => thing.updatedAt),
      ),
    },
    status: pageStatus(
      states.map((component) => component.status),
      current.map((incident) => incident.severity),
    ),
    groups: groupModels,
    components: inPageOrder(states, groupModels),
    dayStarts: starts,
    current,
    resolved,
    historyFrom,
    maintenances,
  };
}

/** The page's own row; the oldest, while there is one page. */
async function readSettings(ctx: Ctx, now: number): Promise<PageModel['page'] & { createdAt: number }> {
  const row = await ctx.db
    .selectFrom('status_pages')
    .select(['id', 'title', 'description', 'time_zone', 'created_at', 'updated_at'])
    .orderBy('created_at')
    .orderBy('id')
    .limit(1)
    .executeTakeFirst();
  return {
    id: row?.id ?? 'page',
    title: row?.title ?? 'Status',
    description: row?.description ?? '',
    timeZone: row?.time_zone ?? 'UTC',
    url: ctx.publicUrl,
    createdAt: row?.created_at ?? now,
    updatedAt: row?.updated_at ?? 0,
  };
}

interface ComponentRow {
  id: string;
  group_id: string | null;
  service_id: string;
  name: string;
  description: string;
  position: number;
  created_at: number;
  updated_at: number;
  status: Verdict;
  status_since: number;
}

const readComponents = (ctx: Ctx, pageId: string): Promise<ComponentRow[]> =>
  ctx.db
    .selectFrom('components')
    .innerJoin('services', 'services.id', 'components.service_id')
    .select([
      'components.id',
      'components.group_id',
      'components.service_id',
      'components.name',
      'components.description',
      'components.position',
      'components.created_at',
      'components.updated_at',
      'services.status',
      'services.status_since',
    ])
    .where('components.page_id', '=', pageId)
    .where('services.archived_at', 'is', null)
    .orderBy('components.position')
    .orderBy('components.id')
    .execute();

/** The status changes since `from`, and for each service the last one before it, which says how the first day began. */
async function readChanges(ctx: Ctx, serviceIds: string[], from: number): Promise<Map<string, StatusChange[]>> {
  if (serviceIds.length === 0) return new Map();
  const ids = sql.join(serviceIds);
  const { rows } = await sql<{ service_id: string; at: number; status: Verdict }>`
    select service_id, at, status from (
      (select service_id, at, seq, status from service_status_changes
      where service_id in (${ids}) and at >= ${from} order by at desc, seq desc limit ${maxChanges})
      union all
      select before.service_id, before.at, before.seq, before.status from services
      cross join lateral (
        select service_id, at, seq, status from service_status_changes
        where service_id = services.id and at < ${from} order by at desc, seq desc limit 1
      ) before where services.id in (${ids})
    ) changes order by at, seq`.execute(ctx.db);
  const byService = new Map<string, StatusChange[]>();
  for (const row of rows) {
    const change = { at: Number(row.at), status: row.status };
    const list = byService.get(row.service_id);
    if (list === undefined) byService.set(row.service_id, [change]);
    else list.push(change);
  }
  return byService;
}

async function readCurrent(ctx: Ctx, components: ComponentOf, now: number): Promise<IncidentModel[]> {
  const rows = await ctx.db
    .selectFrom('incidents')
    .select(incidentColumns)
    .where('is_public', '=', true)
    .where('status', '<>', 'resolved')
    .where('merged_into_id', 'is', null)
    .orderBy('opened_at', 'desc')
    .limit(maxCurrent)
    .execute();
  return readIncidents(ctx, rows, components, now);
}

async function readResolved(ctx: Ctx, components: ComponentOf, now: number): Promise<IncidentModel[]> {
  const rows = await ctx.db
    .selectFrom('incidents')
    .select(incidentColumns)
    .where('is_public', '=', true)
    .where('status', '=', 'resolved')
    .where('merged_into_id', 'is', null)
    .where('opened_at', '>=', now - historyMs)
    .orderBy('opened_at', 'desc')
    .limit(maxResolved)
    .execute();
  return readIncidents(ctx, rows, components, now);
}

export type PublicIncident = { page: PageModel['page']; incident: IncidentModel } | { mergedIntoId: string };

/** One public incident by its id, however old, or the one it was merged into; undefined when there is none that the public may see. */
export async function readPublicIncident(ctx: Ctx, id: string, now: number): Promise<PublicIncident | undefined> {
  const row = await ctx.db
    .selectFrom('incidents')
    .select([...incidentColumns, 'merged_into_id'])
    .where('id', '=', id)
    .where('is_public', '=', true)
    .executeTakeFirst();
  if (row === undefined) return undefined;
  if (row.merged_into_id !== null) return { mergedIntoId: row.merged_into_id };
  const { createdAt: _, ...page } = await readSettings(ctx, now);
  const rows = await readComponents(ctx, page.id);
  const components: ComponentOf = new Map(
    rows.map((component) => [component.service_id, { id: component.id, name: component.name }]),
  );
  const [incident] = await readIncidents(ctx, [row], components, now);
  return incident === undefined ? undefined : { page, incident };
}

interface Facts {
  changes: Map<string, StatusChange[]>;
  current: readonly IncidentModel[];
  maintenances: readonly MaintenanceModel[];
  starts: readonly number[];
  now: number;
}

function componentModels(rows: readonly ComponentRow[], facts: Facts): ComponentModel[] {
  const impactsOf = (id: string): Impact[] =>
    facts.current.flatMap((incident) =>
      incident.affected.filter((component) => component.id === id).map((component) => component.impact),
    );
  const isInMaintenance = (id: string): boolean =>
    facts.maintenances.some(
      (maintenance) =>
        maintenance.status === 'in_progress' && maintenance.affected.some((component) => component.id === id),
    );
  return rows.map((row) => {
    const days = dayBars(facts.changes.get(row.service_id) ?? [], facts.starts, facts.now);
    const { status } = componentStatus({
      incidentImpacts: impactsOf(row.id),
      inMaintenance: isInMaintenance(row.id),
      verdict: row.status,
    });
    return {
      id: row.id,
      serviceId: row.service_id,
      groupId: row.group_id,
      name: row.name,
      description: row.description,
      position: row.position,
      status,
      days,
      uptime: uptimeOf(days),
      createdAt: row.created_at,
      updatedAt: Math.max(row.updated_at, row.status_since),
    };
  });
}

/** Groups in their order, then what belongs to none. */
function inPageOrder(components: ComponentModel[], groups: readonly GroupModel[]): ComponentModel[] {
  return [
    ...groups.flatMap((group) => components.filter((component) => component.groupId === group.id)),
    ...components.filter((component) => component.groupId === null),
  ];
}
