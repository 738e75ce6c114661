import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Outcome } from '../../../src/watch/checks/check-kind.ts';
import { createScheduler, type Scheduler, type SchedulerOptions } from '../../../src/watch/scheduler.ts';
import { waitUntil } from '../../harness/wait-until.ts';
import { type DatabaseKind, openWatchDatabase, startAt, type WatchDatabase } from './watch-database.ts';

const ok: Outcome = { ok: true, totalMs: 12.5, phases: { connectMs: 3 }, observed: { status: 200 } };
const refused: Outcome = {
  ok: false,
  totalMs: 1,
  error: { code: 'refused', message: 'connection refused by 127.0.0.1:1' },
  observed: { peer: '127.0.0.1:1', body: 'half a \ud83d pair and a \0 in it' },
};
const blind: Outcome = {
  ok: false,
  totalMs: 0,
  error: { code: 'secret-missing', message: 'the secret ${env:A} is not there' },
};

describe.each<DatabaseKind>(['embedded', 'postgres'])('the scheduler on %s', (kind) => {
  let db: WatchDatabase;
  let outcomes: Record<string, Outcome>;
  let runs: { id: string; at: number }[];
  beforeAll(async () => {
    db = await openWatchDatabase(kind);
  });
  afterAll(() => db.close());
  beforeEach(async () => {
    await db.reset();
    outcomes = {};
    runs = [];
  });

  const open = async (options: Partial<SchedulerOptions> = {}): Promise<Scheduler> => {
    const scheduler = createScheduler(db.ctx, {
      allowPrivateNetworks: true,
      resolveSecret: () => undefined,
      async runCheck(check) {
        runs.push({ id: check.id, at: db.clock.now() - startAt });
        return outcomes[check.id] ?? ok;
      },
      ...options,
    });
    await scheduler.reload();
    return scheduler;
  };
  /** Lets time pass in steps of a second. */
  const pass = async (scheduler: Scheduler, ms: number): Promise<void> => {
    for (let passed = 0; passed < ms; passed += 1000) {
      db.clock.advance(1000);
      await scheduler.tick(db.clock.now());
    }
  };

  it('looks at a new check within a second, then on its grid without drift', async () => {
    await db.addChecks({ id: 'home', intervalMs: 10_000 });
    const scheduler = await open();
    await pass(scheduler, 61_000);
    expect(runs[0]?.at).toBe(1000);
    const later = runs.slice(1).map((run) => run.at);
    expect(later.length).toBe(6);
    later.forEach((at, index) => expect(at).toBe((later[0] ?? 0) + index * 10_000));
    const again = await open();
    runs = [];
    await pass(again, 30_000);
    expect(runs.map((run) => run.at % 10_000)).toEqual(Array.from({ length: 3 }, () => (later[0] ?? 0) % 10_000));
  });

  it('commits a verdict with service, event and signal, and clears it', async () => {
    await db.addChecks({ id: 'home', failureThreshold: 2, recoveryThreshold: 1 });
    const scheduler = await open();
    await pass(scheduler, 10_000);
    expect(await db.check('home')).toMatchObject({ verdict: 'up', verdict_reason: 'first-success' });
    expect(await db.service('checkout')).toMatchObject({ status: 'up' });
    expect(await db.signals()).toEqual([]);
    outcomes['home'] = refused;
    await pass(scheduler, 10_000);
    expect(await db.check('home')).toMatchObject({ verdict: 'up', state: { failures: 1, settled: 'up' } });
    expect(await db.signals()).toEqual([]);
    db.woken.length = 0;
    await pass(scheduler, 10_000);
    expect(await db.check('home')).toMatchObject({ verdict: 'down', verdict_reason: 'failure-threshold-reached' });
    expect(await db.service('checkout')).toMatchObject({ status: 'down' });
    const [signal] = await db.signals();
    expect(signal).toMatchObject({
      source_id: 'home',
      status: 'firing',
      severity: 'critical',
      summary: 'Checkout: home is down: connection refused by 127.0.0.1:1',
      evidence: {
        verdict: 'down',
        reason: 'failure-threshold-reached',
        failures: 2,
        error: { code: 'refused' },
        observed: { body: 'half a \ufffd pair and a \ufffd in it' },
      },
    });
    expect(db.woken).toContain('signals');
    await pass(scheduler, 20_000);
    expect(await db.signals()).toHaveLength(1);
    outcomes['home'] = ok;
    await pass(scheduler, 10_000);
    expect((await db.signals()).map((one) => `${one.status} ${one.summary}`)).toEqual([
      'firing Checkout: home is down: connection refused by 127.0.0.1:1',
      'ok Checkout: home is up again',
    ]);
    expect(await db.service('checkout')).toMatchObject({ status: 'up' });
    expect((await db.events()).map(({ kind: what, from, to, reason }) => [what, from, to, reason])).toEqual([
      ['check.verdict-changed', 'unknown', 'up', 'first-success'],
      ['check.verdict-changed', 'up', 'down', 'failure-threshold-reached'],
      ['check.verdict-changed', 'down', 'up', 'recovery-threshold-reached'],
    ]);
    const history = await db.ctx.db
      .selectFrom('service_status_changes')
      .select(['status', 'reason'])
      .orderBy('seq')
      .execute();
    expect(history).toEqual([
      { status: 'up', reason: 'all-up' },
      { status: 'down', reason: 'check-down' },
      { status: 'up', reason: 'all-up' },
    ]);
  });

  it('keeps every result and rolls them up by the hour', async () => {
    await db.addChecks({ id: 'home', failureThreshold: 50 }, { id: 'blind' });
    const scheduler = await open();
    outcomes['blind'] = blind;
    await pass(scheduler, 30_000);
    outcomes['home'] = refused;
    await pass(scheduler, 10_000);
    const results = await db.ctx.db
      .selectFrom('check_results')
      .selectAll()
      .where('check_id', '=', 'home')
      .orderBy('at')
      .execute();
    expect(results).toHaveLength(runs.filter((run) => run.id === 'home').length);
    expect(results[0]).toMatchObject({
      location: 'local',
      ok: true,
      total_ms: 12.5,
      phases: { connectMs: 3 },
      error: null,
    });
    expect(results.at(-1)).toMatchObject({
      ok: false,
      total_ms: 1,
      error: 'connection refused by 127.0.0.1:1',
      error_code: 'refused',
    });
    const rollups = await db.ctx.db.selectFrom('check_rollups').selectAll().execute();
    expect(rollups).toEqual([
      {
        check_id: 'home',
        location: 'local',
        bucket_at: startAt,
        ok_count: results.filter((one) => one.ok).length,
        fail_count: results.filter((one) => !one.ok).length,
        total_ms_sum: results.reduce((sum, one) => sum + (one.total_ms ?? 0), 0),
        total_ms_max: 12.5,
      },
    ]);
  });

  it('says unknown, not down, when a check cannot look', async () => {
    await db.addChecks({ id: 'blind', failureThreshold: 1 }, { id: 'home' });
    outcomes['blind'] = blind;
    const scheduler = await open();
    await pass(scheduler, 20_000);
    expect(await db.check('blind')).toMatchObject({ verdict: 'unknown', verdict_reason: 'cannot-look' });
    expect(await db.service('checkout')).toMatchObject({ status: 'unknown' });
    expect(await db.signals()).toEqual([]);
  });

  it('goes on after a crash where the rows stand', async () => {
    await db.addChecks({ id: 'home', failureThreshold: 3, recoveryThreshold: 2 });
    const scheduler = await open();
    await pass(scheduler, 10_000);
    outcomes['home'] = refused;
    await pass(scheduler, 20_000);
    expect(await db.check('home')).toMatchObject({ verdict: 'up', state: { failures: 2 } });
    const second = await open();
    await pass(second, 10_000);
    expect(await db.check('home')).toMatchObject({ verdict: 'down' });
    const third = await open();
    await pass(third, 30_000);
    expect(await db.signals()).toHaveLength(1);
    outcomes['home'] = ok;
    await pass(await open(), 20_000);
    expect((await db.signals()).map((one) => one.status)).toEqual(['firing', 'ok']);
  });

  it('raises nothing for a paused check, clears a removed one, and takes both out of the service', async () => {
    await db.addChecks({ id: 'home', failureThreshold: 1 }, { id: 'api', failureThreshold: 1 }, { id: 'fine' });
    outcomes['home'] = refused;
    outcomes['api'] = refused;
    const scheduler = await open();
    await pass(scheduler, 10_000);
    expect(await db.signals()).toHaveLength(2);
    await db.ctx.db.updateTable('checks').set({ paused: true }).where('id', '=', 'home').execute();
    await db.ctx.db.updateTable('checks').set({ archived_at: db.clock.now() }).where('id', '=', 'api').execute();
    await scheduler.reload();
    expect(await db.check('home')).toMatchObject({
      verdict: 'unknown',
      verdict_reason: 'paused',
      state: { settled: 'down' },
    });
    expect(await db.check('api')).toMatchObject({ verdict: 'unknown', verdict_reason: 'removed' });
    expect(await db.service('checkout')).toMatchObject({ status: 'up' });
    const after = await db.signals();
    expect(after.slice(2)).toMatchObject([{ source_id: 'api', status: 'ok', summary: 'Checkout: api was removed' }]);
    runs = [];
    await pass(scheduler, 20_000);
    expect(runs.every((run) => run.id === 'fine')).toBe(true);
    await scheduler.reload();
    expect(await db.signals()).toHaveLength(3);
    await db.ctx.db.updateTable('checks').set({ paused: false }).where('id', '=', 'home').execute();
    outcomes['home'] = ok;
    await scheduler.reload();
    await pass(scheduler, 30_000);
    expect((await db.signals()).slice(3)).toMatchObject([{ source_id: 'home', status: 'ok' }]);
  });

  it('raises nothing for a check that is paused while it runs', async () => {
    await db.addChecks({ id: 'home', failureThreshold: 1 });
    const scheduler = await open({
      async runCheck() {
        await db.ctx.db.updateTable('checks').set({ paused: true }).where('id', '=', 'home').execute();
        return refused;
      },
    });
    await pass(scheduler, 10_000);
    expect(await db.signals()).toEqual([]);
    expect(await db.events()).toEqual([]);
    expect(await db.check('home')).toMatchObject({ verdict: 'unknown' });
  });

  it('tells what is wrong with a configuration or a kind that it cannot use', async () => {
    await db.addChecks({ id: 'odd', kind: 'smoke-signal' }, { id: 'bad', kind: 'http', config: { url: 'gopher://x' } });
    const scheduler = createScheduler(db.ctx, { allowPrivateNetworks: true, resolveSecret: () => undefined });
    await scheduler.reload();
    await pass(scheduler, 3000);
    const errors = await db.ctx.db
      .selectFrom('check_results')
      .select(['check_id', 'error'])
      .distinct()
      .orderBy('check_id')
      .execute();
    expect(errors).toEqual([
      { check_id: 'bad', error: expect.stringMatching(/^its configuration is not valid: url: write a URL/) },
      { check_id: 'odd', error: 'there is no check kind "smoke-signal" that can be run' },
    ]);
    expect(await db.check('bad')).toMatchObject({ verdict: 'unknown', verdict_reason: 'cannot-look' });
  });

  it('keeps results and tries the verdict again while the database is away', async () => {
    await db.addChecks({ id: 'home', failureThreshold: 1, intervalMs: 3_600_000 });
    const scheduler = await open();
    const { db: real } = db.ctx;
    outcomes['home'] = refused;
    let away = true;
    db.ctx.db = new Proxy(real, {
      get(target, key, receiver) {
        if (away && (key === 'transaction' || key === 'selectFrom' || key === 'getExecutor'))
          throw new Error('the database is away');
        const value: unknown = Reflect.get(target, key, receiver);
        return typeof value === 'function' ? (value.bind(target) as unknown) : value;
      },
    });
    await pass(scheduler, 2000);
    expect(runs).toHaveLength(1);
    expect(scheduler.stats().buffered).toBe(1);
    away = false;
    await pass(scheduler, 10_000);
    expect(runs.length).toBeGreaterThanOrEqual(2);
    expect(scheduler.stats().buffered).toBe(0);
    expect(await db.signals()).toHaveLength(1);
    const { count } = await real
      .selectFrom('check_results')
      .select((select) => select.fn.countAll<number>().as('count'))
      .executeTakeFirstOrThrow();
    expect(Number(count)).toBe(runs.length);
  });

  it('lets very many checks change at once, each with its signal', async () => {
    const ids = Array.from({ length: 600 }, (_, index) => `check-${index}`);
    await db.addService('shop', 'Shop');
    await db.addChecks(
      ...ids.map((id, index) => ({ id, failureThreshold: 1, serviceId: index % 2 === 0 ? 'shop' : 'checkout' })),
    );
    for (const id of ids) outcomes[id] = refused;
    const scheduler = await open();
    await pass(scheduler, 10_000);
    expect(new Set((await db.signals()).map((one) => one.source_id)).size).toBe(600);
    expect(await db.signals()).toHaveLength(600);
    expect(await db.service('shop')).toMatchObject({ status: 'down' });
  });

  it('has the signal committed within milliseconds of a failure', async () => {
    await db.addChecks(...Array.from({ length: 20 }, (_, index) => ({ id: `check-${index}`, failureThreshold: 1 })));
    const scheduler = await open();
    await pass(scheduler, 11_000);
    const took: number[] = [];
    for (let index = 0; index < 20; index++) {
      outcomes[`check-${index}`] = refused;
      let failedAt = 0;
      const one = await open({
        runCheck: async (check) => {
          if (check.id === `check-${index}`) failedAt = performance.now();
          return outcomes[check.id] ?? ok;
        },
      });
      const before = (await db.signals()).length;
      db.clock.advance(10_000);
      const ticking = one.tick(db.clock.now());
      while ((await db.signals()).length === before) expect(performance.now() - failedAt).toBeLessThan(5000);
      took.push(performance.now() - failedAt);
      await ticking;
      await one.stop();
    }
    const median = took.toSorted((a, b) => a - b)[10] ?? Number.POSITIVE_INFINITY;
    // Single-digit on an idle machine; the bound leaves room for one that is busy with other tests.
    expect(median).toBeLessThan(100);
  });
});

