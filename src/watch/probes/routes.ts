import { createHash } from 'node:crypto';
import { type Context, Hono } from 'hono';
import { createRoute, z } from '@hono/zod-openapi';
import { actorOf } from '../../platform/auth/principal.ts';
import { atLeast } from '../../platform/auth/sign-in.ts';
import type { Ctx } from '../../platform/context.ts';
import { ServiceError } from '../../platform/errors.ts';
import { type Api, bodyOf, invalid, jsonOf, newApi, problemResponses } from '../../platform/http/api.ts';
import { bodyLimit, clientAddress, createRateLimiter } from '../../platform/http/limits.ts';
import { hashKey } from '../inbound/index.ts';
import type { Scheduler } from '../scheduler.ts';
import { addProbe, archiveProbe, checksFrom, readProbes } from './edit-probes.ts';
import { hearProbe } from './missing-probes.ts';
import { type Assignments, deliverySchema, newProbeSchema, probeSchema } from './schemas.ts';
import { createIntake } from './take-results.ts';

/** Five hundred results with what was received of each failure. */
const maxDeliveryBytes = 8_000_000;
const maxVersion = 40;

/** What probes ask and say, under /probe/v1, with their token as a bearer. */
export function probeRoutes(ctx: Ctx, scheduler: Pick<Scheduler, 'judge'>): Hono {
  const take = createIntake(ctx);
  // A probe asks every few seconds, and after a long silence delivers what it kept in one go.
  const perProbe = createRateLimiter({ burst: 600, perMs: 60_000 });
  const strangers = createRateLimiter({ burst: 30, perMs: 60_000 });

  async function recognise(c: Context): Promise<{ id: string }> {
    const now = ctx.clock.now();
    const [, token = ''] = /^Bearer (hgp_[A-Za-z0-9_-]{20,100})$/.exec(c.req.header('authorization') ?? '') ?? [];
    const row =
      token === ''
        ? undefined
        : await ctx.db
            .selectFrom('probes')
            .select(['id', 'gone_since'])
            .where('token_hash', '=', hashKey(token))
            .where('archived_at', 'is', null)
            .executeTakeFirst();
    const retryAfterMs = row ? perProbe.take(row.id, now) : strangers.take(clientAddress(c), now);
    if (retryAfterMs > 0)
      throw new ServiceError('too-many', 'Too many requests. Please wait a moment.', { retryAfterMs });
    if (!row) throw new ServiceError('unauthenticated', 'This token belongs to no probe of this HugOps.');
    const version = c.req.header('x-hugops-version')?.slice(0, maxVersion) ?? null;
    await hearProbe(ctx, { id: row.id, goneSince: row.gone_since }, version, now);
    return row;
  }

  const routes = new Hono();
  routes.get('/probe/v1/assignments', async (c) => {
    const probe = await recognise(c);
    const checks = await checksFrom(ctx, probe.id).execute();
    const assignments: Assignments = {
      location: probe.id,
      checks: checks.map(({ id, kind, config, interval_ms: intervalMs, timeout_ms: timeoutMs }) => ({
        id,
        kind,
        config,
        intervalMs,
        timeoutMs,
      })),
    };
    const body = JSON.stringify(assignments);
    const etag = `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`;
    const headers = { etag, 'cache-control': 'no-store' };
    if (c.req.header('if-none-match') === etag) return c.body(null, 304, headers);
    return c.body(body, 200, { ...headers, 'content-type': 'application/json' });
  });
  routes.post('/probe/v1/results', bodyLimit(maxDeliveryBytes), async (c) => {
    const probe = await recognise(c);
    const parsed = deliverySchema.safeParse(await c.req.json().catch(() => undefined));
    if (!parsed.success) throw invalid(parsed.error);
    const { takenSeq, fresh } = await take(probe.id, parsed.data, ctx.clock.now());
    // In the order in which they were seen; of what changes a verdict, the commit is waited for.
    for (const seen of fresh) await scheduler.judge(seen.checkId, seen);
    return c.json({ takenSeq });
  });
  return routes;
}

const idParam = z.object({ id: z.string().min(1).max(100) });

/** The probes, for the console, under /api/v1. */
export function probeEditRoutes(ctx: Ctx): Api {
  const api = newApi();
  const admin = atLeast('admin');
  const by = (c: { get(key: 'principal'): Parameters<typeof actorOf>[0] }) => ({
    actor: actorOf(c.get('principal')),
    now: ctx.clock.now(),
  });
  api.openapi(
    createRoute({
      method: 'get',
      path: '/probes',
      summary: 'The places that checks are run from, beside the server itself',
      responses: { 200: jsonOf(z.object({ probes: z.array(probeSchema) }), 'Probes'), ...problemResponses },
    }),
    async (c) => c.json({ probes: await readProbes(ctx) }, 200),
  );
  api.openapi(
    createRoute({
      method: 'post',
      path: '/probes',
      summary: 'Add a probe; its token is shown this once',
      middleware: admin,
      request: { body: bodyOf(newProbeSchema) },
      responses: {
        201: jsonOf(z.object({ id: z.string(), token: z.string(), command: z.string() }), 'Added'),
        ...problemResponses,
      },
    }),
    async (c) => {
      const { id, token } = await addProbe(ctx, c.req.valid('json'), by(c));
      return c.json({ id, token, command: `hugops probe --url ${ctx.publicUrl} --token ${token}` }, 201);
    },
  );
  api.openapi(
    createRoute({
      method: 'delete',
      path: '/probes/{id}',
      summary: 'Take a probe out of use',
      middleware: admin,
      request: { params: idParam },
      responses: { 204: { description: 'Done' }, ...problemResponses },
    }),
    async (c) => {
      await archiveProbe(ctx, c.req.valid('param').id, by(c));
      return c.body(null, 204);
    },
  );
  return api;
}
