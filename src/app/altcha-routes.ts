import { Hono } from 'hono';
import type { Ctx } from '../platform/context.ts';
import { rateLimit } from '../platform/http/limits.ts';
import type { ProofOfWork } from '../platform/proof-of-work.ts';

/** `GET /altcha`: a challenge for the widget of an anonymous form. Making one costs a derivation, hence the limit. */
export function altchaRoutes(ctx: Ctx, proofOfWork: ProofOfWork): Hono {
  const app = new Hono();
  app.get('/altcha', rateLimit({ clock: ctx.clock, burst: 30, perMs: 60_000 }), async (c) => {
    c.header('cache-control', 'no-store');
    return c.json(await proofOfWork.challenge());
  });
  return app;
}
