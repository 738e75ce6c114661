import { createRoute, z } from '@hono/zod-openapi';
import { atLeast } from '../platform/auth/sign-in.ts';
import type { Ctx } from '../platform/context.ts';
import { type Api, bodyOf, jsonOf, newApi, problemResponses } from '../platform/http/api.ts';
import { disputeQuietSave, readQuietSaves } from './quiet-saves.ts';
import { disputeSchema, quietSaveSchema } from './schemas.ts';

const idParam = z.object({ id: z.string().min(1).max(100) });

/** Trouble that was over before anybody noticed, and who knows better, under /api/v1. */
export function quietSaveRoutes(ctx: Ctx): Api {
  const api = newApi();
  api.openapi(
    createRoute({
      method: 'get',
      path: '/quiet-saves',
      summary: 'Trouble that was over before any user noticed, newest first',
      request: { query: z.object({ limit: z.coerce.number().int().min(1).max(500).default(100) }) },
      responses: {
        200: jsonOf(z.object({ quietSaves: z.array(quietSaveSchema) }), 'Quiet saves'),
        ...problemResponses,
      },
    }),
    async (c) => c.json({ quietSaves: await readQuietSaves(ctx, c.req.valid('query').limit) }, 200),
  );
  api.openapi(
    createRoute({
      method: 'post',
      path: '/quiet-saves/{id}/dispute',
      summary: 'Say that users did notice, and how',
      middleware: atLeast('responder'),
      request: { params: idParam, body: bodyOf(disputeSchema) },
      responses: { 204: { description: 'Done' }, ...problemResponses },
    }),
    async (c) => {
      const { personId } = c.get('principal');
      const { reason } = c.req.valid('json');
      await disputeQuietSave(ctx, { quietSaveId: c.req.valid('param').id, reason, personId, now: ctx.clock.now() });
      return c.body(null, 204);
    },
  );
  api.openapi(
    createRoute({
      method: 'delete',
      path: '/quiet-saves/{id}/dispute',
      summary: 'Take a dispute back',
      middleware: atLeast('responder'),
      request: { params: idParam },
      responses: { 204: { description: 'Done' }, ...problemResponses },
    }),
    async (c) => {
      const { personId } = c.get('principal');
      const quietSaveId = c.req.valid('param').id;
      await disputeQuietSave(ctx, { quietSaveId, reason: undefined, personId, now: ctx.clock.now() });
      return c.body(null, 204);
    },
  );
  return api;
}
