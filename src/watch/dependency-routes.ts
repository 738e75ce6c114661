import { createRoute, z } from '@hono/zod-openapi';
import { actorOf } from '../platform/auth/principal.ts';
import { atLeast } from '../platform/auth/sign-in.ts';
import type { Ctx } from '../platform/context.ts';
import { type Api, bodyOf, jsonOf, problemResponses } from '../platform/http/api.ts';
import { readDependencyMap, setDependencies } from './dependencies.ts';
import { circlesSchema, dependencyMapSchema, editDependenciesSchema } from './dependency-schemas.ts';

const idParam = z.object({ id: z.string().min(1).max(100) });

/** What services stand on, under /api/v1. */
export function addDependencyRoutes(ctx: Ctx, api: Api, onChange: () => void): void {
  api.openapi(
    createRoute({
      method: 'get',
      path: '/dependencies',
      summary: 'Services and upstreams, what stands on what, and what is broken',
      responses: { 200: jsonOf(dependencyMapSchema, 'The map'), ...problemResponses },
    }),
    async (c) => c.json(await readDependencyMap(ctx), 200),
  );
  api.openapi(
    createRoute({
      method: 'put',
      path: '/services/{id}/dependencies',
      summary: 'Say what a service stands on; answers with the circles that this makes',
      middleware: atLeast('admin'),
      request: { params: idParam, body: bodyOf(editDependenciesSchema) },
      responses: { 200: jsonOf(circlesSchema, 'Changed'), ...problemResponses },
    }),
    async (c) => {
      const result = await setDependencies(ctx, c.req.valid('param').id, c.req.valid('json'), {
        actor: actorOf(c.get('principal')),
        now: ctx.clock.now(),
      });
      onChange();
      return c.json(result, 200);
    },
  );
}
