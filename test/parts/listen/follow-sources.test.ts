import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createListener, type Listener, openSourceIo } from '../../../src/listen/index.ts';
import { both } from '../db/both.ts';
import { type FakeInternet, openFakeInternet } from '../../harness/fake-internet.ts';
import { type FakeJetstream, openFakeJetstream } from '../../harness/social/jetstream.ts';
import { type ListenStage, openListenStage } from './listen-stage.ts';

/** As waitUntil of the harness, for what only the database knows. */
async function waitUntil(condition: () => boolean | Promise<boolean>, deadlineMs = 15_000): Promise<void> {
  const end = performance.now() + deadlineMs;
  while (!(await condition())) {
    if (performance.now() > end) throw new Error(`waited ${deadlineMs} ms in vain: ${condition.toString()}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

describe.each(both)('following a stream, on $kind', (subject) => {
  let stage: ListenStage;
  let internet: FakeInternet;
  let listener: Listener;
  beforeEach(async () => {
    stage = await openListenStage(subject);
    internet = openFakeInternet();
    await stage.ctx.db.deleteFrom('listen_sources').execute();
  });
  afterEach(async () => {
    await listener?.stop();
    await internet?.close();
    await stage?.close();
  });

  const follow = async (): Promise<void> => {
    const io = { ...openSourceIo(stage.clock), wait: async () => {} };
    listener = createListener(stage.ctx, { hearing: stage.hearing, io, resolveSecret: () => undefined });
    await listener.run(stage.clock.now());
  };
  const addJetstream = async (version: 1 | 2): Promise<FakeJetstream> => {
    const jetstream = await openFakeJetstream(internet, version, (stage.clock.now() - 60_000) * 1_000);
    await stage.addSource('bluesky', 'bluesky');
    const config = JSON.stringify({ kind: 'bluesky', url: jetstream.url });
    await stage.ctx.db.updateTable('listen_sources').set({ config }).execute();
    return jetstream;
  };
  const source = () => stage.ctx.db.selectFrom('listen_sources').selectAll().executeTakeFirstOrThrow();
  const kept = async () => {
    const rows = await stage.ctx.db.selectFrom('posts').select('external_id').execute();
    return rows.map((row) => row.external_id).toSorted();
  };
  const counted = async () => (await stage.counts()).reduce((sum, row) => sum + row.posts, 0);

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
      await waitUntil(async () => (await source()).position !== null);
      for (let round = 0; round < 4; round++) {
        tell(20);
        jetstream.garble('{"kind":');
        jetstream.garble(JSON.stringify({ kind: 'sync', did: 'did:plc:x', time_us: 1 }));
        // With posts on their way, taken and not yet taken, and more while nobody is connected.
        jetstream.cut();
        tell(5);
        await waitUntil(() => jetstream.clients() === 1);
      }
      await waitUntil(async () => (await counted()) === posted, 20_000);
      expect((await stage.counts()).reduce((sum, row) => sum + row.voices, 0)).toBe(posted);
      expect(await kept()).toHaveLength(posted);
      expect(await source()).toMatchObject({ health: 'ok', failures: 0 });

      // Deletions, of posts and of whole accounts, are done here as soon as they are heard of.
      jetstream.remove('did:plc:3', 'a');
      jetstream.account('did:plc:4', 'deleted');
      jetstream.account('did:plc:5', 'active');
      jetstream.update('did:plc:6', 'a', 'Zyntra works again, thank you all');
      await waitUntil(async () => (await kept()).length === posted - 2);
      expect(await kept()).not.toContain('did:plc:3/a');
      expect(await kept()).not.toContain('did:plc:4/a');
      await waitUntil(async () => {
        const edited = await stage.ctx.db
          .selectFrom('posts')
          .select('text')
          .where('external_id', '=', 'did:plc:6/a')
          .executeTakeFirst();
        return edited?.text === 'Zyntra works again, thank you all';
      });
      expect(await counted()).toBe(posted);
    },
  );

  test('a dead source is a fact to be seen, another process takes it over, and it is not silence', async () => {
    await stage.addSource('bluesky', 'bluesky');
    const free = await internet.tcp((socket) => void socket.destroy());
    const config = JSON.stringify({ kind: 'bluesky', url: `ws://127.0.0.1:${free.port}/subscribe` });
    await stage.ctx.db.updateTable('listen_sources').set({ config }).execute();
    await follow();
    await waitUntil(async () => (await source()).failures >= 2);
    expect(await source()).toMatchObject({ health: 'failing', lease_owner: 'node-1' });
    expect((await source()).last_error).toContain('127.0.0.1');
    await listener.run(stage.clock.now());
    expect(await stage.ctx.db.selectFrom('listen_bins').selectAll().execute()).toMatchObject([{ blind: true }]);
    await listener.stop();
    expect(await source()).toMatchObject({ lease_owner: null });
  });
});
