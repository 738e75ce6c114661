import { createRoute, z } from '@hono/zod-openapi';
import { actorOf } from '../../platform/auth/principal.ts';
import { atLeast } from '../../platform/auth/sign-in.ts';
import type { Ctx } from '../../platform/context.ts';
import { type Api, bodyOf, jsonOf, problemResponses } from '../../platform/http/api.ts';
import { mergeIncident } from '../incidents/merge.ts';
import { splitOut } from '../incidents/split-out.ts';
import { mergeSchema, rulingSchema, splitSchema } from '../schemas.ts';
import { ruleCause } from './rule-cause.ts';

const idParam = z.object({ id: z.string().min(1).max(100) });
const done = { 204: { description: 'Done' }, ...problemResponses };

/** What people say about causes and about what belongs together. */
export function addCauseRoutes(ctx: Ctx, api: Api): void {
  const responder = atLeast('responder');
  api.openapi(
    createRoute({
      method: 'post',
      path: '/incidents/{id}/causes',
      summary: 'Say what is the cause, or is not; it holds until the incident ends',
      middleware: responder,
      request: { params: idParam, body: bodyOf(rulingSchema) },
      responses: done,
    }),
    async (c) => {
      await ruleCause(ctx, {
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
      path: '/incidents/{id}/split',
      summary: 'Take a service out into an incident of its own, which pages its people',
      middleware: responder,
      request: { params: idParam, body: bodyOf(splitSchema) },
      responses: { 201: jsonOf(z.object({ id: z.string() }), 'The new incident'), ...problemResponses },
    }),
    async (c) => {
      const id = await splitOut(ctx, {
        incidentId: c.req.valid('param').id,
        ...c.req.valid('json'),
        actor: actorOf(c.get('principal')),
        now: ctx.clock.now(),
        reason: 'by-hand',
      });
      return c.json({ id }, 201);
    },
  );
  api.openapi(
    createRoute({
      method: 'post',
      path: '/incidents/{id}/merge',
      summary: 'This incident is the same trouble as another one: it becomes part of that',
      middleware: responder,
      request: { params: idParam, body: bodyOf(mergeSchema) },
      responses: done,
    }),
    async (c) => {
      await mergeIncident(ctx, {
        fromId: c.req.valid('param').id,
        ...c.req.valid('json'),
        actor: actorOf(c.get('principal')),
        now: ctx.clock.now(),
      });
      return c.body(null, 204);
    },
  );
}
