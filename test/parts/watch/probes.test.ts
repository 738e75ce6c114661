import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { openLog } from '../../../src/platform/log.ts';
import { openMetrics } from '../../../src/platform/metrics.ts';
import { systemRandom } from '../../../src/platform/random.ts';
import type { RunnerOptions } from '../../../src/watch/check-runner.ts';
import { createOwnNetwork } from '../../../src/watch/own-network.ts';
import {
  createProbe,
  createProbeClient,
  openSpool,
  type RunningProbe,
  serverUrl,
} from '../../../src/watch/probes/index.ts';
import { databaseKinds, openTestApp, type TestApp } from '../../harness/app.ts';
import { type CutProxy, openCutProxy } from '../../harness/cut-proxy.ts';
import { type FakeHost, openFakeInternet } from '../../harness/fake-internet.ts';
import { waitUntil } from '../../harness/wait-until.ts';

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (let close = closers.pop(); close; close = closers.pop()) await close();
});

interface Stage {
  test: TestApp;
  proxy: CutProxy;
  target: FakeHost;
  token: string;
  directory: string;
  checkId: string;
}

async function openStage(database: 'embedded' | 'postgres', intervalMs: number, locations: string[]): Promise<Stage> {
  const internet = openFakeInternet();
  closers.push(() => internet.close());
  const target = await internet.http('ok');
  const test = await openTestApp({ database });
  closers.push(() => test.stop());
  const proxy = await openCutProxy(test.app.port);
  closers.push(() => proxy.close());
  const directory = await mkdtemp(join(tmpdir(), 'hugops-probe-'));
  closers.push(() => rm(directory, { recursive: true, force: true }));
  const made = await test.api('POST', '/probes', { id: 'fra', name: 'Frankfurt' });
  const { token } = made.body as { token: string };
  await test.api('POST', '/services', { id: 'checkout', name: 'Checkout' });
  const added = await test.api('POST', '/services/checkout/checks', {
    config: { kind: 'http', url: target.url },
    intervalMs,
    locations,
  });
  expect([made.status, added.status]).toEqual([201, 201]);
  return { test, proxy, target, token, directory, checkId: (added.body as { id: string }).id };
}

function openProbe({ test, proxy, token, directory }: Stage, runCheck?: RunnerOptions['runCheck']): RunningProbe {
  const host = { clock: test.clock, log: openLog('silent'), metrics: openMetrics(false) };
  return createProbe({
    host,
    client: createProbeClient(serverUrl(proxy.url), token, '1.0.0'),
    directory,
    spool: openSpool(join(directory, 'results'), { random: systemRandom, maxBytes: 50_000_000 }),
    network: createOwnNetwork({ ...host, references: [], onTurn: () => Promise.resolve() }),
    options: { allowPrivateNetworks: true, resolveSecret: () => undefined, ...(runCheck ? { runCheck } : {}) },
  });
}

/** Lets time pass, a second at once, for the probe and, every ten seconds, for the server. */
async function pass({ test }: Stage, probe: RunningProbe, seconds: number): Promise<void> {
  for (let second = 0; second < seconds; second++) {
    test.clock.advance(1_000);
    await probe.tick(test.clock.now());
    await probe.sync(test.clock.now());
    if (second % 10 === 9) await test.app.tick();
  }
}

const results = ({ test, checkId }: Stage) =>
  test.app.ctx.db
    .selectFrom('check_results')
    .select(['at', 'location', 'ok'])
    .where('check_id', '=', checkId)
    // As they were written, which is the order in which they were delivered.
    .orderBy('tableoid' as never)
    .orderBy('ctid' as never)
    .execute();
const eventKinds = async ({ test }: Stage): Promise<string[]> =>
  (
    await test.app.ctx.db.selectFrom('events').select('kind').where('kind', 'like', 'probe.%').orderBy('seq').execute()
  ).map((row) => row.kind);

