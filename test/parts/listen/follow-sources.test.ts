import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Listener } from '../../../src/listen/index.ts';
import { both } from '../db/both.ts';
import { type FakeJetstream, openFakeJetstream } from '../../harness/social/jetstream.ts';
import { type FollowStage, openFollowStage, waitUntil } from './follow-stage.ts';

describe.each(both)('following a stream, on $kind', (subject) => {
  let stage: FollowStage;
  beforeEach(async () => {
    stage = await openFollowStage(subject);
  });
  afterEach(() => stage?.close());

  const follow = (nodeId = 'node-1'): Promise<Listener> => stage.follow({ nodeId, waits: 'none' });
  const addJetstream = async (version: 1 | 2): Promise<FakeJetstream> => {
    const jetstream = await openFakeJetstream(stage.internet, version, (stage.clock.now() - 60_000) * 1_000);
    await stage.onlySource({ kind: 'bluesky', url: jetstream.url });
    return jetstream;
  };

  test.each([1, 2] as const)(
    'version %i: broken off in mid-stream again and again, what is counted is what was posted, once each',
    async (version) => {
      const jetstream = await addJetstream(version);
      await follow();
      await waitUntil(() => jetstream.asked.length === 1);
      expect(jetstream.asked[0]).toContain('app.bsky.feed.post');
      let posted = 0;
      const tell = (count: number): void => {
        for (let i = 0; i < count; i++, posted++) {
          jetstream.create(`did:plc:${posted}`, 'a', `Zyntra is down for me, number ${posted}`);
          jetstream.create(`did:plc:${posted}`, 'b', 'nothing of interest');
        }
      };
      // Without a position the stream begins at its tip: the first connection must stand, and be committed once.
      await waitUntil(() => jetstream.clients() === 1);
      tell(20);
      await waitUntil(async () => (await stage.source()).position !== null);
      for (let round = 0; round < 4; round++) {
        tell(20);
        jetstream.garble('{"kind":');
        jetstream.garble(JSON.stringify({ kind: 'sync', did: 'did:plc:x', time_us: 1 }));
        // With posts on their way, taken and not yet taken, and more while nobody is connected.
        jetstream.cut();
        tell(5);
        await waitUntil(() => jetstream.clients() === 1);
      }
      await waitUntil(async () => (await stage.counted()) === posted, 20_000);
      expect((await stage.counts()).reduce((sum, row) => sum + row.voices, 0)).toBe(posted);
      expect(await stage.kept()).toHaveLength(posted);
      expect(await stage.source()).toMatchObject({ health: 'ok', failures: 0 });

      // Deletions, of posts and of whole accounts, are done here as soon as they are heard of.
      jetstream.remove('did:plc:3', 'a');
      jetstream.account('did:plc:4', 'deleted');
      jetstream.account('did:plc:5', 'active');
      jetstream.update('did:plc:6', 'a', 'Zyntra works again, thank you all');
      await waitUntil(async () => (await stage.kept()).length === posted - 2);
      expect(await stage.kept()).not.toContain('did:plc:3/a');
      expect(await stage.kept()).not.toContain('did:plc:4/a');
      await waitUntil(async () => {
        const edited = await stage.ctx.db
          .selectFrom('posts')
          .select('text')
          .where('external_id', '=', 'did:plc:6/a')
          .executeTakeFirst();
        return edited?.text === 'Zyntra works again, thank you all';
      });
      expect(await stage.counted()).toBe(posted);
    },
  );

  test('a dead source is a fact to be seen, and it is not silence', async () => {
    const free = await stage.internet.tcp((socket) => void socket.destroy());
    await stage.onlySource({ kind: 'bluesky', url: `ws://127.0.0.1:${free.port}/subscribe` });
    const listener = await follow();
    await waitUntil(async () => (await stage.source()).failures >= 2);
    expect(await stage.source()).toMatchObject({ health: 'failing', lease_owner: 'node-1' });
    expect((await stage.source()).last_error).toContain('127.0.0.1');
    await listener.run(stage.clock.now());
    expect(await stage.ctx.db.selectFrom('listen_bins').selectAll().execute()).toMatchObject([{ blind: true }]);
    await listener.stop();
    expect(await stage.source()).toMatchObject({ lease_owner: null });
  });

  test('another process takes over from one that has fallen silent; the old one, awake again, turns nothing back', async () => {
    const jetstream = await addJetstream(1);
    let posted = 0;
    const tell = (count: number): void => {
      for (let i = 0; i < count; i++, posted++)
        jetstream.create(`did:plc:${posted}`, 'a', `Zyntra is down, no. ${posted}`);
    };
    const allCounted = () => waitUntil(async () => (await stage.counted()) === posted);
    const first = await follow('node-1');
    await waitUntil(() => jetstream.clients() === 1);
    tell(20);
    await allCounted();

    const wake = jetstream.stall();
    tell(20);
    const second = await follow('node-2');
    stage.clock.advance(80_000);
    await second.run(stage.clock.now());
    // Not while the first may still be alive.
    expect(jetstream.asked).toHaveLength(1);
    expect(await stage.source()).toMatchObject({ lease_owner: 'node-1' });
    stage.clock.advance(11_000);
    await second.run(stage.clock.now());
    await allCounted();
    expect(await stage.source()).toMatchObject({ lease_owner: 'node-2', health: 'ok' });
    tell(5);
    await allCounted();
    const { position } = await stage.source();

    wake();
    await waitUntil(() => jetstream.clients() === 1);
    expect(await stage.source()).toMatchObject({ lease_owner: 'node-2', health: 'ok', failures: 0, position });
    await first.run(stage.clock.now());
    expect(jetstream.asked).toHaveLength(2);
    tell(5);
    await allCounted();

    // One that is stopped in order lets go at once.
    await second.stop();
    tell(5);
    await first.run(stage.clock.now());
    await allCounted();
    expect(await stage.source()).toMatchObject({ lease_owner: 'node-1', health: 'ok' });
    expect((await stage.counts()).reduce((sum, row) => sum + row.voices, 0)).toBe(posted);
    expect(await stage.kept()).toHaveLength(posted);
  });
});
