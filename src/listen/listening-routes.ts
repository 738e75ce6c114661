import { createRoute, z } from '@hono/zod-openapi';
import { actorOf } from '../platform/auth/principal.ts';
import { atLeast } from '../platform/auth/sign-in.ts';
import type { Ctx } from '../platform/context.ts';
import { type Api, bodyOf, jsonOf, newApi, problemResponses } from '../platform/http/api.ts';
import { correctStance } from './correct-stance.ts';
import { readDiscontent } from './discontent.ts';
import { readListening, readListeningTarget } from './read-listening.ts';
import {
  correctStanceSchema,
  discontentSchema,
  listeningSchema,
  listeningTargetSchema,
  targetKindSchema,
} from './schemas.ts';

const idParam = z.object({ id: z.string().min(1).max(200) });

/** What is heard, under /api/v1. */
export function listeningRoutes(ctx: Ctx): Api {
  const api = newApi();
  api.openapi(
    createRoute({
      method: 'get',
      path: '/listening',
      summary: 'Sources of posts with their health, and what is said about services and upstreams',
      responses: { 200: jsonOf(listeningSchema, 'Listening'), ...problemResponses },
    }),
    async (c) => c.json(await readListening(ctx, ctx.clock.now()), 200),
  );
  api.openapi(
    createRoute({
      method: 'get',
      path: '/listening/{kind}/{id}',
      summary: 'The curve of one service or upstream against what is usual, its bursts, and the newest posts',
      request: {
        params: idParam.extend({ kind: targetKindSchema }),
        query: z.object({ hours: z.coerce.number().int().min(1).max(168).default(24) }),
      },
      responses: { 200: jsonOf(listeningTargetSchema, 'What is heard of it'), ...problemResponses },
    }),
    async (c) => {
      const { hours } = c.req.valid('query');
      return c.json(await readListeningTarget(ctx, c.req.valid('param'), { hours, now: ctx.clock.now() }), 200);
    },
  );
  api.openapi(
    createRoute({
      method: 'post',
      path: '/posts/{id}/stance',
      summary: 'Say what a post means where the model is wrong',
      middleware: atLeast('responder'),
      request: { params: idParam, body: bodyOf(correctStanceSchema) },
      responses: { 204: { description: 'Done' }, ...problemResponses },
    }),
    async (c) => {
      await correctStance(ctx, {
        postId: c.req.valid('param').id,
        ...c.req.valid('json'),
        actor: actorOf(c.get('principal')),
        now: ctx.clock.now(),
      });
      return c.body(null, 204);
    },
  );
  api.openapi(
    createRoute({
      method: 'get',
      path: '/incidents/{id}/discontent',
      summary: 'The shape of an outage: problems, reports and thanks over time',
      request: { params: idParam },
      responses: { 200: jsonOf(discontentSchema, 'The curve'), ...problemResponses },
    }),
    async (c) => c.json(await readDiscontent(ctx, c.req.valid('param').id, ctx.clock.now()), 200),
  );
  return api;
}
