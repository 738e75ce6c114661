import { createRoute, z } from '@hono/zod-openapi';
import { atLeast } from '../platform/auth/sign-in.ts';
import type { Ctx } from '../platform/context.ts';
import { ServiceError } from '../platform/errors.ts';
import { type Api, bodyOf, jsonOf, newApi, problemResponses } from '../platform/http/api.ts';
import { bodyLimit, rateLimit } from '../platform/http/limits.ts';
import { leaveAppHug, leaveColleagueHug } from './leave-hug.ts';
import { apiHugSchema } from './schemas.ts';
import { readThanksSettings, thanksSettingsSchema, writeThanksSettings } from './settings.ts';
import { openHugIntake } from './store-hugs.ts';

/** Hugs from colleagues and from the operator's own app, and the settings of thanks, under /api/v1. */
export function hugApiRoutes(ctx: Ctx): Api {
  const api = newApi();
  const store = openHugIntake(ctx);
  api.openapi(
    createRoute({
      method: 'post',
      path: '/incidents/{id}/hugs',
      summary: 'Say thank you: as a colleague, or from your own app for one of its users',
      middleware: [bodyLimit(16_000), rateLimit({ clock: ctx.clock, burst: 600, perMs: 60_000 })] as const,
      request: { params: z.object({ id: z.string().min(1).max(100) }), body: bodyOf(apiHugSchema) },
      responses: {
        201: jsonOf(
          z.object({ id: z.string(), status: z.enum(['approved', 'held']), withdraw: z.string() }),
          'The hug; `withdraw` is for its sender',
        ),
        ...problemResponses,
      },
    }),
    async (c) => {
      const { user, ...hug } = c.req.valid('json');
      const principal = c.get('principal');
      const input = { incidentId: c.req.valid('param').id, ...hug, now: ctx.clock.now() };
      const left =
        user === undefined
          ? await leaveColleagueHug(ctx, { ...input, personId: requirePerson(principal.personId) })
          : await leaveAppHug(ctx, { ...input, user: requireApiKey(principal.via, user) }, store);
      return c.json(
        { id: left.hugId, status: left.status, withdraw: `${ctx.publicUrl}/hugs/withdraw/${left.withdrawToken}` },
        201,
      );
    },
  );
  api.openapi(
    createRoute({
      method: 'get',
      path: '/thanks/settings',
      summary: 'What this installation says about thanks',
      responses: { 200: jsonOf(thanksSettingsSchema, 'The settings'), ...problemResponses },
    }),
    async (c) => c.json(await readThanksSettings(ctx), 200),
  );
  api.openapi(
    createRoute({
      method: 'put',
      path: '/thanks/settings',
      summary: 'Change them',
      middleware: atLeast('admin'),
      request: { body: bodyOf(thanksSettingsSchema) },
      responses: { 204: { description: 'Done' }, ...problemResponses },
    }),
    async (c) => {
      await writeThanksSettings(ctx, c.req.valid('json'), ctx.clock.now());
      return c.body(null, 204);
    },
  );
  return api;
}

function requirePerson(personId: string | undefined): string {
  if (personId !== undefined) return personId;
  throw new ServiceError('invalid', 'Say whose thanks it is.', {
    fields: [{ path: 'user', message: 'needed, because this key belongs to no person' }],
  });
}

function requireApiKey(via: 'session' | 'api-key', user: string): string {
  if (via === 'api-key') return user;
  throw new ServiceError('invalid', 'Only an API key speaks for others.', {
    fields: [{ path: 'user', message: 'only with an API key' }],
  });
}
