import { createRoute, z } from '@hono/zod-openapi';
import type { Principal } from '../platform/auth/principal.ts';
import type { Ctx } from '../platform/context.ts';
import { ServiceError } from '../platform/errors.ts';
import { type Api, bodyOf, jsonOf, newApi, problemResponses } from '../platform/http/api.ts';
import { eraseThanks, exportThanks, readCard } from './archive.ts';
import { readPreferences, thankPreferencesSchema, writePreferences } from './preferences.ts';

/** What a person keeps of their thanks, and how they want to be thanked; each for themselves alone, under /api/v1. */
export function archiveRoutes(ctx: Ctx): Api {
  const api = newApi();
  api.get('/me/thanks/export', async (c) => {
    const thanks = await exportThanks(ctx, me(c.get('principal')), ctx.clock.now());
    c.header('content-disposition', 'attachment; filename="hugops-thanks.json"');
    c.header('cache-control', 'no-store');
    return c.json(thanks);
  });
  api.get('/me/thanks/:incidentId/card.svg', async (c) => {
    const card = await readCard(ctx, me(c.get('principal')), c.req.param('incidentId'));
    return c.body(card, 200, { 'content-type': 'image/svg+xml', 'cache-control': 'no-store' });
  });
  api.openapi(
    createRoute({
      method: 'delete',
      path: '/me/thanks',
      summary: 'Erase what you were credited and thanked for, for good',
      request: { query: z.object({ sure: z.literal('yes') }) },
      responses: { 204: { description: 'Done' }, ...problemResponses },
    }),
    async (c) => {
      await eraseThanks(ctx, me(c.get('principal')), ctx.clock.now());
      return c.body(null, 204);
    },
  );
  api.openapi(
    createRoute({
      method: 'get',
      path: '/me/thank-preferences',
      summary: 'How and when you want to be thanked',
      responses: { 200: jsonOf(thankPreferencesSchema, 'Your wishes'), ...problemResponses },
    }),
    async (c) => c.json(await readPreferences(ctx, me(c.get('principal'))), 200),
  );
  api.openapi(
    createRoute({
      method: 'put',
      path: '/me/thank-preferences',
      summary: 'Change it',
      request: { body: bodyOf(thankPreferencesSchema) },
      responses: { 204: { description: 'Done' }, ...problemResponses },
    }),
    async (c) => {
      await writePreferences(ctx, me(c.get('principal')), c.req.valid('json'), ctx.clock.now());
      return c.body(null, 204);
    },
  );
  return api;
}

function me(principal: Principal): string {
  if (principal.personId === undefined)
    throw new ServiceError('not-found', 'You are no person that can be thanked here.');
  return principal.personId;
}
