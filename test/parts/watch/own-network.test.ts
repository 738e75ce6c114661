import { createServer, type Server } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Outcome } from '../../../src/watch/checks/check-kind.ts';
import { createOwnNetwork } from '../../../src/watch/own-network.ts';
import { createScheduler } from '../../../src/watch/scheduler.ts';
import { readNetworkGone, tellNetworkTurn } from '../../../src/watch/tell-network.ts';
import { type DatabaseKind, openWatchDatabase, type WatchDatabase } from './watch-database.ts';

const failed: Outcome = { ok: false, totalMs: 1, error: { code: 'timeout', message: 'no connection' } };

const listen = (port: number): Promise<Server> =>
  new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy());
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => resolve(server));
  });
const close = (server: Server): Promise<void> => new Promise((resolve) => server.close(() => resolve()));
const portOf = (server: Server): number => (server.address() as { port: number }).port;

describe.each<DatabaseKind>(['embedded', 'postgres'])('trouble of our own network, on %s', (kind) => {
  let db: WatchDatabase;
  let references: Server[] = [];
  beforeAll(async () => {
    db = await openWatchDatabase(kind);
  });
  afterAll(() => db.close());
  beforeEach(async () => {
    await db.reset();
    references = [await listen(0), await listen(0)];
  });
  afterEach(() => Promise.all(references.map(close)));

  it('makes failing checks unknown and calls nobody, is told once, and ends by itself', async () => {
    const outcomes: Record<string, Outcome> = {};
    const ports = references.map(portOf);
    const network = createOwnNetwork({
      references: ports.map((port) => `127.0.0.1:${port}`),
      clock: db.clock,
      log: db.ctx.log,
      onTurn: (turn, after, before) => tellNetworkTurn(db.ctx, turn, after, before),
    });
    await db.addChecks({ id: 'far', intervalMs: 10_000 }, { id: 'near', intervalMs: 10_000 });
    const scheduler = createScheduler(db.ctx, {
      allowPrivateNetworks: true,
      resolveSecret: () => undefined,
      network,
      runCheck: (check) => Promise.resolve(outcomes[check.id] ?? { ok: true, totalMs: 5 }),
    });
    await scheduler.reload();
    const pass = async (seconds: number): Promise<void> => {
      for (let second = 0; second < seconds; second++) {
        db.clock.advance(1_000);
        await network.look(db.clock.now());
        await scheduler.tick(db.clock.now());
      }
    };
    await pass(15);
    await Promise.all(references.splice(0).map(close));
    outcomes['far'] = failed;
    await pass(60);
    expect(await db.check('far')).toMatchObject({ verdict: 'unknown', verdict_reason: 'network-gone' });
    // What still answers, in the network that is left, is up.
    expect(await db.check('near')).toMatchObject({ verdict: 'up' });
    expect(await db.signals()).toEqual([]);
    expect(await readNetworkGone(db.ctx)).not.toBeNull();
    // Back, and the check fails all the same: now it is the service.
    references = await Promise.all(ports.map(listen));
    await pass(30);
    expect(await readNetworkGone(db.ctx)).toBeNull();
    expect(await db.check('far')).toMatchObject({ verdict: 'down' });
    expect((await db.signals()).map((signal) => [signal.source_id, signal.status])).toEqual([['far', 'firing']]);
    const events = await db.ctx.db
      .selectFrom('events')
      .select('kind')
      .where('kind', 'like', 'network.%')
      .orderBy('seq')
      .execute();
    expect(events.map((event) => event.kind)).toEqual(['network.lost', 'network.regained']);
  });
});
