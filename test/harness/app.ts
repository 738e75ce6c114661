import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type App, createApp } from '../../src/app/create-app.ts';
import { readEnvironment } from '../../src/app/environment.ts';
import type { DatabasePlace } from '../../src/platform/db/open-database.ts';
import { openLog } from '../../src/platform/log.ts';
import { systemRandom } from '../../src/platform/random.ts';
import { type FakeClock, fakeClock } from './clock.ts';
import { freePort } from './free-port.ts';
import { migratedDump } from './migrated-dump.ts';
import { createDatabase } from './postgres.ts';

export type DatabaseKind = 'embedded' | 'postgres';
/** Every story is told on both. */
export const databaseKinds: readonly DatabaseKind[] = ['embedded', 'postgres'];

export interface TestApp {
  app: App;
  clock: FakeClock;
  /** The address of the opened port, which is the public address too. */
  url: string;
  /** The owner, ready to sign in. */
  owner: { email: string; password: string };
  /** Moves the clock in steps and lets everything that falls due happen after each. */
  pass(ms: number, stepMs?: number): Promise<void>;
  /** A request to the API with the owner's key; the body is JSON. */
  api(method: string, path: string, body?: unknown): Promise<{ status: number; body: unknown }>;
  stop(): Promise<void>;
}

export interface TestAppOptions {
  database?: DatabaseKind;
  startAt?: string;
  /** The text of hugops.yaml. */
  yaml?: string;
  variables?: Record<string, string>;
  /** A clock that others read too; one that starts at `startAt` by default. */
  clock?: FakeClock;
  /** `token`: a test that is a whole crowd. */
  proofOfWork?: 'full' | 'token';
}

/** HugOps whole, under a fake clock, over real sockets, on a database of its own. */
export async function openTestApp(options: TestAppOptions = {}): Promise<TestApp> {
  const directory = await mkdtemp(join(tmpdir(), 'hugops-test-'));
  const closers: (() => Promise<unknown>)[] = [() => rm(directory, { recursive: true, force: true })];
  const stop = async (): Promise<void> => {
    for (let close = closers.pop(); close; close = closers.pop()) await close();
  };
  try {
    const owner = { email: 'owner@example.com', password: 'correct horse battery' };
    const port = await freePort();
    if (options.yaml !== undefined) await writeFile(join(directory, 'hugops.yaml'), options.yaml);
    const environment = readEnvironment(
      {
        HUGOPS_PORT: String(port),
        HUGOPS_DATA_DIR: directory,
        HUGOPS_URL: `http://127.0.0.1:${port}`,
        HUGOPS_NETWORK_REFERENCES: 'off',
        HUGOPS_LOG_LEVEL: process.env['HUGOPS_TEST_LOG'] ?? 'silent',
        HUGOPS_ADMIN_EMAIL: owner.email,
        HUGOPS_ADMIN_PASSWORD: owner.password,
        ...options.variables,
      },
      directory,
    );
    const clock = options.clock ?? fakeClock(options.startAt ?? '2026-12-01T08:00:00Z');
    const app = await createApp({
      environment,
      clock,
      random: systemRandom,
      log: openLog(environment.logLevel),
      place: await openPlace(options.database ?? 'embedded', closers),
      withProcessMetrics: false,
      ...(options.proofOfWork === undefined ? {} : { proofOfWork: options.proofOfWork }),
      onFatal(error) {
        throw error;
      },
    });
    closers.push(() => app.stop());
    const url = environment.publicUrl;
    const key = await ownerKey(app);
    return {
      app,
      clock,
      url,
      owner,
      async pass(ms, stepMs = ms) {
        for (let left = ms; left > 0; left -= stepMs) {
          clock.advance(Math.min(stepMs, left));
          await app.tick();
        }
      },
      api: (method, path, body) => request(`${url}/api/v1${path}`, method, key, body),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function openPlace(kind: DatabaseKind, closers: (() => Promise<unknown>)[]): Promise<DatabasePlace> {
  if (kind === 'embedded') return { memory: true, dump: await migratedDump() };
  const database = await createDatabase();
  closers.push(() => database.drop());
  return { databaseUrl: database.url };
}

/** Empty where the environment names no owner (HUGOPS_ADMIN_EMAIL set to ''): then the installation waits for its set-up. */
async function ownerKey(app: App): Promise<string> {
  const user = await app.ctx.db.selectFrom('auth_users').select('id').executeTakeFirst();
  if (!user) return '';
  const { key } = await app.auth.api.createApiKey({ body: { name: 'test', userId: user.id } });
  return key;
}

async function request(
  url: string,
  method: string,
  key: string,
  body: unknown,
): Promise<{ status: number; body: unknown }> {
  const response = await fetch(url, {
    method,
    headers: { authorization: `Bearer ${key}`, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, body: text === '' ? undefined : JSON.parse(text) };
}