describe.each(databaseKinds)('a probe, on %s', (kind) => {
  it('is cut off for ten minutes, killed meanwhile, and has every result there once, in order', async () => {
    const stage = await openStage(kind, 5_000, ['fra']);
    const { test, proxy, target } = stage;
    let probe = openProbe(stage);
    await probe.sync(test.clock.now());
    await pass(stage, probe, 60);
    expect((await test.api('GET', '/services/checkout')).body).toMatchObject({
      status: 'up',
      checks: [{ locations: [{ id: 'fra', verdict: 'up' }] }],
    });
    proxy.set('cut');
    await pass(stage, probe, 300);
    // Killed: nothing is closed and nothing is flushed. The next one goes on where it was.
    probe = openProbe(stage);
    const heard = target.heard.length;
    await pass(stage, probe, 300);
    expect(await eventKinds(stage)).toEqual(['probe.added', 'probe.gone']);
    expect((await test.api('GET', '/services/checkout')).body).toMatchObject({
      checks: [{ verdict: 'unknown', reason: 'location-gone' }],
    });
    expect(await test.app.ctx.db.selectFrom('signals').selectAll().execute()).toEqual([]);
    // It remembers its checks, though it could not ask for them.
    expect(target.heard.length - heard).toBeGreaterThan(50);
    proxy.set('deaf');
    await pass(stage, probe, 31);
    proxy.set('open');
    await pass(stage, probe, 60);
    const rows = await results(stage);
    expect(rows.length).toBe(target.heard.length);
    expect(new Set(rows.map((row) => row.at)).size).toBe(rows.length);
    expect(rows.map((row) => row.at)).toEqual(rows.map((row) => row.at).toSorted((a, b) => a - b));
    expect(new Set(rows.map((row) => `${row.location} ${row.ok}`))).toEqual(new Set(['fra true']));
    const rollups = await test.app.ctx.db.selectFrom('check_rollups').select('ok_count').execute();
    expect(rollups.reduce((sum, row) => sum + row.ok_count, 0)).toBe(rows.length);
    expect(await eventKinds(stage)).toEqual(['probe.added', 'probe.gone', 'probe.back']);
    expect((await test.api('GET', '/services/checkout')).body).toMatchObject({ status: 'up' });
    const mails = await test.app.ctx.db
      .selectFrom('mails')
      .select('subject')
      .where('purpose', '=', 'operations')
      .execute();
    expect(mails).toEqual([{ subject: 'The probe Frankfurt is gone' }]);
    await probe.stop();
  });

  it('agrees with the server on what is down, and alone calls nobody', async () => {
    const stage = await openStage(kind, 5_000, ['local', 'fra']);
    const { test, target } = stage;
    let sees: 'all well' | 'what is there' = 'all well';
    const probe = openProbe(stage, (check, prepared, now, stop) =>
      sees === 'all well' ? Promise.resolve({ ok: true, totalMs: 5 }) : prepared.run(check.timeoutMs, now, stop),
    );
    await probe.sync(test.clock.now());
    const both = async (seconds: number): Promise<void> => {
      for (let second = 0; second < seconds; second++) {
        await pass(stage, probe, 1);
        await test.app.tick();
      }
    };
    await both(12);
    target.behave('fail');
    await both(20);
    // The server alone sees it down: nobody is called, and it says so.
    expect(await test.app.ctx.db.selectFrom('signals').select('status').execute()).toEqual([]);
    expect((await test.api('GET', '/services/checkout')).body).toMatchObject({
      status: 'up',
      checks: [{ locations: [{ verdict: 'down' }, { verdict: 'up' }] }],
    });
    sees = 'what is there';
    await both(16);
    expect((await test.api('GET', '/services/checkout')).body).toMatchObject({
      status: 'down',
      checks: [
        {
          reason: 'locations-agree',
          locations: [
            { id: 'local', verdict: 'down' },
            { id: 'fra', verdict: 'down' },
          ],
        },
      ],
    });
    expect(await test.app.ctx.db.selectFrom('signals').select('status').execute()).toEqual([{ status: 'firing' }]);
    await probe.stop();
  });
});

