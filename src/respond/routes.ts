import { createRoute, z } from '@hono/zod-openapi';
import { atLeast } from '../platform/auth/sign-in.ts';
import { actorOf, type Principal } from '../platform/auth/principal.ts';
import type { Ctx } from '../platform/context.ts';
import { type Api, bodyOf, jsonOf, newApi, problemResponses } from '../platform/http/api.ts';
import { addCauseRoutes } from './causes/routes.ts';
import { acknowledgeIncident } from './incidents/acknowledge.ts';
import { addNote } from './incidents/add-note.ts';
import { openIncident } from './incidents/open.ts';
import { postUpdate } from './incidents/post-update.ts';
import { reassignIncident } from './incidents/reassign.ts';
import { resolveIncident } from './incidents/resolve.ts';
import { snoozeIncident } from './incidents/snooze.ts';
import { addPostmortemRoutes } from './postmortems/routes.ts';
import { addOverride, removeOverride } from './overrides.ts';
import { rotaRoutes } from './plan/rota-routes.ts';
import { planRoutes } from './plan/routes.ts';
import { readIncident, readOpenIncidents, readPastIncidents } from './read-incidents.ts';
import { readOnCall } from './read-on-call.ts';
import {
  incidentSchema,
  incidentSummarySchema,
  noteSchema,
  onCallSchema,
  openIncidentSchema,
  overrideSchema,
  reassignSchema,
  snoozeSchema,
  updateSchema,
} from './schemas.ts';

const idParam = z.object({ id: z.string().min(1).max(100) });
const done = { 204: { description: 'Done' }, ...problemResponses };

/** Incidents and on-call, under /api/v1. */
export function respondRoutes(ctx: Ctx): Api {
  const api = newApi();
  addReads(ctx, api);
  addActions(ctx, api);
  addOverrides(ctx, api);
  addCauseRoutes(ctx, api);
  api.route('/', planRoutes(ctx));
  addPostmortemRoutes(ctx, api);
  api.route('/', rotaRoutes(ctx));
  return api;
}

function addReads(ctx: Ctx, api: Api): void {
  api.openapi(
    createRoute({
      method: 'get',
      path: '/incidents',
      summary: 'Open incidents, or the past ones newest first',
      request: {
        query: z.object({
          status: z.enum(['open', 'resolved']).default('open'),
          limit: z.coerce.number().int().min(1).max(200).default(50),
          before: z.coerce
            .number()
            .int()
            .optional()
            .describe('Continue a list of past incidents: only numbers below this one'),
        }),
      },
      responses: {
        200: jsonOf(z.object({ incidents: z.array(incidentSummarySchema) }), 'Incidents'),
        ...problemResponses,
      },
    }),
    async (c) => {
      const query = c.req.valid('query');
      const incidents =
        query.status === 'open'
          ? await readOpenIncidents(ctx, query.limit)
          : await readPastIncidents(ctx, query.limit, query.before);
      return c.json({ incidents }, 200);
    },
  );
  api.openapi(
    createRoute({
      method: 'get',
      path: '/incidents/{id}',
      summary: 'One incident with its timeline, alerts and pages',
      request: { params: idParam },
      responses: { 200: jsonOf(incidentSchema, 'The incident'), ...problemResponses },
    }),
    async (c) => c.json(await readIncident(ctx, c.req.valid('param').id), 200),
  );
  api.openapi(
    createRoute({
      method: 'get',
      path: '/on-call',
      summary: 'Who is on call now, and the next shifts and gaps',
      request: { query: z.object({ days: z.coerce.number().int().min(1).max(92).default(14) }) },
      responses: { 200: jsonOf(onCallSchema, 'On call'), ...problemResponses },
    }),
    async (c) => c.json(await readOnCall(ctx, ctx.clock.now(), c.req.valid('query').days), 200),
  );
}

