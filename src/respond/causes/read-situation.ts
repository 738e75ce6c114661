import { sql } from 'kysely';
import type { OpenIncident } from '../../domain/fold-outages.ts';
import type { NodeView, Scene } from '../../domain/scene.ts';
import { buildTopology, type Dependency } from '../../domain/topology.ts';
import type { EpochMs, Severity, Verdict } from '../../domain/words.ts';
import type { Ctx } from '../../platform/context.ts';

/** A service that has begun to fail and is in no incident yet. */
export interface Newcomer {
  serviceId: string;
  at: EpochMs;
}

export interface SituationIncident extends OpenIncident {
  severity: Severity;
  serviceId: string | null;
}

/** All that is known of what fails and what stands on what, at one moment. */
export interface Situation {
  scene: Scene;
  incidents: SituationIncident[];
}

// A provider's page is asked every minute.
const feedDelayMs = 60_000;

/**
 * Reads what correlation needs, in six queries whatever the number of signals, and locks the open incidents in the order of their ids. Undefined
 * while nothing depends on anything: then every service's trouble is its own.
 */
export async function readSituation(
  ctx: Ctx,
  now: EpochMs,
  newcomers: readonly Newcomer[],
): Promise<Situation | undefined> {
  const dependencies = await readDependencies(ctx);
  if (dependencies.length === 0) return undefined;
  const nodes = await readNodes(ctx);
  const { incidents, alerts } = await readIncidents(ctx);
  for (const alert of alerts) markFailing(nodes, alert);
  for (const incident of incidents) {
    // What a person says is broken is broken.
    const { serviceId, openedAt } = incident;
    if (incident.openedBy === 'person' && serviceId !== null)
      fail(nodes, serviceId, Math.min(openedAt, nodes.get(serviceId)?.since ?? openedAt));
  }
  for (const { serviceId, at } of newcomers) fail(nodes, serviceId, Math.min(at, now));
  const scene = { now, topology: buildTopology(dependencies), nodes, ...(await readRulings(ctx, incidents)) };
  return { scene, incidents };
}

async function readDependencies(ctx: Ctx): Promise<Dependency[]> {
  const rows = await ctx.db
    .selectFrom('service_dependencies')
    .innerJoin('services', 'services.id', 'service_dependencies.service_id')
    .select(['service_id', 'depends_on', 'hardness'])
    .where('services.archived_at', 'is', null)
    .execute();
  return rows.map((row) => ({ serviceId: row.service_id, on: row.depends_on, hardness: row.hardness }));
}

/** How services and upstreams look by themselves, before what fires. */
async function readNodes(ctx: Ctx): Promise<Map<string, NodeView>> {
  const { rows: services } = await sql<{ id: string; status: Verdict; since: number; detect: number | null }>`
    select services.id, status, status_since as since, max(checks.interval_ms * checks.failure_threshold::bigint)::bigint as detect
    from services left join checks on checks.service_id = services.id and not checks.paused and checks.archived_at is null
    where services.archived_at is null group by services.id`.execute(ctx.db);
  const upstreams = await ctx.db.selectFrom('upstreams').select(['id', 'state', 'state_since']).execute();
  const nodes = new Map<string, NodeView>();
  for (const { id, status, since, detect } of services) {
    // Down without an alert that fires: somebody resolved it by hand, or it is in maintenance. That is no witness for either side.
    const health = status === 'up' ? 'fine' : 'unknown';
    nodes.set(id, { health, since: Number(since), detectMs: Number(detect ?? 0) });
  }
  for (const { id, state, state_since } of upstreams) {
    const health =
      state === 'operational' ? 'fine' : state === 'unknown' || state === 'under_maintenance' ? 'unknown' : 'failing';
    nodes.set(id, { health, since: state_since, detectMs: feedDelayMs });
  }
  return nodes;
}

interface AlertGroup {
  incidentId: string;
  serviceId: string;
  /** The upstream that a provider's notice is about; null for an alert of the service itself. */
  upstreamId: string | null;
  isFiring: boolean;
  firstAt: EpochMs;
  lastAt: EpochMs;
}

