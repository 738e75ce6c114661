import { createRoute, z } from '@hono/zod-openapi';
import { Hono } from 'hono';
import { actorOf } from '../platform/auth/principal.ts';
import { atLeast } from '../platform/auth/sign-in.ts';
import type { Ctx } from '../platform/context.ts';
import { ServiceError } from '../platform/errors.ts';
import { type Api, bodyOf, jsonOf, newApi, problemResponses } from '../platform/http/api.ts';
import { bodyLimit, rateLimit } from '../platform/http/limits.ts';
import { readJson } from '../platform/http/read-json.ts';
import { addChangeKey, archiveChangeKey, findChangeKey } from './change-keys.ts';
import { newChangeKeySchema, newChangesSchema } from './schemas.ts';
import { takeChanges } from './take-changes.ts';

const maxBytes = 256_000;

/** Changes from a repository or a runner: `POST /inbound/changes/KEY`. */
export function changeRoutes(ctx: Ctx): Hono {
  const app = new Hono();
  app.post(
    '/inbound/changes/:key',
    rateLimit({ clock: ctx.clock, burst: 120, perMs: 60_000 }),
    bodyLimit(maxBytes),
    async (c) => {
      const key = await findChangeKey(ctx, c.req.param('key'));
      if (key === undefined) throw new ServiceError('not-found', 'There is no such key.');
      const { changes } = await readJson(c, newChangesSchema);
      const actor = { kind: 'api', id: key.id } as const;
      const now = ctx.clock.now();
      return c.json(await takeChanges(ctx, { source: key.id, serviceId: key.serviceId, changes, actor, now }), 202);
    },
  );
  return app;
}

/** The same by an API key, and the keys of others, under /api/v1. */
export function changeApiRoutes(ctx: Ctx): Api {
  const api = newApi();
  api.openapi(
    createRoute({
      method: 'post',
      path: '/changes',
      summary: 'Tell of commits, deploys and runbook runs, so that their authors are thanked',
      middleware: [atLeast('responder'), bodyLimit(maxBytes)] as const,
      request: { body: bodyOf(newChangesSchema) },
      responses: { 202: jsonOf(z.object({ taken: z.int() }), 'How many were new'), ...problemResponses },
    }),
    async (c) => {
      const { changes } = c.req.valid('json');
      const by = { actor: actorOf(c.get('principal')), now: ctx.clock.now() };
      return c.json(await takeChanges(ctx, { source: 'api', serviceId: null, changes, ...by }), 202);
    },
  );
  api.openapi(
    createRoute({
      method: 'post',
      path: '/change-keys',
      summary: 'Make a key for POST /inbound/changes/KEY; it is told once',
      middleware: atLeast('admin'),
      request: { body: bodyOf(newChangeKeySchema) },
      responses: {
        201: jsonOf(z.object({ id: z.string(), key: z.string(), url: z.string() }), 'The key'),
        ...problemResponses,
      },
    }),
    async (c) => {
      const { name, serviceId } = c.req.valid('json');
      const by = { actor: actorOf(c.get('principal')), now: ctx.clock.now() };
      const made = await addChangeKey(ctx, { name, serviceId: serviceId ?? null, ...by });
      return c.json({ ...made, url: `${ctx.publicUrl}/inbound/changes/${made.key}` }, 201);
    },
  );
  api.openapi(
    createRoute({
      method: 'delete',
      path: '/change-keys/{id}',
      summary: 'Withdraw a key for changes',
      middleware: atLeast('admin'),
      request: { params: z.object({ id: z.string().min(1).max(100) }) },
      responses: { 204: { description: 'Done' }, ...problemResponses },
    }),
    async (c) => {
      const by = { actor: actorOf(c.get('principal')), now: ctx.clock.now() };
      await archiveChangeKey(ctx, { id: c.req.valid('param').id, ...by });
      return c.body(null, 204);
    },
  );
  return api;
}
