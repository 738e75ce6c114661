import type { JsonObject } from '../domain/words.ts';
import type { Ctx } from '../platform/context.ts';
import { ServiceError } from '../platform/errors.ts';
import { readSources } from './inbound/read-sources.ts';
import { type CheckColumns, toVerdictState, toWatchedCheck, type VerdictColumns } from './watched-check.ts';
import type { CheckView, ServiceDetail, ServiceSummary } from './schemas.ts';

const hourMs = 3_600_000;

const summaries = (ctx: Ctx) =>
  ctx.db
    .selectFrom('services')
    .leftJoin('teams', 'teams.id', 'services.team_id')
    // Counted in one pass: row by row it is an index scan a service, over rows that change with every result.
    .leftJoin(
      (select) =>
        select
          .selectFrom('checks')
          .select((s) => ['service_id', s.fn.countAll<number>().as('check_count')])
          .where('archived_at', 'is', null)
          .groupBy('service_id')
          .as('counted'),
      (join) => join.onRef('counted.service_id', '=', 'services.id'),
    )
    .select('counted.check_count')
    .select([
      'services.id',
      'services.name',
      'services.description',
      'services.status',
      'services.status_since',
      'services.owned_by',
    ])
    .select([
      'services.policy_id',
      'teams.id as team_id',
      'teams.name as team_name',
      'teams.policy_id as team_policy_id',
    ])
    .select((select) => [
      select
        .selectFrom('incidents')
        .whereRef('incidents.service_id', '=', 'services.id')
        .where('incidents.status', '!=', 'resolved')
        .select('incidents.id')
        .orderBy('incidents.opened_at')
        .limit(1)
        .as('open_incident_id'),
      select
        .exists(
          select.selectFrom('components').whereRef('components.service_id', '=', 'services.id').select('components.id'),
        )
        .as('on_page'),
    ])
    .where('services.archived_at', 'is', null);

type Row = Awaited<ReturnType<ReturnType<typeof summaries>['execute']>>[number];

const toSummary = (row: Row): ServiceSummary => ({
  id: row.id,
  name: row.name,
  description: row.description,
  status: row.status,
  statusSince: row.status_since,
  team: row.team_id === null ? null : { id: row.team_id, name: row.team_name ?? row.team_id },
  checks: Number(row.check_count ?? 0),
  openIncidentId: row.open_incident_id,
  onStatusPage: Boolean(row.on_page),
  ownedBy: row.owned_by,
});

const worstFirst = ['down', 'degraded', 'unknown', 'up'];

/** Every service with its state, the worst first, then by name. */
export async function readServices(ctx: Ctx): Promise<ServiceSummary[]> {
  const rows = await summaries(ctx).orderBy('services.name').limit(5_000).execute();
  return rows.map(toSummary).toSorted((a, b) => worstFirst.indexOf(a.status) - worstFirst.indexOf(b.status));
}

/** One service with its checks, sources and response times. `withKeys` adds the heartbeats' addresses. Throws `not-found`. */
export async function readService(ctx: Ctx, serviceId: string, withKeys: boolean): Promise<ServiceDetail> {
  const row = await summaries(ctx).where('services.id', '=', serviceId).executeTakeFirst();
  if (!row) throw new ServiceError('not-found', 'There is no such service.');
  const policyId = row.policy_id ?? row.team_policy_id;
  const policy =
    policyId === null
      ? undefined
      : await ctx.db.selectFrom('policies').select(['id', 'name']).where('id', '=', policyId).executeTakeFirst();
  const dependsOn = await ctx.db
    .selectFrom('service_dependencies')
    .leftJoin('services', 'services.id', 'depends_on')
    .select(['depends_on as id', 'services.name', 'hardness'])
    .where('service_id', '=', serviceId)
    .orderBy('depends_on')
    .execute();
  return {
    ...toSummary(row),
    policy: policy ?? null,
    dependsOn,
    checks: await readChecks(ctx, serviceId, withKeys),
    integrations: await readSources(ctx, serviceId),
    latency: await readLatency(ctx, serviceId),
  };
}

