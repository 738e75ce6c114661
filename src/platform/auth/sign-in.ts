import type { Context, MiddlewareHandler } from 'hono';
import type { Ctx } from '../context.ts';
import { requireDatabase } from '../db/is-unavailable.ts';
import { ServiceError } from '../errors.ts';
import type { ApiEnv } from '../http/api.ts';
import { type Auth, apiKeyPrefix } from './auth.ts';
import { type Principal, requireRole, type Role } from './principal.ts';

/** Who asks, by the session cookie or by `Authorization: Bearer hgo_…`; undefined when nobody is signed in. */
export async function findPrincipal(ctx: Ctx, auth: Auth, headers: Headers): Promise<Principal | undefined> {
  const bearer = /^Bearer\s+(\S+)$/i.exec(headers.get('authorization') ?? '')?.[1];
  if (bearer !== undefined) {
    if (!bearer.startsWith(apiKeyPrefix)) return undefined;
    const result = await auth.api.verifyApiKey({ body: { key: bearer } });
    if (result.valid && result.key) return readPrincipal(ctx, result.key.referenceId, 'api-key');
    // better-auth calls a key invalid that it could not look up.
    await requireDatabase(ctx.db);
    return undefined;
  }
  const session = await auth.api.getSession({ headers }).catch(async (error: unknown) => {
    await requireDatabase(ctx.db);
    throw error;
  });
  return session ? readPrincipal(ctx, session.user.id, 'session') : undefined;
}

async function readPrincipal(ctx: Ctx, userId: string, via: Principal['via']): Promise<Principal | undefined> {
  const row = await ctx.db
    .selectFrom('auth_users')
    .leftJoin('people', (join) =>
      join.onRef('people.user_id', '=', 'auth_users.id').on('people.archived_at', 'is', null),
    )
    .select(['auth_users.id', 'auth_users.name', 'auth_users.email', 'auth_users.role', 'people.id as person_id'])
    .where('auth_users.id', '=', userId)
    .executeTakeFirst();
  if (!row) return undefined;
  return {
    userId: row.id,
    personId: row.person_id ?? undefined,
    name: row.name,
    email: row.email,
    role: row.role,
    via,
  };
}

const safeMethods = new Set(['GET', 'HEAD', 'OPTIONS']);

/** Lets in who is signed in, and keeps foreign pages from acting with a visitor's cookie. */
export function signedIn(ctx: Ctx, auth: Auth): MiddlewareHandler<ApiEnv> {
  return async (c, next) => {
    const principal = await findPrincipal(ctx, auth, c.req.raw.headers);
    if (!principal)
      throw new ServiceError('unauthenticated', 'Sign in, or send an API key as `Authorization: Bearer hgo_…`.');
    if (principal.via === 'session') refuseForeignOrigin(ctx, c);
    c.set('principal', principal);
    await next();
  };
}

/** Browsers name the page that a write comes from; a write from another site's page is not the person's wish. Throws `forbidden`. */
export function refuseForeignOrigin(ctx: Ctx, c: Context): void {
  if (safeMethods.has(c.req.method)) return;
  const origin = c.req.header('origin');
  const site = c.req.header('sec-fetch-site');
  if (site === 'same-origin' || site === 'none') return;
  if (origin !== undefined && (origin === ctx.publicUrl || origin === new URL(c.req.url).origin)) return;
  if (origin === undefined && site === undefined) return;
  throw new ServiceError('forbidden', 'This request comes from another site.');
}

/** Lets in only those with at least the role. Goes behind signedIn(). */
export const atLeast =
  (role: Role): MiddlewareHandler<ApiEnv> =>
  async (c, next) => {
    requireRole(c.get('principal'), role);
    await next();
  };