describe('driven by the real clock', () => {
  let db: WatchDatabase;
  beforeAll(async () => {
    db = await openWatchDatabase('embedded');
    db.ctx.clock = { now: () => Date.now() };
  });
  afterAll(() => db.close());

  it('lets hanging targets delay nobody, runs no check twice at once, and stops cleanly', async () => {
    const hanging = Array.from({ length: 30 }, (_, index) => ({ id: `hang-${index}`, intervalMs: 1000 }));
    const fine = Array.from({ length: 30 }, (_, index) => ({ id: `fine-${index}`, intervalMs: 1000 }));
    await db.addChecks(...hanging, ...fine);
    const now = new Map<string, number>();
    let most = 0;
    const counts = new Map<string, number>();
    const scheduler = createScheduler(db.ctx, {
      allowPrivateNetworks: true,
      resolveSecret: () => undefined,
      concurrency: 100,
      async runCheck(check, _prepared, _at, stop) {
        now.set(check.id, (now.get(check.id) ?? 0) + 1);
        most = Math.max(most, now.get(check.id) ?? 0);
        counts.set(check.id, (counts.get(check.id) ?? 0) + 1);
        if (check.id.startsWith('hang')) {
          await new Promise<void>((resolve) => stop.addEventListener('abort', () => resolve(), { once: true }));
        }
        now.set(check.id, 0);
        return ok;
      },
    });
    await scheduler.reload();
    scheduler.start();
    await waitUntil('every healthy check has run three times', () =>
      fine.every(({ id }) => (counts.get(id) ?? 0) >= 3),
    );
    const { running, skipped, lateness } = scheduler.stats();
    expect(running).toBe(30);
    expect(skipped).toBeGreaterThan(0);
    expect(most).toBe(1);
    expect(hanging.every(({ id }) => counts.get(id) === 1)).toBe(true);
    expect(lateness.p50Ms).toBeLessThan(250);
    await scheduler.stop();
    expect(scheduler.stats()).toMatchObject({ running: 0, waiting: 0, buffered: 0 });
    const hung = await db.ctx.db
      .selectFrom('check_results')
      .select('check_id')
      .where('check_id', 'like', 'hang-%')
      .execute();
    expect(hung).toEqual([]);
  });
});