describe('the door for probes', () => {
  it('refuses strangers and what is malformed, and says which field', async () => {
    const stage = await openStage('embedded', 5_000, ['fra']);
    const { test, token, checkId } = stage;
    const now = test.clock.now();
    const send = async (body: unknown, bearer = token) => {
      const response = await fetch(`${test.url}/probe/v1/results`, {
        method: 'POST',
        headers: { authorization: `Bearer ${bearer}`, 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });
      return { status: response.status, text: await response.text() };
    };
    const row = { seq: 1, checkId, at: now, outcome: { ok: true, totalMs: 5 } };
    const good = { logId: 'a-log-of-a-probe-1', sentAt: now, dropped: 0, results: [row] };
    expect((await send(good, `${token}x`)).status).toBe(401);
    expect((await fetch(`${test.url}/probe/v1/assignments`)).status).toBe(401);
    const bad: [unknown, RegExp][] = [
      [{ ...good, logId: '../../etc' }, /logId/],
      [{ ...good, results: [] }, /results/],
      [{ ...good, results: [{ ...row, seq: 2 }, row] }, /rising numbers/],
      [{ ...good, results: [{ ...row, at: -1 }] }, /results\.0\.at/],
      [{ ...good, results: [{ ...row, outcome: { ok: true, totalMs: -5 } }] }, /totalMs/],
      [
        { ...good, results: [{ ...row, outcome: { ...row.outcome, error: { code: 'boo', message: '' } } }] },
        /error\.code/,
      ],
      [{ ...good, more: 1 }, /Unrecognized|unrecognized/],
    ];
    for (const [body, words] of bad) {
      const { status, text } = await send(body);
      expect([status, text]).toEqual([400, expect.stringMatching(words)]);
    }
    // Of another's check, and from another year: counted as taken, and left out.
    const foreign = [
      { ...row, checkId: 'nobody' },
      { ...row, seq: 2, at: now - 400 * 86_400_000 },
    ];
    expect(JSON.parse((await send({ ...good, results: foreign })).text)).toEqual({ takenSeq: 2 });
    expect(JSON.parse((await send({ ...good, results: [row] })).text)).toEqual({ takenSeq: 2 });
    expect(await results(stage)).toEqual([]);
    // A clock that is an hour ahead is set right.
    const ahead = { ...good, sentAt: now + 3_600_000, results: [{ ...row, seq: 3, at: now + 3_599_000 }] };
    expect((await send(ahead)).status).toBe(200);
    expect(await results(stage)).toMatchObject([{ at: now - 1_000 }]);
    expect(await test.api('POST', '/probes', { id: 'local' })).toMatchObject({ status: 400 });
    expect(await test.api('POST', '/probes', { id: 'fra' })).toMatchObject({ status: 409 });
    expect(await test.api('DELETE', '/probes/fra')).toMatchObject({ status: 409 });
    const nowhere = { config: { kind: 'http', url: 'http://127.0.0.1' }, locations: ['atlantis'] };
    expect(await test.api('POST', '/services/checkout/checks', nowhere)).toMatchObject({
      status: 400,
      body: { errors: [{ path: 'locations' }] },
    });
    expect(() => serverUrl('http://hugops.example.com')).toThrow(/https/);
  });

  it('loses at most the run under way when the probe’s process is killed', async () => {
    const stage = await openStage('embedded', 1_000, ['fra']);
    const { target, token, directory, proxy } = stage;
    const env = {
      PATH: process.env['PATH'] ?? '',
      HUGOPS_DATA_DIR: directory,
      HUGOPS_PROBE_TOKEN: token,
      HUGOPS_NETWORK_REFERENCES: 'off',
    };
    const main = join(import.meta.dirname, '../../../src/main.ts');
    const start = () => {
      const child = spawn(process.execPath, [main, 'probe', '--url', proxy.url], { env, stdio: 'ignore' });
      const ended = once(child, 'exit');
      closers.push(async () => {
        child.kill('SIGKILL');
        await ended;
      });
      return { child, ended };
    };
    const first = start();
    await waitUntil('two runs', () => target.heard.length >= 2);
    proxy.set('cut');
    const seen = target.heard.length;
    await waitUntil('two runs of a probe that is cut off', () => target.heard.length >= seen + 2);
    first.child.kill('SIGKILL');
    await first.ended;
    const run = target.heard.length;
    expect(readdirSync(join(directory, 'probe', 'results')).some((name) => name.endsWith('.jsonl'))).toBe(true);
    proxy.set('open');
    start();
    await expect.poll(async () => (await results(stage)).length, { timeout: 20_000 }).toBeGreaterThan(run);
    const rows = await results(stage);
    expect(target.heard.length - rows.length).toBeLessThanOrEqual(2);
    expect(new Set(rows.map((row) => row.at)).size).toBe(rows.length);
  });
});