async function readIncidents(ctx: Ctx): Promise<{ incidents: SituationIncident[]; alerts: AlertGroup[] }> {
  const rows = await ctx.db
    .selectFrom('incidents')
    .select(['id', 'opened_at', 'opened_by', 'status', 'severity', 'service_id'])
    .where('status', '!=', 'resolved')
    .orderBy('id')
    .forNoKeyUpdate()
    .execute();
  const alone = await ctx.db
    .selectFrom('incident_rulings')
    .innerJoin('incidents', 'incidents.id', 'incident_rulings.incident_id')
    .select('incident_id')
    .where('ruling', '=', 'stands-alone')
    .where('incidents.status', '!=', 'resolved')
    .execute();
  const standsAlone = new Set(alone.map((row) => row.incident_id));
  const alerts = rows.length === 0 ? [] : await readAlerts(ctx);
  const byIncident = Map.groupBy(alerts, (alert) => alert.incidentId);
  const incidents = rows.map((row): SituationIncident => {
    const own = byIncident.get(row.id) ?? [];
    const failing = own.filter((alert) => alert.upstreamId === null).map((alert) => alert.serviceId);
    return {
      id: row.id,
      openedAt: row.opened_at,
      openedBy: row.opened_by,
      isAcknowledged: row.status === 'acknowledged',
      standsAlone: standsAlone.has(row.id),
      services: [...new Set([...failing, ...(row.opened_by === 'person' ? [row.service_id ?? []].flat() : [])])],
      upstreams: [...new Set(own.flatMap((alert) => alert.upstreamId ?? []))],
      severity: row.severity,
      serviceId: row.service_id,
    };
  });
  return { incidents, alerts };
}

async function readAlerts(ctx: Ctx): Promise<AlertGroup[]> {
  const { rows } = await sql<{
    incident_id: string;
    service_id: string;
    upstream: string | null;
    firing: boolean;
    first_at: number;
    last_at: number;
  }>`
    select incident_id, alerts.service_id, case when source_kind = 'upstream' then alerts.evidence ->> 'upstream' end as upstream,
      bool_or(alerts.status = 'firing') as firing, min(first_at) as first_at, max(last_at) as last_at
    from alerts join incidents on incidents.id = alerts.incident_id
    where incidents.status <> 'resolved' group by 1, 2, 3`.execute(ctx.db);
  return rows.map((row) => ({
    incidentId: row.incident_id,
    serviceId: row.service_id,
    upstreamId: row.upstream,
    isFiring: row.firing,
    firstAt: Number(row.first_at),
    lastAt: Number(row.last_at),
  }));
}

/** While an incident is open, what failed in it counts as failed, with its end where it has one: recovery must not rewrite the cause. */
function markFailing(nodes: Map<string, NodeView>, alert: AlertGroup): void {
  const id = alert.upstreamId ?? alert.serviceId;
  const before = nodes.get(id);
  const isKnown = before?.health === 'failing';
  // Two services' alerts about one upstream: it has trouble from the first to the last of them.
  const since = isKnown ? Math.min(before.since, alert.firstAt) : alert.firstAt;
  const isOver = !alert.isFiring && (!isKnown || before.until !== undefined);
  const until = isOver ? Math.max(before?.until ?? 0, alert.lastAt) : undefined;
  nodes.set(id, {
    health: 'failing',
    since,
    detectMs: before?.detectMs ?? 0,
    ...(until === undefined ? {} : { until }),
  });
}

function fail(nodes: Map<string, NodeView>, id: string, since: EpochMs): void {
  nodes.set(id, { health: 'failing', since, detectMs: nodes.get(id)?.detectMs ?? 0 });
}

async function readRulings(
  ctx: Ctx,
  incidents: readonly SituationIncident[],
): Promise<Pick<Scene, 'barred' | 'pinned'>> {
  const barred = new Map<string, Set<string> | 'alone'>();
  const pinned = new Set<string>();
  if (incidents.length === 0) return { barred, pinned };
  const rows = await ctx.db
    .selectFrom('incident_rulings')
    .innerJoin('incidents', 'incidents.id', 'incident_rulings.incident_id')
    .select(['incident_id', 'ruling', 'cause_id'])
    .where('incidents.status', '!=', 'resolved')
    .execute();
  const byId = new Map(incidents.map((incident) => [incident.id, incident]));
  for (const row of rows) {
    if (row.ruling === 'is-cause') pinned.add(row.cause_id);
    for (const id of row.ruling === 'is-cause' ? [] : (byId.get(row.incident_id)?.services ?? [])) {
      const known = barred.get(id);
      if (row.ruling === 'stands-alone') barred.set(id, 'alone');
      else if (known === undefined) barred.set(id, new Set([row.cause_id]));
      else if (known !== 'alone') known.add(row.cause_id);
    }
  }
  return { barred, pinned };
}
