import { createRoute, z } from '@hono/zod-openapi';
import { type Context, Hono } from 'hono';
import { onwardNetworks } from '../domain/onward-thanks.ts';
import { actorOf } from '../platform/auth/principal.ts';
import { atLeast } from '../platform/auth/sign-in.ts';
import type { Ctx } from '../platform/context.ts';
import { ServiceError } from '../platform/errors.ts';
import { type Api, jsonOf, newApi, problemResponses } from '../platform/http/api.ts';
import { bodyLimit, clientAddress, rateLimit } from '../platform/http/limits.ts';
import { type PlainPage, plainPage } from '../platform/http/plain-page.ts';
import { readJson } from '../platform/http/read-json.ts';
import type { ProofOfWork } from '../platform/proof-of-work.ts';
import { archiveRoutes } from './archive-routes.ts';
import { changeApiRoutes } from './change-routes.ts';
import { creditRoutes } from './credit-routes.ts';
import { giftRoutes } from './gift-routes.ts';
import { hugApiRoutes } from './hug-api-routes.ts';
import { leaveHug } from './leave-hug.ts';
import { moderateHug } from './moderate-hug.ts';
import { readHugs, readMyThanks } from './read-hugs.ts';
import { quietSaveRoutes } from './quiet-save-routes.ts';
import { hugSchema, leaveHugSchema, myThanksSchema } from './schemas.ts';
import { sendOnward } from './send-onward.ts';
import { openHugIntake } from './store-hugs.ts';
import { hugOfLink, withdrawHug } from './withdraw-hug.ts';

/** Hugs from anybody: `POST /incidents/:id/hugs` on the public side. */
export function hugRoutes(ctx: Ctx, proofOfWork: ProofOfWork): Hono {
  const app = new Hono();
  const store = openHugIntake(ctx);
  app.post(
    '/incidents/:id/hugs',
    rateLimit({ clock: ctx.clock, burst: 10, perMs: 60_000 }),
    bodyLimit(16_000),
    async (c) => {
      const { altcha, ...body } = await readJson(c, leaveHugSchema);
      await proofOfWork.check(altcha);
      const input = {
        incidentId: c.req.param('id'),
        ...body,
        address: clientAddress(c),
        userAgent: c.req.header('user-agent') ?? '',
        now: ctx.clock.now(),
      };
      const { status, withdrawToken } = await leaveHug(ctx, input, store);
      return c.json({ status, withdraw: `${ctx.publicUrl}/hugs/withdraw/${withdrawToken}` }, 201);
    },
  );
  const limit = rateLimit({ clock: ctx.clock, burst: 20, perMs: 60_000 });
  app.get('/incidents/:id/onward/:network', limit, async (c) => {
    const network = onwardNetworks.find((one) => one === c.req.param('network'));
    if (network === undefined) throw new ServiceError('not-found', 'There is no such network here.');
    c.header('cache-control', 'no-store');
    c.header('referrer-policy', 'no-referrer');
    return c.redirect(await sendOnward(ctx, { incidentId: c.req.param('id'), network }), 303);
  });
  app.get('/hugs/withdraw/:token', limit, (c) => {
    const token = c.req.param('token');
    hugOfLink(ctx, token, ctx.clock.now());
    // It asks first: programs follow links, too.
    return answer(c, {
      title: 'Take your hug back?',
      lines: ['Its words are deleted. What has reached somebody already stays with them.'],
      button: { label: 'Take it back', action: `/hugs/withdraw/${encodeURIComponent(token)}` },
    });
  });
  app.post('/hugs/withdraw/:token', limit, async (c) => {
    const now = ctx.clock.now();
    await withdrawHug(ctx, hugOfLink(ctx, c.req.param('token'), now), now);
    return answer(c, {
      title: 'It is taken back',
      lines: ['Nothing of it is kept here.'],
      link: { label: 'The status page', href: '/' },
    });
  });
  return app;
}

const answer = async (c: Context, page: PlainPage): Promise<Response> => {
  c.header('cache-control', 'no-store');
  c.header('referrer-policy', 'no-referrer');
  return c.html(plainPage(page));
};

/** Moderation and one's own archive, under /api/v1. */
export function thankRoutes(ctx: Ctx): Api {
  const api = newApi();
  api.route('/', archiveRoutes(ctx));
  api.route('/', creditRoutes(ctx));
  api.route('/', giftRoutes(ctx));
  api.route('/', hugApiRoutes(ctx));
  api.route('/', changeApiRoutes(ctx));
  api.route('/', quietSaveRoutes(ctx));
  api.openapi(
    createRoute({
      method: 'get',
      path: '/hugs',
      summary: 'Hugs by status; the held ones wait for a decision',
      middleware: atLeast('responder'),
      request: {
        query: z.object({
          status: z.enum(['held', 'approved', 'rejected']).default('held'),
          limit: z.coerce.number().int().min(1).max(500).default(100),
        }),
      },
      responses: { 200: jsonOf(z.object({ hugs: z.array(hugSchema) }), 'Hugs'), ...problemResponses },
    }),
    async (c) => {
      const { status, limit } = c.req.valid('query');
      return c.json({ hugs: await readHugs(ctx, status, limit) }, 200);
    },
  );
  for (const [verb, decision] of [
    ['approve', 'approved'],
    ['reject', 'rejected'],
  ] as const) {
    api.openapi(
      createRoute({
        method: 'post',
        path: `/hugs/{id}/${verb}`,
        summary: decision === 'approved' ? 'Let a hug out to the page and its people' : 'Keep a hug in',
        middleware: atLeast('responder'),
        request: { params: z.object({ id: z.string().min(1).max(100) }) },
        responses: { 204: { description: 'Done' }, ...problemResponses },
      }),
      async (c) => {
        await moderateHug(ctx, {
          hugId: c.req.valid('param').id,
          decision,
          actor: actorOf(c.get('principal')),
          now: ctx.clock.now(),
        });
        return c.body(null, 204);
      },
    );
  }
  api.openapi(
    createRoute({
      method: 'get',
      path: '/me/thanks',
      summary: 'What you are credited and thanked for',
      responses: { 200: jsonOf(myThanksSchema, 'Your thanks'), ...problemResponses },
    }),
    async (c) => {
      const { personId } = c.get('principal');
      return c.json(personId === undefined ? { incidents: [] } : await readMyThanks(ctx, personId), 200);
    },
  );
  return api;
}
