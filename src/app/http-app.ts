import { Hono } from 'hono';
import { secureHeaders } from 'hono/secure-headers';
import { createHash } from 'node:crypto';
import { type Auth, handleAuth } from '../platform/auth/auth.ts';
import { refuseForeignOrigin, signedIn } from '../platform/auth/sign-in.ts';
import type { Ctx } from '../platform/context.ts';
import { isDatabaseUnavailable, requireDatabase } from '../platform/db/is-unavailable.ts';
import { ServiceError } from '../platform/errors.ts';
import { type Api, type ApiEnv, newApi } from '../platform/http/api.ts';
import { bodyLimit, clientAddress, createRateLimiter } from '../platform/http/limits.ts';
import { plainPage, plainStyle } from '../platform/http/plain-page.ts';
import { isUnexpected, problemResponse } from '../platform/http/problem.ts';
import { plainJson } from '../platform/http/read-json.ts';
import { readFindings } from '../respond/index.ts';
import { describeApi } from './api/openapi.ts';
import type { LiveHub } from './live.ts';

export interface HttpParts {
  ctx: Ctx;
  auth: Auth;
  live: LiveHub;
  version: string;
  /** Open to everybody, mounted at `/`. */
  publicRoutes: Hono[];
  /** Under /api/v1, before signing in. */
  entryRoutes: Api;
  /** Under /api/v1, behind the sign-in. */
  memberRoutes: Api[];
  readReference(): Promise<string>;
  /** Throws or answers false when the program cannot do its work. */
  isReady(): Promise<boolean>;
  /** The published 404 page. */
  notFound(): Response;
}

/** Only where the public address has TLS; on any other it would lock people out. */
export const transportSecurity = (publicUrl: string): string | undefined =>
  publicUrl.startsWith('https:') ? 'max-age=31536000' : undefined;

const plainPolicy = `default-src 'none'; style-src 'sha256-${createHash('sha256').update(plainStyle).digest('base64')}'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'`;

/** All of HugOps' HTTP but the published artefacts, which are answered before anything here is asked. */
export function createHttpApp(parts: HttpParts): Hono<ApiEnv> {
  const { ctx } = parts;
  const app = new Hono<ApiEnv>();
  app.use(
    secureHeaders({
      crossOriginEmbedderPolicy: false,
      crossOriginResourcePolicy: 'same-origin',
      referrerPolicy: 'same-origin',
      xFrameOptions: 'DENY',
      strictTransportSecurity: transportSecurity(ctx.publicUrl) ?? false,
    }),
  );
  app.use(async (c, next) => {
    await next();
    ctx.metrics.httpRequests.inc({ method: c.req.method, status: String(c.res.status) });
    // Pages that bring no policy of their own are plain ones.
    if (!c.res.headers.has('content-security-policy')) c.res.headers.set('content-security-policy', plainPolicy);
  });
  app.use(async (c, next) => {
    // PostgreSQL stores no such character, so no address of ours has one.
    if (/%00/.test(c.req.raw.url)) throw new ServiceError('invalid', 'The address contains a NUL character.');
    await next();
  });
  app.onError((thrown, c) => {
    const error = isDatabaseUnavailable(thrown) ? databaseUnavailable(ctx, thrown) : thrown;
    if (isUnexpected(error)) ctx.log.error({ err: error, path: c.req.routePath }, 'a request failed');
    if (wantsPage(c.req.raw) && error instanceof ServiceError) {
      const problem = problemResponse(error);
      return c.html(
        plainPage({ title: titles[error.code] ?? 'That did not work', lines: [error.message] }),
        problem.status as 400,
      );
    }
    return problemResponse(error);
  });
  app.notFound((c) => {
    if (c.req.path.startsWith('/api/') || !wantsPage(c.req.raw))
      return problemResponse(new ServiceError('not-found', 'There is nothing at this address.'));
    return parts.notFound();
  });
  addHealth(app, parts);
  app.all('/api/auth/*', bodyLimit(16_000), async (c) => {
    // Also against signing somebody in to an account that is not theirs; better-auth asks only where it finds a cookie.
    refuseForeignOrigin(ctx, c);
    const answer = await handleAuth(parts.auth, c.req.raw, clientAddress(c));
    if (answer.status >= 500) await requireDatabase(ctx.db);
    return answer;
  });
  app.route('/', apiApp(parts, app));
  for (const routes of parts.publicRoutes) app.route('/', routes);
  return app;
}

// A restart of PostgreSQL takes about this long.
const databaseRetryMs = 5_000;

function databaseUnavailable(ctx: Ctx, error: Error): ServiceError {
  ctx.log.warn({ err: error }, 'a request came while the database could not be reached');
  const message = 'HugOps cannot reach its database just now. Please try again in a moment.';
  return new ServiceError('unavailable', message, { retryAfterMs: databaseRetryMs });
}

const titles: Readonly<Record<string, string>> = {
  'not-found': 'Not found',
  gone: 'No longer there',
  'too-many': 'One moment, please',
  unavailable: 'Not available just now',
};

const wantsPage = (request: Request): boolean => (request.headers.get('accept') ?? '').includes('text/html');

function apiApp(parts: HttpParts, app: Hono<ApiEnv>): Hono<ApiEnv> {
  const { ctx } = parts;
  const limiter = createRateLimiter({ burst: 600, perMs: 60_000 });
  const api = newApi();
  api.use('*', bodyLimit(256_000));
  api.use('*', async (c, next) => {
    const retryAfterMs = limiter.take(c.req.header('authorization') ?? clientAddress(c), ctx.clock.now());
    if (retryAfterMs > 0)
      throw new ServiceError('too-many', 'Too many requests. Please wait a moment.', { retryAfterMs });
    c.header('cache-control', 'no-store');
    await next();
  });
  api.route('/', parts.entryRoutes);
  api.use('*', signedIn(ctx, parts.auth), plainJson);
  api.get('/live', (c) => parts.live.serve(c));
  for (const routes of parts.memberRoutes) api.route('/', routes);
  describeApi(app, api, parts.version, () => parts.readReference());
  const mounted = new Hono<ApiEnv>();
  mounted.route('/api/v1', api);
  return mounted;
}

function addHealth(app: Hono<ApiEnv>, parts: HttpParts): void {
  app.get('/healthz', (c) => c.text('ok'));
  app.get('/readyz', async (c) => {
    const isReady = await parts.isReady().catch(() => false);
    if (!isReady) return c.text('not ready', 503);
    // Anybody may ask, so the laws are named and nobody's names.
    const findings = c.req.query('verbose') === undefined ? undefined : await readFindings(parts.ctx);
    if (findings === undefined) return c.text('ready');
    const laws = [...new Set(findings.map(({ law, isBroken }) => `${law}${isBroken ? ' (broken)' : ''}`))];
    return c.text(`ready\naudit: ${laws.length === 0 ? 'all in order' : laws.join(', ')}\n`);
  });
  app.get('/metrics', async (c) => {
    const { registry } = parts.ctx.metrics;
    return c.body(await registry.metrics(), 200, { 'content-type': registry.contentType });
  });
}
