import { createRoute, z } from '@hono/zod-openapi';
import { actorOf } from '../platform/auth/principal.ts';
import { atLeast } from '../platform/auth/sign-in.ts';
import type { Ctx } from '../platform/context.ts';
import { ServiceError } from '../platform/errors.ts';
import { type Api, bodyOf, jsonOf, newApi, problemResponses } from '../platform/http/api.ts';
import { addCredit, chooseCredit, removeCredit } from './edit-credit.ts';
import { readCredit } from './read-credit.ts';
import { additionSchema, creditViewSchema, ownChoiceSchema } from './schemas.ts';

const idParam = z.object({ id: z.string().min(1).max(100) });
const done = { 204: { description: 'Done' }, ...problemResponses };

/** Who is credited, adding the forgotten ones, and one's own choice, under /api/v1. */
export function creditRoutes(ctx: Ctx): Api {
  const api = newApi();
  api.openapi(
    createRoute({
      method: 'get',
      path: '/incidents/{id}/credits',
      summary: 'Who helped in an incident, and how',
      middleware: atLeast('responder'),
      request: { params: idParam },
      responses: { 200: jsonOf(creditViewSchema, 'Who helped'), ...problemResponses },
    }),
    async (c) => c.json(await readCredit(ctx, c.req.valid('param').id, c.get('principal').personId), 200),
  );
  for (const [path, summary, verb] of [
    ['/incidents/{id}/credits', 'Add somebody who was forgotten', addCredit],
    ['/incidents/{id}/credits/remove', 'Take back what was added', removeCredit],
  ] as const) {
    api.openapi(
      createRoute({
        method: 'post',
        path,
        summary,
        middleware: atLeast('responder'),
        request: { params: idParam, body: bodyOf(additionSchema) },
        responses: done,
      }),
      async (c) => {
        const by = { actor: actorOf(c.get('principal')), now: ctx.clock.now() };
        await verb(ctx, { incidentId: c.req.valid('param').id, ...c.req.valid('json'), ...by });
        return c.body(null, 204);
      },
    );
  }
  api.openapi(
    createRoute({
      method: 'post',
      path: '/me/credits/{id}',
      summary: 'Decline a credit, or be thanked without being named; and the reverse',
      request: { params: idParam, body: bodyOf(ownChoiceSchema) },
      responses: done,
    }),
    async (c) => {
      const { personId } = c.get('principal');
      if (personId === undefined) throw new ServiceError('not-found', 'You are not credited in this incident.');
      const { choice } = c.req.valid('json');
      await chooseCredit(ctx, { incidentId: c.req.valid('param').id, personId, choice, now: ctx.clock.now() });
      return c.body(null, 204);
    },
  );
  return api;
}
