import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { both } from '../db/both.ts';
import { openFakeMastodon } from '../../harness/social/mastodon.ts';
import { type FollowStage, openFollowStage, waitUntil } from './follow-stage.ts';

describe.each(both.filter(({ kind }) => kind === 'embedded'))('Mastodon, on $kind', (subject) => {
  let stage: FollowStage;
  beforeEach(async () => {
    stage = await openFollowStage(subject);
  });
  afterEach(() => stage?.close());

  const connect = async (more: object = {}) => {
    const mastodon = await openFakeMastodon(stage.internet, 'the-secret');
    await stage.onlySource({ kind: 'mastodon', server: mastodon.url, token: '${env:TOKEN}', ...more });
    return mastodon;
  };

  test.each(['sse', 'websocket'] as const)(
    'a hashtag over %s: broken off, read on, edited and deleted',
    async (transport) => {
      const mastodon = await connect({ hashtag: '#zyntra', transport });
      await stage.follow();
      // It stands and is well, though nobody posts.
      await waitUntil(async () => mastodon.clients() === 1 && (await stage.source()).health === 'ok');
      expect(mastodon.asked[0]).toContain('tag=zyntra');
      mastodon.raw(transport === 'sse' ? ':thump\n' : '{"event":');
      const first = mastodon.post('alice', '#Zyntra is down for me');
      const second = mastodon.post('bob@other.example', '#zyntra is down &amp; out');
      mastodon.post('charlie', 'Zyntra is down, says one who uses no hashtag');
      mastodon.post('dave', '#zyntra is down, for friends', { visibility: 'unlisted' });
      mastodon.post('erin', '#zyntra is down, says another', { reblog: { id: '1' } });
      mastodon.post('frank', '#zyntra is down', { content: 17 });
      mastodon.raw(transport === 'sse' ? 'event: update\ndata: {"id":\n\n' : '{"event":"update","payload":"{"}');
      const third = mastodon.post('grace', '#zyntra is down at my place, too');
      await waitUntil(async () => (await stage.counted()) === 3);
      expect(await stage.source()).toMatchObject({ position: third });

      mastodon.cut();
      const waitMs = await stage.waiting();
      expect(waitMs).toBeGreaterThanOrEqual(750);
      expect(waitMs).toBeLessThanOrEqual(1_250);
      expect(await stage.source()).toMatchObject({ health: 'failing', failures: 1 });
      // More than a page of the timeline.
      for (let i = 0; i < 50; i++) mastodon.post(`user${i}`, `#zyntra is down, number ${i}`);
      stage.resume();
      await waitUntil(async () => (await stage.counted()) === 53 && mastodon.clients() === 1);
      expect(mastodon.asked.filter((path) => path.includes('min_id'))).toHaveLength(2);
      expect(await stage.source()).toMatchObject({ health: 'ok', failures: 0 });

      mastodon.remove(first);
      mastodon.edit(second, '#zyntra works again, thank you');
      await waitUntil(async () => {
        const texts = await stage.texts();
        return texts.length === 52 && texts.includes('#zyntra works again, thank you');
      });
      expect(await stage.kept()).not.toContain(first);
      expect(await stage.counted()).toBe(53);
      const rows = await stage.ctx.db.selectFrom('posts').selectAll().execute();
      expect(rows.find((row) => row.external_id === third)).toMatchObject({
        url: `https://social.example/@grace/${third}`,
        language: 'en',
        is_fresh_author: false,
      });
      // Nobody is kept by name, and the token stands in no address.
      expect(JSON.stringify(rows.map(({ author_hash: hash }) => hash))).not.toContain('grace');
      expect(mastodon.asked.join()).not.toContain('the-secret');
    },
  );

  test('all public posts, with an account of yesterday', async () => {
    const mastodon = await connect();
    await stage.follow();
    await waitUntil(() => mastodon.clients() === 1);
    const account = { acct: 'newcomer', created_at: '2026-11-30T00:00:00.000Z' };
    mastodon.post('newcomer', '<a href="https://x.example">Zyntra</a> is down<br>for me', { account });
    await waitUntil(async () => (await stage.counted()) === 1);
    expect(mastodon.asked).toEqual(['/api/v1/streaming/public']);
    expect(await stage.texts()).toEqual(['Zyntra is down\nfor me']);
    expect(await stage.counts()).toMatchObject([{ fresh_voices: 1 }]);
  });

  test.each(['sse', 'websocket'] as const)('refused over %s: why, and when it is tried again', async (transport) => {
    const mastodon = await connect({ transport });
    const reason = async () => (await stage.source()).last_error;
    mastodon.refuse({ status: 401 });
    await stage.follow();
    expect(await stage.waiting()).toBe(15 * 60_000);
    expect(await reason()).toContain('answered 401: the token is not accepted');
    mastodon.refuse({ status: 429, headers: { 'retry-after': '7' } });
    expect(await stage.round()).toBe(7_000);
    mastodon.refuse({ status: 429, headers: { 'x-ratelimit-reset': '2026-12-01T02:05:00.000Z' } });
    expect(await stage.round()).toBe(60_000);
    // Longer with each failure.
    mastodon.refuse({ status: 503 });
    const waits = [await stage.round(), await stage.round(), await stage.round()];
    expect(waits.map((ms) => Math.round(Math.log2(ms / 1_000)))).toEqual([3, 4, 5]);
    expect(await reason()).toContain('answered 503');
    mastodon.refuse({ status: 200, headers: { 'content-type': 'text/html' } });
    await stage.round();
    expect(await stage.source()).toMatchObject({ health: 'failing', failures: 7 });
    expect(await reason()).not.toContain('the-secret');
    mastodon.refuse(undefined);
    stage.resume();
    await waitUntil(async () => (await stage.source()).health === 'ok');
  });

  test('a token that is not there, or that no header can hold, is named and never shown', async () => {
    await connect({ token: '${env:NONE}' });
    const listener = await stage.follow();
    expect(await stage.waiting()).toBe(15 * 60_000);
    expect((await stage.source()).last_error).toBe('the secret ${env:NONE} is not there');
    await connect({ token: 'two words', transport: 'websocket' });
    await listener.stop();
    stage.resume();
    await stage.follow();
    expect(await stage.waiting()).toBe(15 * 60_000);
    expect((await stage.source()).last_error).toBe('the token is none of Mastodon');
  });
});
