import { createRoute, z } from '@hono/zod-openapi';
import type { Principal } from '../platform/auth/principal.ts';
import { atLeast } from '../platform/auth/sign-in.ts';
import type { Ctx } from '../platform/context.ts';
import { ServiceError } from '../platform/errors.ts';
import { type Api, bodyOf, jsonOf, newApi, problemResponses } from '../platform/http/api.ts';
import { decideWaitingGift, exportLedger, fundGifts, giveGift, type Lead, readGifts } from './gifts.ts';
import { giftsViewSchema, giftBudgetSchema, newGiftSchema } from './schemas.ts';

const teamParam = z.object({ teamId: z.string().min(1).max(100) });

/** Gifts of a team: its budget, giving, the second person, and the ledger as CSV, under /api/v1. */
export function giftRoutes(ctx: Ctx): Api {
  const api = newApi();
  api.openapi(
    createRoute({
      method: 'put',
      path: '/teams/{teamId}/gift-budget',
      summary: 'Set what a team may spend on gifts',
      middleware: atLeast('admin'),
      request: { params: teamParam, body: bodyOf(giftBudgetSchema) },
      responses: { 200: jsonOf(z.object({ balance: z.int() }), 'What is left'), ...problemResponses },
    }),
    async (c) => {
      const by = leadOf(c.get('principal'));
      const input = { ...c.req.valid('param'), ...c.req.valid('json'), by, now: ctx.clock.now() };
      return c.json(await fundGifts(ctx, input), 200);
    },
  );
  api.openapi(
    createRoute({
      method: 'get',
      path: '/teams/{teamId}/gifts',
      summary: 'The gifts of a team and what is left; for its leads',
      request: { params: teamParam },
      responses: { 200: jsonOf(giftsViewSchema, 'Gifts'), ...problemResponses },
    }),
    async (c) => c.json(await readGifts(ctx, c.req.valid('param').teamId, leadOf(c.get('principal'))), 200),
  );
  api.openapi(
    createRoute({
      method: 'post',
      path: '/teams/{teamId}/gifts',
      summary: 'Give something to somebody who helped; for leads',
      request: { params: teamParam, body: bodyOf(newGiftSchema) },
      responses: {
        201: jsonOf(z.object({ giftId: z.string(), status: z.enum(['waiting', 'given', 'refused']) }), 'The gift'),
        ...problemResponses,
      },
    }),
    async (c) => {
      const by = leadOf(c.get('principal'));
      const input = { ...c.req.valid('param'), ...c.req.valid('json'), by, now: ctx.clock.now() };
      return c.json(await giveGift(ctx, input), 201);
    },
  );
  for (const decision of ['give', 'refuse'] as const) {
    api.openapi(
      createRoute({
        method: 'post',
        path: `/gifts/{id}/${decision}`,
        summary: decision === 'give' ? 'Agree to a gift, as the second person' : 'Refuse a gift; its amount goes back',
        request: { params: z.object({ id: z.string().min(1).max(100) }) },
        responses: { 204: { description: 'Done' }, ...problemResponses },
      }),
      async (c) => {
        const by = leadOf(c.get('principal'));
        await decideWaitingGift(ctx, { giftId: c.req.valid('param').id, decision, by, now: ctx.clock.now() });
        return c.body(null, 204);
      },
    );
  }
  api.get('/teams/:teamId/gifts.csv', async (c) => {
    const csv = await exportLedger(ctx, c.req.param('teamId'), leadOf(c.get('principal')));
    return c.body(csv, 200, {
      'content-type': 'text/csv; charset=utf-8',
      'content-disposition': 'attachment; filename="gifts.csv"',
      'cache-control': 'no-store',
    });
  });
  return api;
}

function leadOf(principal: Principal): Lead {
  if (principal.personId === undefined) throw new ServiceError('forbidden', 'Gifts come from a person.');
  return { personId: principal.personId, isAdmin: principal.role === 'admin' || principal.role === 'owner' };
}
