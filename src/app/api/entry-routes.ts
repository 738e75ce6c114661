import { createRoute, z } from '@hono/zod-openapi';
import type { Auth } from '../../platform/auth/auth.ts';
import type { Ctx } from '../../platform/context.ts';
import { type Api, bodyOf, jsonOf, newApi, problemResponses } from '../../platform/http/api.ts';
import { bodyLimit, rateLimit } from '../../platform/http/limits.ts';
import { plainJson } from '../../platform/http/read-json.ts';
import { needsSetUp, setUp, setUpSchema } from '../set-up.ts';
import { acceptInvite } from './people.ts';
import { acceptInviteSchema } from './schemas.ts';

/** What a person meets before signing in: first set-up and invitations, under /api/v1. */
export function entryRoutes(ctx: Ctx, auth: Auth): Api {
  const api = newApi();
  const guard = [rateLimit({ clock: ctx.clock, burst: 20, perMs: 60_000 }), bodyLimit(8_000), plainJson];
  api.openapi(
    createRoute({
      method: 'get',
      path: '/setup',
      summary: 'Whether this installation still waits for its owner',
      responses: { 200: jsonOf(z.object({ needed: z.boolean() }), 'The answer'), ...problemResponses },
    }),
    async (c) => c.json({ needed: await needsSetUp(ctx) }, 200),
  );
  api.openapi(
    createRoute({
      method: 'post',
      path: '/setup',
      summary: 'Become the owner of a new installation',
      middleware: guard,
      request: { body: bodyOf(setUpSchema) },
      responses: { 201: { description: 'Done; sign in now' }, ...problemResponses },
    }),
    async (c) => {
      await setUp(ctx, auth, c.req.valid('json'));
      return c.body(null, 201);
    },
  );
  api.openapi(
    createRoute({
      method: 'post',
      path: '/invitations/accept',
      summary: 'Choose a password and join',
      middleware: guard,
      request: { body: bodyOf(acceptInviteSchema) },
      responses: {
        201: jsonOf(z.object({ email: z.string() }), 'Done; sign in now, with this address'),
        ...problemResponses,
      },
    }),
    async (c) => c.json(await acceptInvite(ctx, auth, c.req.valid('json'), ctx.clock.now()), 201),
  );
  return api;
}
