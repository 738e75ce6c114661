import { Hono } from 'hono';
import { z } from 'zod';
import type { Ctx } from '../platform/context.ts';
import { bodyLimit, clientAddress, rateLimit } from '../platform/http/limits.ts';
import { readJson } from '../platform/http/read-json.ts';
import type { ProofOfWork } from '../platform/proof-of-work.ts';
import { leaveReport } from './leave-report.ts';

const reportSchema = z.object({ serviceId: z.string().min(1).max(100), altcha: z.string().min(1).max(4_000) }).strict();

/** "I have a problem", from anybody: `POST /report`. No account, no cookie; a proof of work and a limit instead. */
export function listenRoutes(ctx: Ctx, proofOfWork: ProofOfWork): Hono {
  const app = new Hono();
  app.post('/report', rateLimit({ clock: ctx.clock, burst: 10, perMs: 60_000 }), bodyLimit(8_000), async (c) => {
    const body = await readJson(c, reportSchema);
    await proofOfWork.check(body.altcha);
    const { others } = await leaveReport(ctx, {
      serviceId: body.serviceId,
      address: clientAddress(c),
      userAgent: c.req.header('user-agent') ?? '',
      now: ctx.clock.now(),
    });
    return c.json({ others }, 202);
  });
  return app;
}
