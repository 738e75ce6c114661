import { createRoute, z } from '@hono/zod-openapi';
import { actorOf } from '../../platform/auth/principal.ts';
import { atLeast } from '../../platform/auth/sign-in.ts';
import type { Ctx } from '../../platform/context.ts';
import { type Api, bodyOf, jsonOf, newApi, problemResponses } from '../../platform/http/api.ts';
import { addProvider, removeProvider } from './edit-providers.ts';
import { readProviderViews, readUpstreams } from './read-upstreams.ts';
import { newProviderSchema, providerViewSchema, upstreamSchema } from './schemas.ts';

const done = { 204: { description: 'Done' }, ...problemResponses };

/** Upstreams and their providers, under /api/v1. */
export function upstreamRoutes(ctx: Ctx): Api {
  const api = newApi();
  api.openapi(
    createRoute({
      method: 'get',
      path: '/upstreams',
      summary: 'What services depend on outside, with its state, the health of its feed and what its provider says',
      responses: { 200: jsonOf(z.object({ upstreams: z.array(upstreamSchema) }), 'Upstreams'), ...problemResponses },
    }),
    async (c) => c.json({ upstreams: await readUpstreams(ctx, ctx.clock.now()) }, 200),
  );
  api.openapi(
    createRoute({
      method: 'get',
      path: '/upstream-providers',
      summary: 'Providers that a service may depend on',
      responses: {
        200: jsonOf(z.object({ providers: z.array(providerViewSchema) }), 'Providers'),
        ...problemResponses,
      },
    }),
    async (c) => c.json({ providers: await readProviderViews(ctx) }, 200),
  );
  addEdits(ctx, api);
  return api;
}

function addEdits(ctx: Ctx, api: Api): void {
  const admin = atLeast('admin');
  const by = (c: { get(key: 'principal'): Parameters<typeof actorOf>[0] }) => ({
    actor: actorOf(c.get('principal')),
    now: ctx.clock.now(),
  });
  api.openapi(
    createRoute({
      method: 'post',
      path: '/upstream-providers',
      summary: 'Add a provider with the address of its status feed, or another HugOps',
      middleware: admin,
      request: { body: bodyOf(newProviderSchema) },
      responses: done,
    }),
    async (c) => {
      await addProvider(ctx, c.req.valid('json'), by(c));
      return c.body(null, 204);
    },
  );
  api.openapi(
    createRoute({
      method: 'delete',
      path: '/upstream-providers/{id}',
      summary: 'Take an added provider out of the list',
      middleware: admin,
      request: { params: z.object({ id: z.string().min(1).max(100) }) },
      responses: done,
    }),
    async (c) => {
      await removeProvider(ctx, c.req.valid('param').id, by(c));
      return c.body(null, 204);
    },
  );
}