async function readChecks(ctx: Ctx, serviceId: string, withKeys: boolean): Promise<CheckView[]> {
  const checks = await ctx.db
    .selectFrom('checks')
    .selectAll()
    .where('service_id', '=', serviceId)
    .where('archived_at', 'is', null)
    .orderBy('name')
    .execute();
  const views: CheckView[] = [];
  for (const check of checks) {
    const last = await ctx.db
      .selectFrom('check_results')
      .select(['at', 'ok', 'total_ms', 'error'])
      .where('check_id', '=', check.id)
      // Bounds the search to the newest partitions.
      .where('at', '>', ctx.clock.now() - 2 * Math.max(check.interval_ms, 24 * hourMs))
      .orderBy('at', 'desc')
      .limit(1)
      .executeTakeFirst();
    views.push({
      id: check.id,
      kind: check.kind,
      name: check.name,
      target: targetWords(check.kind, check.config),
      intervalMs: check.interval_ms,
      severity: check.severity,
      verdict: check.verdict,
      verdictSince: check.verdict_since,
      reason: check.verdict_reason,
      paused: check.paused,
      ownedBy: check.owned_by,
      lastResult: last ? { at: last.at, ok: last.ok, totalMs: last.total_ms, error: last.error } : null,
      ...placesOf(check),
      pingUrl: withKeys && check.ping_key !== null ? `${ctx.publicUrl}/ping/${check.ping_key}` : null,
    });
  }
  return views;
}

function placesOf(row: CheckColumns & VerdictColumns): Pick<CheckView, 'locations' | 'agreement' | 'flapping'> {
  const state = toVerdictState(row);
  const check = toWatchedCheck(row);
  // Of one location the check's own verdict is all that it says.
  const says = (id: string) => (check.locations.length === 1 ? state : state.locations?.[id]);
  return {
    locations: check.locations.map((id) => {
      const one = says(id);
      return {
        id,
        verdict: one?.verdict ?? 'unknown',
        since: one?.since ?? null,
        reason: one?.reason ?? 'no-result-yet',
      };
    }),
    agreement: row.agreement,
    flapping: state.flapping !== null,
  };
}

function targetWords(kind: string, config: JsonObject): string {
  const { url, host, port, type, domain, steps } = config;
  if (typeof url === 'string') return url;
  if (typeof host === 'string' && typeof port === 'number') return `${host}:${port}`;
  if (typeof host === 'string') return typeof type === 'string' ? `${type} ${host}` : host;
  if (typeof domain === 'string') return domain;
  if (Array.isArray(steps)) return steps.length === 1 ? '1 step' : `${steps.length} steps`;
  return kind === 'heartbeat' ? 'waits to be pinged' : kind;
}

async function readLatency(ctx: Ctx, serviceId: string): Promise<ServiceDetail['latency']> {
  const rows = await ctx.db
    .selectFrom('check_rollups')
    .innerJoin('checks', 'checks.id', 'check_rollups.check_id')
    .select('bucket_at')
    .select((select) => [
      select.fn.sum<number>('total_ms_sum').as('sum'),
      select.fn.max('total_ms_max').as('max'),
      select.fn.sum<number>('ok_count').as('ok'),
      select.fn.sum<number>('fail_count').as('fail'),
    ])
    .where('checks.service_id', '=', serviceId)
    .where('bucket_at', '>', ctx.clock.now() - 24 * hourMs)
    .groupBy('bucket_at')
    .orderBy('bucket_at')
    .execute();
  return rows.map((row) => {
    const count = Number(row.ok) + Number(row.fail);
    return {
      at: row.bucket_at,
      meanMs: count === 0 ? 0 : Number(row.sum) / count,
      maxMs: Number(row.max),
      okCount: Number(row.ok),
      failCount: Number(row.fail),
    };
  });
}
