import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { both } from '../db/both.ts';
import { type FakeHackerNews, openFakeHackerNews } from '../../harness/social/hacker-news.ts';
import { type FollowStage, openFollowStage, waitUntil } from './follow-stage.ts';

describe.each(both.filter(({ kind }) => kind === 'embedded'))('Hacker News, on $kind', (subject) => {
  let stage: FollowStage;
  let news: FakeHackerNews;
  beforeEach(async () => {
    stage = await openFollowStage(subject);
    news = await openFakeHackerNews(stage.internet);
    await stage.onlySource({ kind: 'hacker-news', url: news.url });
    news.comment(100, 'alice', 'Zyntra is down, and this was said before HugOps came');
  });
  afterEach(() => stage?.close());
  const itemsAsked = (): number => news.heard.filter(({ path }) => path.includes('/item/')).length;

  test('new items in their order; what is dead, deleted or not there yet', async () => {
    await stage.follow();
    expect(await stage.waiting()).toBe(30_000);
    expect(await stage.source()).toMatchObject({ position: '100', health: 'ok' });
    const time = 1_796_090_340;
    news.comment(101, 'bob', 'Zyntra is down: &quot;error 500&quot;<p>Is it me?');
    news.items.set(102, {
      id: 102,
      type: 'story',
      by: 'charlie',
      time,
      title: 'Zyntra is down',
      url: 'https://example.com',
      kids: [103],
    });
    news.items.set(103, { id: 103, type: 'comment', by: 'spam', time, text: 'Zyntra is down, buy this', dead: true });
    news.items.set(104, { id: 104, type: 'comment', deleted: true, time, parent: 102 });
    news.items.set(105, null);
    news.items.set(106, { id: 106, type: 'job', by: 'zyntra', time, title: 'Zyntra is hiring' });
    news.comment(107, 'dave', 'Zyntra is down since noon');
    await stage.round();
    expect(await stage.kept()).toEqual(['101', '102']);
    expect(await stage.texts()).toEqual(['Zyntra is down', 'Zyntra is down: "error 500"\nIs it me?']);
    expect(await stage.source()).toMatchObject({ position: '104' });

    news.comment(105, 'erin', 'Zyntra is down here as well');
    await stage.round();
    expect(await stage.kept()).toEqual(['101', '102', '105', '107']);
    // One that never comes holds nobody up for ever.
    news.items.set(108, null);
    for (let id = 109; id <= 130; id++) news.comment(id, `user${id}`, `Zyntra is down, number ${id}`);
    await stage.round();
    expect(await stage.source()).toMatchObject({ position: '130' });
    expect(await stage.counted()).toBe(26);

    // Taken back, flagged to death, edited; and one that has not been read yet.
    news.items.set(101, { id: 101, type: 'comment', deleted: true, time });
    news.items.set(105, { ...news.items.get(105), dead: true });
    news.comment(107, 'dave', 'Zyntra works again, thank you to the team');
    news.comment(131, 'frank', 'Zyntra is down for Frank');
    news.updated = [101, 105, 107, 9_999];
    await stage.round();
    const kept = await stage.kept();
    expect(kept).not.toContain('101');
    expect(kept).not.toContain('105');
    expect(kept).toContain('131');
    expect(await stage.texts()).toContain('Zyntra works again, thank you to the team');
    expect(await stage.counted()).toBe(27);
  });

  test('goes on from its position, the newest 300 after a long time away', async () => {
    const listener = await stage.follow();
    await stage.waiting();
    await listener.stop();
    for (let id = 101; id <= 1_100; id++) news.comment(id, `user${id}`, 'something else');
    news.comment(1_100, 'alice', 'Zyntra is down');
    const before = itemsAsked();
    stage.resume();
    await stage.follow();
    await waitUntil(async () => (await stage.source()).position === '1100');
    expect(itemsAsked() - before).toBe(300);
    expect(await stage.counted()).toBe(1);
  });

  test('a Firebase that answers null, or not at all', async () => {
    news.maxItem = null;
    await stage.follow();
    expect(await stage.waiting()).toBeLessThanOrEqual(1_250);
    expect((await stage.source()).last_error).toMatch(/does not say which item is the newest$/);
    news.refuse(503);
    expect(await stage.round()).toBeGreaterThanOrEqual(1_500);
    expect((await stage.source()).last_error).toContain('answered 503');
    news.refuse(undefined);
    news.maxItem = undefined;
    expect(await stage.round()).toBe(30_000);
    expect(await stage.source()).toMatchObject({ health: 'ok', failures: 0, position: '100' });
    // A server that has been set back.
    news.maxItem = 50;
    await stage.round();
    expect(await stage.source()).toMatchObject({ position: '100' });
  });
});
