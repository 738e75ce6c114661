import { pino } from 'pino';
import { applyConfig, type Applied } from '../../../src/app/config/apply/apply-config.ts';
import { readConfigText } from '../../../src/app/config/read-config.ts';
import { createScheduler } from '../../../src/watch/index.ts';
import { processSignals } from '../../../src/respond/index.ts';
import type { Ctx } from '../../../src/platform/context.ts';
import type { Opened } from '../../../src/platform/db/open-database.ts';
import type { Tables } from '../../../src/platform/db/tables.ts';
import { openMetrics } from '../../../src/platform/metrics.ts';
import { systemRandom } from '../../../src/platform/random.ts';
import { fakeClock } from '../../harness/clock.ts';

export const startAt = Temporal.Instant.from('2026-03-02T12:00:00Z').epochMilliseconds;

/** A context on an opened database, with what a test of the configuration does to it. Close the database afterwards. */
export function configOn(opened: Opened) {
  const clock = fakeClock(startAt);
  const woken: string[] = [];
  const ctx: Ctx = {
    db: opened.db,
    clock,
    random: systemRandom,
    log: pino({ level: 'silent' }),
    metrics: openMetrics(false),
    publicUrl: 'http://hugops.test',
    secret: 'secret',
    nodeId: 'node-1',
    wake: (loop) => void woken.push(loop),
  };
  return {
    ctx,
    clock,
    woken,
    async apply(text: string, variables: Record<string, string> = {}): Promise<Applied> {
      const read = readConfigText(text, 'hugops.yaml', { variables, now: clock.now() });
      if (!read.ok) throw new Error(read.errors.map(({ line, message }) => `${line}: ${message}`).join('\n'));
      return applyConfig(ctx, read.config);
    },
    /** What the program does after applying: the scheduler reads the checks again, and signals are placed. */
    async settle(): Promise<void> {
      const scheduler = createScheduler(ctx, { allowPrivateNetworks: true, resolveSecret: () => undefined });
      await scheduler.reload();
      await scheduler.stop();
      while ((await processSignals(ctx, clock.now())) > 0);
    },
    events: (kind = 'config.applied') =>
      opened.db
        .selectFrom('events')
        .select(['kind', 'data', 'actor_kind'])
        .where('kind', '=', kind)
        .orderBy('seq')
        .execute(),
    /** Leaves the database as empty as a new one. */
    async clear(): Promise<void> {
      for (const table of clearedTables) await opened.db.deleteFrom(table).execute();
    },
    rows: {
      people: () => opened.db.selectFrom('people').selectAll().orderBy('id').execute(),
      checks: () => opened.db.selectFrom('checks').selectAll().orderBy('id').execute(),
      services: () => opened.db.selectFrom('services').selectAll().orderBy('id').execute(),
      integrations: () => opened.db.selectFrom('integrations').selectAll().orderBy('id').execute(),
      components: () => opened.db.selectFrom('components').selectAll().orderBy('position').execute(),
    },
    /** Every row of the tables that the file may own, to compare before with after. */
    async everything(): Promise<unknown> {
      const all: Record<string, unknown> = {};
      for (const table of ownedTables)
        all[table] = await opened.db
          .selectFrom(table)
          .selectAll()
          .orderBy((eb) => eb.lit(1))
          .execute();
      return all;
    },
  };
}

// What hangs on them goes along.
const clearedTables = [
  'services',
  'teams',
  'schedules',
  'policies',
  'people',
  'status_pages',
  'incidents',
  'events',
  'auth_users',
] as const;

const ownedTables = [
  'people',
  'contact_methods',
  'policies',
  'teams',
  'team_members',
  'schedules',
  'schedule_overrides',
  'services',
  'service_dependencies',
  'checks',
  'integrations',
  'status_pages',
  'component_groups',
  'components',
  'service_status_changes',
] as const satisfies (keyof Tables)[];

export type ConfigSubject = ReturnType<typeof configOn>;

/** Rows that somebody made in the console. */
export const consoleOwned = (now = startAt) => ({ owned_by: 'console' as const, created_at: now, archived_at: null });

/** Lines of the file's sections. */
export const person = (id: string, email = `${id}@example.com`): string =>
  `  ${id}: { name: ${id}, email: ${email}, timeZone: UTC, contact: [{ kind: email, address: ${email} }] }\n`;
export const service = (id: string, more = ''): string => `  ${id}: { name: ${id}${more} }\n`;
export const check = ', checks: { port: { kind: tcp, host: h.example.com, port: 1 } }';
