import { pino } from 'pino';
import type { JsonObject } from '../../../src/domain/words.ts';
import type { Ctx, Loop } from '../../../src/platform/context.ts';
import { openDatabase } from '../../../src/platform/db/open-database.ts';
import { openMetrics } from '../../../src/platform/metrics.ts';
import { systemRandom } from '../../../src/platform/random.ts';
import { keepResults } from '../../../src/watch/partitions.ts';
import { type FakeClock, fakeClock } from '../../harness/clock.ts';
import { migratedDump } from '../../harness/migrated-dump.ts';
import { createDatabase } from '../../harness/postgres.ts';

export type DatabaseKind = 'embedded' | 'postgres';

export interface NewCheck {
  id: string;
  serviceId?: string;
  kind?: string;
  config?: JsonObject;
  intervalMs?: number;
  timeoutMs?: number;
  failureThreshold?: number;
  recoveryThreshold?: number;
  pingKey?: string;
}

export interface WatchDatabase {
  ctx: Ctx;
  clock: FakeClock;
  woken: Loop[];
  addService(id: string, name: string): Promise<void>;
  addChecks(...checks: NewCheck[]): Promise<void>;
  check(id: string): Promise<{
    verdict: string;
    verdict_reason: string;
    verdict_since: number;
    state: JsonObject;
    due_at: number | null;
  }>;
  service(id: string): Promise<{ status: string; status_since: number }>;
  signals(): Promise<
    { source_id: string; status: string; summary: string; severity: string; evidence: JsonObject; at: number }[]
  >;
  events(): Promise<JsonObject[]>;
  /** Back to the beginning: empty but for the service, at the first moment. */
  reset(): Promise<void>;
  close(): Promise<void>;
}

export const startAt = Date.UTC(2026, 11, 1, 8, 0, 0);

/** A database with the service `checkout`, under a clock that stands still. */
export async function openWatchDatabase(kind: DatabaseKind): Promise<WatchDatabase> {
  const server = kind === 'postgres' ? await createDatabase() : undefined;
  const opened = await openDatabase(
    server ? { databaseUrl: server.url } : { memory: true, dump: await migratedDump() },
  );
  const clock = fakeClock(startAt);
  const woken: Loop[] = [];
  const ctx: Ctx = {
    db: opened.db,
    clock,
    random: systemRandom,
    log: pino({ level: 'silent' }),
    metrics: openMetrics(false),
    publicUrl: 'https://status.example.com',
    secret: 'test',
    nodeId: 'test',
    wake: (loop) => void woken.push(loop),
  };
  const db: WatchDatabase = {
    ctx,
    clock,
    woken,
    async addService(id, name) {
      await ctx.db
        .insertInto('services')
        .values({
          id,
          name,
          team_id: null,
          policy_id: null,
          status_since: startAt,
          owned_by: 'console',
          created_at: startAt,
          archived_at: null,
        })
        .execute();
    },
    async addChecks(...checks) {
      const rows = checks.map((check) => ({
        id: check.id,
        service_id: check.serviceId ?? 'checkout',
        kind: check.kind ?? 'tcp',
        name: check.id,
        config: JSON.stringify(check.config ?? (check.kind === 'heartbeat' ? {} : { host: '127.0.0.1', port: 1 })),
        interval_ms: check.intervalMs ?? 10_000,
        timeout_ms: check.timeoutMs ?? 5000,
        failure_threshold: check.failureThreshold ?? 2,
        recovery_threshold: check.recoveryThreshold ?? 2,
        ping_key: check.pingKey ?? null,
        verdict_since: startAt,
        due_at: null,
        owned_by: 'console' as const,
        created_at: startAt,
        archived_at: null,
      }));
      for (let from = 0; from < rows.length; from += 500) {
        await ctx.db
          .insertInto('checks')
          .values(rows.slice(from, from + 500))
          .execute();
      }
    },
    check: (id) =>
      ctx.db
        .selectFrom('checks')
        .select(['verdict', 'verdict_reason', 'verdict_since', 'state', 'due_at'])
        .where('id', '=', id)
        .executeTakeFirstOrThrow(),
    service: (id) =>
      ctx.db.selectFrom('services').select(['status', 'status_since']).where('id', '=', id).executeTakeFirstOrThrow(),
    signals: () =>
      ctx.db
        .selectFrom('signals')
        .select(['source_id', 'status', 'summary', 'severity', 'evidence', 'at'])
        .orderBy('seq')
        .orderBy('id')
        .execute(),
    async events() {
      const rows = await ctx.db
        .selectFrom('events')
        .select(['kind', 'service_id', 'at', 'data'])
        .orderBy('seq')
        .execute();
      return rows.map(({ kind: what, service_id: serviceId, at, data }) => ({ kind: what, serviceId, at, ...data }));
    },
    async reset() {
      ctx.db = opened.db;
      ctx.clock = clock;
      clock.set(startAt);
      woken.length = 0;
      for (const table of ['services', 'check_results', 'check_rollups', 'events', 'signals'] as const) {
        await opened.db.deleteFrom(table).execute();
      }
      await db.addService('checkout', 'Checkout');
    },
    async close() {
      await opened.close();
      await server?.drop();
    },
  };
  await keepResults(ctx, startAt);
  await db.reset();
  return db;
}
