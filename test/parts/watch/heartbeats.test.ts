import { Hono } from 'hono';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { heartbeatRoutes } from '../../../src/watch/heartbeat-routes.ts';
import { overdueHeartbeats } from '../../../src/watch/heartbeats.ts';
import { createScheduler } from '../../../src/watch/scheduler.ts';
import { type DatabaseKind, openWatchDatabase, startAt, type WatchDatabase } from './watch-database.ts';

const minute = 60_000;
const rid = (n: number): string => `0d338dcc-a054-11ec-b909-${String(n).padStart(12, '0')}`;

describe.each<DatabaseKind>(['embedded', 'postgres'])('heartbeats on %s', (kind) => {
  let db: WatchDatabase;
  let app: Hono;
  beforeAll(async () => {
    db = await openWatchDatabase(kind);
  });
  afterAll(() => db.close());
  beforeEach(async () => {
    await db.reset();
    await db.addChecks({
      id: 'backup',
      kind: 'heartbeat',
      pingKey: 'key-1',
      intervalMs: 10 * minute,
      config: { graceMs: minute },
    });
    app = new Hono().route('/', heartbeatRoutes(db.ctx));
  });

  const ping = async (path: string, init: RequestInit = {}): Promise<string> => {
    const response = await app.request(`/ping/${path}`, init);
    return `${response.status} ${await response.text()}`;
  };
  const pass = async (ms: number): Promise<number> => {
    db.clock.advance(ms);
    return overdueHeartbeats(db.ctx, db.clock.now());
  };

  it('speaks the ping API', async () => {
    expect(await ping('key-1')).toBe('200 OK');
    expect(await ping('key-1', { method: 'POST', body: 'done' })).toBe('200 OK');
    expect(await ping('key-1', { method: 'HEAD' })).toBe('200 ');
    for (const path of ['start', 'log', 'fail', '0', '255']) expect(await ping(`key-1/${path}`)).toBe('200 OK');
    expect(await ping('key-1/256')).toBe('400 invalid url format');
    expect(await ping(`key-1?rid=${rid(1)}`)).toBe('200 OK');
    expect(await ping('key-1?rid=7')).toBe('400 invalid uuid format');
    expect(await ping('key-2')).toBe('404 not found');
    expect(await ping('key-1/other')).toBe('404 not found');
    expect(await ping('key-1', { method: 'PUT' })).toBe('405 method not allowed');
    const response = await app.request('/ping/key-1');
    expect(response.headers.get('ping-body-limit')).toBe('10000');
    expect(response.headers.get('access-control-allow-origin')).toBe('*');
  });

  it('stays unknown until the first ping, and is down when silent for period and grace', async () => {
    expect(await pass(60 * minute)).toBe(0);
    expect(await db.check('backup')).toMatchObject({ verdict: 'unknown', due_at: null });
    await ping('key-1');
    const pingedAt = db.clock.now();
    expect(await db.check('backup')).toMatchObject({ verdict: 'up', due_at: pingedAt + 11 * minute });
    expect(await pass(11 * minute - 1)).toBe(0);
    expect(await db.signals()).toEqual([]);
    expect(await pass(1)).toBe(1);
    expect(await db.check('backup')).toMatchObject({
      verdict: 'down',
      verdict_reason: 'heartbeat-silent',
      due_at: null,
    });
    expect(await db.service('checkout')).toMatchObject({ status: 'down' });
    expect(await db.signals()).toMatchObject([
      { status: 'firing', summary: 'Checkout: backup is down: no ping for 11 min, expected every 10 min' },
    ]);
    expect(await pass(60 * minute)).toBe(0);
    await ping('key-1');
    expect((await db.signals()).map((one) => one.status)).toEqual(['firing', 'ok']);
    expect(await db.service('checkout')).toMatchObject({ status: 'up' });
  });

  it('takes a reported failure at once, with what the job said', async () => {
    await ping('key-1');
    await ping('key-1/start');
    db.clock.advance(90_000);
    await ping('key-1/3', { method: 'POST', body: 'dumping\ndisk full\n' });
    expect(await db.signals()).toMatchObject([
      {
        status: 'firing',
        summary: 'Checkout: backup is down: the job ended with exit code 3: disk full',
        evidence: { exitCode: 3, runMs: 90_000, observed: { body: 'dumping\ndisk full\n' } },
      },
    ]);
    expect(await db.check('backup')).toMatchObject({
      verdict: 'down',
      verdict_reason: 'failure-threshold-reached',
      due_at: null,
    });
    const results = await db.ctx.db
      .selectFrom('check_results')
      .select(['ok', 'total_ms', 'error_code', 'location'])
      .orderBy('at')
      .execute();
    expect(results).toEqual([
      { ok: true, total_ms: null, error_code: null, location: 'ping' },
      { ok: false, total_ms: 90_000, error_code: 'reported-failure', location: 'ping' },
    ]);
    await ping('key-1/fail');
    expect(await db.signals()).toHaveLength(1);
  });

  it('measures overlapping runs, and misses one that never ends, once', async () => {
    await ping('key-1');
    await ping(`key-1/start?rid=${rid(1)}`);
    db.clock.advance(10_000);
    await ping(`key-1/start?rid=${rid(2)}`);
    expect(await db.check('backup')).toMatchObject({ due_at: startAt + minute });
    db.clock.advance(20_000);
    await ping(`key-1?rid=${rid(2)}`);
    const last = await db.ctx.db
      .selectFrom('check_results')
      .select('total_ms')
      .orderBy('at', 'desc')
      .executeTakeFirstOrThrow();
    expect(last.total_ms).toBe(20_000);
    expect(await pass(30_000)).toBe(1);
    expect((await db.signals())[0]?.summary).toBe(
      'Checkout: backup is down: the run that started 1 min ago has not ended',
    );
    db.clock.advance(1);
    await ping('key-1');
    expect(await pass(5 * minute)).toBe(0);
    expect((await db.signals()).map((one) => one.status)).toEqual(['firing', 'ok']);
  });

  it('keeps the first 10 kB of what a job says, and refuses what has no end', async () => {
    await ping('key-1/log', { method: 'POST', body: `${'é'.repeat(4999)}xé${'y'.repeat(500_000)}` });
    const { state } = await db.check('backup');
    expect(state['lastHeard']).toMatchObject({ action: 'log', body: `${'é'.repeat(4999)}x` });
    const endless = new ReadableStream({ pull: (controller) => controller.enqueue(new Uint8Array(65_536)) });
    const init = { method: 'POST', body: endless, duplex: 'half' } as RequestInit;
    expect(await ping('key-1', init)).toBe('413 too large');
    await ping('key-1', { method: 'POST', body: 'nul \0 in it' });
    expect(await db.check('backup')).toMatchObject({
      verdict: 'up',
      state: { lastHeard: { body: 'nul \ufffd in it' } },
    });
  });

  it('limits each key by itself', async () => {
    await db.addChecks({ id: 'other', kind: 'heartbeat', pingKey: 'key-9' });
    const statuses: string[] = [];
    for (let i = 0; i < 301; i++) statuses.push(await ping('key-1/log'));
    expect(statuses.filter((status) => status === '200 OK')).toHaveLength(300);
    expect(statuses.at(-1)).toBe('429 rate limited');
    expect(await ping('key-9')).toBe('200 OK');
  });

  it('is silent while paused, and gets a whole period when it is resumed', async () => {
    const scheduler = createScheduler(db.ctx, { allowPrivateNetworks: true, resolveSecret: () => undefined });
    await ping('key-1');
    await db.ctx.db.updateTable('checks').set({ paused: true }).execute();
    await scheduler.reload();
    expect(await pass(60 * minute)).toBe(0);
    await ping('key-1/fail');
    expect(await db.signals()).toEqual([]);
    expect(await db.check('backup')).toMatchObject({ verdict: 'unknown', verdict_reason: 'paused', due_at: null });
    await db.ctx.db.updateTable('checks').set({ paused: false }).execute();
    await scheduler.reload();
    expect(await db.check('backup')).toMatchObject({ due_at: db.clock.now() + 11 * minute });
    expect(await pass(11 * minute)).toBe(1);
    expect(await db.signals()).toMatchObject([{ status: 'firing' }]);
    await scheduler.stop();
  });

  it('takes each overdue heartbeat once, however many look', async () => {
    const many = Array.from({ length: 250 }, (_, index) => ({
      id: `job-${index}`,
      kind: 'heartbeat',
      pingKey: `job-key-${index}`,
      intervalMs: minute,
    }));
    await db.addChecks(...many);
    await db.ctx.db.updateTable('checks').set({ due_at: startAt, verdict: 'up', state: '{"settled":"up"}' }).execute();
    const counts = await Promise.all([1, 2, 3].map(() => overdueHeartbeats(db.ctx, startAt + 1)));
    expect(counts.reduce((a, b) => a + b, 0)).toBe(251);
    const signals = await db.signals();
    expect(signals).toHaveLength(251);
    expect(new Set(signals.map((one) => one.source_id)).size).toBe(251);
  });
});
