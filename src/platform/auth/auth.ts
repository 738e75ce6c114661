import { apiKey } from '@better-auth/api-key';
import { betterAuth } from 'better-auth';
import type { Kysely } from 'kysely';
import type { Tables } from '../db/tables.ts';
import type { Log } from '../log.ts';
import { minPasswordLength } from './auth-rules.ts';
import type { Role } from './principal.ts';

/** Every API key begins with this, so that a scanner of leaked secrets can know one. */
export const apiKeyPrefix = 'hgo_';

// Set by authHandler() from what the socket says; whatever a client sends under this name is overwritten.
const clientHeader = 'x-hugops-client';

export interface AuthOptions {
  db: Kysely<Tables>;
  secret: string;
  publicUrl: string;
  log: Log;
}

/** Sign-in by better-auth over our own tables and connection. Nobody signs up by themselves: the first is the owner, others are invited. */
export function openAuth(options: AuthOptions) {
  const timestamps = { createdAt: 'created_at', updatedAt: 'updated_at' };
  return betterAuth({
    baseURL: options.publicUrl,
    basePath: '/api/auth',
    secret: options.secret,
    database: { db: options.db, type: 'postgres' },
    telemetry: { enabled: false },
    emailAndPassword: { enabled: true, disableSignUp: true, minPasswordLength },
    // A page opened under the machine's name instead of the public address is still our own page.
    trustedOrigins: (request) => (request ? [options.publicUrl, new URL(request.url).origin] : [options.publicUrl]),
    user: {
      modelName: 'auth_users',
      fields: { emailVerified: 'email_verified', ...timestamps },
      additionalFields: { role: { type: 'string', input: false, defaultValue: 'viewer' } },
    },
    session: {
      modelName: 'auth_sessions',
      fields: {
        userId: 'user_id',
        expiresAt: 'expires_at',
        ipAddress: 'ip_address',
        userAgent: 'user_agent',
        ...timestamps,
      },
      expiresIn: 30 * 24 * 3600,
      updateAge: 24 * 3600,
    },
    account: {
      modelName: 'auth_accounts',
      fields: {
        accountId: 'account_id',
        providerId: 'provider_id',
        userId: 'user_id',
        accessToken: 'access_token',
        refreshToken: 'refresh_token',
        idToken: 'id_token',
        accessTokenExpiresAt: 'access_token_expires_at',
        refreshTokenExpiresAt: 'refresh_token_expires_at',
        ...timestamps,
      },
    },
    verification: {
      modelName: 'auth_verifications',
      fields: { expiresAt: 'expires_at', ...timestamps },
    },
    advanced: {
      cookiePrefix: 'hugops',
      useSecureCookies: options.publicUrl.startsWith('https:'),
      ipAddress: { ipAddressHeaders: [clientHeader] },
    },
    rateLimit: { enabled: true, window: 60, max: 60, customRules: { '/sign-in/email': { window: 60, max: 10 } } },
    logger: {
      log: (level, message) =>
        options.log[level === 'error' ? 'error' : level === 'warn' ? 'warn' : 'debug']({ part: 'auth' }, message),
    },
    plugins: [
      apiKey({
        defaultPrefix: apiKeyPrefix,
        rateLimit: { enabled: false },
        schema: {
          apikey: {
            modelName: 'auth_api_keys',
            fields: {
              configId: 'config_id',
              referenceId: 'reference_id',
              refillInterval: 'refill_interval',
              refillAmount: 'refill_amount',
              lastRefillAt: 'last_refill_at',
              rateLimitEnabled: 'rate_limit_enabled',
              rateLimitTimeWindow: 'rate_limit_time_window',
              rateLimitMax: 'rate_limit_max',
              requestCount: 'request_count',
              lastRequest: 'last_request',
              expiresAt: 'expires_at',
              ...timestamps,
            },
          },
        },
      }),
    ],
  });
}

export type Auth = ReturnType<typeof openAuth>;

/** Serves better-auth's own routes. `address` is the visitor's, for its limits on guessing. */
export function handleAuth(auth: Auth, request: Request, address: string): Promise<Response> {
  const headers = new Headers(request.headers);
  headers.set(clientHeader, address === '' ? '127.0.0.1' : address);
  return auth.handler(new Request(request, { headers }));
}

/** Creates a user with a password. The caller has decided that this person may have the role. Returns the user's id. */
export async function createUser(
  auth: Auth,
  db: Kysely<Tables>,
  input: { email: string; name: string; password: string; role: Role },
): Promise<string> {
  const context = await auth.$context;
  const user = await context.internalAdapter.createUser(
    { email: input.email.toLowerCase(), name: input.name, emailVerified: true },
    { method: 'email-password' },
  );
  await context.internalAdapter.linkAccount({
    userId: user.id,
    providerId: 'credential',
    accountId: user.id,
    password: await context.password.hash(input.password),
  });
  await db.updateTable('auth_users').set({ role: input.role }).where('id', '=', user.id).execute();
  return user.id;
}
