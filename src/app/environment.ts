import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import type { DatabasePlace } from '../platform/db/open-database.ts';

/** What HugOps takes from the environment. The names are its face to the outside and do not change. */
export interface Environment {
  dataDir: string;
  port: number;
  /** Without a trailing slash. */
  publicUrl: string;
  databaseUrl: string | undefined;
  /** The path of hugops.yaml; `explicit` when somebody named it, so that its absence is an error. */
  config: { path: string; explicit: boolean };
  admin: { email: string; password: string } | undefined;
  /** The mail server, where hugops.yaml says nothing of it. */
  mail: { url: string | undefined; from: string | undefined };
  trustedProxies: number;
  /** By which HugOps tells whether its own network is there, where hugops.yaml says nothing of it: `host:port`. */
  networkReferences: readonly string[];
  allowPrivateNetworks: boolean;
  logLevel: string;
  /** Where the files are that checks of the console may refer to; none when not set. */
  secretsDir: string | undefined;
  /** For `${env:NAME}` references. */
  variables: Readonly<Record<string, string | undefined>>;
}

/** The environment is not usable; the message names each variable. */
export class EnvironmentError extends Error {
  override readonly name = 'EnvironmentError';
}

const switchOf = z
  .enum(['on', 'off', 'true', 'false', '1', '0'])
  .transform((value) => value === 'on' || value === 'true' || value === '1');

/** `host:port`, with an IPv6 address in brackets. */
export const networkReference = /^(?:[A-Za-z0-9.-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\]):\d{1,5}$/;

const schema = z.object({
  HUGOPS_DATA_DIR: z.string().min(1).default('./data'),
  HUGOPS_PORT: z.coerce.number().int().min(0).max(65_535).default(4680),
  HUGOPS_URL: z.url({ protocol: /^https?$/, error: 'expected an address as in https://status.example.com' }).optional(),
  DATABASE_URL: z
    .string()
    .regex(/^postgres(ql)?:\/\//, 'expected postgres://user:password@host:port/database')
    .optional(),
  HUGOPS_CONFIG: z.string().min(1).optional(),
  HUGOPS_ADMIN_EMAIL: z.email().optional(),
  HUGOPS_ADMIN_PASSWORD: z.string().min(10, 'expected at least 10 characters').optional(),
  HUGOPS_SMTP_URL: z
    .string()
    .regex(/^smtps?:\/\//, 'expected smtp://user:password@host:port')
    .optional(),
  HUGOPS_MAIL_FROM: z.string().min(3).max(300).optional(),
  HUGOPS_SECRETS_DIR: z.string().min(1).optional(),
  HUGOPS_TRUSTED_PROXIES: z.coerce.number().int().min(0).max(10).default(0),
  // Anycast name servers of three operators that have no network in common.
  HUGOPS_NETWORK_REFERENCES: z
    .string()
    .default('1.1.1.1:443,8.8.8.8:443,9.9.9.9:443')
    .transform((text) => (text === 'off' ? [] : text.split(',').map((one) => one.trim())))
    .refine((list) => list.length <= 10 && list.every((one) => networkReference.test(one)), {
      error: 'expected up to ten of host:port, separated by commas, or off',
    }),
  HUGOPS_ALLOW_PRIVATE_NETWORKS: switchOf.default(true),
  HUGOPS_LOG_LEVEL: z.enum(['debug', 'info', 'warn', 'error', 'silent']).default('info'),
});

/** Reads and checks the environment; relative paths are taken from `cwd`. Throws EnvironmentError. */
export function readEnvironment(variables: Readonly<Record<string, string | undefined>>, cwd: string): Environment {
  // An empty variable means "not set", as docker-compose writes it.
  const given = Object.fromEntries(Object.entries(variables).filter(([, value]) => value !== ''));
  const result = schema.safeParse(given);
  if (!result.success) {
    throw new EnvironmentError(
      result.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('\n'),
    );
  }
  const env = result.data;
  if ((env.HUGOPS_ADMIN_EMAIL === undefined) !== (env.HUGOPS_ADMIN_PASSWORD === undefined)) {
    throw new EnvironmentError('HUGOPS_ADMIN_EMAIL and HUGOPS_ADMIN_PASSWORD go together: set both or neither.');
  }
  return {
    dataDir: resolve(cwd, env.HUGOPS_DATA_DIR),
    port: env.HUGOPS_PORT,
    publicUrl: (env.HUGOPS_URL ?? `http://localhost:${env.HUGOPS_PORT}`).replace(/\/+$/, ''),
    databaseUrl: env.DATABASE_URL,
    config: { path: resolve(cwd, env.HUGOPS_CONFIG ?? './hugops.yaml'), explicit: env.HUGOPS_CONFIG !== undefined },
    admin:
      env.HUGOPS_ADMIN_EMAIL !== undefined && env.HUGOPS_ADMIN_PASSWORD !== undefined
        ? { email: env.HUGOPS_ADMIN_EMAIL, password: env.HUGOPS_ADMIN_PASSWORD }
        : undefined,
    mail: { url: env.HUGOPS_SMTP_URL, from: env.HUGOPS_MAIL_FROM },
    secretsDir: env.HUGOPS_SECRETS_DIR === undefined ? undefined : resolve(cwd, env.HUGOPS_SECRETS_DIR),
    trustedProxies: env.HUGOPS_TRUSTED_PROXIES,
    networkReferences: env.HUGOPS_NETWORK_REFERENCES,
    allowPrivateNetworks: env.HUGOPS_ALLOW_PRIVATE_NETWORKS,
    logLevel: env.HUGOPS_LOG_LEVEL,
    variables,
  };
}

/** Where the environment says that the database is. */
export const databasePlace = (environment: Pick<Environment, 'databaseUrl' | 'dataDir'>): DatabasePlace =>
  environment.databaseUrl === undefined
    ? { dataDir: join(environment.dataDir, 'db') }
    : { databaseUrl: environment.databaseUrl };

/** The program's version, from its package. */
export function readVersion(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return z.object({ version: z.string() }).parse(JSON.parse(text)).version;
}
