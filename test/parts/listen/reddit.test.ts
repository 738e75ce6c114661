import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { both } from '../db/both.ts';
import { type FakeReddit, openFakeReddit } from '../../harness/social/reddit.ts';
import { type FollowStage, openFollowStage } from './follow-stage.ts';

describe.each(both.filter(({ kind }) => kind === 'embedded'))('Reddit, on $kind', (subject) => {
  let stage: FollowStage;
  let reddit: FakeReddit;
  const connect = (more: object = {}): Promise<void> =>
    stage.onlySource({
      kind: 'reddit',
      clientId: 'the-client',
      clientSecret: '${env:TOKEN}',
      contact: 'alice@example.com',
      subreddits: ['web', 'help'],
      tokenUrl: `${reddit.url}/api/v1/access_token`,
      apiUrl: reddit.url,
      ...more,
    });
  beforeEach(async () => {
    stage = await openFollowStage(subject);
    reddit = await openFakeReddit(stage.internet);
    await connect();
  });
  afterEach(() => stage?.close());
  const listings = (): string[] => reddit.heard.map(({ path }) => path).filter((path) => path.startsWith('/r/'));

  test('links and comments, each once, also more than a page of them; what was taken back goes', async () => {
    reddit.link('a1', 'alice', 'Zyntra is down', 'Anybody else?');
    reddit.comment('b1', 'bob', 'Zyntra is down here, too');
    await stage.follow();
    expect(await stage.waiting()).toBe(20_000);
    expect(await stage.kept()).toEqual(['t1_b1', 't3_a1']);
    expect(await stage.texts()).toContain('Zyntra is down\nAnybody else?');
    expect(await stage.source()).toMatchObject({ position: JSON.stringify({ new: 't3_a1', comments: 't1_b1' }) });
    for (let i = 0; i < 130; i++) reddit.comment(`c${i + 100}`, `user${i}`, `Zyntra is down, number ${i}`);
    await stage.round();
    expect(await stage.counted()).toBe(132);
    await stage.round();
    expect(await stage.counted()).toBe(132);
    expect(reddit.tokens()).toBe(1);

    const of = (name: string) => reddit.things.find((thing) => thing.name === name) ?? expect.fail(name);
    Object.assign(of('t3_a1'), { author: '[deleted]', selftext: '[deleted]' });
    Object.assign(of('t1_b1'), { body: '[removed]' });
    Object.assign(of('t1_c110'), { body: '[ Removed by Reddit ]' });
    Object.assign(of('t1_c111'), { removed_by_category: 'moderator' });
    reddit.things.splice(reddit.things.indexOf(of('t1_c112')), 1);
    Object.assign(of('t1_c113'), { body: 'Zyntra [deleted] my work' });
    // The newest hundred each time, the older ones by turns: two rounds see 132.
    await stage.round();
    await stage.round();
    const kept = await stage.kept();
    for (const name of ['t3_a1', 't1_b1', 't1_c110', 't1_c111', 't1_c112']) expect(kept).not.toContain(name);
    expect(kept).toHaveLength(127);
    // The link that reading went on from is gone: Reddit lists nothing before it.
    reddit.link('a2', 'charlie', 'Zyntra is down again');
    await stage.round();
    expect(await stage.kept()).toContain('t3_a2');
    expect(await stage.counted()).toBe(133);
  });

  test('a token withdrawn before its time, and a rate that runs out', async () => {
    await stage.follow();
    await stage.waiting();
    reddit.forgetToken();
    reddit.link('a1', 'alice', 'Zyntra is down');
    expect(await stage.round()).toBe(20_000);
    expect(reddit.tokens()).toBe(2);
    expect(await stage.source()).toMatchObject({ health: 'ok', failures: 0 });
    expect(await stage.counted()).toBe(1);
    // A day later it is out of date.
    stage.clock.advance(86_400_000);
    await stage.round();
    expect(reddit.tokens()).toBe(3);
    reddit.rate = { remaining: '4.0', reset: '240' };
    expect(await stage.round()).toBe(240_000);
    reddit.rate = { remaining: '0', reset: '9e99' };
    expect(await stage.round()).toBe(600_000);
    reddit.rate = { remaining: 'some', reset: 'soon' };
    expect(await stage.round()).toBe(20_000);
  });

  test('refused: why, and when it is tried again', async () => {
    const reason = async () => (await stage.source()).last_error;
    reddit.refuse({ status: 429, headers: { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '90' } });
    await stage.follow();
    expect(await stage.waiting()).toBe(90_000);
    reddit.refuse({ status: 429 });
    expect(await stage.round()).toBe(10_000);
    const before = reddit.tokens();
    reddit.refuse({ status: 401 });
    expect(await stage.round()).toBe(15 * 60_000);
    expect(reddit.tokens() - before).toBeLessThanOrEqual(2);
    expect(await reason()).toContain('the token is not accepted');
    reddit.refuse({ status: 302, headers: { location: '/subreddits/search?q=web' } });
    expect(await stage.round()).toBe(15 * 60_000);
    expect(await reason()).toContain('knows no subreddit of this name');
    reddit.refuse({ status: 500, body: '<html>' });
    await stage.round();
    expect(await reason()).toContain('answered 500');
    reddit.refuse({ status: 200, body: '<html>' });
    await stage.round();
    expect(await reason()).toBe('Reddit answered with something that is no listing');
    // Things of another kind move no position.
    const data = { name: 't5_zzzzz', created_utc: 1, title: 'Zyntra is down' };
    reddit.refuse({ status: 200, body: JSON.stringify({ data: { children: [{ kind: 't5', data }] } }) });
    await stage.round();
    expect(await stage.source()).toMatchObject({
      health: 'ok',
      position: JSON.stringify({ new: null, comments: null }),
    });
    expect(await stage.counted()).toBe(0);
    expect(listings().every((path) => path.startsWith('/r/web+help/'))).toBe(true);
  });

  test('a wrong secret is not shown', async () => {
    await connect({ clientSecret: 'wrong-and-private' });
    await stage.follow();
    expect(await stage.waiting()).toBe(15 * 60_000);
    const { last_error: reason } = await stage.source();
    expect(reason).toContain('answered 401');
    expect(reason).not.toContain('wrong-and-private');
    expect(listings()).toEqual([]);
  });
});