function addActions(ctx: Ctx, api: Api): void {
  const responder = atLeast('responder');
  api.openapi(
    createRoute({
      method: 'post',
      path: '/incidents',
      summary: 'Open an incident by hand',
      middleware: responder,
      request: { body: bodyOf(openIncidentSchema) },
      responses: { 201: jsonOf(z.object({ id: z.string() }), 'Opened'), ...problemResponses },
    }),
    async (c) => {
      const { isPublic, ...input } = c.req.valid('json');
      const id = await openIncident(ctx, {
        ...input,
        ...(isPublic === undefined ? {} : { isPublic }),
        openedBy: 'person',
        actor: actorOf(c.get('principal')),
        now: ctx.clock.now(),
      });
      return c.json({ id }, 201);
    },
  );
  api.openapi(
    createRoute({
      method: 'post',
      path: '/incidents/{id}/acknowledge',
      summary: 'Take the incident: escalation stops',
      middleware: responder,
      request: { params: idParam },
      responses: done,
    }),
    async (c) => {
      await acknowledgeIncident(ctx, {
        incidentId: c.req.valid('param').id,
        actor: actorOf(c.get('principal')),
        now: ctx.clock.now(),
        via: viaOf(c.get('principal')),
      });
      return c.body(null, 204);
    },
  );
  api.openapi(
    createRoute({
      method: 'post',
      path: '/incidents/{id}/resolve',
      summary: 'The trouble is over',
      middleware: responder,
      request: { params: idParam },
      responses: done,
    }),
    async (c) => {
      await resolveIncident(ctx, {
        incidentId: c.req.valid('param').id,
        actor: actorOf(c.get('principal')),
        now: ctx.clock.now(),
        how: 'by-hand',
      });
      return c.body(null, 204);
    },
  );
  api.openapi(
    createRoute({
      method: 'post',
      path: '/incidents/{id}/reassign',
      summary: 'Hand the incident to another person, who is paged at once',
      middleware: responder,
      request: { params: idParam, body: bodyOf(reassignSchema) },
      responses: done,
    }),
    async (c) => {
      await reassignIncident(ctx, {
        incidentId: c.req.valid('param').id,
        ...c.req.valid('json'),
        actor: actorOf(c.get('principal')),
        now: ctx.clock.now(),
      });
      return c.body(null, 204);
    },
  );
  api.openapi(
    createRoute({
      method: 'post',
      path: '/incidents/{id}/snooze',
      summary: 'Put the incident to sleep; it wakes with a page',
      middleware: responder,
      request: { params: idParam, body: bodyOf(snoozeSchema) },
      responses: done,
    }),
    async (c) => {
      await snoozeIncident(ctx, {
        incidentId: c.req.valid('param').id,
        ...c.req.valid('json'),
        actor: actorOf(c.get('principal')),
        now: ctx.clock.now(),
        via: viaOf(c.get('principal')),
      });
      return c.body(null, 204);
    },
  );
  api.openapi(
    createRoute({
      method: 'post',
      path: '/incidents/{id}/notes',
      summary: 'Write a note for the team',
      middleware: responder,
      request: { params: idParam, body: bodyOf(noteSchema) },
      responses: done,
    }),
    async (c) => {
      await addNote(ctx, {
        incidentId: c.req.valid('param').id,
        ...c.req.valid('json'),
        actor: actorOf(c.get('principal')),
        now: ctx.clock.now(),
      });
      return c.body(null, 204);
    },
  );
  api.openapi(
    createRoute({
      method: 'post',
      path: '/incidents/{id}/updates',
      summary: 'Tell the public where things stand',
      middleware: responder,
      request: { params: idParam, body: bodyOf(updateSchema) },
      responses: done,
    }),
    async (c) => {
      await postUpdate(ctx, {
        incidentId: c.req.valid('param').id,
        ...c.req.valid('json'),
        actor: actorOf(c.get('principal')),
        now: ctx.clock.now(),
      });
      return c.body(null, 204);
    },
  );
}

function addOverrides(ctx: Ctx, api: Api): void {
  const responder = atLeast('responder');
  api.openapi(
    createRoute({
      method: 'post',
      path: '/schedules/{id}/overrides',
      summary: 'Put a person on call for a time',
      middleware: responder,
      request: { params: idParam, body: bodyOf(overrideSchema) },
      responses: { 201: jsonOf(z.object({ id: z.string() }), 'Added'), ...problemResponses },
    }),
    async (c) => {
      const id = await addOverride(ctx, {
        scheduleId: c.req.valid('param').id,
        ...c.req.valid('json'),
        actor: actorOf(c.get('principal')),
        now: ctx.clock.now(),
      });
      return c.json({ id }, 201);
    },
  );
  api.openapi(
    createRoute({
      method: 'delete',
      path: '/overrides/{id}',
      summary: 'Take an override back',
      middleware: responder,
      request: { params: idParam },
      responses: done,
    }),
    async (c) => {
      await removeOverride(ctx, {
        overrideId: c.req.valid('param').id,
        actor: actorOf(c.get('principal')),
        now: ctx.clock.now(),
      });
      return c.body(null, 204);
    },
  );
}

const viaOf = (principal: Principal): string => (principal.via === 'session' ? 'console' : 'api');
