import { createRoute, z } from '@hono/zod-openapi';
import { actorOf } from '../platform/auth/principal.ts';
import { atLeast } from '../platform/auth/sign-in.ts';
import type { Ctx } from '../platform/context.ts';
import { type Api, bodyOf, jsonOf, newApi, problemResponses } from '../platform/http/api.ts';
import { endSeries, planSeries } from './maintenance-series.ts';
import {
  cancelMaintenance,
  completeMaintenance,
  scheduleMaintenance,
  startMaintenance,
  updateMaintenance,
} from './maintenance.ts';
import {
  changeMaintenanceSchema,
  maintenanceSchema,
  type MaintenanceView,
  newMaintenanceSchema,
  newSeriesSchema,
  seriesSchema,
  type SeriesView,
} from './schemas.ts';

const idParam = z.object({ id: z.string().min(1).max(100) });
const done = { 204: { description: 'Done' }, ...problemResponses };

/** Planned maintenance, under /api/v1: shown on the page, and no alarm for its services while it lasts. */
export function maintenanceRoutes(ctx: Ctx): Api {
  const api = newApi();
  api.openapi(
    createRoute({
      method: 'get',
      path: '/maintenances',
      summary: 'Planned and past maintenance, newest first',
      responses: {
        200: jsonOf(z.object({ maintenances: z.array(maintenanceSchema) }), 'Maintenance'),
        ...problemResponses,
      },
    }),
    async (c) => c.json({ maintenances: await readAll(ctx) }, 200),
  );
  api.openapi(
    createRoute({
      method: 'post',
      path: '/maintenances',
      summary: 'Plan maintenance; it starts and ends by itself',
      middleware: atLeast('responder'),
      request: { body: bodyOf(newMaintenanceSchema) },
      responses: { 201: jsonOf(z.object({ id: z.string() }), 'Planned'), ...problemResponses },
    }),
    async (c) => {
      const by = { actor: actorOf(c.get('principal')), now: ctx.clock.now() };
      return c.json({ id: await scheduleMaintenance(ctx, { ...c.req.valid('json'), ...by }) }, 201);
    },
  );
  api.openapi(
    createRoute({
      method: 'patch',
      path: '/maintenances/{id}',
      summary: 'Change a plan that is not over',
      middleware: atLeast('responder'),
      request: { params: idParam, body: bodyOf(changeMaintenanceSchema) },
      responses: done,
    }),
    async (c) => {
      const given = Object.entries(c.req.valid('json')).filter(([, value]) => value !== undefined);
      await updateMaintenance(ctx, {
        id: c.req.valid('param').id,
        change: Object.fromEntries(given),
        actor: actorOf(c.get('principal')),
        now: ctx.clock.now(),
      });
      return c.body(null, 204);
    },
  );
  api.openapi(
    createRoute({
      method: 'delete',
      path: '/maintenances/{id}',
      summary: 'Take a plan back, or break off what runs',
      middleware: atLeast('responder'),
      request: { params: idParam },
      responses: done,
    }),
    async (c) => {
      await cancelMaintenance(ctx, {
        id: c.req.valid('param').id,
        actor: actorOf(c.get('principal')),
        now: ctx.clock.now(),
      });
      return c.body(null, 204);
    },
  );
  for (const [verb, act, summary] of [
    ['start', startMaintenance, 'Start what is planned now; it lasts as long as planned'],
    ['complete', completeMaintenance, 'End what runs now'],
  ] as const) {
    api.openapi(
      createRoute({
        method: 'post',
        path: `/maintenances/{id}/${verb}`,
        summary,
        middleware: atLeast('responder'),
        request: { params: idParam },
        responses: done,
      }),
      async (c) => {
        await act(ctx, { id: c.req.valid('param').id, actor: actorOf(c.get('principal')), now: ctx.clock.now() });
        return c.body(null, 204);
      },
    );
  }
  api.route('/', seriesRoutes(ctx));
  return api;
}

function seriesRoutes(ctx: Ctx): Api {
  const api = newApi();
  api.openapi(
    createRoute({
      method: 'get',
      path: '/maintenance-series',
      summary: 'Maintenance that comes again',
      responses: { 200: jsonOf(z.object({ series: z.array(seriesSchema) }), 'Series'), ...problemResponses },
    }),
    async (c) => c.json({ series: await readSeries(ctx) }, 200),
  );
  api.openapi(
    createRoute({
      method: 'post',
      path: '/maintenance-series',
      summary: 'Plan maintenance that comes again; the next occurrence is always planned',
      middleware: atLeast('responder'),
      request: { body: bodyOf(newSeriesSchema) },
      responses: { 201: jsonOf(z.object({ id: z.string() }), 'Planned'), ...problemResponses },
    }),
    async (c) => {
      const by = { actor: actorOf(c.get('principal')), now: ctx.clock.now() };
      return c.json({ id: await planSeries(ctx, { ...c.req.valid('json'), ...by }) }, 201);
    },
  );
  api.openapi(
    createRoute({
      method: 'delete',
      path: '/maintenance-series/{id}',
      summary: 'End a series, and take back what it has planned',
      middleware: atLeast('responder'),
      request: { params: idParam },
      responses: done,
    }),
    async (c) => {
      const by = { actor: actorOf(c.get('principal')), now: ctx.clock.now() };
      await endSeries(ctx, { id: c.req.valid('param').id, ...by });
      return c.body(null, 204);
    },
  );
  return api;
}

async function readSeries(ctx: Ctx): Promise<SeriesView[]> {
  const rows = await ctx.db
    .selectFrom('maintenance_series')
    .selectAll()
    .where('ended_at', 'is', null)
    .where('plan_at', 'is not', null)
    .orderBy('created_at')
    .limit(shown)
    .execute();
  const services = await ctx.db.selectFrom('maintenance_series_services').selectAll().orderBy('service_id').execute();
  return rows.map((row) => ({
    id: row.id,
    title: row.title,
    body: row.body,
    firstAt: row.first_at,
    durationMs: row.duration_ms,
    timeZone: row.time_zone,
    rule: row.rule,
    serviceIds: services.filter((service) => service.series_id === row.id).map((service) => service.service_id),
  }));
}

const shown = 200;

async function readAll(ctx: Ctx): Promise<MaintenanceView[]> {
  const rows = await ctx.db.selectFrom('maintenances').selectAll().orderBy('starts_at', 'desc').limit(shown).execute();
  if (rows.length === 0) return [];
  const services = await ctx.db
    .selectFrom('maintenance_services')
    .selectAll()
    .where(
      'maintenance_id',
      'in',
      rows.map((row) => row.id),
    )
    .orderBy('service_id')
    .execute();
  const byMaintenance = Map.groupBy(services, (service) => service.maintenance_id);
  return rows.map((row) => ({
    id: row.id,
    title: row.title,
    body: row.body,
    startsAt: row.starts_at,
    endsAt: row.ends_at,
    status: row.status,
    serviceIds: (byMaintenance.get(row.id) ?? []).map((service) => service.service_id),
    seriesId: row.series_id,
    announceBeforeMs: row.announce_before_ms,
    announcedAt: row.announced_at,
  }));
}
